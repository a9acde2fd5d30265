/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_KREF_H
#define KVMFS_FUSE_LINUX_KREF_H

#include <linux/atomic.h>

struct kref { atomic_t n; };

static inline void kref_init(struct kref *k) { atomic_set(&k->n, 1); }
static inline void kref_get(struct kref *k) { atomic_inc(&k->n); }
static inline void kref_put(struct kref *k, void (*release)(struct kref *k))
{
	if (atomic_dec_and_test(&k->n))
		release(k);
}

#endif

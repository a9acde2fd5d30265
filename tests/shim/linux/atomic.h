/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_ATOMIC_H
#define KVMFS_SHIM_LINUX_ATOMIC_H

typedef struct { int counter; } atomic_t;

#define ATOMIC_INIT(n)		{ n }
static inline void atomic_set(atomic_t *a, int n) { a->counter = n; }
static inline int atomic_read(const atomic_t *a) { return a->counter; }
#define atomic_inc(a)		((void)++(a)->counter)
#define atomic_dec_and_test(a)	(!--(a)->counter)

#endif

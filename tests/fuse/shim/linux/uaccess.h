/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_UACCESS_H
#define KVMFS_FUSE_LINUX_UACCESS_H

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

/* what FUSE brings from the process is in our own memory already */
#define copy_from_user(to, from, n)	(memcpy(to, from, n), 0)
#define copy_to_user(to, from, n)	(memcpy(to, from, n), 0)

static inline void *memdup_user_nul(const void *from, size_t n)
{
	char *p = malloc(n + 1);

	if (!p)
		return ERR_PTR(-ENOMEM);
	memcpy(p, from, n);
	p[n] = '\0';
	return p;
}

#endif

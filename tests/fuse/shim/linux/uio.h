/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_UIO_H
#define KVMFS_FUSE_LINUX_UIO_H

#include <string.h>
#include <linux/fs.h>
#include <linux/mm.h>

struct iov_iter {
	char *buf;
	size_t count;
};

#define iov_iter_count(i)	((i)->count)
#define iov_iter_truncate(i, n)	((void)((i)->count = min((i)->count, (size_t)(n))))
#define iov_iter_reexpand(i, n)	((void)((i)->count = (n)))

static inline size_t shim_iov_move(struct iov_iter *i, size_t n)
{
	i->buf += n;
	i->count -= n;
	return n;
}

static inline size_t iov_iter_zero(size_t n, struct iov_iter *to)
{
	memset(to->buf, 0, n);
	return shim_iov_move(to, n);
}

static inline size_t copy_page_from_iter(struct page *page, size_t off, size_t n,
					 struct iov_iter *from)
{
	memcpy((char *)page_address(page) + off, from->buf, n);
	return shim_iov_move(from, n);
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *to, loff_t *pos, int flags);

#endif

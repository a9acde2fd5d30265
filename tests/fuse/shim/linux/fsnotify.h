/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_FSNOTIFY_H
#define KVMFS_FUSE_LINUX_FSNOTIFY_H

#include <linux/fs.h>

/* inotify on FUSE is of what goes through the kernel: nothing can be added to it */
#define FS_MODIFY		2
#define FSNOTIFY_EVENT_INODE	1
#define fsnotify_dentry(d, mask)		((void)(d))
#define fsnotify(mask, i, type, d, n, c, x)	((void)(i), (void)(n))
#define d_hash_and_lookup(dir, name)		((void)(dir), (struct dentry *)NULL)
#define IS_POSITIVE(d)		((d)->d_inode)
#define d_is_positive(d)	((d)->d_inode)

#endif

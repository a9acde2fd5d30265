/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that knows kernel versions: 6.1 and 6.12.
 */
#ifndef KVMFS_COMPAT_H
#define KVMFS_COMPAT_H

#include <linux/version.h>
#include <linux/file.h>
#include <linux/fs.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define compat_idmap		struct mnt_idmap
#define compat_mount_idmap(m)	mnt_idmap(m)
#define compat_no_idmap		(&nop_mnt_idmap)
#else
#define compat_idmap		struct user_namespace
#define compat_mount_idmap(m)	mnt_user_ns(m)
#define compat_no_idmap		(&init_user_ns)
#endif

static inline void compat_fillattr(compat_idmap *idmap, u32 mask,
				   struct inode *inode, struct kstat *stat)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	generic_fillattr(idmap, mask, inode, stat);
#else
	generic_fillattr(idmap, inode, stat);
#endif
}

/* all three times of an inode */
static inline void compat_set_times(struct inode *inode, struct timespec64 ts)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	inode_set_atime_to_ts(inode, ts);
	inode_set_mtime_to_ts(inode, ts);
	inode_set_ctime_to_ts(inode, ts);
#else
	inode->i_atime = ts;
	inode->i_mtime = ts;
	inode->i_ctime = ts;
#endif
}

/* it was changed just now */
static inline void compat_touch(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	inode_set_mtime_to_ts(inode, inode_set_ctime_current(inode));
#else
	inode->i_mtime = current_time(inode);
	inode->i_ctime = inode->i_mtime;
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define compat_splice_read	copy_splice_read
#else
#define compat_splice_read	generic_file_splice_read
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define compat_get_user_page_remote(mm, at, flags, page, locked) \
	get_user_pages_remote(mm, at, 1, flags, page, locked)
#else
#define compat_get_user_page_remote(mm, at, flags, page, locked) \
	get_user_pages_remote(mm, at, 1, flags, page, NULL, locked)
#endif

#ifndef fd_file
#define fd_file(f)		((f).file)
#endif

#endif /* KVMFS_COMPAT_H */

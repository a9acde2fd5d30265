/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_SHMEM_FS_H
#define KVMFS_FUSE_LINUX_SHMEM_FS_H

#include <linux/fs.h>
#include <linux/mm.h>

#define VM_NORESERVE	0

/* shared memory is a memfd, and a page of it is a mapping of one page */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags);
struct page *shmem_read_mapping_page_gfp(struct address_space *m, pgoff_t index, gfp_t gfp);
void shmem_truncate_range(struct inode *inode, loff_t start, loff_t last);
/* shmem does it by itself, a memfd elsewhere: i_blocks */
void shmem_count_blocks(struct file *store);

#endif

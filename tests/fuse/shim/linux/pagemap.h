/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_PAGEMAP_H
#define KVMFS_FUSE_LINUX_PAGEMAP_H

#include <linux/fs.h>
#include <linux/mm.h>

/* for ->fault(), which FUSE has no use for: the kernel's page cache serves a mapping */
#define lock_page(p)			((void)(p))
#define unlock_page(p)			((void)(p))
#define filemap_map_pages		NULL
#define mapping_gfp_mask(m)		((void)(m), 0)
#define unmap_mapping_range(m, start, len, even) ((void)(m), (void)(start), (void)(len))

#endif

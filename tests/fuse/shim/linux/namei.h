/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_NAMEI_H
#define KVMFS_FUSE_LINUX_NAMEI_H

#include <linux/fs.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_FILE_H
#define KVMFS_FUSE_LINUX_FILE_H

#include <linux/fs.h>

#endif

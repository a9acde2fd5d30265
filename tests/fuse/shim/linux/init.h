/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_INIT_H
#define KVMFS_FUSE_LINUX_INIT_H

#define __init
#define __ro_after_init

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_CRED_H
#define KVMFS_FUSE_LINUX_CRED_H

#include <linux/fs.h>
#include <linux/sched.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_POLL_H
#define KVMFS_FUSE_LINUX_POLL_H

#include <sys/epoll.h>
#include <linux/fs.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_VTIME_H
#define KVMFS_FUSE_LINUX_VTIME_H

#define vtime_account_guest_enter()	((void)0)
#define vtime_account_guest_exit()	((void)0)

#endif

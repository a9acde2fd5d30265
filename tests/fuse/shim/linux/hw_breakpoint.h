/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_HW_BREAKPOINT_H
#define KVMFS_FUSE_LINUX_HW_BREAKPOINT_H

#define hw_breakpoint_active()	false
#define hw_breakpoint_restore()	((void)0)

#endif

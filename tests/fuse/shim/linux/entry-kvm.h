/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_ENTRY_KVM_H
#define KVMFS_FUSE_LINUX_ENTRY_KVM_H

#include <linux/sched.h>

#define __xfer_to_guest_mode_work_pending()	signal_pending(current)

#endif

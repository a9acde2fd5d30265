/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SCHED_SIGNAL_H
#define KVMFS_SHIM_LINUX_SCHED_SIGNAL_H

#define PF_KTHREAD	1
#define PF_USER_WORKER	2

struct task_struct { unsigned int flags; };
extern struct task_struct *shim_current;
extern int shim_signal_pending;

#define current			shim_current
#define signal_pending(t)	((void)(t), shim_signal_pending)

#endif

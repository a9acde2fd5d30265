/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SCHED_H
#define KVMFS_SHIM_LINUX_SCHED_H

/* a test may have others run in between */
#ifndef need_resched
#define cond_resched()	((void)0)
#define need_resched()	0
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_SCHED_H
#define KVMFS_FUSE_LINUX_SCHED_H

#include <errno.h>
#include <sched.h>
#include <asm/processor.h>
#include <linux/smp.h>
#include <linux/types.h>

/* a thread of the file system's, and the process that it serves at the moment */
struct task_struct {
	unsigned long nvcsw, nivcsw;
	bool interrupted;		/* its process has got a signal */
	unsigned int uid, gid;
	unsigned int flags;
};

extern __thread struct task_struct shim_task;
#define current			(&shim_task)

#define PF_KTHREAD		1
#define PF_USER_WORKER		2

#define signal_pending(t)	READ_ONCE((t)->interrupted)
#define fatal_signal_pending	signal_pending
#define cond_resched()		sched_yield()
#define need_resched()		0
#define ERESTARTSYS		EINTR

#define TIF_NEED_FPU_LOAD	0
#define test_thread_flag(f)	((void)(f), false)

#endif

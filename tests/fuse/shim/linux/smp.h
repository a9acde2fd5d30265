/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_SMP_H
#define KVMFS_FUSE_LINUX_SMP_H

#include <sys/syscall.h>
#include <unistd.h>
#include <linux/irqflags.h>
#include <linux/membarrier.h>

/* the emulator looks at v->requests before each instruction: nobody is to be kicked */
#define smp_processor_id()				0
#define smp_call_function_single(cpu, fn, arg, wait)	((void)(fn))
/* for the barrier in all threads alone */
#define on_each_cpu(fn, arg, wait)	\
	((void)(fn), (void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
#define smp_store_mb(v, x)		__atomic_store_n(&(v), x, __ATOMIC_SEQ_CST)
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)

#endif

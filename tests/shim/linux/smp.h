/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SMP_H
#define KVMFS_SHIM_LINUX_SMP_H

#include <linux/irqflags.h>

/* there is one CPU */
#define smp_processor_id()	0
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define smp_call_function_single(cpu, fn, data, wait)	((void)(wait), (fn)(data))
#define on_each_cpu(fn, data, wait)	(fn)(data)
#define smp_store_mb(l, v)		((void)((l) = (v)))

#endif

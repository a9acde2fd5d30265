/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_IRQFLAGS_H
#define KVMFS_FUSE_LINUX_IRQFLAGS_H

/* in between, the FPU's registers are those of a kernel's thread: softcpu.c */
void local_irq_disable(void);
void local_irq_enable(void);

#define local_irq_save(flags)		((void)((flags) = 0), local_irq_disable())
#define local_irq_restore(flags)	((void)(flags), local_irq_enable())
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define barrier()		__asm__ volatile("" : : : "memory")

#endif

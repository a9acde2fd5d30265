/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_ASM_FPU_TYPES_H
#define KVMFS_SHIM_ASM_FPU_TYPES_H

/* a thread's registers are always in the processor */
#define TIF_NEED_FPU_LOAD	0
#define test_thread_flag(f)	((void)(f), false)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_ASM_FPU_TYPES_H
#define KVMFS_FUSE_ASM_FPU_TYPES_H

#include <linux/types.h>

/* as FXSAVE has it: SDM vol. 1, table 10-2 */
struct fxregs_state {
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u32 st_space[32], xmm_space[64], padding[24];
} __aligned(16);

#define XFEATURE_MASK_FP	1
#define XFEATURE_MASK_SSE	2
#define XFEATURE_MASK_FPSSE	3

#endif

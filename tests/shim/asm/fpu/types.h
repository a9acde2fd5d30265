/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_ASM_FPU_TYPES_H
#define KVMFS_SHIM_ASM_FPU_TYPES_H

struct fpu_guest { void *fpstate; };

#endif

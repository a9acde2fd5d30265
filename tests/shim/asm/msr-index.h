/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_ASM_MSR_INDEX_H
#define KVMFS_SHIM_ASM_MSR_INDEX_H

#define EFER_SCE	(1ul << 0)
#define EFER_LME	(1ul << 8)
#define EFER_LMA	(1ul << 10)
#define EFER_NX		(1ul << 11)

#endif

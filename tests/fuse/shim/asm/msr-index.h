/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_ASM_MSR_INDEX_H
#define KVMFS_FUSE_ASM_MSR_INDEX_H

/* SDM vol. 4, tables 2-2 and 2-3; APM vol. 2, appendix A */
#define MSR_IA32_TSC			0x10
#define MSR_IA32_PLATFORM_ID		0x17
#define MSR_IA32_APICBASE		0x1b
#define MSR_IA32_APICBASE_BSP		(1 << 8)
#define MSR_IA32_UCODE_REV		0x8b
#define MSR_MTRRcap			0xfe
#define MSR_IA32_SYSENTER_CS		0x174
#define MSR_IA32_SYSENTER_ESP		0x175
#define MSR_IA32_SYSENTER_EIP		0x176
#define MSR_IA32_MISC_ENABLE		0x1a0
#define MSR_IA32_MISC_ENABLE_FAST_STRING 1
#define MSR_IA32_CR_PAT			0x277
#define MSR_EFER			0xc0000080
#define MSR_STAR			0xc0000081
#define MSR_LSTAR			0xc0000082
#define MSR_CSTAR			0xc0000083
#define MSR_SYSCALL_MASK		0xc0000084
#define MSR_FS_BASE			0xc0000100
#define MSR_GS_BASE			0xc0000101
#define MSR_KERNEL_GS_BASE		0xc0000102
#define MSR_AMD64_SYSCFG		0xc0010010
#define MSR_K7_HWCR			0xc0010015
#define MSR_AMD64_NB_CFG		0xc001001f
#define MSR_AMD64_DE_CFG		0xc0011029

#define EFER_SCE	(1ul << 0)
#define EFER_LME	(1ul << 8)
#define EFER_LMA	(1ul << 10)
#define EFER_NX		(1ul << 11)
#define EFER_FFXSR	(1ul << 14)

#endif

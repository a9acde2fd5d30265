/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_ASM_PROCESSOR_H
#define KVMFS_FUSE_ASM_PROCESSOR_H

#include <cpuid.h>
#include <linux/types.h>

#define X86_VENDOR_INTEL	0
#define X86_VENDOR_AMD		2

struct cpuinfo_x86 { u8 x86, x86_vendor; };
extern struct cpuinfo_x86 boot_cpu_data;
extern unsigned int tsc_khz;

#define cpuid_count(leaf, sub, a, b, c, d)	__cpuid_count(leaf, sub, *(a), *(b), *(c), *(d))

static inline u32 cpuid_ebx(u32 leaf)
{
	u32 a, b, c, d;

	__cpuid_count(leaf, 0, a, b, c, d);
	return b;
}

static inline u32 cpuid_ecx(u32 leaf)
{
	u32 a, b, c, d;

	__cpuid_count(leaf, 0, a, b, c, d);
	return c;
}

#endif

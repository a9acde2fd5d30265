/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_ASM_MSR_H
#define KVMFS_SHIM_ASM_MSR_H

#include <x86intrin.h>
#include <asm/msr-index.h>

#define rdtsc()		__rdtsc()

#endif

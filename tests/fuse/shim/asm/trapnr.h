/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_ASM_TRAPNR_H
#define KVMFS_FUSE_ASM_TRAPNR_H

/* SDM vol. 3, table 6-1 */
enum {
	X86_TRAP_DE = 0, X86_TRAP_DB = 1, X86_TRAP_NMI = 2, X86_TRAP_BP = 3,
	X86_TRAP_UD = 6, X86_TRAP_DF = 8, X86_TRAP_TS = 10, X86_TRAP_NP = 11,
	X86_TRAP_SS = 12, X86_TRAP_GP = 13,
	X86_TRAP_PF = 14, X86_TRAP_AC = 17, X86_TRAP_MC = 18,
};

#endif

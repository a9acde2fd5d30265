/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_ASM_CPUFEATURE_H
#define KVMFS_FUSE_ASM_CPUFEATURE_H

#define X86_BUG_FXSAVE_LEAK	0
/* PCIDs are software here */
#define X86_FEATURE_PCID	0
#define X86_FEATURE_INVPCID	0
#define X86_FEATURE_SPLIT_LOCK_DETECT	1	/* they have none of that */
#define boot_cpu_has(bit)	(!(bit))
#define static_cpu_has_bug(bug)	((void)(bug), false)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_WORK_H
#define KVMFS_WORK_H

#include <linux/percpu.h>
#include <asm/cpufeature.h>
#ifdef X86_FEATURE_IBPB_EXIT_TO_USER
# include <asm/nospec-branch.h>
#endif

int work_init(void);
void work_exit(void);
int work_do(void);

/**
 * work_guest_has_run() - a guest has run on this CPU
 *
 * Where its branches could steer those of user space, of the monitor above all (VMSCAPE,
 * CVE-2025-40300), the kernel makes the CPU forget them on the way there, if it is told.
 * The kernel's switch is vmscape=, and kernels that know it have the flag.
 * Context: interrupts off.
 */
static inline void work_guest_has_run(void)
{
#ifdef X86_FEATURE_IBPB_EXIT_TO_USER
	if (cpu_feature_enabled(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
#endif
}

#endif /* KVMFS_WORK_H */

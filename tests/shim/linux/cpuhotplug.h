/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_CPUHOTPLUG_H
#define KVMFS_SHIM_LINUX_CPUHOTPLUG_H

enum cpuhp_state { CPUHP_AP_ONLINE_DYN };

/* of whoever tests that */
int cpuhp_setup_state_nocalls(enum cpuhp_state state, const char *name,
			      int (*comes)(unsigned int cpu), int (*goes)(unsigned int cpu));
void cpuhp_remove_state_nocalls(enum cpuhp_state state);

#endif

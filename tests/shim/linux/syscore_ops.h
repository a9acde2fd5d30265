/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SYSCORE_OPS_H
#define KVMFS_SHIM_LINUX_SYSCORE_OPS_H

struct syscore_ops {
	int (*suspend)(void);
	void (*resume)(void);
};

/* of whoever tests that */
void register_syscore_ops(struct syscore_ops *ops);
void unregister_syscore_ops(struct syscore_ops *ops);

#endif

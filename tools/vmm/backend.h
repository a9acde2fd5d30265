/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The narrow waist between the monitor and what runs its guest. `kvmfs` has
 * one behind it that uses libkvmfs alone; `kvmfs-bench-kvm` has the other, for
 * /dev/kvm, so that a benchmark compares hypervisors and not monitors.
 */
#ifndef TOOLS_VMM_BACKEND_H
#define TOOLS_VMM_BACKEND_H

#include <linux/kvmfs.h>

#include "types.h"

struct backend_ops;

/**
 * struct backend - one virtual machine with one vCPU
 * @ops:	who runs it
 * @kick:	a byte that a signal handler sets, besides KVMFS_REQ_RETURN in the
 *		exit struct, to make the next run return at once; or NULL
 */
struct backend {
	const struct backend_ops *ops;
	volatile u8 *kick;
};

/**
 * struct backend_ops - what the monitor asks of a hypervisor
 * @create:	makes a VM; @name may be NULL where the choice is free. Returns
 *		NULL with a line on stderr on error.
 * @set_memory:	puts RAM, or memory that the guest cannot write, at @gpa and returns
 *		where this process sees it, or NULL
 * @set_access:	makes memory of set_memory() RAM, or memory that the guest cannot write;
 *		contents stay. Of a piece of it the rest goes, and is to be set next. Returns
 *		0, or -1 with a line on stderr. NULL: it cannot
 * @run:	kvm_run() of kvmfs: an exit reason, or -1 and errno
 * @get_regs:	reads all KVM_REG_SLOTS registers
 * @set_regs:	writes them; the reserved slot is ignored
 * @set_cpuid:	gives the guest the CPUID in a file of the form that the file
 *		cpuid of kvmfs has, or with NULL a default; reports errors itself
 * @reset:	puts the vCPU into the state after RESET; NULL: it cannot. Returns 0, or -1
 *		with a line on stderr
 * @directory:	descriptor of the VM's directory; NULL where it has none
 * @explain:	what went wrong, for after an error; "" where nobody knows
 * @destroy:	ends the VM
 */
struct backend_ops {
	struct backend *(*create)(const char *name);
	void *(*set_memory)(struct backend *be, u64 gpa, u64 size, bool rom);
	int (*set_access)(struct backend *be, u64 gpa, u64 size, bool rom);
	int (*run)(struct backend *be, struct kvm_exit *exit);
	int (*get_regs)(struct backend *be, u64 regs[KVM_REG_SLOTS]);
	int (*set_regs)(struct backend *be, const u64 regs[KVM_REG_SLOTS]);
	int (*set_cpuid)(struct backend *be, const char *file);
	int (*reset)(struct backend *be);
	int (*directory)(struct backend *be);
	const char *(*explain)(struct backend *be);
	void (*destroy)(struct backend *be);
};

/* The one that this program was linked with */
extern const struct backend_ops backend_ops;

/* One that only keeps what it is given: backend-dry.c */
extern const struct backend_ops dry_ops;

/* Index of a register in the arrays of get_regs() and set_regs() */
#define REG(NAME)	((KVM_REG_##NAME - KVM_REG_WINDOW) / 8)

#endif

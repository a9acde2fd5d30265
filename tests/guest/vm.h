/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h: what guestrun needs of a virtual machine.
 */
#ifndef VM_H
#define VM_H

#include <stddef.h>
#include <linux/kvmfs.h>

struct vm_options {
	const char *mount;	/* where kvmfs is mounted */
	const char *name;	/* of the directory to make there */
	int files;		/* mkdir and the file `run`, not the system calls */
	int attach;		/* the directory is there, and is taken over */
	size_t memory;
};

struct vm;

/* All return -1 and set errno on failure; vm_error() then has a sentence. */
struct vm *vm_open(const struct vm_options *o);
void vm_close(struct vm *vm);
void *vm_memory(struct vm *vm);
int vm_write_regs(struct vm *vm, const char *text);
int vm_run(struct vm *vm, struct kvm_exit *x);	/* the reason */
int vm_last_exit(struct vm *vm, struct kvm_exit *x);	/* the reason, 0: none */
int vm_irq(struct vm *vm, const void *what, size_t len);
int vm_debug(struct vm *vm, const char *text);
int vm_add_invpcid(struct vm *vm);	/* to CPUID; EINVAL: it cannot be had */
int vm_roundtrip(struct vm *vm);	/* read the whole state, write it back */
const char *vm_error(struct vm *vm);

/* A system call around which the host's SSE registers must keep their values */
long sse_syscall(long nr, long a, long b, long c);

#endif /* VM_H */

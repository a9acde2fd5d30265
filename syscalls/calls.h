/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two system calls, and how they get their numbers.
 */
#ifndef KVMFS_CALLS_H
#define KVMFS_CALLS_H

#include <linux/types.h>
#include <linux/kvmfs.h>

/* calls.c: the calls themselves, with checked registers as arguments */
long calls_create(const char __user *path, unsigned int flags, umode_t mode);
long calls_run(unsigned int fd, struct kvm_exit __user *exit, size_t size);

/* hook.c: kvm_create and kvm_run answer to their numbers from then on, if possible */
void calls_install(void);
void calls_remove(void);

/* inside of hook.c, known to its assembly */
struct pt_regs;
void hook_return(void);
long hook_call(const struct pt_regs *regs);

#endif /* KVMFS_CALLS_H */

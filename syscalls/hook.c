// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the two system calls get their numbers.
 *
 * A kernel built with the patch in syscalls/patches/ has stubs that we register
 * with. On a stock kernel the numbers lead to the not-implemented handler, which
 * is told apart by nothing but what it was called for: a kprobe on it sends calls
 * with our numbers to us. It needs a post_handler, or it is optimised into a jump
 * that ignores where we want to go.
 *
 * Leaving. After unregister_kprobe() no new call comes. One that was sent here
 * before may still not have run its first instruction, or not its last: it is
 * preempted then, but does not sleep, which synchronize_rcu_tasks() waits for.
 * In between, where it does sleep, it holds the module: kvm_create() by a
 * reference taken in the probe, kvm_run() by the file that it found to be ours,
 * which spares two atomic operations an exit.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include "fs/contents.h"
#include "syscalls/calls.h"

#ifdef CONFIG_KVMFS_CALLS

#include <linux/kvmfs_calls.h>

static const struct kvmfs_calls ours = {
	.owner	= THIS_MODULE,
	.create	= calls_create,
	.run	= calls_run,
};
static bool installed;

void calls_install(void)
{
	installed = !register_kvmfs_calls(&ours);
}

void calls_remove(void)
{
	if (installed)
		unregister_kvmfs_calls(&ours);
}

const char *kvmfs_calls(void)
{
	return installed ? "native" : "no";
}

#else

static long hook_create(const struct pt_regs *regs)
{
	long ret = calls_create((const char __user *)regs->di, regs->si, regs->dx);

	module_put(THIS_MODULE);
	return ret;
}

static long hook_run(const struct pt_regs *regs)
{
	return calls_run(regs->di, (struct kvm_exit __user *)regs->si, regs->dx);
}

/*
 * @regs is the kernel at the handler's first instruction; its argument is the
 * system call's registers. Both 64-bit and 32-bit calls come by.
 */
static int hook_pre(struct kprobe *p, struct pt_regs *regs)
{
	const struct pt_regs *call = (const struct pt_regs *)regs->di;

	if (call != task_pt_regs(current) || in_32bit_syscall())
		return 0;
	switch (call->orig_ax) {
	case __NR_kvm_create:
		if (!try_module_get(THIS_MODULE))
			return 0;
		regs->ip = (unsigned long)hook_create;
		return 1;
	case __NR_kvm_run:
		regs->ip = (unsigned long)hook_run;
		return 1;
	}
	return 0;
}
NOKPROBE_SYMBOL(hook_pre);

static void hook_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(hook_post);

static struct kprobe hook = {
	.symbol_name	= "__x64_sys_ni_syscall",
	.pre_handler	= hook_pre,
	.post_handler	= hook_post,
};
static bool installed;

/**
 * calls_install() - let the two numbers lead to us
 *
 * That it is impossible is no error: ``capabilities`` says so.
 */
void calls_install(void)
{
	int ret = register_kprobe(&hook);

	installed = !ret;
	if (ret)
		pr_info("kvmfs: no kvm_create and kvm_run system calls (error %d)\n", ret);
}

/**
 * calls_remove() - undo calls_install(); nobody is in a call when it returns
 */
void calls_remove(void)
{
	if (!installed)
		return;
	unregister_kprobe(&hook);
	synchronize_rcu_tasks();
}

/* what contents.h promises */
const char *kvmfs_calls(void)
{
	return installed && !kprobe_disabled(&hook) ? "kprobe" : "no";
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the two system calls get their numbers.
 *
 * A kernel built with the patch in syscalls/patches/ has stubs that we register
 * with. On a stock kernel the numbers lead to the not-implemented handler, and a
 * kprobe on that sees all calls of all unused numbers.
 *
 * The probe does not redirect the handler, which only works with a breakpoint and
 * costs an exception a call. It replaces the handler's return address: so the
 * handler returns to us instead, and the kernel is free to optimise the probe
 * into a jump. hook_return below puts the address back and goes on to the call.
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
#include <linux/objtool.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <asm/unwind_hints.h>
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

/* of a system call's registers: where the handler's return address waits */
#define SLOT		"80"
static_assert(offsetof(struct pt_regs, ax) == 80);

/*
 * The handler returns to here with its argument, the system call's registers,
 * still in %rdi. Makes it look as if the handler's caller had called hook_call().
 * The slot gets back what the entry code had put there: -ENOSYS.
 */
asm(".pushsection .text\n"
	".type hook_return, @function\n"
	"hook_return:\n\t"
	ANNOTATE_NOENDBR
	"pushq " SLOT "(%rdi)\n\t"
	UNWIND_HINT_FUNC
	"movq $-38, " SLOT "(%rdi)\n\t"
	"jmp hook_call\n"
	".size hook_return, . - hook_return\n"
	".popsection\n");

/* the two calls, with the handler's signature */
__used long hook_call(const struct pt_regs *regs)
{
	long ret;

	if (likely(regs->orig_ax == __NR_kvm_run))
		return calls_run(regs->di, (struct kvm_exit __user *)regs->si, regs->dx);
	ret = calls_create((const char __user *)regs->di, regs->si, regs->dx);
	module_put(THIS_MODULE);
	return ret;
}

/*
 * @regs is the kernel's before the handler's first instruction, with its return
 * address on top of the stack. Both 64-bit and 32-bit calls come by.
 */
static int hook_pre(struct kprobe *p, struct pt_regs *regs)
{
	struct pt_regs *call = (struct pt_regs *)regs->di;
	unsigned long *ret = (unsigned long *)regs->sp;

	if (call != task_pt_regs(current))
		return 0;
	if (call->orig_ax != __NR_kvm_run && call->orig_ax != __NR_kvm_create)
		return 0;
	if (in_32bit_syscall())
		return 0;
	if (call->orig_ax == __NR_kvm_create && !try_module_get(THIS_MODULE))
		return 0;
	call->ax = *ret;
	*ret = (unsigned long)hook_return;
	return 0;
}
NOKPROBE_SYMBOL(hook_pre);

static struct kprobe hook = {
	.symbol_name	= "__x64_sys_ni_syscall",
	.pre_handler	= hook_pre,
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

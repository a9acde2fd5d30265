// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop. See Documentation/exits.rst for the life of an exit.
 *
 * run_guest() is the inner part, with interrupts off: it enters the guest and
 * serves what can be served without sleeping, again and again, until a host
 * interrupt, a pending request or a real exit ends it. run_loop() is the outer
 * one, where interrupts are on and everything is allowed.
 */
#include <linux/context_tracking.h>
#include <linux/entry-kvm.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/vtime.h>
#include <asm/fpu/api.h>
#include <asm/processor-flags.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/work.h"

/**
 * run_exit() - begin an exit to user space
 * @v: the vCPU
 * @reason: KVMFS_EXIT_*; the caller fills the rest of v->exit
 */
void run_exit(struct vcpu *v, u32 reason)
{
	v->exit->reason = reason;
	v->exit_size = KVM_EXIT_HEAD;
}

struct kvm_exit *vcpu_exit(struct vcpu *v)
{
	return v->exit;
}

unsigned int vcpu_exit_size(struct vcpu *v)
{
	return v->exit_size;
}

u64 vcpu_exit_count(struct vcpu *v)
{
	return READ_ONCE(v->exit_count);
}

/**
 * vcpu_wants() - how many bytes of v->exit->data the last exit asked for
 * @v: the vCPU, in a run
 *
 * Return: bytes, 0 if the last exit was no read.
 */
unsigned int vcpu_wants(struct vcpu *v)
{
	const struct kvm_exit *x = v->exit;

	if (v->pending == PENDING_NONE)
		return 0;
	return x->reason == KVMFS_EXIT_MMIO ? x->mmio.size : x->io.size * x->io.count;
}

/* the state of this thread that an entry does not switch must be in the registers */
static bool load_thread_state(struct vcpu *v)
{
	unsigned long switches = current->nvcsw + current->nivcsw;

	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
	if (v->switches == switches && v->cpu == smp_processor_id())
		return true;
	v->switches = switches;
	v->cpu = smp_processor_id();
	if (likely(vendor->load(v)))
		return true;
	v->switches = 0;
	return false;
}

static void unload_thread_state(struct vcpu *v)
{
	if (vendor->unload)
		vendor->unload(v);
	v->switches = 0;
}

static void enter(struct vcpu *v)
{
	/* nohz_full kernels must know that this CPU is not in the kernel */
	if (context_tracking_enabled()) {
		context_tracking_guest_enter();
		vendor->enter(v);
		context_tracking_guest_exit();
	} else {
		vendor->enter(v);
	}
	v->stat.exits++;
}

static void push_dirty(struct vcpu *v)
{
	if (v->cr_dirty) {
		v->cr_dirty = false;
		vendor->push_cr(v);
	}
	if (test_bit(REQ_TLB_FLUSH, &v->requests)) {
		clear_bit(REQ_TLB_FLUSH, &v->requests);
		v->stat.tlb_flush++;
		vendor->flush_tlb(v);
	}
	if (v->dr_dirty) {
		v->dr_dirty = false;
		vendor->update_traps(v);
	}
}

/* interrupts off; false if something came up that the outer loop must see first */
static bool may_enter(struct vcpu *v)
{
	return !(READ_ONCE(v->requests) & ~BIT(REQ_TLB_FLUSH)) &&
	       !__xfer_to_guest_mode_work_pending();
}

/*
 * Interrupts and preemption are off. Returns with x->kind of the exit that is
 * still to be served, or EXIT_NOTHING.
 */
static void run_guest(struct vcpu *v, struct hv_exitinfo *x)
{
	x->kind = EXIT_NOTHING;
	if (!load_thread_state(v))
		return;
	for (;;) {
		WRITE_ONCE(v->in_guest, true);
		/* pairs with kick(): request first, then in_guest */
		smp_mb();
		if (!may_enter(v))
			break;
		push_dirty(v);
		if (v->event.kind)
			vendor->inject(v);
		debug_before(v);
		enter(v);
		debug_after(v);
		WRITE_ONCE(v->in_guest, false);
		v->event.kind = EVENT_NONE;
		vendor->recover(v);
		vendor->decode(v, x);
		if (x->kind == EXIT_HOST_IRQ || x->kind == EXIT_HOST_NMI)
			break;
		if (v->event.kind || !exit_handle_fast(v, x))
			break;
		x->kind = EXIT_NOTHING;
	}
	WRITE_ONCE(v->in_guest, false);
}

/* for readers of the state, who wait for v->lock */
static void let_readers_in(struct vcpu *v)
{
	clear_bit(REQ_STOP, &v->requests);
	if (!atomic_read(&v->freeze))
		return;
	fpu_swap_kvm_fpstate(&v->fpu, false);
	unload_thread_state(v);
	mutex_unlock(&v->lock);
	wait_event(v->waitq, !atomic_read(&v->freeze));
	mutex_lock(&v->lock);
	fpu_swap_kvm_fpstate(&v->fpu, true);
}

/* before entry, everything that may sleep; 0, 1 (exit) or -errno */
static int prepare(struct vcpu *v)
{
	int ret;

	if (__xfer_to_guest_mode_work_pending()) {
		ret = work_do();
		if (ret) {
			v->stat.signals++;
			return ret;
		}
	}
	if (unlikely(test_bit(REQ_DEAD, &v->requests)))
		return -ENODEV;
	if (unlikely(test_bit(REQ_STOP, &v->requests)))
		let_readers_in(v);
	clear_bit(REQ_EVENT, &v->requests);
	clear_bit(REQ_MMU_RELOAD, &v->requests);
	if (unlikely(v->pdptr_stale) && !cr_load_pdptrs(v))
		return -EINVAL;
	ret = v->vm->mmu_ops->load(v);
	if (ret)
		return ret;
	return event_prepare(v);
}

static int run_loop(struct vcpu *v)
{
	struct hv_exitinfo x;
	int ret;

	for (;;) {
		ret = prepare(v);
		if (ret)
			return ret;
		if (vendor->can_enter && !vendor->can_enter(v)) {
			ret = insn_instead(v);
			if (ret)
				return ret;
			continue;
		}
		preempt_disable();
		local_irq_disable();
		if (unlikely(!power_is_on())) {
			local_irq_enable();
			preempt_enable();
			vm_error(v->vm, "the processor's virtualisation is switched off");
			return -ENODEV;
		}
		vtime_account_guest_enter();
		run_guest(v, &x);
		if (x.kind == EXIT_HOST_IRQ) {
			/* taken here, while the time still counts as the guest's */
			local_irq_enable();
			/* STI holds interrupts back for one more instruction: this */
			v->stat.host_irq++;
			barrier();
			local_irq_disable();
		}
		vtime_account_guest_exit();
		local_irq_enable();
		preempt_enable();
		ret = exit_handle(v, &x);
		if (ret)
			return ret;
	}
}

/* what the caller asked of this run, v->exit->request; 0, 1 or -errno */
static int take_request(struct vcpu *v)
{
	struct kvm_exit *x = v->exit;

	if (x->request & ~KVMFS_REQ_ALL) {
		vm_error(v->vm, "request has unknown bits: %#x", x->request);
		return -EINVAL;
	}
	v->window_run = x->request & KVMFS_REQ_IRQ_WINDOW;
	if (!(x->request & KVMFS_REQ_INJECT))
		return 0;
	if (x->vector > 255) {
		vm_error(v->vm, "vector %u is not 0-255", x->vector);
		return -EINVAL;
	}
	return 0;
}

static int inject_request(struct vcpu *v)
{
	struct kvm_exit *x = v->exit;

	if (!(x->request & KVMFS_REQ_INJECT))
		return 0;
	if (!event_irq_ready(v)) {
		vm_error(v->vm, "vector %u given while no interrupt can be taken", x->vector);
		return -EAGAIN;
	}
	v->event = (struct vcpu_event){ .kind = EVENT_IRQ, .exc.vector = x->vector };
	v->stat.irq_injected++;
	/* told to the caller, so that an EINTR does not leave it in doubt */
	x->request &= ~KVMFS_REQ_INJECT;
	return 0;
}

/* the answer to an IN or to a device read of an instruction */
static int complete_read(struct vcpu *v)
{
	switch (v->pending) {
	case PENDING_IN:
		v->pending = PENDING_NONE;
		/* somebody moved the vCPU away meanwhile: the answer is void */
		if (v->rip != v->pending_rip)
			return 0;
		memcpy(&v->regs[0], v->exit->data, v->exit->io.size);
		if (v->exit->io.size == 4)
			v->regs[0] = (u32)v->regs[0];
		v->rip = v->pending_next;
		v->rflags &= ~(u64)X86_EFLAGS_RF;
		return insn_trap_step(v);
	case PENDING_EMUL:
		v->pending = PENDING_NONE;
		return insn_resume(v);
	default:
		break;
	}
	if (unlikely(v->step_due)) {
		v->step_due = false;
		return debug_exit(v);
	}
	return 0;
}

static void report_state(struct vcpu *v)
{
	v->exit->state = 0;
	if (v->rflags & X86_EFLAGS_IF)
		v->exit->state |= KVMFS_STATE_IF;
	if (event_irq_ready(v))
		v->exit->state |= KVMFS_STATE_IRQ_READY;
}

/**
 * vcpu_run() - run the guest until user space is needed
 * @v: the vCPU, between vcpu_begin_run() and vcpu_end_run(); v->exit holds the
 *	request, the vector, and the data of a pending read
 * @max_data: bytes that one exit may move, 8 to KVM_EXIT_DATA
 *
 * Context: may sleep.
 * Return: KVMFS_EXIT_*, or -EINTR (a signal, or KVMFS_REQ_RETURN), -EAGAIN (a
 * vector was given that cannot be taken; what was pending has been completed),
 * -EINVAL, -ENOMEM, -ENODEV, -EIO. v->exit->state is set in any case.
 */
int vcpu_run(struct vcpu *v, unsigned int max_data)
{
	int ret = take_request(v);

	if (ret)
		return ret;
	v->max_data = max_data;
	fpu_swap_kvm_fpstate(&v->fpu, true);
	v->switches = 0;
	ret = complete_read(v);
	if (!ret)
		ret = inject_request(v);
	if (!ret && (v->exit->request & KVMFS_REQ_RETURN))
		ret = -EINTR;
	if (!ret)
		ret = run_loop(v);
	fpu_swap_kvm_fpstate(&v->fpu, false);
	unload_thread_state(v);
	report_state(v);
	if (ret != 1)
		return ret;
	v->stat.user_exits++;
	WRITE_ONCE(v->exit_count, v->exit_count + 1);
	return v->exit->reason;
}

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
#include <linux/string.h>
#include <linux/static_call.h>
#include <linux/vtime.h>
#include <asm/processor-flags.h>
#include "arch/x86/trace.h"
#include "arch/x86/vcpu.h"
#include "arch/x86/work.h"

/**
 * run_exit_mmio() - begin an exit for a device access; the data of a write is the caller's
 * @v: the vCPU
 * @gpa: where
 * @size: bytes
 * @write: or read
 */
void run_exit_mmio(struct vcpu *v, u64 gpa, u8 size, bool write)
{
	struct kvm_exit *x = v->exit;

	run_exit(v, KVMFS_EXIT_MMIO);
	memset(&x->mmio, 0, sizeof(x->mmio));
	x->mmio.gpa = gpa;
	x->mmio.size = size;
	x->mmio.write = write;
}

struct kvm_exit *vcpu_exit(struct vcpu *v)
{
	return v->exit;
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

DEFINE_STATIC_CALL_NULL(vendor_run, *vendor->run);
DEFINE_STATIC_CALL_NULL(vendor_load, *vendor->load);
DEFINE_STATIC_CALL_NULL(vendor_stay, *vendor->stay);
DEFINE_STATIC_CALL_NULL(vendor_unload, *vendor->unload);

/**
 * run_init() - the vendor is chosen
 *
 * Direct calls in place of those through a pointer, which cost a thunk on hosts
 * that must not speculate.
 */
void run_init(void)
{
	static_call_update(vendor_run, vendor->run);
	static_call_update(vendor_load, vendor->load);
	static_call_update(vendor_stay, vendor->stay);
	static_call_update(vendor_unload, vendor->unload);
}

/* the state of this thread that an entry does not switch must be in the registers */
static bool load_thread_state(struct vcpu *v)
{
	unsigned long switches = current->nvcsw + current->nivcsw;

	if (likely(v->fpu_inside))
		fpu_own();
	else
		fpu_enter(v);
	if (v->switches == switches && v->cpu == smp_processor_id() && likely(!has_ldt()))
		return true;
	v->switches = switches;
	v->cpu = smp_processor_id();
	if (unlikely(!static_call(vendor_load)(v))) {
		v->switches = NOT_LOADED;
		return false;
	}
	if (unlikely(v->tsc_lost != READ_ONCE(power_tsc_lost))) {
		v->tsc_lost = READ_ONCE(power_tsc_lost);
		vendor->set_tsc_offset(v);
	}
	return true;
}

/* all that is in the processor is the thread's own again; interrupts off */
static void unload_thread_state(struct vcpu *v)
{
	if (likely(v->fpu_inside))
		fpu_leave(v);
	static_call_cond(vendor_unload)(v);
	v->switches = NOT_LOADED;
}

/* the same with interrupts on; there may be nothing to do */
static noinline void leave_processor(struct vcpu *v)
{
	local_irq_disable();
	unload_thread_state(v);
	local_irq_enable();
}

static void enter(struct vcpu *v, struct hv_exitinfo *x)
{
	/* nohz_full kernels must know that this CPU is not in the kernel */
	if (context_tracking_enabled()) {
		context_tracking_guest_enter();
		static_call(vendor_run)(v, x);
		context_tracking_guest_exit();
	} else {
		static_call(vendor_run)(v, x);
	}
	v->stat.exits++;
}

static void push_dirty(struct vcpu *v)
{
	if (v->cr_dirty) {
		v->cr_dirty = false;
		v->code.host = NULL;
		vendor->push_cr(v);
	}
	if (test_bit(REQ_TLB_FLUSH, &v->requests)) {
		clear_bit(REQ_TLB_FLUSH, &v->requests);
		v->code.host = NULL;
		v->stat.tlb_flush++;
		vendor->flush_tlb(v);
	}
	if (v->dr_dirty) {
		v->dr_dirty = false;
		vendor->update_traps(v);
	}
}

/* false if something came up that the outer loop must see first */
static bool may_enter(const struct vcpu *v)
{
	return !(READ_ONCE(v->requests) & ~BIT(REQ_TLB_FLUSH)) &&
	       !__xfer_to_guest_mode_work_pending();
}

/*
 * Interrupts and preemption are off. Returns with x->kind of the exit that is
 * still to be served, or EXIT_NOTHING.
 */
static void run_guest(struct vcpu *v)
{
	struct hv_exitinfo *x = &v->x;

	x->kind = EXIT_NOTHING;
	if (!load_thread_state(v))
		return;
	WRITE_ONCE(v->in_guest, true);
	/* pairs with kick(): request first, then in_guest */
	smp_mb();
	while (may_enter(v)) {
		push_dirty(v);
		if (v->event.kind)
			vendor->inject(v);
		if (unlikely(v->traps))
			debug_before(v);
		enter(v, x);
		if (unlikely(v->traps))
			debug_after(v);
		if (!exit_may_be_fast(x) || v->event.kind || !exit_handle_fast(v, x))
			break;
		x->kind = EXIT_NOTHING;
	}
	v->been_out = true;
	WRITE_ONCE(v->in_guest, false);
	work_guest_has_run();
}

/* for readers of the state, who wait for v->lock */
static void let_readers_in(struct vcpu *v)
{
	clear_bit(REQ_STOP, &v->requests);
	if (!atomic_read(&v->freeze))
		return;
	leave_processor(v);
	mutex_unlock(&v->lock);
	wait_event(v->waitq, !atomic_read(&v->freeze));
	mutex_lock(&v->lock);
}

/* nothing came up since the last turn: prepare() would find nothing to do */
static bool is_prepared(const struct vcpu *v)
{
	return may_enter(v) && v->waiting == EVENTS_NONE &&
	       v->event.kind != EVENT_SHUTDOWN && v->mmu.root_hpa != INVALID_ROOT &&
	       !v->mmu.low && !v->pdptr_stale;
}

/* somebody wants the vCPU for itself; 0, 1 (exit) or -errno */
static noinline int let_others_in(struct vcpu *v)
{
	int ret = 0;

	if (test_bit(REQ_STOP, &v->requests))
		let_readers_in(v);
	if (test_bit(REQ_PAUSE, &v->requests)) {
		leave_processor(v);
		ret = pause_wait(v);
	}
	if (unlikely(test_bit(REQ_DEAD, &v->requests)))
		return -ENODEV;
	return ret ? ret : v->ask_again;
}

#define REQ_OTHERS	(BIT(REQ_STOP) | BIT(REQ_PAUSE) | BIT(REQ_DEAD))

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
	if (unlikely(READ_ONCE(v->requests) & REQ_OTHERS)) {
		ret = let_others_in(v);
		if (ret)
			return ret;
	}
	clear_bit(REQ_EVENT, &v->requests);
	clear_bit(REQ_MMU_RELOAD, &v->requests);
	if (unlikely(v->pdptr_stale) && !cr_load_pdptrs(v))
		return -EINVAL;
	ret = v->vm->mmu_ops->load(v);
	if (ret)
		return ret;
	return event_prepare(v);
}

/* false: the processor does not run the guest as it is, the emulator must */
static bool can_enter(struct vcpu *v)
{
	if (likely(!v->check_entry))
		return true;
	v->check_entry = v->event.kind == EVENT_SOFT ||
			 (vendor->can_enter && !vendor->can_enter(v));
	return !v->check_entry;
}

/* a turn of the processor; interrupts on; 0 or -ENODEV */
static int turn(struct vcpu *v)
{
	preempt_disable();
	local_irq_disable();
	if (unlikely(!power_is_on())) {
		local_irq_enable();
		preempt_enable();
		vm_error(v->vm, "the processor's virtualisation is switched off");
		return -ENODEV;
	}
	vtime_account_guest_enter();
	run_guest(v);
	if (exit_ends_run(&v->x))
		unload_thread_state(v);
	else
		static_call_cond(vendor_stay)(v);
	if (v->x.kind == EXIT_HOST_IRQ) {
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
	return 0;
}

static __always_inline void trace_before(const struct vcpu *v)
{
	if (trace_kvmfs_inject_enabled() && v->event.kind != EVENT_NONE)
		trace_kvmfs_inject(v);
	trace_kvmfs_entry(v);
}

static int run_loop(struct vcpu *v)
{
	int ret;

	for (;;) {
		if (!is_prepared(v)) {
			ret = prepare(v);
			if (ret)
				return ret;
		}
		if (unlikely(!can_enter(v))) {
			ret = insn_instead(v);
		} else {
			trace_before(v);
			ret = turn(v);
			trace_kvmfs_exit(v);
			if (!ret)
				ret = exit_handle(v, &v->x);
		}
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
		insn_done(v, vendor->blocked(v) & BLOCK_SHADOW, v->pending_next);
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
	if (!(v->rflags & X86_EFLAGS_IF))
		return;
	v->exit->state = KVMFS_STATE_IF;
	if (event_irq_ready(v))
		v->exit->state |= KVMFS_STATE_IRQ_READY;
}

/* 64-bit words of v->exit between vector and data that an exit fills */
static unsigned int details(u32 reason)
{
	const struct kvm_exit *x = NULL;

	switch (reason) {
	case KVMFS_EXIT_IO:
		return sizeof(x->io) / sizeof(u64);
	case KVMFS_EXIT_MMIO:
		return sizeof(x->mmio) / sizeof(u64);
	default:
		return ARRAY_SIZE(x->raw);
	}
}

/**
 * run_report_sizes() - for the one who copies v->exit to user space, and the answer from there
 * @v: the vCPU, whose exit is another one now
 */
void run_report_sizes(struct vcpu *v)
{
	struct vcpu_io *io = vcpu_io(v->exit);

	io->size = v->exit_size;
	io->details = details(v->exit->reason);
	io->wants = vcpu_wants(v);
}

/**
 * run_note_exit() - there is a new exit
 * @v: the vCPU, in a run
 */
void run_note_exit(struct vcpu *v)
{
	v->stat.user_exits++;
	WRITE_ONCE(v->exit_count, v->exit_count + 1);
}

/**
 * run_forget_exit() - there is no last exit any more
 * @v: claimed; a run that waits in a pause keeps its request
 */
void run_forget_exit(struct vcpu *v)
{
	struct kvm_exit *x = v->exit;

	x->reason = 0;
	memset(x->raw, 0, sizeof(x->raw));
	memset(x->data, 0, sizeof(x->data));
	v->exit_size = KVM_EXIT_HEAD;
	run_report_sizes(v);
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
	/* before anything changes: what is pending is answered after the pause */
	v->ask_again = false;
	if (unlikely(READ_ONCE(v->vm->paused))) {
		ret = pause_wait(v);
		if (ret)
			return ret;
	}
	ret = v->ask_again ? 1 : complete_read(v);
	if (!ret)
		ret = inject_request(v);
	if (!ret && (v->exit->request & KVMFS_REQ_RETURN))
		ret = -EINTR;
	if (!ret)
		ret = run_loop(v);
	if (unlikely(v->fpu_inside))
		leave_processor(v);
	report_state(v);
	run_report_sizes(v);
	if (ret != 1)
		return ret;
	run_note_exit(v);
	return v->exit->reason;
}

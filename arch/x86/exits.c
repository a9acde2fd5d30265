// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done about an exit: one function for each kind, found by a table. The
 * vendor decoded it; here it is decided.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/cpu.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/trace.h"
#include "arch/x86/vcpu.h"

/* --- the end of an instruction that we did instead of the processor ---------- */

/*
 * @first is the byte at rip: 0f or f4 is no prefix, so that the instruction, whose
 * exit says what it is, is @len bytes long.
 */
static u64 after(struct vcpu *v, const struct hv_exitinfo *x, u8 first, unsigned int len)
{
	if (first != 0x0f && first != 0xf4)
		return 0;
	return x->code64 ? v->rip + len : (u32)(v->rip + len);
}

static int advance(struct vcpu *v, const struct hv_exitinfo *x, u64 next)
{
	insn_done(v, x->shadow, next);
	return insn_trap_step(v);
}

/*
 * Where the instruction ends. If the processor did not tell (x->next_rip), it is
 * @len bytes long, prefixes aside; the decoder looks if there are some.
 * Return: 0: v->exit says what is wrong.
 */
static u64 find_next(struct vcpu *v, const struct hv_exitinfo *x, unsigned int len)
{
	u64 next = x->next_rip;
	u8 first;

	if (!next && mmu_peek_code(v, x->la, &first, 1))
		next = after(v, x, first, len);
	if (!next)
		next = insn_next(v);
	if (!next) {
		vm_error(v->vm, "no instruction can be read at rip %#llx", v->rip);
		run_exit(v, KVMFS_EXIT_ERROR);
	}
	return next;
}

static int skip(struct vcpu *v, const struct hv_exitinfo *x, unsigned int len)
{
	u64 next = find_next(v, x, len);

	return next ? advance(v, x, next) : 1;
}

/* --- what needs no sleep -------------------------------------------------------- */

static void do_cpuid(struct vcpu *v)
{
	const struct cpuid_entry *e = cpuid_find(v, v->regs[0], v->regs[1]);

	v->stat.cpuid++;
	v->regs[0] = e->eax;
	v->regs[1] = e->ecx;
	v->regs[2] = e->edx;
	v->regs[3] = e->ebx;
}

/* 0 or -EINVAL for #GP */
static int do_msr(struct vcpu *v, bool write)
{
	u32 index = v->regs[1];
	u64 val = (u32)v->regs[0] | v->regs[2] << 32;
	int ret;

	v->stat.msr++;
	if (write)
		return msr_write(v, index, val);
	ret = msr_read(v, index, &val);
	if (ret)
		return ret;
	v->regs[0] = (u32)val;
	v->regs[2] = val >> 32;
	return 0;
}

/* EFER changes the MMU, which takes a lock that wants interrupts on */
static bool msr_is_fast(struct vcpu *v)
{
	return (u32)v->regs[1] != MSR_EFER;
}

/* nothing has changed of the device's page in the memory map */
static bool is_hint_good(struct vcpu *v)
{
	return v->mmio.valid && !v->event.kind && v->mmio.seq == READ_ONCE(v->vm->mmu.seq);
}

static bool is_last_device(struct vcpu *v, const struct hv_exception *pf)
{
	return (pf->cr2 & PAGE_MASK) == v->mmio.gva && is_hint_good(v) &&
	       (!pf->error || (pf->error == PF_W && v->mmio.write));
}

static void remember_page(struct mmio_hint *m, u64 gpa, unsigned long seq)
{
	if (!m->valid || m->gpa != (gpa & PAGE_MASK) || m->seq != seq)
		m->hole = m->no_write = false;
	m->gpa = gpa & PAGE_MASK;
	m->seq = seq;
}

/*
 * Only the kernel's accesses, to pages that have no spte; @seq: before the walk. What SMAP
 * lets through because EFLAGS.AC is set now may be forbidden the next time.
 */
static void remember_device(struct vcpu *v, const struct hv_exception *pf, u64 gpa,
			    unsigned long seq)
{
	struct mmio_hint *m = &v->mmio;
	u64 gva = pf->cr2 & PAGE_MASK;

	/* a read after a write walked no other way */
	m->write = pf->error == PF_W ||
		   (m->valid && m->write && m->gva == gva && m->seq == seq);
	remember_page(m, gpa, seq);
	m->valid = !(pf->error & ~PF_W) && !(v->mmu.smap && (v->rflags & X86_EFLAGS_AC));
	m->gva = gva;
}

/* with nested paging: the gpa alone tells a device */
static void remember_gpa(struct vcpu *v, u64 gpa, unsigned long seq)
{
	remember_page(&v->mmio, gpa, seq);
	v->mmio.valid = true;
}

/* what reads as no memory is not written as such either; the other way round it may be rom */
static bool is_device(const struct vcpu *v, bool write)
{
	return v->mmio.hole || (write && v->mmio.no_write);
}

static bool fault_is_quick(struct vcpu *v, struct hv_exitinfo *x)
{
	const struct hv_exception *pf = &x->exc;
	bool write;

	if (x->kind == EXIT_NESTED_FAULT) {
		write = x->fault.access & PF_W;
		return (x->fault.gpa & PAGE_MASK) == v->mmio.gpa && x->fault.page &&
		       is_hint_good(v) && is_device(v, write) &&
		       quick_device(v, x, x->fault.gpa, write);
	}
	write = pf->error & PF_W;
	return pf->vector == X86_TRAP_PF && is_last_device(v, pf) && is_device(v, write) &&
	       quick_device(v, x, v->mmio.gpa | (pf->cr2 & ~PAGE_MASK), write);
}

/* CPUID, and most MSRs; true if done */
static bool done_inside(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 next = x->next_rip;
	const u8 *code;

	if (!next) {
		code = mmu_code(v, x->la);
		next = code ? after(v, x, *code, 2) : 0;
		if (!next)
			return false;
	}
	if (x->kind == EXIT_CPUID) {
		do_cpuid(v);
	} else if (!msr_is_fast(v)) {
		return false;
	} else if (do_msr(v, x->msr.write)) {
		/* event_prepare() is not passed again, and need not be */
		event_gp(v, 0);
		return true;
	}
	insn_done(v, x->shadow, next);
	return true;
}

/* from one root to another; true if done */
static bool cr3_is_quick(struct vcpu *v, const struct hv_exitinfo *x)
{
	if (!x->cr.known || !x->cr.write || x->cr.nr != 3 || !x->next_rip ||
	    !cr3_set_quick(v, x->cr.val))
		return false;
	v->stat.cr++;
	insn_done(v, x->shadow, x->next_rip);
	return true;
}

/**
 * exit_handle_fast() - serve an exit, or a part of it, in the inner loop
 * @v: the vCPU; v->in_guest is still set
 * @x: decoded exit, one that exit_may_be_fast() likes
 *
 * Context: interrupts off.
 * Return: true if done, and the guest can be entered again. Else exit_handle() has
 * to see @x, of which more may be known now.
 */
bool exit_handle_fast(struct vcpu *v, struct hv_exitinfo *x)
{
	/* traps and shadows take the long way */
	if (unlikely(insn_traps(v)))
		return false;
	switch (x->kind) {
	case EXIT_EXCEPTION:
	case EXIT_NESTED_FAULT:
		if (fault_is_quick(v, x))
			x->kind = EXIT_USER;
		return false;
	case EXIT_CR:
		if (!x->cr.known)
			quick_refine(v, x);
		return cr3_is_quick(v, x);
	case EXIT_INVLPG:
		quick_refine(v, x);
		return false;
	default:
		return done_inside(v, x);
	}
}

/* --- one function a kind ---------------------------------------------------------- */

static int on_nothing(struct vcpu *v, struct hv_exitinfo *x)
{
	return 0;
}

static int on_host_nmi(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.host_nmi++;
	return 0;
}

static int on_irq_window(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.irq_window++;
	return 0;
}

static int on_cpuid(struct vcpu *v, struct hv_exitinfo *x)
{
	do_cpuid(v);
	return skip(v, x, 2);
}

static int on_msr(struct vcpu *v, struct hv_exitinfo *x)
{
	if (do_msr(v, x->msr.write)) {
		event_gp(v, 0);
		return 0;
	}
	return skip(v, x, 2);
}

static int on_hlt(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 next = find_next(v, x, 1);

	v->stat.hlt++;
	if (!next)
		return 1;
	/* something is there already: the halt is over */
	if (v->event.kind || v->nmi_pending ||
	    ((v->rflags & X86_EFLAGS_IF) && v->irq_vector >= 0))
		return advance(v, x, next);
	insn_done(v, x->shadow, next);
	run_exit(v, KVMFS_EXIT_HLT);
	insn_trap_later(v);
	return 1;
}

static int on_io(struct vcpu *v, struct hv_exitinfo *x)
{
	struct kvm_exit *e = v->exit;

	v->stat.io++;
	run_exit(v, KVMFS_EXIT_IO);
	e->io.port = x->io.port;
	e->io.size = x->io.size;
	e->io.write = !x->io.in;
	e->io.count = 1;
	if (x->io.in) {
		v->pending = PENDING_IN;
		v->pending_rip = v->rip;
		v->pending_next = x->next_rip;
		return 1;
	}
	*(u64 *)e->data = v->regs[0] & (~0ULL >> (64 - 8 * x->io.size));
	v->exit_size = KVM_EXIT_HEAD + 8;
	insn_done(v, x->shadow, x->next_rip);
	insn_trap_later(v);
	return 1;
}

static int on_cr(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.cr++;
	if (!x->cr.known || !x->next_rip)
		return insn_emulate(v);
	if (!x->cr.write) {
		v->regs[x->cr.reg] = cr_get(v, x->cr.nr);
	} else if (cr_set(v, x->cr.nr, x->cr.val)) {
		event_gp(v, 0);
		return 0;
	}
	return advance(v, x, x->next_rip);
}

static int on_invlpg(struct vcpu *v, struct hv_exitinfo *x)
{
	if (!x->invlpg.known || !x->next_rip)
		return insn_emulate(v);
	v->stat.invlpg++;
	v->mmio.valid = false;
	v->vm->mmu_ops->invlpg(v, x->invlpg.gva);
	return advance(v, x, x->next_rip);
}

static int on_dr(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.dr++;
	return insn_emulate(v);
}

static int on_emulate(struct vcpu *v, struct hv_exitinfo *x)
{
	if (unlikely(debug_int3(v)))
		return debug_int3_exit(v);
	return insn_emulate(v);
}

static int on_wbinvd(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.other++;
	return skip(v, x, 2);
}

static int on_ud(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.other++;
	event_fault(v, X86_TRAP_UD);
	return 0;
}

static int on_invpcid(struct vcpu *v, struct hv_exitinfo *x)
{
	return v->invpcid ? insn_emulate(v) : on_ud(v, x);
}

static int on_gp(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.other++;
	event_gp(v, 0);
	return 0;
}

static int on_user(struct vcpu *v, struct hv_exitinfo *x)
{
	return 1;
}

static int on_shutdown(struct vcpu *v, struct hv_exitinfo *x)
{
	/* what could not be delivered is part of the past */
	v->event.kind = EVENT_NONE;
	run_exit(v, KVMFS_EXIT_SHUTDOWN);
	return 1;
}

/* neither vendor does them: the instruction, or the event that led there, anew */
static int on_task_switch(struct vcpu *v, struct hv_exitinfo *x)
{
	v->stat.other++;
	return insn_instead(v);
}

static int on_fail(struct vcpu *v, struct hv_exitinfo *x)
{
	run_exit(v, KVMFS_EXIT_FAIL_ENTRY);
	v->exit->fail.code = x->fail.code;
	v->exit->fail.info[0] = x->fail.info[0];
	v->exit->fail.info[1] = x->fail.info[1];
	return 1;
}

/*
 * The access that has to be emulated is the processor's own: it was delivering an
 * event. A page table under the stack is given up; a device there is no stack.
 */
static int emulate_delivery(struct vcpu *v, u64 gpa)
{
	if (v->unshadow_rip != v->rip) {
		v->unshadow_rip = v->rip;
		vm_memory_written(v->vm, gpa & PAGE_MASK, (gpa & PAGE_MASK) + PAGE_SIZE);
		return 0;
	}
	v->unshadow_rip = ~0ULL;
	vm_error(v->vm, "an event is delivered to gpa %#llx, where there is no memory", gpa);
	run_exit(v, KVMFS_EXIT_ERROR);
	return 1;
}

static int emulate_fault(struct vcpu *v, u64 gva, u64 gpa, u32 access)
{
	v->hint_valid = true;
	v->hint_gva = gva & PAGE_MASK;
	v->hint_gpa = gpa & PAGE_MASK;
	v->hint_access = access;
	return insn_emulate(v);
}

static int on_page_fault(struct vcpu *v, const struct hv_exception *pf)
{
	unsigned long seq = READ_ONCE(v->vm->mmu.seq);
	struct hv_exception exc;
	int outcome;
	u64 gpa;

	v->stat.page_fault++;
	if (is_last_device(v, pf))
		return emulate_fault(v, pf->cr2, v->mmio.gpa, pf->error & PF_W);
	outcome = v->vm->mmu_ops->fault(v, pf->cr2, pf->error, &gpa, &exc);
	trace_kvmfs_fault(v, pf->cr2, pf->error, outcome);
	switch (outcome) {
	case MMU_RESUME:
		return 0;
	case MMU_GUEST_FAULT:
		v->stat.page_fault_guest++;
		event_exception(v, &exc);
		return 0;
	case MMU_EMULATE:
		if (v->event.kind)
			return emulate_delivery(v, gpa);
		remember_device(v, pf, gpa, seq);
		return emulate_fault(v, pf->cr2, gpa, pf->error & (PF_W | PF_U));
	default:
		return v->error;
	}
}

static int on_nested_fault(struct vcpu *v, struct hv_exitinfo *x)
{
	unsigned long seq = READ_ONCE(v->vm->mmu.seq);
	int outcome;

	v->stat.page_fault++;
	outcome = v->vm->mmu_ops->gpa_fault(v, x->fault.gpa, x->fault.access);
	trace_kvmfs_fault(v, x->fault.gpa, x->fault.access, outcome);
	switch (outcome) {
	case MMU_RESUME:
		return 0;
	case MMU_EMULATE:
		if (v->event.kind)
			return emulate_delivery(v, x->fault.gpa);
		remember_gpa(v, x->fault.gpa, seq);
		return insn_emulate(v);
	default:
		return v->error;
	}
}

/*
 * Where the host has the processor stop at locked accesses across two cache lines (its switch
 * split_lock_detect=), that is #AC in a guest as well, which it does not expect.
 */
static bool is_split_lock(struct vcpu *v)
{
	return boot_cpu_has(X86_FEATURE_SPLIT_LOCK_DETECT) &&
	       !(vendor->cpl(v) == 3 && (v->cr0 & X86_CR0_AM) && (v->rflags & X86_EFLAGS_AC));
}

static int on_exception(struct vcpu *v, struct hv_exitinfo *x)
{
	switch (x->exc.vector) {
	case X86_TRAP_AC:
		v->stat.exception++;
		/* as with a process: the access again, slowed down; or a SIGBUS comes */
		if (is_split_lock(v))
			handle_guest_split_lock(v->rip);
		else
			event_exception(v, &x->exc);
		return 0;
	case X86_TRAP_PF:
		return on_page_fault(v, &x->exc);
	case X86_TRAP_DB:
		v->stat.exception++;
		return debug_trap(v, &x->exc);
	case X86_TRAP_BP:	/* an exit only if it is the host's */
		v->stat.exception++;
		return debug_int3_exit(v);
	case X86_TRAP_MC:
		/* the machine's own trouble, for the host's handler: SDM vol. 3, 16.10 */
		asm volatile("int $18");
		return 0;
	default:
		v->stat.exception++;
		event_exception(v, &x->exc);
		return 0;
	}
}

static int on_hypercall(struct vcpu *v, struct hv_exitinfo *x)
{
	/* no hypercalls are offered: for the guest the instruction does not exist */
	return on_ud(v, x);
}

static int on_rdtsc(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 tsc = power_tsc() + v->tsc_offset;

	v->regs[0] = (u32)tsc;
	v->regs[2] = tsc >> 32;
	return skip(v, x, 2);
}

static int (*const handlers[])(struct vcpu *v, struct hv_exitinfo *x) = {
	[EXIT_NOTHING] = on_nothing,
	[EXIT_HOST_IRQ] = on_nothing,
	[EXIT_HOST_NMI] = on_host_nmi,
	[EXIT_EXCEPTION] = on_exception,
	[EXIT_IRQ_WINDOW] = on_irq_window,
	[EXIT_NMI_WINDOW] = on_nothing,
	[EXIT_CPUID] = on_cpuid,
	[EXIT_HLT] = on_hlt,
	[EXIT_INVLPG] = on_invlpg,
	[EXIT_INVPCID] = on_invpcid,
	[EXIT_IO] = on_io,
	[EXIT_CR] = on_cr,
	[EXIT_DR] = on_dr,
	[EXIT_MSR] = on_msr,
	[EXIT_HYPERCALL] = on_hypercall,
	[EXIT_WBINVD] = on_wbinvd,
	[EXIT_RDTSC] = on_rdtsc,
	[EXIT_XSETBV] = on_ud,
	[EXIT_SHUTDOWN] = on_shutdown,
	[EXIT_UD] = on_ud,
	[EXIT_GP] = on_gp,
	[EXIT_EMULATE] = on_emulate,
	[EXIT_TASK_SWITCH] = on_task_switch,
	[EXIT_USER] = on_user,
	[EXIT_NESTED_FAULT] = on_nested_fault,
	[EXIT_FAIL] = on_fail,
};

/**
 * exit_handle() - serve an exit
 * @v: the vCPU
 * @x: decoded exit
 *
 * Context: interrupts on, may sleep.
 * Return: 0: enter again, 1: v->exit is for user space, or -errno.
 */
int exit_handle(struct vcpu *v, struct hv_exitinfo *x)
{
	/* the most frequent ones without a thunk */
	if (x->kind == EXIT_IO)
		return on_io(v, x);
	if (x->kind == EXIT_USER)
		return on_user(v, x);
	return handlers[x->kind](v, x);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMX backend's table of operations: a vCPU's life, entry and exit (SDM vol.
 * 3, chapters 24 to 28).
 */
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/trapnr.h>
#include "arch/x86/vmx/vmx.h"

#define MAX_VPID	0xffff

static DEFINE_IDA(vpids);

/* --- scheduling ----------------------------------------------------------------- */

static void sched_in(struct preempt_notifier *n, int cpu)
{
	/* vmx_load() comes when the thread is about to enter the guest */
}

static void sched_out(struct preempt_notifier *n, struct task_struct *next)
{
	struct vmx_vcpu *x = container_of(n, struct vmx_vcpu, sched);

	if (x->here)
		host_put(x);
}

/* not const: the kernel's own pointer to it is not */
static struct preempt_ops sched_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/*
 * The VMCS may still be active on the CPU that the thread came from, which cannot
 * be asked with interrupts off: vmx_can_enter() does it in the next turn.
 */
static bool vmx_load(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);

	if (!vmcs_is_current(x) && !vmcs_make_current(x)) {
		v->check_entry = true;
		return false;
	}
	if (unlikely(x->here))
		host_put(x);
	host_load(x);
	/* what was flushed elsewhere was not here */
	if (x->flush_cpu != smp_processor_id()) {
		x->flush_cpu = smp_processor_id();
		x->flush = true;
	}
	/* the guest before must not steer this one's branches */
	if (c->guest != v) {
		c->guest = v;
		indirect_branch_prediction_barrier();
	}
	return true;
}

/* most runs end before they can be scheduled, and need no notifier */
static void vmx_stay(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);

	if (x->sched_on)
		return;
	x->sched_on = true;
	preempt_notifier_register(&x->sched);
}

static void vmx_unload(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);

	if (likely(x->here))
		host_put(x);
	if (!x->sched_on)
		return;
	x->sched_on = false;
	preempt_notifier_unregister(&x->sched);
}

/* --- life ------------------------------------------------------------------------- */

/* tags are for speed: when they are used up, a vCPU does without */
static void get_vpid(struct vmx_vcpu *x)
{
	int id;

	if (!vmx_caps.vpid)
		return;
	id = ida_alloc_range(&vpids, 1, MAX_VPID, GFP_KERNEL);
	x->vpid = id > 0 ? id : 0;
}

static void free_vmx_vcpu(struct vmx_vcpu *x)
{
	if (x->vpid)
		ida_free(&vpids, x->vpid);
	free_page((unsigned long)x->vmcs);
	kfree(x);
}

static int vmx_vcpu_init(struct vcpu *v)
{
	struct vmx_vcpu *x = kzalloc(sizeof(*x), GFP_KERNEL_ACCOUNT);
	unsigned long flags;

	if (!x)
		return -ENOMEM;
	x->vmcs = (struct vmx_region *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!x->vmcs) {
		kfree(x);
		return -ENOMEM;
	}
	x->v = v;
	x->vmcs->revision = vmx_caps.revision;
	x->vmcs_pa = __pa(x->vmcs);
	x->cpu = -1;
	x->flush_cpu = -1;
	x->host_cpu = -1;
	x->unfit = -1;
	preempt_notifier_init(&x->sched, &sched_ops);
	get_vpid(x);
	/* makes its launch state "clear" and initialises the rest: SDM vol. 3, 25.11.3 */
	local_irq_save(flags);
	if (this_cpu_read(vmx_cpu.on))
		vmcs_write_back(x);
	local_irq_restore(flags);
	v->vendor = x;
	if (!vmcs_get(v, &flags)) {
		v->vendor = NULL;
		free_vmx_vcpu(x);
		return -ENODEV;
	}
	state_init(v);
	host_init(x);
	vmcs_put(flags);
	return 0;
}

static void vmx_vcpu_free(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned int cpu;

	vmcs_clear(x);
	/* its address may be a new vCPU's, which must not pass for it */
	for_each_possible_cpu(cpu)
		cmpxchg(&per_cpu(vmx_cpu, cpu).guest, v, NULL);
	v->vendor = NULL;
	free_vmx_vcpu(x);
}

/* --- entry --------------------------------------------------------------------------- */

/*
 * With interrupts on, when something that matters was changed. Without unrestricted guests
 * VMX runs no real mode, and no protected mode with the segments that a guest has
 * in its first steps out of real mode.
 */
static bool vmx_can_enter(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned long flags;

	if (vmcs_get(v, &flags))
		vmcs_put(flags);
	if (v->nested)
		return true;
	if (!(v->cr0 & X86_CR0_PE)) {
		x->unfit = -1;
		return false;
	}
	if (unlikely(x->unfit < 0))
		x->unfit = !!check_segments(v);
	return !x->unfit;
}

/*
 * An NMI ended the guest and blocks further ones until an IRET, and a machine
 * check is not pending any more either: the host's handlers are called now, through
 * the IDT, as if it had happened here (SDM vol. 3, 28.1 and 28.5.5).
 */
static void serve_host(struct vmx_vcpu *x)
{
	if (x->reason == EXIT_REASON_EXCEPTION_NMI) {
		x->intr_info = vmread32(VM_EXIT_INTR_INFO);
		if ((x->intr_info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR)
			asm volatile("int $2");
		else if ((x->intr_info & INTR_INFO_VECTOR_MASK) == X86_TRAP_MC)
			asm volatile("int $18");
	} else if ((x->reason & 0xffff) == EXIT_REASON_MCE_DURING_VMENTRY) {
		asm volatile("int $18");
	}
}

/* host state that may change at any interrupt */
static void host_before(struct vmx_vcpu *x)
{
	u64 cr3 = __read_cr3(), cr4 = native_read_cr4(), perf;

	if (unlikely(x->host_cr3 != cr3))
		vmwrite_nat(HOST_CR3, x->host_cr3 = cr3);
	if (unlikely(x->host_cr4 != cr4))
		vmwrite_nat(HOST_CR4, x->host_cr4 = cr4);
	if (unlikely(x->syscall_stale))
		host_load_syscall_msrs(x);
	x->host_debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR);
	if (!vmx_caps.load_perf)
		return;
	/* the host's counters stand still in the guest: PEBS would write to its memory */
	perf = __rdmsr(MSR_CORE_PERF_GLOBAL_CTRL);
	if (unlikely(x->host_perf != perf))
		vmwrite64(HOST_IA32_PERF_GLOBAL_CTRL, x->host_perf = perf);
}

/* what an exit clears: SDM vol. 3, 28.5.1 */
static void host_after(struct vmx_vcpu *x)
{
	if (unlikely(x->host_debugctl))
		wrmsrl(MSR_IA32_DEBUGCTLMSR, x->host_debugctl);
}

/* with nested paging the guest changes some by itself */
static void cr_read(struct vcpu *v)
{
	const struct vmx_vcpu *x = to_vmx(v);
	u64 cr3 = vmread_nat(GUEST_CR3), cr4 = vmread_nat(GUEST_CR4);

	if (unlikely(cr3 != x->hw_cr3 || cr4 != x->hw_cr4 || v->mmu.mode == MMU_PAE))
		ept_pull_cr(v, cr3, cr4);
}

/* what is always looked at after an exit */
static void state_read(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	u64 rip = vmread_nat(GUEST_RIP), rsp = vmread_nat(GUEST_RSP);
	u64 rflags = vmread_nat(GUEST_RFLAGS);

	v->rip = rip;
	v->regs[4] = rsp;
	v->rflags = rflags;
	x->hw_rip = rip;
	x->hw_rsp = rsp;
	x->hw_rflags = rflags;
	x->block = vmread32(GUEST_INTERRUPTIBILITY_INFO);
	if (v->nested)
		cr_read(v);
	x->known = CACHE_BLOCK;
}

/* false: the guest did not run */
static bool enter(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	bool failed;

	if (x->hw_rip != v->rip)
		vmwrite_nat(GUEST_RIP, v->rip);
	if (unlikely(x->hw_rsp != v->regs[4]))
		vmwrite_nat(GUEST_RSP, v->regs[4]);
	if (unlikely(x->hw_rflags != v->rflags || x->dirty))
		state_write(v);
	host_before(x);
	if (unlikely(x->flush))
		vmcs_flush_tag(x);
	if (v->cr2 != native_read_cr2())
		native_write_cr2(v->cr2);
	if (v->nested && l1d_flush_is_due(v))
		l1d_flush(v);
	failed = vmx_enter_guest(v->regs, &x->host_rsp, x->launched);
	v->cr2 = native_read_cr2();
	host_after(x);
	if (unlikely(failed)) {
		x->reason = REASON_NONE;
		return false;
	}
	x->launched = true;
	x->reason = vmread32(VM_EXIT_REASON);
	serve_host(x);
	/* if refused, nothing was loaded, and nothing saved */
	return likely(!(x->reason & VMX_EXIT_REASONS_FAILED_VMENTRY));
}

static void vmx_run(struct vcpu *v, struct hv_exitinfo *x)
{
	bool ran = enter(v);

	v->event.kind = EVENT_NONE;
	if (likely(ran)) {
		u32 info = vmread32(IDT_VECTORING_INFO_FIELD);

		state_read(v);
		if (unlikely(info & VECTORING_INFO_VALID_MASK))
			inject_recover(v, info);
	} else {
		vmwrite32(VM_ENTRY_INTR_INFO_FIELD, 0);
	}
	vmx_decode(v, x);
}

static void vmx_flush_tlb(struct vcpu *v)
{
	to_vmx(v)->flush = true;
}

static void vmx_flush_gva(struct vcpu *v, u64 gva)
{
	vmcs_flush_tag_gva(to_vmx(v), gva);
}

static bool vmx_can_invpcid(void)
{
	return vmx_caps.cpu2 & SECONDARY_EXEC_ENABLE_INVPCID;
}

const struct vendor_ops vmx_ops = {
	.name = "vmx",
	.probe = vmx_probe,
	.setup = vmx_setup,
	.teardown = vmx_teardown,
	.cpu_on = vmx_cpu_on,
	.cpu_off = vmx_cpu_off,
	.cpu_emergency_off = vmx_cpu_emergency_off,
	.vcpu_init = vmx_vcpu_init,
	.vcpu_free = vmx_vcpu_free,
	.load = vmx_load,
	.stay = vmx_stay,
	.unload = vmx_unload,
	.can_enter = vmx_can_enter,
	.run = vmx_run,
	.nested = vmx_nested,
	.can_invpcid = vmx_can_invpcid,
	.push_cr = vmx_push_cr,
	.update_traps = vmx_update_traps,
	.inject = vmx_inject,
	.open_window = vmx_open_window,
	.blocked = vmx_blocked,
	.set_blocked = vmx_set_blocked,
	.flush_tlb = vmx_flush_tlb,
	.flush_gva = vmx_flush_gva,
	.get_segment = vmx_get_segment,
	.set_segment = vmx_set_segment,
	.get_table = vmx_get_table,
	.set_table = vmx_set_table,
	.cpl = vmx_cpl,
	.code = vmx_code,
	.get_msr = vmx_get_msr,
	.set_msr = vmx_set_msr,
	.set_tsc_offset = vmx_set_tsc_offset,
};

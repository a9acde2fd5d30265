// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SVM backend's table of operations: a vCPU's control block, entry,
 * injection and windows (APM vol. 2, chapter 15).
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include "arch/x86/svm/svm.h"

static int svm_vcpu_init(struct vcpu *v)
{
	struct svm_vcpu *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (!s || !page) {
		kfree(s);
		if (page)
			__free_page(page);
		return -ENOMEM;
	}
	s->vmcb = page_address(page);
	s->vmcb_pa = page_to_phys(page);
	v->vendor = s;
	svm_reset_vmcb(v);
	return 0;
}

static void svm_vcpu_free(struct vcpu *v)
{
	struct svm_vcpu *s = to_svm(v);

	svm_forget_guest(v);
	free_page((unsigned long)s->vmcb);
	kfree(s);
	v->vendor = NULL;
}

/* this thread is on this CPU for now: what the host has in FS, GS, TR, ... */
static bool svm_load(struct vcpu *v)
{
	struct svm_vcpu *s = to_svm(v);
	u64 pa = svm_host_page();

	asm volatile("vmsave %0" : : "a" (pa) : "memory");
	/* tags are each CPU's own, and what was flushed elsewhere was not here */
	if (s->asid_cpu != smp_processor_id()) {
		s->asid_cpu = smp_processor_id();
		s->asid_generation = 0;
	}
	/* the guest before must not steer this one's branches */
	if (svm_guest_changed(v))
		indirect_branch_prediction_barrier();
	return true;
}

/* but for CR4, of which each write exits */
static bool same_cr(const struct vcpu *v, const struct vmcb_save_area *s)
{
	return !((s->cr0 ^ v->cr0) | (s->cr3 ^ v->cr3) |
		 (s->efer ^ (v->efer | EFER_SVME)));
}

static void svm_run(struct vcpu *v, struct hv_exitinfo *x)
{
	struct svm_vcpu *s = to_svm(v);
	struct vmcb *vmcb = s->vmcb;

	if (unlikely(s->need_flush || !svm_asid_is_current(s))) {
		svm_new_asid(s);
		s->need_flush = false;
	} else {
		vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	}
	vmcb->save.rax = v->regs[0];
	vmcb->save.rsp = v->regs[4];
	vmcb->save.rip = v->rip;
	vmcb->save.rflags = v->rflags;
	vmcb->save.cr2 = v->cr2;
	svm_enter_guest(s->vmcb_pa, v->regs, svm_host_page());
	v->regs[0] = vmcb->save.rax;
	v->regs[4] = vmcb->save.rsp;
	v->rip = vmcb->save.rip;
	v->rflags = vmcb->save.rflags;
	v->cr2 = vmcb->save.cr2;
	if (v->nested && unlikely(!same_cr(v, &vmcb->save)))
		svm_pull_cr(v);
	vmcb->control.event_inj = 0;
	v->event.kind = EVENT_NONE;
	if (unlikely(vmcb->control.exit_int_info & SVM_EXITINTINFO_VALID))
		svm_recover(v);
	svm_decode(v, x);
}

static void svm_inject(struct vcpu *v)
{
	static const u32 type[] = {
		[EVENT_EXCEPTION] = SVM_EVTINJ_TYPE_EXEPT,
		[EVENT_IRQ] = SVM_EVTINJ_TYPE_INTR,
		[EVENT_NMI] = SVM_EVTINJ_TYPE_NMI,
	};
	struct vmcb_control_area *c = &to_vmcb(v)->control;
	const struct vcpu_event *e = &v->event;

	c->event_inj = SVM_EVTINJ_VALID | type[e->kind] | e->exc.vector;
	if (e->exc.has_error) {
		c->event_inj |= SVM_EVTINJ_VALID_ERR;
		c->event_inj_err = e->exc.error;
	}
	if (e->kind == EVENT_NMI) {
		/* the end of the handler is where the next NMI may come */
		to_svm(v)->nmi_blocked = true;
		svm_intercept(to_vmcb(v), INTERCEPT_IRET, true);
	}
}

/*
 * There is no interrupt-window exit: a virtual interrupt is offered, and taking
 * it is intercepted (APM vol. 2, 15.21.4). For NMIs the IRET is, see svm_inject().
 */
static void svm_open_window(struct vcpu *v, bool nmi)
{
	struct svm_vcpu *s = to_svm(v);
	struct vmcb_control_area *c = &s->vmcb->control;

	/* an NMI waits for the IRET, or for the end of an STI's shadow as others do */
	if ((nmi && s->nmi_blocked) || s->window)
		return;
	c->int_ctl &= ~(V_INTR_PRIO_MASK | V_TPR_MASK);
	c->int_ctl |= V_IRQ_MASK | V_IGN_TPR_MASK | 0xf << V_INTR_PRIO_SHIFT;
	c->int_vector = 0;
	svm_intercept(s->vmcb, INTERCEPT_VINTR, true);
	s->window = true;
}

static unsigned int svm_blocked(struct vcpu *v)
{
	struct svm_vcpu *s = to_svm(v);
	unsigned int block = 0;

	if (s->vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK)
		block |= BLOCK_SHADOW;
	if (s->nmi_blocked)
		block |= BLOCK_NMI;
	return block;
}

static void svm_set_blocked(struct vcpu *v, unsigned int block)
{
	struct svm_vcpu *s = to_svm(v);

	s->vmcb->control.int_state &= ~SVM_INTERRUPT_SHADOW_MASK;
	if (block & BLOCK_SHADOW)
		s->vmcb->control.int_state |= SVM_INTERRUPT_SHADOW_MASK;
	s->nmi_blocked = block & BLOCK_NMI;
	svm_intercept(s->vmcb, INTERCEPT_IRET, s->nmi_blocked && !s->iret_step);
}

static void svm_flush_tlb(struct vcpu *v)
{
	to_svm(v)->need_flush = true;
}

/*
 * INVLPGA (APM vol. 2, 15.16.2) where the guest ran last, unless its tag there has had its day
 * already. What another CPU may have is under a tag that this vCPU does not use again.
 */
static void svm_flush_gva(struct vcpu *v, u64 gva)
{
	struct svm_vcpu *s = to_svm(v);
	unsigned long flags;

	if (s->need_flush)
		return;
	local_irq_save(flags);
	/* the manual does not say which PCIDs of an ASID it means */
	if (s->asid_cpu == smp_processor_id() && svm_asid_is_current(s) && power_is_on() &&
	    gva_is_canonical(gva) && !(v->cr4 & X86_CR4_PCIDE))
		asm volatile("invlpga %0, %1" : : "a" (gva), "c" (s->asid) : "memory");
	else
		s->need_flush = true;
	local_irq_restore(flags);
}

static unsigned int svm_cpl(struct vcpu *v)
{
	return to_vmcb(v)->save.cpl;
}

/*
 * The run ends, or others look: an IRET that is about to be stepped over for its end
 * (iret_reached()) is stopped at again later, so that the TF which is ours is not seen.
 */
static void svm_unload(struct vcpu *v)
{
	struct svm_vcpu *s = to_svm(v);

	if (likely(!s->iret_step))
		return;
	s->iret_step = false;
	if (!s->iret_tf)
		v->rflags &= ~(u64)X86_EFLAGS_TF;
	svm_intercept(s->vmcb, INTERCEPT_IRET, s->nmi_blocked);
}

static bool svm_code(struct vcpu *v, u64 *base)
{
	const struct vmcb_save_area *s = &to_vmcb(v)->save;

	if (svm_code64(s))
		return true;
	*base = s->cs.base;
	return false;
}

static bool svm_can_invpcid(void)
{
	return true;	/* the intercept came with the instruction: APM vol. 2, 15.9 */
}

const struct vendor_ops svm_ops = {
	.name = "svm",
	.probe = svm_probe,
	.setup = svm_setup,
	.teardown = svm_teardown,
	.cpu_on = svm_cpu_on,
	.cpu_off = svm_cpu_off,
	.cpu_emergency_off = svm_cpu_emergency_off,
	.vcpu_init = svm_vcpu_init,
	.vcpu_free = svm_vcpu_free,
	.load = svm_load,
	.unload = svm_unload,
	.run = svm_run,
	.nested = svm_nested,
	.can_invpcid = svm_can_invpcid,
	.push_cr = svm_push_cr,
	.update_traps = svm_update_traps,
	.inject = svm_inject,
	.open_window = svm_open_window,
	.blocked = svm_blocked,
	.set_blocked = svm_set_blocked,
	.flush_tlb = svm_flush_tlb,
	.flush_gva = svm_flush_gva,
	.get_segment = svm_get_segment,
	.set_segment = svm_set_segment,
	.get_table = svm_get_table,
	.set_table = svm_set_table,
	.cpl = svm_cpl,
	.code = svm_code,
	.get_msr = svm_get_msr,
	.set_msr = svm_set_msr,
	.set_tsc_offset = svm_set_tsc_offset,
};

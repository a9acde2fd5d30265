// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ended the guest: AMD's exit codes (APM vol. 2, appendix C) told in the
 * neutral terms of struct hv_exitinfo. Nothing is decided here.
 */
#include <linux/kernel.h>
#include <asm/processor-flags.h>
#include "arch/x86/svm/svm.h"

#define NPF_PAGE	BIT_ULL(32)	/* 15.25.6: not in a table of the guest's */

/* exits that need no more than a name; EXIT_NOTHING: not in this table */
static const u8 simple[] = {
	[SVM_EXIT_INTR] = EXIT_HOST_IRQ,
	[SVM_EXIT_NMI] = EXIT_HOST_NMI,
	[SVM_EXIT_SMI] = EXIT_HOST_IRQ,
	[SVM_EXIT_INIT] = EXIT_HOST_IRQ,
	[SVM_EXIT_CPUID] = EXIT_CPUID,
	[SVM_EXIT_HLT] = EXIT_HLT,
	[SVM_EXIT_INVLPG] = EXIT_INVLPG,
	[SVM_EXIT_INVLPGA] = EXIT_UD,
	[SVM_EXIT_SWINT] = EXIT_EMULATE,
	[SVM_EXIT_INVD] = EXIT_WBINVD,
	[SVM_EXIT_WBINVD] = EXIT_WBINVD,
	[SVM_EXIT_RDPMC] = EXIT_GP,
	[SVM_EXIT_RSM] = EXIT_UD,
	[SVM_EXIT_SHUTDOWN] = EXIT_SHUTDOWN,
	[SVM_EXIT_FERR_FREEZE] = EXIT_UD,
	[SVM_EXIT_TASK_SWITCH] = EXIT_TASK_SWITCH,
	[SVM_EXIT_VMRUN] = EXIT_UD,
	[SVM_EXIT_VMMCALL] = EXIT_HYPERCALL,
	[SVM_EXIT_VMLOAD] = EXIT_UD,
	[SVM_EXIT_VMSAVE] = EXIT_UD,
	[SVM_EXIT_STGI] = EXIT_UD,
	[SVM_EXIT_CLGI] = EXIT_UD,
	[SVM_EXIT_SKINIT] = EXIT_UD,
	[SVM_EXIT_RDTSCP] = EXIT_UD,
	[SVM_EXIT_MONITOR] = EXIT_UD,
	[SVM_EXIT_MWAIT] = EXIT_UD,
	[SVM_EXIT_XSETBV] = EXIT_XSETBV,
	[SVM_EXIT_RDPRU] = EXIT_UD,
	[SVM_EXIT_INVPCID] = EXIT_INVPCID,
};

/* 8, 10-14, 17, 21, 29, 30 push an error code: APM vol. 2, 8.2 */
static bool has_error_code(unsigned int vector)
{
	return vector < 32 && (0x60227d00u >> vector & 1);
}

static void decode_io(const struct vmcb *vmcb, struct hv_exitinfo *x)
{
	u64 info = vmcb->control.exit_info_1;

	x->next_rip = vmcb->control.exit_info_2;
	if (unlikely((info & SVM_IOIO_STR_MASK) || !x->next_rip)) {
		x->kind = EXIT_EMULATE;
		return;
	}
	x->kind = EXIT_IO;
	x->io.port = info >> 16;
	x->io.size = (info & SVM_IOIO_SIZE_MASK) >> SVM_IOIO_SIZE_SHIFT;
	x->io.in = info & SVM_IOIO_TYPE_MASK;
}

static void decode_exception(struct vcpu *v, unsigned int vector, struct hv_exitinfo *x)
{
	struct vmcb *vmcb = to_vmcb(v);

	x->kind = EXIT_EXCEPTION;
	x->exc.vector = vector;
	x->exc.has_error = has_error_code(vector);
	x->exc.error = x->exc.has_error ? vmcb->control.exit_info_1 : 0;
	x->exc.cr2 = vector == PF_VECTOR ? vmcb->control.exit_info_2 : 0;
	if (vector == DB_VECTOR)
		v->dr6 = vmcb->save.dr6;
}

/*
 * The IRET of an NMI handler was reached. It is run with TF set, so that we see
 * the end of it; only then may the next NMI come.
 */
static void iret_reached(struct vcpu *v, struct hv_exitinfo *x)
{
	struct svm_vcpu *s = to_svm(v);

	svm_intercept(s->vmcb, INTERCEPT_IRET, false);
	s->iret_step = true;
	s->iret_rip = v->rip;
	s->iret_tf = v->rflags & X86_EFLAGS_TF;
	s->vmcb->save.rflags |= X86_EFLAGS_TF;
	v->rflags |= X86_EFLAGS_TF;
	x->kind = EXIT_NOTHING;
}

/*
 * The exit after that. If the IRET itself could not be done, it is waited for
 * again; else NMIs may come, and the trap was our doing unless the guest steps.
 */
static noinline bool iret_over(struct vcpu *v, u32 code)
{
	struct svm_vcpu *s = to_svm(v);

	s->iret_step = false;
	if (v->rip == s->iret_rip) {
		if (!s->iret_tf)
			v->rflags &= ~(u64)X86_EFLAGS_TF;
		svm_intercept(s->vmcb, INTERCEPT_IRET, true);
		return false;
	}
	s->nmi_blocked = false;
	vcpu_request(v, REQ_EVENT);
	if (code != SVM_EXIT_EXCP_BASE + DB_VECTOR || s->iret_tf)
		return false;
	/* DR6 as it was */
	v->dr_dirty = true;
	return true;
}

static void fail(struct vcpu *v, struct hv_exitinfo *x)
{
	struct vmcb_control_area *c = &to_vmcb(v)->control;

	x->kind = EXIT_FAIL;
	x->fail.code = c->exit_code;
	x->fail.info[0] = c->exit_info_1;
	x->fail.info[1] = c->exit_info_2;
	if (c->exit_code == (u32)SVM_EXIT_ERR) {
		svm_distrust_asids(to_svm(v));
		vm_error(v->vm, "VMRUN refused the guest's state: cr0 %#llx cr4 %#llx efer %#llx cr3 %#llx dr6 %#llx dr7 %#llx asid %u (APM vol. 2, 15.5.1)",
			 to_vmcb(v)->save.cr0, to_vmcb(v)->save.cr4, to_vmcb(v)->save.efer,
			 to_vmcb(v)->save.cr3, to_vmcb(v)->save.dr6, to_vmcb(v)->save.dr7,
			 c->asid);
	} else {
		vm_error(v->vm, "unexpected SVM exit code %#x info %#llx %#llx",
			 c->exit_code, c->exit_info_1, c->exit_info_2);
	}
}

static void where(const struct vmcb_save_area *s, struct hv_exitinfo *x)
{
	x->code64 = svm_code64(s);
	x->la = x->code64 ? s->rip : (u32)(s->rip + s->cs.base);
}

/* the exits that are no plain instruction, out of the way of those that are */
static noinline void decode_rest(struct vcpu *v, u32 code, struct hv_exitinfo *x)
{
	struct vmcb *vmcb = to_vmcb(v);

	if (code >= SVM_EXIT_EXCP_BASE && code < SVM_EXIT_EXCP_BASE + 32) {
		decode_exception(v, code - SVM_EXIT_EXCP_BASE, x);
	} else if (code <= SVM_EXIT_WRITE_CR0 + 15 || code == SVM_EXIT_CR0_SEL_WRITE) {
		x->kind = EXIT_CR;
		x->cr.known = false;
	} else if (code >= SVM_EXIT_READ_DR0 && code <= SVM_EXIT_WRITE_DR7) {
		x->kind = EXIT_DR;
	} else if (code == SVM_EXIT_IRET) {
		iret_reached(v, x);
	} else if (code == SVM_EXIT_NPF) {
		/* bits 32 and 33 tell whether a table or the page itself: the same to us */
		x->kind = EXIT_NESTED_FAULT;
		x->fault.gpa = vmcb->control.exit_info_2;
		x->fault.access = vmcb->control.exit_info_1 & PF_W;
		x->fault.page = vmcb->control.exit_info_1 & NPF_PAGE;
	} else if (code == SVM_EXIT_VINTR) {
		x->kind = EXIT_IRQ_WINDOW;
		vmcb->control.int_ctl &= ~V_IRQ_MASK;
		svm_intercept(vmcb, INTERCEPT_VINTR, false);
		to_svm(v)->window = false;
	} else {
		fail(v, x);
	}
}

/**
 * svm_decode() - say what the exit was
 * @v: just out of the guest
 * @x: out
 */
void svm_decode(struct vcpu *v, struct hv_exitinfo *x)
{
	const struct svm_vcpu *s = to_svm(v);
	const struct vmcb *vmcb = s->vmcb;
	u32 code = vmcb->control.exit_code;

	x->kind = EXIT_NOTHING;
	if (unlikely(s->iret_step) && iret_over(v, code))
		return;
	x->shadow = vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK;
	if (code == SVM_EXIT_IOIO) {
		decode_io(vmcb, x);
		return;
	}
	x->next_rip = 0;
	where(&vmcb->save, x);
	if (static_cpu_has(X86_FEATURE_NRIPS))
		x->next_rip = vmcb->control.next_rip;
	if (code == SVM_EXIT_MSR) {
		x->kind = EXIT_MSR;
		x->msr.write = vmcb->control.exit_info_1;
	} else if (code < ARRAY_SIZE(simple) && simple[code]) {
		x->kind = simple[code];
		x->invlpg.known = false;
	} else {
		decode_rest(v, code, x);
	}
}

/**
 * svm_recover() - put back an event whose delivery was cut short by the exit
 * @v: the vCPU, just out of the guest: there was one
 *
 * EXITINTINFO, APM vol. 2, 15.7.2. Software interrupts and INT3/INTO are simply
 * run again: rip still points at them.
 */
void svm_recover(struct vcpu *v)
{
	struct svm_vcpu *s = to_svm(v);
	u32 info = s->vmcb->control.exit_int_info;
	u8 vector = info & SVM_EXITINTINFO_VEC_MASK;

	v->event.exc.vector = vector;
	v->event.exc.has_error = info & SVM_EXITINTINFO_VALID_ERR;
	v->event.exc.error = s->vmcb->control.exit_int_info_err;
	switch (info & SVM_EXITINTINFO_TYPE_MASK) {
	case SVM_EXITINTINFO_TYPE_INTR:
		v->event.kind = EVENT_IRQ;
		break;
	case SVM_EXITINTINFO_TYPE_NMI:
		s->nmi_blocked = false;
		svm_intercept(s->vmcb, INTERCEPT_IRET, false);
		v->event.kind = EVENT_NMI;
		break;
	case SVM_EXITINTINFO_TYPE_EXEPT:
		if (vector == BP_VECTOR || vector == OF_VECTOR)
			break;
		v->event.kind = EVENT_EXCEPTION;
		v->event.exc.cr2 = v->cr2;
		break;
	}
}

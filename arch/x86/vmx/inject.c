// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on their way into the guest and what holds them back: VM-entry event
 * injection (SDM vol. 3, 25.8.3 and 27.6), IDT vectoring (28.2.4), windows (26.2)
 * and the interruptibility state (25.4.2).
 */
#include <linux/kernel.h>
#include <asm/processor-flags.h>
#include "arch/x86/vmx/vmx.h"

#define PENDING_DEBUG_BS	BIT(14)

/**
 * vmx_inject() - arm v->event for the next entry
 * @v: its VMCS is current
 */
void vmx_inject(struct vcpu *v)
{
	const struct vcpu_event *e = &v->event;
	u32 info = INTR_INFO_VALID_MASK | e->exc.vector;

	switch (e->kind) {
	case EVENT_IRQ:
		info |= INTR_TYPE_EXT_INTR;
		break;
	case EVENT_NMI:
		info |= INTR_TYPE_NMI_INTR;
		break;
	default:
		info |= INTR_TYPE_HARD_EXCEPTION;
		/* nor in real mode, where there is none: SDM vol. 3, 27.2.1.3 */
		if (!e->exc.has_error || !(v->cr0 & X86_CR0_PE))
			break;
		info |= INTR_INFO_DELIVER_CODE_MASK;
		vmwrite32(VM_ENTRY_EXCEPTION_ERROR_CODE, e->exc.error);
	}
	vmwrite32(VM_ENTRY_INTR_INFO_FIELD, info);
}

/**
 * inject_recover() - put back an event whose delivery was cut short by the exit
 * @v: just out of the guest
 * @info: IDT-vectoring information, which is valid
 *
 * Software interrupts and INT3/INTO are simply run again: rip still points at
 * them (SDM vol. 3, 28.2.4 and 28.7.1.1).
 */
void inject_recover(struct vcpu *v, u32 info)
{
	v->event.exc = (struct hv_exception){
		.vector = info & VECTORING_INFO_VECTOR_MASK,
		.has_error = info & VECTORING_INFO_DELIVER_CODE_MASK,
	};
	if (v->event.exc.has_error)
		v->event.exc.error = vmread32(IDT_VECTORING_ERROR_CODE);
	switch (info & VECTORING_INFO_TYPE_MASK) {
	case INTR_TYPE_EXT_INTR:
		v->event.kind = EVENT_IRQ;
		break;
	case INTR_TYPE_NMI_INTR:
		/* it blocks further ones from when it is delivered, 28.7.1.2 */
		vmx_set_blocked(v, vmx_blocked(v) & ~BLOCK_NMI);
		v->event.kind = EVENT_NMI;
		break;
	case INTR_TYPE_HARD_EXCEPTION:
		v->event.kind = EVENT_EXCEPTION;
		v->event.exc.cr2 = v->cr2;
		break;
	}
}

static void set_cpu_ctl(struct vmx_vcpu *x, u32 bit, bool on)
{
	u32 ctl = on ? x->cpu_ctl | bit : x->cpu_ctl & ~bit;

	if (ctl == x->cpu_ctl)
		return;
	x->cpu_ctl = ctl;
	vmwrite32(CPU_BASED_VM_EXEC_CONTROL, ctl);
}

/**
 * inject_read_block() - get to know the interruptibility state
 * @x: its VMCS is current
 */
void inject_read_block(struct vmx_vcpu *x)
{
	if (x->known & CACHE_BLOCK)
		return;
	x->block = vmread32(GUEST_INTERRUPTIBILITY_INFO);
	x->known |= CACHE_BLOCK;
}

static u32 interruptibility(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned long flags;

	if (!(x->known & CACHE_BLOCK) && vmcs_get(v, &flags)) {
		inject_read_block(x);
		vmcs_put(flags);
	}
	return x->block;
}

/**
 * vmx_open_window() - exit as soon as an interrupt or NMI can be taken
 * @v: the vCPU
 * @nmi: which
 *
 * NMI-window exits do not wait for the end of an STI's shadow on every processor,
 * but NMIs do; after an STI the interrupt window opens at the right moment.
 */
void vmx_open_window(struct vcpu *v, bool nmi)
{
	struct vmx_vcpu *x = to_vmx(v);
	bool sti = interruptibility(v) & GUEST_INTR_STATE_STI;
	u32 bit = nmi && !sti ? CPU_BASED_NMI_WINDOW_EXITING : CPU_BASED_INTR_WINDOW_EXITING;
	unsigned long flags;

	if ((x->cpu_ctl & bit) || !vmcs_get(v, &flags))
		return;
	set_cpu_ctl(x, bit, true);
	vmcs_put(flags);
}

/**
 * inject_close_window() - the window was reached
 * @x: its VMCS is current
 * @nmi: which
 */
void inject_close_window(struct vmx_vcpu *x, bool nmi)
{
	set_cpu_ctl(x, nmi ? CPU_BASED_NMI_WINDOW_EXITING : CPU_BASED_INTR_WINDOW_EXITING, false);
}

unsigned int vmx_blocked(struct vcpu *v)
{
	u32 state = interruptibility(v);
	unsigned int block = 0;

	if (state & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS))
		block |= BLOCK_SHADOW;
	if (state & GUEST_INTR_STATE_NMI)
		block |= BLOCK_NMI;
	return block;
}

void vmx_set_blocked(struct vcpu *v, unsigned int block)
{
	struct vmx_vcpu *x = to_vmx(v);
	u32 old = interruptibility(v);
	u32 state = 0;

	/* which of both made the shadow is kept; STI's needs IF (27.3.1.5) */
	if (block & BLOCK_SHADOW) {
		state = old & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
		if (!state)
			state = v->rflags & X86_EFLAGS_IF ? GUEST_INTR_STATE_STI :
							    GUEST_INTR_STATE_MOV_SS;
	}
	if (block & BLOCK_NMI)
		state |= GUEST_INTR_STATE_NMI;
	if (state == old)
		return;
	x->block = state;
	x->dirty |= CACHE_BLOCK;
}

/**
 * inject_write_block() - the interruptibility state, and what must agree with it
 * @v: about to be entered, x->block is known
 *
 * In a shadow, the single step that will trap after it must be pending already,
 * and must not if there is no step (SDM vol. 3, 27.3.1.5).
 */
void inject_write_block(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	u32 shadow = GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS;
	bool step;

	if ((x->block & GUEST_INTR_STATE_STI) && !(v->rflags & X86_EFLAGS_IF))
		x->block ^= shadow;
	step = (x->block & shadow) && (v->rflags & X86_EFLAGS_TF);
	vmwrite32(GUEST_INTERRUPTIBILITY_INFO, x->block);
	vmwrite_nat(GUEST_PENDING_DBG_EXCEPTIONS, step ? PENDING_DEBUG_BS : 0);
}

/**
 * inject_iret_faulted() - the exit's fault hit an IRET that had ended NMI blocking
 * @x: its VMCS is current, x->intr_info is the exit's
 *
 * The IRET will run again, so NMIs stay blocked (SDM vol. 3, 28.7.1.2). Not so if
 * the fault came in the delivery of something else.
 */
void inject_iret_faulted(struct vmx_vcpu *x)
{
	if (likely(!(x->intr_info & INTR_INFO_UNBLOCK_NMI)))
		return;
	if (vmread32(IDT_VECTORING_INFO_FIELD) & VECTORING_INFO_VALID_MASK)
		return;
	vmx_set_blocked(x->v, vmx_blocked(x->v) | BLOCK_NMI);
}

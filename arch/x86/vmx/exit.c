// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ended the guest: Intel's exit reasons (SDM vol. 3, appendix C) told in the
 * neutral terms of struct hv_exitinfo. Nothing is decided here.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vmx/vmx.h"

/* exits that need no more than a name; EXIT_NOTHING: not in this table */
static const u8 events[] = {
	[EXIT_REASON_EXTERNAL_INTERRUPT] = EXIT_HOST_IRQ,
	[EXIT_REASON_TRIPLE_FAULT] = EXIT_SHUTDOWN,
	[EXIT_REASON_INIT_SIGNAL] = EXIT_HOST_IRQ,
	[EXIT_REASON_SIPI_SIGNAL] = EXIT_HOST_IRQ,
	[EXIT_REASON_TASK_SWITCH] = EXIT_TASK_SWITCH,
};

/* the same of instructions, whose length counts */
static const u8 simple[] = {
	[EXIT_REASON_CPUID] = EXIT_CPUID,
	[EXIT_REASON_HLT] = EXIT_HLT,
	[EXIT_REASON_INVD] = EXIT_WBINVD,
	[EXIT_REASON_RDPMC] = EXIT_GP,
	[EXIT_REASON_RDTSC] = EXIT_RDTSC,
	[EXIT_REASON_VMCALL] = EXIT_HYPERCALL,
	[EXIT_REASON_VMCLEAR] = EXIT_UD,
	[EXIT_REASON_VMLAUNCH] = EXIT_UD,
	[EXIT_REASON_VMPTRLD] = EXIT_UD,
	[EXIT_REASON_VMPTRST] = EXIT_UD,
	[EXIT_REASON_VMREAD] = EXIT_UD,
	[EXIT_REASON_VMRESUME] = EXIT_UD,
	[EXIT_REASON_VMWRITE] = EXIT_UD,
	[EXIT_REASON_VMOFF] = EXIT_UD,
	[EXIT_REASON_VMON] = EXIT_UD,
	[EXIT_REASON_DR_ACCESS] = EXIT_DR,
	[EXIT_REASON_MWAIT_INSTRUCTION] = EXIT_UD,
	[EXIT_REASON_MONITOR_INSTRUCTION] = EXIT_UD,
	[EXIT_REASON_INVEPT] = EXIT_UD,
	[EXIT_REASON_RDTSCP] = EXIT_UD,
	[EXIT_REASON_INVVPID] = EXIT_UD,
	[EXIT_REASON_WBINVD] = EXIT_WBINVD,
	[EXIT_REASON_XSETBV] = EXIT_XSETBV,
	[EXIT_REASON_INVPCID] = EXIT_INVPCID,
	[EXIT_REASON_VMFUNC] = EXIT_UD,
	[EXIT_REASON_ENCLS] = EXIT_UD,
	[EXIT_REASON_XSAVES] = EXIT_UD,
	[EXIT_REASON_XRSTORS] = EXIT_UD,
};

/* exits of an instruction that is not done yet: its length is given (28.2.5) */
static __always_inline u64 next_rip(struct vcpu *v)
{
	u64 rip = v->rip + vmread32(VM_EXIT_INSTRUCTION_LEN);

	/* outside of 64-bit code it wraps, which nobody sees who was not at the end */
	if (unlikely((rip ^ v->rip) >> 32) && !vmx_code64(to_vmx(v)))
		return (u32)rip;
	return rip;
}

/* SDM vol. 3, table 28-5 */
static void decode_io(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 q = vmread_nat(EXIT_QUALIFICATION);

	x->next_rip = next_rip(v);
	if (unlikely((q & 0x10) || !x->next_rip)) {	/* INS, OUTS */
		x->kind = EXIT_EMULATE;
		return;
	}
	x->kind = EXIT_IO;
	x->io.size = (q & 7) + 1;
	x->io.in = q & 8;
	x->io.port = q >> 16;
}

/* SDM vol. 3, table 28-3 */
static void decode_cr(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 q = vmread_nat(EXIT_QUALIFICATION);

	x->kind = EXIT_CR;
	x->cr.known = true;
	x->cr.nr = q & 0xf;
	x->cr.reg = q >> 8 & 0xf;
	x->cr.write = true;
	switch (q >> 4 & 3) {
	case 0:		/* MOV to CR */
		x->cr.val = v->regs[x->cr.reg];
		if (!vmx_code64(to_vmx(v)))
			x->cr.val = (u32)x->cr.val;
		break;
	case 1:		/* MOV from CR */
		x->cr.write = false;
		break;
	case 2:		/* CLTS */
		x->cr.nr = 0;
		x->cr.val = v->cr0 & ~(u64)X86_CR0_TS;
		break;
	default:	/* LMSW: the low four bits, but it cannot clear PE */
		x->cr.nr = 0;
		x->cr.val = (v->cr0 & ~0xeULL) | (q >> 16 & 0xf);
	}
	x->next_rip = next_rip(v);
}

/* the qualification has what DR6 would have got: SDM vol. 3, table 28-1 */
static void debug_exception(struct vcpu *v)
{
	u64 q = vmread_nat(EXIT_QUALIFICATION);

	v->dr6 &= ~(u64)DR_TRAP_BITS;
	v->dr6 |= (q & (DR_TRAP_BITS | BIT(13) | DR_STEP)) | DR6_RESET;
}

/* an NMI or a machine check of the host was served by vmx_enter() already */
static void decode_exception(struct vcpu *v, struct hv_exitinfo *x)
{
	struct vmx_vcpu *vmx = to_vmx(v);
	u32 info = vmx->intr_info;

	x->exc.vector = info & INTR_INFO_VECTOR_MASK;
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR ||
	    x->exc.vector == X86_TRAP_MC) {
		x->kind = EXIT_HOST_NMI;
		return;
	}
	inject_iret_faulted(vmx);
	x->kind = EXIT_EXCEPTION;
	x->exc.has_error = info & INTR_INFO_DELIVER_CODE_MASK;
	x->exc.error = x->exc.has_error ? vmread32(VM_EXIT_INTR_ERROR_CODE) : 0;
	x->exc.cr2 = 0;
	if (x->exc.vector == X86_TRAP_PF) {
		x->exc.cr2 = vmread_nat(EXIT_QUALIFICATION);
		/* linear addresses are only asked for in 64-bit code */
		x->code64 = vmx_code64(vmx);
		x->la = v->rip;
	}
	if (x->exc.vector == X86_TRAP_DB)
		debug_exception(v);
}

static const char *instruction_error(u32 n)
{
	switch (n) {
	case VMXERR_ENTRY_INVALID_CONTROL_FIELD:
		return "a control field is not valid (27.2.1)";
	case VMXERR_ENTRY_INVALID_HOST_STATE_FIELD:
		return "a host-state field is not valid (27.2.2 to 27.2.4)";
	case VMXERR_ENTRY_EVENTS_BLOCKED_BY_MOV_SS:
		return "events are blocked by MOV SS";
	case VMXERR_VMLAUNCH_NONCLEAR_VMCS:
		return "VMLAUNCH with a VMCS that is not clear";
	case VMXERR_VMRESUME_NONLAUNCHED_VMCS:
		return "VMRESUME with a VMCS that was not launched";
	default:
		return "see SDM vol. 3, 31.4";
	}
}

/* the entry instruction itself failed: nothing of the guest was looked at */
static void instruction_failed(struct vcpu *v, struct hv_exitinfo *x)
{
	u32 n = vmread32(VM_INSTRUCTION_ERROR);

	x->kind = EXIT_FAIL;
	x->fail.code = REASON_NONE;
	x->fail.info[0] = n;
	x->fail.info[1] = 0;
	vm_error(v->vm, "VM entry failed with error %u: %s", n, instruction_error(n));
}

/* SDM vol. 3, 27.8 */
static void entry_failed(struct vcpu *v, struct hv_exitinfo *x)
{
	u32 reason = to_vmx(v)->reason & 0xffff;
	const char *why = NULL;

	x->kind = EXIT_FAIL;
	x->fail.code = to_vmx(v)->reason;
	x->fail.info[0] = vmread_nat(EXIT_QUALIFICATION);
	x->fail.info[1] = 0;
	if (reason == EXIT_REASON_INVALID_STATE)
		why = check_guest(v);
	else if (reason == EXIT_REASON_MSR_LOAD_FAIL)
		why = "an MSR of the VM-entry area (27.4)";
	else if (reason == EXIT_REASON_MCE_DURING_VMENTRY)
		why = "a machine check of the host";
	vm_error(v->vm, "VM entry refused the guest's state (reason %u, qualification %llu): %s",
		 reason, x->fail.info[0], why ?: "no check of ours finds why (27.3)");
}

static void no_such_exit(struct vcpu *v, struct hv_exitinfo *x)
{
	x->kind = EXIT_FAIL;
	x->fail.code = to_vmx(v)->reason;
	x->fail.info[0] = vmread_nat(EXIT_QUALIFICATION);
	x->fail.info[1] = 0;
	vm_error(v->vm, "unexpected VMX exit reason %llu qualification %#llx",
		 x->fail.code, x->fail.info[0]);
}

/* those that are no instruction of the guest's, or a longer one */
static noinline void decode_rest(struct vcpu *v, u32 reason, struct hv_exitinfo *x)
{
	switch (reason) {
	case EXIT_REASON_CR_ACCESS:
		decode_cr(v, x);
		return;
	case EXIT_REASON_INVLPG:
		x->kind = EXIT_INVLPG;
		x->invlpg.known = true;
		x->invlpg.gva = vmread_nat(EXIT_QUALIFICATION);
		x->next_rip = next_rip(v);
		return;
	case EXIT_REASON_EPT_VIOLATION:
		ept_decode(v, x);
		return;
	case EXIT_REASON_INTERRUPT_WINDOW:
		x->kind = EXIT_IRQ_WINDOW;
		inject_close_window(to_vmx(v), false);
		return;
	case EXIT_REASON_NMI_WINDOW:
		x->kind = EXIT_NMI_WINDOW;
		inject_close_window(to_vmx(v), true);
		return;
	case REASON_NONE:
		instruction_failed(v, x);
		return;
	}
	if (reason & VMX_EXIT_REASONS_FAILED_VMENTRY)
		entry_failed(v, x);
	else if (reason < ARRAY_SIZE(events) && events[reason])
		x->kind = events[reason];
	else
		no_such_exit(v, x);
}

/**
 * vmx_decode() - say what the exit was
 * @v: just out of the guest
 * @x: out
 *
 * Context: interrupts off, its VMCS is current.
 */
void vmx_decode(struct vcpu *v, struct hv_exitinfo *x)
{
	const struct vmx_vcpu *vmx = to_vmx(v);
	u32 reason = vmx->reason;

	x->shadow = vmx->block & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
	if (reason == EXIT_REASON_EXCEPTION_NMI) {
		x->next_rip = 0;
		decode_exception(v, x);
	} else if (reason == EXIT_REASON_IO_INSTRUCTION) {
		decode_io(v, x);
	} else if (reason == EXIT_REASON_MSR_READ || reason == EXIT_REASON_MSR_WRITE) {
		x->kind = EXIT_MSR;
		x->msr.write = reason == EXIT_REASON_MSR_WRITE;
		x->next_rip = next_rip(v);
	} else if (reason < ARRAY_SIZE(simple) && simple[reason]) {
		x->kind = simple[reason];
		x->next_rip = next_rip(v);
	} else {
		x->next_rip = 0;
		decode_rest(v, reason, x);
	}
}

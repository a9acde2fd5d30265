// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest state in the VMCB (APM vol. 2, appendix B): what is intercepted, the
 * segments in AMD's packing, the registers that live there alone.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/tsc.h>
#include "arch/x86/svm/svm.h"

/* what every guest is stopped at; 15.9 and table 15-7 */
static const u8 always[] = {
	INTERCEPT_INTR, INTERCEPT_NMI, INTERCEPT_INIT,
	INTERCEPT_CR4_WRITE, INTERCEPT_CR8_READ, INTERCEPT_CR8_WRITE,
	INTERCEPT_CPUID, INTERCEPT_HLT, INTERCEPT_INVLPGA,
	INTERCEPT_IOIO_PROT, INTERCEPT_MSR_PROT, INTERCEPT_TASK_SWITCH,
	INTERCEPT_SHUTDOWN, INTERCEPT_RDPMC, INTERCEPT_INVD, INTERCEPT_WBINVD,
	INTERCEPT_RSM, INTERCEPT_FERR_FREEZE,
	INTERCEPT_VMRUN, INTERCEPT_VMMCALL, INTERCEPT_VMLOAD, INTERCEPT_VMSAVE,
	INTERCEPT_STGI, INTERCEPT_CLGI, INTERCEPT_SKINIT, INTERCEPT_RDTSCP,
	INTERCEPT_MONITOR, INTERCEPT_MWAIT, INTERCEPT_XSETBV, INTERCEPT_RDPRU,
	INTERCEPT_EXCEPTION_OFFSET + MC_VECTOR,
	/* else a guest whose handler faults again holds the CPU for ever */
	INTERCEPT_EXCEPTION_OFFSET + AC_VECTOR, INTERCEPT_EXCEPTION_OFFSET + DB_VECTOR,
};

/* ... and what else where its paging is ours */
static const u8 with_shadow[] = {
	INTERCEPT_CR0_WRITE, INTERCEPT_CR3_READ, INTERCEPT_CR3_WRITE,
	INTERCEPT_INVLPG, INTERCEPT_INVPCID, INTERCEPT_EXCEPTION_OFFSET + PF_VECTOR,
};

/*
 * ... and where it is not. Of CR0 only TS and MP are left to the guest, of CR4 nothing
 * (above): both are written rarely, the processor would take bits of CR4 that CPUID
 * denies, and an emulator takes any.
 */
static const u8 with_nested[] = { INTERCEPT_SELECTIVE_CR0 };

/**
 * svm_reset_vmcb() - a control block for a vCPU after RESET
 * @v: the vCPU
 *
 * Only what the hardware block alone holds; registers, segments and control
 * registers are put there by the common code.
 */
void svm_reset_vmcb(struct vcpu *v)
{
	struct vmcb *vmcb = to_vmcb(v);
	struct vmcb_control_area *c = &vmcb->control;
	unsigned int i;

	memset(vmcb, 0, sizeof(*vmcb));
	for (i = 0; i < ARRAY_SIZE(always); i++)
		svm_intercept(vmcb, always[i], true);
	for (i = 0; i < ARRAY_SIZE(with_shadow); i++)
		svm_intercept(vmcb, with_shadow[i], !v->nested);
	for (i = 0; i < ARRAY_SIZE(with_nested); i++)
		svm_intercept(vmcb, with_nested[i], v->nested);
	if (v->nested) {
		c->nested_ctl = SVM_NESTED_CTL_NP_ENABLE;
		c->nested_cr3 = v->mmu.root_hpa;
	}
	/* DR0-7, read and write: words 1's two halves */
	for (i = INTERCEPT_DR0_READ; i <= INTERCEPT_DR7_READ; i++)
		svm_intercept(vmcb, i, true);
	for (i = INTERCEPT_DR0_WRITE; i <= INTERCEPT_DR7_WRITE; i++)
		svm_intercept(vmcb, i, true);
	c->iopm_base_pa = svm_iopm_pa;
	c->msrpm_base_pa = svm_msrpm_pa;
	c->int_ctl = V_INTR_MASKING_MASK;
	vmcb->save.dr6 = DR6_RESET;
	vmcb->save.dr7 = DR7_RESET;
	vmcb->save.g_pat = 0x0007040600070406ULL;
}

/* without MCE a machine check in the guest would be a shutdown (APM vol. 2, 9.3) */
static u64 with_mce(u64 cr4)
{
	return cr4 | (cr4_read_shadow() & X86_CR4_MCE);
}

/*
 * The guest runs on our tables, so paging is always on and WP always honoured;
 * CR4.PAE and EFER.LME follow the shadow's format, not the guest's (15.25 does
 * not apply: nested paging is off). PG without PE is paged real mode, 15.19.
 * CR4.PCIDE stays, since bit 63 of CR3 may be checked ahead of the intercept; the
 * processor's own PCID is always 0.
 */
static void push_shadow(struct vcpu *v, struct vmcb *vmcb)
{
	u64 cr4 = with_mce(v->cr4) & ~(X86_CR4_PSE | X86_CR4_PGE | X86_CR4_PAE);
	u64 efer = v->efer & ~(EFER_LME | EFER_LMA);

	vmcb->save.cr0 = v->cr0 | X86_CR0_PG | X86_CR0_WP;
	/* CD and NW would only slow the guest down: its memory is ours to type */
	vmcb->save.cr0 &= ~(u64)(X86_CR0_CD | X86_CR0_NW);
	cr4 |= X86_CR4_PAE;
	if (!(v->cr0 & X86_CR0_PG))
		cr4 &= ~(u64)(X86_CR4_SMEP | X86_CR4_SMAP);
	vmcb->save.cr4 = cr4;
	if (v->mmu.shadow_long)
		efer |= EFER_LME | EFER_LMA;
	vmcb->save.efer = efer | EFER_NX | EFER_SVME;
	vmcb->save.cr3 = v->mmu.root_hpa;
}

/*
 * With nested paging they are the guest's own. But CD and NW would only slow it
 * down: its memory is ours to type. While it has them set, all of CR0 is kept from it.
 */
static void push_nested(struct vcpu *v, struct vmcb *vmcb)
{
	vmcb->save.cr0 = v->cr0 & ~(u64)(X86_CR0_CD | X86_CR0_NW);
	vmcb->save.cr4 = with_mce(v->cr4);
	vmcb->save.efer = v->efer | EFER_SVME;
	vmcb->save.cr3 = v->cr3;
	svm_intercept(vmcb, INTERCEPT_CR0_WRITE, vmcb->save.cr0 != v->cr0);
	svm_intercept(vmcb, INTERCEPT_INVPCID, !v->invpcid);
}

void svm_push_cr(struct vcpu *v)
{
	struct vmcb *vmcb = to_vmcb(v);

	if (v->nested)
		push_nested(v, vmcb);
	else
		push_shadow(v, vmcb);
	/* reads need us only where the guest's value is not the hardware's */
	svm_intercept(vmcb, INTERCEPT_CR0_READ, vmcb->save.cr0 != v->cr0);
	svm_intercept(vmcb, INTERCEPT_CR4_READ, vmcb->save.cr4 != v->cr4);
}

/* what push_nested() put there may have become something else */
void svm_pull_cr(struct vcpu *v)
{
	const struct vmcb_save_area *s = &to_vmcb(v)->save;
	u64 cr0 = s->cr0;

	if (v->cr0 & (X86_CR0_CD | X86_CR0_NW))
		cr0 = v->cr0;
	else if (unlikely(cr0 & (X86_CR0_CD | X86_CR0_NW)))
		v->cr_dirty = true;
	cr_seen(v, cr0, s->cr3, v->cr4, s->efer & ~(u64)EFER_SVME);
}

#define VMCB_SEG(name)	(offsetof(struct vmcb, save.name) / sizeof(struct vmcb_seg))

static struct vmcb_seg *vmcb_segment(struct vmcb *vmcb, int seg)
{
	static const u8 at[SEG_COUNT] = {
		[SEG_ES] = VMCB_SEG(es), [SEG_CS] = VMCB_SEG(cs), [SEG_SS] = VMCB_SEG(ss),
		[SEG_DS] = VMCB_SEG(ds), [SEG_FS] = VMCB_SEG(fs), [SEG_GS] = VMCB_SEG(gs),
		[SEG_LDTR] = VMCB_SEG(ldtr), [SEG_TR] = VMCB_SEG(tr),
	};

	return (struct vmcb_seg *)vmcb + at[seg];
}

static_assert(offsetof(struct vmcb, save.es) % sizeof(struct vmcb_seg) == 0);

void svm_get_segment(struct vcpu *v, int seg, struct hv_segment *out)
{
	const struct vmcb_seg *s = vmcb_segment(to_vmcb(v), seg);

	out->base = s->base;
	out->limit = s->limit;
	out->selector = s->selector;
	out->attr = (s->attrib & 0xff) | (s->attrib & 0xf00) << 4;
	/* AMD: a null selector is known by P clear; the DPL of SS is its CPL */
	if (!(out->attr & SEG_ATTR_P))
		out->attr |= SEG_ATTR_UNUSABLE;
	if (seg == SEG_TR)
		out->attr |= 2;
	if (seg == SEG_SS)
		out->attr = (out->attr & ~SEG_ATTR_DPL) |
			    to_vmcb(v)->save.cpl << SEG_ATTR_DPL_SHIFT;
	/* G is not kept for CS by all processors; the limit tells */
	if (out->limit > 0xfffff)
		out->attr |= SEG_ATTR_G;
}

void svm_set_segment(struct vcpu *v, int seg, const struct hv_segment *in)
{
	struct vmcb *vmcb = to_vmcb(v);
	struct vmcb_seg *s = vmcb_segment(vmcb, seg);

	s->base = in->base;
	s->limit = in->limit;
	s->selector = in->selector;
	s->attrib = (in->attr & 0xff) | (in->attr >> 4 & 0xf00);
	if (in->attr & SEG_ATTR_UNUSABLE)
		s->attrib &= ~SEG_ATTR_P;
	/* VMRUN takes either; an emulator that knows QEMU's rules wants "available" */
	if (seg == SEG_TR)
		s->attrib &= ~2;
	if (seg == SEG_SS)
		vmcb->save.cpl = (in->attr & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT;
}

void svm_get_table(struct vcpu *v, bool idt, struct hv_table *t)
{
	const struct vmcb_save_area *s = &to_vmcb(v)->save;

	t->base = idt ? s->idtr.base : s->gdtr.base;
	t->limit = idt ? s->idtr.limit : s->gdtr.limit;
}

void svm_set_table(struct vcpu *v, bool idt, const struct hv_table *t)
{
	struct vmcb_save_area *s = &to_vmcb(v)->save;
	struct vmcb_seg *seg = idt ? &s->idtr : &s->gdtr;

	seg->base = t->base;
	seg->limit = t->limit;
}

static u64 *vmcb_msr(struct vmcb *vmcb, u32 index)
{
	switch (index) {
	case MSR_IA32_CR_PAT:
		return &vmcb->save.g_pat;
	case MSR_STAR:
		return &vmcb->save.star;
	case MSR_LSTAR:
		return &vmcb->save.lstar;
	case MSR_CSTAR:
		return &vmcb->save.cstar;
	case MSR_SYSCALL_MASK:
		return &vmcb->save.sfmask;
	case MSR_KERNEL_GS_BASE:
		return &vmcb->save.kernel_gs_base;
	case MSR_FS_BASE:
		return &vmcb->save.fs.base;
	case MSR_GS_BASE:
		return &vmcb->save.gs.base;
	case MSR_IA32_SYSENTER_CS:
		return &vmcb->save.sysenter_cs;
	case MSR_IA32_SYSENTER_ESP:
		return &vmcb->save.sysenter_esp;
	case MSR_IA32_SYSENTER_EIP:
		return &vmcb->save.sysenter_eip;
	}
	return NULL;
}

int svm_get_msr(struct vcpu *v, u32 index, u64 *val)
{
	const u64 *p = vmcb_msr(to_vmcb(v), index);

	if (!p)
		return -ENOENT;
	*val = *p;
	return 0;
}

int svm_set_msr(struct vcpu *v, u32 index, u64 val)
{
	u64 *p = vmcb_msr(to_vmcb(v), index);

	if (!p)
		return -ENOENT;
	*p = val;
	return 0;
}

/*
 * INT3 is intercepted as #BP (APM vol. 2, 15.12.4). QEMU makes the exit of an INT n
 * out of it; debug_int3() tells them apart.
 */
void svm_update_traps(struct vcpu *v)
{
	struct vmcb *vmcb = to_vmcb(v);

	vmcb->save.dr7 = v->hw_dr7;
	vmcb->save.dr6 = v->dr6;
	svm_intercept(vmcb, INTERCEPT_EXCEPTION_OFFSET + BP_VECTOR, v->debug.int3);
	svm_intercept(vmcb, INTERCEPT_INTn, v->debug.int3);
}

void svm_set_tsc_offset(struct vcpu *v)
{
	to_vmcb(v)->control.tsc_offset = v->tsc_offset + v->tsc_lost;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest state in the VMCS (SDM vol. 3, 25.4 and 25.6). Segments are kept here as
 * well, read when somebody asks and written before the next entry; the rest that
 * others than the run loop touch is rare enough to go straight to the VMCS.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vmx/vmx.h"

/* what guests are stopped at; the same that SVM's are */
static u32 exceptions(const struct vcpu *v)
{
	u32 bits = BIT(X86_TRAP_MC) | BIT(X86_TRAP_AC) | BIT(X86_TRAP_DB);

	if (!v->nested)
		bits |= BIT(X86_TRAP_PF);
	if (v->debug.int3)
		bits |= BIT(X86_TRAP_BP);
	return bits;
}

static void init_controls(struct vmx_vcpu *x)
{
	vmwrite32(PIN_BASED_VM_EXEC_CONTROL, vmx_caps.pin);
	vmwrite32(CPU_BASED_VM_EXEC_CONTROL, x->cpu_ctl);
	if (x->cpu_ctl & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)
		vmwrite32(SECONDARY_VM_EXEC_CONTROL, vmx_cpu2(x));
	if (vmx_caps.cpu2 & SECONDARY_EXEC_ENCLS_EXITING)
		vmwrite64(ENCLS_EXITING_BITMAP, ~0ULL);
	vmwrite32(VM_EXIT_CONTROLS, vmx_caps.exit);
	vmwrite32(VM_ENTRY_CONTROLS, x->entry_ctl);
	vmwrite32(EXCEPTION_BITMAP, exceptions(x->v));
	/* error code & 0 == 0: every #PF (SDM vol. 3, 26.2) */
	vmwrite32(PAGE_FAULT_ERROR_CODE_MASK, 0);
	vmwrite32(PAGE_FAULT_ERROR_CODE_MATCH, 0);
	vmwrite32(CR3_TARGET_COUNT, 0);
	vmwrite64(MSR_BITMAP, vmx_msr_bitmap_pa);
	vmwrite32(VM_EXIT_MSR_STORE_COUNT, 0);
	vmwrite32(VM_EXIT_MSR_LOAD_COUNT, 0);
	vmwrite32(VM_ENTRY_MSR_LOAD_COUNT, 0);
	vmwrite32(VM_ENTRY_INTR_INFO_FIELD, 0);
	vmwrite64(TSC_OFFSET, 0);
	if (vmx_caps.vpid)
		vmwrite16(VIRTUAL_PROCESSOR_ID, x->vpid);
	/* each bit of CR0 and CR4 is ours: a write that changes one exits */
	vmwrite_nat(CR0_GUEST_HOST_MASK, ~0ULL);
	vmwrite_nat(CR4_GUEST_HOST_MASK, ~0ULL);
}

/* processors without the control for EFER have it in the MSR areas */
static void init_efer(struct vmx_vcpu *x)
{
	x->efer_area[0].index = MSR_EFER;
	x->efer_area[1].index = MSR_EFER;
	rdmsrl(MSR_EFER, x->efer_area[1].value);
	if (vmx_caps.load_efer) {
		vmwrite64(GUEST_IA32_EFER, 0);
		return;
	}
	vmwrite64(VM_ENTRY_MSR_LOAD_ADDR, __pa(&x->efer_area[0]));
	vmwrite64(VM_EXIT_MSR_LOAD_ADDR, __pa(&x->efer_area[1]));
	vmwrite32(VM_ENTRY_MSR_LOAD_COUNT, 1);
	vmwrite32(VM_EXIT_MSR_LOAD_COUNT, 1);
}

/**
 * state_init() - fill a new VMCS, but for what the common code sets at RESET
 * @v: its VMCS is current
 */
void state_init(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);

	x->cpu_ctl = vmx_caps.cpu;
	x->entry_ctl = vmx_caps.entry;
	init_controls(x);
	init_efer(x);
	if (v->nested)
		ept_init(x);
	vmwrite64(VMCS_LINK_POINTER, ~0ULL);
	vmwrite64(GUEST_IA32_DEBUGCTL, 0);
	if (vmx_caps.load_perf)
		vmwrite64(GUEST_IA32_PERF_GLOBAL_CTRL, 0);
	vmwrite32(GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE);
	vmwrite32(GUEST_INTERRUPTIBILITY_INFO, 0);
	vmwrite_nat(GUEST_PENDING_DBG_EXCEPTIONS, 0);
	vmwrite32(GUEST_SYSENTER_CS, 0);
	vmwrite_nat(GUEST_SYSENTER_ESP, 0);
	vmwrite_nat(GUEST_SYSENTER_EIP, 0);
	vmwrite_nat(GUEST_DR7, DR7_RESET);
	vmwrite_nat(GUEST_RIP, 0);
	vmwrite_nat(GUEST_RSP, 0);
	vmwrite_nat(GUEST_RFLAGS, X86_EFLAGS_FIXED);
	x->hw_rflags = X86_EFLAGS_FIXED;
	vmwrite_nat(GUEST_CR0, 0);
	vmwrite_nat(GUEST_CR3, 0);
	vmwrite_nat(GUEST_CR4, 0);
	vmwrite_nat(CR0_READ_SHADOW, 0);
	vmwrite_nat(CR4_READ_SHADOW, 0);
	x->known = CACHE_BLOCK;
}

/* --- control registers ------------------------------------------------------- */

static void push_efer(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	u64 efer = v->efer & EFER_SCE;
	u32 entry = vmx_caps.entry;

	x->efer_shadow = v->efer;
	/* the shadow tables use it, whatever the guest's do */
	efer |= v->nested ? v->efer & EFER_NX : EFER_NX;
	if (v->efer & EFER_LMA) {
		efer |= EFER_LME | EFER_LMA;
		entry |= VM_ENTRY_IA32E_MODE;
	}
	if (efer == x->hw_efer)
		return;
	if ((efer ^ x->hw_efer) & EFER_SCE)
		x->syscall_stale = true;
	/* the type of TR depends on the mode */
	vmx_get_segment(v, SEG_TR, &x->seg[SEG_TR]);
	x->dirty |= BIT(SEG_TR);
	x->hw_efer = efer;
	if (vmx_caps.load_efer)
		vmwrite64(GUEST_IA32_EFER, efer);
	x->efer_area[0].value = efer;
	x->entry_ctl = entry;
	vmwrite32(VM_ENTRY_CONTROLS, entry);
}

/**
 * state_push_cr04() - CR0 and CR4 for the processor; what the guest reads; EFER
 * @v: its VMCS is current
 * @cr0: as the processor shall have it
 * @cr4: likewise
 */
void state_push_cr04(struct vcpu *v, u64 cr0, u64 cr4)
{
	struct vmx_vcpu *x = to_vmx(v);

	if (x->hw_cr0 != cr0)
		vmwrite_nat(GUEST_CR0, x->hw_cr0 = cr0);
	if (x->cr0_shadow != v->cr0)
		vmwrite_nat(CR0_READ_SHADOW, x->cr0_shadow = v->cr0);
	if (x->hw_cr4 != cr4)
		vmwrite_nat(GUEST_CR4, x->hw_cr4 = cr4);
	if (x->cr4_shadow != v->cr4)
		vmwrite_nat(CR4_READ_SHADOW, x->cr4_shadow = v->cr4);
	push_efer(v);
}

/*
 * The guest runs on our tables, so paging is always on and WP always honoured;
 * these are 4-level tables in long mode and PAE ones else. What it reads comes
 * from the read shadows. SDM vol. 3, 27.3.1.1 and 24.8 say what must be set.
 */
static void push_shadowed(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	u64 cr0 = v->cr0 | X86_CR0_PE | X86_CR0_PG | X86_CR0_WP;
	u64 cr4 = v->cr4 & ~(u64)(X86_CR4_PSE | X86_CR4_PGE | X86_CR4_PCIDE);

	/* an entry leaves these as the host has them */
	cr0 &= ~(u64)(X86_CR0_CD | X86_CR0_NW);
	cr0 = (cr0 | vmx_caps.cr0_fixed0) & vmx_caps.cr0_fixed1;
	/* without MCE a machine check in the guest would be a shutdown of the machine */
	cr4 |= X86_CR4_PAE | (x->host_cr4 & X86_CR4_MCE);
	if (!(v->cr0 & X86_CR0_PG))
		cr4 &= ~(u64)(X86_CR4_SMEP | X86_CR4_SMAP);
	cr4 = (cr4 | vmx_caps.cr4_fixed0) & vmx_caps.cr4_fixed1;
	state_push_cr04(v, cr0, cr4);
}

/* mostly it is CR3 that was loaded, and what the others are for the processor is known */
static bool is_pushed(const struct vcpu *v, const struct vmx_vcpu *x)
{
	return !((v->cr0 ^ x->cr0_shadow) | (v->cr4 ^ x->cr4_shadow) |
		 (v->efer ^ x->efer_shadow));
}

/**
 * vmx_push_cr() - control registers as the guest needs them in the processor
 * @v: its VMCS is current
 */
void vmx_push_cr(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);

	if (v->nested) {
		ept_push_cr(v);
		return;
	}
	if (unlikely(!is_pushed(v, x)))
		push_shadowed(v);
	if (x->hw_cr3 != v->mmu.root_hpa) {
		vmwrite_nat(GUEST_CR3, x->hw_cr3 = v->mmu.root_hpa);
		/* loaded by an entry, it does not flush a tag (SDM vol. 3, 29.4.3.1) */
		x->flush = true;
	}
}

/* --- segments and tables ---------------------------------------------------------- */

static void read_segment(struct vmx_vcpu *x, int seg)
{
	struct hv_segment *s = &x->seg[seg];

	s->base = vmread_seg_nat(GUEST_ES_BASE, seg);
	s->limit = vmread_seg32(GUEST_ES_LIMIT, seg);
	s->selector = vmread_seg16(GUEST_ES_SELECTOR, seg);
	s->attr = vmread_seg32(GUEST_ES_AR_BYTES, seg);
	x->known |= BIT(seg);
}

void vmx_get_segment(struct vcpu *v, int seg, struct hv_segment *out)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned long flags;

	if (!(x->known & BIT(seg)) && vmcs_get(v, &flags)) {
		read_segment(x, seg);
		vmcs_put(flags);
	}
	if (out != &x->seg[seg])
		*out = x->seg[seg];
}

/* for those who want no more of it */
static u32 segment_attr(struct vcpu *v, int seg)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned long flags;
	u32 attr;

	if ((x->known & BIT(seg)) || !vmcs_get(v, &flags))
		return x->seg[seg].attr;
	attr = vmread_seg32(GUEST_ES_AR_BYTES, seg);
	vmcs_put(flags);
	return attr;
}

void vmx_set_segment(struct vcpu *v, int seg, const struct hv_segment *in)
{
	struct vmx_vcpu *x = to_vmx(v);

	x->seg[seg] = *in;
	x->known |= BIT(seg);
	x->dirty |= BIT(seg);
	x->unfit = -1;
	v->check_entry = true;
}

/* bits that AMD forgives and a VM entry does not: SDM vol. 3, 27.3.1.2 */
static u32 access_rights(struct vcpu *v, int seg, struct hv_segment *s)
{
	u32 ar = s->attr & (SEG_ATTR_TYPE | SEG_ATTR_S | SEG_ATTR_DPL | SEG_ATTR_P |
			    SEG_ATTR_AVL | SEG_ATTR_L | SEG_ATTR_DB | SEG_ATTR_G);

	if (seg == SEG_TR) {
		/* busy, and with the meaning that long mode gives the type */
		ar |= 2;
		if (v->efer & EFER_LMA)
			ar |= 11;
	} else if ((s->attr & SEG_ATTR_UNUSABLE) || !(ar & SEG_ATTR_P)) {
		/*
		 * In real mode, which an unrestricted guest enters by itself, loading a
		 * selector makes it usable, with the rights that it has here.
		 */
		if (v->nested && seg != SEG_LDTR)
			ar |= SEG_ATTR_S | 3;	/* data, writable, accessed */
		return ar | SEG_ATTR_UNUSABLE;
	} else if (ar & SEG_ATTR_S) {
		ar |= 1;	/* accessed */
	}
	if (s->limit >> 20) {
		ar |= SEG_ATTR_G;
		s->limit |= 0xfff;
	} else if ((s->limit & 0xfff) != 0xfff) {
		ar &= ~SEG_ATTR_G;
	}
	return ar;
}

static void write_segment(struct vcpu *v, int seg)
{
	struct hv_segment s = to_vmx(v)->seg[seg];
	u32 ar = access_rights(v, seg, &s);

	vmwrite_seg_nat(GUEST_ES_BASE, seg, s.base);
	vmwrite_seg32(GUEST_ES_LIMIT, seg, s.limit);
	vmwrite_seg16(GUEST_ES_SELECTOR, seg, s.selector);
	vmwrite_seg32(GUEST_ES_AR_BYTES, seg, ar);
}

void vmx_get_table(struct vcpu *v, bool idt, struct hv_table *t)
{
	unsigned long flags;

	*t = (struct hv_table){ };
	if (!vmcs_get(v, &flags))
		return;
	t->base = idt ? vmread_nat(GUEST_IDTR_BASE) : vmread_nat(GUEST_GDTR_BASE);
	t->limit = idt ? vmread32(GUEST_IDTR_LIMIT) : vmread32(GUEST_GDTR_LIMIT);
	vmcs_put(flags);
}

void vmx_set_table(struct vcpu *v, bool idt, const struct hv_table *t)
{
	unsigned long flags;

	if (!vmcs_get(v, &flags))
		return;
	if (idt) {
		vmwrite_nat(GUEST_IDTR_BASE, t->base);
		vmwrite32(GUEST_IDTR_LIMIT, t->limit);
	} else {
		vmwrite_nat(GUEST_GDTR_BASE, t->base);
		vmwrite32(GUEST_GDTR_LIMIT, t->limit);
	}
	vmcs_put(flags);
}

/* SS has the privilege level in its DPL: SDM vol. 3, 25.4.1 */
unsigned int vmx_cpl(struct vcpu *v)
{
	if (!(v->cr0 & X86_CR0_PE))
		return 0;
	if (v->rflags & X86_EFLAGS_VM)
		return 3;
	return (segment_attr(v, SEG_SS) & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT;
}

bool vmx_code(struct vcpu *v, u64 *base)
{
	struct hv_segment cs;

	if ((v->efer & EFER_LMA) && (segment_attr(v, SEG_CS) & SEG_ATTR_L))
		return true;
	vmx_get_segment(v, SEG_CS, &cs);
	*base = cs.base;
	return false;
}

/* --- MSRs -------------------------------------------------------------------------- */

static u64 *syscall_msr(struct vmx_vcpu *x, u32 index)
{
	switch (index) {
	case MSR_STAR:
		return &x->syscall[SYSCALL_STAR];
	case MSR_LSTAR:
		return &x->syscall[SYSCALL_LSTAR];
	case MSR_CSTAR:
		return &x->syscall[SYSCALL_CSTAR];
	case MSR_SYSCALL_MASK:
		return &x->syscall[SYSCALL_MASK];
	}
	return NULL;
}

/* the bases are the segments' */
static int base_msr(u32 index)
{
	return index == MSR_FS_BASE ? SEG_FS : index == MSR_GS_BASE ? SEG_GS : -1;
}

static int read_msr(struct vmx_vcpu *x, u32 index, u64 *val)
{
	switch (index) {
	case MSR_KERNEL_GS_BASE:
		*val = x->kernel_gs;
		if (x->here)
			rdmsrl(MSR_KERNEL_GS_BASE, *val);
		return 0;
	case MSR_IA32_SYSENTER_CS:
		*val = vmread32(GUEST_SYSENTER_CS);
		return 0;
	case MSR_IA32_SYSENTER_ESP:
		*val = vmread_nat(GUEST_SYSENTER_ESP);
		return 0;
	case MSR_IA32_SYSENTER_EIP:
		*val = vmread_nat(GUEST_SYSENTER_EIP);
		return 0;
	}
	return -ENOENT;
}

int vmx_get_msr(struct vcpu *v, u32 index, u64 *val)
{
	struct vmx_vcpu *x = to_vmx(v);
	const u64 *p = syscall_msr(x, index);
	struct hv_segment s;
	unsigned long flags;
	int ret;

	if (p) {
		*val = *p;
		return 0;
	}
	if (base_msr(index) >= 0) {
		vmx_get_segment(v, base_msr(index), &s);
		*val = s.base;
		return 0;
	}
	*val = 0;
	if (!vmcs_get(v, &flags))
		return 0;
	ret = read_msr(x, index, val);
	vmcs_put(flags);
	return ret;
}

static int write_msr(struct vmx_vcpu *x, u32 index, u64 val)
{
	switch (index) {
	case MSR_KERNEL_GS_BASE:
		x->kernel_gs = val;
		if (x->here)
			wrmsrl(MSR_KERNEL_GS_BASE, val);
		return 0;
	case MSR_IA32_SYSENTER_CS:
		vmwrite32(GUEST_SYSENTER_CS, val);
		return 0;
	case MSR_IA32_SYSENTER_ESP:
		vmwrite_nat(GUEST_SYSENTER_ESP, val);
		return 0;
	case MSR_IA32_SYSENTER_EIP:
		vmwrite_nat(GUEST_SYSENTER_EIP, val);
		return 0;
	}
	return -ENOENT;
}

int vmx_set_msr(struct vcpu *v, u32 index, u64 val)
{
	struct vmx_vcpu *x = to_vmx(v);
	u64 *p = syscall_msr(x, index);
	struct hv_segment s;
	unsigned long flags;
	int ret;

	if (p) {
		*p = val;
		x->syscall_stale = true;
		return 0;
	}
	if (base_msr(index) >= 0) {
		vmx_get_segment(v, base_msr(index), &s);
		s.base = val;
		vmx_set_segment(v, base_msr(index), &s);
		return 0;
	}
	if (!vmcs_get(v, &flags))
		return 0;
	ret = write_msr(x, index, val);
	vmcs_put(flags);
	return ret;
}

void vmx_set_tsc_offset(struct vcpu *v)
{
	unsigned long flags;

	if (!vmcs_get(v, &flags))
		return;
	vmwrite64(TSC_OFFSET, v->tsc_offset + v->tsc_lost);
	vmcs_put(flags);
}

/* DR6 is ours alone: #DB exits do not touch it (SDM vol. 3, 28.1) */
void vmx_update_traps(struct vcpu *v)
{
	vmwrite_nat(GUEST_DR7, v->hw_dr7);
	vmwrite32(EXCEPTION_BITMAP, exceptions(v));
}

/* --- around the guest -------------------------------------------------------------- */

/**
 * state_write() - what seldom changes between an exit and an entry
 * @v: about to be entered; its rflags, or what x->dirty tells, did
 */
void state_write(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	unsigned int seg;

	/* a step that begins or ends shows in the pending #DB too, see there */
	if (x->hw_rflags != v->rflags) {
		if ((x->hw_rflags ^ v->rflags) & X86_EFLAGS_TF) {
			vmx_blocked(v);
			x->dirty |= CACHE_BLOCK;
		}
		vmwrite_nat(GUEST_RFLAGS, v->rflags);
	}
	for (seg = 0; seg < SEG_COUNT; seg++)
		if (x->dirty & BIT(seg))
			write_segment(v, seg);
	if (x->dirty & CACHE_BLOCK)
		inject_write_block(v);
	x->dirty = 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of VM entry on guest state, in software (SDM vol. 3, 27.3.1). Those on
 * segments decide whether the processor can run the guest as it is; all of them
 * explain an entry that the processor refused.
 */
#include <linux/kernel.h>
#include <asm/processor-flags.h>
#include "arch/x86/vmx/vmx.h"

/* types of segments, SDM vol. 3, 3.4.5.1: bit 0 accessed, 1 readable or writable */
#define TYPE_CODE	8
#define TYPE_CONFORMING	4
#define TYPE_RW		2

static unsigned int dpl(const struct hv_segment *s)
{
	return (s->attr & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT;
}

static bool usable(const struct hv_segment *s)
{
	return (s->attr & SEG_ATTR_P) && !(s->attr & SEG_ATTR_UNUSABLE);
}

/* 27.3.1.2: with RFLAGS.VM set the six are as that mode makes them */
static const char *check_vm86(struct vcpu *v)
{
	struct hv_segment s;
	int seg;

	for (seg = SEG_ES; seg <= SEG_GS; seg++) {
		vmx_get_segment(v, seg, &s);
		if (s.base != (u64)s.selector << 4)
			return "virtual-8086: a segment's base is not 16 selectors (27.3.1.2)";
		if (s.limit != 0xffff)
			return "virtual-8086: a segment's limit is not 0xffff (27.3.1.2)";
		if ((s.attr & 0xff) != 0xf3)
			return "virtual-8086: a segment's rights are not 0xf3 (27.3.1.2)";
	}
	return NULL;
}

static const char *check_cs(const struct hv_segment *cs, const struct hv_segment *ss)
{
	if (!usable(cs) || !(cs->attr & SEG_ATTR_S) || !(cs->attr & TYPE_CODE))
		return "CS is no code segment (27.3.1.2)";
	if ((cs->attr & SEG_ATTR_L) && (cs->attr & SEG_ATTR_DB))
		return "CS has both L and D set (27.3.1.2)";
	if (cs->attr & TYPE_CONFORMING) {
		if (dpl(cs) > dpl(ss))
			return "the DPL of conforming CS is above that of SS (27.3.1.2)";
	} else if (dpl(cs) != dpl(ss)) {
		return "the DPL of CS is not that of SS (27.3.1.2)";
	}
	return NULL;
}

static const char *check_ss(const struct hv_segment *cs, const struct hv_segment *ss)
{
	if ((ss->selector & 3) != (cs->selector & 3))
		return "the RPL of SS is not that of CS (27.3.1.2)";
	if ((ss->selector & 3) != dpl(ss))
		return "the DPL of SS is not its RPL (27.3.1.2)";
	if (!usable(ss))
		return NULL;
	if (!(ss->attr & SEG_ATTR_S) || (ss->attr & (TYPE_CODE | TYPE_RW)) != TYPE_RW)
		return "SS is no writable data segment (27.3.1.2)";
	return NULL;
}

static const char *check_data(const struct hv_segment *s)
{
	if (!usable(s))
		return NULL;
	if (!(s->attr & SEG_ATTR_S))
		return "DS, ES, FS or GS is a system segment (27.3.1.2)";
	if ((s->attr & (TYPE_CODE | TYPE_RW)) == TYPE_CODE)
		return "DS, ES, FS or GS is code that cannot be read (27.3.1.2)";
	if ((s->attr & (TYPE_CODE | TYPE_CONFORMING)) != (TYPE_CODE | TYPE_CONFORMING) &&
	    dpl(s) < (s->selector & 3))
		return "the DPL of DS, ES, FS or GS is below its RPL (27.3.1.2)";
	return NULL;
}

static const char *check_system(struct vcpu *v)
{
	struct hv_segment s;

	vmx_get_segment(v, SEG_TR, &s);
	if (!(s.attr & SEG_ATTR_P) || (s.attr & (SEG_ATTR_S | SEG_ATTR_UNUSABLE)) ||
	    (s.selector & 4) || (s.attr & 5) != 1)
		return "TR is no TSS (27.3.1.2)";
	vmx_get_segment(v, SEG_LDTR, &s);
	if (usable(&s) && ((s.attr & SEG_ATTR_S) || (s.attr & SEG_ATTR_TYPE) != 2 ||
			   (s.selector & 4)))
		return "LDTR is no LDT (27.3.1.2)";
	return NULL;
}

/**
 * check_segments() - whether VM entry takes the guest's segments
 * @v: the vCPU, in protected mode
 *
 * Return: NULL if so, else which check fails, a sentence.
 */
const char *check_segments(struct vcpu *v)
{
	static const u8 data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	struct hv_segment cs, ss, s;
	const char *why;
	unsigned int i;

	why = check_system(v);
	if (why)
		return why;
	if (v->rflags & X86_EFLAGS_VM)
		return check_vm86(v);
	vmx_get_segment(v, SEG_CS, &cs);
	vmx_get_segment(v, SEG_SS, &ss);
	why = check_cs(&cs, &ss);
	if (!why)
		why = check_ss(&cs, &ss);
	for (i = 0; !why && i < ARRAY_SIZE(data); i++) {
		vmx_get_segment(v, data[i], &s);
		why = check_data(&s);
	}
	return why;
}

/* 27.3.1.1 */
static const char *check_control(struct vcpu *v)
{
	u64 cr0 = vmread_nat(GUEST_CR0), cr4 = vmread_nat(GUEST_CR4);
	bool long_mode = vmread32(VM_ENTRY_CONTROLS) & VM_ENTRY_IA32E_MODE;
	u64 fixed0 = vmx_caps.cr0_fixed0;

	if (v->nested)	/* it is unrestricted */
		fixed0 &= ~(u64)(X86_CR0_PE | X86_CR0_PG);

	if ((cr0 & fixed0) != fixed0 || cr0 & ~vmx_caps.cr0_fixed1)
		return "CR0 has a fixed bit wrong (27.3.1.1)";
	if ((cr4 & vmx_caps.cr4_fixed0) != vmx_caps.cr4_fixed0 || cr4 & ~vmx_caps.cr4_fixed1)
		return "CR4 has a fixed bit wrong, or one that this processor lacks (27.3.1.1)";
	if (long_mode && !(cr4 & X86_CR4_PAE))
		return "IA-32e mode without CR4.PAE (27.3.1.1)";
	if (!long_mode && (cr4 & X86_CR4_PCIDE))
		return "CR4.PCIDE outside of IA-32e mode (27.3.1.1)";
	if (vmread_nat(GUEST_CR3) >> boot_cpu_data.x86_phys_bits)
		return "CR3 has bits beyond the physical-address width (27.3.1.1)";
	if (vmread_nat(GUEST_DR7) >> 32)
		return "DR7 has upper bits set (27.3.1.1)";
	if (!gva_is_canonical(vmread_nat(GUEST_SYSENTER_ESP)) ||
	    !gva_is_canonical(vmread_nat(GUEST_SYSENTER_EIP)))
		return "SYSENTER_ESP or SYSENTER_EIP is not canonical (27.3.1.1)";
	if (vmx_caps.load_efer &&
	    long_mode != !!(vmread64(GUEST_IA32_EFER) & EFER_LMA))
		return "IA32_EFER.LMA is not the entry control \"IA-32e mode guest\" (27.3.1.1)";
	return NULL;
}

/* the bases and access rights that check_segments() need not look at */
static const char *check_bases(struct vcpu *v)
{
	struct hv_segment s;
	int seg;

	for (seg = SEG_ES; seg <= SEG_TR; seg++) {
		vmx_get_segment(v, seg, &s);
		if (seg <= SEG_DS && usable(&s) && s.base >> 32)
			return "the base of CS, SS, DS or ES has upper bits set (27.3.1.2)";
		if (usable(&s) && !gva_is_canonical(s.base))
			return "the base of FS, GS, TR or LDTR is not canonical (27.3.1.2)";
	}
	if (!gva_is_canonical(vmread_nat(GUEST_GDTR_BASE)) ||
	    !gva_is_canonical(vmread_nat(GUEST_IDTR_BASE)))
		return "the base of GDTR or IDTR is not canonical (27.3.1.3)";
	if (vmread32(GUEST_GDTR_LIMIT) >> 16 || vmread32(GUEST_IDTR_LIMIT) >> 16)
		return "the limit of GDTR or IDTR has upper bits set (27.3.1.3)";
	return NULL;
}

/* 27.3.1.4 */
static const char *check_rip(struct vcpu *v)
{
	u32 event = vmread32(VM_ENTRY_INTR_INFO_FIELD);

	if (cpu_long_mode(v) ? !gva_is_canonical(v->rip) : v->rip >> 32)
		return "RIP is not canonical, or has upper bits set outside 64-bit code (27.3.1.4)";
	if ((v->rflags & ~0x3f7fd7ULL) || !(v->rflags & X86_EFLAGS_FIXED))
		return "RFLAGS has a reserved bit wrong (27.3.1.4)";
	if ((v->rflags & X86_EFLAGS_VM) && (v->efer & EFER_LMA))
		return "RFLAGS.VM in IA-32e mode (27.3.1.4)";
	if ((event & INTR_INFO_VALID_MASK) && !(v->rflags & X86_EFLAGS_IF) &&
	    (event & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_EXT_INTR)
		return "an external interrupt is injected while RFLAGS.IF is 0 (27.3.1.4)";
	return NULL;
}

/* 27.3.1.5 */
static const char *check_state(struct vcpu *v)
{
	u32 block = vmread32(GUEST_INTERRUPTIBILITY_INFO);
	u32 shadow = block & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
	u32 event = vmread32(VM_ENTRY_INTR_INFO_FIELD);
	u32 type = event & INTR_INFO_INTR_TYPE_MASK;
	bool step = vmread_nat(GUEST_PENDING_DBG_EXCEPTIONS) & BIT(14);

	if (shadow == (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS))
		return "blocking by STI and by MOV SS together (27.3.1.5)";
	if ((block & GUEST_INTR_STATE_STI) && !(v->rflags & X86_EFLAGS_IF))
		return "blocking by STI while RFLAGS.IF is 0 (27.3.1.5)";
	if (shadow && step != !!(v->rflags & X86_EFLAGS_TF))
		return "blocking by STI or MOV SS: pending debug BS is not RFLAGS.TF (27.3.1.5)";
	if (!(event & INTR_INFO_VALID_MASK))
		return NULL;
	if (shadow && (type == INTR_TYPE_EXT_INTR || type == INTR_TYPE_NMI_INTR))
		return "an interrupt is injected under blocking by STI or MOV SS (27.3.1.5)";
	if (type == INTR_TYPE_NMI_INTR && (block & GUEST_INTR_STATE_NMI))
		return "an NMI is injected under blocking by NMI (27.3.1.5)";
	return NULL;
}

/**
 * check_guest() - which check the guest's state did not pass
 * @v: its VMCS is current, and VM entry has just failed
 *
 * Return: a sentence, or NULL if no check finds anything.
 */
const char *check_guest(struct vcpu *v)
{
	const char *why = check_control(v);

	if (!why)
		why = check_segments(v);
	if (!why)
		why = check_bases(v);
	if (!why)
		why = check_rip(v);
	if (!why)
		why = check_state(v);
	if (!why && !v->mmu.shadow_long)
		why = "the PDPTEs, perhaps: nothing else is wrong (27.3.1.6)";
	return why;
}

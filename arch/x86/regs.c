// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers as one image: KVM_REG_LIST's slots against where the values live.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include "arch/x86/vcpu.h"

#define SLOT(name)	((KVM_REG_##name - KVM_REG_WINDOW) / 8)

/* RFLAGS bits that exist, without VM's company; SDM vol. 1, 3.4.3 */
#define RFLAGS_BITS	0x3f7fd7ULL

/* the order of SEG_* and that of the ABI are the same */
static unsigned int seg_slot(int seg)
{
	return SLOT(ES_BASE) + 4 * seg;
}

static_assert(SLOT(TR_BASE) == SLOT(ES_BASE) + 4 * SEG_TR);

static void get_segments(struct vcpu *v, u64 *r)
{
	struct hv_segment s;
	struct hv_table t;
	int i;

	for (i = 0; i < SEG_COUNT; i++) {
		vendor->get_segment(v, i, &s);
		r[seg_slot(i)] = s.base;
		r[seg_slot(i) + 1] = s.limit;
		r[seg_slot(i) + 2] = s.selector;
		r[seg_slot(i) + 3] = s.attr;
	}
	vendor->get_table(v, false, &t);
	r[SLOT(GDTR_BASE)] = t.base;
	r[SLOT(GDTR_LIMIT)] = t.limit;
	vendor->get_table(v, true, &t);
	r[SLOT(IDTR_BASE)] = t.base;
	r[SLOT(IDTR_LIMIT)] = t.limit;
}

/**
 * vcpu_get_regs() - the whole image
 * @v: frozen or claimed
 * @regs: out, by slot of KVM_REG_LIST
 */
void vcpu_get_regs(struct vcpu *v, u64 regs[KVM_REG_SLOTS])
{
	memset(regs, 0, KVM_REG_SLOTS * sizeof(u64));
	memcpy(regs, v->regs, sizeof(v->regs));
	regs[SLOT(RIP)] = v->rip;
	regs[SLOT(RFLAGS)] = v->rflags;
	regs[SLOT(CR0)] = v->cr0;
	regs[SLOT(CR2)] = v->cr2;
	regs[SLOT(CR3)] = v->cr3;
	regs[SLOT(CR4)] = v->cr4;
	regs[SLOT(CR8)] = v->cr8;
	regs[SLOT(EFER)] = v->efer;
	memcpy(&regs[SLOT(DR0)], v->dr, sizeof(v->dr));
	regs[SLOT(DR6)] = v->dr6;
	regs[SLOT(DR7)] = v->dr7;
	regs[SLOT(XCR0)] = v->xcr0;
	get_segments(v, regs);
}

/* of segments' attributes: present, of the system, types 1, 3, 9 and 11; and not unusable */
#define TSS_ATTR_MASK	0x10095
#define TSS_ATTR	0x81

static const char *check_segments(struct vcpu *v, const u64 *r)
{
	int i;

	for (i = 0; i < SEG_COUNT; i++) {
		const u64 *s = &r[seg_slot(i)];

		if (s[1] >> 32 || s[2] >> 16 || s[3] & ~0x1f0ffULL)
			return "a segment's limit, selector or attr is out of range";
		if (!gva_is_canonical(s[0]))
			return "a segment's base is not canonical";
		if (i < SEG_LDTR && i != SEG_FS && i != SEG_GS && s[0] >> 32)
			return "the base of es, cs, ss and ds has 32 bits";
	}
	/*
	 * LTR loads nothing else. VMX refuses to enter with it; what an event of user mode does
	 * with it on SVM, APM vol. 2 does not say, and QEMU ends itself.
	 */
	if ((r[seg_slot(SEG_TR) + 3] & TSS_ATTR_MASK) != TSS_ATTR)
		return "tr.attr is not that of a TSS that is present";
	if (r[SLOT(GDTR_LIMIT)] >> 16 || r[SLOT(IDTR_LIMIT)] >> 16)
		return "the limit of gdtr and idtr has 16 bits";
	if (!gva_is_canonical(r[SLOT(GDTR_BASE)]) || !gva_is_canonical(r[SLOT(IDTR_BASE)]))
		return "the base of gdtr or idtr is not canonical";
	return NULL;
}

static const char *check(struct vcpu *v, const u64 *r)
{
	const char *why = cr_check(v, r[SLOT(CR0)], r[SLOT(CR4)], r[SLOT(EFER)]);

	if (why)
		return why;
	if (r[SLOT(RFLAGS)] & ~RFLAGS_BITS)
		return "rflags has reserved bits set";
	if (!gva_is_canonical(r[SLOT(RIP)]))
		return "rip is not canonical";
	if (r[SLOT(CR3)] >> 52)
		return "cr3 has reserved bits set";
	if (r[SLOT(CR8)] > 15)
		return "cr8 is not 0-15";
	if (r[SLOT(DR6)] >> 32 || r[SLOT(DR7)] >> 32)
		return "dr6 and dr7 have 32 bits";
	if (r[SLOT(XCR0)] != 1 && r[SLOT(XCR0)] != v->xcr0)
		return "xcr0 cannot be changed: guests have no XSAVE";
	if (r[31])
		return "slot 31 is reserved";
	return check_segments(v, r);
}

static void set_segments(struct vcpu *v, const u64 *r)
{
	struct hv_segment s;
	struct hv_table t;
	int i;

	for (i = 0; i < SEG_COUNT; i++) {
		s.base = r[seg_slot(i)];
		s.limit = r[seg_slot(i) + 1];
		s.selector = r[seg_slot(i) + 2];
		s.attr = r[seg_slot(i) + 3];
		vendor->set_segment(v, i, &s);
	}
	t.base = r[SLOT(GDTR_BASE)];
	t.limit = r[SLOT(GDTR_LIMIT)];
	vendor->set_table(v, false, &t);
	t.base = r[SLOT(IDTR_BASE)];
	t.limit = r[SLOT(IDTR_LIMIT)];
	vendor->set_table(v, true, &t);
}

static void apply(struct vcpu *v, const u64 *r)
{
	bool paging = v->cr0 != r[SLOT(CR0)] || v->cr3 != r[SLOT(CR3)] ||
		      v->cr4 != r[SLOT(CR4)] || v->efer != r[SLOT(EFER)];

	memcpy(v->regs, r, sizeof(v->regs));
	v->rip = r[SLOT(RIP)];
	v->rflags = r[SLOT(RFLAGS)] | X86_EFLAGS_FIXED;
	v->cr0 = r[SLOT(CR0)] | X86_CR0_ET;
	v->cr2 = r[SLOT(CR2)];
	v->cr3 = r[SLOT(CR3)];
	v->cr4 = r[SLOT(CR4)];
	v->cr8 = r[SLOT(CR8)];
	v->efer = r[SLOT(EFER)];
	memcpy(v->dr, &r[SLOT(DR0)], sizeof(v->dr));
	v->dr6 = r[SLOT(DR6)] | DR6_RESET;
	v->dr7 = (r[SLOT(DR7)] & ~0xd000ULL) | DR7_RESET;
	v->xcr0 = r[SLOT(XCR0)];
	set_segments(v, r);
	v->cr_dirty = true;
	v->check_entry = true;
	v->mmio.valid = false;
	debug_update(v);
	insn_forget(v);
	if (!paging)
		return;
	/* tables may have been written through a mapping of mem, which nobody saw */
	mmu_forget(v->vm);
	v->vm->mmu_ops->reset(v);
	/* PDPTEs come from memory, which may not be there yet in a restore */
	v->pdptr_stale = true;
}

/**
 * vcpu_set_regs() - replace the whole image, or nothing
 * @v: claimed
 * @regs: by slot of KVM_REG_LIST
 * @why: a sentence, on -EINVAL
 *
 * Return: 0 or -EINVAL: no register was changed.
 */
int vcpu_set_regs(struct vcpu *v, const u64 regs[KVM_REG_SLOTS], const char **why)
{
	*why = check(v, regs);
	if (*why)
		return -EINVAL;
	apply(v, regs);
	return 0;
}

static void reset_segment(u64 *r, int seg, u64 base, u16 selector, u32 attr)
{
	r[seg_slot(seg)] = base;
	r[seg_slot(seg) + 1] = 0xffff;
	r[seg_slot(seg) + 2] = selector;
	r[seg_slot(seg) + 3] = attr;
}

/**
 * regs_reset() - the state after RESET (SDM vol. 3, table 10-1)
 * @v: a new vCPU
 */
void regs_reset(struct vcpu *v)
{
	u64 r[KVM_REG_SLOTS] = { };
	int i;

	r[SLOT(RDX)] = boot_cpu_data.x86 << 8;
	r[SLOT(RIP)] = 0xfff0;
	r[SLOT(RFLAGS)] = X86_EFLAGS_FIXED;
	r[SLOT(CR0)] = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET;
	r[SLOT(DR6)] = DR6_RESET;
	r[SLOT(DR7)] = DR7_RESET;
	r[SLOT(XCR0)] = 1;
	for (i = 0; i <= SEG_GS; i++)
		reset_segment(r, i, 0, 0, 0x93);
	reset_segment(r, SEG_CS, 0xffff0000, 0xf000, 0x9b);
	reset_segment(r, SEG_LDTR, 0, 0, 0x82);
	reset_segment(r, SEG_TR, 0, 0, 0x8b);
	r[SLOT(GDTR_LIMIT)] = 0xffff;
	r[SLOT(IDTR_LIMIT)] = 0xffff;
	apply(v, r);
}

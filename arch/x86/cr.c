// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers and EFER: what the architecture lets be written, and what a
 * write changes (SDM vol. 3, 2.5 and 4.1.2; APM vol. 2, chapter 3).
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include "arch/x86/vcpu.h"

#define CR0_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | \
			 X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD | \
			 X86_CR0_PG)
#define CR4_BITS	(X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | \
			 X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_PCE | \
			 X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)
#define EFER_BITS	(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX | EFER_FFXSR)

/* paging depends on these */
#define CR0_PAGING	(X86_CR0_PG | X86_CR0_WP | X86_CR0_PE)
#define CR4_PAGING	(X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_SMEP | X86_CR4_SMAP)
#define EFER_PAGING	(EFER_LME | EFER_LMA | EFER_NX)

/* CR4 bits that exist where CPUID leaf 7 EBX says so */
static const struct { u64 cr4; u32 ebx; } by_leaf7[] = {
	{ X86_CR4_FSGSBASE, 1u << 0 },
	{ X86_CR4_SMEP, 1u << 7 },
	{ X86_CR4_SMAP, 1u << 20 },
};

static u64 cr4_allowed(struct vcpu *v)
{
	u64 allowed = CR4_BITS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(by_leaf7); i++)
		if (cpuid_has(v, 7, 1, by_leaf7[i].ebx))
			allowed |= by_leaf7[i].cr4;
	if (cpuid_has(v, 7, 2, 1u << 2))
		allowed |= X86_CR4_UMIP;
	if (cpuid_has(v, 1, 2, 1u << 17))
		allowed |= X86_CR4_PCIDE;
	return allowed;
}

/**
 * cr_check() - whether three registers can stand beside each other
 * @v: the vCPU, for its CPUID
 * @cr0: as the guest sees it
 * @cr4: likewise
 * @efer: likewise
 *
 * Return: NULL if so, else what is wrong, a sentence.
 */
const char *cr_check(struct vcpu *v, u64 cr0, u64 cr4, u64 efer)
{
	bool lma = (efer & EFER_LME) && (cr0 & X86_CR0_PG);

	if (cr0 & ~(u64)CR0_BITS)
		return "cr0 has reserved bits set";
	if ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE))
		return "cr0.PG without cr0.PE";
	if ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD))
		return "cr0.NW without cr0.CD";
	if (cr4 & ~cr4_allowed(v))
		return "cr4 has bits set that this CPU does not have";
	if (efer & ~(u64)EFER_BITS)
		return "efer has bits set that this CPU does not have";
	if (lma != !!(efer & EFER_LMA))
		return "efer.LMA is not efer.LME and cr0.PG";
	if (lma && !(cr4 & X86_CR4_PAE))
		return "long mode without cr4.PAE";
	if (!lma && (cr4 & X86_CR4_PCIDE))
		return "cr4.PCIDE outside of long mode";
	return NULL;
}

bool cpu_long_mode(struct vcpu *v)
{
	u64 base;

	return (v->efer & EFER_LMA) && vendor->code(v, &base);
}

/**
 * cr_seen() - what the guest has made of its registers while it ran
 * @v: the vCPU, with nested paging
 * @cr0: as the guest sees it
 * @cr3: likewise
 * @cr4: likewise
 * @efer: likewise
 *
 * The processor has done what such a change does, to its TLB as well.
 */
void cr_seen(struct vcpu *v, u64 cr0, u64 cr3, u64 cr4, u64 efer)
{
	bool paging = ((cr0 ^ v->cr0) & CR0_PAGING) || ((cr4 ^ v->cr4) & CR4_PAGING) ||
		      ((efer ^ v->efer) & EFER_PAGING);

	v->cr0 = cr0;
	v->cr3 = cr3;
	v->cr4 = cr4;
	v->efer = efer;
	if (unlikely(paging))
		walk_setup(v);
}

static bool pae_paging(struct vcpu *v, u64 cr0, u64 cr4, u64 efer)
{
	return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(efer & EFER_LMA);
}

/**
 * cr_load_pdptrs() - PDPTEs after registers were set from outside
 * @v: the vCPU, about to enter
 *
 * They come from ``events`` if they were given there for this CR3, else from memory.
 * Return: false if the guest uses PAE paging and they have reserved bits set.
 */
bool cr_load_pdptrs(struct vcpu *v)
{
	bool pae = pae_paging(v, v->cr0, v->cr4, v->efer);

	if (pae && v->given.there && v->given.cr3 == v->cr3) {
		memcpy(v->mmu.pdptr, v->given.pdpte, sizeof(v->mmu.pdptr));
	} else if (pae && !mmu_load_pdptrs(v, v->cr3)) {
		vm_error(v->vm, "the PDPTEs at cr3 %#llx have reserved bits set", v->cr3);
		return false;
	}
	v->given.there = false;
	v->pdptr_stale = false;
	return true;
}

/**
 * cr_get_pdptrs() - the PDPTEs that the processor has
 * @v: the vCPU, not in the guest
 * @cr3: out: the CR3 that they were loaded with
 * @pdpte: out
 *
 * Return: false if it has none: no PAE paging, or still to be loaded.
 */
bool cr_get_pdptrs(struct vcpu *v, u64 *cr3, u64 pdpte[4])
{
	if (v->pdptr_stale && v->given.there) {
		*cr3 = v->given.cr3;
		memcpy(pdpte, v->given.pdpte, sizeof(v->given.pdpte));
		return true;
	}
	if (v->pdptr_stale || !pae_paging(v, v->cr0, v->cr4, v->efer))
		return false;
	*cr3 = v->cr3;
	memcpy(pdpte, v->mmu.pdptr, sizeof(v->mmu.pdptr));
	return true;
}

/**
 * cr_give_pdptrs() - PDPTEs of a restored vCPU
 * @v: claimed; its CR3 may be set later, or have been set before
 * @cr3: which they belong to
 * @pdpte: the four
 */
void cr_give_pdptrs(struct vcpu *v, u64 cr3, const u64 pdpte[4])
{
	v->given.there = true;
	v->given.cr3 = cr3;
	memcpy(v->given.pdpte, pdpte, sizeof(v->given.pdpte));
	v->pdptr_stale = true;
	v->vm->mmu_ops->reset(v);
}

/* everything was checked: take the values and tell the MMU */
static void cr_commit(struct vcpu *v, u64 cr0, u64 cr4, u64 efer)
{
	u64 changed = ((cr0 ^ v->cr0) & CR0_PAGING) | ((cr4 ^ v->cr4) & CR4_PAGING) |
		      ((efer ^ v->efer) & EFER_PAGING);

	v->cr0 = cr0;
	v->cr4 = cr4;
	v->efer = efer;
	v->cr_dirty = true;
	v->check_entry = true;
	v->mmio.valid = false;
	if (changed)
		v->vm->mmu_ops->reset(v);
}

static noinline int cr0_set(struct vcpu *v, u64 val)
{
	u64 efer = v->efer;
	struct hv_segment cs;

	val |= X86_CR0_ET;
	/* bits 31:0 that are reserved are ignored, above it is #GP (SDM vol. 3, 2.5) */
	if (val >> 32)
		return -EINVAL;
	val &= CR0_BITS;
	if (efer & EFER_LME) {
		if (val & X86_CR0_PG)
			efer |= EFER_LMA;
		else
			efer &= ~(u64)EFER_LMA;
		vendor->get_segment(v, SEG_CS, &cs);
		/* long mode is neither entered nor left from 64-bit code */
		if ((efer ^ v->efer) & EFER_LMA && (cs.attr & SEG_ATTR_L))
			return -EINVAL;
	}
	if (cr_check(v, val, v->cr4, efer))
		return -EINVAL;
	if (pae_paging(v, val, v->cr4, efer) && !pae_paging(v, v->cr0, v->cr4, v->efer) &&
	    !mmu_load_pdptrs(v, v->cr3))
		return -EINVAL;
	cr_commit(v, val, v->cr4, efer);
	return 0;
}

/* with CR4.PCIDE bit 63 asks for no flush, and is not kept: SDM vol. 3, 4.10.4.1 */
static __always_inline bool take_noflush(const struct vcpu *v, u64 *val)
{
	bool keep = (v->cr4 & X86_CR4_PCIDE) && (*val & X86_CR3_PCID_NOFLUSH);

	if (keep)
		*val &= ~X86_CR3_PCID_NOFLUSH;
	return keep;
}

static noinline int cr3_set_pcid(struct vcpu *v, u64 val)
{
	bool keep = take_noflush(v, &val);
	u64 old = v->cr3;

	if (val >= 1ULL << 52)
		return -EINVAL;
	v->cr3 = val;
	v->mmio.valid = false;
	v->vm->mmu_ops->new_pcid(v, old, keep);
	v->cr_dirty = true;
	return 0;
}

static noinline int cr3_set(struct vcpu *v, u64 val)
{
	if (v->cr4 & X86_CR4_PCIDE)
		return cr3_set_pcid(v, val);
	if (v->efer & EFER_LMA) {
		if (val >= 1ULL << 52)
			return -EINVAL;
	} else {
		val = (u32)val;
	}
	if (pae_paging(v, v->cr0, v->cr4, v->efer) && !mmu_load_pdptrs(v, val))
		return -EINVAL;
	v->cr3 = val;
	v->mmio.valid = false;
	v->vm->mmu_ops->new_cr3(v);
	v->cr_dirty = true;
	return 0;
}

/**
 * cr3_set_quick() - MOV to CR3, if that is nothing but another root
 * @v: the vCPU; v->in_guest is still set
 * @val: what the guest loads
 *
 * Context: interrupts off.
 * Return: false if cr3_set() must do it; nothing has changed then.
 */
bool cr3_set_quick(struct vcpu *v, u64 val)
{
	bool keep = take_noflush(v, &val);

	if (v->nested || val >= 1ULL << 52 || !mmu_quick_cr3(v, val, keep))
		return false;
	v->mmio.valid = false;
	return true;
}

static noinline int cr4_set(struct vcpu *v, u64 val)
{
	u64 old = v->cr4;

	if (cr_check(v, v->cr0, val, v->efer))
		return -EINVAL;
	/* what is in the TLB belongs to PCID 0: SDM vol. 3, 4.10.1 */
	if ((val & ~old & X86_CR4_PCIDE) && (v->cr3 & X86_CR3_PCID_MASK))
		return -EINVAL;
	if (pae_paging(v, v->cr0, val, v->efer) &&
	    ((val ^ old) & (X86_CR4_PAE | X86_CR4_PSE | X86_CR4_PGE | X86_CR4_SMEP))) {
		if (!mmu_load_pdptrs(v, v->cr3))
			return -EINVAL;
	}
	cr_commit(v, v->cr0, val, v->efer);
	if (((val ^ old) & X86_CR4_PGE) || (old & ~val & X86_CR4_PCIDE))
		v->vm->mmu_ops->flush_all(v);
	return 0;
}

/**
 * cr_invpcid() - INVPCID, whose operands were found good
 * @v: the vCPU
 * @type: 0 an address of a PCID, 1 a PCID, 2 all, 3 all but global pages
 * @pcid: 0 unless CR4.PCIDE is set
 * @gva: of type 0
 */
void cr_invpcid(struct vcpu *v, unsigned int type, u16 pcid, u64 gva)
{
	const struct mmu_ops *mmu = v->vm->mmu_ops;
	u16 own = v->cr4 & X86_CR4_PCIDE ? v->cr3 & X86_CR3_PCID_MASK : 0;

	v->mmio.valid = false;
	if (type > 1)
		mmu->flush_all(v);
	else if (pcid != own)
		mmu->flush_pcid(v, pcid);
	else if (type)
		mmu->new_pcid(v, v->cr3, false);
	else
		mmu->invlpg(v, gva);
}

/**
 * cr_get() - MOV from a control register
 * @v: the vCPU
 * @nr: 0, 2, 3, 4 or 8
 *
 * Return: its value.
 */
u64 cr_get(struct vcpu *v, unsigned int nr)
{
	switch (nr) {
	case 0:
		return v->cr0;
	case 2:
		return v->cr2;
	case 3:
		return v->cr3;
	case 4:
		return v->cr4;
	default:
		return v->cr8;
	}
}

/**
 * cr_set() - MOV to a control register
 * @v: the vCPU
 * @nr: 0, 2, 3, 4 or 8
 * @val: as the guest gives it
 *
 * Return: 0, or -EINVAL: #GP.
 */
int cr_set(struct vcpu *v, unsigned int nr, u64 val)
{
	switch (nr) {
	case 0:
		return cr0_set(v, val);
	case 2:
		v->cr2 = val;
		return 0;
	case 3:
		return cr3_set(v, val);
	case 4:
		return cr4_set(v, val);
	}
	if (val > 15)
		return -EINVAL;
	v->cr8 = val;
	return 0;
}

int efer_set(struct vcpu *v, u64 val)
{
	if (val & ~(u64)EFER_BITS)
		return -EINVAL;
	/* LMA cannot be written; LME not while paging (APM vol. 2, 3.1.7) */
	val = (val & ~(u64)EFER_LMA) | (v->efer & EFER_LMA);
	if (((val ^ v->efer) & EFER_LME) && (v->cr0 & X86_CR0_PG))
		return -EINVAL;
	if (cr_check(v, v->cr0, v->cr4, val))
		return -EINVAL;
	cr_commit(v, v->cr0, v->cr4, val);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own page tables, walked as the processor would: SDM vol. 3,
 * chapter 4.
 *
 * All formats go through one loop, descend(). They differ in how many levels there
 * are, how many bits of the address each takes, how wide an entry is (its arguments),
 * and which bits are reserved (data, in v->mmu.rsvd).
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include "arch/x86/mmu/spte.h"

/* bit n: entries of level n may map a page, if CR4.PSE lets them in MMU_32 */
static const u8 large_levels[MODES] = {
	[MMU_32] = BIT(2),
	[MMU_PAE] = BIT(2),
	[MMU_LONG] = BIT(2) | BIT(3),
};

/* PAE PDPTEs: 4.4.1, table 4-8 */
#define PDPTE_RSVD	(GENMASK_ULL(63, GUEST_PHYS_BITS) | GENMASK_ULL(8, 5) | \
			 GENMASK_ULL(2, 1))

/**
 * gpte_reserved() - the reserved bits of a guest entry
 * @mode: of the guest
 * @nx: EFER.NXE counts and is set
 * @pse: CR4.PSE, for MMU_32
 * @level: of the entry
 * @large: it maps a page above level 1
 *
 * SDM vol. 3, 4.3 to 4.5: tables 4-4, 4-5, 4-9 to 4-11, 4-14 to 4-20.
 */
u64 gpte_reserved(enum mmu_mode mode, bool nx, bool pse, unsigned int level, bool large)
{
	u64 rsvd;

	if (mode == MMU_32)
		/* PSE-36: bits 20:13 are address bits 39:32, 21 is left over */
		return large && pse ? BIT_ULL(21) : 0;
	/* long mode leaves 62:52 to software, PAE does not */
	rsvd = mode == MMU_LONG ? GENMASK_ULL(51, GUEST_PHYS_BITS) :
				  GENMASK_ULL(62, GUEST_PHYS_BITS);
	if (!nx)
		rsvd |= PT_NX;
	if (large && level < 4)
		rsvd |= GENMASK_ULL(12 + 9 * (level - 1) - 1, 13);
	if (level == 4)
		rsvd |= PT_PS;
	return rsvd;
}

/**
 * gpte_large_base() - where the page begins that an entry above level 1 maps
 * @mode: of the guest
 * @level: of the entry, in the guest's tables
 * @gpte: the entry
 *
 * Return: a gpa.
 */
u64 gpte_large_base(enum mmu_mode mode, unsigned int level, u64 gpte)
{
	if (mode == MMU_32)
		return (gpte & GENMASK_ULL(31, 22)) | (gpte & GENMASK_ULL(20, 13)) << 19;
	return gpte & GENMASK_ULL(GUEST_PHYS_BITS - 1, 12 + 9 * (level - 1));
}

/**
 * walk_setup() - take the guest's settings into v->mmu
 * @v: the vCPU, whose CR0, CR4 or EFER may have changed
 */
void walk_setup(struct vcpu *v)
{
	struct vcpu_mmu *mmu = &v->mmu;
	unsigned int level;

	if (!(v->cr0 & X86_CR0_PG))
		mmu->mode = MMU_REAL;
	else if (v->efer & EFER_LMA)
		mmu->mode = MMU_LONG;
	else
		mmu->mode = v->cr4 & X86_CR4_PAE ? MMU_PAE : MMU_32;
	mmu->shadow_long = mmu->mode == MMU_LONG;
	mmu->wp = v->cr0 & X86_CR0_WP;
	mmu->nx = mmu->mode >= MMU_PAE && (v->efer & EFER_NX);
	mmu->pse = mmu->mode == MMU_32 && (v->cr4 & X86_CR4_PSE);
	mmu->smep = mmu->mode && (v->cr4 & X86_CR4_SMEP);
	mmu->smap = mmu->mode && (v->cr4 & X86_CR4_SMAP);
	mmu->large = large_levels[mmu->mode];
	if (mmu->mode == MMU_32 && !mmu->pse)
		mmu->large = 0;
	for (level = 1; level <= 4; level++) {
		mmu->rsvd[level][0] = gpte_reserved(mmu->mode, mmu->nx, mmu->pse, level, false);
		mmu->rsvd[level][1] = level == 1 ? mmu->rsvd[1][0] :
			gpte_reserved(mmu->mode, mmu->nx, mmu->pse, level, true);
	}
}

/*
 * Whether the rights that all entries gave together forbid the access: 4.6.
 * There is no paging without rights, so the caller has excluded MMU_REAL.
 */
static bool denied(const struct vcpu *v, const struct walk *w)
{
	const struct vcpu_mmu *mmu = &v->mmu;
	u64 acc = w->acc;

	if ((w->access & PF_I) && !(acc & PT_NX))
		return true;
	if (w->access & PF_U)
		return !(acc & PT_U) || ((w->access & PF_W) && !(acc & PT_W));
	if ((w->access & PF_W) && mmu->wp && !(acc & PT_W))
		return true;
	if (!(acc & PT_U))
		return false;
	if (w->access & PF_I)
		return mmu->smep;
	return mmu->smap && (!(v->rflags & X86_EFLAGS_AC) || (w->access & PF_IMPLICIT));
}

static enum walk_result fault(const struct vcpu *v, struct walk *w, u32 why)
{
	w->error = why | (w->access & (PF_W | PF_U));
	if (v->mmu.nx || v->mmu.smep)
		w->error |= w->access & PF_I;
	return WALK_FAULT;
}

/* sets A, and D if the page is written; false if an entry changed meanwhile */
static bool set_accessed(struct vm_mmu *m, struct walk *w, unsigned int top, bool wide)
{
	unsigned int level;
	struct gpage *gp;
	u64 want;

	for (level = top; level >= w->level; level--) {
		want = PT_A;
		if (level == w->level && (w->access & PF_W))
			want |= PT_D;
		if ((w->pte[level] & want) == want)
			continue;
		want |= w->pte[level];
		gp = mem_gpage(m, w->table[level]);
		if (!(gp->va & GP_ROM)) {
			if (wide ? cmpxchg((u64 *)w->at[level], w->pte[level], want) !=
				   w->pte[level] :
				   cmpxchg((u32 *)w->at[level], (u32)w->pte[level], (u32)want) !=
				   (u32)w->pte[level])
				return false;
			gp->va |= GP_WRITTEN;
			dirty_note(m, w->table[level], gp);
		}
		w->pte[level] = want;
	}
	return true;
}

/*
 * From the table at @gfn down; fills @w but for A and D. Inlined once a format, with
 * these numbers as constants: this is the MMU's busiest loop.
 */
static __always_inline enum walk_result descend(struct vcpu *v, struct walk *w, u64 gfn,
						unsigned int level, const unsigned int bits,
						const unsigned int wide)
{
	const struct vcpu_mmu *mmu = &v->mmu;
	unsigned int shift = 12 + bits * (level - 1);
	struct vm_mmu *m = &v->vm->mmu;
	u64 gva = w->gva, all = ~0ull, nx = 0, pte;
	struct gpage *gp;
	bool large;
	void *at;

	for (;; level--, shift -= bits) {
		gp = mem_gpage(m, gfn);
		if (unlikely(!gp->va)) {
			if (gp == &mem_hole)	/* holes read as zeros */
				return fault(v, w, 0);
			w->missing = gfn;
			return WALK_MISSING;
		}
		at = gpage_va(gp) + ((gva >> shift & (BIT(bits) - 1)) << wide);
		pte = wide == 3 ? READ_ONCE(*(u64 *)at) : READ_ONCE(*(u32 *)at);
		w->at[level] = at;
		w->pte[level] = pte;
		w->table[level] = gfn;
		if (!(pte & PT_P))
			return fault(v, w, 0);
		large = (pte & PT_PS) && (mmu->large >> level & 1);
		if (unlikely(pte & mmu->rsvd[level][large]))
			return fault(v, w, PF_P | PF_RSVD);
		all &= pte;
		nx |= pte;
		if (level == 1 || large)
			break;
		gfn = (pte & PT_ADDR) >> PAGE_SHIFT;
	}
	w->level = level;
	w->acc = (all & (PT_W | PT_U | PT_A)) | (~nx & PT_NX);
	w->gpa = level == 1 ? pte & PT_ADDR : gpte_large_base(mmu->mode, level, pte);
	w->gpa |= gva & (BIT_ULL(shift) - 1);
	return WALK_OK;
}

/* with nested paging on AMD's processors: APM vol. 2, 15.25.10 */
static bool pdptes_in_memory(const struct vcpu *v)
{
	return v->nested && !v->vm->mmu.nested->pdptes_kept;
}

/*
 * The PDPTE of PAE paging: one of those that CR3 was loaded with, unless the processor
 * reads it with each walk. Then A is tolerated there: an emulator's walker sets it.
 */
static enum walk_result pdpte(struct vcpu *v, struct walk *w, u64 *pte)
{
	u64 gfn = (u32)v->cr3 >> PAGE_SHIFT;
	struct gpage *gp;

	*pte = v->mmu.pdptr[w->gva >> 30];
	if (!pdptes_in_memory(v))
		return WALK_OK;
	gp = mem_gpage(&v->vm->mmu, gfn);
	*pte = 0;
	if (gp == &mem_hole)
		return WALK_OK;
	w->missing = gfn;
	if (!gp->va)
		return WALK_MISSING;
	*pte = READ_ONCE(*(u64 *)(gpage_va(gp) + (v->cr3 & 0xfe0) + 8 * (w->gva >> 30)));
	if ((*pte & PT_P) && (*pte & PDPTE_RSVD & ~PT_A))
		return fault(v, w, PF_P | PF_RSVD);
	return WALK_OK;
}

/* the walk without its effects on A and D */
static enum walk_result walk_only(struct vcpu *v, struct walk *w)
{
	const struct vcpu_mmu *mmu = &v->mmu;
	enum walk_result r;
	u64 table = v->cr3;

	if (likely(mmu->mode == MMU_LONG)) {
		r = descend(v, w, (table & PT_ADDR) >> PAGE_SHIFT, 4, 9, 3);
	} else {
		w->gva = (u32)w->gva;
		if (mmu->mode == MMU_REAL) {
			w->level = ARRAY_SIZE(w->pte);
			w->acc = PT_W | PT_U | PT_NX | PT_A;
			w->gpa = w->gva;
			return WALK_OK;
		}
		if (mmu->mode == MMU_PAE) {
			r = pdpte(v, w, &table);
			if (r != WALK_OK)
				return r;
			if (!(table & PT_P))
				return fault(v, w, 0);
			r = descend(v, w, (table & PT_ADDR) >> PAGE_SHIFT, 2, 9, 3);
		} else {
			r = descend(v, w, (table & PT_ADDR) >> PAGE_SHIFT, 2, 10, 2);
		}
	}
	if (r == WALK_OK && unlikely(denied(v, w)))
		return fault(v, w, PF_P);
	return r;
}

/**
 * walk_guest() - translate as the processor does
 * @v: the vCPU
 * @w: in and out, see there
 *
 * Sets A and D bits in guest memory if the access is allowed.
 *
 * Context: mmu_lock is held.
 * Return: WALK_OK; WALK_FAULT, with w->error; WALK_MISSING: w->missing must be
 * fetched first.
 */
enum walk_result walk_guest(struct vcpu *v, struct walk *w)
{
	const enum mmu_mode mode = v->mmu.mode;
	enum walk_result r;

	do {
		r = walk_only(v, w);
		if (r != WALK_OK || mode == MMU_REAL)
			return r;
		if (likely((w->acc & PT_A) &&
			   (!(w->access & PF_W) || (w->pte[w->level] & PT_D))))
			return r;
		/* somebody writes the tables while we look: look again */
	} while (unlikely(!set_accessed(&v->vm->mmu, w, mode == MMU_LONG ? 4 : 2,
					mode != MMU_32)));
	return r;
}

/**
 * walk_leaf() - walk_guest() from a leaf table on, whose shadow page is known
 * @v: the vCPU; its CR0.WP is 1
 * @w: in and out; of the arrays only the entries of level 1 are filled in
 * @sp: the shadow page of the leaf table
 * @acc: rights of the entries above, which have their A bits set
 *
 * Context: mmu_lock is held.
 * Return: WALK_OK or WALK_FAULT.
 */
enum walk_result walk_leaf(struct vcpu *v, struct walk *w, const struct mmu_page *sp, u64 acc)
{
	const bool wide = v->mmu.mode != MMU_32;
	u64 want = w->access & PF_W ? PT_A | PT_D : PT_A;
	u64 pte;

	w->level = 1;
	w->table[1] = sp->gfn;
	if (likely(wide))
		w->at[1] = gpage_va(sp->table) + (w->gva >> 9 & 0xff8);
	else
		w->at[1] = gpage_va(sp->table) + (w->gva >> 10 & 0xffc);
	do {
		pte = wide ? READ_ONCE(*(u64 *)w->at[1]) : READ_ONCE(*(u32 *)w->at[1]);
		w->pte[1] = pte;
		if (!(pte & PT_P))
			return fault(v, w, 0);
		if (unlikely(pte & sp->rsvd))
			return fault(v, w, PF_P | PF_RSVD);
		w->acc = acc & (pte ^ PT_NX);
		w->gpa = (pte & PT_ADDR) | (w->gva & ~PAGE_MASK);
		if (unlikely(denied(v, w)))
			return fault(v, w, PF_P);
	} while ((pte & want) != want && !set_accessed(&v->vm->mmu, w, 1, wide));
	return WALK_OK;
}

/**
 * walk_fault() - the #PF of a walk that returned WALK_FAULT
 * @w: the walk
 * @gva: the address, not truncated
 * @exc: out
 */
void walk_fault(const struct walk *w, u64 gva, struct hv_exception *exc)
{
	*exc = (struct hv_exception){
		.vector = 14,
		.has_error = true,
		.error = w->error,
		.cr2 = gva,
	};
}

enum mmu_result mmu_translate(struct vcpu *v, u64 gva, u32 access, u64 *gpa,
			      struct hv_exception *exc)
{
	struct mmu_page *sp;
	enum walk_result r;
	struct walk w;

	w.gva = gva;
	w.access = access;

	for (;;) {
		mmu_lock(v->vm);
		r = walk_shortcut(v, &w, &sp);
		mmu_unlock(v->vm);
		if (likely(r != WALK_MISSING))
			break;
		v->error = mem_fetch(v->vm, w.missing);
		if (v->error)
			return MMU_ERROR;
	}
	if (r == WALK_FAULT) {
		walk_fault(&w, v->mmu.mode == MMU_LONG ? gva : (u32)gva, exc);
		return MMU_GUEST_FAULT;
	}
	*gpa = w.gpa;
	return MMU_RESUME;
}

bool mmu_peek(struct vcpu *v, u64 gva, u64 *gpa)
{
	struct walk w = { .gva = gva };
	enum walk_result r;

	for (;;) {
		mmu_lock(v->vm);
		r = walk_only(v, &w);
		mmu_unlock(v->vm);
		if (r != WALK_MISSING)
			break;
		if (mem_fetch(v->vm, w.missing))
			return false;
	}
	/* rights do not stop a debugger: only what is not there at all does */
	if (r == WALK_FAULT && (!(w.error & PF_P) || (w.error & PF_RSVD)))
		return false;
	*gpa = w.gpa;
	return true;
}

bool mmu_load_pdptrs(struct vcpu *v, u64 cr3)
{
	const u64 tolerated = pdptes_in_memory(v) ? PT_A : 0;
	u64 pdptr[4];
	unsigned int i;

	/* 32 bytes, aligned: never across pages; a hole reads as zeros */
	if (mem_read(v->vm, cr3 & GENMASK_ULL(31, 5), pdptr, sizeof(pdptr)))
		memset(pdptr, 0, sizeof(pdptr));
	for (i = 0; i < ARRAY_SIZE(pdptr); i++)
		if ((pdptr[i] & PT_P) && (pdptr[i] & PDPTE_RSVD & ~tolerated))
			return false;
	memcpy(v->mmu.pdptr, pdptr, sizeof(pdptr));
	return true;
}

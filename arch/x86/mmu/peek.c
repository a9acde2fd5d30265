// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at the instruction that just exited, without locks: the processor went
 * through these sptes a moment ago, so they are nearly always still there.
 */
#include <linux/irqflags.h>
#include <linux/smp.h>
#include <asm/msr-index.h>
#include <linux/string.h>
#include "arch/x86/mmu/spte.h"

static u64 entry_of(const u64 *table, u64 la, unsigned int shift)
{
	return READ_ONCE(table[la >> shift & (PT_ENTRIES - 1)]);
}

static const void *in_page(u64 spte, u64 la, u64 size)
{
	return __va((spte & PT_ADDR & ~(size - 1)) | (la & (size - 1)));
}

/* through our tables, from level 3 on: the host's address of @la, NULL if it is not mapped */
static const void *lookup_level3(const u64 *table, u64 la)
{
	u64 spte = entry_of(table, la, 30);

	if (!(spte & PT_P))
		return NULL;
	if (unlikely(spte & PT_PS))	/* reserved, and 0, in a PDPTE of PAE's */
		return in_page(spte, la, BIT_ULL(30));
	spte = entry_of(__va(spte & PT_ADDR), la, 21);
	if (!(spte & PT_P))
		return NULL;
	if (spte & PT_PS)
		return in_page(spte, la, BIT_ULL(21));
	spte = entry_of(__va(spte & PT_ADDR), la, 12);
	return spte & PT_P ? in_page(spte, la, PAGE_SIZE) : NULL;
}

static const void *lookup(struct vcpu *v, u64 la)
{
	const u64 *root = __va(v->mmu.root_hpa);
	u64 spte;

	if (unlikely(!v->mmu.shadow_long))
		return lookup_level3(root, la);
	spte = entry_of(root, la, 39);
	return spte & PT_P ? lookup_level3(__va(spte & PT_ADDR), la) : NULL;
}

/* of no step: those that are not needed are looked at as well */
static void start_way(struct vcpu_code *c)
{
	static const u64 nothing;
	unsigned int i;

	c->n = 0;
	for (i = 0; i < ARRAY_SIZE(c->way); i++) {
		c->way[i].at = &nothing;
		c->way[i].pte = 0;
	}
}

/* one entry of the guest's, @bits taken from the address at @shift; 0 if not at hand */
static u64 guest_entry(struct vcpu *v, u64 table, u64 la, unsigned int shift,
		       unsigned int bits)
{
	unsigned int size = bits == 10 ? 4 : 8;
	const void *at = nested_peek(&v->vm->mmu, table + (la >> shift & (BIT(bits) - 1)) * size);
	struct vcpu_code *c = &v->code;

	if (!at)
		return 0;
	if (size == 4)
		return READ_ONCE(*(const u32 *)at);
	c->way[c->n].at = at;
	c->way[c->n].pte = READ_ONCE(*(const u64 *)at);
	return c->way[c->n++].pte;
}

/* the same where the processor walks the guest's tables, and finds them through ours */
static const void *lookup_nested(struct vcpu *v, u64 la)
{
	const enum mmu_mode mode = v->mmu.mode;
	const unsigned int bits = mode == MMU_32 ? 10 : 9;
	u64 table = v->cr3 & PT_ADDR, pte;
	unsigned int level = mode == MMU_LONG ? 4 : 2, shift;

	start_way(&v->code);
	if (mode == MMU_REAL)
		return nested_peek(&v->vm->mmu, la);
	if (mode == MMU_PAE) {
		pte = guest_entry(v, v->cr3 & GENMASK_ULL(31, 5), la, 30, 2);
		if (!(pte & PT_P))
			return NULL;
		table = pte & PT_ADDR;
	}
	for (;; level--) {
		shift = PAGE_SHIFT + bits * (level - 1);
		pte = guest_entry(v, table, la, shift, bits);
		if (!(pte & PT_P))
			return NULL;
		if (level == 1)
			return nested_peek(&v->vm->mmu, (pte & PT_ADDR) | (la & ~PAGE_MASK));
		if ((pte & PT_PS) && (v->mmu.large >> level & 1))
			return nested_peek(&v->vm->mmu, gpte_large_base(mode, level, pte) |
					   (la & (BIT_ULL(shift) - 1)));
		table = pte & PT_ADDR;
	}
}

/**
 * mmu_find_code() - look where the instruction at a linear address is
 * @v: the vCPU, just out of the guest: v->in_guest is still set, interrupts are off
 * @la: linear address
 *
 * No shadow page is freed while v->in_guest is set and interrupts are off,
 * because whoever unlinks one waits for this CPU to take an IPI (vcpu.c, kick()).
 *
 * What is found is remembered like the translation in the processor's own TLB,
 * and forgotten when that is flushed; so mmu_code() needs no look at the tables.
 * With nested paging the guest flushes it by itself, so mmu_same_way() looks at its
 * entries each time.
 * Return: the byte there and the rest of its page, or NULL.
 */
const u8 *mmu_find_code(struct vcpu *v, u64 la)
{
	const u8 *code;

	v->code.host = NULL;
	if (!v->nested && v->mmu.root_hpa == INVALID_ROOT)
		return NULL;
	code = v->nested ? lookup_nested(v, la & PAGE_MASK) : lookup(v, la & PAGE_MASK);
	if (!code)
		return NULL;
	v->code.page = la & PAGE_MASK;
	/* entries of four bytes are not kept */
	if (v->nested && v->mmu.mode == MMU_32)
		return code + (la & ~PAGE_MASK);
	v->code.cr3 = v->cr3;
	v->code.mode = v->mmu.mode;
	v->code.host = code;
	return code + (la & ~PAGE_MASK);
}

/**
 * mmu_peek_code() - bytes of the instruction at v->rip
 * @v: the vCPU, just out of the guest
 * @la: linear address of v->rip
 * @buf: out
 * @n: how many, 1 to 15
 *
 * If somebody has asked for a flush since, REQ_* tells: then the way there may
 * be gone.
 *
 * Context: interrupts on or off.
 * Return: false if they are not all in one page that is mapped.
 */
bool mmu_peek_code(struct vcpu *v, u64 la, void *buf, unsigned int n)
{
	const unsigned long gone = BIT(REQ_MMU_RELOAD) | BIT(REQ_TLB_FLUSH);
	const u8 *code = NULL;
	unsigned long flags;

	if ((la & ~PAGE_MASK) + n > PAGE_SIZE)
		return false;
	local_irq_save(flags);
	v->cpu = smp_processor_id();
	WRITE_ONCE(v->in_guest, true);
	smp_mb();
	if (!(READ_ONCE(v->requests) & gone) && !v->cr_dirty)
		code = mmu_code(v, la);
	if (code)
		memcpy(buf, code, n);
	WRITE_ONCE(v->in_guest, false);
	local_irq_restore(flags);
	return code;
}

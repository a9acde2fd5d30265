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

/* bytes of @la's page from there on, or NULL */
static const void *lookup(struct vcpu *v, u64 la)
{
	int level = v->mmu.shadow_long ? 4 : 3;
	u64 *table = __va(v->mmu.root_hpa);
	u64 spte, offset;

	for (;; level--) {
		unsigned int shift = PAGE_SHIFT + 9 * (level - 1);

		spte = READ_ONCE(table[la >> shift & (PT_ENTRIES - 1)]);
		if (!(spte & PT_P))
			return NULL;
		if (level == 1 || (level < 4 && (spte & PT_PS))) {
			offset = la & (BIT_ULL(shift) - 1);
			return __va((spte & PT_ADDR & ~(BIT_ULL(shift) - 1)) + offset);
		}
		table = __va(spte & PT_ADDR);
	}
}

/**
 * mmu_peek_code() - bytes of the instruction at v->rip
 * @v: the vCPU, just out of the guest
 * @buf: out
 * @n: how many, 1 to 15
 *
 * No shadow page is freed while v->in_guest is set and interrupts are off,
 * because whoever unlinks one waits for this CPU to take an IPI (vcpu.c, kick()).
 * If that was before, REQ_MMU_RELOAD tells that the root is gone.
 *
 * Context: interrupts on or off.
 * Return: false if they are not all in one page that is mapped.
 */
bool mmu_peek_code(struct vcpu *v, void *buf, unsigned int n)
{
	bool was_in = v->in_guest;
	unsigned long flags;
	const void *code = NULL;
	u64 la = v->rip, base;

	if (!vendor->code(v, &base))
		la = (u32)(la + base);
	if ((la & ~PAGE_MASK) + n > PAGE_SIZE)
		return false;
	local_irq_save(flags);
	v->cpu = smp_processor_id();
	WRITE_ONCE(v->in_guest, true);
	smp_mb();
	if (v->mmu.root_hpa != INVALID_ROOT && !test_bit(REQ_MMU_RELOAD, &v->requests))
		code = lookup(v, la);
	if (code)
		memcpy(buf, code, n);
	WRITE_ONCE(v->in_guest, was_in);
	local_irq_restore(flags);
	return code;
}

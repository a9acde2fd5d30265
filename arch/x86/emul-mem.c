// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers, effective addresses, segmentation and the stack. Linear addresses
 * and everything behind them (paging, MMIO) belong to the ops.
 */
#include "emul-core.h"

void emul_set_reg(struct emul *e, unsigned int n, unsigned int size, u64 val)
{
	if (emul_is_high(e, n, size)) {
		n -= 4;
		val = (e->regs[n] & ~0xff00ULL) | (u8)val << 8;
	} else {
		val = emul_merge(e->regs[n], val, size);
	}
	emul_put_reg(e, n, val);
}

/* take back all writes to registers since begin() */
void emul_undo(struct emul *e)
{
	unsigned int n;

	for (n = 0; e->dirty; n++) {
		if (e->dirty & BIT(n))
			e->regs[n] = e->undo[n];
		e->dirty &= ~BIT(n);
	}
}

u64 emul_ea(struct emul *e)
{
	const struct emul_insn *i = &e->insn;
	u64 ea = i->disp;

	if (i->base < 16)
		ea += e->regs[i->base];
	else if (i->base == EMUL_RIP_BASE)
		ea += e->rip + e->len;
	if (i->index < 16)
		ea += e->regs[i->index] << i->scale;
	return ea & emul_mask(i->adsize);
}

/* #SS for the stack segment, else #GP */
static int limit_fault(struct emul *e, unsigned int seg)
{
	return emul_raise_code(e, seg == SEG_SS ? EXC_SS : EXC_GP, 0);
}

/* SDM 3A, 5.3 and 5.5: limit and type of an access to [@ea, @ea + @n) */
static int check_segment(struct emul *e, unsigned int seg, const struct hv_segment *s, u64 ea,
			 unsigned int n, unsigned int acc)
{
	u64 last = ea + n - 1;

	if (emul_protected(e)) {
		if (s->attr & SEG_ATTR_UNUSABLE)
			return emul_raise_code(e, EXC_GP, 0);
		if (s->attr & 8) {
			if (acc != ACC_READ || !(s->attr & 2))
				return limit_fault(e, seg);
		} else {
			if (acc != ACC_READ && !(s->attr & 2))
				return limit_fault(e, seg);
			if (s->attr & 4) {	/* expand-down */
				u64 max = s->attr & SEG_ATTR_DB ? 0xffffffff : 0xffff;

				return ea <= s->limit || last > max ? limit_fault(e, seg) : EMUL_OK;
			}
		}
	}
	return last > s->limit ? limit_fault(e, seg) : EMUL_OK;
}

static int check_alignment(struct emul *e, u64 la, unsigned int n)
{
	if (n > 8 || n & (n - 1) || !(la & (n - 1)))
		return EMUL_OK;
	return emul_raise_code(e, EXC_AC, 0);
}

/**
 * emul_linear() - from segment and offset to linear address
 * @e: the instruction
 * @seg: of the access
 * @ea: effective address, already cut to the address size
 * @n: bytes
 * @acc: ACC_*
 * @la: the result
 *
 * With all checks that come before paging (SDM 3A, 3.4, 5.3, 6.15 "#AC").
 * Canonical addresses have 48 bits: LA57 is not offered to guests.
 */
int emul_linear(struct emul *e, unsigned int seg, u64 ea, unsigned int n,
		unsigned int acc, u64 *la)
{
	struct hv_segment s;
	int rc;

	if (likely(e->mode == EMUL_LONG)) {
		if (seg >= SEG_FS) {
			e->ops->get_segment(e, seg, &s);
			ea += s.base;
		}
		*la = ea;
		if (unlikely(!emul_canonical(ea) || !emul_canonical(ea + n - 1)))
			return limit_fault(e, seg);
	} else {
		e->ops->get_segment(e, seg, &s);
		rc = check_segment(e, seg, &s, ea, n, acc);
		if (rc)
			return rc;
		*la = (u32)(s.base + ea);
	}
	if (unlikely(e->cpl == 3 && e->rflags & X86_EFLAGS_AC && e->cr0 & X86_CR0_AM))
		return check_alignment(e, *la, n);
	return EMUL_OK;
}

/* the 16 bytes that ModRM names, aligned or else #GP(0), even ahead of #SS in 64-bit mode */
int emul_linear16(struct emul *e, unsigned int acc, u64 *la)
{
	int rc = emul_linear(e, e->insn.seg, e->insn.ea, 16, acc, la);

	if ((!rc || e->mode == EMUL_LONG) && *la & 15)
		return emul_raise_code(e, EXC_GP, 0);
	return rc;
}

int emul_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags)
{
	return e->ops->read(e, la, buf, n, flags);
}

/* an exit for a write does not stop the instruction: see commit() */
int emul_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags)
{
	int rc = e->ops->write(e, la, buf, n, flags);

	if (rc == EMUL_EXIT) {
		e->exit = true;
		return EMUL_OK;
	}
	return rc;
}

/* the op of cmpxchg; a write to MMIO is queued and counts as done */
int emul_swap(struct emul *e, u64 la, const void *old, const void *new, unsigned int n,
	      bool *swapped)
{
	typeof(e->ops->cmpxchg) op = e->ops->cmpxchg;	/* "cmpxchg(" may be a macro */
	int rc;

	*swapped = false;
	rc = op(e, la, old, new, n, swapped);
	if (rc != EMUL_EXIT)
		return rc;
	e->exit = true;
	*swapped = true;
	return EMUL_OK;
}

int emul_load(struct emul *e, unsigned int seg, u64 ea, unsigned int n, u64 *val)
{
	u64 la;
	int rc;

	rc = emul_linear(e, seg, ea, n, ACC_READ, &la);
	if (rc)
		return rc;
	*val = 0;
	return emul_read(e, la, val, n, 0);
}

int emul_store(struct emul *e, unsigned int seg, u64 ea, unsigned int n, u64 val)
{
	u64 la;
	int rc;

	rc = emul_linear(e, seg, ea, n, ACC_WRITE, &la);
	if (rc)
		return rc;
	return emul_write(e, la, &val, n, 0);
}

int emul_load_rm(struct emul *e, unsigned int n, u64 *val)
{
	if (e->insn.mem)
		return emul_load(e, e->insn.seg, e->insn.ea, n, val);
	*val = emul_reg(e, e->insn.rm, n);
	return EMUL_OK;
}

int emul_store_rm(struct emul *e, unsigned int n, u64 val)
{
	if (e->insn.mem)
		return emul_store(e, e->insn.seg, e->insn.ea, n, val);
	emul_set_reg(e, e->insn.rm, n, val);
	return EMUL_OK;
}

/* bytes of the stack pointer that count (SDM 3A, 6.2.5 "address-size attribute of the stack") */
unsigned int emul_stack_size(struct emul *e)
{
	struct hv_segment ss;

	if (e->mode == EMUL_LONG)
		return 8;
	e->ops->get_segment(e, SEG_SS, &ss);
	return ss.attr & SEG_ATTR_DB ? 4 : 2;
}

int emul_push(struct emul *e, u64 val, unsigned int size)
{
	unsigned int ssize = emul_stack_size(e);
	u64 sp = (e->regs[R_SP] - size) & emul_mask(ssize);
	int rc;

	rc = emul_store(e, SEG_SS, sp, size, val);
	if (!rc)
		emul_put_reg(e, R_SP, emul_merge(e->regs[R_SP], sp, ssize));
	return rc;
}

int emul_pop(struct emul *e, u64 *val, unsigned int size)
{
	unsigned int ssize = emul_stack_size(e);
	u64 sp = e->regs[R_SP] & emul_mask(ssize);
	int rc;

	rc = emul_load(e, SEG_SS, sp, size, val);
	if (!rc)
		emul_put_reg(e, R_SP, emul_merge(e->regs[R_SP], sp + size, ssize));
	return rc;
}

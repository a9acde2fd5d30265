// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiplication, division and decimal adjustment. Division by 128-bit
 * numerators takes the processor's own instruction: the kernel has no function
 * for it.
 */
#include "emul-core.h"

/* the double-width operand of MUL and DIV: (R)DX:(R)AX, or AX for bytes */
static void put_wide(struct emul *e, u64 low, u64 high)
{
	unsigned int size = e->dst.size;

	if (size == 1) {
		emul_set_reg(e, R_AX, 2, (low & 0xff) | (high & 0xff) << 8);
		return;
	}
	emul_set_reg(e, R_AX, size, low);
	emul_set_reg(e, R_DX, size, high);
}

static u64 wide_high(const struct emul *e)
{
	if (e->dst.size == 1)
		return (u8)(e->regs[R_AX] >> 8);
	return emul_reg(e, R_DX, e->dst.size);
}

/* CF and OF say that the product does not fit; the others are undefined: those of @low */
static void mul_flags(struct emul *e, u64 low, bool over)
{
	emul_logic_flags(e, low, e->insn.opsize);
	if (over)
		e->flags |= X86_EFLAGS_CF | X86_EFLAGS_OF;
}

/* a * b, both of @size bytes: its low and high half */
static u64 wide_mul(u64 a, u64 b, unsigned int size, u64 *high)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	*high = (u64)(p >> (8 * size)) & emul_mask(size);
	return (u64)p & emul_mask(size);
}

static u64 wide_imul(s64 a, s64 b, unsigned int size, u64 *high)
{
	__int128 p = (__int128)a * b;

	*high = (u64)(p >> (8 * size)) & emul_mask(size);
	return (u64)p & emul_mask(size);
}

/* does the high half only repeat the sign? */
static bool sign_only(u64 low, u64 high, unsigned int size)
{
	return high == (low & emul_top(size) ? emul_mask(size) : 0);
}

int exec_mul(struct emul *e)
{
	unsigned int size = e->dst.size;
	u64 low, high;

	low = wide_mul(emul_reg(e, R_AX, size), e->dst.val, size, &high);
	put_wide(e, low, high);
	mul_flags(e, low, high);
	return EMUL_OK;
}

int exec_imul1(struct emul *e)
{
	unsigned int size = e->dst.size;
	u64 low, high;

	low = wide_imul(emul_sext(e->regs[R_AX], size), emul_sext(e->dst.val, size), size, &high);
	put_wide(e, low, high);
	mul_flags(e, low, !sign_only(low, high, size));
	return EMUL_OK;
}

/* two operands, or three (row->arg) with an immediate */
int exec_imul(struct emul *e)
{
	unsigned int size = e->dst.size;
	s64 b = e->insn.row->arg ? (s64)e->insn.imm : emul_sext(e->dst.val, size);
	u64 high;

	e->dst.val = wide_imul(emul_sext(e->src.val, size), b, size, &high);
	mul_flags(e, e->dst.val, !sign_only(e->dst.val, high, size));
	return EMUL_OK;
}

/* @high:@low / @d with @high < @d, so that the quotient fits */
static u64 div128(u64 high, u64 low, u64 d, u64 *rem)
{
	u64 q;

	asm("divq %4" : "=a" (q), "=d" (*rem) : "0" (low), "1" (high), "rm" (d) : "cc");
	return q;
}

/* division of double width, @size bytes each half; false if it does not fit */
static bool wide_div(u64 high, u64 low, u64 d, unsigned int size, u64 *q, u64 *rem)
{
	if (high >= d)		/* covers 0 */
		return false;
	if (size == 8) {
		*q = div128(high, low, d, rem);
		return true;
	}
	low |= high << (8 * size);
	*q = low / d;
	*rem = low % d;
	return true;
}

int exec_div(struct emul *e)
{
	unsigned int size = e->dst.size;
	u64 q, rem;

	if (!wide_div(wide_high(e), emul_reg(e, R_AX, size), e->dst.val, size, &q, &rem))
		return emul_raise(e, EXC_DE);
	put_wide(e, q, rem);
	return EMUL_OK;
}

int exec_idiv(struct emul *e)
{
	unsigned int size = e->dst.size;
	u64 low = emul_reg(e, R_AX, size), high = wide_high(e), d = e->dst.val;
	bool nneg = high & emul_top(size), dneg = d & emul_top(size);
	u64 q, rem, max;

	if (nneg) {
		low = -low & emul_mask(size);
		high = (~high + !low) & emul_mask(size);
	}
	if (dneg)
		d = -d & emul_mask(size);
	if (!wide_div(high, low, d, size, &q, &rem))
		return emul_raise(e, EXC_DE);
	max = emul_top(size) - (nneg == dneg);
	if (q > max)
		return emul_raise(e, EXC_DE);
	put_wide(e, nneg == dneg ? q : -q, nneg ? -rem : rem);
	return EMUL_OK;
}

/* --- decimal (SDM 2A: AAA, AAD, AAM, AAS, DAA, DAS) ------------------------ */

static void set_carries(struct emul *e, bool af, bool cf)
{
	e->flags &= ~(u64)(X86_EFLAGS_AF | X86_EFLAGS_CF);
	if (af)
		e->flags |= X86_EFLAGS_AF;
	if (cf)
		e->flags |= X86_EFLAGS_CF;
}

static int decimal_adjust(struct emul *e, int sign)
{
	u8 old = e->regs[R_AX], al = old;
	bool cf = e->flags & X86_EFLAGS_CF, af = e->flags & X86_EFLAGS_AF, carry = cf;

	af = (old & 15) > 9 || af;
	if (af) {
		cf = carry || (sign > 0 ? old > 0xf9 : old < 6);
		al += 6 * sign;
	}
	if (old > 0x99 || carry) {
		al += 0x60 * sign;
		cf = true;
	} else if (sign > 0) {
		cf = false;
	}
	emul_set_reg(e, R_AX, 1, al);
	emul_logic_flags(e, al, 1);
	set_carries(e, af, cf);
	return EMUL_OK;
}

int exec_daa(struct emul *e)
{
	return decimal_adjust(e, 1);
}

int exec_das(struct emul *e)
{
	return decimal_adjust(e, -1);
}

static int ascii_adjust(struct emul *e, int sign)
{
	u16 ax = e->regs[R_AX];
	bool adjust = (ax & 15) > 9 || e->flags & X86_EFLAGS_AF;

	if (adjust)
		ax += 0x106 * sign;
	ax &= 0xff0f;
	emul_set_reg(e, R_AX, 2, ax);
	emul_logic_flags(e, ax & 0xff, 1);
	set_carries(e, adjust, adjust);
	return EMUL_OK;
}

int exec_aaa(struct emul *e)
{
	return ascii_adjust(e, 1);
}

int exec_aas(struct emul *e)
{
	return ascii_adjust(e, -1);
}

int exec_aam(struct emul *e)
{
	u8 al = e->regs[R_AX], base = e->insn.imm;

	if (!base)
		return emul_raise(e, EXC_DE);
	emul_set_reg(e, R_AX, 2, (al / base) << 8 | al % base);
	emul_logic_flags(e, al % base, 1);
	return EMUL_OK;
}

int exec_aad(struct emul *e)
{
	u8 al = e->regs[R_AX], ah = e->regs[R_AX] >> 8;

	al += ah * (u8)e->insn.imm;
	emul_set_reg(e, R_AX, 2, al);
	emul_logic_flags(e, al, 1);
	return EMUL_OK;
}

/* SALC: undocumented, as in every processor */
int exec_salc(struct emul *e)
{
	emul_set_reg(e, R_AX, 1, e->flags & X86_EFLAGS_CF ? 0xff : 0);
	return EMUL_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shifts, rotates and bit instructions. OF is defined for a count of 1 alone;
 * for others it gets what processors compute from the last step.
 */
#include "emul-core.h"

static unsigned int shift_count(const struct emul *e, u64 count)
{
	return count & (e->dst.size == 8 ? 63 : 31);
}

static void set_flag(struct emul *e, u64 flag, bool on)
{
	if (on)
		e->flags |= flag;
	else
		e->flags &= ~flag;
}

/* CF and OF of a rotate */
static void rotate_flags(struct emul *e, bool cf, bool of)
{
	set_flag(e, X86_EFLAGS_CF, cf);
	set_flag(e, X86_EFLAGS_OF, of);
}

/* all of a shift; AF is undefined and becomes 0 */
static void shift_flags(struct emul *e, bool cf, bool of)
{
	emul_logic_flags(e, e->dst.val, e->dst.size);
	rotate_flags(e, cf, of);
}

static bool top(const struct emul *e, u64 val)
{
	return val & emul_top(e->dst.size);
}

static u64 rotl(u64 val, unsigned int n, unsigned int bits)
{
	n &= bits - 1;
	if (!n)
		return val;
	return ((val << n) | (val >> (bits - n))) & emul_mask(bits / 8);
}

int exec_rol(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val), bits = 8 * e->dst.size;

	if (!n)
		return EMUL_OK;
	e->dst.val = rotl(e->dst.val, n, bits);
	rotate_flags(e, e->dst.val & 1, top(e, e->dst.val) != (e->dst.val & 1));
	return EMUL_OK;
}

int exec_ror(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val), bits = 8 * e->dst.size;

	if (!n)
		return EMUL_OK;
	e->dst.val = rotl(e->dst.val, -n, bits);
	rotate_flags(e, top(e, e->dst.val), top(e, e->dst.val) != top(e, e->dst.val << 1));
	return EMUL_OK;
}

int exec_rcl(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val) % (8 * e->dst.size + 1);
	bool cf = e->flags & X86_EFLAGS_CF, out;
	u64 v = e->dst.val;

	if (!shift_count(e, e->src.val))
		return EMUL_OK;
	while (n--) {
		out = top(e, v);
		v = (v << 1 | cf) & emul_mask(e->dst.size);
		cf = out;
	}
	e->dst.val = v;
	rotate_flags(e, cf, top(e, v) != cf);
	return EMUL_OK;
}

int exec_rcr(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val) % (8 * e->dst.size + 1);
	bool cf = e->flags & X86_EFLAGS_CF, out;
	u64 v = e->dst.val;

	if (!shift_count(e, e->src.val))
		return EMUL_OK;
	while (n--) {
		out = v & 1;
		v = v >> 1 | (cf ? emul_top(e->dst.size) : 0);
		cf = out;
	}
	e->dst.val = v;
	rotate_flags(e, cf, top(e, v) != top(e, v << 1));
	return EMUL_OK;
}

int exec_shl(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val);
	u64 v = e->dst.val;
	bool cf;

	if (!n)
		return EMUL_OK;
	v <<= n - 1;
	cf = top(e, v);
	e->dst.val = v << 1 & emul_mask(e->dst.size);
	shift_flags(e, cf, top(e, e->dst.val) != cf);
	return EMUL_OK;
}

int exec_shr(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val);
	u64 v = e->dst.val;

	if (!n)
		return EMUL_OK;
	e->dst.val = v >> (n - 1) >> 1;
	shift_flags(e, v >> (n - 1) & 1, top(e, v));
	return EMUL_OK;
}

int exec_sar(struct emul *e)
{
	unsigned int n = shift_count(e, e->src.val);
	s64 v = emul_sext(e->dst.val, e->dst.size);

	if (!n)
		return EMUL_OK;
	e->dst.val = (u64)(v >> (n - 1) >> 1) & emul_mask(e->dst.size);
	shift_flags(e, v >> (n - 1) & 1, false);
	return EMUL_OK;
}

/* the count of SHLD and SHRD: an immediate (row->arg) or CL */
static unsigned int double_count(const struct emul *e)
{
	return shift_count(e, e->insn.row->arg ? e->insn.imm : e->regs[R_CX]);
}

int exec_shld(struct emul *e)
{
	unsigned int n = double_count(e), bits = 8 * e->dst.size;
	u64 v = e->dst.val, s = e->src.val;
	bool cf, of;

	if (!n)
		return EMUL_OK;
	if (n > bits) {		/* 16 bits only, undefined: dst:src:dst, as Intel's do */
		v = s;
		s = e->dst.val;
		n -= bits;
	}
	cf = v >> (bits - n) & 1;
	v = n == bits ? s : (v << n | s >> (bits - n)) & emul_mask(e->dst.size);
	of = top(e, v) != top(e, e->dst.val);
	e->dst.val = v;
	shift_flags(e, cf, of);
	return EMUL_OK;
}

int exec_shrd(struct emul *e)
{
	unsigned int n = double_count(e), bits = 8 * e->dst.size;
	u64 v = e->dst.val, s = e->src.val;
	bool cf, of;

	if (!n)
		return EMUL_OK;
	if (n > bits) {
		v = s;
		s = e->dst.val;
		n -= bits;
	}
	cf = v >> (n - 1) & 1;
	v = n == bits ? s : (v >> n | s << (bits - n)) & emul_mask(e->dst.size);
	of = top(e, v) != top(e, e->dst.val);
	e->dst.val = v;
	shift_flags(e, cf, of);
	return EMUL_OK;
}

static u64 bit(const struct emul *e)
{
	return 1ULL << (e->src.val & (8 * e->dst.size - 1));
}

/* BT, and BTS, BTR, BTC after it */
int exec_bt(struct emul *e)
{
	set_flag(e, X86_EFLAGS_CF, e->dst.val & bit(e));
	return EMUL_OK;
}

int exec_bts(struct emul *e)
{
	exec_bt(e);
	e->dst.val |= bit(e);
	return EMUL_OK;
}

int exec_btr(struct emul *e)
{
	exec_bt(e);
	e->dst.val &= ~bit(e);
	return EMUL_OK;
}

int exec_btc(struct emul *e)
{
	exec_bt(e);
	e->dst.val ^= bit(e);
	return EMUL_OK;
}

/*
 * BSF and BSR of 0 leave the destination as it is (AMD says so, Intel's
 * processors do so; 32-bit forms differ in the upper half, which stays here).
 */
static int scan(struct emul *e, unsigned int n)
{
	emul_logic_flags(e, e->src.val, e->src.size);
	if (e->src.val)
		emul_set_reg(e, e->insn.reg, e->src.size, n);
	return EMUL_OK;
}

int exec_bsf(struct emul *e)
{
	return scan(e, e->src.val ? __builtin_ctzll(e->src.val) : 0);
}

int exec_bsr(struct emul *e)
{
	return scan(e, e->src.val ? 63 - __builtin_clzll(e->src.val) : 0);
}

/* TZCNT, LZCNT: CF for an operand of 0, ZF for a result of 0 */
static int count_zeros(struct emul *e, unsigned int n)
{
	e->dst.val = n;
	emul_logic_flags(e, n, e->dst.size);
	set_flag(e, X86_EFLAGS_CF, !e->src.val);
	return EMUL_OK;
}

int exec_tzcnt(struct emul *e)
{
	return count_zeros(e, e->src.val ? __builtin_ctzll(e->src.val) : 8 * e->src.size);
}

int exec_lzcnt(struct emul *e)
{
	unsigned int bits = 8 * e->src.size;

	return count_zeros(e, e->src.val ? __builtin_clzll(e->src.val) - (64 - bits) : bits);
}

int exec_popcnt(struct emul *e)
{
	unsigned int n = 0;
	u64 v;

	for (v = e->src.val; v; v &= v - 1)
		n++;
	e->dst.val = n;
	e->flags &= ~(u64)EFL_ARITH;
	set_flag(e, X86_EFLAGS_ZF, !n);
	return EMUL_OK;
}

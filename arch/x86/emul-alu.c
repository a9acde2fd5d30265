// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves, integer arithmetic and logic. Executors find the operands in e->src and
 * e->dst and leave the result in e->dst.val; flags go to e->flags.
 */
#include "emul-core.h"

static u64 parity_flag(u64 r)
{
	u8 b = (u8)r ^ (u8)r >> 4;

	return (0x9669 >> (b & 15)) & 1 ? X86_EFLAGS_PF : 0;
}

/* ZF, SF and PF of @r, which has no bits above @size */
static u64 result_flags(u64 r, unsigned int size)
{
	u64 f = parity_flag(r);

	if (!r)
		f |= X86_EFLAGS_ZF;
	if (r & emul_top(size))
		f |= X86_EFLAGS_SF;
	return f;
}

/* @carry: the carry out of each bit; @over: top bit is the overflow */
static void arith_flags(struct emul *e, u64 r, u64 carry, u64 over, unsigned int size)
{
	u64 f = result_flags(r, size);

	if (carry & emul_top(size))
		f |= X86_EFLAGS_CF;
	if (carry & 8)
		f |= X86_EFLAGS_AF;
	if (over & emul_top(size))
		f |= X86_EFLAGS_OF;
	e->flags = (e->flags & ~(u64)EFL_ARITH) | f;
}

static u64 add_flags(struct emul *e, u64 a, u64 b, u64 c, unsigned int size)
{
	u64 r = (a + b + c) & emul_mask(size);

	arith_flags(e, r, (a & b) | ((a | b) & ~r), (a ^ r) & (b ^ r), size);
	return r;
}

static u64 sbb_flags(struct emul *e, u64 a, u64 b, u64 c, unsigned int size)
{
	u64 r = (a - b - c) & emul_mask(size);

	arith_flags(e, r, (~a & b) | ((~a | b) & r), (a ^ b) & (a ^ r), size);
	return r;
}

/* a - b with the flags of CMP; both without bits above @size */
u64 emul_sub_flags(struct emul *e, u64 a, u64 b, unsigned int size)
{
	return sbb_flags(e, a, b, 0, size);
}

/* ZF, SF, PF; clears CF, OF and AF (undefined after logic: what processors do) */
void emul_logic_flags(struct emul *e, u64 r, unsigned int size)
{
	e->flags = (e->flags & ~(u64)EFL_ARITH) | result_flags(r, size);
}

int exec_add(struct emul *e)
{
	e->dst.val = add_flags(e, e->dst.val, e->src.val, 0, e->dst.size);
	return EMUL_OK;
}

int exec_adc(struct emul *e)
{
	e->dst.val = add_flags(e, e->dst.val, e->src.val, e->flags & X86_EFLAGS_CF, e->dst.size);
	return EMUL_OK;
}

int exec_sub(struct emul *e)
{
	e->dst.val = sbb_flags(e, e->dst.val, e->src.val, 0, e->dst.size);
	return EMUL_OK;
}

int exec_sbb(struct emul *e)
{
	e->dst.val = sbb_flags(e, e->dst.val, e->src.val, e->flags & X86_EFLAGS_CF, e->dst.size);
	return EMUL_OK;
}

int exec_cmp(struct emul *e)
{
	sbb_flags(e, e->dst.val, e->src.val, 0, e->dst.size);
	return EMUL_OK;
}

int exec_and(struct emul *e)
{
	e->dst.val &= e->src.val;
	emul_logic_flags(e, e->dst.val, e->dst.size);
	return EMUL_OK;
}

int exec_or(struct emul *e)
{
	e->dst.val |= e->src.val;
	emul_logic_flags(e, e->dst.val, e->dst.size);
	return EMUL_OK;
}

int exec_xor(struct emul *e)
{
	e->dst.val ^= e->src.val;
	emul_logic_flags(e, e->dst.val, e->dst.size);
	return EMUL_OK;
}

int exec_test(struct emul *e)
{
	emul_logic_flags(e, e->dst.val & e->src.val, e->dst.size);
	return EMUL_OK;
}

int exec_inc(struct emul *e)
{
	u64 cf = e->flags & X86_EFLAGS_CF;

	e->dst.val = add_flags(e, e->dst.val, 1, 0, e->dst.size);
	e->flags = (e->flags & ~(u64)X86_EFLAGS_CF) | cf;
	return EMUL_OK;
}

int exec_dec(struct emul *e)
{
	u64 cf = e->flags & X86_EFLAGS_CF;

	e->dst.val = sbb_flags(e, e->dst.val, 1, 0, e->dst.size);
	e->flags = (e->flags & ~(u64)X86_EFLAGS_CF) | cf;
	return EMUL_OK;
}

int exec_neg(struct emul *e)
{
	e->dst.val = sbb_flags(e, 0, e->dst.val, 0, e->dst.size);
	return EMUL_OK;
}

int exec_not(struct emul *e)
{
	e->dst.val = ~e->dst.val & emul_mask(e->dst.size);
	return EMUL_OK;
}

int exec_mov(struct emul *e)
{
	e->dst.val = e->src.val;
	return EMUL_OK;
}

/* MOVSX, MOVSXD */
int exec_movsx(struct emul *e)
{
	e->dst.val = emul_sext(e->src.val, e->src.size);
	return EMUL_OK;
}

/* MOVBE's direction is told by the operands; the bytes turn either way */
int exec_movbe(struct emul *e)
{
	e->dst.val = __builtin_bswap64(e->src.val) >> (64 - 8 * e->dst.size);
	return EMUL_OK;
}

int exec_bswap(struct emul *e)
{
	/* undefined with 16 bits; processors clear them */
	if (e->dst.size == 2)
		e->dst.val = 0;
	else
		e->dst.val = __builtin_bswap64(e->dst.val) >> (64 - 8 * e->dst.size);
	return EMUL_OK;
}

int exec_lea(struct emul *e)
{
	e->dst.val = e->insn.ea;
	return EMUL_OK;
}

int exec_xchg(struct emul *e)
{
	u64 old = e->dst.val;

	e->dst.val = e->src.val;
	emul_set_reg(e, e->src.reg, e->src.size, old);
	return EMUL_OK;
}

/* 0x90: exchanges R8 if told so by REX, else nothing, upper halves included */
int exec_nop_xchg(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 a = e->regs[R_AX], b = e->regs[8];

	if (!(e->insn.rex & 1))
		return EMUL_OK;
	emul_set_reg(e, R_AX, size, b);
	emul_set_reg(e, 8, size, a);
	return EMUL_OK;
}

int exec_xadd(struct emul *e)
{
	u64 old = e->dst.val;

	e->dst.val = add_flags(e, old, e->src.val, 0, e->dst.size);
	emul_set_reg(e, e->src.reg, e->src.size, old);
	return EMUL_OK;
}

int exec_cmpxchg(struct emul *e)
{
	unsigned int size = e->dst.size;
	u64 acc = emul_reg(e, R_AX, size);

	sbb_flags(e, acc, e->dst.val, 0, size);
	if (acc == e->dst.val) {
		e->dst.val = e->src.val;
		return EMUL_OK;
	}
	emul_set_reg(e, R_AX, size, e->dst.val);
	if (!e->insn.mem) {	/* not even the upper half of a register changes */
		e->dst.size = 8;
		e->dst.val = e->regs[e->dst.reg];
	}
	return EMUL_OK;
}

/*
 * Try to replace @old by @new, @n bytes at @la, with or without LOCK. Without it
 * the guest promises nothing about other CPUs, and neither need we.
 */
static int replace(struct emul *e, u64 la, const u64 *old, const u64 *new, unsigned int n,
		   bool *swapped)
{
	if (e->insn.lock)
		return emul_swap(e, la, old, new, n, swapped);
	*swapped = true;
	return emul_write(e, la, new, n, 0);
}

/* CMPXCHG8B and CMPXCHG16B: RDX:RAX with m, else RCX:RBX to m */
int exec_cmpxchg8b(struct emul *e)
{
	unsigned int half = e->insn.opsize == 8 ? 8 : 4;
	u64 old[2] = {}, new[2], la;
	bool same, swapped;
	int rc;

	if (half == 8)
		rc = emul_linear16(e, ACC_RMW, &la);
	else
		rc = emul_linear(e, e->insn.seg, e->insn.ea, 8, ACC_RMW, &la);
	if (rc)
		return rc;
	new[0] = emul_reg(e, R_BX, half);
	new[1] = emul_reg(e, R_CX, half);
	if (half == 4)
		new[0] |= new[1] << 32;
	do {
		rc = emul_read(e, la, old, 2 * half, EMUL_FOR_WRITE);
		if (rc)
			return rc;
		if (half == 4)
			same = old[0] == (emul_reg(e, R_AX, 4) | emul_reg(e, R_DX, 4) << 32);
		else
			same = old[0] == e->regs[R_AX] && old[1] == e->regs[R_DX];
		rc = replace(e, la, old, same ? new : old, 2 * half, &swapped);
		if (rc)
			return rc;
	} while (!swapped);
	if (same) {
		e->flags |= X86_EFLAGS_ZF;
		return EMUL_OK;
	}
	e->flags &= ~(u64)X86_EFLAGS_ZF;
	emul_set_reg(e, R_AX, half, old[0]);
	emul_set_reg(e, R_DX, half, half == 4 ? old[0] >> 32 : old[1]);
	return EMUL_OK;
}

/* SDM vol. 1, appendix B */
bool emul_condition(const struct emul *e, unsigned int cc)
{
	u64 f = e->flags;
	bool less = !(f & X86_EFLAGS_SF) != !(f & X86_EFLAGS_OF);
	bool yes;

	switch (cc >> 1 & 7) {
	case 0:
		yes = f & X86_EFLAGS_OF;
		break;
	case 1:
		yes = f & X86_EFLAGS_CF;
		break;
	case 2:
		yes = f & X86_EFLAGS_ZF;
		break;
	case 3:
		yes = f & (X86_EFLAGS_CF | X86_EFLAGS_ZF);
		break;
	case 4:
		yes = f & X86_EFLAGS_SF;
		break;
	case 5:
		yes = f & X86_EFLAGS_PF;
		break;
	case 6:
		yes = less;
		break;
	default:
		yes = less || f & X86_EFLAGS_ZF;
	}
	return yes != (cc & 1);
}

int exec_setcc(struct emul *e)
{
	e->dst.val = emul_condition(e, e->insn.opcode);
	return EMUL_OK;
}

int exec_cmovcc(struct emul *e)
{
	if (emul_condition(e, e->insn.opcode))
		e->dst.val = e->src.val;
	return EMUL_OK;
}

/* CBW, CWDE, CDQE */
int exec_cbw(struct emul *e)
{
	unsigned int size = e->insn.opsize;

	emul_set_reg(e, R_AX, size, emul_sext(e->regs[R_AX], size / 2));
	return EMUL_OK;
}

/* CWD, CDQ, CQO */
int exec_cwd(struct emul *e)
{
	unsigned int size = e->insn.opsize;

	emul_set_reg(e, R_DX, size, e->regs[R_AX] & emul_top(size) ? ~0ULL : 0);
	return EMUL_OK;
}

#define SAHF_FLAGS (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF)

int exec_lahf(struct emul *e)
{
	u64 ah = (e->flags & SAHF_FLAGS) | X86_EFLAGS_FIXED;

	emul_put_reg(e, R_AX, (e->regs[R_AX] & ~0xff00ULL) | ah << 8);
	return EMUL_OK;
}

int exec_sahf(struct emul *e)
{
	e->flags = (e->flags & ~(u64)SAHF_FLAGS) | (e->regs[R_AX] >> 8 & SAHF_FLAGS);
	return EMUL_OK;
}

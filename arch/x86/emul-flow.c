// SPDX-License-Identifier: GPL-2.0-only
/*
 * Near control transfer and the stack.
 */
#include "emul-core.h"

/**
 * emul_set_rip() - continue at @rip in the same code segment
 * @e: the instruction
 * @rip: target, cut to the operand size by the caller
 *
 * #GP(0) outside of the segment (SDM 2A, JMP) comes before the jump.
 */
int emul_set_rip(struct emul *e, u64 rip)
{
	struct hv_segment cs;

	if (e->mode == EMUL_LONG) {
		if (!emul_canonical(rip))
			return emul_raise_code(e, EXC_GP, 0);
	} else {
		e->ops->get_segment(e, SEG_CS, &cs);
		if (rip > cs.limit)
			return emul_raise_code(e, EXC_GP, 0);
	}
	e->next_rip = rip;
	return EMUL_OK;
}

static int jump_relative(struct emul *e)
{
	return emul_set_rip(e, (e->next_rip + e->insn.imm) & emul_mask(e->insn.opsize));
}

int exec_jcc(struct emul *e)
{
	return emul_condition(e, e->insn.opcode) ? jump_relative(e) : EMUL_OK;
}

int exec_jmp(struct emul *e)
{
	return jump_relative(e);
}

int exec_jmp_rm(struct emul *e)
{
	return emul_set_rip(e, e->src.val);
}

int exec_call(struct emul *e)
{
	int rc = emul_push(e, e->next_rip, e->insn.opsize);

	return rc ? rc : jump_relative(e);
}

int exec_call_rm(struct emul *e)
{
	int rc = emul_push(e, e->next_rip, e->insn.opsize);

	return rc ? rc : emul_set_rip(e, e->src.val);
}

/* let go of @n bytes of arguments */
void emul_drop_stack(struct emul *e, unsigned int n)
{
	u64 sp = e->regs[R_SP];

	emul_put_reg(e, R_SP, emul_merge(sp, sp + n, emul_stack_size(e)));
}

int exec_ret(struct emul *e)
{
	u64 rip;
	int rc;

	rc = emul_pop(e, &rip, e->insn.opsize);
	if (rc)
		return rc;
	emul_drop_stack(e, e->insn.imm);
	return emul_set_rip(e, rip);
}

/* LOOP, LOOPE, LOOPNE: the counter is of the address size */
int exec_loop(struct emul *e)
{
	unsigned int size = e->insn.adsize;
	u64 count = (e->regs[R_CX] - 1) & emul_mask(size);
	bool zf = e->flags & X86_EFLAGS_ZF;

	emul_set_reg(e, R_CX, size, count);
	if (!count)
		return EMUL_OK;
	if ((e->insn.opcode == 0xe0 && zf) || (e->insn.opcode == 0xe1 && !zf))
		return EMUL_OK;
	return jump_relative(e);
}

int exec_jcxz(struct emul *e)
{
	return emul_reg(e, R_CX, e->insn.adsize) ? EMUL_OK : jump_relative(e);
}

/* --- stack ----------------------------------------------------------------- */

int exec_push(struct emul *e)
{
	return emul_push(e, e->src.val, e->insn.opsize);
}

int exec_pop(struct emul *e)
{
	return emul_pop(e, &e->dst.val, e->insn.opsize);
}

/* the address of the operand is computed with the stack pointer after it */
int exec_pop_rm(struct emul *e)
{
	u64 val;
	int rc;

	rc = emul_pop(e, &val, e->insn.opsize);
	if (rc)
		return rc;
	if (e->insn.mem)
		e->insn.ea = emul_ea(e);
	return emul_store_rm(e, e->insn.opsize, val);
}

int exec_pusha(struct emul *e)
{
	unsigned int n, size = e->insn.opsize;
	u64 sp = e->regs[R_SP];
	int rc;

	for (n = R_AX; n <= R_DI; n++) {
		rc = emul_push(e, n == R_SP ? sp : e->regs[n], size);
		if (rc)
			return rc;
	}
	return EMUL_OK;
}

int exec_popa(struct emul *e)
{
	unsigned int n, size = e->insn.opsize;
	u64 val;
	int rc;

	for (n = 8; n--;) {
		rc = emul_pop(e, &val, size);
		if (rc)
			return rc;
		if (n != R_SP)
			emul_set_reg(e, n, size, val);
	}
	return EMUL_OK;
}

int exec_pushf(struct emul *e)
{
	if (e->mode == EMUL_VM86 && EFL_IOPL(e->flags) < 3)
		return emul_raise_code(e, EXC_GP, 0);
	return emul_push(e, e->rflags & ~(u64)(X86_EFLAGS_VM | X86_EFLAGS_RF), e->insn.opsize);
}

/**
 * emul_new_flags() - what POPF and IRET may make of rflags
 * @e: the instruction
 * @val: popped
 * @size: of it, bytes
 * @cpl: the privilege that counts
 * @extra: flags that the caller may change beyond those of POPF (RF)
 *
 * SDM 2B, POPF, table 4-17. VIF and VIP stay as they are.
 */
u64 emul_new_flags(struct emul *e, u64 val, unsigned int size, unsigned int cpl, u64 extra)
{
	u64 mask = EFL_ARITH | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_NT |
		   X86_EFLAGS_AC | X86_EFLAGS_ID | extra;

	if (cpl == 0)
		mask |= X86_EFLAGS_IOPL;
	if (cpl <= EFL_IOPL(e->rflags))
		mask |= X86_EFLAGS_IF;
	if (size == 2)
		mask &= 0xffff;
	return (e->flags & ~mask) | (val & mask) | X86_EFLAGS_FIXED;
}

int exec_popf(struct emul *e)
{
	u64 val;
	int rc;

	if (e->mode == EMUL_VM86 && EFL_IOPL(e->flags) < 3)
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_pop(e, &val, e->insn.opsize);
	if (!rc)
		e->flags = emul_new_flags(e, val, e->insn.opsize, e->cpl, 0);
	return rc;
}

int exec_leave(struct emul *e)
{
	unsigned int ssize = emul_stack_size(e);
	u64 val;
	int rc;

	emul_put_reg(e, R_SP, emul_merge(e->regs[R_SP], e->regs[R_BP], ssize));
	rc = emul_pop(e, &val, e->insn.opsize);
	if (!rc)
		emul_set_reg(e, R_BP, e->insn.opsize, val);
	return rc;
}

/* SDM 2A, ENTER */
int exec_enter(struct emul *e)
{
	unsigned int level = e->insn.imm2 & 31, size = e->insn.opsize;
	unsigned int ssize = emul_stack_size(e), n;
	u64 frame, val, bp = e->regs[R_BP], sp;
	int rc;

	rc = emul_push(e, bp, size);
	if (rc)
		return rc;
	frame = e->regs[R_SP];
	for (n = 1; n < level; n++) {
		bp -= size;
		rc = emul_load(e, SEG_SS, bp & emul_mask(ssize), size, &val);
		if (!rc)
			rc = emul_push(e, val, size);
		if (rc)
			return rc;
	}
	if (level) {
		rc = emul_push(e, frame, size);
		if (rc)
			return rc;
	}
	sp = e->regs[R_SP] - e->insn.imm;
	emul_put_reg(e, R_SP, emul_merge(e->regs[R_SP], sp, ssize));
	emul_set_reg(e, R_BP, size, frame);
	/* a push onto the new stack must be possible */
	return emul_linear(e, SEG_SS, sp & emul_mask(ssize), size, ACC_WRITE, &val);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * One instruction: decode, fetch operands, execute, store, commit.
 *
 * Nothing of the guest may change when an instruction faults or waits for user
 * space. rip and rflags are staged in next_rip and flags. Registers are written
 * in place, with the old value kept in undo[], because nearly every instruction
 * succeeds and writes one of them. Memory is written before segments, control
 * registers and the like, which go straight to the ops and come last.
 */
#include "emul-core.h"

enum emul_kind { K_NONE, K_REG, K_MEM, K_IMM };

#define LOCK_TRIES	16	/* before the guest is entered again and tries by itself */

int emul_raise_code(struct emul *e, u8 vector, u32 code)
{
	e->exc.vector = vector;
	e->exc.has_error = e->mode != EMUL_REAL;
	e->exc.error = code;
	e->exc.cr2 = 0;
	return EMUL_FAULT;
}

int emul_raise(struct emul *e, u8 vector)
{
	e->exc.vector = vector;
	e->exc.has_error = false;
	e->exc.error = 0;
	e->exc.cr2 = 0;
	return EMUL_FAULT;
}

static int memory_operand(struct emul *e, struct emul_operand *o, u64 ea, bool load,
			  unsigned int acc)
{
	int rc;

	o->kind = K_MEM;
	rc = emul_linear(e, e->insn.seg, ea, o->size, acc, &o->la);
	if (rc || !load)
		return rc;
	o->val = 0;
	return emul_read(e, o->la, &o->val, o->size, acc == ACC_RMW ? EMUL_FOR_WRITE : 0);
}

static void register_operand(struct emul *e, struct emul_operand *o, unsigned int n)
{
	o->kind = K_REG;
	o->reg = n;
	o->val = emul_reg(e, n, o->size);
}

static int get_operand(struct emul *e, struct emul_operand *o, unsigned int form, bool load,
		       unsigned int acc)
{
	struct emul_insn *i = &e->insn;

	o->size = i->opsize;
	switch (form) {
	case O_EB:
	case O_EW:
	case O_ED:
		o->size = form == O_EB ? 1 : form == O_EW ? 2 : min_t(u8, o->size, 4);
		fallthrough;
	case O_E:
		if (i->mem)
			return memory_operand(e, o, i->ea, load, acc);
		register_operand(e, o, i->rm);
		break;
	case O_G:
		register_operand(e, o, i->reg);
		break;
	case O_A:
		register_operand(e, o, R_AX);
		break;
	case O_Z:
		register_operand(e, o, (i->opcode & 7) | (i->rex & 1) << 3);
		break;
	case O_O:
		return memory_operand(e, o, i->imm, load, acc);
	case O_I:
		o->kind = K_IMM;
		o->val = i->imm & emul_mask(o->size);
		break;
	case O_1:
		o->val = 1;
		break;
	case O_CL:
		o->val = (u8)e->regs[R_CX];
		break;
	}
	return EMUL_OK;
}

static int put_operand(struct emul *e, struct emul_operand *o)
{
	if (o->kind == K_MEM)
		return emul_write(e, o->la, &o->val, o->size, 0);
	emul_set_reg(e, o->reg, o->size, o->val);
	return EMUL_OK;
}

/* BT and its kin with a register index reach outside the operand (SDM 2A, BT) */
static void bit_string(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	s64 bit = emul_sext(e->src.val, size);
	u64 mask = emul_mask(e->insn.adsize);

	/* round towards minus infinity, to whole operands */
	e->insn.ea = (e->insn.ea + (bit >> (size == 8 ? 6 : size == 4 ? 5 : 4)) * size) & mask;
}

/* A read-modify-write that other CPUs must see as one (SDM 3A, 8.1.2) */
static int execute_locked(struct emul *e, const struct emul_row *row)
{
	u64 flags = e->flags, old;
	unsigned int tries;
	bool swapped;
	int rc;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		old = e->dst.val;
		rc = row->exec(e);
		if (rc)
			return rc;
		rc = emul_swap(e, e->dst.la, &old, &e->dst.val, e->dst.size, &swapped);
		if (rc || swapped)
			return rc;
		emul_undo(e);
		e->flags = flags;
		e->dst.val = 0;
		rc = emul_read(e, e->dst.la, &e->dst.val, e->dst.size, EMUL_FOR_WRITE);
		if (rc)
			return rc;
	}
	e->flags = e->rflags;
	e->next_rip = e->rip;
	return EMUL_AGAIN;
}

static int sse_allowed(struct emul *e)
{
	if (e->cr0 & X86_CR0_EM || !(e->ops->get_cr(e, 4) & X86_CR4_OSFXSR))
		return emul_raise(e, EXC_UD);
	if (e->cr0 & X86_CR0_TS)
		return emul_raise(e, EXC_NM);
	return EMUL_OK;
}

static int check(struct emul *e, const struct emul_row *row)
{
	if (row->flags & F_SSE)
		return sse_allowed(e);
	if (e->cpl)
		return emul_raise_code(e, EXC_GP, 0);
	return EMUL_OK;
}

static int execute(struct emul *e, const struct emul_row *row)
{
	const u32 flags = row->flags;
	int rc;

	if (flags & (F_PRIV | F_SSE)) {
		rc = check(e, row);
		if (rc)
			return rc;
	}
	if (e->insn.mem)
		e->insn.ea = emul_ea(e);
	if (row->src) {
		rc = get_operand(e, &e->src, row->src, true, ACC_READ);
		if (rc)
			return rc;
	}
	if (row->dst) {
		unsigned int acc = !(flags & F_W) ? ACC_READ : flags & F_R ? ACC_RMW : ACC_WRITE;

		if (flags & F_BITS && e->insn.mem)
			bit_string(e);
		rc = get_operand(e, &e->dst, row->dst, flags & F_R, acc);
		if (rc)
			return rc;
		if (e->dst.kind == K_MEM && (e->insn.lock || flags & F_XLOCK))
			return execute_locked(e, row);
	}
	rc = row->exec(e);
	if (rc == EMUL_OK && flags & F_W)
		rc = put_operand(e, &e->dst);
	return rc;
}

static void begin(struct emul *e)
{
	e->next_rip = e->rip + e->len;
	if (e->mode != EMUL_LONG)
		e->next_rip = (u32)e->next_rip;
	e->flags = e->rflags & ~X86_EFLAGS_RF;
	e->dirty = 0;
	e->exit = false;
	e->done = false;
	e->late = false;
	e->sti_shadow = false;
	e->ss_shadow = false;
	e->wrote_rsp = false;
	e->src.kind = K_NONE;
	e->dst.kind = K_NONE;
}

static int commit(struct emul *e, int rc)
{
	if (rc == EMUL_AGAIN && e->next_rip == e->rip)
		e->flags |= e->rflags & X86_EFLAGS_RF;
	e->wrote_rsp = e->dirty & BIT(R_SP);
	e->rip = e->next_rip;
	e->rflags = e->flags;
	e->dirty = 0;
	if (e->exit) {
		e->done = true;
		return EMUL_EXIT;
	}
	return rc;
}

static int finish(struct emul *e, int rc)
{
	if (rc == EMUL_OK || rc == EMUL_AGAIN)
		return commit(e, rc);
	if (rc == EMUL_EXIT && e->done)	/* HLT */
		return commit(e, rc);
	if (rc == EMUL_FAULT && e->late)
		return commit(e, rc);
	emul_undo(e);
	e->sti_shadow = false;
	e->ss_shadow = false;
	return rc;
}

int emul_run(struct emul *e)
{
	int rc;

	if (!e->decoded) {
		rc = emul_decode(e);
		if (rc)
			return rc;
	}
	begin(e);
	return finish(e, execute(e, e->insn.row));
}

int emul_interrupt(struct emul *e, u8 vector, enum emul_event event,
		   const struct hv_exception *exc)
{
	e->len = 0;
	e->insn.rex = 0;
	e->decoded = false;
	begin(e);
	e->flags = e->rflags;
	return finish(e, emul_deliver(e, vector, event, exc));
}

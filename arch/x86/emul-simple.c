// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that can be told in a few words, for callers that do the same one
 * again and again and need not go through the emulator each time.
 */
#include "emul-core.h"

#define OP_INVLPG	0x01	/* 0f 01 /7 */

/* loads that are no plain MOV say here how they extend: the source's size */
static unsigned int extended_from(const struct emul_insn *i)
{
	if (i->map == 0)
		return i->opcode == 0x63 ? min_t(unsigned int, i->opsize, 4) : 0;
	switch (i->opcode) {
	case 0xb6:
	case 0xbe:
		return 1;
	case 0xb7:
	case 0xbf:
		return 2;
	}
	return 0;
}

/* MOV of map 0, by opcode */
static bool is_move(const struct emul_insn *i, struct emul_simple *s)
{
	switch (i->opcode) {
	case 0x88:
	case 0x89:
		s->kind = SIMPLE_STORE;
		s->reg = i->reg;
		return true;
	case 0xc6:
	case 0xc7:
		s->kind = SIMPLE_STORE;
		s->reg = EMUL_NO_REG;
		s->imm = i->imm;
		return true;
	case 0x8a:
	case 0x8b:
		s->kind = SIMPLE_LOAD;
		s->reg = i->reg;
		return true;
	}
	return false;
}

/**
 * emul_simple() - tell a simple instruction
 * @e: decoded
 * @s: out
 *
 * Simple is, in 64-bit code with a memory operand that has no segment base: MOV,
 * MOVZX, MOVSX, MOVSXD between memory and a general register other than AH to BH,
 * MOV of an immediate to memory, and INVLPG.
 * Return: false if it is none of these.
 */
bool emul_simple(const struct emul *e, struct emul_simple *s)
{
	const struct emul_insn *i = &e->insn;
	unsigned int from;

	if (e->mode != EMUL_LONG || !i->mem || i->lock || i->rep || i->seg >= SEG_FS)
		return false;
	*s = (struct emul_simple){
		.base = i->base, .index = i->index, .scale = i->scale, .disp = i->disp,
		.adsize = i->adsize, .size = i->opsize, .to = i->opsize, .len = e->len,
	};
	if (i->map == 1 && i->opcode == OP_INVLPG && i->reg == 7) {
		s->kind = SIMPLE_INVLPG;
		return true;
	}
	from = extended_from(i);
	if (from) {
		s->kind = SIMPLE_LOAD;
		s->reg = i->reg;
		s->size = from;
		s->sign = i->opcode != 0xb6 && i->opcode != 0xb7;
		return true;
	}
	if (i->map || !is_move(i, s))
		return false;
	return s->reg == EMUL_NO_REG || !emul_is_high(e, s->reg, s->size);
}

/**
 * emul_simple_la() - linear address of its operand
 * @s: from emul_simple()
 * @regs: of the guest
 * @rip: of the instruction
 */
u64 emul_simple_la(const struct emul_simple *s, const u64 *regs, u64 rip)
{
	u64 ea = s->disp;

	if (s->base < 16)
		ea += regs[s->base];
	else if (s->base == EMUL_RIP_BASE)
		ea += rip + s->len;
	if (s->index < 16)
		ea += regs[s->index] << s->scale;
	return ea & emul_mask(s->adsize);
}

/**
 * emul_simple_load() - what a load does to its register
 * @s: from emul_simple()
 * @regs: of the guest
 * @val: what was read, s->size bytes of it
 */
void emul_simple_load(const struct emul_simple *s, u64 *regs, u64 val)
{
	val &= emul_mask(s->size);
	if (s->sign)
		val = emul_sext(val, s->size);
	regs[s->reg] = emul_merge(regs[s->reg], val, s->to);
}

/**
 * emul_simple_store() - what a store writes
 * @s: from emul_simple()
 * @regs: of the guest
 *
 * Return: s->size bytes.
 */
u64 emul_simple_store(const struct emul_simple *s, const u64 *regs)
{
	return (s->reg == EMUL_NO_REG ? s->imm : regs[s->reg]) & emul_mask(s->size);
}

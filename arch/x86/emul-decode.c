// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to a decoded instruction: prefixes, opcode, ModRM, SIB, displacement,
 * immediate (SDM vol. 2, chapter 2). What may raise #UD by form alone does so
 * here.
 */
#include "emul-core.h"

#define PAGE_BYTES	4096u

/*
 * Bytes after those that are there, but none of the next page unless the
 * instruction has come to its first byte: it need not be mapped.
 */
static int fetch_more(struct emul *e)
{
	struct emul_insn *i = &e->insn;
	u64 la = e->rip + i->fetched;
	unsigned int n = EMUL_MAX_INSN - i->fetched, got;
	struct hv_segment cs;
	int rc;

	if (e->mode == EMUL_LONG) {
		if (!emul_canonical(la))
			return emul_raise_code(e, EXC_GP, 0);
	} else {
		u64 eip = la;

		e->ops->get_segment(e, SEG_CS, &cs);
		if (eip > cs.limit)
			return emul_raise_code(e, EXC_GP, 0);
		n = min_t(u64, n, cs.limit - eip + 1);
		la = (u32)(cs.base + eip);
	}
	n = min(n, PAGE_BYTES - (unsigned int)(la & (PAGE_BYTES - 1)));
	got = n;
	rc = e->ops->fetch(e, la, i->bytes + i->fetched, &got);
	if (rc)
		return rc;
	i->fetched += min(got, n);
	return EMUL_OK;
}

static noinline int fetch_until(struct emul *e, unsigned int n)
{
	struct emul_insn *i = &e->insn;
	int rc;

	if (i->pos + n > EMUL_MAX_INSN)
		return emul_raise_code(e, EXC_GP, 0);
	while (i->pos + n > i->fetched) {
		rc = fetch_more(e);
		if (rc)
			return rc;
	}
	return EMUL_OK;
}

/* make the next @n bytes available */
static inline int need(struct emul *e, unsigned int n)
{
	if (likely(e->insn.pos + n <= e->insn.fetched))
		return EMUL_OK;
	return fetch_until(e, n);
}

static inline int next_byte(struct emul *e, u8 *b)
{
	int rc = need(e, 1);

	if (rc)
		return rc;
	*b = e->insn.bytes[e->insn.pos++];
	return EMUL_OK;
}

static int next_imm(struct emul *e, unsigned int n, u64 *val)
{
	int rc = need(e, n);

	if (rc)
		return rc;
	*val = 0;
	memcpy(val, e->insn.bytes + e->insn.pos, n);
	e->insn.pos += n;
	return EMUL_OK;
}

static int next_signed(struct emul *e, unsigned int n, s64 *val)
{
	u64 v;
	int rc = next_imm(e, n, &v);

	if (!rc)
		*val = emul_sext(v, n);
	return rc;
}

static void set_override(struct emul *e, unsigned int seg)
{
	/* 64-bit mode ignores the others, and they do not cancel FS or GS */
	if (e->mode != EMUL_LONG || seg >= SEG_FS)
		e->insn.override = seg;
}

/* a bit for each legacy prefix */
static const u32 legacy_prefixes[8] = {
	[1] = BIT(0x26 & 31) | BIT(0x2e & 31) | BIT(0x36 & 31) | BIT(0x3e & 31),
	[3] = BIT(0x64 & 31) | BIT(0x65 & 31) | BIT(0x66 & 31) | BIT(0x67 & 31),
	[7] = BIT(0xf0 & 31) | BIT(0xf2 & 31) | BIT(0xf3 & 31),
};

static void legacy_prefix(struct emul *e, u8 b)
{
	struct emul_insn *i = &e->insn;

	switch (b) {
	case 0x26: case 0x2e: case 0x36: case 0x3e:
		set_override(e, (b >> 3) & 3);
		break;
	case 0x64: case 0x65:
		set_override(e, SEG_FS + (b & 1));
		break;
	case 0x66:
		i->opprefix = 1;
		break;
	case 0x67:
		i->adprefix = 1;
		break;
	case 0xf0:
		i->lock = 1;
		break;
	case 0xf2: case 0xf3:
		i->rep = b;
		break;
	}
}

/* prefixes, and the first opcode byte into @b */
static int prefixes(struct emul *e, u8 *b)
{
	struct emul_insn *i = &e->insn;
	int rc;

	for (;;) {
		rc = next_byte(e, b);
		if (rc)
			return rc;
		if (e->mode == EMUL_LONG && (*b & 0xf0) == 0x40) {
			i->rex = *b;
			continue;
		}
		if (likely(!(legacy_prefixes[*b >> 5] >> (*b & 31) & 1)))
			break;
		legacy_prefix(e, *b);
		i->rex = 0;		/* it counts right before the opcode alone */
	}
	switch (e->mode) {
	case EMUL_LONG:
		i->opsize = i->rex & 8 ? 8 : i->opprefix ? 2 : 4;
		i->adsize = i->adprefix ? 4 : 8;
		break;
	case EMUL_PROT32:
		i->opsize = i->opprefix ? 2 : 4;
		i->adsize = i->adprefix ? 2 : 4;
		break;
	default:
		i->opsize = i->opprefix ? 4 : 2;
		i->adsize = i->adprefix ? 4 : 2;
	}
	return EMUL_OK;
}

static int opcode(struct emul *e, const struct emul_row **row)
{
	struct emul_insn *i = &e->insn;
	int rc;

	rc = prefixes(e, &i->opcode);
	if (rc)
		return rc;
	*row = &emul_one_byte[i->opcode];
	if (likely(i->opcode != 0x0f))
		return EMUL_OK;
	rc = next_byte(e, &i->opcode);
	if (rc)
		return rc;
	i->map = 1;
	*row = &emul_two_byte[i->opcode];
	if (i->opcode != 0x38 && i->opcode != 0x3a)
		return EMUL_OK;
	i->map = i->opcode == 0x38 ? 2 : 3;
	rc = next_byte(e, &i->opcode);
	if (rc)
		return rc;
	*row = emul_three_byte(i->map, i->opcode);
	return EMUL_OK;
}

/* SDM 2A, table 2-1: base and index of the 16-bit forms */
static int modrm16(struct emul *e)
{
	static const u8 bases[8] = { R_BX, R_BX, R_BP, R_BP, R_SI, R_DI, R_BP, R_BX };
	struct emul_insn *i = &e->insn;

	i->base = bases[i->rm];
	if (i->rm < 4)
		i->index = i->rm & 1 ? R_DI : R_SI;
	if (i->mod == 0 && i->rm == 6) {
		i->base = EMUL_NO_REG;
		return next_signed(e, 2, &i->disp);
	}
	if (i->base == R_BP)
		i->seg = SEG_SS;
	if (i->mod == 0)
		return EMUL_OK;
	return next_signed(e, i->mod == 1 ? 1 : 2, &i->disp);
}

static int sib(struct emul *e)
{
	struct emul_insn *i = &e->insn;
	u8 b;
	int rc = next_byte(e, &b);

	if (rc)
		return rc;
	i->scale = b >> 6;
	i->index = ((b >> 3) & 7) | (i->rex & 2) << 2;
	if (i->index == R_SP)
		i->index = EMUL_NO_REG;
	i->base = (b & 7) | (i->rex & 1) << 3;
	if ((b & 7) == R_BP && i->mod == 0)
		i->base = EMUL_NO_REG;
	return EMUL_OK;
}

/* SDM 2A, tables 2-2 and 2-3, and 2.2.1.6 for RIP-relative addresses */
static int modrm32(struct emul *e)
{
	struct emul_insn *i = &e->insn;
	unsigned int disp = i->mod == 1 ? 1 : i->mod == 2 ? 4 : 0;
	int rc;

	if (i->rm == R_SP) {
		rc = sib(e);
		if (rc)
			return rc;
		if (i->base == EMUL_NO_REG)
			disp = 4;
	} else if (i->rm == R_BP && i->mod == 0) {
		i->base = e->mode == EMUL_LONG ? EMUL_RIP_BASE : EMUL_NO_REG;
		disp = 4;
	} else {
		i->base = i->rm | (i->rex & 1) << 3;
	}
	if (i->base == R_SP || i->base == R_BP)
		i->seg = SEG_SS;
	return disp ? next_signed(e, disp, &i->disp) : EMUL_OK;
}

static int modrm_byte(struct emul *e)
{
	struct emul_insn *i = &e->insn;
	int rc = next_byte(e, &i->modrm);

	i->mod = i->modrm >> 6;
	i->reg = (i->modrm >> 3) & 7;
	i->rm = i->modrm & 7;
	return rc;
}

static int modrm_rest(struct emul *e, const struct emul_row *row)
{
	struct emul_insn *i = &e->insn;
	int rc;

	i->reg |= (i->rex & 4) << 1;
	if (i->mod == 3 || row->flags & F_NOMEM) {
		i->rm |= (i->rex & 1) << 3;
		return EMUL_OK;
	}
	i->mem = true;
	i->seg = SEG_DS;
	rc = i->adsize == 2 ? modrm16(e) : modrm32(e);
	return rc;
}

static const struct emul_row *choose(struct emul *e, const struct emul_row *row)
{
	const struct emul_insn *i = &e->insn;
	unsigned int n;

	while (row->flags & G_ANY) {
		if (row->flags & G_REG)
			n = i->reg;
		else if (row->flags & G_RM)
			n = i->rm;
		else if (row->flags & G_MOD)
			n = i->mod == 3;
		else if (row->flags & G_MODE)
			n = e->mode == EMUL_LONG;
		else
			n = i->rep == 0xf2 ? 3 : i->rep == 0xf3 ? 2 : i->opprefix;
		row = &row->group[n];
	}
	return row;
}

static int immediate(struct emul *e, const struct emul_row *row)
{
	struct emul_insn *i = &e->insn;
	unsigned int z = min_t(unsigned int, i->opsize, 4);
	int rc;

	switch (row->imm) {
	case IMM_NONE:
		return EMUL_OK;
	case IMM_B:
		return next_signed(e, 1, (s64 *)&i->imm);
	case IMM_UB:
		return next_imm(e, 1, &i->imm);
	case IMM_W:
		return next_imm(e, 2, &i->imm);
	case IMM_Z:
		return next_signed(e, z, (s64 *)&i->imm);
	case IMM_V:
		return next_imm(e, i->opsize, &i->imm);
	case IMM_A:
		return next_imm(e, i->adsize, &i->imm);
	case IMM_FAR:
		rc = next_imm(e, i->opsize, &i->imm);
		return rc ? rc : next_imm(e, 2, &i->imm2);
	case IMM_W_B:
		rc = next_imm(e, 2, &i->imm);
		return rc ? rc : next_imm(e, 1, &i->imm2);
	}
	return EMUL_UNKNOWN;
}

static void operand_size(struct emul *e, u32 flags)
{
	struct emul_insn *i = &e->insn;

	if (flags & F_B)
		i->opsize = 1;
	else if (e->mode == EMUL_LONG && flags & F_F64)
		i->opsize = 8;
	else if (e->mode == EMUL_LONG && flags & F_D64 && i->opsize == 4)
		i->opsize = 8;
	else if (flags & F_MIN4 && i->opsize == 2)
		i->opsize = 4;
}

/* forms that are #UD wherever they stand; LOCK: SDM 2A, LOCK */
static bool illegal(const struct emul *e, const struct emul_row *row)
{
	const struct emul_insn *i = &e->insn;
	const u32 flags = row->flags;

	if (i->lock && !(flags & F_LOCK && i->mem))
		return true;
	if (!(flags & (F_NO64 | F_64 | F_PROT | F_MEM | F_REG)))
		return false;
	if (flags & (e->mode == EMUL_LONG ? F_NO64 : F_64))
		return true;
	if (flags & F_PROT && !emul_protected(e))
		return true;
	return flags & (i->mem ? F_REG : F_MEM);
}

static void reset(struct emul_insn *i)
{
	i->fetched = 0;
	i->pos = 0;
	i->rex = 0;
	i->rep = 0;
	i->lock = 0;
	i->opprefix = 0;
	i->adprefix = 0;
	i->map = 0;
	i->override = EMUL_NO_SEG;
	i->seg = SEG_DS;
	i->base = EMUL_NO_REG;
	i->index = EMUL_NO_REG;
	i->scale = 0;
	i->mem = false;
	i->opcode = 0;
	i->opsize = 0;
	i->disp = 0;
	i->imm = 0;
}

int emul_decode(struct emul *e)
{
	struct emul_insn *i = &e->insn;
	const struct emul_row *row;
	int rc;

	reset(i);
	rc = opcode(e, &row);
	if (rc)
		return rc;
	if (row->flags & F_MODRM) {
		rc = modrm_byte(e);
		if (rc)
			return rc;
		row = choose(e, row);
		rc = modrm_rest(e, row);
		if (rc)
			return rc;
	} else if (row->flags & G_ANY) {
		row = choose(e, row);
	}
	if (!row->name)
		return EMUL_UNKNOWN;
	operand_size(e, row->flags);
	rc = immediate(e, row);
	if (rc)
		return rc;
	if (illegal(e, row))
		return emul_raise(e, EXC_UD);
	if (i->override != EMUL_NO_SEG)
		i->seg = i->override;
	i->row = row;
	e->len = i->pos;
	e->decoded = true;
	return EMUL_OK;
}

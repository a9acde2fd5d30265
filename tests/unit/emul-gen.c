// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random instructions out of the opcode table: for a row, bytes that lead to it,
 * with prefixes and every addressing mode, and registers that make its memory
 * operand fall into the test's data (mostly).
 */
#include "emul-test.h"

/* --- walking the tables ------------------------------------------------------- */

static unsigned int count, room;
static struct form *out;

static void walk(struct form f, const struct emul_row *row)
{
	unsigned int i, n = 8;

	if (!(row->flags & G_ANY)) {
		if (!row->name || count == room)
			return;
		f.row = row;
		out[count++] = f;
		return;
	}
	if (row->flags & (G_MOD | G_MODE))
		n = 2;
	else if (row->flags & G_PFX)
		n = 4;
	for (i = 0; i < n; i++) {
		struct form g = f;

		if (row->flags & G_REG) {
			g.modrm |= i << 3;
			g.modrm_mask |= 0x38;
		} else if (row->flags & G_RM) {
			g.modrm |= i;
			g.modrm_mask |= 7;
		} else if (row->flags & G_MOD) {
			g.modrm |= i ? 0xc0 : 0;
			g.modrm_mask |= 0xc0;
		} else if (row->flags & G_MODE) {
			g.only_long = i;
			g.only_legacy = !i;
		} else {
			g.pfx = i == 3 ? 0xf2 : i == 2 ? 0xf3 : i ? 0x66 : 1;
		}
		walk(g, &row->group[i]);
	}
}

unsigned int all_forms(struct form *f, unsigned int max)
{
	unsigned int map, op;

	out = f;
	room = max;
	count = 0;
	for (op = 0; op < 256; op++)
		walk((struct form){ .opcode = op }, &emul_one_byte[op]);
	for (op = 0; op < 256; op++)
		walk((struct form){ .map = 1, .opcode = op }, &emul_two_byte[op]);
	for (map = 2; map < 4; map++)
		for (op = 0; op < 256; op++)
			walk((struct form){ .map = map, .opcode = op }, emul_three_byte(map, op));
	return count;
}

/* --- making one ------------------------------------------------------------------ */

struct gen {
	struct test_case *c;
	const struct place *p;
	unsigned int n;		/* bytes so far */
	unsigned int adsize, rex;
	bool gs, lock;
	unsigned int at_disp, disp_size;
	unsigned int base, index, scale, reg;
};

static void byte(struct gen *g, u8 b)
{
	g->c->bytes[g->n++] = b;
}

static void bytes(struct gen *g, u64 val, unsigned int n)
{
	while (n--) {
		byte(g, val);
		val >>= 8;
	}
}

static void prefixes(struct gen *g, const struct form *f)
{
	static const u8 others[] = { 0x26, 0x2e, 0x36, 0x3e };
	bool lng = g->p->mode == EMUL_LONG, op = false;
	u32 flags = f->row->flags;

	if (g->p->override && one_in(16))
		byte(g, others[rnd_below(4)]);
	if (g->p->gs_base && one_in(8)) {
		byte(g, 0x65);
		g->gs = true;
	}
	if (f->pfx > 1)
		byte(g, f->pfx);
	else if (flags & F_STR && one_in(2))
		byte(g, one_in(2) ? 0xf3 : 0xf2);
	op = f->pfx == 0x66;
	if (!f->pfx && one_in(3)) {
		byte(g, 0x66);
		op = true;
	}
	if (one_in(8)) {
		byte(g, 0x67);
		g->adsize = lng || g->p->mode != EMUL_PROT32 ? 4 : 2;
	}
	if (!g->p->no_lock && one_in(flags & F_LOCK ? 4 : 64)) {
		byte(g, 0xf0);
		g->lock = true;
	}
	if (lng && one_in(2)) {
		g->rex = 0x40 | rnd_below(16);
		byte(g, g->rex);
	}
	g->c->opsize = g->p->mode == EMUL_PROT32 || lng ? (op ? 2 : 4) : (op ? 4 : 2);
	if (g->rex & 8)
		g->c->opsize = 8;
	if (lng && (flags & F_F64 || (flags & F_D64 && !op)))
		g->c->opsize = 8;
	if (flags & F_B)
		g->c->opsize = 1;
}

static void modrm32(struct gen *g, u8 modrm)
{
	unsigned int mod = modrm >> 6, rm = modrm & 7, sib;

	g->base = rm | (g->rex & 1) << 3;
	g->index = EMUL_NO_REG;
	if (rm == 4) {
		sib = rnd() & 0xff;
		byte(g, sib);
		g->scale = sib >> 6;
		g->index = (sib >> 3 & 7) | (g->rex & 2) << 2;
		if (g->index == 4)
			g->index = EMUL_NO_REG;
		rm = sib & 7;
		g->base = rm | (g->rex & 1) << 3;
		if (rm == 5 && !mod)
			g->base = EMUL_NO_REG;
	} else if (rm == 5 && !mod) {
		g->base = g->p->mode == EMUL_LONG ? EMUL_RIP_BASE : EMUL_NO_REG;
	}
	g->at_disp = g->n;
	g->disp_size = mod == 1 ? 1 : mod == 2 || (!mod && rm == 5) ? 4 : 0;
	bytes(g, rnd(), g->disp_size);
}

static void modrm16(struct gen *g, u8 modrm)
{
	static const u8 b[8] = { 3, 3, 5, 5, 6, 7, 5, 3 };
	unsigned int mod = modrm >> 6, rm = modrm & 7;

	g->base = b[rm];
	g->index = rm < 4 ? 6 + (rm & 1) : EMUL_NO_REG;
	if (!mod && rm == 6)
		g->base = EMUL_NO_REG;
	g->at_disp = g->n;
	g->disp_size = mod == 1 ? 1 : mod == 2 || (!mod && rm == 6) ? 2 : 0;
	bytes(g, rnd(), g->disp_size);
}

static void modrm(struct gen *g, const struct form *f)
{
	u8 m = (rnd() & ~f->modrm_mask) | f->modrm;

	/* memory more often than the bits alone would have it; CR and DR have none */
	if (!(f->modrm_mask & 0xc0) && (f->row->flags & F_MEM || g->lock) && m >= 0xc0 &&
	    !one_in(16))
		m &= 0x7f;
	byte(g, m);
	g->reg = (m >> 3 & 7) | (g->rex & 4) << 1;
	if (m >= 0xc0 || f->row->flags & F_NOMEM)
		return;
	g->c->has_mem = true;
	if (g->adsize == 2)
		modrm16(g, m);
	else
		modrm32(g, m);
}

static void immediate(struct gen *g, const struct form *f)
{
	unsigned int size = g->c->opsize, z = size > 4 ? 4 : size;

	switch (f->row->imm) {
	case IMM_B: case IMM_UB:
		if (f->row->flags & F_F64) {	/* a jump: not into itself */
			bytes(g, one_in(2) ? rnd_below(128) : 0x80 + rnd_below(100), 1);
			break;
		}
		bytes(g, rnd_value(), 1);
		break;
	case IMM_W:
		bytes(g, rnd_value(), 2);
		break;
	case IMM_Z:
		if (f->row->flags & F_F64) {	/* to where nothing is, or near */
			bytes(g, one_in(8) ? 0x70000000 + rnd_below(1000) : rnd_below(1000), z);
			break;
		}
		bytes(g, rnd_value(), z);
		break;
	case IMM_V:
		bytes(g, rnd_value(), size);
		break;
	case IMM_A:
		g->c->has_mem = true;
		g->at_disp = g->n;
		g->disp_size = g->adsize;
		g->base = EMUL_NO_REG;
		g->index = EMUL_NO_REG;
		bytes(g, 0, g->adsize);
		break;
	case IMM_FAR:
		bytes(g, rnd_value(), size);
		bytes(g, rnd_value(), 2);
		break;
	case IMM_W_B:
		bytes(g, rnd_below(64), 2);
		bytes(g, one_in(2) ? 0 : rnd_below(5), 1);
		break;
	}
}

/* somewhere in the data, seldom near or beyond its end */
static u64 data_address(const struct place *p)
{
	if (one_in(40))
		return p->data + p->data_size - rnd_below(20);
	return p->data + 64 + rnd_below(p->data_size - 256);
}

/* never the test's own memory: the kernel's half, or no canonical address at all */
static u64 wild_address(void)
{
	return rnd() | 1ULL << 47;
}

static u64 mask(unsigned int size)
{
	return emul_mask(size);
}

static u64 load_disp(const struct gen *g)
{
	u64 v = 0;

	if (!g->disp_size)
		return 0;
	memcpy(&v, g->c->bytes + g->at_disp, g->disp_size);
	return g->disp_size == 8 ? v : (u64)emul_sext(v, g->disp_size);
}

static u64 effective(const struct gen *g)
{
	const struct test_case *c = g->c;
	u64 ea = load_disp(g);

	if (g->base < 16)
		ea += c->regs[g->base];
	else if (g->base == EMUL_RIP_BASE)
		ea += c->rip + c->len;
	if (g->index < 16)
		ea += c->regs[g->index] << g->scale;
	return ea & mask(g->adsize);
}

/* choose a register or the displacement so that the operand is at @target */
static void aim(struct gen *g, u64 target)
{
	struct test_case *c = g->c;
	u64 want, d;

	if (g->base < 16 && g->base != g->index) {
		if (g->adsize == 8 && one_in(40))
			target = wild_address();
		if (g->gs)
			target -= g->p->gs_base;
		c->regs[g->base] = 0;
		c->regs[g->base] = target - effective(g);
		return;
	}
	if (g->gs)
		target -= g->p->gs_base;
	if (g->index < 16 && g->base == g->index) {
		c->regs[g->index] = (target - load_disp(g)) / (1 + (1 << g->scale));
	} else if (g->disp_size >= 2) {
		if (g->index < 16)
			c->regs[g->index] = rnd_below(64);
		d = load_disp(g);
		want = target - (effective(g) - d);
		memcpy(c->bytes + g->at_disp, &want, g->disp_size);
	}
}

static void random_state(struct gen *g)
{
	struct test_case *c = g->c;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		c->regs[i] = rnd_value();
		c->xmm[i][0] = rnd();
		c->xmm[i][1] = rnd();
	}
	c->x87.cw = one_in(2) ? 0x37f : 0x40 | (rnd() & 0x1f3f);
	c->x87.sw = one_in(2) ? 0 : rnd() & 0x7f7f;
	if (c->x87.sw & ~c->x87.cw & 0x3f)
		c->x87.sw |= 0x8080;
	c->x87.tag = rnd();
	c->rflags = (rnd() & (EFL_ARITH | X86_EFLAGS_DF)) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

/* registers with a meaning: stack, strings */
static void special_registers(struct gen *g)
{
	struct test_case *c = g->c;
	u64 base = g->p->data;

	c->regs[R_SP] = base + 512 + rnd_below(g->p->data_size - 1024);
	if (!one_in(4))
		c->regs[R_SP] &= ~7ULL;
	if (c->row->imm == IMM_W_B || !strcmp(c->row->name, "leave"))
		c->regs[R_BP] = base + 512 + rnd_below(g->p->data_size - 1024);
	if (c->row->flags & F_STR || !strcmp(c->row->name, "xlat")) {
		c->regs[R_SI] = data_address(g->p);
		c->regs[R_DI] = data_address(g->p);
		c->regs[R_BX] = base + 512;
		c->regs[R_CX] = rnd_below(12);
		if (g->adsize < 8)	/* zero counts differ above the address size */
			c->regs[R_CX]++;
	}
	if (c->row->flags & F_BITS && c->has_mem)	/* an index far outside is dull */
		c->regs[g->reg] = rnd_below(4000) - 2000;
	if (strstr(c->row->name, "div") && one_in(2)) {
		c->regs[R_DX] = one_in(2) ? 0 : rnd_below(1000);
		if (one_in(2))
			c->regs[R_AX] = (u16)rnd_below(3000);
	}
	if (strstr(c->row->name, "cmpxchg") && g->c->has_mem && one_in(2))
		c->regs[R_DX] = 0;
}

/**
 * make_case() - a random instance of a form
 * @c: the result
 * @f: the form
 * @p: the guest
 *
 * Return: false if chance led to bytes that cannot be used.
 */
bool make_case(struct test_case *c, const struct form *f, const struct place *p)
{
	struct gen g = { .c = c, .p = p, .base = EMUL_NO_REG, .index = EMUL_NO_REG };

	memset(c, 0, sizeof(*c));
	c->row = f->row;
	c->map = f->map;
	c->opcode = f->opcode;
	g.adsize = p->mode == EMUL_LONG ? 8 : p->mode == EMUL_PROT32 ? 4 : 2;
	random_state(&g);
	c->rip = p->code + 16 + rnd_below(p->code_size - 64);
	prefixes(&g, f);
	if (f->map)
		byte(&g, 0x0f);
	if (f->map > 1)
		byte(&g, f->map == 2 ? 0x38 : 0x3a);
	byte(&g, f->opcode);
	if (f->row->flags & F_MODRM)
		modrm(&g, f);
	immediate(&g, f);
	c->len = g.n;
	if (g.n > 15)
		return false;
	/* a bit index that is an address, too: anywhere, the test's own memory included */
	if (f->row->flags & F_BITS && c->has_mem && (g.reg == g.base || g.reg == g.index))
		return false;
	special_registers(&g);
	if (c->has_mem) {
		aim(&g, data_address(p));
		c->mem = effective(&g) + (g.gs ? p->gs_base : 0);
		/* aiming with rSP moved the stack: not over the test's own memory */
		if (g.base == R_SP && c->regs[R_SP] - p->data > p->data_size &&
		    !(c->regs[R_SP] >> 47))
			return false;
	}
	return true;
}

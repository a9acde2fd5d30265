// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams of instructions: those that leave the guest, or change what it is, with
 * operands that are worth trying, and anything between them. An exception goes on at
 * the next of 64 places, so that a stream is not over at its first fault.
 */
#include <string.h>
#include "hostile.h"

struct stream {
	struct guest *g;
	uint8_t *p, *end;
};

static void emit(struct stream *s, const void *bytes, unsigned int n)
{
	memcpy(s->p, bytes, n);
	s->p += n;
}

#define EMIT(s, ...)	do {						\
	const uint8_t bytes[] = { __VA_ARGS__ };			\
	emit(s, bytes, sizeof(bytes));					\
} while (0)

static void emit32(struct stream *s, uint32_t v)
{
	emit(s, &v, s->g->mode == REAL ? 2 : 4);
}

uint64_t some_address(struct guest *g)
{
	static const uint64_t places[] = {
		TABLES, CODE, STACK - 0x100, GDT, IDT, LDT, TSS, DATA, HOLE, ROM, ALIAS + CODE,
		ALIAS + TABLES, RAM - 4, 0, 0x3ffffc, 0xfffffffc, HANDLER, 0xfee00000,
		HOLE - 2, HOLE_END - 2, ROM + 0xfff,
	};
	uint64_t at = PICK(&g->c, places);

	if (at == TABLES)
		return at + 0x1000 * below(&g->c, N_TABLES) + 8 * below(&g->c, 16);
	return at + (one_in(&g->c, 2) ? below(&g->c, 0x1000) : 0);
}

uint64_t some_value(struct guest *g)
{
	switch (below(&g->c, 6)) {
	case 0:
		return chance_next(&g->c);
	case 1:
		return 1ULL << below(&g->c, 64);
	case 2:
		return below(&g->c, 16);
	case 3:
		return ~0ULL << below(&g->c, 64);
	case 4:
		return TABLES + 0x1000ULL * below(&g->c, N_TABLES) + 7;
	default:
		return some_address(g);
	}
}

/* mov $value, %reg; reg below 8 */
static void load(struct stream *s, unsigned int reg, uint64_t value)
{
	if (s->g->mode == LONG && (value >> 32 || one_in(&s->g->c, 4))) {
		EMIT(s, 0x48, 0xb8 | reg);
		emit(s, &value, 8);
		return;
	}
	if (s->g->mode == REAL)
		EMIT(s, 0x66);
	EMIT(s, 0xb8 | reg);
	emit(s, &value, 4);
}

static void control(struct stream *s)
{
	static const uint8_t regs[] = { 0, 0, 2, 3, 3, 3, 4, 4, 8, 1, 5 };
	struct guest *g = s->g;
	unsigned int nr = PICK(&g->c, regs);
	uint64_t v = some_value(g);

	if (nr == 0)
		v = one_in(&g->c, 4) ? v : 0x80010011 ^ (one_in(&g->c, 2) ? v & 0xe005003f : 0);
	else if (nr == 3)
		v = one_in(&g->c, 3) ? g->root : v;
	else if (nr == 4)
		v = one_in(&g->c, 2) ? v & 0x3007ff : (g->mode >= PAE ? 0x20 : 0) ^ 0x80;
	if (!one_in(&g->c, 4))
		load(s, 0, v);
	if (nr == 8 && g->mode == LONG)
		EMIT(s, 0x44);
	EMIT(s, 0x0f, one_in(&g->c, 4) ? 0x20 : 0x22, 0xc0 | (nr & 7) << 3);
}

static void debug(struct stream *s)
{
	struct guest *g = s->g;

	load(s, 0, one_in(&g->c, 2) ? some_address(g) : some_value(g));
	EMIT(s, 0x0f, one_in(&g->c, 4) ? 0x21 : 0x23, 0xc0 | below(&g->c, 8) << 3);
}

static void msr(struct stream *s)
{
	static const uint32_t indexes[] = {
		0x10, 0x17, 0x1b, 0x3a, 0x3b, 0x48, 0x49, 0x79, 0x8b, 0xc1, 0xcd, 0xfe, 0x10a,
		0x10b, 0x122, 0x174, 0x175, 0x176, 0x179, 0x17a, 0x186, 0x1a0, 0x1d9, 0x1dd,
		0x200, 0x250, 0x277, 0x2ff, 0x38f, 0x400, 0x480, 0x485, 0x48b, 0x491, 0x6e0,
		0x800, 0x808, 0x830, 0xda0, 0x4b564d00, 0x4b564d01, 0x40000000, 0xc0000080,
		0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101,
		0xc0000102, 0xc0000103, 0xc0000104, 0xc0010000, 0xc0010010, 0xc0010015,
		0xc001001f, 0xc0010058, 0xc0010112, 0xc0010113, 0xc0010114, 0xc0010115,
		0xc0010117, 0xc001011f, 0xc0011029, 0xc0011030, 0xc00102b0,
	};
	struct guest *g = s->g;

	load(s, 1, one_in(&g->c, 8) ? some_value(g) : PICK(&g->c, indexes));
	if (!one_in(&g->c, 4))
		load(s, 0, some_value(g));
	if (one_in(&g->c, 2))
		load(s, 2, one_in(&g->c, 2) ? 0 : some_value(g) >> 32);
	EMIT(s, 0x0f, one_in(&g->c, 3) ? 0x32 : 0x30);
}

static void cpuid(struct stream *s)
{
	static const uint32_t leaves[] = { 0, 1, 4, 7, 0xb, 0xd, 0x40000000, 0x80000000,
					   0x80000001, 0x80000008, 0x8000000a, 0xffffffff };

	load(s, 0, PICK(&s->g->c, leaves));
	load(s, 1, some_value(s->g));
	EMIT(s, 0x0f, 0xa2);
}

/* one at a time, or a storm */
static void port(struct stream *s)
{
	struct guest *g = s->g;
	static const uint8_t ops[] = { 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f };
	uint8_t op = PICK(&g->c, ops);

	load(s, 2, one_in(&g->c, 2) ? below(&g->c, 0x10000) : 0x80);
	if (op < 0x70) {
		load(s, 1, one_in(&g->c, 3) ? some_value(g) : below(&g->c, 0x2000));
		load(s, op & 2 ? 6 : 7, some_address(g));
		if (one_in(&g->c, 8))
			EMIT(s, 0xfd);		/* std */
		EMIT(s, 0xf3);
	}
	if (one_in(&g->c, 3))
		EMIT(s, 0x66);
	EMIT(s, op);
	if (one_in(&g->c, 6))
		EMIT(s, 0xe4 | below(&g->c, 4), below(&g->c, 256));
}

/* rep movs, stos, cmps, scas, lods, from anything to anything */
static void string(struct stream *s)
{
	static const uint8_t ops[] = { 0xa4, 0xa5, 0xaa, 0xab, 0xa6, 0xa7, 0xae, 0xaf, 0xac };
	struct guest *g = s->g;

	load(s, 6, some_address(g));
	load(s, 7, some_address(g));
	load(s, 1, one_in(&g->c, 8) ? some_value(g) : below(&g->c, 0x400));
	EMIT(s, one_in(&g->c, 3) ? 0xf2 : 0xf3);
	EMIT(s, PICK(&g->c, ops));
}

/* an access of memory by one of several instructions, through (%ebx) */
static void access(struct stream *s)
{
	static const uint8_t forms[][4] = {
		{ 1, 0x88 }, { 1, 0x89 }, { 1, 0x8a }, { 1, 0x8b }, { 1, 0x01 }, { 1, 0x86 },
		{ 1, 0x87 }, { 2, 0xf0, 0x01 }, { 3, 0xf0, 0x0f, 0xb1 }, { 3, 0xf0, 0x0f, 0xc1 },
		{ 2, 0x0f, 0xb6 }, { 2, 0x0f, 0xbf }, { 2, 0x0f, 0xab }, { 2, 0x0f, 0xc3 },
		{ 2, 0x0f, 0x11 }, { 2, 0x0f, 0x10 }, { 3, 0x66, 0x0f, 0xe7 }, { 2, 0x66, 0x89 },
		{ 1, 0xff }, { 1, 0xf7 }, { 1, 0x80 }, { 1, 0xc7 }, { 1, 0x8f }, { 1, 0xd9 },
		{ 1, 0xdd }, { 2, 0x0f, 0xae }, { 2, 0x0f, 0xc7 }, { 1, 0x62 }, { 2, 0x0f, 0x02 },
	};
	struct guest *g = s->g;
	const uint8_t *f = PICK(&g->c, forms);
	unsigned int rm = g->mode == REAL ? 7 : 3;
	uint64_t at = some_address(g);

	if (g->mode == LONG && one_in(&g->c, 6))	/* through a table's own entry */
		at = 0xffffff8000000000ULL + (chance_next(&g->c) & 0x7ffffffff8ULL);
	load(s, 3, at);
	if (one_in(&g->c, 2))
		load(s, 0, some_value(g));
	if (g->mode == LONG && one_in(&g->c, 4) && f[1] != 0x66 && f[1] != 0xf0)
		EMIT(s, 0x48);
	emit(s, f + 1, f[0]);
	EMIT(s, below(&g->c, 8) << 3 | rm);
	if (one_in(&g->c, 4))
		emit32(s, chance_next(&g->c));		/* an immediate, or code */
}

/* any instruction with an operand there, and one or no prefix */
static void any_access(struct stream *s)
{
	static const uint8_t ops[] = {
		0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85, 0x8c, 0x8e, 0x8f, 0xc0, 0xc1, 0xc4,
		0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd9, 0xdb, 0xdd, 0xdf, 0xf6, 0xf7, 0xf6, 0xf7,
		0xfe, 0xff, 0xff,
	};
	static const uint8_t prefixes[] = { 0x66, 0x66, 0xf0, 0xf2, 0xf3 };
	struct guest *g = s->g;

	load(s, 3, some_address(g));
	if (one_in(&g->c, 2))
		load(s, below(&g->c, 3), some_value(g));
	if (one_in(&g->c, 3))
		EMIT(s, PICK(&g->c, prefixes));
	if (g->mode == LONG && one_in(&g->c, 4))
		EMIT(s, 0x48);
	switch (below(&g->c, 4)) {
	case 0:
		EMIT(s, PICK(&g->c, ops));
		break;
	case 1:		/* add and what is like it */
		EMIT(s, below(&g->c, 8) << 3 | below(&g->c, 4));
		break;
	case 2:
		EMIT(s, 0x0f, 0x38, 0xf0 | below(&g->c, 2));
		break;
	default:
		EMIT(s, 0x0f, chance_next(&g->c));
	}
	EMIT(s, below(&g->c, 8) << 3 | (g->mode == REAL ? 7 : 3));
	if (one_in(&g->c, 3))
		emit32(s, chance_next(&g->c));
}

/* what pushes and pops, where a stack is none: in tables, in rom, on a device */
static void stack(struct stream *s)
{
	static const uint8_t forms[][4] = {
		{ 1, 0x50 }, { 1, 0x58 }, { 1, 0x60 }, { 1, 0x61 }, { 1, 0x9c }, { 1, 0x9d },
		{ 1, 0xc3 }, { 3, 0xc2, 8, 0 }, { 1, 0xc9 }, { 1, 0xcb }, { 3, 0xca, 8, 0 },
		{ 1, 0xcf }, { 2, 0xcd, 0x80 }, { 1, 0xcc }, { 2, 0x6a, 0x08 }, { 1, 0x1e },
		{ 1, 0x07 }, { 2, 0x0f, 0xa0 }, { 2, 0x0f, 0xa9 }, { 2, 0xff, 0x33 },
		{ 2, 0xff, 0x13 }, { 2, 0xff, 0x1b }, { 2, 0x8f, 0x03 }, { 2, 0xff, 0xd0 },
	};
	static const uint32_t places[] = { TABLES + 0x800, TABLES + 0x1800, ROM + 0x800,
					   HOLE + 0x800, ALIAS + TABLES + 0x800 };
	struct guest *g = s->g;
	const uint8_t *f = PICK(&g->c, forms);

	load(s, 4, PICK(&g->c, places));
	load(s, 3, some_address(g));
	emit(s, f + 1, f[0]);
	load(s, 4, STACK);
}

/* lgdt and its like, from memory that has anything in it */
static void tables(struct stream *s)
{
	struct guest *g = s->g;
	static const uint16_t selectors[] = { 0, 8, 0x10, 0x18, 0x40, 0x43, 0x50, 0x60, 0x70,
					      0x90, 0x98, 0xa0, 4, 0xc, 0xfff8, 0x2b, 0x33 };
	uint8_t *d;
	uint64_t base;

	if (one_in(&g->c, 2)) {		/* lldt, ltr, sldt, str, verr, verw; mov to a segment */
		load(s, 0, PICK(&g->c, selectors));
		if (one_in(&g->c, 2))
			EMIT(s, 0x0f, 0x00, 0xc0 | below(&g->c, 6) << 3);
		else
			EMIT(s, 0x8e, 0xc0 | below(&g->c, 6) << 3);
		return;
	}
	/* lgdt, lidt, sgdt, sidt, lmsw, invlpg: of 10 bytes in DATA */
	d = g->mem + DATA + 16 * below(&g->c, 64);
	base = one_in(&g->c, 2) ? some_address(g) : one_in(&g->c, 2) ? GDT : IDT;
	d[0] = 0xff;
	d[1] = below(&g->c, 16);
	memcpy(d + 2, &base, 8);
	load(s, 3, DATA + (d - (g->mem + DATA)));
	EMIT(s, 0x0f, 0x01, below(&g->c, 8) << 3 | (g->mode == REAL ? 7 : 3));
}

/* to another selector, ring or task */
static void far(struct stream *s)
{
	static const uint16_t selectors[] = { 8, 0x18, 0x20, 0x2b, 0x3b, 0x40, 0x50, 0x70, 0x73,
					      0x80, 0x90, 0xa8, 4, 0xc, 0 };
	struct guest *g = s->g;
	uint16_t sel = g->mode == REAL && !one_in(&g->c, 4) ? CODE >> 4 : PICK(&g->c, selectors);
	uint32_t to = (g->mode == REAL ? 0 : CODE) + below(&g->c, CODE_SIZE);

	switch (below(&g->c, 4)) {
	case 0:		/* jmp, call */
		EMIT(s, one_in(&g->c, 2) ? 0xea : 0x9a);
		emit32(s, to);
		emit(s, &sel, 2);
		break;
	case 1:		/* push cs, push offset; retf */
		EMIT(s, 0x68);
		emit32(s, sel);
		EMIT(s, 0x68);
		emit32(s, to);
		if (g->mode == LONG && one_in(&g->c, 2))
			EMIT(s, 0x48);
		EMIT(s, 0xcb);
		break;
	default:	/* ss, sp, flags, cs, ip; iret */
		EMIT(s, 0x68);
		emit32(s, one_in(&g->c, 2) ? 0x33 : 0x10);
		EMIT(s, 0x68);
		emit32(s, STACK - 0x800);
		EMIT(s, 0x68);
		emit32(s, one_in(&g->c, 2) ? 0x202 : chance_next(&g->c));
		EMIT(s, 0x68);
		emit32(s, sel);
		EMIT(s, 0x68);
		emit32(s, to);
		if (g->mode == LONG && !one_in(&g->c, 4))
			EMIT(s, 0x48);
		EMIT(s, 0xcf);
	}
}

/* instructions without operands worth a thought; of them, many that a guest has not */
static void system_one(struct stream *s)
{
	static const uint8_t forms[][5] = {
		{ 1, 0xf4 }, { 1, 0xfa }, { 1, 0xfb }, { 2, 0xfb, 0xf4 }, { 1, 0x9c }, { 1, 0x9d },
		{ 1, 0xcc }, { 2, 0xcd, 0x80 }, { 2, 0xcd, 0x08 }, { 1, 0xce }, { 1, 0xf1 },
		{ 1, 0xcf }, { 1, 0xcb }, { 2, 0x0f, 0x05 }, { 2, 0x0f, 0x07 }, { 2, 0x0f, 0x34 },
		{ 2, 0x0f, 0x35 }, { 3, 0x48, 0x0f, 0x07 }, { 2, 0x0f, 0x06 }, { 2, 0x0f, 0x08 },
		{ 2, 0x0f, 0x09 }, { 2, 0x0f, 0x0b }, { 2, 0x0f, 0x31 }, { 2, 0x0f, 0x33 },
		{ 2, 0x0f, 0x37 }, { 2, 0x0f, 0xaa }, { 2, 0x0f, 0x77 }, { 1, 0x9b },
		{ 3, 0x0f, 0x01, 0xc1 }, { 3, 0x0f, 0x01, 0xc2 }, { 3, 0x0f, 0x01, 0xc3 },
		{ 3, 0x0f, 0x01, 0xc4 }, { 3, 0x0f, 0x01, 0xc8 }, { 3, 0x0f, 0x01, 0xc9 },
		{ 3, 0x0f, 0x01, 0xca }, { 3, 0x0f, 0x01, 0xcb }, { 3, 0x0f, 0x01, 0xd0 },
		{ 3, 0x0f, 0x01, 0xd1 }, { 3, 0x0f, 0x01, 0xd4 }, { 3, 0x0f, 0x01, 0xd8 },
		{ 3, 0x0f, 0x01, 0xd9 }, { 3, 0x0f, 0x01, 0xda }, { 3, 0x0f, 0x01, 0xdb },
		{ 3, 0x0f, 0x01, 0xdc }, { 3, 0x0f, 0x01, 0xdd }, { 3, 0x0f, 0x01, 0xde },
		{ 3, 0x0f, 0x01, 0xdf }, { 3, 0x0f, 0x01, 0xf8 }, { 3, 0x0f, 0x01, 0xf9 },
		{ 2, 0xf3, 0x90 }, { 4, 0xf3, 0x0f, 0xc7, 0x33 }, { 3, 0x0f, 0xc7, 0x33 },
		{ 4, 0x66, 0x0f, 0xc7, 0x33 }, { 3, 0x0f, 0x78, 0xc3 }, { 3, 0x0f, 0x79, 0xc3 },
		{ 3, 0x0f, 0xc7, 0x3b }, { 4, 0x66, 0x0f, 0x38, 0x80 }, { 4, 0x66, 0x0f, 0x38, 0x82 },
		{ 4, 0xf3, 0x0f, 0xae, 0xc0 }, { 4, 0xf3, 0x0f, 0xae, 0xd8 }, { 3, 0x0f, 0xae, 0x03 },
		{ 3, 0x0f, 0xae, 0x0b }, { 3, 0x0f, 0xae, 0x23 }, { 3, 0x0f, 0xae, 0x2b },
		{ 1, 0xd7 }, { 1, 0x27 }, { 1, 0x61 }, { 2, 0xc8, 0xff }, { 1, 0xc9 },
		{ 2, 0xdb, 0xe3 }, { 2, 0xd9, 0x33 }, { 2, 0xdd, 0x23 }, { 1, 0x17 }, { 2, 0x8e, 0xd0 },
	};
	const uint8_t *f = PICK(&s->g->c, forms);

	if (one_in(&s->g->c, 2))
		load(s, 0, some_value(s->g));
	if (one_in(&s->g->c, 4))
		load(s, 3, some_address(s->g));
	if (one_in(&s->g->c, 4))
		load(s, 1, below(&s->g->c, 4));
	emit(s, f + 1, f[0]);
}

/* short, and backwards at times; loops end with the budget of the guest */
static void jump(struct stream *s)
{
	struct guest *g = s->g;

	switch (below(&g->c, 3)) {
	case 0:
		EMIT(s, 0x70 | below(&g->c, 16), below(&g->c, 40));
		break;
	case 1:
		EMIT(s, 0xe0 | below(&g->c, 4), one_in(&g->c, 3) ? 0xf0 : below(&g->c, 16));
		break;
	default:
		load(s, 0, (g->mode == REAL ? 0 : CODE) + below(&g->c, CODE_SIZE));
		EMIT(s, 0xff, 0xe0);
	}
}

static void noise(struct stream *s)
{
	unsigned int n = 1 + below(&s->g->c, 8);

	while (n--)
		EMIT(s, chance_next(&s->g->c));
}

static void prefix(struct stream *s)
{
	static const uint8_t prefixes[] = { 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x64, 0x65,
					    0x48, 0x41, 0x4f };

	EMIT(s, PICK(&s->g->c, prefixes));
}

static void (*const kinds[])(struct stream *s) = {
	control, control, control, debug, msr, msr, cpuid, port, port, string, access, access,
	access, access, access, access, any_access, any_access, any_access, any_access, tables,
	tables, far, far, system_one, system_one, system_one, jump, noise, noise, prefix, stack,
};

/* the handler: counts, takes a fresh stack, goes on at the next place */
static void make_handler(struct guest *g)
{
	static const uint8_t real[] = {
		0x2e, 0xff, 0x06, 0x00, 0xf0,		/* incw %cs:0xf000 */
		0x2e, 0xa1, 0x00, 0xf0,			/* mov %cs:0xf000, %ax */
		0x83, 0xe0, 0x3f, 0xc1, 0xe0, 0x03,	/* and $63, %ax; shl $3, %ax */
		0x89, 0xc3, 0xbc, 0x00, 0xd0,		/* mov %ax, %bx; mov $0xd000, %sp */
		0x2e, 0xff, 0xa7, 0x08, 0xf0,		/* jmp *%cs:0xf008(%bx) */
	};
	static const uint8_t flat[] = {
		0xff, 0x05, 0x00, 0xf0, 0x06, 0x00,	/* incl 0x6f000 */
		0xa1, 0x00, 0xf0, 0x06, 0x00,		/* mov 0x6f000, %eax */
		0x83, 0xe0, 0x3f, 0xbc, 0x00, 0x80, 0x07, 0x00,
		0xff, 0x24, 0xc5, 0x08, 0xf0, 0x06, 0x00,	/* jmp *0x6f008(,%eax,8) */
	};
	static const uint8_t wide[] = {
		0xff, 0x04, 0x25, 0x00, 0xf0, 0x06, 0x00,
		0x8b, 0x04, 0x25, 0x00, 0xf0, 0x06, 0x00,
		0x83, 0xe0, 0x3f, 0x48, 0xc7, 0xc4, 0x00, 0x80, 0x07, 0x00,
		0xff, 0x24, 0xc5, 0x08, 0xf0, 0x06, 0x00,
	};

	if (g->mode == REAL)
		memcpy(g->mem + HANDLER, real, sizeof(real));
	else if (g->mode >= COMPAT)
		memcpy(g->mem + HANDLER, wide, sizeof(wide));
	else
		memcpy(g->mem + HANDLER, flat, sizeof(flat));
}

void make_code(struct guest *g)
{
	unsigned int size = one_in(&g->c, 4) ? 0x1000 : CODE_SIZE, n = 0;
	struct stream s = { g, g->mem + CODE, g->mem + CODE + size - 64 };
	uint64_t starts[64];

	while (s.p < s.end) {
		uint64_t at = s.p - (g->mem + CODE);

		if (n < 64 && at >= n * (size / 64ULL))
			starts[n++] = at + (g->mode == REAL ? 0 : CODE);
		PICK(&g->c, kinds)(&s);
	}
	while (n < 64)
		starts[n++] = starts[0];
	memcpy(g->mem + RESTARTS + 8, starts, sizeof(starts));
	EMIT(&s, 0xeb, 0xfe);
	make_handler(g);
}

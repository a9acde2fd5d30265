// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables, task states and registers of a guest: those of a system that
 * could work, with some of anything between them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "hostile.h"

/* selectors of the GDT below */
enum {
	CODE32 = 0x08, DATA32 = 0x10, CODE64 = 0x18, CODE16 = 0x20, USER32 = 0x2b,
	USER_DATA = 0x33, USER64 = 0x3b, TSS_SEL = 0x40, TSS2_SEL = 0x50, LDT_SEL = 0x60,
	GATE = 0x70, TASK_GATE = 0x80, DATA16 = 0x88, SPOILT = 0x90,
};

static void put64(struct guest *g, uint64_t at, uint64_t v)
{
	memcpy(g->mem + at, &v, 8);
}

static uint64_t descriptor(uint32_t base, uint32_t limit, unsigned int attr)
{
	return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)(attr & 0xf0ff) << 40 | (uint64_t)(limit >> 16 & 15) << 48 |
	       (uint64_t)(base >> 24) << 56;
}

/* a gate is wider in long mode */
static void gate(struct guest *g, uint64_t at, unsigned int sel, uint64_t to, unsigned int type)
{
	put64(g, at, (to & 0xffff) | sel << 16 | (uint64_t)type << 40 |
	      (to >> 16 & 0xffff) << 48);
	if (g->mode >= COMPAT)
		put64(g, at + 8, to >> 32);
}

static void make_gdt(struct guest *g)
{
	static const struct { unsigned int sel; uint32_t base, limit, attr; } rows[] = {
		{ CODE32, 0, 0xfffff, 0xc09b }, { DATA32, 0, 0xfffff, 0xc093 },
		{ CODE64, 0, 0xfffff, 0xa09b }, { CODE16, CODE, 0xffff, 0x9b },
		{ USER32, 0, 0xfffff, 0xc0fb }, { USER_DATA, 0, 0xfffff, 0xc0f3 },
		{ USER64, 0, 0xfffff, 0xa0fb }, { TSS_SEL, TSS, 0x2067, 0x89 },
		{ TSS2_SEL, TSS + 0x400, 0x67, 0x89 }, { LDT_SEL, LDT, 0xff, 0x82 },
		{ DATA16, CODE, 0xffff, 0x93 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put64(g, GDT + (rows[i].sel & ~7u),
		      descriptor(rows[i].base, rows[i].limit, rows[i].attr));
	}
	gate(g, GDT + GATE, g->mode >= COMPAT ? CODE64 : CODE32, CODE + 0x10, 0xec00 >> 8);
	put64(g, GDT + TASK_GATE, (uint64_t)TSS2_SEL << 16 | 0xe5ULL << 40);
	for (i = SPOILT; i < 0x200; i += 8)
		put64(g, GDT + i, chance_next(&g->c));
	for (i = 0; i < 0x100; i += 8)
		put64(g, LDT + i, one_in(&g->c, 2) ? chance_next(&g->c) :
		      descriptor(0, 0xfffff, chance_next(&g->c) & 0xf0ff));
	while (one_in(&g->c, 3))
		put64(g, GDT + 8 * below(&g->c, 0x12), chance_next(&g->c));
}

static void make_idt(struct guest *g)
{
	unsigned int width = g->mode >= COMPAT ? 16 : 8, i;
	unsigned int code = g->mode >= COMPAT ? CODE64 : CODE32;

	for (i = 0; i < 256; i++) {
		uint64_t at = IDT + i * width;

		if (g->mode == REAL) {		/* at 0, offset and segment */
			uint32_t vector = (HANDLER - CODE) | CODE >> 4 << 16;

			memcpy(g->mem + 4 * i, &vector, 4);
			continue;
		}
		gate(g, at, code, HANDLER, one_in(&g->c, 2) ? 0x8e : 0xef);
		if (g->mode < COMPAT && one_in(&g->c, 24))
			put64(g, at, (uint64_t)TSS2_SEL << 16 | 0xe5ULL << 40);
		if (one_in(&g->c, 64))
			put64(g, at, chance_next(&g->c));
	}
}

/* the stacks of rings 0-2 and of the IST, and registers that a task switch loads */
static void make_tss(struct guest *g)
{
	unsigned int i, n;

	for (n = 0; n < 4; n++) {
		uint8_t *t = g->mem + TSS + 0x400 * n;
		uint32_t w[26];

		for (i = 0; i < 26; i++)
			w[i] = one_in(&g->c, 8) ? chance_next(&g->c) : 0;
		w[1] = w[3] = w[5] = STACK;
		w[2] = w[4] = w[6] = DATA32;
		if (g->mode >= COMPAT) {
			for (i = 1; i < 24; i += 2) {
				w[i] = STACK;
				w[i + 1] = one_in(&g->c, 40) ? chance_next(&g->c) : 0;
			}
		} else if (n) {
			w[7] = g->root;
			w[8] = CODE + 0x20;
			w[14] = STACK - 0x100;
			w[18] = w[20] = w[21] = w[22] = w[23] = DATA32;
			w[19] = CODE32;
		}
		w[25] = one_in(&g->c, 4) ? chance_next(&g->c) : 0x68 << 16;
		memcpy(t, w, sizeof(w));
	}
}

void make_system(struct guest *g)
{
	make_gdt(g);
	make_idt(g);
	make_tss(g);
}

/* --- registers -------------------------------------------------------------- */

struct out {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3)))
static void say(struct out *o, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	o->len += vsnprintf(o->text + o->len, o->size - o->len, format, ap);
	va_end(ap);
}

static void segment(struct out *o, const char *name, unsigned int sel, uint64_t base,
		    uint32_t limit, unsigned int attr)
{
	say(o, "%s.selector %#x\n%s.base %#llx\n%s.limit %#x\n%s.attr %#x\n", name, sel, name,
	    (unsigned long long)base, name, limit, name, attr);
}

static void segments(struct guest *g, struct out *o)
{
	static const char *const data[] = { "ds", "es", "fs", "gs", "ss" };
	unsigned int i, dpl = g->user ? 0x60 : 0;

	for (i = 0; i < 5; i++) {
		if (g->mode == REAL)
			segment(o, data[i], CODE >> 4, CODE, 0xffff, 0x93);
		else
			segment(o, data[i], g->user ? USER_DATA : DATA32, 0, ~0u, 0xc093 | dpl);
	}
	switch (g->mode) {
	case REAL:
		segment(o, "cs", CODE >> 4, CODE, 0xffff, 0x9b);
		break;
	case LONG:
		segment(o, "cs", g->user ? USER64 : CODE64, 0, ~0u, 0xa09b | dpl);
		break;
	default:
		segment(o, "cs", g->user ? USER32 : CODE32, 0, ~0u, 0xc09b | dpl);
	}
	segment(o, "tr", TSS_SEL, TSS, 0x2067, 0x8b);
	segment(o, "ldtr", LDT_SEL, LDT, 0xff, 0x82);
	say(o, "gdtr.base %#x\ngdtr.limit 0x1ff\nidtr.base %#x\nidtr.limit %#x\n", GDT,
	    g->mode == REAL ? 0 : IDT, g->mode == REAL ? 0x3ff : 0xfff);
}

static const uint64_t cr4_bits[] = {
	0, 1, 2, 4, 8, 0x10, 0x40, 0x80, 0x100, 0x200, 0x400, 0x600, 0x800, 1 << 16, 1 << 20,
	1 << 21,
};

static void control(struct guest *g, struct out *o)
{
	static const uint64_t cr0_bits[] = { 2, 4, 8, 0x20, 1 << 16, 1 << 18, 1 << 30 };
	uint64_t cr0 = 0x10, cr4 = 0, efer = 0;
	unsigned int i;

	for (i = below(&g->c, 4); i; i--) {
		cr0 |= PICK(&g->c, cr0_bits);
		cr4 |= PICK(&g->c, cr4_bits);
	}
	if (g->mode != REAL)
		cr0 |= 1;
	if (g->mode >= TWO_LEVEL)
		cr0 |= 1u << 31;
	if (g->mode == TWO_LEVEL)
		cr4 |= one_in(&g->c, 8) ? 0 : 0x10;
	if (g->mode >= PAE)
		cr4 |= 0x20;
	else
		cr4 &= ~0x20ULL;
	if (g->mode >= COMPAT)
		efer = 0x500;
	efer |= (one_in(&g->c, 2) ? 0x800 : 0) | (one_in(&g->c, 2) ? 1 : 0);
	say(o, "cr0 %#llx\ncr3 %#llx\ncr4 %#llx\nefer %#llx\n", (unsigned long long)cr0,
	    (unsigned long long)g->root, (unsigned long long)cr4, (unsigned long long)efer);
}

int make_state(struct guest *g, char *text, size_t size)
{
	static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",
					     "r8", "r9", "r15", "dr0", "dr1", "cr2" };
	struct out o = { text, size, 0 };
	unsigned int i;

	control(g, &o);
	segments(g, &o);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		say(&o, "%s %#llx\n", names[i], (unsigned long long)some_value(g));
	say(&o, "rip %#x\nrsp %#x\nrflags %#x\n", g->mode == REAL ? 0 : CODE,
	    g->mode == REAL ? 0xd000 : STACK,
	    2 | (one_in(&g->c, 4) ? 0x200 : 0) | (one_in(&g->c, 16) ? 0x100 : 0) |
	    (g->user && one_in(&g->c, 4) ? 0x3000 : 0));
	if (one_in(&g->c, 8))
		say(&o, "dr7 %#x\n", (unsigned int)chance_next(&g->c));
	if (one_in(&g->c, 12)) {	/* any one register, any value */
		const char *name = NULL;

		while (!name)
			name = kvmfs_reg_name(KVM_REG_WINDOW + 8 * below(&g->c, KVM_REG_SLOTS));
		say(&o, "%s %#llx\n", name, (unsigned long long)chance_next(&g->c));
	}
	return o.len < size ? 0 : -1;
}

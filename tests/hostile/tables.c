// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that map the low memory where it is, so that a guest gets somewhere,
 * and then entries of all kinds put anywhere into them: loops, tables that are
 * their own leaves, reserved bits, devices, what is behind all memory.
 */
#include <string.h>
#include "hostile.h"

#define P	1ULL
#define W	2ULL
#define U	4ULL
#define LARGE	0x80ULL

static unsigned int entry_size(const struct guest *g)
{
	return g->mode == TWO_LEVEL ? 4 : 8;
}

static uint64_t table(struct guest *g)
{
	uint64_t at = TABLES + 0x1000ULL * g->used;

	if (g->used < N_TABLES - 1)
		g->used++;
	memset(g->mem + at, 0, 0x1000);
	return at;
}

static void put(struct guest *g, uint64_t at, unsigned int index, uint64_t entry)
{
	memcpy(g->mem + at + index * entry_size(g), &entry, entry_size(g));
}

/* the level that maps pages: all of low memory up to 4 MiB, pages or large ones */
static uint64_t last_levels(struct guest *g)
{
	unsigned int each = 0x1000 / entry_size(g), n, i;
	uint64_t directory = table(g), size = each * 0x1000ULL;

	for (n = 0; n * size < 0x400000; n++) {
		if (one_in(&g->c, 4)) {
			put(g, directory, n, n * size | LARGE | P | W | U);
			continue;
		}
		uint64_t pages = table(g);

		put(g, directory, n, pages | P | W | U);
		for (i = 0; i < each; i++)
			put(g, pages, i, (n * size + i * 0x1000) | P | W |
			    (one_in(&g->c, 16) ? 0 : U));
	}
	return directory;
}

static uint64_t some_entry(struct guest *g)
{
	static const uint64_t bits[] = {
		0, U, W, W | U, 8, 0x10, 0x20, 0x40, 0x60, LARGE, LARGE | 0x40, 0x100, 0xe00,
		1ULL << 12, 1ULL << 13, 1ULL << 63, 1ULL << 52, 1ULL << 51, 1ULL << 40,
		1ULL << 62, 0x7ffULL << 52,
	};
	uint64_t e;

	switch (below(&g->c, 9)) {
	case 0:
		return 0;
	case 1:
		return chance_next(&g->c);
	case 2:		/* devices and nothing */
		e = HOLE + (below(&g->c, 16) << 12);
		break;
	case 3:
		e = PICK(&g->c, ((uint64_t[]){ RAM, ROM, ALIAS, 0xfee00000, 0xfffff000,
					       0xffffff000ULL, 0xfffffff000ULL,
					       0xffffffffff000ULL }));
		break;
	case 4:		/* itself, and the other tables, at any level */
	case 5:
	case 6:
		e = TABLES + 0x1000ULL * below(&g->c, N_TABLES);
		break;
	default:
		e = 0x1000ULL * below(&g->c, RAM >> 12);
	}
	return e | P | PICK(&g->c, bits) | PICK(&g->c, bits) |
	       (one_in(&g->c, 3) ? 0 : W | U);
}

/* entries in use are those that count: at the front, and some at the end */
void spoil_tables(struct guest *g, unsigned int n)
{
	unsigned int each = 0x1000 / entry_size(g), index;

	while (n--) {
		uint64_t at = TABLES + 0x1000ULL * below(&g->c, g->used + 1);

		index = below(&g->c, 3) ? below(&g->c, 8) : below(&g->c, each);
		if (one_in(&g->c, 4))
			index = each - 1 - below(&g->c, 8);
		put(g, at, index, some_entry(g));
	}
}

void make_tables(struct guest *g)
{
	uint64_t next;
	int i;

	g->used = 0;
	if (g->mode < TWO_LEVEL)
		return;
	next = last_levels(g);
	if (g->mode == PAE || g->mode >= COMPAT) {
		uint64_t pdpt = table(g);

		for (i = 0; i < 4; i++)
			if (!i || one_in(&g->c, 2))
				put(g, pdpt, i, next | P | (g->mode == PAE ? 0 : W | U));
		next = pdpt;
	}
	if (g->mode >= COMPAT) {
		uint64_t pml4 = table(g);

		put(g, pml4, 0, next | P | W | U);
		put(g, pml4, 511, (one_in(&g->c, 2) ? pml4 : next) | P | W | U);
		next = pml4;
	}
	g->root = next;
	if (!one_in(&g->c, 3))
		spoil_tables(g, 1 + below(&g->c, one_in(&g->c, 3) ? 200 : 12));
}

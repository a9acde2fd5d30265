/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile.h: guests made from a seed. What a guest is depends on its seed alone, so
 * that one that did harm can be made again.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <kvmfs.h>

/* --- chance: splitmix64, public domain (Vigna) ----------------------------- */

struct chance {
	uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0 to @n - 1 */
static inline unsigned int below(struct chance *c, unsigned int n)
{
	return (chance_next(c) >> 32) * n >> 32;
}

static inline bool one_in(struct chance *c, unsigned int n)
{
	return !below(c, n);
}

#define PICK(c, array)	((array)[below(c, sizeof(array) / sizeof(*(array)))])

/* --- a guest ----------------------------------------------------------------- */

enum mode { REAL, FLAT, TWO_LEVEL, PAE, COMPAT, LONG, MODES };

/* where things are in its memory */
#define RAM		0x200000ULL
#define TABLES		0x10000		/* page tables, N_TABLES of them */
#define N_TABLES	32
#define CODE		0x60000		/* code, and in the same segment what follows */
#define CODE_SIZE	0xc000
#define HANDLER		0x6e000		/* of all exceptions: goes on at the next RESTARTS */
#define RESTARTS	0x6f000		/* a counter, and 64 addresses from +8 on */
#define STACK		0x78000		/* grows down */
#define GDT		0x80000
#define IDT		0x81000
#define LDT		0x82000
#define TSS		0x83000		/* four of them, 0x400 apart */
#define DATA		0x90000
#define HOLE		0xa0000ULL	/* no memory, up to */
#define HOLE_END	0xb0000ULL
#define ROM		0xe0000ULL
#define ALIAS		0x300000ULL	/* shows the first megabyte again */

struct guest {
	struct chance c;
	enum mode mode;
	bool user;			/* starts in ring 3 */
	uint8_t *mem;
	uint64_t root;			/* CR3 */
	unsigned int used;		/* tables, of N_TABLES */
};

/* What memory an access is aimed at: anything that is worth trying */
uint64_t some_address(struct guest *g);
uint64_t some_value(struct guest *g);

void make_tables(struct guest *g);	/* tables.c: and g->root */
void spoil_tables(struct guest *g, unsigned int n);
void make_code(struct guest *g);	/* code.c: code, handler, restarts */
void make_system(struct guest *g);	/* system.c: GDT, IDT, LDT, TSS */
int make_state(struct guest *g, char *text, size_t size);	/* text for ``regs`` */

/* lines.c */
const char *some_line(struct chance *c, uint64_t value, char *text, size_t size);

/* host.c: what must be as it was */
bool host_check(bool first);

#endif /* HOSTILE_H */

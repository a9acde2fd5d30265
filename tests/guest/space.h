/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * space.h: address spaces of the guests in C, in every paging format that
 * their mode of execution has.
 */
#ifndef SPACE_H
#define SPACE_H

#include "guest.h"

#define P	1u
#define RW	2u
#define US	4u
#define ACC	0x20u
#define DIRTY	0x40u
#define LARGE	0x80u
#define GLOBAL	0x100u
#define NX	(1ull << 63)
#define FRAME	0x000ffffffffff000ull

struct format {
	const char *name;
	int levels;		/* 2, 3 or 4 */
	int leaf;		/* level of the pages under test: 1 is 4 KiB */
	unsigned int entry;	/* bytes of an entry */
	word cr4;		/* needed bits, of PAE and PSE */
};

/* The formats of this build, ended by a NULL name */
extern const struct format formats[];

struct space {
	const struct format *f;
	u64 root;
};

u64 page_new(void);
void pages_reset(void);
void *page_at(u64 pa);
int format_usable(const struct format *f);
u64 page_bytes(const struct format *f, int level);
void *entry_at(const struct space *s, word va, int level);
u64 entry_get(const struct format *f, const void *e);
void entry_set(const struct format *f, void *e, u64 value);
void map(const struct space *s, word va, u64 pa, u64 flags, int level);
struct space space_new(const struct format *f);
void space_enter(const struct space *s);
void space_leave(void);
int has_nx(void);

#endif /* SPACE_H */

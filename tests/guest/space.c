// SPDX-License-Identifier: GPL-2.0-only
/*
 * space.c: page tables for the guests in C. Tables are reached at their
 * physical addresses: each space maps the first IDENTITY bytes one to one,
 * for the supervisor alone, in small pages.
 */
#include "space.h"

#define IDENTITY	0x800000

const struct format formats[] = {
#ifdef __x86_64__
	{ "4-level 4K", 4, 1, 8, CR4_PAE },
	{ "4-level 2M", 4, 2, 8, CR4_PAE },
	{ "4-level 1G", 4, 3, 8, CR4_PAE },
#else
	{ "2-level 4K", 2, 1, 4, 0 },
	{ "2-level 4M", 2, 2, 4, CR4_PSE },
	{ "PAE 4K", 3, 1, 8, CR4_PAE },
	{ "PAE 2M", 3, 2, 8, CR4_PAE },
#endif
	{ NULL, 0, 0, 0, 0 }
};

static u64 next_page = FREE_MEMORY;

void *page_at(u64 pa)
{
	return (void *)(word)pa;
}

u64 page_new(void)
{
	u64 pa = next_page;

	next_page += 4096;
	fill(page_at(pa), 0, 4096);
	return pa;
}

void pages_reset(void)
{
	next_page = FREE_MEMORY;
}

static int cpuid_bit(u32 leaf, int reg, int bit)
{
	u32 r[4];

	cpuid(leaf & 0x80000000, 0, r);
	if (r[0] < leaf)
		return 0;
	cpuid(leaf, 0, r);
	return r[reg] >> bit & 1;
}

int has_nx(void)
{
	return cpuid_bit(0x80000001, 3, 20);
}

int format_usable(const struct format *f)
{
	if (f->cr4 & CR4_PAE && !cpuid_bit(1, 3, 6))
		return 0;
	if (f->cr4 & CR4_PSE && !cpuid_bit(1, 3, 3))
		return 0;
	return f->leaf < 3 || cpuid_bit(0x80000001, 3, 26);
}

static int index_bits(const struct format *f)
{
	return f->entry == 4 ? 10 : 9;
}

u64 page_bytes(const struct format *f, int level)
{
	return 4096ull << (level - 1) * index_bits(f);
}

u64 entry_get(const struct format *f, const void *e)
{
	return f->entry == 4 ? *(const volatile u32 *)e
			     : *(const volatile u64 *)e;
}

void entry_set(const struct format *f, void *e, u64 value)
{
	if (f->entry == 4)
		*(volatile u32 *)e = value;
	else
		*(volatile u64 *)e = value;
}

static void *slot(const struct format *f, u64 table, word va, int level)
{
	int shift = 12 + (level - 1) * index_bits(f);
	word index = va >> shift & ((1u << index_bits(f)) - 1);

	return page_at(table + index * f->entry);
}

/* The entry for va in the table of this level; the ones above must be present */
void *entry_at(const struct space *s, word va, int level)
{
	u64 table = s->root;

	for (int l = s->f->levels; l > level; l--)
		table = entry_get(s->f, slot(s->f, table, va, l)) & FRAME;
	return slot(s->f, table, va, level);
}

/* A PAE directory-pointer entry has no permissions */
static u64 upper_flags(const struct format *f, int level)
{
	return f->levels == 3 && level == 3 ? P : P | RW | US;
}

void map(const struct space *s, word va, u64 pa, u64 flags, int level)
{
	const struct format *f = s->f;
	u64 table = s->root;

	for (int l = f->levels; l > level; l--) {
		void *e = slot(f, table, va, l);

		if (!(entry_get(f, e) & P))
			entry_set(f, e, page_new() | upper_flags(f, l));
		table = entry_get(f, e) & FRAME;
	}
	entry_set(f, slot(f, table, va, level),
		  pa | flags | (level > 1 ? LARGE : 0));
}

struct space space_new(const struct format *f)
{
	struct space s = { f, page_new() };

	for (word a = 0; a < IDENTITY; a += 4096)
		map(&s, a, a, P | RW | ACC | DIRTY, 1);
	return s;
}

#ifdef __x86_64__
extern u8 boot_pml4[];

void space_enter(const struct space *s)
{
	set_cr3(s->root);
}

void space_leave(void)
{
	set_cr3((word)boot_pml4);
}
#else
void space_enter(const struct space *s)
{
	if (!(get_cr0() & CR0_PG)) {
		set_cr4((get_cr4() & ~(CR4_PAE | CR4_PSE)) | s->f->cr4);
		set_cr3(s->root);
		set_cr0(get_cr0() | CR0_PG);
	} else {
		set_cr3(s->root);
	}
}

void space_leave(void)
{
	set_cr0(get_cr0() & ~CR0_PG);
}
#endif

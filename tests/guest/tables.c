// SPDX-License-Identifier: GPL-2.0-only
/*
 * tables.c: page tables that change while they are in use, and many address
 * spaces that share some of them.
 */
#include "space.h"

#define VA	0x40000000ul		/* the window that the tests map things in */
#define PAGES	16
#define SPACES	6

#ifdef __x86_64__
#define S_SP	"rsp"
#else
#define S_SP	"esp"
#endif

static const struct format *f;
static struct space s;
static u64 frame[PAGES];	/* each holds its own tag */
static const char *name;

static u32 tag(int i)
{
	return 0xabc00000 + i;
}

static u32 load(word va)
{
	return *(volatile u32 *)va;
}

static void store(word va, u32 value)
{
	*(volatile u32 *)va = value;
}

static void do_load(word va)
{
	load(va);
}

static void do_store(word va)
{
	store(va + 8, 1);
}

static void set(word va, u64 value)
{
	entry_set(f, entry_at(&s, va, 1), value);
}

static u64 get(word va)
{
	return entry_get(f, entry_at(&s, va, 1));
}

static int is_fault(word vector, word error, word va)
{
	return vector == 14 && caught.error == error && caught.cr2 == va;
}

/* --- one page ------------------------------------------------------------- */

static void test_remap(void)
{
	int good = 1;

	for (int i = 0; i < 4 * PAGES; i++) {
		set(VA, frame[i % PAGES] | P | RW);
		invlpg(VA);
		good &= load(VA) == tag(i % PAGES);
	}
	ok(good, "%s: remap and INVLPG", name);

	set(VA, 0);
	invlpg(VA);
	good = is_fault(catch(do_load, VA), 0, VA);
	set(VA, frame[3] | P | RW);
	good &= load(VA) == tag(3);
	ok(good, "%s: unmap, fault, map without INVLPG", name);
}

static void test_permission(void)
{
	int good = 1;

	set_cr0(get_cr0() | CR0_WP);
	for (int i = 0; i < 8; i++) {
		set(VA, frame[0] | P | RW);
		invlpg(VA);
		good &= catch(do_store, VA) == NOTHING;
		set(VA, frame[0] | P);
		invlpg(VA);
		good &= is_fault(catch(do_store, VA), 3, VA + 8);
		good &= load(VA) == tag(0);
	}
	ok(good, "%s: read-only and writable in turn", name);

	good = 1;
	for (int i = 0; i < 8; i++) {
		set_cr0(get_cr0() & ~CR0_WP);
		good &= catch(do_store, VA) == NOTHING;
		set_cr0(get_cr0() | CR0_WP);
		good &= is_fault(catch(do_store, VA), 3, VA + 8);
	}
	ok(good, "%s: CR0.WP in turn over one read-only page", name);
	set_cr0(get_cr0() & ~CR0_WP);
}

static void test_accessed(void)
{
	int good = 1;

	for (int i = 0; i < 8; i++) {
		set(VA, frame[0] | P | RW);
		invlpg(VA);
		load(VA);
		good &= (get(VA) & (ACC | DIRTY)) == ACC;
		store(VA + 8, i);
		good &= (get(VA) & (ACC | DIRTY)) == (ACC | DIRTY);
		set(VA, get(VA) & ~(u64)DIRTY);
		invlpg(VA);
		load(VA);
		good &= !(get(VA) & DIRTY);
		store(VA + 8, i);
		good &= !!(get(VA) & DIRTY);
		set(VA, get(VA) & ~(u64)ACC);
		invlpg(VA);
		load(VA);
		good &= !!(get(VA) & ACC);
	}
	ok(good, "%s: Accessed and Dirty come again after each clearing", name);
}

/* --- stores of every size into a page table ---------------------------------- */

#define CMPXCHG(suffix, e, from, to)	\
	asm volatile("lock cmpxchg" suffix " %2, %1" : "+a"(from), "+m"(*(e)) \
		     : "r"(to) : "memory")

/* each of these makes e, which maps frame[0], map frame[1] */
typedef void writer(void *e, u64 from, u64 to);

static void by_bytes(void *e, u64 from, u64 to)
{
	volatile u8 *b = e;

	(void)from;
	for (unsigned int i = 0; i < 4; i++)
		b[i] = to >> 8 * i;
}

static void by_words(void *e, u64 from, u64 to)
{
	volatile u16 *w = e;

	(void)from;
	w[0] = to;
	w[1] = to >> 16;
}

static void by_long(void *e, u64 from, u64 to)
{
	(void)from;
	*(volatile u32 *)e = to;
}

static void by_unaligned(void *e, u64 from, u64 to)
{
	(void)from;
	/* the four bytes from the second on, of which the last is the next's */
	*(volatile u32 *)((u8 *)e + 1) = (u32)to >> 8 |
		(u32)((volatile u8 *)e)[4] << 24;
}

static void by_xchg(void *e, u64 from, u64 to)
{
	u32 v = to;

	(void)from;
	asm volatile("xchg %0, %1" : "+r"(v), "+m"(*(u32 *)e) : : "memory");
}

static void by_cmpxchg(void *e, u64 from, u64 to)
{
	u32 old = *(u32 *)e;

	(void)from;
	CMPXCHG("l", (u32 *)e, old, (u32)to);
}

static void by_cmpxchg8b(void *e, u64 from, u64 to)
{
	u64 *p = (u64 *)((word)e & ~7ul);	/* both entries of 2-level tables */
	u32 lo = *p, hi = *p >> 32;

	(void)from;
	asm volatile("lock cmpxchg8b %2" : "+a"(lo), "+d"(hi), "+m"(*p)
		     : "b"((u32)to), "c"(hi) : "memory");
}

static void by_logic(void *e, u64 from, u64 to)
{
	asm volatile("lock andl %1, %0" : "+m"(*(u32 *)e) : "r"(~(u32)(from & FRAME)));
	asm volatile("lock orl %1, %0" : "+m"(*(u32 *)e) : "r"((u32)to));
}

static void by_add(void *e, u64 from, u64 to)
{
	asm volatile("lock addl %1, %0" : "+m"(*(u32 *)e)
		     : "r"((u32)(to & FRAME) - (u32)(from & FRAME)));
}

static void by_movs(void *e, u64 from, u64 to)
{
	u64 source = to;
	const void *si = &source;
	word n = f->entry;

	(void)from;
	asm volatile("rep movsb" : "+D"(e), "+S"(si), "+c"(n) : : "memory");
}

static void by_stos(void *e, u64 from, u64 to)
{
	word n = 1;

	(void)from;
	asm volatile("rep stosl" : "+D"(e), "+c"(n) : "a"((u32)to) : "memory");
}

static void by_push(void *e, u64 from, u64 to)
{
	word keep;

	(void)from;
	if (f->entry < sizeof(word))
		return by_long(e, from, to);
	asm volatile("mov %%" S_SP ", %0\n"
		     "lea %c3(%1), %%" S_SP "\n"
		     "push %2\n"
		     "mov %0, %%" S_SP
		     : "=&r"(keep) : "r"(e), "r"((word)to), "i"(sizeof(word))
		     : "memory");
}

static const struct { const char *name; writer *write; } writers[] = {
	{ "bytes", by_bytes }, { "words", by_words }, { "long", by_long },
	{ "unaligned", by_unaligned }, { "xchg", by_xchg },
	{ "cmpxchg", by_cmpxchg }, { "cmpxchg8b", by_cmpxchg8b },
	{ "and and or", by_logic }, { "add", by_add }, { "rep movsb", by_movs },
	{ "rep stosl", by_stos }, { "push", by_push },
};

static void test_writers(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(writers); i++) {
		void *e = entry_at(&s, VA, 1);
		u64 next = entry_get(f, (u8 *)e + f->entry);
		int good = 1;

		for (int n = 0; n < 4; n++) {
			u64 from, to = frame[n + 1] | P | RW;

			set(VA, frame[0] | P | RW);
			invlpg(VA);
			good &= load(VA) == tag(0);
			from = get(VA);
			writers[i].write(e, from, to);
			invlpg(VA);
			good &= load(VA) == tag(n + 1);
			good &= !((get(VA) ^ to) & FRAME);
			good &= entry_get(f, (u8 *)e + f->entry) == next;
		}
		ok(good, "%s: entry written by %s", name, writers[i].name);
	}
}

/* many entries at once: copy a table, clear it, an access across two tables */
static void test_bulk(void)
{
	u8 *table = (u8 *)((word)entry_at(&s, VA, 1) & ~4095ul);
	static u8 saved[4096];
	int good = 1;

	for (int i = 0; i < PAGES; i++)
		set(VA + 4096 * i, frame[i] | P | RW);
	space_enter(&s);
	for (int i = 0; i < PAGES; i++)
		good &= load(VA + 4096 * i) == tag(i);
	copy(saved, table, 4096);
	for (int round = 0; round < 4; round++) {
		fill(table, 0, 4096);
		space_enter(&s);
		for (int i = 0; i < PAGES; i++)
			good &= catch(do_load, VA + 4096 * i) == 14;
		copy(table, saved, 4096);
		for (int i = 0; i < PAGES; i++)
			good &= load(VA + 4096 * i) == tag(i);
	}
	ok(good, "%s: a table cleared and filled by string instructions", name);
}

static void test_straddle(void)
{
	u64 bytes = page_bytes(f, 2);
	word a = VA + 8 * bytes - 4096, b = VA + 8 * bytes;
	volatile u32 *last, *first;
	u64 tables[2];
	int good = 1;

	/* two tables in consecutive pages: the last entry of one, the first of the other */
	map(&s, a, frame[0], P | RW, 1);
	map(&s, b, frame[1], P | RW, 1);
	tables[0] = entry_get(f, entry_at(&s, a, 2)) & FRAME;
	tables[1] = entry_get(f, entry_at(&s, b, 2)) & FRAME;
	if (tables[1] != tables[0] + 4096) {
		skip("tables are not adjacent", "a write across two tables");
		return;
	}
	last = entry_at(&s, a, 1);
	first = entry_at(&s, b, 1);
	good &= load(a) == tag(0) && load(b) == tag(1);
	if (f->entry == 4) {
		/* bytes 2,3 of the last entry (its frame's high part), 0,1 of the first */
		u32 v = (u32)frame[2] >> 16 | ((u32)(frame[3] | P | RW) & 0xffff) << 16;

		*last = frame[2] | P | RW;
		*first = frame[3];
		*(volatile u32 *)((u8 *)last + 2) = v;
	} else {
		*last = frame[2] | P | RW;
		*first = frame[3];
		/* the last entry's top half (0) and the low half of the first, unaligned */
		*(volatile u64 *)((u8 *)last + 4) = (u64)(frame[3] | P | RW) << 32;
	}
	invlpg(a);
	invlpg(b);
	good &= load(a) == tag(2) && load(b) == tag(3);
	ok(good, "%s: an unaligned write across two tables", name);
}

/* --- upper levels ----------------------------------------------------------- */

static void test_large(void)
{
	u64 size = page_bytes(f, 2), base = frame[0] & ~(size - 1);
	word va = VA + 2 * size, at = va + (frame[0] & (size - 1));
	void *e;
	u64 table;
	int good = 1;

	if (f->entry == 4 && !(get_cr4() & CR4_PSE)) {
		skip("no large pages in this format", "large and small");
		return;
	}
	map(&s, at, frame[5], P | RW, 1);
	e = entry_at(&s, at, 2);
	table = entry_get(f, e);
	for (int i = 0; i < 6; i++) {
		good &= load(at) == tag(5);
		entry_set(f, e, base | P | RW | LARGE);
		space_enter(&s);
		good &= load(at) == tag(0);
		store(at + 16, i);
		good &= (entry_get(f, e) & (ACC | DIRTY)) == (ACC | DIRTY);
		good &= load(frame[0] + 16) == (u32)i;
		entry_set(f, e, table);
		invlpg(at);
	}
	ok(good, "%s: a directory entry large and small in turn", name);
}

static void test_directory(void)
{
	word va = VA + 4 * page_bytes(f, 2);
	u64 a, b, e0;
	void *e;
	int good = 1;

	map(&s, va, frame[1], P | RW, 1);
	e = entry_at(&s, va, 2);
	e0 = entry_get(f, e);
	a = e0 & FRAME;
	b = page_new();
	entry_set(f, page_at(b), frame[2] | P | RW);
	for (int i = 0; i < 6; i++) {
		entry_set(f, e, (i & 1 ? b : a) | (e0 & 0xfff));
		space_enter(&s);
		good &= load(va) == tag(i & 1 ? 2 : 1);
		/* the table that is out of use is memory like any other */
		*(volatile u32 *)(page_at((i & 1 ? a : b)) + 2048) = i;
		good &= load(va) == tag(i & 1 ? 2 : 1);
	}
	set_cr0(get_cr0() | CR0_WP);
	if (f->levels != 3 || f->leaf == 1) {
		entry_set(f, e, (a | (e0 & 0xfff)) & ~(u64)RW);
		invlpg(va);
		good &= is_fault(catch(do_store, va), 3, va + 8);
		entry_set(f, e, a | (e0 & 0xfff));
		invlpg(va);
		good &= catch(do_store, va) == NOTHING;
	}
	set_cr0(get_cr0() & ~CR0_WP);
	entry_set(f, e, 0);
	invlpg(va);
	good &= is_fault(catch(do_load, va), 0, va);
	ok(good, "%s: a directory entry changes its table", name);
}

/* a table that has been one keeps what is written when it no longer is */
static void test_reuse(void)
{
	word va = VA + 6 * page_bytes(f, 2);
	volatile u32 *table;
	void *e;
	int good = 1;

	map(&s, va, frame[1], P | RW, 1);
	good &= load(va) == tag(1);
	e = entry_at(&s, va, 2);
	table = page_at(entry_get(f, e) & FRAME);
	entry_set(f, e, 0);
	space_enter(&s);
	for (int i = 0; i < 1024; i++)
		table[i] = 0x5a5a0000 + i;
	for (int i = 0; i < 1024; i++)
		good &= table[i] == 0x5a5a0000u + i;
	ok(good, "%s: a former table holds data", name);
}

/* The root's last entry is the root: tables are seen in the address space */
static void test_recursive(void)
{
	struct space own;
	word tables, directories, next = VA + page_bytes(f, 2);
	unsigned int bits = f->entry == 4 ? 10 : 9;
	u8 *e;
	int good = 1;

	if (f->levels == 3) {
		skip("PAE's root has four entries", "a table that maps itself");
		return;
	}
	own = space_new(f);
	map(&own, VA, frame[0], P | RW, 1);
	entry_set(f, page_at(own.root + 4096 - f->entry), own.root | P | RW);
	/* where all tables, and all page directories, are seen */
	tables = (word)-1 << (12 + bits * (f->levels - 1));
	directories = (word)-1 << (12 + bits * (f->levels - 2));
	space_enter(&own);
	e = (u8 *)tables + (VA >> 12) * f->entry;
	for (int i = 0; i < PAGES; i++) {
		entry_set(f, e, frame[i] | P | RW);
		invlpg(VA);
		good &= load(VA) == tag(i);
		good &= (entry_get(f, e) & (FRAME | ACC)) == (frame[i] | ACC);
	}
	/* a new table, made through the window alone */
	e = (u8 *)directories + (next >> (12 + bits)) * f->entry;
	entry_set(f, e, page_new() | P | RW);
	e = (u8 *)tables + (next >> 12) * f->entry;
	for (int i = 0; i < PAGES; i++) {
		entry_set(f, e, frame[i] | P | RW);
		invlpg(next);
		good &= load(next) == tag(i);
	}
	ok(good, "%s: entries written through a table that maps itself", name);
	space_enter(&s);
}

/* --- many spaces ------------------------------------------------------------- */

static void test_spaces(void)
{
	static struct space many[SPACES];
	word va = VA + 10 * page_bytes(f, 2), shared = VA + 12 * page_bytes(f, 2);
	int good = 1;

	for (int i = 0; i < SPACES; i++) {
		many[i] = s;
		many[i].root = page_new();
		copy(page_at(many[i].root), page_at(s.root), 4096);
		/* own upper levels for the window, everything else shared */
		if (f->levels > 2)
			entry_set(f, (u8 *)page_at(many[i].root) +
				  f->entry * (f->levels == 3 ? 1 : 0), 0);
		if (f->levels == 4)
			for (word a = 0; a < 0x800000; a += 4096)
				map(&many[i], a, a, P | RW, 1);
		map(&many[i], va, frame[i], P | RW, 1);
		map(&many[i], shared, frame[15], P | RW, 1);
	}
	for (int n = 0; n < 8 * SPACES; n++) {
		space_enter(&many[n % SPACES]);
		good &= load(va) == tag(n % PAGES);
		store(shared + 32, n);
		/* the next one is changed while it is not in use */
		entry_set(f, entry_at(&many[(n + 1) % SPACES], va, 1),
			  frame[(n + 1) % PAGES] | P | RW);
	}
	ok(good, "%s: %d spaces by CR3, changed from each other", name, SPACES);
	good = load(frame[15] + 32) == 8 * SPACES - 1;
	ok(good, "%s: memory shared between spaces", name);
	space_enter(&s);
}

static void test_global(void)
{
	int good = 1;

	for (int i = 0; i < 4; i++) {
		set(VA, frame[i] | P | RW | GLOBAL);
		set_cr4(get_cr4() & ~CR4_PGE);
		set_cr4(get_cr4() | CR4_PGE);
		good &= load(VA) == tag(i);
		set(VA, frame[i + 4] | P | RW | GLOBAL);
		invlpg(VA);
		good &= load(VA) == tag(i + 4);
	}
	set_cr4(get_cr4() & ~CR4_PGE);
	ok(good, "%s: global pages, flushed by CR4.PGE", name);
}

/* the same code address on two frames, and code that rewrites itself */
static void test_code(void)
{
	static const u8 code[2][6] = {
		{ 0xb8, 1, 0, 0, 0, 0xc3 }, { 0xb8, 2, 0, 0, 0, 0xc3 },
	};
	int (*fn)(void) = (void *)VA;
	int good = 1;

	copy(page_at(frame[14]) + 0, code[0], 6);
	copy(page_at(frame[15]) + 0, code[1], 6);
	for (int i = 0; i < 8; i++) {
		set(VA, frame[14 + (i & 1)] | P | RW);
		invlpg(VA);
		good &= fn() == 1 + (i & 1);
	}
	for (int i = 0; i < 64; i++) {
		((volatile u8 *)VA)[1] = i;
		good &= fn() == i;
	}
	ok(good, "%s: code remapped and rewritten", name);
	store(frame[14], tag(14));
	store(frame[15], tag(15));
}

#ifndef __x86_64__
static void test_pg_toggle(void)
{
	int good = 1;

	for (int i = 0; i < 8; i++) {
		set(VA, frame[i] | P | RW);
		space_leave();
		store(frame[i] + 64, i);
		good &= load(frame[i]) == tag(i);
		space_enter(&s);
		good &= load(VA) == tag(i) && load(VA + 64) == (u32)i;
	}
	ok(good, "%s: CR0.PG off and on", name);
}
#endif

/* one instruction, wherever it is called from */
static __attribute__((noinline)) void put(word va, u32 value)
{
	*(volatile u32 *)va = value;
}

/* what has just written to a device writes to a page directory that is not mapped yet */
static void test_device(void)
{
	const word device = VA + 4096 * (PAGES + 4), window = device + 4096;
	u64 directory = (word)entry_at(&s, VA, 2) & ~4095ul;
	volatile u32 *there = page_at(directory + 0xfc0);
	int good = 1;

	map(&s, device, MMIO_BASE, P | RW, 1);
	map(&s, window, directory, P | RW, 1);
	for (u32 i = 0; i < 4; i++)
		put(device + 8, i);
	for (u32 i = 0; i < 4; i++)
		put(window + 0xfc0 + 8 * i, 0x100 + 2 * i);
	for (u32 i = 0; i < 4; i++) {
		good &= there[2 * i] == 0x100 + 2 * i;
		there[2 * i] = 0;
	}
	set(device, 0);
	set(window, 0);
	invlpg(device);
	invlpg(window);
	ok(good, "%s: one store to a device, then to a directory", name);
}

static void test_format(const struct format *format)
{
	f = format;
	name = f->name;
	pages_reset();
	s = space_new(f);
	for (int i = 0; i < PAGES; i++) {
		frame[i] = page_new();
		*(u32 *)page_at(frame[i]) = tag(i);
		map(&s, VA + 4096 * i, frame[i], P | RW, 1);
	}
	space_enter(&s);
	test_remap();
	test_permission();
	test_accessed();
	test_writers();
	test_bulk();
	test_straddle();
	test_large();
	test_directory();
	test_reuse();
	test_recursive();
	test_spaces();
	test_global();
	test_code();
	test_device();
#ifndef __x86_64__
	test_pg_toggle();
#endif
	space_leave();
}

int main(void)
{
	for (const struct format *format = formats; format->name; format++)
		if (format->leaf <= 2 && format_usable(format) &&
		    (format->leaf == 1 || format->entry == 4))
			test_format(format);
	return 0;
}

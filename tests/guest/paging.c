// SPDX-License-Identifier: GPL-2.0-only
/*
 * paging.c: every access to a page with every kind of entry, compared with the
 * rules of the manual (AMD APM volume 2, 5.5-5.8 and 8.4.2; Intel SDM volume 3,
 * 4.6-4.8): whether it faults, the error code, CR2, and the Accessed and Dirty
 * bits that the processor leaves.
 */
#include "space.h"

/* The 1 GiB format needs an own entry in each level above */
#ifdef __x86_64__
#define TEST_VA		0x8040000000ul
#else
#define TEST_VA		0x40000000ul
#endif
#define USER_CODE	0x30000000ul
#define USER_STACK	0x30002000ul

enum op { READ, WRITE, EXEC, OPS };

struct controls {
	u8 wp, smep, smap, ac, nxe;
};

/* What may be set in an entry; bit numbers of a case's two words */
enum { E_P, E_RW, E_US, E_NX, E_RSVD, E_BITS };
#define E_FULL	(1u << E_P | 1u << E_RW | 1u << E_US)

struct test {
	const struct space *s;
	struct controls c;
	unsigned int leaf, upper;	/* E_ bits */
	void *leaf_entry, *upper_entry;	/* upper: NULL where it has no rights */
	u64 data;			/* frame under test */
	word va;
};

struct outcome {
	word vector, error;
};

static unsigned int count, bad;
static int can_smep, can_smap, can_nx;
static int tcg_walks;	/* and not we, nor a real processor */

/* --- what the manual says ------------------------------------------------ */

static u64 entry_bits(const struct test *t, unsigned int bits, int level)
{
	u64 e = 0;

	e |= bits >> E_P & 1 ? P : 0;
	e |= bits >> E_RW & 1 ? RW : 0;
	e |= bits >> E_US & 1 ? US : 0;
	e |= bits >> E_NX & 1 ? NX : 0;
	if (bits >> E_RSVD & 1) {
		if (t->s->f->entry == 4)
			e |= 1u << 21;
		else
			e |= level > 1 && level == t->s->f->leaf ? 1u << 13
								 : 1ull << 51;
	}
	return e;
}

/* The error code's bit 4 exists where a fetch can be forbidden */
static word fetch_bit(const struct test *t, enum op op)
{
	return op == EXEC && (t->c.nxe || t->c.smep) ? 0x10 : 0;
}

static struct outcome expected(const struct test *t, enum op op, int usermode)
{
	unsigned int rights = t->leaf & t->upper;
	int nx = (t->leaf | t->upper) >> E_NX & 1;
	int us = rights >> E_US & 1, rw = rights >> E_RW & 1;
	struct outcome o = { 14, (op == WRITE) << 1 | usermode << 2 |
				 fetch_bit(t, op) };
	unsigned int walk[2] = { t->upper, t->leaf };
	int denied;

	for (int i = 0; i < 2; i++) {
		if (!(walk[i] >> E_P & 1))
			return o;
		if (walk[i] >> E_RSVD & 1 ||
		    (walk[i] >> E_NX & 1 && !t->c.nxe)) {
			o.error |= 9;
			return o;
		}
	}
	if (usermode)
		denied = !us || (op == WRITE && !rw) || (op == EXEC && nx);
	else if (op == EXEC)
		denied = nx || (us && t->c.smep);
	else
		denied = (us && t->c.smap && !t->c.ac) ||
			 (op == WRITE && !rw && t->c.wp);
	if (denied)
		o.error |= 1;
	else
		o.vector = NOTHING;
	return o;
}

/* --- what the processor does --------------------------------------------- */

static void do_read(word va)
{
	asm volatile("mov (%0), %%eax" : : "r"(va + 32) : "eax", "memory");
}

static void do_write(word va)
{
	asm volatile("movl $0x12345678, (%0)" : : "r"(va + 32) : "memory");
}

static void do_exec(word va)
{
	((void (*)(void))(va + 16))();
}

static void with_ac(word argument)
{
	struct { void (*fn)(word); word va; } *a = (void *)argument;

	set_flags(get_flags() | FLAG_AC);
	a->fn(a->va);
}

static struct outcome access(const struct test *t, enum op op, int usermode)
{
	static void (*const fn[OPS])(word) = { do_read, do_write, do_exec };
	struct { void (*fn)(word); word va; } with = { fn[op], t->va };
	struct outcome o;

	if (usermode)
		o.vector = user(USER_CODE + 16 * op,
				op == EXEC ? t->va : t->va + 32, USER_STACK);
	else if (t->c.ac)
		o.vector = catch(with_ac, (word)&with);
	else
		o.vector = catch(fn[op], t->va);
	if (o.vector == BACK)
		o.vector = NOTHING;
	o.error = caught.error;
	if (o.error & 8 && tcg_walks)	/* whose reserved-bit faults lack bit 0 */
		o.error |= 1;
	return o;
}

/* The three accesses at CPL 3: the operand is in (R|E)DI; then INT 0x40 */
static const u8 user_code[48] = {
	[0] = 0x8b, 0x07, 0xcd, BACK,
	[16] = 0x89, 0x07, 0xcd, BACK,
	[32] = 0xff, 0xe7,
};

static const u8 page_code[17] = { [0] = 0xcd, BACK, [16] = 0xc3 };

/* --- a case ---------------------------------------------------------------- */

static void complain(const struct test *t, enum op op, int usermode,
		     struct outcome want, struct outcome got, const char *what)
{
	if (bad++ >= 8)
		return;
	print("# %s: %s %s leaf %x upper %x wp %d smep %d smap %d ac %d nxe %d: ",
	      what, usermode ? "user" : "supervisor",
	      op == READ ? "read" : op == WRITE ? "write" : "fetch",
	      (word)t->leaf, (word)t->upper, t->c.wp, t->c.smep, t->c.smap,
	      t->c.ac, t->c.nxe);
	print("want vector %d error %x, got %d %x cr2 %x, leaf entry %q\n",
	      (unsigned int)want.vector, want.error, (unsigned int)got.vector,
	      got.error, caught.cr2, entry_get(t->s->f, t->leaf_entry));
}

static void check_entries(const struct test *t, enum op op, int usermode,
			  struct outcome want, int dirty)
{
	u64 e = entry_get(t->s->f, t->leaf_entry);
	u64 base = entry_bits(t, t->leaf, t->s->f->leaf) | t->data |
		   (t->s->f->leaf > 1 ? LARGE : 0);

	if (!(t->leaf & t->upper & 1))
		base = e & ~(u64)(ACC | DIRTY);
	if ((e & ~(u64)(ACC | DIRTY)) != base)
		complain(t, op, usermode, want, want, "entry changed");
	if (want.vector == NOTHING && !(e & ACC))
		complain(t, op, usermode, want, want, "not Accessed");
	if (!(e & DIRTY) != !dirty)
		complain(t, op, usermode, want, want, "Dirty");
	if (want.vector == NOTHING && t->upper_entry &&
	    !(entry_get(t->s->f, t->upper_entry) & ACC))
		complain(t, op, usermode, want, want, "upper not Accessed");
}

static void one(struct test *t, enum op op, int usermode, int *dirty)
{
	struct outcome want = expected(t, op, usermode), got;
	word at = op == EXEC ? usermode ? t->va : t->va + 16 : t->va + 32;

	got = access(t, op, usermode);
	count++;
	if (got.vector != want.vector ||
	    (got.vector == 14 && got.error != want.error))
		complain(t, op, usermode, want, got, "fault");
	else if (got.vector == 14 && caught.cr2 != at)
		complain(t, op, usermode, want, got, "cr2");
	*dirty |= want.vector == NOTHING && op == WRITE;
	check_entries(t, op, usermode, want, *dirty);
}

/* An access, and a second one that finds what the first has cached */
static void one_case(struct test *t, enum op op, int usermode)
{
	const struct format *f = t->s->f;
	u32 second = random32();
	int dirty = 0;

	entry_set(f, t->leaf_entry, entry_bits(t, t->leaf, f->leaf) | t->data |
		  (f->leaf > 1 ? LARGE : 0));
	if (t->upper_entry) {
		u64 e = entry_get(f, t->upper_entry) & FRAME & ~(1ull << 51);

		entry_set(f, t->upper_entry,
			  e | entry_bits(t, t->upper, f->leaf + 1));
	}
	invlpg(t->va);
	one(t, op, usermode, &dirty);
	one(t, second % OPS, second >> 8 & 1, &dirty);
}

/* --- all cases --------------------------------------------------------------- */

static void set_controls(const struct controls *c)
{
	word cr4 = get_cr4() & ~(CR4_SMEP | CR4_SMAP);

	set_cr0((get_cr0() & ~CR0_WP) | (c->wp ? CR0_WP : 0));
	set_cr4(cr4 | (c->smep ? CR4_SMEP : 0) | (c->smap ? CR4_SMAP : 0));
	if (can_nx)
		wrmsr(MSR_EFER, (rdmsr(MSR_EFER) & ~(u64)EFER_NXE) |
				(c->nxe ? EFER_NXE : 0));
}

static int entry_possible(const struct format *f, unsigned int bits, int leaf)
{
	if (f->entry == 4 && bits >> E_NX & 1)
		return 0;
	if (f->entry == 4 && bits >> E_RSVD & 1)
		return leaf && f->leaf == 2;
	return can_nx || !(bits >> E_NX & 1);
}

static void all_accesses(struct test *t)
{
	for (int i = 0; i < 2 * OPS; i++)
		one_case(t, i >> 1, i & 1);
}

static void all_entries(struct test *t)
{
	const struct format *f = t->s->f;

	t->upper = E_FULL;
	for (t->leaf = 0; t->leaf < 1u << E_BITS; t->leaf++)
		if (entry_possible(f, t->leaf, 1))
			all_accesses(t);
	if (!t->upper_entry)
		return;
	for (int i = 0; i < 40; i++) {
		u32 r = random32();

		t->leaf = i < 1 << E_BITS ? E_FULL : r >> 8;
		t->leaf = t->leaf % (1u << E_BITS) | 1u << E_P;
		t->upper = i < 1 << E_BITS ? (u32)i : r % (1u << E_BITS);
		if (entry_possible(f, t->leaf, 1) &&
		    entry_possible(f, t->upper, 0))
			all_accesses(t);
	}
}

static void all_controls(struct test *t)
{
	int pae = t->s->f->entry == 8;

	for (unsigned int i = 0; i < 32; i++) {
		struct controls c = { i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3 & 1,
				      i >> 4 & 1 };

		if ((c.smep && !can_smep) || (c.smap && !can_smap) ||
		    (c.ac && !c.smap) || (c.nxe && !(can_nx && pae)))
			continue;
		t->c = c;
		set_controls(&c);
		all_entries(t);
	}
	set_controls(&(struct controls){ 0, 0, 0, 0, 0 });
}

static void test_format(const struct format *f)
{
	struct space s;
	struct test t = { .s = &s };
	u64 size = page_bytes(f, f->leaf), frame, code;

	pages_reset();
	s = space_new(f);
	frame = page_new();
	code = page_new();
	copy(page_at(frame), page_code, sizeof(page_code));
	copy(page_at(code), user_code, sizeof(user_code));
	map(&s, USER_CODE, code, P | RW | US, 1);
	map(&s, USER_STACK - 4096, page_new(), P | RW | US, 1);
	t.data = frame & ~(size - 1);
	t.va = TEST_VA + (frame & (size - 1));
	map(&s, t.va, t.data, P, f->leaf);
	t.leaf_entry = entry_at(&s, t.va, f->leaf);
	if (f->levels > f->leaf && !(f->levels == 3 && f->leaf == 2))
		t.upper_entry = entry_at(&s, t.va, f->leaf + 1);
	count = bad = 0;
	space_enter(&s);
	all_controls(&t);
	space_leave();
	ok(!bad, "%s: %d accesses as the manual says", f->name, count);
}

int main(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] >= 7) {
		cpuid(7, 0, r);
		can_smep = r[1] >> 7 & 1;
		can_smap = r[1] >> 20 & 1;
	}
	can_nx = has_nx();
	tcg_walks = on_tcg() || (on_emulated_svm() && inl(PORT_NESTED) == 1);
	print("# smep %d smap %d nx %d\n", can_smep, can_smap, can_nx);
	for (const struct format *f = formats; f->name; f++) {
		if (format_usable(f))
			test_format(f);
		else
			skip("not in CPUID", f->name);
	}
	return 0;
}

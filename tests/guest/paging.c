// SPDX-License-Identifier: GPL-2.0-only
/*
 * paging.c: every access to a page with every kind of entry on the way to it, in each
 * mode, compared with the model of the manual (tests/unit/mmu-model.h, which the unit
 * tests hold against the walker too): whether it faults, the error code, CR2 and RIP, the
 * Accessed and Dirty bits of each level, and what was written. The page is RAM, and then
 * a device, where the hypervisor makes the access and not the processor.
 *
 * How many of the cases are done, guestrun -l says; without it, a sample.
 */
#include <stdbool.h>
#include "space.h"
#include "../unit/mmu-model.h"

/* The 1 GiB format needs an own entry in each level above */
#ifdef __x86_64__
#define TEST_VA		0x8040000000ul
#define DI		"%rdi"
#define SI		"%rsi"
#else
#define TEST_VA		0x40000000ul
#define DI		"%edi"
#define SI		"%esi"
#endif
#define USER_CODE	0x30000000ul
#define USER_STACK	0x30002000ul
#define DEVICE_VA	0x30004000ul	/* the device, for ourselves */
#define FLAG_IOPL	0x3000
#define WRITTEN		0x5a5a5a5a

/* The last two load ES from an LDT in the page: as supervisor whatever the CPL is */
enum op { READ, WRITE, FETCH, LOCKED, INS, OUTS, LDT_READ, LDT_WRITE, OPS };

static const char *const op_names[OPS] = {
	"read", "write", "fetch", "locked add", "ins", "outs", "descriptor read",
	"descriptor write"
};

/*
 * Each access, at CPL 0 and, from a copy, at CPL 3: the address is in (R|E)DI, the
 * instruction 8 bytes into its 16, and INT 0x40 comes after it.
 */
extern u8 access_code[OPS * 16];
/* INS has another port than OUTS; Bochs has something at the first four of them */
#define CODE(setup, insn)						\
	".balign 16, 0x90\n" setup "\n.balign 8, 0x90\n" insn "\nint $0x40\n"
asm(".balign 16\n"
    "access_code:\n"
    CODE("nop", "mov (" DI "), %eax")
    CODE("nop", "movl $0x5a5a5a5a, (" DI ")")
    CODE("nop", "jmp *" DI)
    CODE("nop", "lock incl (" DI ")")
    CODE("mov $0x504, %edx", "insb")
    CODE("mov $0x508, %edx\nmov " DI ", " SI, "outsb")
    CODE("mov $7, %eax", "mov %eax, %es")
    CODE("mov $7, %eax", "mov %eax, %es")
    ".balign 16, 0x90");

/* What is in the page */
#define AT_CODE		0	/* INT 0x40 */
#define AT_DATA		32
#define AT_LDT		64	/* one descriptor, of data at DPL 3 */
#define DESCRIPTOR	0x00cff2000000ffffull	/* not accessed */
#define DESC_ACCESSED	(1ull << 40)

/* What may be set in an entry; a row of all levels is a case's rights */
enum { E_P, E_RW, E_US, E_NX, E_RSVD, E_BITS };
#define E_FULL	(1u << E_P | 1u << E_RW | 1u << E_US)
#define E_ALL	((1u << E_BITS) - 1)
#define LEVELS	4

/* one in so many cases is done: of one entry that differs, of two, and of a device */
static const struct share {
	unsigned int single, pair, device;
} shares[] = { { 8, 1024, 32 }, { 1, 32, 8 }, { 1, 1, 1 } }, few = { 2, 64, 8 };

static struct {
	const struct format *f;
	struct space s;
	word va;
	bool device;
	u8 *window;		/* the page under test, where it may always be reached */
	void *entry[LEVELS + 1];
	u64 base[LEVELS + 1];	/* of the entry: all that no case changes */
	u64 before[LEVELS + 1];	/* ... and what it was before the access */
	int top;		/* level at which the walk begins */
} t;

struct rights {
	u8 of[LEVELS + 1];
};

struct want {
	struct model_walk walk;
	bool allowed, write;
	word error;
};

static struct model model;
static unsigned int count, bad;
static int can_smep, can_smap, can_nx;
static int on_qemu;	/* ... is the processor */
static int tcg_walks;	/* and not we, nor a real processor */
static bool ac_counts[2];	/* for implicit accesses at CPL 0, 3: find_ac() */
static const struct share *share;

/* --- what the manual says ------------------------------------------------ */

static u64 model_read(u64 gpa, unsigned int bytes)
{
	return bytes == 4 ? *(volatile u32 *)(word)gpa : *(volatile u64 *)(word)gpa;
}

static bool is_implicit(enum op op)
{
	return op == LDT_READ || op == LDT_WRITE;
}

static bool writes(enum op op)
{
	return op == WRITE || op == LOCKED || op == INS || op == LDT_WRITE;
}

static struct want expected(enum op op, bool usermode, bool ac)
{
	struct want want = { .walk = model_lookup(&model, t.va), .write = writes(op) };
	bool fetch = op == FETCH, implicit = is_implicit(op), user = usermode && !implicit;
	const struct model_walk *w = &want.walk;

	model.ac = ac;
	/* a descriptor is read before it is written */
	if (op == LDT_WRITE &&
	    !(w->mapped && model_allows(&model, w->may_w, w->may_u, w->may_x, user, false,
					false, true)))
		want.write = false;
	want.allowed = w->mapped && model_allows(&model, w->may_w, w->may_u, w->may_x, user,
						 want.write, fetch, implicit);
	want.error = model_error(&model, w, user, want.write, fetch);
	return want;
}

/* --- what the processor does --------------------------------------------- */

static word access_at(enum op op)
{
	return t.va + (op == FETCH ? AT_CODE : is_implicit(op) ? AT_LDT : AT_DATA);
}

static word access(enum op op, bool usermode, bool ac)
{
	word flags = get_flags(), vector;

	set_flags(flags | (ac ? FLAG_AC : 0) | (usermode ? FLAG_IOPL : 0));
	if (usermode)
		vector = user(USER_CODE + 16 * op, access_at(op), USER_STACK);
	else
		vector = catch((void (*)(word))(word)(access_code + 16 * op), access_at(op));
	set_flags(flags);
	return vector;
}

static void prepare_data(enum op op)
{
	if (writes(op) && !is_implicit(op))
		*(volatile u32 *)(t.window + AT_DATA) = 0;
	else if (is_implicit(op))
		*(volatile u64 *)(t.window + AT_LDT) =
			DESCRIPTOR | (op == LDT_READ ? DESC_ACCESSED : 0);
}

/* what the access has left in the page; true: as it should be */
static bool data_right(enum op op, bool allowed)
{
	u32 data;

	if (op == LDT_WRITE)
		return *(volatile u64 *)(t.window + AT_LDT) ==
		       (DESCRIPTOR | (allowed ? DESC_ACCESSED : 0));
	if (!writes(op))
		return true;
	data = *(volatile u32 *)(t.window + AT_DATA);
	if (!allowed)
		return !data;
	return op == INS ? data : data == (op == WRITE ? WRITTEN : 1);
}

/* --- a case ---------------------------------------------------------------- */

static void complain(enum op op, bool usermode, const struct want *want, word vector,
		     const char *what)
{
	if (bad++ >= 8)
		return;
	print("# %s: CPL %d %s, wp %d smep %d smap %d ac %d nxe %d: ", what, usermode ? 3 : 0,
	      op_names[op], model.wp, model.smep, model.smap, model.ac, model.nxe);
	print("want %s %x, got vector %d error %x cr2 %x ip %x\n",
	      want->allowed ? "none" : "fault", want->error, (u32)vector, caught.error,
	      caught.cr2, caught.ip);
	for (int l = t.f->levels; l >= t.f->leaf; l--)
		print("#   level %d: %q, then %q\n", l, t.before[l],
		      entry_get(t.f, t.entry[l]));
}

/* the implicit accesses may begin anywhere in the descriptor */
static bool cr2_right(enum op op)
{
	word past = caught.cr2 - access_at(op);

	return is_implicit(op) ? past < 8 : !past;
}

static bool ip_right(enum op op, bool usermode)
{
	word code = usermode ? USER_CODE : (word)access_code;

	return caught.ip == (op == FETCH ? t.va : code + 16 * op + 8) &&
	       (caught.cs & 3) == (usermode ? 3 : 0);
}

static void check_fault(enum op op, bool usermode, const struct want *want, word vector)
{
	if (vector != (want->allowed ? BACK : 14)) {
		complain(op, usermode, want, vector, "fault");
		return;
	}
	if (want->allowed)
		return;
	if (caught.error & 8 && tcg_walks)	/* whose reserved-bit faults lack bit 0 */
		caught.error |= 1;
	if (op == LOCKED && on_qemu)	/* which may read first, and fault then */
		caught.error |= 2;
	if (caught.error != want->error)
		complain(op, usermode, want, vector, "error code");
	if (!cr2_right(op))
		complain(op, usermode, want, vector, "cr2");
	if (!ip_right(op, usermode))
		complain(op, usermode, want, vector, "rip");
}

/* Accessed in all, Dirty in the last; a fault may leave Accessed in what it looked at */
static void check_entries(enum op op, bool usermode, const struct want *want, word vector)
{
	for (int l = t.top; l >= t.f->leaf; l--) {
		u64 is = entry_get(t.f, t.entry[l]), may = 0, should = t.before[l];

		if (want->allowed)
			should |= ACC | (l == t.f->leaf && want->write ? DIRTY : 0);
		else if (t.top - l < want->walk.n)
			may = ACC;
		if ((is ^ should) & ~may)
			complain(op, usermode, want, vector, "entry");
	}
	if (t.top < t.f->levels && (entry_get(t.f, t.entry[3]) ^ t.before[3]) &
				   ~(u64)(tcg_walks ? ACC : 0))
		complain(op, usermode, want, vector, "PDPTE");
}

static void one(enum op op, bool usermode, bool ac)
{
	struct want want = expected(op, usermode, ac);
	word vector;

	/* no machine executes a device that guestrun made */
	if (t.device && op == FETCH && want.allowed)
		return;
	for (int l = t.f->levels; l >= t.f->leaf; l--)
		t.before[l] = entry_get(t.f, t.entry[l]);
	prepare_data(op);
	vector = access(op, usermode, ac);
	count++;
	check_fault(op, usermode, &want, vector);
	check_entries(op, usermode, &want, vector);
	if (!data_right(op, want.allowed))
		complain(op, usermode, &want, vector, "data");
}

static bool left_out(enum op op, bool usermode, bool ac)
{
	return is_implicit(op) && ac && model.smap && ac_counts[usermode] && !t.device;
}

static void set_controls(void)
{
	word cr4 = get_cr4() & ~(CR4_SMEP | CR4_SMAP);

	set_cr0((get_cr0() & ~CR0_WP) | (model.wp ? CR0_WP : 0));
	set_cr4(cr4 | (model.smep ? CR4_SMEP : 0) | (model.smap ? CR4_SMAP : 0));
	if (can_nx)
		wrmsr(MSR_EFER, (rdmsr(MSR_EFER) & ~(u64)EFER_NXE) |
				(model.nxe ? EFER_NXE : 0));
}

/*
 * A second access, that finds what the first has cached: another one, or the same but for
 * EFLAGS.AC; at times with other controls
 */
static void one_more(enum op op, bool usermode, bool ac)
{
	u32 r = random32();
	struct model keep = model;

	ac = !ac;
	if (r & 0x600) {
		op = r % OPS;
		usermode = r >> 8 & 1;
		ac = r >> 9 & 1;
	}

	if (!(r >> 16 & 31)) {
		model.wp = r >> 10 & 1;
		model.smep = can_smep && r >> 11 & 1;
		model.smap = can_smap && r >> 12 & 1;
		set_controls();
	}
	if (!left_out(op, usermode, ac))
		one(op, usermode, ac);
	if (!(r >> 16 & 31)) {
		model = keep;
		set_controls();
	}
}

/* --- entries ----------------------------------------------------------------- */

/* one of those that table 4-4 and the ones after it reserve; 0: this level has none */
static u64 reserved_bit(int level, u32 r)
{
	const struct format *f = t.f;
	bool large = level > 1 && level == f->leaf;

	if (f->entry == 4)
		return large ? 1u << 21 : 0;
	if (level > t.top)		/* in a PDPTE they are MOV CR3's fault */
		return 0;
	if (large && r & 1)
		return 1ull << 13;
	if (level == 4 && r & 1)
		return LARGE;
	return f->levels == 3 && r & 2 ? 1ull << 62 : 1ull << 51;
}

/* bits that mean nothing here, and Accessed and Dirty as they come */
static u64 noise(int level, u32 r)
{
	const struct format *f = t.f;
	u64 bits = 0xe00;		/* 11:9, software's in all entries */

	if (level > t.top)
		return r & bits;
	bits |= ACC | DIRTY | GLOBAL;	/* CR4.PGE is 0 */
	if (level == 1)
		bits |= LARGE;		/* the PAT */
	if (f->entry == 4 && level == 2 && !(f->cr4 & CR4_PSE))
		bits |= LARGE;
	if (f->levels == 4)
		bits |= 0x7ff0ull << 48;	/* 62:52 */
	return ((u64)r << 32 | r) & bits;
}

static u64 entry_bits(unsigned int rights, int level)
{
	u32 r = random32();
	u64 e = noise(level, r);

	e |= rights >> E_P & 1 ? P : 0;
	if (level > t.top)
		return e;
	e |= rights >> E_RW & 1 ? RW : 0;
	e |= rights >> E_US & 1 ? US : 0;
	e |= rights >> E_NX & 1 ? NX : 0;
	e |= rights >> E_RSVD & 1 ? reserved_bit(level, r >> 3) : 0;
	return e;
}

static bool rights_possible(unsigned int rights, int level)
{
	if (!(rights & 1u << E_P))	/* then nothing else counts: none of it, or all */
		return !rights || rights == (E_ALL & ~(1u << E_P));
	if (level > t.top)
		return rights == E_FULL;
	if (rights & 1u << E_NX && (t.f->entry == 4 || !can_nx))
		return false;
	return !(rights & 1u << E_RSVD) || reserved_bit(level, 0);
}

static void reload_cr3(void)
{
	for (int i = 0; t.top < t.f->levels && i < 4; i++)
		model.pdptr[i] = model_read(t.s.root + 8 * i, 8);
	set_cr3(t.s.root);
}

/* Directories are changed less often than leaves: each change is one for the shadow too */
static void set_entries(const struct rights *rights)
{
	static struct rights last;
	bool all = !(random32() & 7);

	for (int l = t.f->levels; l >= t.f->leaf; l--) {
		if (l > t.f->leaf && !all && last.of[l] == rights->of[l])
			continue;
		entry_set(t.f, t.entry[l], t.base[l] | entry_bits(rights->of[l], l));
		if (l > t.top)
			reload_cr3();
	}
	last = *rights;
	invlpg(t.va);
}

/* --- all cases --------------------------------------------------------------- */

/* how many cases to go on by, for one in so many of them */
static unsigned int stride(unsigned int one_in)
{
	return one_in == 1 ? 1 : 1 + random32() % (2 * one_in - 1);
}

/* all of them, or those that @next meets */
static void all_accesses(const struct rights *rights, unsigned int one_in, unsigned int *next)
{
	unsigned int i;

	for (i = *next; i < 4 * OPS; i += stride(one_in)) {
		enum op op = i >> 2;
		bool usermode = i & 1, ac = i >> 1 & 1;

		if (left_out(op, usermode, ac))
			continue;
		set_entries(rights);
		one(op, usermode, ac);
		one_more(op, usermode, ac);
	}
	*next = i - 4 * OPS;
}

/* the rights of levels a and b, which may be the same, are anything, all others' full */
static void all_rights(int a, int b, unsigned int one_in)
{
	unsigned int next = stride(one_in) - 1;
	struct rights rights;

	fill(&rights, E_FULL, sizeof(rights));
	for (unsigned int i = 0; i <= E_ALL; i++) {
		rights.of[a] = i;
		if (!rights_possible(i, a))
			continue;
		if (a == b) {
			all_accesses(&rights, one_in, &next);
			continue;
		}
		for (unsigned int j = 0; j <= E_ALL; j++) {
			rights.of[b] = j;
			if (rights_possible(j, b))
				all_accesses(&rights, one_in, &next);
		}
	}
}

static void all_levels(void)
{
	/* the small format has few cases */
	const struct share *of = t.f->entry == 4 && share == shares ? &few : share;
	unsigned int less = t.device ? of->device : 1;

	for (int a = t.f->levels; a >= t.f->leaf; a--)
		for (int b = a; b >= t.f->leaf; b--)
			all_rights(a, b, less * (a == b ? of->single : of->pair));
}

static void all_controls(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		model.wp = i & 1;
		model.smep = i >> 1 & 1;
		model.smap = i >> 2 & 1;
		model.nxe = i >> 3 & 1;
		if ((model.smep && !can_smep) || (model.smap && !can_smap) ||
		    (model.nxe && !(can_nx && model.pae)))
			continue;
		set_controls();
		all_levels();
	}
	model.wp = model.smep = model.smap = model.nxe = false;
	set_controls();
}

/*
 * QEMU and Bochs let EFLAGS.AC count for implicit accesses too, against SDM volume 3, 4.6.1,
 * the one at CPL 0 alone, the other once its TLB knows the page.
 */
static void find_ac(void)
{
	struct rights full;

	fill(&full, E_FULL, sizeof(full));
	model.smap = true;
	set_controls();
	for (int usermode = 0; usermode < 2; usermode++) {
		set_entries(&full);
		prepare_data(LDT_READ);
		access(READ, false, true);
		ac_counts[usermode] = access(LDT_READ, usermode, true) == BACK;
		if (ac_counts[usermode])
			print("# left out: with EFLAGS.AC implicit accesses at CPL %d pass SMAP here\n",
			      usermode ? 3 : 0);
	}
}

static void load_ldt(u64 base)
{
	extern u64 gdt[];
	u64 *d = &gdt[SEL_LDT / 8];

	d[0] = 7 | (base & 0xffffff) << 16 | 0x82ull << 40 | (base >> 24 & 0xff) << 56;
	d[1] = base >> 32;
	asm volatile("lldt %w0" : : "r"(SEL_LDT) : "memory");
}

static void make_space(const struct format *f, bool device)
{
	u64 size = page_bytes(f, f->leaf), frame, code;

	pages_reset();
	t.f = f;
	t.s = space_new(f);
	t.device = device;
	t.top = f->levels == 3 ? 2 : f->levels;
	frame = device ? MMIO_BASE : page_new();
	code = page_new();
	copy(page_at(code), access_code, sizeof(access_code));
	map(&t.s, USER_CODE, code, P | RW | US, 1);
	map(&t.s, USER_STACK - 4096, page_new(), P | RW | US, 1);
	map(&t.s, DEVICE_VA, MMIO_BASE, P | RW, 1);
	t.window = device ? (void *)DEVICE_VA : page_at(frame);
	t.va = TEST_VA + (frame & (size - 1));
	map(&t.s, t.va, frame & ~(size - 1), P, f->leaf);
	for (int l = f->levels; l >= f->leaf; l--) {
		t.entry[l] = entry_at(&t.s, t.va, l);
		t.base[l] = (entry_get(f, t.entry[l]) & FRAME) |
			    (l == f->leaf && l > 1 ? LARGE : 0);
	}
}

static void test_format(const struct format *f, bool device)
{
	make_space(f, device);
	model.pg = true;
	model.pae = f->cr4 & CR4_PAE;
	model.pse = f->cr4 & CR4_PSE;
	model.lma = IS64;
	model.cr3 = t.s.root;
	count = bad = 0;
	space_enter(&t.s);
	reload_cr3();
	t.window[AT_CODE] = 0xcd;
	t.window[AT_CODE + 1] = BACK;
	load_ldt(t.va + AT_LDT);
	if (can_smap && !device && f == formats)
		find_ac();
	all_controls();
	asm volatile("lldt %w0" : : "r"(0));
	space_leave();
	ok(!bad, "%s%s: %d accesses as the manual says", f->name, device ? ", a device" : "",
	   count);
}

static void find_features(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] >= 7) {
		cpuid(7, 0, r);
		can_smep = r[1] >> 7 & 1;
		can_smap = r[1] >> 20 & 1;
	}
	can_nx = has_nx();
	model.maxphyaddr = 36;
	cpuid(0x80000000, 0, r);
	if (r[0] >= 0x80000008) {
		cpuid(0x80000008, 0, r);
		model.maxphyaddr = r[0] & 0xff;
	}
	print("# smep %d smap %d nx %d, %d bits\n", can_smep, can_smap, can_nx,
	      model.maxphyaddr);
}

#ifndef __x86_64__
/* where an entry that maps a page is possible and is not used */
static const struct format pse_unused = { "2-level 4K with CR4.PSE", 2, 1, 4, CR4_PSE };
#endif

int main(void)
{
	u32 nested = inl(PORT_NESTED), thorough = inl(PORT_THOROUGH);
	bool guestrun = nested <= 1;

	find_features();
	model.read = model_read;
	on_qemu = on_tcg() || on_emulated_svm();
	tcg_walks = on_tcg() || (on_qemu && nested == 1);
	share = &shares[thorough < ARRAY_SIZE(shares) ? thorough : 1];
	outb(PORT_BYTES + 4, 0x77);
	for (const struct format *f = formats; f->name; f++) {
		if (!format_usable(f)) {
			skip("not in CPUID", f->name);
			continue;
		}
		test_format(f, false);
		if (guestrun)
			test_format(f, true);
	}
#ifndef __x86_64__
	if (format_usable(&pse_unused))
		test_format(&pse_unused, false);
	else
		skip("not in CPUID", pse_unused.name);
#endif
	return 0;
}

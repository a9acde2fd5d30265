// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcid.c: process-context identifiers. Who may set CR4.PCIDE and when, what a load of
 * CR3 takes, the faults of INVPCID (Intel SDM volume 3, 4.10.1, and volume 2), and what
 * an access may find after each kind of flush (volume 3, 4.10.4.1): the frame that the
 * tables name now, or one that they named while the PCID was in use and that it was
 * not flushed of since.
 */
#include "space.h"

#define CR4_PCIDE	BIT(17)

static int has_pcid, has_invpcid;

static void try_cr4(word v)
{
	set_cr4(v);
}

#ifdef __x86_64__
#define KEEP		BIT(63)
#define TEST_VA		0x8040000000ul
#define USER_CODE	0x30000000ul

static void try_cr3(word v)
{
	set_cr3(v);
}

/* --- INVPCID ------------------------------------------------------------------ */

struct descriptor {
	u64 pcid, address;
};

struct invpcid {
	word type;
	const struct descriptor *d;
};

static void do_invpcid(word argument)
{
	const struct invpcid *i = (const void *)argument;

	asm volatile("invpcid %0, %1" : : "m"(*i->d), "r"(i->type) : "memory");
}

static word invpcid(word type, u64 pcid, u64 address)
{
	struct descriptor d = { pcid, address };
	struct invpcid i = { type, &d };

	return catch(do_invpcid, (word)&i);
}

/* with a register for the descriptor */
static void invpcid_register(word argument)
{
	asm volatile(".byte 0x66, 0x0f, 0x38, 0x82, 0xc0" : : "a"(argument) : "memory");
}

static void invpcid_lock(word argument)
{
	asm volatile(".byte 0xf0, 0x66, 0x0f, 0x38, 0x82, 0x01"
		     : : "a"(argument), "c"(argument) : "memory");
}

/* INVPCID of the descriptor at (RDI), type 0; INT 0x40 */
static const u8 user_code[] = { 0x31, 0xc0, 0x66, 0x0f, 0x38, 0x82, 0x07, 0xcd, BACK };

static void test_invpcid_faults(const struct space *s)
{
	static const struct descriptor zero;
	const struct invpcid hole = { 1, (void *)TEST_VA };
	u64 code = page_new();

	copy(page_at(code), user_code, sizeof(user_code));
	map(s, USER_CODE, code, P | RW | US | ACC | DIRTY, 1);
	map(s, USER_CODE + 4096, page_new(), P | RW | US | ACC | DIRTY, 1);
	set_cr3(s->root);
	if (!has_invpcid) {
		ok(invpcid(2, 0, 0) == 6, "INVPCID is #UD: CPUID does not have it");
		return;
	}
	ok(invpcid(4, 0, 0) == 13 && invpcid(0xffffffff, 0, 0) == 13, "a type above 3 is #GP");
	ok(invpcid(1, 0x1000, 0) == 13 && invpcid(3, BIT(63), 0) == 13,
	   "a PCID of more than 12 bits is #GP");
	ok(invpcid(0, 0, BIT(47)) == 13, "an address that is not canonical is #GP");
	ok(invpcid(1, 0, BIT(47)) == NOTHING, "... if it counts");
	ok(catch(invpcid_register, 0) == 6, "a register for the descriptor is #UD");
	ok(catch(invpcid_lock, (word)&zero) == 6, "LOCK is #UD");
	ok(catch(do_invpcid, (word)&hole) == 14 && caught.cr2 == TEST_VA && !caught.error,
	   "a descriptor that is not mapped is #PF");
	ok(user(USER_CODE, USER_CODE + 4096, USER_CODE + 8192) == 13,
	   "at CPL 3 it is #GP");
	ok(invpcid(0, 1, 0) == 13 && invpcid(1, 1, 0) == 13 && invpcid(2, 1, 0) == NOTHING,
	   "PCID 1 is #GP while CR4.PCIDE is 0, for types 0 and 1");
	set_cr4(get_cr4() | CR4_PCIDE);
	ok(invpcid(0, 1, 0) == NOTHING && invpcid(1, 0xfff, 0) == NOTHING, "not with it");
	set_cr4(get_cr4() & ~CR4_PCIDE);
}

/* --- CR3 and CR4 ---------------------------------------------------------------- */

static void test_registers(const struct space *s)
{
	word root = s->root;

	set_cr3(root | 0x18);
	ok(catch(try_cr4, get_cr4() | CR4_PCIDE) == 13 && !(get_cr4() & CR4_PCIDE),
	   "CR4.PCIDE is #GP while CR3 has low bits set");
	ok(catch(try_cr3, root | KEEP) == 13, "bit 63 of CR3 is #GP without CR4.PCIDE");
	set_cr3(root);
	ok(catch(try_cr4, get_cr4() | CR4_PCIDE) == NOTHING && get_cr4() & CR4_PCIDE,
	   "CR4.PCIDE is set");
	set_cr3(root | 0xabc);
	ok(get_cr3() == (root | 0xabc), "CR3 has a PCID");
	set_cr3(root | 0x123 | KEEP);
	ok(get_cr3() == (root | 0x123), "bit 63 is not kept");
	ok(catch(try_cr3, root | BIT(62)) == 13 && catch(try_cr3, root | KEEP | BIT(52)) == 13 &&
	   get_cr3() == (root | 0x123), "bits 62 to 52 are #GP still");
	set_cr4(get_cr4() & ~CR4_PCIDE);
	ok(!(get_cr4() & CR4_PCIDE) && (get_cr3() & FRAME) == root,
	   "CR4.PCIDE is cleared whatever the PCID is");
}

/* --- what an access finds ---------------------------------------------------------- */

#define ROOTS	3
#define PLACES	4	/* addresses, each with a leaf table of its own */
#define FRAMES	4
#define ABSENT	FRAMES
#define STEPS	1500

/* two that differ in bit 11 alone, as Linux has them for a process */
static const u16 pcid[] = { 0, 1, 0x801, 0x10, 0xfff };
#define PCIDS	ARRAY_SIZE(pcid)

static struct space roots[ROOTS];
static u64 frame[FRAMES];
static u8 says[ROOTS][PLACES];		/* frame, or ABSENT */
static u8 may[PCIDS][PLACES];		/* bit n: a TLB may know frame n */
static unsigned int at_root, at_pcid, old_seen;
static word value;

static word place(unsigned int i)
{
	return TEST_VA + i * 0x200000;
}

static void do_read(word va)
{
	value = *(volatile word *)va;
}

/* frame that an access finds, or ABSENT */
static unsigned int look(unsigned int i)
{
	word vector = catch(do_read, place(i));

	return vector == NOTHING ? value : vector == 14 ? ABSENT : 99;
}

/* the processor may look at all that the current tables say */
static void learn(void)
{
	for (unsigned int i = 0; i < PLACES; i++)
		if (says[at_root][i] != ABSENT)
			may[at_pcid][i] |= 1u << says[at_root][i];
}

static void set_pte(unsigned int r, unsigned int i, unsigned int what, u64 flags)
{
	entry_set(roots[r].f, entry_at(&roots[r], place(i), 1),
		  what == ABSENT ? 0 : frame[what] | P | RW | ACC | DIRTY | flags);
	says[r][i] = what;
	learn();
}

static void flushed(unsigned int p, unsigned int i)
{
	may[p][i] = 0;
	learn();
}

static void go(unsigned int r, unsigned int p, int keep)
{
	set_cr3(roots[r].root | pcid[p] | (keep ? KEEP : 0));
	at_root = r;
	at_pcid = p;
	if (!keep)
		for (unsigned int i = 0; i < PLACES; i++)
			may[p][i] = 0;
	learn();
}

static int good(unsigned int i)
{
	unsigned int found = look(i);

	if (found == says[at_root][i])
		return 1;
	old_seen++;
	return found < FRAMES && may[at_pcid][i] >> found & 1;
}

static void flush_type(word type, unsigned int p, unsigned int i)
{
	invpcid(type, pcid[p], place(i));
	for (unsigned int q = 0; q < PCIDS; q++)
		for (unsigned int k = 0; k < PLACES; k++)
			if (type >= 2 || (q == p && (type == 1 || k == i)))
				may[q][k] = 0;
	learn();
}

static int random_step(void)
{
	u32 r = random32();
	unsigned int i = r % PLACES, p = (r >> 4) % PCIDS, root = (r >> 8) % ROOTS;

	switch ((r >> 16) % 16) {
	case 0 ... 3:
		set_pte(root, i, (r >> 12) % 8 < FRAMES ? (r >> 12) % 8 : ABSENT, 0);
		return 1;
	case 4:
		go(root, p, 0);
		return 1;
	case 5 ... 7:
		go(root, p, 1);
		return 1;
	case 8:
		invlpg(place(i));
		flushed(at_pcid, i);
		return 1;
	case 9:
		if (has_invpcid)
			flush_type((r >> 20) % 16 ? (r >> 20) % 2 : 2 + (r >> 24) % 2, p, i);
		return 1;
	default:
		return good(i);
	}
}

static void test_random(void)
{
	unsigned int n, bad = 0;

	for (n = 0; n < STEPS; n++) {
		if (random_step())
			continue;
		if (!bad++)
			print("# step %d: root %d pcid %x finds %d of %d %d %d %d\n", n, at_root,
			      pcid[at_pcid], (u32)value, says[at_root][0], says[at_root][1],
			      says[at_root][2], says[at_root][3]);
	}
	ok(!bad, "%d random steps: what is found was said since the last flush", STEPS);
	print("# %d accesses found what an earlier entry said\n", old_seen);
}

/* the tables of root 0 change while another root and PCID is in use */
static void leave_and_change(unsigned int to, u64 flags)
{
	go(0, 1, 1);
	set_pte(0, 0, 0, flags);
	invlpg(place(0));
	flushed(1, 0);
	look(0);
	go(1, 2, 1);
	set_pte(0, 0, to, flags);
}

static void test_flushes(void)
{
	static const char *const names[] = { "of the address", "of the PCID", "of all",
					     "of all but global pages" };

	for (int absent = 0; absent < 2; absent++) {
		unsigned int to = absent ? ABSENT : 1;
		const char *what = absent ? "a page that went" : "another page";

		leave_and_change(to, 0);
		go(0, 1, 0);
		ok(look(0) == to, "%s is seen after a load of CR3 that flushes", what);
		for (word type = 0; has_invpcid && type < 4; type++) {
			leave_and_change(to, 0);
			flush_type(type, 1, 0);
			go(0, 1, 1);
			ok(look(0) == to, "%s is seen after INVPCID %s", what, names[type]);
		}
	}
	/* PCID 4 is flushed, and knows nothing of root 0 when that is changed */
	set_pte(1, 0, ABSENT, 0);
	go(1, 4, 0);
	leave_and_change(1, 0);
	go(0, 4, 1);
	ok(look(0) == 1, "a PCID that was never used with a table knows nothing of it");
	go(0, 1, 1);
	ok(good(0), "what was not flushed may be seen, or not");
}

static void test_global(void)
{
	set_cr4(get_cr4() | CR4_PGE);
	for (int type = 0; type < 2; type++) {
		leave_and_change(1, GLOBAL);
		set_pte(1, 0, 1, GLOBAL);
		if (type == 0)
			invlpg(place(0));
		else if (has_invpcid)
			flush_type(2, 2, 0);
		else
			set_cr4(get_cr4() ^ CR4_PGE);
		go(0, 1, 1);
		ok(look(0) == 1, "a global page is flushed in all PCIDs by %s",
		   !type ? "INVLPG" : has_invpcid ? "INVPCID of all" : "CR4.PGE");
	}
	set_cr4(get_cr4() & ~CR4_PGE);
}

static void test_spaces(void)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		frame[i] = page_new();
		*(volatile word *)page_at(frame[i]) = i;
	}
	for (unsigned int r = 0; r < ROOTS; r++)
		for (unsigned int i = 0; i < PLACES; i++) {
			map(&roots[r], place(i), frame[0], P | RW | ACC | DIRTY, 1);
			says[r][i] = 0;
		}
	set_cr3(roots[0].root);
	set_cr4(get_cr4() | CR4_PCIDE);
	go(0, 0, 0);
	test_flushes();
	test_global();
	for (unsigned int p = 0; p < PCIDS; p++)
		go(0, p, 0);
	test_random();
	set_cr4(get_cr4() & ~CR4_PCIDE);
	space_leave();
}

static void test_pcid(void)
{
	for (unsigned int r = 0; r < ROOTS; r++)
		roots[r] = space_new(formats);
	test_registers(&roots[0]);
	test_invpcid_faults(&roots[0]);
	test_spaces();
}
#else
/* CR4.PCIDE is for long mode alone */
static void test_pcid(void)
{
	ok(catch(try_cr4, get_cr4() | CR4_PCIDE) == 13, "CR4.PCIDE is #GP outside of long mode");
}
#endif

int main(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] >= 7) {
		cpuid(7, 0, r);
		has_invpcid = r[1] >> 10 & 1;
	}
	cpuid(1, 0, r);
	has_pcid = r[2] >> 17 & 1;
	print("# pcid %d invpcid %d\n", has_pcid, has_invpcid);
	if (has_pcid) {
		test_pcid();
	} else {
		if (!on_tcg())
			ok(catch(try_cr4, get_cr4() | CR4_PCIDE) == 13,
			   "CR4.PCIDE is #GP: CPUID does not have it");
		skip("not in CPUID", "PCID");
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of nested paging under random use, in AMD's format and in Intel's. A
 * processor is played that walks them as the manuals say (APM vol. 2, 15.25.5; SDM vol.
 * 3, 29.3), sets A and D, and has a TLB that forgets nothing but what it is told to.
 * Each access must end at the page that the backing gave for that frame, or be refused
 * where there is none or it is rom. And between any two steps, what a TLB knows that
 * was not asked to flush must be true, or somebody else's memory is written.
 */
#define SHIM_PAGES	(2 * 262144)	/* so much that an aligned 1 GiB is in it */
#include "mmu-world.h"

#define VCPUS	2
#define LINES	64
#define BLOCK	512u			/* frames of 2 MiB */
#define RAM	(4 * BLOCK)		/* frames from 0: huge, small, 64 KiB, huge */
#define ROM	4096u			/* a block of it, huge */
#define ALIAS	8192u			/* shows the first two blocks, aligned alike */
#define SKEW	(16384u + 5)		/* shows 700 frames from 3 on, not aligned */
#define GIANT	262144u			/* 1 GiB in one piece, in a test of its own */

static struct vm vm;
static struct page *behind[ROM + BLOCK];	/* what the backing has for each frame */
static struct page *giant;
static bool written[ROM + BLOCK];		/* since the MMU took the page */
static bool noted[ROM + BLOCK];		/* since the dirty log was read */
static bool logging;

static struct cpu {
	struct vcpu v;
	struct { bool valid, w, d; u64 gfn, hpa; } tlb[LINES];
} cpu[VCPUS];

static const struct nested_format *format;
static bool intel;
static u64 steps, n_walks, n_refused, n_noted, n_spurious;

static void die(const char *what, u64 a, u64 b)
{
	printf("# seed %#llx step %llu: %s: %#llx %#llx\nnot ok %d - %s\n",
	       (unsigned long long)seed, (unsigned long long)steps, what,
	       (unsigned long long)a, (unsigned long long)b, tap_n + 1, what);
	exit(1);
}

void vm_request_all(struct vm *vm, int req)
{
	int c;

	(void)vm;
	for (c = 0; c < VCPUS; c++)
		set_bit(req, &cpu[c].v.requests);
}

static const struct vendor_ops test_ops;
const struct vendor_ops *vendor = &test_ops;

/* --- formats, with the bits as the manuals number them -------------------------------- */

static const struct nested_format npt = {
	.levels = 4, .max_large = 3, .table = 0x27, .leaf = 5, .write = 2, .large = 0x80,
	.accessed = 0x20, .dirty = 0x40,
}, npt_5 = {
	.levels = 5, .max_large = 2, .table = 0x27, .leaf = 5, .write = 2, .large = 0x80,
	.accessed = 0x20, .dirty = 0x40,
}, ept = {
	.levels = 4, .max_large = 3, .table = 7, .leaf = 0x75, .write = 2, .large = 0x80,
	.accessed = 0x100, .dirty = 0x200,
}, ept_plain = {	/* neither large pages nor A and D */
	.levels = 4, .max_large = 1, .table = 7, .leaf = 0x75, .write = 2, .large = 0x80,
};

/* --- the backing ------------------------------------------------------------------------ */

static struct page *run(int pages)	/* aligned, with one reference each, as one folio */
{
	int at = shim_n_free, i;

	/* the free list gives rising numbers: skip to an aligned one */
	while ((__pa(page_address(&shim_map[shim_free[at - 1]])) >> 12) & (pages - 1))
		at--;
	for (i = 0; i < pages; i++) {
		struct page *p = &shim_map[shim_free[at - 1 - i]];

		*p = (struct page){ .refs = 1, .first = &shim_map[shim_free[at - 1]] };
	}
	i = shim_free[at - 1];
	memmove(&shim_free[at - pages], &shim_free[at], (shim_n_free - at) * sizeof(int));
	shim_n_free -= pages;
	shim_map[i].order = __builtin_ctz(pages);
	return &shim_map[i];
}

static void fill(unsigned int gfn, unsigned int n, int pages)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		behind[gfn + i] = i % pages ? behind[gfn + i - 1] + 1 : run(pages);
}

static struct page *get_behind(void *priv, void *lent, pgoff_t index)
{
	struct page *p;

	(void)priv;
	(void)lent;
	if (index >= GIANT)
		p = giant + (index - GIANT);
	else
		p = index < ROM + BLOCK ? behind[index] : NULL;
	if (!p)
		die("a frame is fetched that does not exist", index, 0);
	if (index < GIANT)
		written[index] = false;
	get_page(p);
	return p;
}

static const struct vm_backing test_backing = { .get_page = get_behind, .linear = true };

/* what the map says of a frame */
static u64 shown(u64 gfn)
{
	if (gfn >= ALIAS && gfn < ALIAS + 2 * BLOCK)
		return gfn - ALIAS;
	if (gfn >= SKEW && gfn < SKEW + 700)
		return gfn - SKEW + 3;
	return gfn;
}

static bool exists(u64 gfn)
{
	gfn = shown(gfn);
	return gfn < RAM || (gfn >= ROM && gfn < ROM + BLOCK);
}

/* --- the processor ------------------------------------------------------------------------ */

/* the entry that maps @gfn, or NULL */
static u64 *walk(u64 gfn, int *shift)
{
	u64 *table = __va(cpu[0].v.mmu.root_hpa), *e;
	int s = 9 * (format->levels - 1);

	for (;; s -= 9) {
		e = &table[gfn >> s & 511];
		if (!(*e & (intel ? 7 : 1)))
			return NULL;
		if (!s || (*e >> 7 & 1))
			break;
		/* tables must let through what leaves allow, and have no strange bits */
		if ((*e & 0xfffull) != (intel ? 7 : 0x27) || *e >> 52)
			die("an entry that leads to a table", *e, gfn);
		table = __va(*e & 0xffffffffff000ull);
	}
	if (s > 18 || s > 9 * ((int)format->max_large - 1))
		die("a leaf at a level that has none", *e, s);
	if (intel ? (*e & 0x7d) != 0x75 : (*e & 0x1d) != 5)
		die("a leaf's type and rights", *e, gfn);
	*shift = s;
	return e;
}

/* false: a fault. Sets A and D, and keeps the translation */
static bool translate(struct cpu *c, u64 gfn, bool write, u64 *hpa)
{
	int shift, i;
	u64 *e;

	for (i = 0; i < LINES; i++) {
		if (!c->tlb[i].valid || c->tlb[i].gfn != gfn ||
		    (write && !(c->tlb[i].w && c->tlb[i].d)))
			continue;
		*hpa = c->tlb[i].hpa;
		return true;
	}
	e = walk(gfn, &shift);
	if (!e || (write && !(*e >> 1 & 1)))
		return false;
	n_walks++;
	*e |= format->accessed | (write ? format->dirty : 0);
	*hpa = (*e & 0xffffffffff000ull & ~((4096ull << shift) - 1)) |
	       (gfn & ((1ull << shift) - 1)) << 12;
	i = below(LINES);
	c->tlb[i].valid = true;
	c->tlb[i].gfn = gfn;
	c->tlb[i].hpa = *hpa;
	c->tlb[i].w = *e >> 1 & 1;
	c->tlb[i].d = write || !format->dirty || (*e & format->dirty);
	return true;
}

static void enter(struct cpu *c)
{
	if (!test_bit(REQ_TLB_FLUSH, &c->v.requests))
		return;
	clear_bit(REQ_TLB_FLUSH, &c->v.requests);
	memset(c->tlb, 0, sizeof(c->tlb));
}

/* an access of the guest's; what comes of it is told by the map alone */
static void access(struct cpu *c, u64 gfn, bool write)
{
	const bool refused = !exists(gfn) || (write && shown(gfn) >= ROM);
	enum mmu_result r;
	int tries;
	u64 hpa;

	for (tries = 0; tries < 4; tries++) {
		if (c->v.vm->mmu_ops->load(&c->v))
			abort();
		enter(c);
		if (translate(c, gfn, write, &hpa))
			break;
		r = nested_mmu.gpa_fault(&c->v, gfn << 12 | below(4096), write ? PF_W : 0);
		if (r == MMU_EMULATE && refused) {
			n_refused++;
			return;
		}
		if (r != MMU_RESUME)
			die("a fault's result", r, gfn);
	}
	if (tries == 4)
		die("a fault that does not end", gfn, write);
	if (refused)
		die("an access that the map does not allow", gfn, write);
	if (hpa != __pa(page_address(behind[shown(gfn)])))
		die("an access elsewhere", gfn, hpa);
	if (write) {
		written[shown(gfn)] = true;
		noted[shown(gfn)] = true;
	}
}

/* --- what must be true between two steps ---------------------------------------------------- */

static void check_tlbs(void)
{
	struct gpage *gp;
	int c, i;

	for (c = 0; c < VCPUS; c++) {
		if (test_bit(REQ_TLB_FLUSH, &cpu[c].v.requests))
			continue;
		for (i = 0; i < LINES; i++) {
			if (!cpu[c].tlb[i].valid)
				continue;
			gp = mem_gpage(&vm.mmu, cpu[c].tlb[i].gfn);
			if (!gp->va || gpage_hpa(gp) != cpu[c].tlb[i].hpa)
				die("a TLB knows a page that is given up", cpu[c].tlb[i].gfn,
				    cpu[c].tlb[i].hpa);
			if (cpu[c].tlb[i].w && (gp->va & GP_ROM))
				die("a TLB may write rom", cpu[c].tlb[i].gfn, 0);
		}
	}
}

/* pages that went were marked if the guest wrote them */
static void check_written(void)
{
	unsigned int i;

	for (i = 0; i < RAM; i++) {
		if (!written[i] || mem_gpage(&vm.mmu, i)->va)
			continue;
		if (!behind[i]->dirtied)
			die("a written page was given up as a clean one", i, 0);
		written[i] = false;
	}
}

/* --- steps -------------------------------------------------------------------------------------- */

static u64 any_frame(void)
{
	static const u64 from[] = { 0, BLOCK, 2 * BLOCK, 3 * BLOCK, ROM, ALIAS, SKEW, 3000 };

	return from[below(8)] + below(chance(50) ? 12 : 700);
}

/* the backing loses some pages; small ones come back as others */
static void lose(void)
{
	u64 gfn = below(RAM), n = 1 + below(chance(80) ? 3 : 600), i;
	u64 end = gfn + n < RAM ? gfn + n : RAM;

	vm_invalidate_begin(&vm, gfn << 12, end << 12);
	for (i = gfn; i < end; i++)
		if (mem_gpage(&vm.mmu, i)->va)
			die("a page stays through an invalidation", i, 0);
	check_written();
	for (i = gfn; i < end; i++) {
		behind[i]->dirtied = 0;
		if (behind[i]->first != behind[i] || behind[i]->order)
			continue;
		put_page(behind[i]);
		behind[i] = run(1);
	}
	vm_invalidate_end(&vm, gfn << 12, end << 12);
}

static void set_map(bool whole)
{
	const struct mem_region map[] = {
		{ 0, RAM << 12, MEM_RAM, 0 },
		{ (u64)ROM << 12, BLOCK << 12, MEM_ROM, 0 },
		{ (u64)ALIAS << 12, 2 * BLOCK << 12, MEM_ALIAS, 0 },
		{ (u64)SKEW << 12, 700 << 12, MEM_ALIAS, 3 << 12 },
	};

	if (vm_set_map(&vm, map, whole ? 4 : 1))
		abort();
	check_tlbs();
	check_written();
}

/* what was written since the log was read must be in it, and little else */
static void dirty_log(void)
{
	static u8 bits[RAM / 8];
	unsigned int i;

	if (!logging || chance(10)) {
		if (logging)
			vm_dirty_stop(&vm);
		logging = !logging;
		if (logging && vm_dirty_start(&vm))
			abort();
		memset(noted, 0, sizeof(noted));
		return;
	}
	vm_dirty_read(&vm, 0, bits, sizeof(bits));
	for (i = 0; i < RAM; i++) {
		if (noted[i] && !(bits[i / 8] >> i % 8 & 1))
			die("a write was not noted", i, 0);
		n_noted += noted[i];
		n_spurious += !noted[i] && bits[i / 8] >> i % 8 & 1;
	}
	memset(noted, 0, sizeof(noted));
}

static void random_step(void)
{
	steps++;
	switch (below(40)) {
	case 0:
		lose();
		break;
	case 1:
		reclaim_vm(&vm, 1 + below(600));
		break;
	case 2:
		if (chance(90))
			break;
		set_map(false);
		set_map(true);
		break;
	case 3:
		dirty_log();
		break;
	default:
		access(&cpu[below(VCPUS)], any_frame(), chance(40));
	}
	check_tlbs();
	if (!below(50) && mmu_audit(&vm))
		die("the audit complains", 0, 0);
}

/* --- one VM --------------------------------------------------------------------------------------- */

static void make(const struct nested_format *f)
{
	int c;

	memset(&vm, 0, sizeof(vm));
	memset(cpu, 0, sizeof(cpu));
	memset(written, 0, sizeof(written));
	format = f;
	intel = f->table == 7;
	vm.mmu.nested = f;
	vm.mmu_ops = &nested_mmu;
	if (guest_mem_init(&vm, &test_backing) || mmu_vm_init(&vm))
		abort();
	for (c = 0; c < VCPUS; c++) {
		cpu[c].v.vm = &vm;
		cpu[c].v.nested = true;
		if (mmu_vcpu_init(&cpu[c].v))
			abort();
		vm.vcpu[c] = &cpu[c].v;
	}
	vm.n_vcpus = VCPUS;
}

static void unmake(void)
{
	int c;

	for (c = 0; c < VCPUS; c++)
		mmu_vcpu_destroy(&cpu[c].v);
	vm.n_vcpus = 0;
	mmu_vm_destroy(&vm);
	guest_mem_destroy(&vm);
}

static u64 leaves(int shift)
{
	u64 n = 0, gfn;
	int s;

	for (gfn = 0; gfn < ALIAS + 2 * BLOCK; gfn++)
		if (walk(gfn, &s) && s == shift && !(gfn & ((1ull << s) - 1)))
			n++;
	return n;
}

static void test_random(const struct nested_format *f, const char *name)
{
	int free_before, i;
	bool ok = true;

	free_before = shim_n_free;
	make(f);
	set_map(true);
	for (i = 0; i < 30000; i++)
		random_step();
	if (logging)
		vm_dirty_stop(&vm);
	logging = false;
	unmake();
	for (i = 0; i < (int)(ROM + BLOCK); i++)
		ok &= !behind[i] || behind[i]->refs == 1;
	ok &= shim_n_free == free_before;
	printf("# %llu walks, %llu refused, %llu found written, %llu that were not\n",
	       (unsigned long long)n_walks, (unsigned long long)n_refused,
	       (unsigned long long)n_noted, (unsigned long long)n_spurious);
	tap(ok && n_walks && n_refused && n_noted, name);
}

/* as large as the pages behind it, and no larger */
static void test_sizes(void)
{
	bool ok = true;
	int s;

	make(&npt);
	set_map(true);
	access(&cpu[0], 7, false);
	ok &= leaves(9) == 1 && leaves(0) == 0;
	access(&cpu[0], BLOCK + 7, false);
	ok &= leaves(9) == 1 && leaves(0) == 1;
	/* 64 KiB in one piece: a group that is known at once */
	access(&cpu[0], 2 * BLOCK + 16, false);
	ok &= leaves(9) == 1 && leaves(0) == 17;
	access(&cpu[0], ALIAS, false);
	ok &= leaves(9) == 2;
	access(&cpu[0], SKEW + 40, false);
	ok &= walk(SKEW + 40, &s) && s == 0;
	access(&cpu[0], ROM, false);
	ok &= walk(ROM, &s) && s == 9 && !(*walk(ROM, &s) >> 1 & 1);
	tap(ok, "an entry is as large as what the backing gave, rom and aliases too");

	/* one page of a large one goes, through both of its views */
	vm_invalidate_begin(&vm, 5 << 12, 6 << 12);
	ok = !walk(7, &s) && !walk(ALIAS, &s) && mem_gpage(&vm.mmu, 7)->va &&
	     test_bit(REQ_TLB_FLUSH, &cpu[0].v.requests);
	vm_invalidate_end(&vm, 5 << 12, 6 << 12);
	access(&cpu[0], 7, false);	/* the others are still known */
	ok &= walk(7, &s) && s == 0;
	access(&cpu[0], 5, false);	/* the last: now it fits again */
	access(&cpu[0], 300, false);
	ok &= walk(300, &s) && s == 9 && !mmu_audit(&vm);
	tap(ok, "a large one is taken apart, and comes back");
	unmake();
}

/* half of what the backing gave in one piece is rom */
static void test_mixed(void)
{
	const struct mem_region map[] = {
		{ 0, (3 * BLOCK + 100) << 12, MEM_RAM, 0 },
		{ (3 * BLOCK + 100) << 12, (BLOCK - 100) << 12, MEM_ROM, 0 },
	};
	int s;

	make(&npt);
	if (vm_set_map(&vm, map, 2))
		abort();
	access(&cpu[0], 3 * BLOCK + 90, true);
	access(&cpu[0], 3 * BLOCK + 200, false);
	tap(walk(3 * BLOCK + 90, &s) && s == 0 && walk(3 * BLOCK + 200, &s) && s == 0 &&
	    !mmu_audit(&vm), "no large entry where ram meets rom");
	unmake();
}

static void test_accessed(void)
{
	bool ok;

	make(&ept);
	set_map(true);
	access(&cpu[0], 0, false);
	mmu_lock(&vm);
	ok = nested_accessed(&vm, 0) && nested_accessed(&vm, 300) && nested_accessed(&vm, 511);
	ok &= !nested_accessed(&vm, 0) && !nested_accessed(&vm, 511);
	mmu_unlock(&vm);
	tap(ok, "what was used is told once to each page of a large entry");
	unmake();
}

static void test_giant(void)
{
	const struct mem_region map[] = {
		{ (u64)GIANT << 12, 1ull << 30, MEM_RAM, 0 },
		{ 1ull << 39 | 4096, 1 << 23, MEM_ALIAS, (u64)GIANT << 12 },
	};
	bool ok = true;
	int s;
	u64 b;

	make(&npt);
	giant = run(262144);
	if (vm_set_map(&vm, map, 2))
		abort();
	for (b = 0; b < 512; b++) {
		if (nested_load(&cpu[0].v) ||
		    nested_mmu.gpa_fault(&cpu[0].v, (GIANT + b * BLOCK) << 12, PF_W) != MMU_RESUME)
			abort();
		ok &= walk(GIANT + b * BLOCK, &s) && s == (b == 511 ? 18 : 9);
	}
	ok &= walk(GIANT, &s) && s == 18 && (*walk(GIANT, &s) & 0xffffffffff000ull) ==
	      __pa(page_address(giant)) && !mmu_audit(&vm);
	if (nested_mmu.gpa_fault(&cpu[0].v, (1ull << 39) + (1 << 21), 0) != MMU_RESUME)
		abort();
	ok &= walk((1ull << 27) + 512, &s) && s == 0;
	tap(ok, "1 GiB in one piece becomes one entry when all of it is known");
	vm_invalidate_begin(&vm, (u64)(GIANT + 1000) << 12, (u64)(GIANT + 1001) << 12);
	ok = !walk(GIANT, &s);
	vm_invalidate_end(&vm, (u64)(GIANT + 1000) << 12, (u64)(GIANT + 1001) << 12);
	if (nested_mmu.gpa_fault(&cpu[0].v, (u64)GIANT << 12, 0) != MMU_RESUME)
		abort();
	ok &= walk(GIANT, &s) && s == 9 && !mmu_audit(&vm);
	tap(ok, "and is taken apart with the first page that goes");
	unmake();
}

int main(int argc, char **argv)
{
	seed_from(argc, argv);
	shim_setup();
	if (mmu_module_init())
		abort();
	fill(0, BLOCK, BLOCK);
	fill(BLOCK, BLOCK, 1);
	fill(2 * BLOCK, BLOCK, 16);
	fill(3 * BLOCK, BLOCK, BLOCK);
	fill(ROM, BLOCK, BLOCK);
	printf("1..10\n");
	test_sizes();
	test_mixed();
	test_accessed();
	test_random(&npt, "AMD's tables");
	test_random(&npt_5, "AMD's tables on a host with five levels");
	test_random(&ept, "Intel's tables");
	test_random(&ept_plain, "Intel's tables without large pages, A and D");
	test_giant();
	mmu_module_exit();
	return !!tap_failed;
}

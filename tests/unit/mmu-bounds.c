// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest, or who writes memmap, can make the MMU do while it has the lock, and what
 * happens to it when it gives it up in between.
 */
static int resched, n_resched;
static void others_run(void);

#define need_resched()	resched
#define cond_resched()	others_run()
#include "mmu-world.h"

static struct vm vm;
static struct vcpu cpu;
static void (*between)(void);

static void others_run(void)
{
	void (*f)(void) = between;

	n_resched++;
	between = NULL;
	if (f)
		f();
}

void vm_request_all(struct vm *vm, int req)
{
	(void)vm;
	set_bit(req, &cpu.requests);
}

static void flush_gva(struct vcpu *v, u64 la)
{
	(void)v;
	(void)la;
}

static unsigned int get_cpl(struct vcpu *v)
{
	(void)v;
	return 0;
}

static const struct vendor_ops test_ops = { .flush_gva = flush_gva, .cpl = get_cpl };
const struct vendor_ops *vendor = &test_ops;

/* memory of any size, of which the frames come again and again */
static struct page *any_page(void *priv, void *lent, pgoff_t index)
{
	struct page *p = frame[index % FRAMES];

	(void)priv;
	(void)lent;
	get_page(p);
	others_run();
	return p;
}

/* of NPT; NULL: shadow paging */
static const struct nested_format npt = {
	.levels = 4, .max_large = 1, .table = PT_P | PT_W | PT_U | PT_A, .leaf = PT_P | PT_U,
	.write = PT_W, .large = PT_PS, .accessed = PT_A, .dirty = PT_D,
};
static const struct nested_format *nested;

static void up(const struct mem_region *map, unsigned int n)
{
	const struct vm_backing b = { .get_page = any_page };
	int i;

	for (i = 0; i < FRAMES; i++)
		memset(page_address(frame[i]), 0, PAGE_SIZE);
	memset(&vm, 0, sizeof(vm));
	memset(&cpu, 0, sizeof(cpu));
	guest_mem_init(&vm, &b);
	vm.mmu.nested = nested;
	cpu.nested = nested;
	if (mmu_vm_init(&vm) || vm_set_map(&vm, map, n))
		abort();
	vm.vcpu[0] = &cpu;
	vm.n_vcpus = 1;
	cpu.vm = &vm;
	if (mmu_vcpu_init(&cpu))
		abort();
	cpu.cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_WP;
	cpu.cr4 = X86_CR4_PAE;
	cpu.efer = EFER_LME | EFER_LMA | EFER_NX;
}

static void down(const char *what)
{
	int i, left = 0;

	resched = 0;
	mmu_vcpu_destroy(&cpu);
	mmu_vm_destroy(&vm);
	guest_mem_destroy(&vm);
	for (i = 0; i < FRAMES; i++)
		left += frame[i]->refs != 1;
	tap(!left && !vm.mmu.n_pages && shim_n_free == SHIM_PAGES - FRAMES, what);
}

/* --- the map changes while pages are taken away ---------------------------------- */

static const struct mem_region two[] = {
	{ .gpa = 0, .size = 16 << 12, .type = MEM_RAM },
	{ .gpa = 1024 << 12, .size = 1536 << 12, .type = MEM_RAM },
};

static void remove_first(void)
{
	if (vm_set_map(&vm, two + 1, 1))
		abort();
}

static bool at_hand(u64 gfn)
{
	return mem_gpage(&vm.mmu, gfn)->va;
}

static void test_invalidate(void)
{
	static const u64 touched[] = { 1024, 1536, 2048, 2559 };
	int i, before = 0, after = 0;

	up(two, 2);
	for (i = 0; i < ARRAY_SIZE(touched); i++) {
		if (mem_fetch(&vm, touched[i]))
			abort();
		before += at_hand(touched[i]);
	}
	resched = 1;
	between = remove_first;
	vm_invalidate_begin(&vm, 1024 << 12, 2560 << 12);
	for (i = 0; i < ARRAY_SIZE(touched); i++)
		after += at_hand(touched[i]);
	vm_invalidate_end(&vm, 1024 << 12, 2560 << 12);
	tap(before == 4 && !between && !after,
	    "pages go, though the map loses another region meanwhile");
	down("and nothing is lost");
}

static void take_all(void)
{
	vm_invalidate_begin(&vm, 0, VM_MAX_GPA);
	vm_invalidate_end(&vm, 0, VM_MAX_GPA);
}

static void take_and_hold(void)
{
	vm_invalidate_begin(&vm, 0, VM_MAX_GPA);
}

/* a page is looked up, and before it is entered it is the backing's to give away again */
static void test_old_page(void)
{
	up(two, 1);
	between = take_all;
	tap(!mem_fetch(&vm, 3) && !between && !at_hand(3),
	    "a page looked up before an invalidation is not used");
	between = take_and_hold;
	tap(!mem_fetch(&vm, 3) && !at_hand(3), "nor during one");
	vm_invalidate_end(&vm, 0, VM_MAX_GPA);
	tap(!mem_fetch(&vm, 3) && at_hand(3), "the next one is");
	down("and nothing is lost");
}

/* --- a root that was in a hole -------------------------------------------------- */

#define HOLE	100ull

static bool touch(u64 gva)
{
	struct hv_exception exc;
	u64 gpa;

	if (shadow_mmu.load(&cpu))
		abort();
	cpu.requests = 0;
	return shadow_mmu.fault(&cpu, gva, 0, &gpa, &exc) == MMU_RESUME;
}

/* entry @i of the table in frame @t leads to frame @to */
static void entry_to(u64 t, unsigned int i, u64 to)
{
	((u64 *)page_address(frame[t % FRAMES]))[i] = to << 12 | 0x67;
}

static void test_hole(void)
{
	static const struct mem_region map[] = {
		{ .gpa = 0, .size = 16 << 12, .type = MEM_RAM },
		{ .gpa = HOLE << 12, .size = 1 << 12, .type = MEM_RAM },
	};
	u64 val = 0;

	up(map, 1);
	cpu.cr3 = HOLE << 12;
	shadow_mmu.reset(&cpu);
	tap(!touch(0), "a page table in a hole leads nowhere");
	/* it is a table of two levels at once: entry 1 leads to itself */
	entry_to(HOLE, 0, 1);
	entry_to(HOLE, 1, HOLE);
	entry_to(1, 0, 2);
	entry_to(2, 0, 3);
	entry_to(3, 0, 5);
	if (vm_set_map(&vm, map, 2))
		abort();
	tap(touch(0) && touch(1ull << 39), "with memory there it does");
	tap(!mem_write(&vm, HOLE << 12, &val, 8) && !touch(0) && !mmu_audit(&vm),
	    "and it is written");
	down("nothing is lost");
}

/* --- how long is it under the lock? ----------------------------------------------- */

static void test_clock(void)
{
	static const struct mem_region map = { .size = 1ull << 34, .type = MEM_RAM };
	unsigned long left = 100;

	up(&map, 1);
	if (mem_fetch(&vm, 0) || mem_fetch(&vm, (1ull << 22) - 1))
		abort();
	mmu_lock(&vm);
	turn_clock(&vm, &left);
	mmu_unlock(&vm);
	tap(vm.mmu.clock_gfn && vm.mmu.clock_gfn <= STEPS * CHUNK_PAGES,
	    "the clock stops on its way through 16 GiB that are not there");
	tap(reclaim_vm(&vm, 100) == 2 && !at_hand(0), "and comes round all the same");
	down("nothing is lost");
}

static unsigned int length(unsigned long head)
{
	struct rmap_iter it;
	unsigned int n = 0;
	u64 *p;

	for (p = rmap_first(head, &it); p; p = rmap_next(&it))
		n++;
	return n;
}

#define TABLES	6
static const struct mem_region plain = { .size = FRAMES << 12, .type = MEM_RAM };

/* TABLES leaf tables whose entries all are of frame 40 */
static void test_rmap(void)
{
	struct gpage *gp;
	unsigned int i, k, most = 0, n;
	bool ok = true;

	up(&plain, 1);
	entry_to(1, 0, 2);
	entry_to(2, 0, 3);
	for (i = 0; i < TABLES; i++) {
		entry_to(3, i, 10 + i);
		for (k = 0; k < PT_ENTRIES; k++)
			entry_to(10 + i, k, 40);
	}
	cpu.cr3 = 1 << 12;
	shadow_mmu.reset(&cpu);
	for (i = 0; i < TABLES * PT_ENTRIES; i++) {
		ok &= touch((u64)i << 12);
		gp = mem_gpage(&vm.mmu, 40);
		n = length(gp->rmap);
		most = max(most, n);
	}
	printf("# %u\n", most);
	tap(ok && most > 500 && most <= 1024, "a page is mapped by 1024 sptes at most");
	resched = 1;
	n_resched = 0;
	n = vm.mmu.n_pages;
	tap(!mmu_audit(&vm), "and the shadow is true");
	mmu_forget(&vm);
	tap(n > TABLES && n_resched >= n && !vm.mmu.n_pages,
	    "forgetting all of it, others may run in between");
	down("nothing is lost");
}

/* TABLES directories whose entries all are of one leaf table */
static void test_parents(void)
{
	unsigned int i, k, most = 0, n;
	struct mmu_page *sp;
	bool ok = true;

	up(&plain, 1);
	entry_to(1, 0, 2);
	for (i = 0; i < TABLES; i++) {
		entry_to(2, i, 10 + i);
		for (k = 0; k < PT_ENTRIES; k++)
			entry_to(10 + i, k, 20);
	}
	entry_to(20, 0, 40);
	cpu.cr3 = 1 << 12;
	shadow_mmu.reset(&cpu);
	for (i = 0; i < TABLES * PT_ENTRIES; i++) {
		ok &= touch((u64)i << 21);
		sp = page_match(page_bucket(&vm.mmu, 20)->first, 20);
		n = length(sp->parents);
		most = max(most, n);
	}
	printf("# %u\n", most);
	tap(ok && most > 500 && most <= 1024, "1024 entries at most lead to a table");
	tap(!mmu_audit(&vm), "and the shadow is true");
	down("nothing is lost");
}

/* the processor may go through a table that was cut off until its TLB is flushed */
static void test_dead_tables(void)
{
	unsigned int n;

	nested = &npt;
	up(&plain, 1);
	tap(nested_mmu.gpa_fault(&cpu, 5 << 12, 0) == MMU_RESUME, "nested paging: a page is put in");
	n = shim_n_free;
	cpu.requests = 0;
	mmu_lock(&vm);
	nested_zap_all(&vm);
	tap(shim_n_free == n, "tables that are cut off stay until the flush");
	mmu_settle(&vm);
	tap(shim_n_free == n + 3 && test_bit(REQ_TLB_FLUSH, &cpu.requests), "and go with it");
	mmu_unlock(&vm);
	down("nothing is lost");
	nested = NULL;
}

int main(int argc, char **argv)
{
	seed_from(argc, argv);
	(void)chance;
	frames_setup();
	if (mmu_module_init())
		abort();
	printf("1..24\n");
	test_invalidate();
	test_old_page();
	test_hole();
	test_clock();
	test_rmap();
	test_parents();
	test_dead_tables();
	mmu_module_exit();
	return !!tap_failed;
}

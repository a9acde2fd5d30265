// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single cases that random use (mmu-shadow.c) meets too seldom: what other threads do in
 * the middle of something, maps that change under a vCPU.
 */
static void others_run(void);
#define need_resched()	1
#define cond_resched()	others_run()
#define FRAMES		520
#include "mmu-world.h"

static struct vm vm;
static struct vcpu cpu[2];
static void (*other)(void);		/* what others do when they can, once */

static void others_run(void)
{
	void (*f)(void) = other;

	other = NULL;
	if (f)
		f();
}

void vm_request_all(struct vm *vm, int req)
{
	unsigned int i;

	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			set_bit(req, &vm->vcpu[i]->requests);
}

static void flush_gva(struct vcpu *v, u64 la)
{
	(void)v;
	(void)la;
}

static const struct vendor_ops test_ops = { .flush_gva = flush_gva };
const struct vendor_ops *vendor = &test_ops;

/* --- a guest with 4 levels: frames 1 to 4 are the tables of address 0 ----------------- */

#define PTE(frame)	((u64)(frame) << 12 | 0x67)

static void init_cpu(struct vcpu *v)
{
	memset(v, 0, sizeof(*v));
	v->vm = &vm;
	v->cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_WP;
	v->cr3 = 1 << 12;
	v->cr4 = X86_CR4_PAE;
	v->efer = EFER_LMA | EFER_LME | EFER_NX;
	if (mmu_vcpu_init(v))
		abort();
	shadow_mmu.reset(v);
	v->requests = 0;
}

static void tables_up(void)
{
	int i;

	for (i = 1; i <= 4; i++)
		memset(ram((u64)i << 12), 0, PAGE_SIZE);
	*(u64 *)ram(1 << 12) = PTE(2);
	*(u64 *)ram(2 << 12) = PTE(3);
	*(u64 *)ram(3 << 12) = PTE(4);
	for (i = 0; i < 16; i++)
		*(u64 *)ram((4 << 12) + 8 * i) = PTE(i);
}

static void set_map(const struct mem_region *map, unsigned int n)
{
	if (vm_set_map(&vm, map, n))
		abort();
}

static void up(void)
{
	memset(&vm, 0, sizeof(vm));
	tables_up();
	if (guest_mem_init(&vm, &backing) || mmu_vm_init(&vm))
		abort();
	vm.mmu_ops = &shadow_mmu;
	init_cpu(&cpu[0]);
	vm.vcpu[0] = &cpu[0];
	vm.n_vcpus = 1;
}

static void down(void)
{
	mmu_vcpu_destroy(&cpu[0]);
	mmu_vm_destroy(&vm);
	guest_mem_destroy(&vm);
}

static const struct mem_region all = { .size = FRAMES << 12, .type = MEM_RAM };

/* @v makes an access as often as it takes; what fault() said last */
static enum mmu_result use(struct vcpu *v, u64 gva, bool write)
{
	struct hv_exception exc;
	enum mmu_result r;
	u64 gpa;
	int i;

	for (i = 0; i < 4; i++) {
		if (shadow_mmu.load(v))
			abort();
		r = shadow_mmu.fault(v, gva, write ? PF_W : 0, &gpa, &exc);
		if (r != MMU_RESUME)
			break;
	}
	v->requests = 0;
	return r;
}

/* the spte of @gva, or 0 */
static u64 spte_of(const struct vcpu *v, u64 gva)
{
	const u64 *table;
	u64 e = 0;
	int level;

	if (v->mmu.root_hpa == INVALID_ROOT)
		return 0;
	for (table = __va(v->mmu.root_hpa), level = 4; level; level--) {
		e = table[gva >> (12 + 9 * (level - 1)) & 511];
		if (!(e & PT_P))
			return 0;
		table = __va(e & PT_ADDR);
	}
	return e;
}

static bool flushed(void)
{
	return test_bit(REQ_TLB_FLUSH, &cpu[0].requests);
}

/* --- one vCPU's INVLPG takes away what the TLB of another still knows ---------------------- */

#define FIFTH	((4 << 12) + 8 * 5)	/* the entry of address 5 << 12 */

/* cpu[1] flushes an address of which the entry is @gpte now; cpu[0] does not */
static void invlpg_elsewhere(u64 gpte)
{
	up();
	set_map(&all, 1);
	/* nothing else, of which a flush would come */
	memset(ram(4 << 12), 0, PAGE_SIZE);
	*(u64 *)ram(FIFTH) = PTE(5);
	init_cpu(&cpu[1]);
	cpu[1].id = 1;
	vm.vcpu[1] = &cpu[1];
	vm.n_vcpus = 2;
	use(&cpu[0], 5 << 12, true);
	use(&cpu[1], 5 << 12, true);
	mmu_lock(&vm);
	mmu_flush(&vm);
	mmu_unlock(&vm);
	cpu[0].requests = 0;
	*(u64 *)ram(FIFTH) = gpte;
	shadow_mmu.invlpg(&cpu[1], 5 << 12);
}

static void down_both(void)
{
	vm.vcpu[1] = NULL;
	vm.n_vcpus = 1;
	mmu_vcpu_destroy(&cpu[1]);
	down();
}

/* what the guest has to flush need not be flushed, but when the page goes it must be */
static void check_gone(u64 gpte, const char *what)
{
	bool ok;

	invlpg_elsewhere(gpte);
	ok = !flushed() && vm.mmu.owed && !mem_gpage(&vm.mmu, 5)->rmap;
	vm_invalidate_begin(&vm, 5 << 12, 6 << 12);
	ok &= flushed();
	vm_invalidate_end(&vm, 5 << 12, 6 << 12);
	tap(ok, what);
	down_both();
}

static void test_owed(void)
{
	bool ok;

	check_gone(0, "what INVLPG took away is flushed when its page goes");
	check_gone(PTE(7), "and what it led elsewhere");
	invlpg_elsewhere(PTE(5) & ~PT_W);
	ok = !flushed() && !(spte_of(&cpu[0], 5 << 12) & PT_W) && spte_of(&cpu[0], 5 << 12);
	if (vm_dirty_start(&vm))
		abort();
	tap(ok && flushed(), "what it took W from is flushed when writes are to be noted");
	vm_dirty_stop(&vm);
	down_both();
}

/* --- a vCPU is made beside one that runs ------------------------------------------------ */

static void test_new_vcpu(void)
{
	struct mmu_page *sp;

	up();
	set_map(&all, 1);
	use(&cpu[0], 5 << 12, true);
	/* its leaf table is gone, and still walked by the processor perhaps */
	sp = spte_page(rmap_first(mem_gpage(&vm.mmu, 5)->rmap, &(struct rmap_iter){ }));
	mmu_lock(&vm);
	page_zap(&vm, sp);
	mmu_unlock(&vm);
	/* nobody knows the new one yet, and it begins with its registers */
	init_cpu(&cpu[1]);
	tap(flushed() || (vm.mmu.owed && !list_empty(&vm.mmu.dead)),
	    "a new vCPU's flush is none of the one that runs");

	use(&cpu[0], 4 << 12, true);	/* the leaf table itself, which is open */
	*rmap_first(mem_gpage(&vm.mmu, 4)->rmap, &(struct rmap_iter){ }) |= PT_D;
	mmu_lock(&vm);
	mmu_settle(&vm);
	mmu_unlock(&vm);
	cpu[0].requests = 0;
	shadow_mmu.reset(&cpu[1]);
	tap(flushed(), "what it finds written is written on by the one that runs");
	mmu_vcpu_destroy(&cpu[1]);
	down();
}

/* --- the map changes while pages are taken away -------------------------------------------- */

#define BLOCK	(CHUNK_PAGES << 12)

static void drop_first_region(void)
{
	const struct mem_region map = { .gpa = 4 << 12, .size = 2 * BLOCK, .type = MEM_RAM };

	set_map(&map, 1);
}

static void grow_below(void)
{
	const struct mem_region map[] = {
		{ .gpa = 0, .size = 1 << 12, .type = MEM_RAM },
		{ .gpa = 1 << 12, .size = 1 << 12, .type = MEM_RAM },
		{ .gpa = 4 << 12, .size = 2 * BLOCK, .type = MEM_RAM },
	};

	set_map(map, 3);
}

/* all of the region that stays must be given up, whatever number it has meanwhile */
static void check_invalidate(void (*meanwhile)(void), const char *what)
{
	const struct mem_region map[] = {
		{ .gpa = 0, .size = 1 << 12, .type = MEM_RAM },
		{ .gpa = 4 << 12, .size = 2 * BLOCK, .type = MEM_RAM },
	};
	u8 byte;
	bool ok;

	up();
	set_map(map, 2);
	if (mem_read(&vm, 5 << 12, &byte, 1) || mem_read(&vm, BLOCK, &byte, 1))
		abort();
	other = meanwhile;
	vm_invalidate_begin(&vm, 0, VM_MAX_GPA);
	ok = !other && !mem_gpage(&vm.mmu, 5)->va && !mem_gpage(&vm.mmu, BLOCK >> 12)->va;
	vm_invalidate_end(&vm, 0, VM_MAX_GPA);
	tap(ok, what);
	down();
}

static struct page *get_and_wait(void *priv, void *lent, pgoff_t index)
{
	struct page *page = backing_get(priv, lent, index);

	others_run();
	return page;
}

/* another page is there, and nobody is at it any more */
static void replace_fifth(void)
{
	vm_invalidate_begin(&vm, 5 << 12, 6 << 12);
	put_page(frame[5]);
	frame[5] = shim_alloc();
	vm_invalidate_end(&vm, 5 << 12, 6 << 12);
}

static void test_late_page(void)
{
	u8 byte;

	up();
	vm.mmu.backing.get_page = get_and_wait;
	set_map(&all, 1);
	other = replace_fifth;
	if (mem_read(&vm, 5 << 12, &byte, 1))
		abort();
	tap(!other && gpage_va(mem_gpage(&vm.mmu, 5)) == page_address(frame[5]),
	    "a page that was got before it went is not entered");
	down();
}

/* --- memory comes where there was none ------------------------------------------------------ */

static void test_root_in_hole(void)
{
	const struct mem_region later[] = {
		{ .gpa = 0, .size = 1 << 12, .type = MEM_RAM },
		{ .gpa = 1 << 12, .size = (FRAMES - 1) << 12, .type = MEM_RAM },
	};
	u64 val = 0;
	bool ok;

	up();
	set_map(later, 1);
	ok = use(&cpu[0], 5 << 12, false) == MMU_GUEST_FAULT;
	set_map(later, 2);
	ok &= use(&cpu[0], 5 << 12, false) == MMU_RESUME;
	ok &= !!(mem_gpage(&vm.mmu, 1)->va & GP_SHADOWED);
	/* the root is its own directory as well, so that it is known as a table in any case */
	*(u64 *)ram((1 << 12) + 8) = PTE(1);
	use(&cpu[0], 1ull << 39, false);
	if (mem_write(&vm, 1 << 12, &val, 8))
		abort();
	tap(ok && !spte_of(&cpu[0], 5 << 12) && !mmu_audit(&vm),
	    "a root in a hole is a table like others when memory comes there");
	down();
}

/* --- what a fault may need must be there ------------------------------------------------------ */

static void test_cache(void)
{
	const u64 other_way = 1ull << 39;
	struct mmu_cache *c = &cpu[0].mmu.rmaps;
	struct hv_exception exc;
	bool ok;
	u64 gpa;

	up();
	set_map(&all, 1);
	/* another PDPT leads to the same directory, and by it to itself: one that is written */
	*(u64 *)ram((1 << 12) + 8) = PTE(6);
	memset(ram(6 << 12), 0, PAGE_SIZE);
	*(u64 *)ram(6 << 12) = PTE(3);
	ok = use(&cpu[0], 5 << 12, false) == MMU_RESUME && use(&cpu[0], 6 << 12, false) == MMU_RESUME;
	while (c->n > NEED_RMAPS)
		kmem_cache_free(rmap_slab, cache_pop(c));
	cpu[0].mmu.low = false;
	ok &= shadow_mmu.fault(&cpu[0], other_way | 6 << 12, PF_W, &gpa, &exc) == MMU_RESUME;
	ok &= !spte_of(&cpu[0], other_way | 6 << 12) || !(spte_of(&cpu[0], 6 << 12) & PT_W);
	tap(ok && c->n < NEED_RMAPS && cpu[0].mmu.low,
	    "a fault that shadows what it wants to write tells that its cache is low");
	down();
}

/* --- no shadow page is freed before a flush ---------------------------------------------------- */

static void load_cr3(u64 cr3)
{
	cpu[0].cr3 = cr3;
	shadow_mmu.new_cr3(&cpu[0]);
	if (shadow_mmu.load(&cpu[0]))
		abort();
}

static void test_dead(void)
{
	bool ok;

	up();
	set_map(&all, 1);
	use(&cpu[0], 5 << 12, true);
	mmu_forget(&vm);
	ok = cpu[0].mmu.root[0]->zapped && list_empty(&vm.mmu.dead) && !vm.mmu.owed;
	cpu[0].requests = 0;
	if (shadow_mmu.load(&cpu[0]))
		abort();
	ok &= flushed() || (!list_empty(&vm.mmu.dead) && vm.mmu.owed);
	tap(ok && !mmu_audit(&vm),
	    "a root that was zapped waits for a flush when its vCPU has another");
	/* one that is empty, and that nothing leads to */
	load_cr3(7 << 12);
	load_cr3(1 << 12);
	mmu_lock(&vm);
	mmu_flush(&vm);
	ok = page_zap_gfn(&vm, 7) && !list_empty(&vm.mmu.dead) && vm.mmu.owed;
	mmu_unlock(&vm);
	tap(ok, "an empty one does");
	down();
}

int main(int argc, char **argv)
{
	seed_from(argc, argv);
	frames_setup();
	if (mmu_module_init())
		abort();
	printf("1..12\n");
	test_new_vcpu();
	check_invalidate(drop_first_region, "pages go though the region before theirs does");
	check_invalidate(grow_below, "and though one comes before it");
	test_late_page();
	test_root_in_hole();
	test_cache();
	test_owed();
	test_dead();
	mmu_module_exit();
	return !!tap_failed;
}

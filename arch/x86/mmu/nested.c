// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested paging: the processor walks the guest's tables by itself, and each gpa
 * that it meets on the way through one tree of ours, from gpa to hpa.
 *
 * A VM has one tree for all of its vCPUs, and the frame tells where in it an entry
 * is: there are no rmaps, a page is found by walking down to it (once more for each
 * alias that shows it). What the guest does in its own tables is its own business.
 *
 * An entry maps 4 KiB, or 2 MiB, or 1 GiB, just as the pages behind it lie: what
 * the backing gives in one piece, aligned as the guest's addresses are, gets one
 * entry. Entries are only ever put in or taken away whole; a large one of which a
 * part goes away is put together again by the faults that follow.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include "arch/x86/mmu/spte.h"

#define AROUND		16	/* entries, an aligned group, looked at with a fault */
#define NEED_TABLES	4	/* what one fault can need: all but the root, of 5 levels */

static u64 pages_at(unsigned int level)
{
	return BIT_ULL(9 * (level - 1));
}

static unsigned int index_at(u64 gfn, unsigned int level)
{
	return gfn >> 9 * (level - 1) & (PT_ENTRIES - 1);
}

static bool is_leaf(const struct nested_format *f, u64 entry, unsigned int level)
{
	return level == 1 || (entry & f->large);
}

static u64 *table_below(u64 entry)
{
	return __va(entry & PT_ADDR);
}

/* --- looking -------------------------------------------------------------------- */

/* the entry that maps @gfn, or NULL */
static u64 *find_leaf(const struct vm_mmu *m, u64 gfn, unsigned int *level)
{
	u64 *table = m->nested_root, *at;
	unsigned int l;

	for (l = m->nested->levels;; l--) {
		at = &table[index_at(gfn, l)];
		if (!*at)
			return NULL;
		if (is_leaf(m->nested, *at, l))
			break;
		table = table_below(*at);
	}
	*level = l;
	return at;
}

/**
 * nested_peek() - where the processor itself would find a gpa
 * @m: the VM's
 * @gpa: any
 *
 * Context: mmu_lock, or as said at mmu_peek_code(): no table is freed then.
 * Return: its address in the host, good to the end of the page; NULL: not mapped.
 */
const void *nested_peek(const struct vm_mmu *m, u64 gpa)
{
	const struct nested_format *f = m->nested;
	const u64 *table = m->nested_root;
	unsigned int l, shift;
	u64 e;

	if (gpa >> GUEST_PHYS_BITS)
		return NULL;
	for (l = f->levels;; l--) {
		shift = PAGE_SHIFT + 9 * (l - 1);
		e = READ_ONCE(table[gpa >> shift & (PT_ENTRIES - 1)]);
		if (!e)
			return NULL;
		if (is_leaf(f, e, l))
			return __va((e & PT_ADDR & ~(BIT_ULL(shift) - 1)) |
				    (gpa & (BIT_ULL(shift) - 1)));
		table = table_below(e);
	}
}

/* --- taking away -------------------------------------------------------------------- */

/* the tables below @entry too; freed when no TLB and no walk can know them */
static void bury(struct vm_mmu *m, u64 entry, unsigned int level)
{
	const u64 *table;
	unsigned int i;

	if (is_leaf(m->nested, entry, level))
		return;
	table = table_below(entry);
	if (level > 2)
		for (i = 0; i < PT_ENTRIES; i++)
			if (table[i])
				bury(m, table[i], level - 1);
	list_add(&virt_to_page(table)->lru, &m->nested_dead);
	m->stat.shadow_pages--;
	m->stat.shadow_zapped++;
}

/* the frames from @gfn on were written if their leaf has @sign */
static void note_written(struct vm *vm, u64 leaf, u64 sign, u64 gfn, unsigned int level)
{
	u64 i, n = pages_at(level);
	struct gpage *gp;

	if (!(leaf & sign))
		return;
	for (i = 0; i < n; i++) {
		gp = mem_gpage(&vm->mmu, gfn + i);
		if (gp->va)
			gp->va |= GP_WRITTEN;
	}
}

/* a processor that notes nothing may have written all that it could */
static u64 written_sign(const struct nested_format *f)
{
	return f->dirty ?: f->write;
}

static void drop_leaf(struct vm *vm, u64 *at, u64 gfn, unsigned int level)
{
	u64 old = xchg(at, 0);

	note_written(vm, old, written_sign(vm->mmu.nested), gfn & ~(pages_at(level) - 1),
		     level);
	mmu_must_flush(vm);
}

static bool zap_one(struct vm *vm, u64 gfn)
{
	unsigned int level;
	u64 *at = find_leaf(&vm->mmu, gfn, &level);

	if (!at)
		return false;
	drop_leaf(vm, at, gfn, level);
	return true;
}

/**
 * nested_zap() - the processor shall not find a guest page any more
 * @vm: the VM, mmu_lock held
 * @gfn: its frame, not an alias
 *
 * A flush is due before the lock is given up.
 * Return: true if it could.
 */
bool nested_zap(struct vm *vm, u64 gfn)
{
	const struct vm_mmu *m = &vm->mmu;
	bool zapped = zap_one(vm, gfn);
	const struct mem_slot *s;

	if (likely(!m->aliases))
		return zapped;
	for (s = m->slots; s < m->slots + m->n_slots; s++)
		if (s->type == MEM_ALIAS && gfn - s->target < s->n)
			zapped |= zap_one(vm, s->gfn + (gfn - s->target));
	return zapped;
}

/*
 * The same for a whole table that was cut off. The processor may go on writing
 * through it till the flush, so it is asked what could be written.
 */
static void note_all(struct vm *vm, const u64 *table, u64 gfn, unsigned int level)
{
	const u64 sign = vm->mmu.nested->write;
	unsigned int i;

	for (i = 0; i < PT_ENTRIES; i++, gfn += pages_at(level)) {
		if (!table[i])
			continue;
		if (is_leaf(vm->mmu.nested, table[i], level))
			note_written(vm, table[i], sign, gfn, level);
		else
			note_all(vm, table_below(table[i]), gfn, level - 1);
	}
}

/**
 * nested_zap_all() - begin with an empty tree; the root stays
 * @vm: the VM, mmu_lock held; its old memory map still stands
 *
 * A flush is due before the lock is given up, if there was anything.
 */
void nested_zap_all(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;
	unsigned int i;
	u64 old;

	for (i = 0; i < PT_ENTRIES; i++) {
		if (!m->nested_root[i])
			continue;
		old = xchg(&m->nested_root[i], 0);
		mmu_must_flush(vm);
		note_all(vm, table_below(old), i * pages_at(m->nested->levels),
			 m->nested->levels - 1);
		bury(m, old, m->nested->levels);
	}
}

/**
 * nested_free_dead() - free the tables that were taken away
 * @m: the VM's, locked; all TLBs are, or will be before entry, flushed
 */
void nested_free_dead(struct vm_mmu *m)
{
	struct page *p;

	while (!list_empty(&m->nested_dead)) {
		p = list_first_entry(&m->nested_dead, struct page, lru);
		list_del(&p->lru);
		free_page((unsigned long)page_address(p));
	}
}

/**
 * nested_accessed() - whether the processor used a page since the last time
 * @vm: the VM, mmu_lock held
 * @gfn: its frame, not an alias
 *
 * What is known of a large leaf is true of all its pages, so it is forgotten only
 * after the clock asked for the last. Use through aliases alone is overlooked.
 * Return: true if so.
 */
bool nested_accessed(struct vm *vm, u64 gfn)
{
	unsigned int level;
	u64 *at = find_leaf(&vm->mmu, gfn, &level);
	u64 accessed = vm->mmu.nested->accessed;

	if (!at || !(*at & accessed))
		return false;
	if (!(~gfn & (pages_at(level) - 1)))
		clear_bit(ilog2(accessed), (unsigned long *)at);
	return true;
}

/* --- putting in ------------------------------------------------------------------------ */

/*
 * The one place that decides whether the guest may write a page by itself. Whoever
 * has to see the first write to each page says no here, and zaps what is there.
 */
static u64 leaf_bits_of(const struct nested_format *f, const struct gpage *gp)
{
	return f->leaf | (gpage_writable(gp) ? f->write : 0);
}

static unsigned int order_of(const struct gpage *gp)
{
	return folio_order(page_folio(virt_to_page(gpage_va(gp))));
}

/*
 * Whether one entry can map the 2 MiB around @gfn: the backing gave them in one
 * piece, aligned alike, all of them are there, and one is like the other.
 */
static bool fits_large(struct vm_mmu *m, u64 gfn, const struct gpage *gp)
{
	const u64 n = pages_at(2);
	u64 base = gfn & ~(n - 1), i;
	unsigned long va = gp->va & ~GP_FLAGS;
	const struct gpage *other;

	if (order_of(gp) < ilog2(n))
		return false;
	va -= (gfn - base) << PAGE_SHIFT;
	if (__pa(va) & ((n << PAGE_SHIFT) - 1))
		return false;
	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		other = mem_gpage(m, base + i);
		if ((other->va & ~GP_FLAGS) != va ||
		    gpage_writable(other) != gpage_writable(gp))
			return false;
	}
	return true;
}

/* the table below *@at, made if there is none */
static u64 *table_at(struct vcpu *v, u64 *at)
{
	struct vm_mmu *m = &v->vm->mmu;
	u64 *table;

	if (*at)
		return table_below(*at);
	table = cache_pop(&v->mmu.tables);
	v->mmu.low = v->mmu.tables.n < NEED_TABLES;
	m->stat.shadow_pages++;
	m->stat.shadow_created++;
	WRITE_ONCE(*at, __pa(table) | m->nested->table);
	return table;
}

static void set_leaf(struct vm *vm, u64 *at, u64 gfn, unsigned int level, u64 new)
{
	const struct nested_format *f = vm->mmu.nested;
	u64 old = *at, base = gfn & ~(pages_at(level) - 1);

	if (level > 1) {
		new |= f->large;
		vm->mmu.stat.large++;
	}
	if (!old) {
		WRITE_ONCE(*at, new);
		return;
	}
	if (!is_leaf(f, old, level)) {
		/* many small ones become a large one */
		WRITE_ONCE(*at, new);
		note_all(vm, table_below(old), base, level - 1);
		bury(&vm->mmu, old, level);
		mmu_must_flush(vm);
		return;
	}
	new |= old & (f->accessed | f->dirty);
	if (old == new)
		return;	/* another vCPU was here first */
	if ((old ^ new) & PT_ADDR || old & ~new & f->write)
		mmu_must_flush(vm);
	old = xchg(at, new);
	note_written(vm, old, written_sign(f), base, level);
}

/* a full table of 2 MiB that follow each other is 1 GiB, if that was given as one */
static void promote(struct vm *vm, u64 *at, u64 gfn)
{
	const struct nested_format *f = vm->mmu.nested;
	const u64 *table = table_below(*at);
	u64 noted = f->accessed | f->dirty, first = table[0] & ~noted;
	unsigned int i;

	if (first & PT_ADDR & ((pages_at(3) << PAGE_SHIFT) - 1))
		return;
	for (i = 0; i < PT_ENTRIES; i++)
		if ((table[i] & ~noted) != first + i * (pages_at(2) << PAGE_SHIFT))
			return;
	set_leaf(vm, at, gfn, 3, first | f->accessed);
}

/* neighbours in a folio: the guest will want them */
static void fill_around(struct vm *vm, u64 *table, u64 gfn)
{
	struct vm_mmu *m = &vm->mmu;
	u64 first = gfn & ~(u64)(AROUND - 1), i;
	const struct gpage *gp;
	u64 *at;

	for (i = first; i < first + AROUND; i++) {
		at = &table[index_at(i, 1)];
		if (*at)
			continue;
		gp = mem_gpage(m, i);
		if (!gp->va)
			continue;
		WRITE_ONCE(*at, gpage_hpa(gp) | leaf_bits_of(m->nested, gp));
		m->stat.prefetched++;
	}
}

static void map_gfn(struct vcpu *v, u64 gfn, struct gpage *gp, u32 access)
{
	struct vm_mmu *m = &v->vm->mmu;
	const struct nested_format *f = m->nested;
	u64 *at = NULL, *above, *table = m->nested_root;
	u64 bits = leaf_bits_of(f, gp) | f->accessed;
	unsigned int level;
	u64 mask;

	if (access & PF_W)
		bits |= f->dirty;
	gp->va |= GP_ACCESSED;
	for (level = f->levels;; level--) {
		above = at;
		at = &table[index_at(gfn, level)];
		if (level == 1)
			break;
		if (is_leaf(f, *at, level)) {
			if (!(bits & f->write & ~*at))
				return;		/* another vCPU was here first */
			/* what is true of this page need not be of all others */
			drop_leaf(v->vm, at, gfn, level);
		}
		if (level == 2 && f->max_large >= 2 && fits_large(m, gfn, gp))
			break;
		table = table_at(v, at);
	}
	mask = (pages_at(level) << PAGE_SHIFT) - 1;
	set_leaf(v->vm, at, gfn, level, (gpage_hpa(gp) & ~mask) | bits);
	/* others that came with it */
	if (level == 1 && order_of(gp))
		fill_around(v->vm, table, gfn);
	else if (level == 2 && f->max_large >= 3 && order_of(gp) >= ilog2(pages_at(3)))
		promote(v->vm, above, gfn);
	mmu_settle(v->vm);
}

/* --- faults ---------------------------------------------------------------------------- */

/* MMU_ERROR stands for "fetch the page and come again" here */
static enum mmu_result gpa_fault_locked(struct vcpu *v, u64 gfn, u32 access)
{
	struct gpage *gp = mem_gpage(&v->vm->mmu, gfn);

	if (unlikely(!gp->va))
		return gp == &mem_hole ? MMU_EMULATE : MMU_ERROR;
	if (access & PF_W)
		dirty_note(&v->vm->mmu, gfn, gp);
	if ((access & PF_W) && unlikely(!gpage_writable(gp)))
		return MMU_EMULATE;
	map_gfn(v, gfn, gp, access);
	return MMU_RESUME;
}

static int nested_load(struct vcpu *v)
{
	return likely(!v->mmu.low) ? 0 : cache_fill_tables(v, NEED_TABLES + 1);
}

static enum mmu_result nested_gpa_fault(struct vcpu *v, u64 gpa, u32 access)
{
	enum mmu_result r;

	for (;;) {
		v->error = nested_load(v);
		if (v->error)
			return MMU_ERROR;
		mmu_lock(v->vm);
		r = gpa_fault_locked(v, gpa >> PAGE_SHIFT, access);
		mmu_unlock(v->vm);
		if (likely(r != MMU_ERROR))
			return r;
		v->error = mem_fetch(v->vm, gpa >> PAGE_SHIFT);
		if (v->error)
			return MMU_ERROR;
	}
}

/* a #PF is the guest's own affair; should one get here, it goes where it belongs */
static enum mmu_result nested_fault(struct vcpu *v, u64 gva, u32 error, u64 *gpa,
				    struct hv_exception *exc)
{
	*exc = (struct hv_exception){
		.vector = 14, .has_error = true, .error = error, .cr2 = gva,
	};
	return MMU_GUEST_FAULT;
}

/*
 * What the processor does by itself when the guest loads a control register, it
 * does not when we put another value there: its TLB has to be told.
 */
static void nested_flush(struct vcpu *v)
{
	set_bit(REQ_TLB_FLUSH, &v->requests);
}

static void nested_reset(struct vcpu *v)
{
	walk_setup(v);
	nested_flush(v);
}

/* rare, since the guest does these itself: whoever emulates them gives it a flush */
static void nested_new_pcid(struct vcpu *v, u64 old, bool keep)
{
	nested_flush(v);
}

static void nested_flush_pcid(struct vcpu *v, u16 pcid)
{
	nested_flush(v);
}

static void nested_invlpg(struct vcpu *v, u64 gva)
{
	vendor->flush_gva(v, gva);
}

const struct mmu_ops nested_mmu = {
	.name = "nested",
	.reset = nested_reset,
	.new_cr3 = nested_flush,
	.new_pcid = nested_new_pcid,
	.load = nested_load,
	.fault = nested_fault,
	.gpa_fault = nested_gpa_fault,
	.invlpg = nested_invlpg,
	.flush_all = nested_flush,
	.flush_pcid = nested_flush_pcid,
};

/* --- life ------------------------------------------------------------------------------ */

/**
 * nested_init() - an empty tree
 * @m: a new VM's; @m->nested is set
 *
 * Return: 0 or -ENOMEM.
 */
int nested_init(struct vm_mmu *m)
{
	INIT_LIST_HEAD(&m->nested_dead);
	m->nested_root = (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return m->nested_root ? 0 : -ENOMEM;
}

/**
 * nested_exit() - undo nested_init()
 * @vm: the VM, mmu_lock held; nobody is left who could have a TLB
 */
void nested_exit(struct vm *vm)
{
	nested_zap_all(vm);
	nested_free_dead(&vm->mmu);
	free_page((unsigned long)vm->mmu.nested_root);
	vm->mmu.nested_root = NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map: which guest frames exist, and where we keep what we know of
 * them.
 *
 * The map is a sorted array of slots, replaced as a whole when it changes.
 * Nearly every look-up hits the slot of the one before, so that one is kept at
 * hand. A slot has an array of pointers to chunks, each the gpages of 2 MiB,
 * made on first touch: a guest with a terabyte of memory that it never looks at
 * costs two bytes for each of its megabytes.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include "arch/x86/mmu/spte.h"

struct gpage mem_absent;
struct gpage mem_hole;

/* what vm_mmu.hot is while there is no memory */
static struct mem_slot no_slot;

static struct mem_slot *find_slot(struct vm_mmu *m, u64 gfn)
{
	unsigned int lo = 0, hi = m->n_slots;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		struct mem_slot *s = &m->slots[mid];

		if (gfn < s->gfn)
			hi = mid;
		else if (gfn - s->gfn >= s->n)
			lo = mid + 1;
		else
			return s;
	}
	return NULL;
}

/**
 * mem_target_slow() - mem_target() where the map has aliases
 * @m: the VM's, locked
 * @gfn: any
 *
 * Return: the frame that an alias shows, else @gfn.
 */
u64 mem_target_slow(struct vm_mmu *m, u64 gfn)
{
	const struct mem_slot *s = find_slot(m, gfn);

	return s && s->type == MEM_ALIAS ? s->target + (gfn - s->gfn) : gfn;
}

/**
 * mem_gpage_slow() - mem_gpage() of another slot than the last time
 * @m: the VM's, locked
 * @gfn: any
 *
 * Return: as mem_gpage().
 */
struct gpage *mem_gpage_slow(struct vm_mmu *m, u64 gfn)
{
	struct mem_slot *s = find_slot(m, gfn);

	if (s && s->type == MEM_ALIAS) {
		gfn = s->target + (gfn - s->gfn);
		s = find_slot(m, gfn);
	}
	if (!s)
		return &mem_hole;
	m->hot = s;
	return mem_gpage(m, gfn);
}

/**
 * mem_next_slot() - where a walk over all frames goes on
 * @m: the VM's, locked
 * @gfn: a frame; it becomes the first from there on that is no hole and no alias
 *
 * Return: the slot which has that, or NULL beyond the last.
 */
const struct mem_slot *mem_next_slot(const struct vm_mmu *m, u64 *gfn)
{
	unsigned int i;

	for (i = 0; i < m->n_slots; i++) {
		const struct mem_slot *s = &m->slots[i];

		if (s->type == MEM_ALIAS || *gfn >= s->gfn + s->n)
			continue;
		*gfn = max(*gfn, s->gfn);
		return s;
	}
	return NULL;
}

static int by_gpa(const void *a, const void *b)
{
	const struct mem_region *x = a, *y = b;

	return x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

/* an alias shows part of one ram or rom region */
static bool alias_ok(const struct mem_region *map, unsigned int n, const struct mem_region *a)
{
	const struct mem_region *r;

	for (r = map; r < map + n; r++)
		if (r->type != MEM_ALIAS && a->target >= r->gpa && a->target - r->gpa < r->size)
			return a->size <= r->size - (a->target - r->gpa);
	return false;
}

/* @map is sorted */
static bool map_ok(const struct mem_region *map, unsigned int n)
{
	const struct mem_region *r;

	for (r = map; r < map + n; r++) {
		if (!r->size || ((r->gpa | r->size | r->target) & ~PAGE_MASK))
			return false;
		if (r->gpa >= VM_MAX_GPA || r->size > VM_MAX_GPA - r->gpa)
			return false;
		if (r + 1 < map + n && r[1].gpa - r->gpa < r->size)
			return false;
		if (r->type == MEM_ALIAS && !alias_ok(map, n, r))
			return false;
	}
	return true;
}

static u64 slot_chunks(const struct mem_slot *s)
{
	return ((s->gfn + s->n - 1) >> CHUNK_SHIFT) - s->first + 1;
}

/* lets go of all that a slot knows; no spte maps any page of it */
static void free_slot(struct vm *vm, struct mem_slot *s)
{
	u64 c, n = s->chunks ? slot_chunks(s) : 0;
	unsigned int i;

	for (c = 0; c < n; c++) {
		if (!s->chunks[c])
			continue;
		mmu_lock(vm);	/* for the count of pages alone */
		for (i = 0; i < CHUNK_PAGES; i++)
			if (s->chunks[c][i].va)
				mem_put(vm, &s->chunks[c][i]);
		mmu_unlock(vm);
		kvfree(s->chunks[c]);
		cond_resched();
	}
	kvfree(s->chunks);
	kvfree(s->dirty);
}

static void free_slots(struct vm *vm, struct mem_slot *slots, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		free_slot(vm, &slots[i]);
	kvfree(slots);
}

static struct mem_slot *make_slots(struct vm *vm, const struct mem_region *map, unsigned int n)
{
	struct mem_slot *slots = kvcalloc(n ?: 1, sizeof(*slots), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!slots)
		return NULL;
	for (i = 0; i < n; i++) {
		struct mem_slot *s = &slots[i];

		s->gfn = map[i].gpa >> PAGE_SHIFT;
		s->n = map[i].size >> PAGE_SHIFT;
		s->first = s->gfn >> CHUNK_SHIFT;
		s->type = map[i].type;
		s->lent = map[i].lent;
		if (s->type == MEM_ALIAS) {
			s->target = map[i].target >> PAGE_SHIFT;
			continue;
		}
		s->chunks = kvcalloc(slot_chunks(s), sizeof(*s->chunks), GFP_KERNEL_ACCOUNT);
		if (!s->chunks) {
			free_slots(vm, slots, i);
			return NULL;
		}
	}
	return slots;
}

/* whether all of the old map is in the new one, unchanged */
static bool only_grows(const struct vm_mmu *m, const struct mem_slot *slots, unsigned int n)
{
	const struct mem_slot *old, *s;

	for (old = m->slots; old < m->slots + m->n_slots; old++) {
		for (s = slots; s < slots + n; s++)
			if (s->gfn == old->gfn && s->n == old->n && s->type == old->type &&
			    s->target == old->target && s->lent == old->lent)
				break;
		if (s == slots + n)
			return false;
	}
	return true;
}

/* a region that stays keeps its pages: the new slot gets the old one's chunks */
static void keep_chunks(struct vm_mmu *m, struct mem_slot *slots, unsigned int n)
{
	struct mem_slot *old, *s;

	for (old = m->slots; old < m->slots + m->n_slots; old++)
		for (s = slots; s < slots + n; s++)
			if (s->chunks && s->gfn == old->gfn && s->n == old->n &&
			    s->type == old->type && s->lent == old->lent) {
				swap(s->chunks, old->chunks);
				swap(s->dirty, old->dirty);
			}
}

/* shadow pages are bounded by the memory that they can shadow */
static unsigned int page_limit(const struct mem_slot *slots, unsigned int n)
{
	u64 pages = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (slots[i].type != MEM_ALIAS)
			pages += slots[i].n;
	return clamp_t(u64, pages / 32, 256, 1u << 20);
}

/**
 * vm_set_map() - replace the memory map
 * @vm: the VM
 * @map: the regions, in any order
 * @n: how many, at most VM_MAX_REGIONS
 *
 * Regions that stay as they are keep their pages and, if nothing else is taken
 * away, their shadows.
 *
 * Context: may sleep; takes vm->lock and mmu_lock.
 * Return: 0; -EINVAL if regions overlap, are not page-aligned, lie beyond
 * VM_MAX_GPA, or an alias shows no ram or rom; -ENOMEM.
 */
int vm_set_map(struct vm *vm, const struct mem_region *map, unsigned int n)
{
	struct vm_mmu *m = &vm->mmu;
	struct mem_region *sorted;
	struct mem_slot *slots, *old = NULL;
	unsigned int i, n_old = 0;
	int ret = -EINVAL;
	bool grows;

	if (n > VM_MAX_REGIONS)
		return -EINVAL;
	sorted = kvcalloc(n ?: 1, sizeof(*sorted), GFP_KERNEL);
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, map, n * sizeof(*sorted));
	for (i = 0; i < n; i++)
		if (sorted[i].type != MEM_ALIAS)
			sorted[i].target = 0;
	sort(sorted, n, sizeof(*sorted), by_gpa, NULL);
	if (!map_ok(sorted, n))
		goto out;
	ret = -ENOMEM;
	slots = make_slots(vm, sorted, n);
	if (!slots)
		goto out;

	mutex_lock(&vm->lock);
	ret = dirty_add_slots(vm, slots, n);
	if (ret) {
		mutex_unlock(&vm->lock);
		free_slots(vm, slots, n);
		goto out;
	}
	grows = only_grows(m, slots, n);
	/* most of what has to go, without holding the lock for all of it */
	if (!grows)
		mmu_forget(vm);
	mmu_lock(vm);
	m->seq++;
	if (grows) {
		page_zap_holes(vm);
	} else {
		page_zap_all(vm);
		if (m->nested)
			nested_zap_all(vm);
	}
	mmu_settle(vm);
	page_free_dead(vm);
	keep_chunks(m, slots, n);
	old = m->slots;
	n_old = m->n_slots;
	m->slots = slots;
	m->n_slots = n;
	m->hot = &no_slot;
	m->clock_gfn = 0;
	m->max_pages = page_limit(slots, n);
	m->aliases = false;
	for (i = 0; i < n; i++)
		m->aliases |= slots[i].type == MEM_ALIAS;
	mmu_unlock(vm);
	mutex_unlock(&vm->lock);
	free_slots(vm, old, n_old);
	ret = 0;
out:
	kvfree(sorted);
	return ret;
}

/**
 * vm_get_map() - the memory map, sorted by gpa
 * @vm: the VM
 * @map: room for VM_MAX_REGIONS
 *
 * Context: may sleep; takes vm->lock.
 * Return: number of regions.
 */
unsigned int vm_get_map(struct vm *vm, struct mem_region *map)
{
	struct vm_mmu *m = &vm->mmu;
	unsigned int i, n;

	mutex_lock(&vm->lock);
	n = m->n_slots;
	for (i = 0; i < n; i++) {
		const struct mem_slot *s = &m->slots[i];

		map[i] = (struct mem_region){
			.gpa = s->gfn << PAGE_SHIFT,
			.size = s->n << PAGE_SHIFT,
			.type = s->type,
			.target = s->target << PAGE_SHIFT,
			.lent = s->lent,
		};
	}
	mutex_unlock(&vm->lock);
	return n;
}

/**
 * guest_mem_init() - a VM without memory
 * @vm: the VM, zeroed
 * @backing: where its pages come from; copied
 *
 * To be called before mmu_vm_init().
 * Return: 0.
 */
int guest_mem_init(struct vm *vm, const struct vm_backing *backing)
{
	struct vm_mmu *m = &vm->mmu;

	spin_lock_init(&m->lock);
	init_waitqueue_head(&m->wait);
	INIT_LIST_HEAD(&m->link);
	m->backing = *backing;
	m->hot = &no_slot;
	m->max_pages = page_limit(NULL, 0);
	return 0;
}

/**
 * guest_mem_destroy() - give all pages back
 * @vm: the VM, after mmu_vm_destroy()
 */
void guest_mem_destroy(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;

	free_slots(vm, m->slots, m->n_slots);
	m->slots = NULL;
	m->n_slots = 0;
	m->hot = &no_slot;
}

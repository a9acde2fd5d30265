// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backwards: from a page to the sptes that point to it.
 *
 * A gpage has to find them to go away or to become read-only, a shadow page to
 * be cut out of the tree. Most pages have one, so the head is a word: 0, or the
 * address of the one spte, or (bit 0 set) of a list of small arrays. Only the
 * first array of a list may have room left.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include "arch/x86/mmu/spte.h"

#define RMAP_ENTRIES	6
#define RMAP_LIST	1ul
#ifndef RMAP_MAX	/* a test may want it to be met often */
#define RMAP_MAX	1024	/* sptes; to forget one may mean to look at all of them */
#endif

struct rmap_list {
	unsigned int n;
	unsigned int behind;	/* in those that follow */
	struct rmap_list *next;
	u64 *spte[RMAP_ENTRIES];
};

static_assert(sizeof(struct rmap_list) == RMAP_SIZE);

struct kmem_cache *rmap_slab;

static struct rmap_list *rmap_list(unsigned long head)
{
	return head & RMAP_LIST ? (struct rmap_list *)(head & ~RMAP_LIST) : NULL;
}

/* under mmu_lock, and not everyone who adds has a cache */
static struct rmap_list *new_list(struct mmu_cache *cache, struct rmap_list *next)
{
	struct rmap_list *l;

	if (cache)
		l = cache_pop(cache);
	else
		l = kmem_cache_alloc(rmap_slab, GFP_NOWAIT | __GFP_NOWARN);
	if (l) {
		l->n = 0;
		l->behind = next ? next->behind + next->n : 0;
		l->next = next;
	}
	return l;
}

/**
 * rmap_full() - whether so many sptes point here that none should be added
 * @head: of the page
 *
 * A guest can let all of its tables map one page. Then whoever takes one spte away would go
 * through millions of others, with mmu_lock held.
 */
bool rmap_full(unsigned long head)
{
	const struct rmap_list *l = rmap_list(head);

	return l && l->n + l->behind >= RMAP_MAX;
}

/**
 * rmap_add() - note that an spte points here
 * @head: of the page
 * @sptep: the spte
 * @cache: where to take memory from; NULL: try to allocate
 *
 * Return: false if there is no memory (never with a @cache that is not empty).
 */
bool rmap_add(unsigned long *head, u64 *sptep, struct mmu_cache *cache)
{
	struct rmap_list *l = rmap_list(*head);

	if (!*head) {
		*head = (unsigned long)sptep;
		return true;
	}
	if (!l || l->n == RMAP_ENTRIES) {
		struct rmap_list *more = new_list(cache, l);

		if (!more)
			return false;
		if (!l)
			more->spte[more->n++] = (u64 *)*head;
		l = more;
		*head = (unsigned long)l | RMAP_LIST;
	}
	l->spte[l->n++] = sptep;
	return true;
}

/* takes the last entry of the first array away */
static u64 *pop_last(unsigned long *head, struct rmap_list *l)
{
	u64 *last = l->spte[--l->n];

	if (!l->n) {
		*head = l->next ? (unsigned long)l->next | RMAP_LIST : 0;
		kmem_cache_free(rmap_slab, l);
	} else if (l->n == 1 && !l->next) {
		*head = (unsigned long)l->spte[0];
		kmem_cache_free(rmap_slab, l);
	}
	return last;
}

/**
 * rmap_remove() - forget an spte
 * @head: of the page
 * @sptep: the spte, which is there
 */
void rmap_remove(unsigned long *head, u64 *sptep)
{
	struct rmap_list *first = rmap_list(*head), *l;
	u64 *last;
	unsigned int i;

	if (!first) {
		WARN_ON_ONCE(*head != (unsigned long)sptep);
		*head = 0;
		return;
	}
	last = first->spte[first->n - 1];
	for (l = first; l; l = l->next) {
		for (i = 0; i < l->n; i++) {
			if (l->spte[i] != sptep)
				continue;
			l->spte[i] = last;
			pop_last(head, first);
			return;
		}
	}
	WARN_ON_ONCE(1);
}

/**
 * rmap_first() - begin to look at all sptes of a page
 * @head: of the page
 * @it: where we are
 *
 * Nothing may be added or removed until the end.
 * Return: the first, or NULL.
 */
u64 *rmap_first(unsigned long head, struct rmap_iter *it)
{
	it->list = rmap_list(head);
	it->i = 0;
	if (!it->list)
		return (u64 *)head;
	return it->list->spte[0];
}

/**
 * rmap_next() - the next spte
 * @it: where we are
 *
 * Return: it, or NULL.
 */
u64 *rmap_next(struct rmap_iter *it)
{
	if (!it->list)
		return NULL;
	if (++it->i == it->list->n) {
		it->list = it->list->next;
		it->i = 0;
		if (!it->list)
			return NULL;
	}
	return it->list->spte[it->i];
}

/* the processor set D in a mapping of a table: it has been written */
static void note_dirty(struct gpage *gp, u64 spte)
{
	if ((spte & PT_D) && (gp->va & GP_OPEN))
		gp->va |= GP_TOUCHED;
}

/**
 * rmap_zap() - take all mappings of a guest page away
 * @vm: the VM, mmu_lock held
 * @gp: the page
 *
 * A flush is due before the lock is given up.
 * Return: true if there was one.
 */
bool rmap_zap(struct vm *vm, struct gpage *gp)
{
	struct rmap_iter it;
	u64 *sptep;

	if (!gp->rmap)
		return false;
	/* from the end of the first array, so that nothing has to be searched */
	while (gp->rmap) {
		sptep = rmap_first(gp->rmap, &it);
		if (it.list)
			sptep = it.list->spte[it.list->n - 1];
		note_dirty(gp, xchg(sptep, 0));
		__clear_bit(spte_index(sptep), spte_page(sptep)->present);
		if (it.list)
			pop_last(&gp->rmap, it.list);
		else
			gp->rmap = 0;
	}
	mmu_must_flush(vm);
	return true;
}

/**
 * rmap_write_protect() - the guest can read this page, but no longer write it
 * @vm: the VM, mmu_lock held
 * @gp: the page
 *
 * A flush is due before the lock is given up.
 * Return: true if it could.
 */
bool rmap_write_protect(struct vm *vm, struct gpage *gp)
{
	struct rmap_iter it;
	bool could = false;
	u64 *sptep;

	for (sptep = rmap_first(gp->rmap, &it); sptep; sptep = rmap_next(&it)) {
		if (!(*sptep & PT_W))
			continue;
		clear_bit(1, (unsigned long *)sptep);
		note_dirty(gp, *sptep);
		could = true;
	}
	if (could)
		mmu_must_flush(vm);
	return could;
}

/**
 * rmap_clear_dirty() - whether the processor wrote this page since the last time
 * @gp: the page
 *
 * What a TLB remembers as dirty is written without D being set again, so the
 * answer of the next time needs a flush after this one.
 * Return: true if so.
 */
bool rmap_clear_dirty(struct gpage *gp)
{
	struct rmap_iter it;
	bool dirty = false;
	u64 *sptep;

	for (sptep = rmap_first(gp->rmap, &it); sptep; sptep = rmap_next(&it)) {
		if (!(*sptep & PT_D))
			continue;
		clear_bit(6, (unsigned long *)sptep);
		dirty = true;
	}
	return dirty;
}

/**
 * rmap_clear_accessed() - whether the processor used this page since the last time
 * @gp: the page
 *
 * There is no flush: a page that stays in a TLB looks unused, which is only unfair.
 * Return: true if so.
 */
bool rmap_clear_accessed(struct gpage *gp)
{
	struct rmap_iter it;
	bool used = false;
	u64 *sptep;

	for (sptep = rmap_first(gp->rmap, &it); sptep; sptep = rmap_next(&it)) {
		if (!(*sptep & PT_A))
			continue;
		clear_bit(5, (unsigned long *)sptep);
		used = true;
	}
	return used;
}

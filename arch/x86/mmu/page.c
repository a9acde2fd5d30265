// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shadow pages: found, made, linked into trees, and taken apart again.
 *
 * A shadow page says what one guest table says, in sptes. It does not depend on
 * the way to it: rights of the tables above are in the sptes above, and the
 * processor combines them as it would the guest's. So a table has one shadow
 * page, wherever it is used, and a tree that was built once is there again when
 * the guest comes back to its CR3. (Guests with CR0.WP = 0 are the exception,
 * see union mmu_role.)
 *
 * A page that lost its last parent stays for later. It goes when its memory is
 * written, since it is a table no longer then, or when too many pages are there.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include "arch/x86/mmu/spte.h"
#include "arch/x86/trace.h"

#define MAX_DEAD	128	/* zapped pages that wait for somebody to flush */
#define RECLAIM_SCAN	32	/* how far to look for a page not used lately */

/**
 * page_find() - a shadow page, if there is one
 * @m: the VM's, locked
 * @gfn: of the table
 * @role: what it must be
 *
 * Return: it, or NULL.
 */
struct mmu_page *page_find(struct vm_mmu *m, u64 gfn, union mmu_role role)
{
	struct mmu_page *sp;

	hlist_for_each_entry(sp, page_bucket(m, gfn), hash)
		if (sp->gfn == gfn && sp->role.word == role.word)
			return sp;
	return NULL;
}

static struct mmu_page *page_make(struct vcpu *v, u64 gfn, union mmu_role role)
{
	struct vm_mmu *m = &v->vm->mmu;
	struct mmu_page *sp = cache_pop(&v->mmu.heads);

	sp->spt = cache_pop(&v->mmu.tables);
	set_page_private(virt_to_page(sp->spt), (unsigned long)sp);
	sp->gfn = gfn;
	sp->role = role;
	INIT_LIST_HEAD(&sp->open);
	hlist_add_head(&sp->hash, page_bucket(m, gfn));
	list_add_tail(&sp->link, &m->pages);
	m->n_pages++;
	m->stat.shadow_pages = m->n_pages;
	m->stat.shadow_created++;
	if (!role.direct) {
		if (role.level == 1) {
			sp->digest = cache_pop(&v->mmu.digests);
			sp->rsvd = gpte_reserved(role.mode, role.nx, role.pse, 1, false);
		}
		table_shadow(v->vm, sp);
	}
	cache_check(&v->mmu);
	return sp;
}

/**
 * page_get() - find or make a shadow page
 * @v: the vCPU, whose caches are used
 * @gfn: of the table (not an alias), or the first frame if direct
 * @role: what it is to be
 *
 * Return: it.
 */
struct mmu_page *page_get(struct vcpu *v, u64 gfn, union mmu_role role)
{
	struct mmu_page *sp = page_find(&v->vm->mmu, gfn, role);

	if (sp)
		return sp;
	return page_make(v, gfn, role);
}

/**
 * page_orphan() - nothing leads here
 * @sp: a shadow page
 *
 * Return: true if it is in no tree and nobody's root.
 */
bool page_orphan(const struct mmu_page *sp)
{
	return !sp->parents && !sp->roots;
}

static bool page_empty(const struct mmu_page *sp)
{
	unsigned long any = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sp->present); i++)
		any |= sp->present[i];
	return !any;
}

/* nothing leads to @sp any more */
static void cut_off(struct vm *vm, struct mmu_page *sp)
{
	struct rmap_iter it;
	u64 *sptep;

	while (sp->parents) {
		sptep = rmap_first(sp->parents, &it);
		page_unlink(vm, spte_page(sptep), spte_index(sptep));
	}
}

/**
 * page_link() - let an spte point to a shadow page
 * @v: the vCPU, whose caches are used
 * @sp: the page in which the spte stands; the spte is 0
 * @i: its index
 * @child: what it shall point to
 * @bits: rights
 */
void page_link(struct vcpu *v, struct mmu_page *sp, unsigned int i, struct mmu_page *child,
	       u64 bits)
{
	if (unlikely(rmap_full(child->parents)))
		cut_off(v->vm, child);
	if (child->digest)
		table_linked(v->vm, child);
	else if (!child->role.direct && !page_empty(child))
		sync_open(v->vm);
	v->vm->mmu.news++;
	rmap_add(&child->parents, &sp->spt[i], &v->mmu.rmaps);
	cache_check(&v->mmu);
	__set_bit(i, sp->present);
	WRITE_ONCE(sp->spt[i], __pa(child->spt) | bits);
}

/**
 * dir_set_bits() - change the rights in an spte that points to a shadow page
 * @vm: the VM, mmu_lock held
 * @sptep: the spte
 * @bits: its new rights
 */
void dir_set_bits(struct vm *vm, u64 *sptep, u64 bits)
{
	u64 old = *sptep;

	/* without U it gives more as well, where SMEP or SMAP are on */
	if ((bits & ~old & PT_W) || ((bits ^ old) & PT_U) || (old & ~bits & PT_NX)) {
		sync_open(vm);
		vm->mmu.news++;
	}
	WRITE_ONCE(*sptep, (old & PT_ADDR) | bits);
}

/**
 * page_unlink() - cut an spte that points to a shadow page
 * @vm: the VM, mmu_lock held
 * @sp: the page in which it stands
 * @i: its index
 *
 * TLBs may know it until the guest flushes.
 */
void page_unlink(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	struct mmu_page *child = spte_child(sp->spt[i]);

	WRITE_ONCE(sp->spt[i], 0);
	__clear_bit(i, sp->present);
	rmap_remove(&child->parents, &sp->spt[i]);
	vm->mmu.owed = true;
	/* large pages, which the guest may flush with one INVLPG where a TLB has 512 entries */
	vm->mmu.stale_large |= child->role.direct || child->role.level > 1;
	if (!child->parents && !list_empty(&child->open))
		table_orphaned(vm, child);
}

static void drop_entries(struct vm *vm, struct mmu_page *sp)
{
	unsigned int i;

	for_each_set_bit(i, sp->present, PT_ENTRIES) {
		if (sp->role.level == 1)
			leaf_drop(vm, sp, i);
		else
			page_unlink(vm, sp, i);
	}
}

/**
 * page_zap() - take a shadow page out of everything
 * @vm: the VM, mmu_lock held
 * @sp: the page, not zapped yet
 *
 * All its sptes are 0 from here on, but the processor may still walk it: the
 * memory is freed after the next flush, and if it is somebody's root, when he
 * has taken another one.
 */
void page_zap(struct vm *vm, struct mmu_page *sp)
{
	struct vm_mmu *m = &vm->mmu;

	trace_kvmfs_zap(sp->gfn, sp->role.level);
	drop_entries(vm, sp);
	cut_off(vm, sp);
	hlist_del(&sp->hash);
	if (!sp->role.direct)
		table_unshadow(vm, sp);
	sp->zapped = true;
	m->owed = true;
	m->n_pages--;
	m->stat.shadow_pages = m->n_pages;
	m->stat.shadow_zapped++;
	if (sp->roots) {
		list_del_init(&sp->link);
		vm_request_all(vm, REQ_MMU_RELOAD);
		return;
	}
	list_move(&sp->link, &m->dead);
	if (++m->n_dead > MAX_DEAD)
		mmu_flush(vm);
}

/**
 * page_zap_gfn() - a frame is no page table any more
 * @vm: the VM, mmu_lock held
 * @gfn: the frame, not an alias
 *
 * Return: true if it was.
 */
bool page_zap_gfn(struct vm *vm, u64 gfn)
{
	struct mmu_page *sp, *tmp;
	bool was = false;

	for_each_shadow(&vm->mmu, gfn, sp, tmp) {
		page_zap(vm, sp);
		was = true;
	}
	return was;
}

/**
 * page_zap_all() - forget the whole shadow
 * @vm: the VM, mmu_lock held
 */
void page_zap_all(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;

	while (!list_empty(&m->pages))
		page_zap(vm, list_first_entry(&m->pages, struct mmu_page, link));
}

/**
 * page_zap_holes() - where there was no memory there will be some
 * @vm: the VM, mmu_lock held
 *
 * A root that the guest has in a hole has a shadow page without a table to look at.
 */
void page_zap_holes(struct vm *vm)
{
	struct mmu_page *sp, *tmp;

	list_for_each_entry_safe(sp, tmp, &vm->mmu.pages, link)
		if (!sp->role.direct && !sp->table)
			page_zap(vm, sp);
}

/**
 * page_put_root() - a vCPU has another root now
 * @vm: the VM, mmu_lock held
 * @sp: its old root
 */
void page_put_root(struct vm *vm, struct mmu_page *sp)
{
	if (!--sp->roots && sp->zapped) {
		vm->mmu.owed = true;
		list_add(&sp->link, &vm->mmu.dead);
		vm->mmu.n_dead++;
	}
}

/**
 * page_free_dead() - free what was zapped
 * @vm: the VM, mmu_lock held; all TLBs are, or will be before entry, flushed
 */
void page_free_dead(struct vm *vm)
{
	struct mmu_page *sp, *tmp;

	list_for_each_entry_safe(sp, tmp, &vm->mmu.dead, link)
		page_release(sp);
	INIT_LIST_HEAD(&vm->mmu.dead);
	vm->mmu.n_dead = 0;
}

/**
 * page_used() - whether the processor went through a page since the last time
 * @sp: the page
 *
 * It sets A in the sptes that lead there.
 * Return: true if so.
 */
bool page_used(struct mmu_page *sp)
{
	struct rmap_iter it;
	bool used = false;
	u64 *sptep;

	for (sptep = rmap_first(sp->parents, &it); sptep; sptep = rmap_next(&it))
		if (*sptep & PT_A) {
			clear_bit(5, (unsigned long *)sptep);
			used = true;
		}
	return used;
}

/**
 * page_reclaim() - have fewer shadow pages
 * @vm: the VM, mmu_lock held
 * @n: how many to take away
 *
 * The oldest first, but those used since the last look get another turn.
 */
void page_reclaim(struct vm *vm, unsigned int n)
{
	struct vm_mmu *m = &vm->mmu;
	struct mmu_page *sp;
	unsigned int scan;

	while (n-- && !list_empty(&m->pages)) {
		for (scan = 0; scan < RECLAIM_SCAN; scan++) {
			sp = list_first_entry(&m->pages, struct mmu_page, link);
			if (!sp->roots && !page_used(sp))
				break;
			list_move_tail(&sp->link, &m->pages);
		}
		sp = list_first_entry(&m->pages, struct mmu_page, link);
		if (sp->roots)
			break;
		page_zap(vm, sp);
		m->stat.shadow_recycled++;
	}
	mmu_settle(vm);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving memory back when the host is short of it.
 *
 * A page that we hold a reference for cannot be swapped. So under pressure a
 * clock goes round the guest's pages: one that was used since the hand last came
 * by (accessed flag, or A in one of its sptes) is let off once, all others we
 * forget, and whoever backs them can swap them. If the guest wants one again,
 * that is a fault. Shadow pages are memory as well; cold ones go with them.
 *
 * This shrinker is for the host as a whole; memcg.c has that for a cgroup at its limit.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include "arch/x86/compat.h"
#include "arch/x86/mmu/spte.h"

#define BATCH		64	/* pages dropped for one flush */
#define STEPS		4096	/* frames looked at, there or not, under the lock */

/* all VMs, the next to be asked first */
static LIST_HEAD(vms);
static DEFINE_MUTEX(vms_lock);
static struct shrinker *shrinker;

/* whether the hand passes; what is a table in use stays in any case */
static bool in_use(struct vm *vm, struct gpage *gp, u64 gfn)
{
	bool used = gp->va & (GP_ACCESSED | GP_SHADOWED);

	gp->va &= ~GP_ACCESSED;
	if (vm->mmu.nested)
		used |= nested_accessed(vm, gfn);
	return rmap_clear_accessed(gp) || used;
}

/* moves the hand over up to *@scan frames; mmu_lock is held. Return: pages given up */
static unsigned int turn_clock(struct vm *vm, unsigned long *scan)
{
	struct vm_mmu *m = &vm->mmu;
	struct gpage *cold[BATCH], *gp;
	unsigned int i, n = 0, steps = 0;
	const struct mem_slot *s;
	u64 gfn = m->clock_gfn;

	while (n < BATCH && *scan && steps++ < STEPS) {
		s = mem_next_slot(m, &gfn);
		if (!s) {
			gfn = 0;
			break;
		}
		gp = mem_gpage(m, gfn);
		if (gp == &mem_absent) {
			gfn = (gfn | (CHUNK_PAGES - 1)) + 1;
			continue;
		}
		if (gp->va) {
			(*scan)--;
			if (!in_use(vm, gp, gfn)) {
				mem_drop(vm, gp, gfn);
				cold[n++] = gp;
			}
		}
		gfn++;
	}
	m->clock_gfn = gfn;
	/* also for those that no spte maps: a TLB may */
	if (n)
		mmu_settle(vm);
	for (i = 0; i < n; i++)
		mem_put(vm, cold[i]);
	m->stat.reclaimed += n;
	return n;
}

/**
 * reclaim_vm() - let cold pages of a VM go
 * @vm: the VM, which does not go away meanwhile
 * @scan: how many pages to look at
 *
 * Context: may sleep; without mmu_lock.
 * Return: pages let go.
 */
unsigned long reclaim_vm(struct vm *vm, unsigned long scan)
{
	unsigned long freed = 0, left = scan;
	bool wrapped = false;

	while (left) {
		mmu_lock(vm);
		freed += turn_clock(vm, &left);
		if (!vm->mmu.clock_gfn && left) {
			/* once round in vain, and once more at most */
			page_reclaim(vm, vm->mmu.n_pages / 8);
			if (wrapped)
				left = 0;
			wrapped = true;
		}
		mmu_unlock(vm);
		cond_resched();
	}
	return freed;
}

static unsigned long reclaim_count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;
	struct vm *vm;

	if (!mutex_trylock(&vms_lock))
		return 0;
	list_for_each_entry(vm, &vms, mmu.link)
		n += READ_ONCE(vm->mmu.stat.mem_pages);
	mutex_unlock(&vms_lock);
	return n ?: SHRINK_EMPTY;
}

static unsigned long reclaim_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0, todo = sc->nr_to_scan, part;
	struct vm *vm, *first = NULL;

	/* we may be here because one of ours allocates, but never with mmu_lock held */
	if (!mutex_trylock(&vms_lock))
		return SHRINK_STOP;
	while (todo && !list_empty(&vms)) {
		vm = list_first_entry(&vms, struct vm, mmu.link);
		if (vm == first)
			break;
		if (!first)
			first = vm;
		part = min_t(unsigned long, todo, READ_ONCE(vm->mmu.stat.mem_pages));
		freed += reclaim_vm(vm, part);
		todo -= part;
		list_move_tail(&vm->mmu.link, &vms);
	}
	mutex_unlock(&vms_lock);
	return freed;
}

int reclaim_init(void)
{
	shrinker = compat_shrinker_register(reclaim_count, reclaim_scan, "kvmfs");
	return shrinker ? 0 : -ENOMEM;
}

void reclaim_exit(void)
{
	compat_shrinker_unregister(shrinker);
	shrinker = NULL;
}

void reclaim_add(struct vm *vm)
{
	mutex_lock(&vms_lock);
	list_add_tail(&vm->mmu.link, &vms);
	mutex_unlock(&vms_lock);
}

void reclaim_del(struct vm *vm)
{
	mutex_lock(&vms_lock);
	list_del_init(&vm->mmu.link);
	mutex_unlock(&vms_lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving memory back when a cgroup is short of it: reclaim.c for one cgroup.
 *
 * A page that we hold a reference for cannot be swapped, and a cgroup at its limit asks
 * those shrinkers alone that have something of that cgroup's. Ours is known by marks:
 * a VM's mark is a small object charged to whoever touched its memory first, as the pages
 * are. It is on a list of that cgroup's, where the kernel finds it.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include "arch/x86/compat-memcg.h"
#include "arch/x86/mmu/spte.h"

struct memcg_mark {
	struct list_head link;
	struct vm *vm;
};

static struct list_lru marks;
static struct kmem_cache *mark_slab;
static struct shrinker *shrinker;
/* held by the shrinker: no marked VM goes away */
static DEFINE_MUTEX(marks_lock);

static enum lru_status count_mark(struct list_head *item, struct list_lru_one *list,
				 spinlock_t *lock, void *sum)
{
	struct memcg_mark *mark = list_entry(item, struct memcg_mark, link);

	*(unsigned long *)sum += READ_ONCE(mark->vm->mmu.stat.mem_pages);
	return LRU_SKIP;
}

static unsigned long memcg_count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long sum = 0, walk = ULONG_MAX;

	if (!mutex_trylock(&marks_lock))
		return 0;
	list_lru_walk_one(&marks, sc->nid, sc->memcg, count_mark, &sum, &walk);
	mutex_unlock(&marks_lock);
	/* not SHRINK_EMPTY, after which we would be asked only when a mark is added */
	return sum;
}

/* the next one; it goes to the end of the list */
static enum lru_status pick(struct list_head *item, struct list_lru_one *list,
			    spinlock_t *lock, void *vm)
{
	*(struct vm **)vm = list_entry(item, struct memcg_mark, link)->vm;
	return LRU_ROTATE;
}

static unsigned long memcg_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0, walk = 1;
	struct vm *vm = NULL;

	/* we may be here because one of ours allocates, but never with mmu_lock held */
	if (!mutex_trylock(&marks_lock))
		return SHRINK_STOP;
	list_lru_walk_one(&marks, sc->nid, sc->memcg, pick, &vm, &walk);
	if (vm)
		freed = reclaim_vm(vm, sc->nr_to_scan);
	mutex_unlock(&marks_lock);
	return vm ? freed : SHRINK_STOP;
}

/**
 * memcg_mark() - somebody touches a VM's memory for the first time
 * @vm: the VM
 *
 * If there is no memory for it, the next one who touches some tries again.
 * Context: may sleep; without mmu_lock.
 */
void memcg_mark(struct vm *vm)
{
	struct memcg_mark *mark = kmem_cache_alloc_lru(mark_slab, &marks, GFP_KERNEL_ACCOUNT);

	if (!mark)
		return;
	INIT_LIST_HEAD(&mark->link);
	mark->vm = vm;
	if (cmpxchg(&vm->mmu.mark, NULL, mark))
		kmem_cache_free(mark_slab, mark);
	else
		compat_list_lru_add(&marks, &mark->link);
}

/**
 * memcg_unmark() - the VM is going
 * @vm: the VM
 */
void memcg_unmark(struct vm *vm)
{
	struct memcg_mark *mark = vm->mmu.mark;

	if (!mark)
		return;
	mutex_lock(&marks_lock);
	compat_list_lru_del(&marks, &mark->link);
	mutex_unlock(&marks_lock);
	vm->mmu.mark = NULL;
	kmem_cache_free(mark_slab, mark);
}

/**
 * memcg_init() - once, at load
 *
 * Return: 0 or -ENOMEM.
 */
int memcg_init(void)
{
	mark_slab = KMEM_CACHE(memcg_mark, SLAB_ACCOUNT);
	if (!mark_slab)
		return -ENOMEM;
	shrinker = compat_shrinker_memcg(memcg_count, memcg_scan, "kvmfs-memcg", &marks,
					 &marks_lock);
	if (shrinker)
		return 0;
	kmem_cache_destroy(mark_slab);
	return -ENOMEM;
}

/**
 * memcg_exit() - undo memcg_init(); no VM is left
 */
void memcg_exit(void)
{
	compat_shrinker_unregister(shrinker);
	list_lru_destroy(&marks);
	kmem_cache_destroy(mark_slab);
}

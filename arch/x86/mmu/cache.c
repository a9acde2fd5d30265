// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the MMU's own use, allocated before mmu_lock is taken, and the
 * flushing of TLBs, after which some of it can be freed.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "arch/x86/mmu/spte.h"
#include "arch/x86/trace.h"

static struct kmem_cache *page_slab, *digest_slab;

/*
 * What one fault can need: a page for each level below the root (PAE: the four
 * pages of a root), and an rmap array for each of them and for each spte set.
 */
#define NEED_PAGES	4
#define NEED_RMAPS	6

#define DIGEST_SIZE	(PT_ENTRIES * sizeof(u32))

int cache_init(void)
{
	/* objects of the three kinds are zero, or fully written, when handed out */
	page_slab = kmem_cache_create("kvmfs_page", sizeof(struct mmu_page), 0, SLAB_ACCOUNT, NULL);
	digest_slab = kmem_cache_create("kvmfs_digest", DIGEST_SIZE, 0, SLAB_ACCOUNT, NULL);
	rmap_slab = kmem_cache_create("kvmfs_rmap", RMAP_SIZE, 0, SLAB_ACCOUNT, NULL);
	if (page_slab && digest_slab && rmap_slab)
		return 0;
	cache_exit();
	return -ENOMEM;
}

void cache_exit(void)
{
	kmem_cache_destroy(page_slab);
	kmem_cache_destroy(digest_slab);
	kmem_cache_destroy(rmap_slab);
	page_slab = NULL;
	digest_slab = NULL;
	rmap_slab = NULL;
}

static int fill_slab(struct mmu_cache *c, struct kmem_cache *slab, unsigned int want, gfp_t gfp)
{
	while (c->n < want) {
		void *obj = kmem_cache_alloc(slab, GFP_KERNEL_ACCOUNT | gfp);

		if (!obj)
			return -ENOMEM;
		c->obj[c->n++] = obj;
	}
	return 0;
}

static int fill_tables(struct mmu_cache *c, unsigned int want)
{
	while (c->n < want) {
		unsigned long page = __get_free_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		c->obj[c->n++] = (void *)page;
	}
	return 0;
}

/**
 * cache_fill() - have enough for the next fault
 * @v: the vCPU
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cache_fill(struct vcpu *v)
{
	struct vcpu_mmu *mmu = &v->mmu;

	if (fill_slab(&mmu->heads, page_slab, NEED_PAGES + 2, __GFP_ZERO) ||
	    fill_slab(&mmu->digests, digest_slab, NEED_PAGES, 0) ||
	    fill_tables(&mmu->tables, NEED_PAGES + 2) ||
	    fill_slab(&mmu->rmaps, rmap_slab, ARRAY_SIZE(mmu->rmaps.obj), 0))
		return -ENOMEM;
	mmu->low = false;
	return 0;
}

/**
 * cache_fill_tables() - have enough where there are only tables
 * @v: the vCPU
 * @n: how many
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cache_fill_tables(struct vcpu *v, unsigned int n)
{
	int ret = fill_tables(&v->mmu.tables, n);

	v->mmu.low = ret;
	return ret;
}

/* to be called whenever a cache has been used */
void cache_check(struct vcpu_mmu *mmu)
{
	mmu->low = mmu->heads.n < NEED_PAGES || mmu->tables.n < NEED_PAGES ||
		   mmu->digests.n < 1 || mmu->rmaps.n < NEED_RMAPS;
}

static void drain_slab(struct mmu_cache *c, struct kmem_cache *slab)
{
	while (c->n)
		kmem_cache_free(slab, cache_pop(c));
}

/**
 * cache_drain() - give everything back
 * @v: the vCPU
 */
void cache_drain(struct vcpu *v)
{
	struct vcpu_mmu *mmu = &v->mmu;

	drain_slab(&mmu->heads, page_slab);
	drain_slab(&mmu->digests, digest_slab);
	drain_slab(&mmu->rmaps, rmap_slab);
	while (mmu->tables.n)
		free_page((unsigned long)cache_pop(&mmu->tables));
}

/**
 * page_release() - free the memory of a shadow page
 * @sp: nothing refers to it, and no TLB does
 */
void page_release(struct mmu_page *sp)
{
	set_page_private(virt_to_page(sp->spt), 0);
	free_page((unsigned long)sp->spt);
	if (sp->digest)
		kmem_cache_free(digest_slab, sp->digest);
	kmem_cache_free(page_slab, sp);
}

/**
 * mmu_flush() - make all TLBs forget what sptes no longer say
 * @vm: the VM, mmu_lock held
 *
 * A vCPU in the guest is fetched out; all others flush before they enter. With
 * one vCPU, which is not in the guest (mostly since it is the caller), that is a
 * bit to set. After this pages taken away may be freed.
 */
void mmu_flush(struct vm *vm)
{
	struct vcpu *v = READ_ONCE(vm->vcpu[0]);

	trace_kvmfs_flush(vm->n_vcpus);
	vm->mmu.owed = false;
	vm->mmu.debt = false;
	vm->mmu.stale_large = false;
	if (likely(vm->n_vcpus == 1 && v)) {
		set_bit(REQ_TLB_FLUSH, &v->requests);
		/* pairs with the run loop, which sets in_guest, then looks at requests */
		smp_mb__after_atomic();
		if (READ_ONCE(v->in_guest))
			vm_request_all(vm, REQ_TLB_FLUSH);
	} else if (vm->n_vcpus) {
		vm->mmu.stat.remote_flushes++;
		vm_request_all(vm, REQ_TLB_FLUSH);
	}
	page_free_dead(vm);
	if (vm->mmu.nested)
		nested_free_dead(&vm->mmu);
}

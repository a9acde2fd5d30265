// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MMU's share in the life of the module, a VM and a vCPU.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "arch/x86/mmu/spte.h"

#define PAGE_HASH_BITS	10

/**
 * mmu_module_init() - what all VMs share
 *
 * Return: 0 or -ENOMEM.
 */
int mmu_module_init(void)
{
	int ret = cache_init();

	if (ret)
		return ret;
	ret = reclaim_init();
	if (ret)
		goto err_cache;
	ret = memcg_init();
	if (ret)
		goto err_reclaim;
	return 0;
err_reclaim:
	reclaim_exit();
err_cache:
	cache_exit();
	return ret;
}

/**
 * mmu_module_exit() - undo mmu_module_init(); no VM is left
 */
void mmu_module_exit(void)
{
	memcg_exit();
	reclaim_exit();
	cache_exit();
}

/**
 * mmu_vm_init() - a VM without shadow pages
 * @vm: the VM, after guest_mem_init()
 *
 * Return: 0 or -ENOMEM.
 */
int mmu_vm_init(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;

	INIT_LIST_HEAD(&m->pages);
	INIT_LIST_HEAD(&m->open);
	INIT_LIST_HEAD(&m->dead);
	m->news = 1;
	m->hash_bits = PAGE_HASH_BITS;
	m->hash = kcalloc(1 << PAGE_HASH_BITS, sizeof(*m->hash), GFP_KERNEL_ACCOUNT);
	if (!m->hash)
		return -ENOMEM;
	if (m->nested && nested_init(m)) {
		kfree(m->hash);
		return -ENOMEM;
	}
	reclaim_add(vm);
	return 0;
}

/**
 * mmu_vm_destroy() - take all shadow pages down
 * @vm: the VM, whose vCPUs are gone
 */
void mmu_vm_destroy(struct vm *vm)
{
	memcg_unmark(vm);
	reclaim_del(vm);
	mmu_forget(vm);
	mmu_lock(vm);
	page_zap_all(vm);
	if (vm->mmu.nested)
		nested_exit(vm);
	/* nobody is left who could have a TLB */
	vm->mmu.owed = false;
	vm->mmu.debt = false;
	page_free_dead(vm);
	mmu_unlock(vm);
	kfree(vm->mmu.hash);
	vm->mmu.hash = NULL;
}

/**
 * mmu_vcpu_init() - a vCPU without a root, paging off
 * @v: the vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int mmu_vcpu_init(struct vcpu *v)
{
	v->mmu.root_hpa = INVALID_ROOT;
	v->mmu.low = true;
	if (v->nested)
		v->mmu.root_hpa = __pa(v->vm->mmu.nested_root);
	walk_setup(v);
	/* CR3 has 32 bits outside long mode */
	v->mmu.pae_table = (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT | GFP_DMA32 | __GFP_ZERO);
	return v->mmu.pae_table ? 0 : -ENOMEM;
}

/**
 * mmu_vcpu_destroy() - undo mmu_vcpu_init(), also if it failed or never ran
 * @v: the vCPU, which will not run again
 */
void mmu_vcpu_destroy(struct vcpu *v)
{
	unsigned int i;

	mmu_lock(v->vm);
	for (i = 0; i < ARRAY_SIZE(v->mmu.root); i++)
		if (v->mmu.root[i])
			page_put_root(v->vm, v->mmu.root[i]);
	mmu_unlock(v->vm);
	cache_drain(v);
	free_page((unsigned long)v->mmu.pae_table);
	v->mmu.pae_table = NULL;
}

/**
 * mmu_forget() - begin with an empty shadow
 * @vm: the VM
 *
 * Context: vCPUs may run, and make new ones. May sleep.
 */
void mmu_forget(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;
	unsigned int n;

	mmu_lock(vm);
	for (n = m->n_pages; n && !list_empty(&m->pages); n--) {
		page_zap(vm, list_first_entry(&m->pages, struct mmu_page, link));
		if (!need_resched() && !spin_needbreak(&m->lock))
			continue;
		mmu_unlock(vm);
		cond_resched();
		mmu_lock(vm);
	}
	mmu_settle(vm);
	mmu_unlock(vm);
}

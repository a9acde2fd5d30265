// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory as a map: what is where, how the map changes, and which bytes of
 * the backing store a change sets free. Region bytes are kept at the offset that
 * is their guest physical address; an alias shows those of its target.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "fs/contents.h"

/* whether the region at @gpa, which is no alias, is some process's memory */
static bool is_lent(struct kvmfs_vm *vm, u64 gpa)
{
	const struct mem_region *r;

	for (r = vm->map; r < vm->map + vm->n_map; r++)
		if (r->type != MEM_ALIAS && gpa >= r->gpa && gpa - r->gpa < r->size)
			return r->lent;
	return false;
}

/**
 * kvmfs_mem_find() - what is at a guest physical address
 * @vm: the VM; @vm->map_sem is held
 * @gpa: below VM_MAX_GPA
 * @p: out
 */
void kvmfs_mem_find(struct kvmfs_vm *vm, u64 gpa, struct mem_piece *p)
{
	const struct mem_region *r;

	*p = (struct mem_piece){ .len = VM_MAX_GPA - gpa, .hole = true };
	for (r = vm->map; r < vm->map + vm->n_map; r++) {
		if (gpa >= r->gpa + r->size)
			continue;
		if (gpa < r->gpa) {
			p->len = r->gpa - gpa;
			return;
		}
		p->hole = false;
		p->alias = r->type == MEM_ALIAS;
		p->len = r->gpa + r->size - gpa;
		p->back = p->alias ? r->target + (gpa - r->gpa) : gpa;
		p->lent = is_lent(vm, p->back);
		return;
	}
}

/**
 * kvmfs_mem_end() - the end of the highest region, which is the size of ``mem``
 * @vm: the VM
 *
 * Return: bytes.
 */
u64 kvmfs_mem_end(struct kvmfs_vm *vm)
{
	u64 end = 0;

	down_read(&vm->map_sem);
	if (vm->n_map)
		end = vm->map[vm->n_map - 1].gpa + vm->map[vm->n_map - 1].size;
	up_read(&vm->map_sem);
	return end;
}

u64 mem_size(struct kvmfs_cpu *c)
{
	return kvmfs_mem_end(c->vm);
}

/**
 * kvmfs_claim_all() - keep all vCPUs of a VM from running
 * @vm: the VM; @vm->lock is held till kvmfs_release_all()
 *
 * Return: 0, or -EBUSY if one runs.
 */
int kvmfs_claim_all(struct kvmfs_vm *vm)
{
	unsigned int i;
	int ret;

	for (i = 0; i < VM_MAX_VCPUS; i++) {
		ret = vm->cpus[i] ? vcpu_claim(vm->cpus[i]->vcpu) : 0;
		if (ret)
			goto undo;
	}
	return 0;
undo:
	while (i--)
		if (vm->cpus[i])
			vcpu_release(vm->cpus[i]->vcpu);
	return ret;
}

/**
 * kvmfs_release_all() - undo kvmfs_claim_all()
 * @vm: the VM
 */
void kvmfs_release_all(struct kvmfs_vm *vm)
{
	unsigned int i;

	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->cpus[i])
			vcpu_release(vm->cpus[i]->vcpu);
}

/* whether the bytes of a region are in the store */
static bool is_stored(const struct mem_region *r)
{
	return r->type != MEM_ALIAS && !r->lent;
}

static u64 bytes_of(const struct mem_region *map, unsigned int n)
{
	u64 bytes = 0;

	while (n--)
		if (is_stored(&map[n]))
			bytes += map[n].size;
	return bytes;
}

static void discard(struct kvmfs_vm *vm, u64 start, u64 end)
{
	if (start >= end)
		return;
	vm_invalidate_begin(vm->core, start, end);
	kvmfs_mem_discard(vm, start, end);
	vm_invalidate_end(vm->core, start, end);
}

/* frees what was in the region @old and is in no region of @map any more */
static void discard_rest(struct kvmfs_vm *vm, const struct mem_region *old,
			 const struct mem_region *map, unsigned int n)
{
	u64 pos = old->gpa, end = old->gpa + old->size;
	unsigned int i;

	for (i = 0; i < n && map[i].gpa < end; i++) {
		if (!is_stored(&map[i]) || map[i].gpa + map[i].size <= pos)
			continue;
		discard(vm, pos, map[i].gpa);
		pos = map[i].gpa + map[i].size;
	}
	discard(vm, pos, end);
}

/**
 * kvmfs_free_map() - a map that nobody uses any more
 * @map: kmalloc()ed, or NULL
 * @n: regions in @map
 *
 * What processes lent to it, and to no other map, they have back.
 */
void kvmfs_free_map(struct mem_region *map, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (map[i].lent)
			kvmfs_lent_put(map[i].lent);
	kfree(map);
}

/* no vCPU runs */
static int replace_map(struct kvmfs_vm *vm, struct mem_region *map, unsigned int n)
{
	struct mem_region *old = vm->map;
	unsigned int n_old = vm->n_map, i;
	u64 had = bytes_of(old, n_old), has = bytes_of(map, n);
	int ret;

	/* not less before it is less: somebody else would have it if this fails */
	ret = kvmfs_mem_reserve(vm, max(had, has));
	if (ret)
		return ret;
	down_write(&vm->map_sem);
	ret = vm_set_map(vm->core, map, n);
	if (ret) {
		up_write(&vm->map_sem);
		kvmfs_mem_reserve(vm, had);
		return ret;
	}
	vm->map = map;
	vm->n_map = n;
	vm->grown = false;
	for (i = 0; i < n_old; i++)
		if (is_stored(&old[i]))
			discard_rest(vm, &old[i], map, n);
	up_write(&vm->map_sem);
	kvmfs_mem_reserve(vm, has);
	kvmfs_free_map(old, n_old);
	return 0;
}

/**
 * kvmfs_mem_set_map() - give a VM another memory map
 * @vm: the VM; @vm->lock is held
 * @map: kmalloc()ed, in order, checked; belongs to @vm if this succeeds
 * @n: regions in @map
 *
 * What stays in a region keeps its contents.
 * Return: 0, -EBUSY if a vCPU runs, -ENOSPC beyond the mount's max_mem.
 */
int kvmfs_mem_set_map(struct kvmfs_vm *vm, struct mem_region *map, unsigned int n)
{
	int ret = kvmfs_claim_all(vm);

	if (ret)
		return ret;
	ret = replace_map(vm, map, n);
	kvmfs_release_all(vm);
	return ret;
}

/* the map becomes ``ram 0 size``; @vm->lock is held */
static int set_ram(struct kvmfs_vm *vm, u64 size)
{
	struct mem_region *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!map)
		return -ENOMEM;
	*map = (struct mem_region){ .size = size, .type = MEM_RAM };
	ret = kvmfs_mem_set_map(vm, map, size ? 1 : 0);
	if (ret)
		kfree(map);
	return ret;
}

/**
 * kvmfs_mem_resize() - what ``truncate -s SIZE mem`` does
 * @vm: the VM
 * @size: the map becomes ``ram 0 SIZE``, and empty for 0
 *
 * A size that it has already changes nothing, so that a tool which sets the
 * size of the copy it made leaves the regions alone.
 * Return: 0 or -errno.
 */
int kvmfs_mem_resize(struct kvmfs_vm *vm, u64 size)
{
	int ret = 0;

	if (size > VM_MAX_GPA)
		return -EFBIG;
	if (size & ~PAGE_MASK) {
		vm_error(vm->core, "mem: 0x%llx is not a multiple of the page size", size);
		kvmfs_status_changed(vm);
		return -EINVAL;
	}
	mutex_lock(&vm->lock);
	if (kvmfs_mem_end(vm) != size)
		ret = set_ram(vm, size);
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * kvmfs_mem_grow() - somebody writes to ``mem`` beyond its end
 * @vm: the VM
 * @end: where the bytes end
 *
 * As long as a VM was given no memory map, ``mem`` grows like any file, so that a
 * copied directory can be copied back with ``mem`` before ``memmap``.
 * Return: 0, or -ENXIO if there is a map.
 */
int kvmfs_mem_grow(struct kvmfs_vm *vm, u64 end)
{
	int ret = -ENXIO;

	if (end > VM_MAX_GPA)
		return -ENXIO;
	mutex_lock(&vm->lock);
	if ((!vm->n_map || vm->grown) && end > kvmfs_mem_end(vm)) {
		ret = set_ram(vm, round_up(end, PAGE_SIZE));
		vm->grown |= !ret;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages were written: for whoever copies a guest's memory while it runs.
 *
 * While it is wanted, each slot has a bitmap, and a page whose bit is not set is
 * GP_CLEAN as long as we know it: no spte may let the guest write it. So its first
 * write is a fault, or comes from us; both end in dirty_mark(). Reading the bitmap
 * clears it, makes the pages clean and takes the right to write them away again.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "arch/x86/mmu/spte.h"

/**
 * dirty_mark() - a clean page is about to be written, or was
 * @m: the VM's, locked
 * @gfn: its frame, or an alias of it
 * @gp: its gpage
 */
void dirty_mark(struct vm_mmu *m, u64 gfn, struct gpage *gp)
{
	gp->va &= ~GP_CLEAN;
	mem_gpage(m, gfn);	/* for m->hot, the slot where it really is */
	gfn = mem_target(m, gfn);
	if (m->hot->dirty)
		__set_bit(gfn - m->hot->gfn, m->hot->dirty);
}

/**
 * dirty_new_page() - a page is entered: must its first write be noted?
 * @s: its slot; mmu_lock is held
 * @gfn: its frame
 *
 * Return: GP_CLEAN or 0.
 */
unsigned long dirty_new_page(const struct mem_slot *s, u64 gfn)
{
	return s->dirty && s->type != MEM_ROM && !test_bit(gfn - s->gfn, s->dirty) ? GP_CLEAN : 0;
}

static unsigned long *new_bitmap(const struct mem_slot *s)
{
	return kvcalloc(BITS_TO_LONGS(s->n), sizeof(long), GFP_KERNEL_ACCOUNT);
}

/**
 * dirty_add_slots() - bitmaps for a new memory map
 * @vm: the VM, vm->lock held
 * @slots: its slots to be
 * @n: how many
 *
 * Nobody knows what was in there before, so all pages count as written; slots that
 * stay get their old bitmap.
 * Return: 0 or -ENOMEM.
 */
int dirty_add_slots(struct vm *vm, struct mem_slot *slots, unsigned int n)
{
	struct mem_slot *s;

	if (!vm->mmu.dirty_users)
		return 0;
	for (s = slots; s < slots + n; s++) {
		if (s->type == MEM_ALIAS)
			continue;
		s->dirty = new_bitmap(s);
		if (!s->dirty)
			return -ENOMEM;
		bitmap_set(s->dirty, 0, s->n);
	}
	return 0;
}

static void drop_bitmaps(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;
	unsigned long *bits;
	unsigned int i;

	for (i = 0; i < m->n_slots; i++) {
		mmu_lock(vm);
		bits = m->slots[i].dirty;
		m->slots[i].dirty = NULL;
		mmu_unlock(vm);
		kvfree(bits);
	}
}

static int add_bitmaps(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;
	unsigned long *bits;
	unsigned int i;

	for (i = 0; i < m->n_slots; i++) {
		if (m->slots[i].type == MEM_ALIAS)
			continue;
		bits = new_bitmap(&m->slots[i]);
		if (!bits) {
			drop_bitmaps(vm);
			return -ENOMEM;
		}
		mmu_lock(vm);
		m->slots[i].dirty = bits;
		mmu_unlock(vm);
	}
	return 0;
}

/* from now on the first write will be noticed; a flush is due; mmu_lock is held */
static void make_clean(struct vm *vm, u64 gfn, struct gpage *gp)
{
	if (!gp->va || (gp->va & GP_ROM))
		return;
	gp->va |= GP_CLEAN;
	if (vm->mmu.nested)
		nested_zap(vm, gfn);
	else
		rmap_write_protect(vm, gp);
}

/* those in one chunk that were not written since their bitmap is there */
static void clean_range(struct vm *vm, u64 gfn, u64 end)
{
	struct vm_mmu *m = &vm->mmu;
	struct gpage *gp;

	for (; gfn < end; gfn++) {
		gp = mem_gpage(m, gfn);
		if (m->hot->dirty && !test_bit(gfn - m->hot->gfn, m->hot->dirty))
			make_clean(vm, gfn, gp);
	}
	mmu_settle(vm);
}

/**
 * vm_dirty_start() - begin to note which pages are written
 * @vm: the VM
 *
 * Calls nest. The first one begins with no page written.
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int vm_dirty_start(struct vm *vm)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (!vm->mmu.dirty_users)
		ret = add_bitmaps(vm);
	if (!ret && !vm->mmu.dirty_users++)
		mem_for_chunks(vm, 0, VM_MAX_GPA, clean_range);
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * vm_dirty_stop() - undo vm_dirty_start()
 * @vm: the VM
 *
 * Pages stay clean until their next write, which finds that nobody asks.
 */
void vm_dirty_stop(struct vm *vm)
{
	mutex_lock(&vm->lock);
	if (!--vm->mmu.dirty_users)
		drop_bitmaps(vm);
	mutex_unlock(&vm->lock);
}

/* frames [gfn, end) of slot @s, into @buf, whose first bit is frame @first */
static void read_slot(struct vm *vm, struct mem_slot *s, u64 gfn, u64 end, u8 *buf, u64 first)
{
	unsigned long i = gfn - s->gfn;
	u64 bit;

	for_each_set_bit_from(i, s->dirty, end - s->gfn) {
		bit = s->gfn + i - first;
		buf[bit / 8] |= 1u << bit % 8;
		__clear_bit(i, s->dirty);
		make_clean(vm, s->gfn + i, mem_gpage(&vm->mmu, s->gfn + i));
	}
	mmu_settle(vm);
}

/**
 * vm_dirty_read() - which pages were written since they were asked for last
 * @vm: the VM, after vm_dirty_start()
 * @gfn: the first frame
 * @buf: out: a bit for each, the first one in bit 0 of the first byte
 * @n: bytes of @buf
 *
 * Frames of holes and aliases count as never written; what is written through an
 * alias is written where it really is.
 * Context: may sleep.
 */
void vm_dirty_read(struct vm *vm, u64 gfn, u8 *buf, size_t n)
{
	struct vm_mmu *m = &vm->mmu;
	u64 end = gfn + 8 * n, from, to, next;
	unsigned int i;

	memset(buf, 0, n);
	mutex_lock(&vm->lock);
	for (i = 0; i < m->n_slots; i++) {
		struct mem_slot *s = &m->slots[i];

		to = min(end, s->gfn + s->n);
		for (from = max(gfn, s->gfn); s->dirty && from < to; from = next) {
			next = min(to, (from | (CHUNK_PAGES - 1)) + 1);
			mmu_lock(vm);
			read_slot(vm, s, from, next, buf, gfn);
			mmu_unlock(vm);
			cond_resched();
		}
	}
	mutex_unlock(&vm->lock);
}

/**
 * dirty_range() - host software wrote guest memory behind our back
 * @vm: the VM
 * @start: first byte written
 * @end: first that was not
 */
void dirty_range(struct vm *vm, u64 start, u64 end)
{
	struct vm_mmu *m = &vm->mmu;
	u64 gfn = start >> PAGE_SHIFT, last = (end + PAGE_SIZE - 1) >> PAGE_SHIFT, from, to;
	unsigned int i;

	mmu_lock(vm);
	for (i = 0; i < m->n_slots; i++) {
		struct mem_slot *s = &m->slots[i];

		from = max(gfn, s->gfn);
		to = min(last, s->gfn + s->n);
		if (s->dirty && from < to)
			bitmap_set(s->dirty, from - s->gfn, to - from);
	}
	mmu_unlock(vm);
}

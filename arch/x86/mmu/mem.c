// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: getting pages from the backing, giving them up again, and
 * reading and writing them.
 *
 * We hold one reference for each page that we know, and remember its address. Lent pages
 * are known without: they are there until vm_invalidate_begin() says that they go.
 * Looking up a page may sleep, so it is done without mmu_lock, and a page that
 * was found is entered only if meanwhile nobody invalidated anything (vm_mmu.seq).
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "arch/x86/mmu/spte.h"

/* takes over the caller's reference */
static void set_page_of(struct vm_mmu *m, u64 gfn, struct gpage *gp, struct page *page)
{
	gp->va = (unsigned long)page_address(page) | GP_ACCESSED;
	if (m->hot->type == MEM_ROM)
		gp->va |= GP_ROM;
	if (m->hot->lent)
		gp->va |= GP_LENT;
	gp->va |= dirty_new_page(m->hot, gfn);
	m->stat.mem_pages++;
}

/*
 * The backing gave one page of a large folio: the others that belong into this
 * chunk come with it, so that one entry can map them all.
 */
static void insert_folio(struct vm_mmu *m, u64 gfn, struct page *page)
{
	const struct mem_slot *s = m->hot;
	struct folio *folio = page_folio(page);
	u64 in_folio = folio_page_idx(folio, page), first, end, i;
	struct gpage *gp;

	first = max(gfn & ~(u64)(CHUNK_PAGES - 1), s->gfn);
	first = max(first, gfn - min(gfn, in_folio));
	end = min((gfn | (CHUNK_PAGES - 1)) + 1, s->gfn + s->n);
	end = min(end, gfn - in_folio + folio_nr_pages(folio));
	for (i = first; i < end; i++) {
		gp = mem_gpage(m, i);
		if (gp->va)
			continue;
		get_page(page + (long)(i - gfn));
		set_page_of(m, i, gp, page + (long)(i - gfn));
	}
}

/* mmu_lock is held, and @seq is current: the slots are those that @seq saw */
static void insert_page(struct vm *vm, u64 gfn, struct page **page, struct gpage **chunk)
{
	struct vm_mmu *m = &vm->mmu;
	struct gpage *gp = mem_gpage(m, gfn);
	struct mem_slot *s = m->hot;

	if (gp == &mem_hole)
		return;
	if (gp == &mem_absent) {
		if (!*chunk)
			return;
		gfn = mem_target(m, gfn);
		s->chunks[(gfn >> CHUNK_SHIFT) - s->first] = *chunk;
		*chunk = NULL;
		gp = mem_gpage(m, gfn);
	}
	if (gp->va)
		return;
	set_page_of(m, mem_target(m, gfn), gp, *page);
	if (m->nested && m->backing.linear && !s->lent)
		insert_folio(m, gfn, *page);
	/* what is lent stays where it is, and movable: the notifier comes before it goes */
	if (!s->lent)
		*page = NULL;
}

/**
 * mem_fetch() - get the page of a frame from the backing
 * @vm: the VM
 * @gfn: any
 *
 * Context: may sleep; without mmu_lock.
 * Return: 0: look again (the page is there, was there already, or has been taken
 * away again meanwhile); or the backing's errno.
 */
int mem_fetch(struct vm *vm, u64 gfn)
{
	struct vm_mmu *m = &vm->mmu;
	struct gpage *gp, *chunk = NULL;
	struct page *page;
	unsigned long seq;
	void *lent;

	if (unlikely(!READ_ONCE(m->mark)))
		memcg_mark(vm);
	wait_event(m->wait, !READ_ONCE(m->invalidating));
	mmu_lock(vm);
	seq = m->seq;
	gp = mem_gpage(m, gfn);
	gfn = mem_target(m, gfn);
	lent = m->hot->lent;
	mmu_unlock(vm);
	if (gp == &mem_hole)
		return 0;
	if (gp == &mem_absent) {
		chunk = kvcalloc(CHUNK_PAGES, sizeof(*chunk), GFP_KERNEL_ACCOUNT);
		if (!chunk)
			return -ENOMEM;
	}
	page = m->backing.get_page(m->backing.priv, lent, gfn);
	if (IS_ERR(page)) {
		kvfree(chunk);
		return PTR_ERR(page);
	}
	mmu_lock(vm);
	if (seq == m->seq && !m->invalidating)
		insert_page(vm, gfn, &page, &chunk);
	mmu_unlock(vm);
	if (page)
		put_page(page);
	kvfree(chunk);
	return 0;
}

/**
 * mem_drop() - nothing uses this page any more, from the next flush on
 * @vm: the VM, mmu_lock held
 * @gp: its gpage, with a page
 * @gfn: its frame
 *
 * To be followed by mmu_settle(), then mem_put().
 * Return: true if something was zapped.
 */
bool mem_drop(struct vm *vm, struct gpage *gp, u64 gfn)
{
	bool zapped = false;

	if (gp->va & GP_SHADOWED)
		zapped |= page_zap_gfn(vm, gfn);
	if (gp->rmap)
		zapped |= rmap_zap(vm, gp);
	if (vm->mmu.nested)
		zapped |= nested_zap(vm, gfn);
	return zapped;
}

/**
 * mem_put() - let a page go
 * @vm: the VM; mmu_lock is held, or nobody else can reach @gp
 * @gp: its gpage, with a page that no spte and no TLB knows
 */
void mem_put(struct vm *vm, struct gpage *gp)
{
	struct page *page = virt_to_page(gpage_va(gp));

	bool lent = gp->va & GP_LENT;

	/* what is lent got dirty when get_page() got it */
	if ((gp->va & GP_WRITTEN) && !lent)
		set_page_dirty(page);
	gp->va = 0;
	vm->mmu.stat.mem_pages--;
	if (!lent)
		put_page(page);
}

/* the part of one chunk that lies in [gfn, end); mmu_lock is held */
static void drop_range(struct vm *vm, u64 gfn, u64 end)
{
	struct vm_mmu *m = &vm->mmu;
	struct gpage *gp;
	u64 i;

	for (i = gfn; i < end; i++) {
		gp = mem_gpage(m, i);
		if (gp->va)
			mem_drop(vm, gp, i);
	}
	mmu_settle(vm);
	page_free_dead(vm);
	for (i = gfn; i < end; i++) {
		gp = mem_gpage(m, i);
		if (gp->va)
			mem_put(vm, gp);
	}
}

/**
 * mem_for_chunks() - do something with all pages of a range that may be at hand
 * @vm: the VM
 * @start: first byte
 * @end: end of the range
 * @fn: called for parts of it that lie in one chunk that exists, with mmu_lock
 */
void mem_for_chunks(struct vm *vm, u64 start, u64 end,
		    void (*fn)(struct vm *vm, u64 gfn, u64 end))
{
	struct vm_mmu *m = &vm->mmu;
	u64 gfn = start >> PAGE_SHIFT, last, next;
	const struct mem_slot *s;

	last = min_t(u64, end, VM_MAX_GPA);
	last = (last + PAGE_SIZE - 1) >> PAGE_SHIFT;
	mmu_lock(vm);
	for (s = mem_next_slot(m, &gfn); s && gfn < last; gfn = next) {
		bool others = need_resched() || spin_needbreak(&m->lock);

		next = min3(last, s->gfn + s->n, (gfn | (CHUNK_PAGES - 1)) + 1);
		if (mem_gpage(m, gfn) != &mem_absent)
			fn(vm, gfn, next);
		if (others) {
			mmu_unlock(vm);
			cond_resched();
			mmu_lock(vm);
		}
		/* the map may be another one then, with slots at other places */
		if (others || next == s->gfn + s->n)
			s = mem_next_slot(m, &next);
	}
	mmu_unlock(vm);
}

/**
 * vm_invalidate_begin() - the backing is about to lose pages
 * @vm: the VM
 * @start: first byte that goes
 * @end: first that stays
 *
 * On return nothing of ours and no TLB refers to a page in the range, and none
 * will until vm_invalidate_end(). Overlapping pairs are fine.
 *
 * Context: may sleep, but neither waits for anybody nor allocates. Whoever waits for
 * a page waits for vm_invalidate_end(), so between the two nothing may wait for a
 * running vCPU.
 */
void vm_invalidate_begin(struct vm *vm, u64 start, u64 end)
{
	mmu_lock(vm);
	vm->mmu.invalidating++;
	vm->mmu.seq++;
	mmu_unlock(vm);
	mem_for_chunks(vm, start, end, drop_range);
}

/**
 * vm_invalidate_end() - the backing is what it will be
 * @vm: the VM
 * @start: as given to vm_invalidate_begin()
 * @end: likewise
 */
void vm_invalidate_end(struct vm *vm, u64 start, u64 end)
{
	bool last;

	mmu_lock(vm);
	vm->mmu.seq++;
	last = !--vm->mmu.invalidating;
	mmu_unlock(vm);
	if (last)
		wake_up_all(&vm->mmu.wait);
}

static void unshadow_range(struct vm *vm, u64 gfn, u64 end)
{
	for (; gfn < end; gfn++)
		if (mem_gpage(&vm->mmu, gfn)->va & GP_SHADOWED)
			page_zap_gfn(vm, gfn);
	mmu_settle(vm);
	page_free_dead(vm);
}

/**
 * vm_memory_written() - host software wrote guest memory behind our back
 * @vm: the VM
 * @start: first byte written
 * @end: first that was not
 *
 * Forgets the shadows of page tables in the range, and notes that it was written.
 * Context: may sleep.
 */
void vm_memory_written(struct vm *vm, u64 start, u64 end)
{
	if (READ_ONCE(vm->mmu.dirty_users))
		dirty_range(vm, start, end);
	if (READ_ONCE(vm->mmu.n_pages))
		mem_for_chunks(vm, start, end, unshadow_range);
}

/* --- reading and writing ---------------------------------------------------- */

/* aligned words are stored at once: another CPU must not see half of a gpte */
static void copy_in(void *dst, const void *src, unsigned int n)
{
	if (n == 4 && !((unsigned long)dst & 3))
		WRITE_ONCE(*(u32 *)dst, *(const u32 *)src);
	else if (n == 8 && !((unsigned long)dst & 7))
		WRITE_ONCE(*(u64 *)dst, *(const u64 *)src);
	else if (n == 2 && !((unsigned long)dst & 1))
		WRITE_ONCE(*(u16 *)dst, *(const u16 *)src);
	else if (n == 1)
		WRITE_ONCE(*(u8 *)dst, *(const u8 *)src);
	else
		memcpy(dst, src, n);
}

/*
 * The gpage of @gfn, with its page. mmu_lock is held, but may have been given up
 * meanwhile. Return: 0; -ENXIO for holes and, if @write, rom; or the backing's errno.
 */
static int find_page(struct vm *vm, u64 gfn, bool write, struct gpage **gpp)
{
	struct gpage *gp;
	int ret;

	for (;;) {
		gp = mem_gpage(&vm->mmu, gfn);
		if (likely(gp->va))
			break;
		if (gp == &mem_hole)
			return -ENXIO;
		mmu_unlock(vm);
		ret = mem_fetch(vm, gfn);
		mmu_lock(vm);
		if (ret)
			return ret;
	}
	*gpp = gp;
	return write && (gp->va & GP_ROM) ? -ENXIO : 0;
}

/* an access that crosses pages does nothing if any of them is missing */
static int check_range(struct vm *vm, u64 gpa, unsigned int n, bool write)
{
	u64 gfn = gpa >> PAGE_SHIFT, last = (gpa + n - 1) >> PAGE_SHIFT;
	struct gpage *gp;
	int ret = 0;

	mmu_lock(vm);
	for (; gfn <= last && !ret; gfn++)
		ret = find_page(vm, gfn, write, &gp);
	mmu_unlock(vm);
	return ret;
}

static int read_page(struct vm *vm, u64 gpa, void *buf, unsigned int n)
{
	struct gpage *gp;
	int ret;

	mmu_lock(vm);
	ret = find_page(vm, gpa >> PAGE_SHIFT, false, &gp);
	if (likely(!ret))
		memcpy(buf, gpage_va(gp) + offset_in_page(gpa), n);
	mmu_unlock(vm);
	return ret;
}

/* what a store to @gp means for the rest of us; mmu_lock is held */
static void wrote(struct vm *vm, struct gpage *gp, u64 gpa, unsigned int n)
{
	gp->va |= GP_WRITTEN;
	dirty_note(&vm->mmu, gpa >> PAGE_SHIFT, gp);
	if (gp->va & GP_SHADOWED)
		table_written(vm, gpa >> PAGE_SHIFT, offset_in_page(gpa), n);
}

static int write_page(struct vm *vm, u64 gpa, const void *buf, unsigned int n)
{
	struct gpage *gp;
	int ret;

	mmu_lock(vm);
	ret = find_page(vm, gpa >> PAGE_SHIFT, true, &gp);
	if (likely(!ret)) {
		copy_in(gpage_va(gp) + offset_in_page(gpa), buf, n);
		wrote(vm, gp, gpa, n);
	}
	mmu_unlock(vm);
	return ret;
}

/**
 * mem_read() - read guest memory as the guest would
 * @vm: the VM
 * @gpa: where
 * @buf: out
 * @n: bytes, not 0
 *
 * Context: may sleep; without mmu_lock.
 * Return: 0; -ENXIO: some of it is a hole, @buf is undefined; or the backing's errno.
 */
int mem_read(struct vm *vm, u64 gpa, void *buf, unsigned int n)
{
	unsigned int part;
	int ret = 0;

	for (; n && !ret; n -= part, gpa += part, buf += part) {
		part = min_t(unsigned int, n, PAGE_SIZE - offset_in_page(gpa));
		ret = read_page(vm, gpa, buf, part);
	}
	return ret;
}

/**
 * mem_write() - write guest memory as the guest would
 * @vm: the VM
 * @gpa: where
 * @buf: what
 * @n: bytes, not 0
 *
 * An aligned word of 1, 2, 4 or 8 bytes is written with one store.
 *
 * Context: may sleep; without mmu_lock.
 * Return: 0; -ENXIO: some of it is a hole or rom, nothing was written; or the
 * backing's errno.
 */
int mem_write(struct vm *vm, u64 gpa, const void *buf, unsigned int n)
{
	unsigned int part = PAGE_SIZE - offset_in_page(gpa);
	int ret = n > part ? check_range(vm, gpa, n, true) : 0;

	for (; n && !ret; n -= part, gpa += part, buf += part) {
		part = min_t(unsigned int, n, PAGE_SIZE - offset_in_page(gpa));
		ret = write_page(vm, gpa, buf, part);
	}
	return ret;
}

/* what hv.h promises: the same for who is not of the core */
int vm_mem_read(struct vm *vm, u64 gpa, void *buf, unsigned int n)
{
	return mem_read(vm, gpa, buf, n);
}

int vm_mem_write(struct vm *vm, u64 gpa, const void *buf, unsigned int n)
{
	return mem_write(vm, gpa, buf, n);
}

static bool cmpxchg16(void *p, const u64 *old, const u64 *new)
{
	u64 lo = old[0], hi = old[1];
	bool ok;

	asm volatile("lock cmpxchg16b %1"
		     : "=@ccz" (ok), "+m" (*(u64 (*)[2])p), "+a" (lo), "+d" (hi)
		     : "b" (new[0]), "c" (new[1]) : "memory");
	return ok;
}

/* whether it stored */
static bool exchange(void *p, const void *old, const void *new, unsigned int n)
{
	u64 was = 0, want = 0, val = 0;

	if (n == 16)
		return cmpxchg16(p, old, new);
	memcpy(&want, old, n);
	memcpy(&val, new, n);
	if (n == 8)
		was = cmpxchg((u64 *)p, want, val);
	else if (n == 4)
		was = cmpxchg((u32 *)p, (u32)want, (u32)val);
	else if (n == 2)
		was = cmpxchg((u16 *)p, (u16)want, (u16)val);
	else
		was = cmpxchg((u8 *)p, (u8)want, (u8)val);
	return was == want;
}

/**
 * mem_cmpxchg() - compare and exchange in guest memory, atomically
 * @vm: the VM
 * @gpa: where, aligned to @n
 * @old: what must be there
 * @new: what is to be there
 * @n: bytes: 1, 2, 4, 8 or 16
 * @swapped: out: whether it was stored
 *
 * Context: may sleep; without mmu_lock.
 * Return: 0; -ENXIO if it is a hole or rom; -EINVAL if @n or @gpa are wrong; or
 * the backing's errno.
 */
int mem_cmpxchg(struct vm *vm, u64 gpa, const void *old, const void *new,
		unsigned int n, bool *swapped)
{
	struct gpage *gp;
	int ret;

	if (n > 16 || !is_power_of_2(n) || (gpa & (n - 1)))
		return -EINVAL;
	mmu_lock(vm);
	ret = find_page(vm, gpa >> PAGE_SHIFT, true, &gp);
	if (likely(!ret)) {
		*swapped = exchange(gpage_va(gp) + offset_in_page(gpa), old, new, n);
		if (*swapped)
			wrote(vm, gp, gpa, n);
	}
	mmu_unlock(vm);
	return ret;
}

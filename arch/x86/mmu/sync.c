// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeping shadow pages true while the guest writes its tables.
 *
 * A directory (level 2 and up) is write-protected: each write comes to us and is
 * emulated, and table_written() mends the sptes made from it. Leaf tables are
 * written far too often for that. The architecture helps: what the guest changes
 * in its tables need not be seen before it flushes, with INVLPG, a load of CR3
 * and the like (SDM vol. 3, 4.10.4), and all of those come to us. So a leaf table
 * is *open*: the guest writes it at full speed, and at a flush we look what it
 * wrote.
 *
 * To look only where it did, we read what the processor noted: the D bit in the
 * sptes that map the table itself. A table not written over several flushes is
 * *closed*, that is protected again; it costs nothing then until the next write
 * to it, one fault, opens it again.
 *
 *	state	   flags of its gpage		sptes made from it
 *	closed	   GP_SHADOWED			say what the table says
 *	open	   GP_SHADOWED | GP_OPEN	said so at the last flush
 *
 * Open tables in use are on vm_mmu.open. One that nothing leads to is not: it is
 * compared when it is linked again.
 *
 * With PCIDs a load of CR3 need not be a flush (bit 63). Then open tables are not
 * looked at, if what the shadow says is what a TLB might say for that PCID: which was
 * true when the guest left this CR3 and PCID, and still is if since then it flushed
 * nothing of that PCID, and no spte has begun to say something new (vm_mmu.news).
 * See "PCIDs" in Documentation/mmu.rst.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include "arch/x86/mmu/spte.h"

#define MAX_OPEN	64	/* tables that each flush looks at, at most */
#define MAX_IDLE	12	/* flushes without a write until a table is closed */
#define FLOOD		6	/* writes to a directory that nobody used meanwhile */

static void leave_open(struct vm_mmu *m, struct mmu_page *sp)
{
	if (list_empty(&sp->open))
		return;
	list_del_init(&sp->open);
	m->n_open--;
}

/**
 * sync_leaf() - compare an spte with the gpte it was made from
 * @vm: the VM, mmu_lock held
 * @sp: level 1, not direct
 * @i: index of the spte, which is present
 *
 * What TLBs still know is the guest's to flush.
 */
void sync_leaf(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	u64 gpte = gpte_read(sp, i);
	struct gpage *gp;
	u32 digest;

	if (unlikely(!gpte_usable(sp, gpte))) {
		leaf_drop(vm, sp, i);
		return;
	}
	digest = gpte_digest(gpte);
	if (likely(digest == sp->digest[i]))
		return;
	gp = mem_gpage(&vm->mmu, digest_gfn(digest));
	vm->mmu.news++;
	if (gp->va)
		leaf_set(vm, sp, i, leaf_bits(sp, gpte, gp), gp, digest, NULL);
	else
		leaf_drop(vm, sp, i);
}

static void sync_page(struct vm *vm, struct mmu_page *sp)
{
	unsigned int i;

	for_each_set_bit(i, sp->present, PT_ENTRIES)
		sync_leaf(vm, sp, i);
}

/**
 * sync_open() - a directory leads somewhere new, or gives more than before
 * @vm: the VM, mmu_lock held
 *
 * Below it may be open tables, with sptes that are stale. The guest has that
 * coming where it did not flush. But there were no translations of this kind here
 * before, so nothing needs a flush, and what is found must be what the tables say.
 */
void sync_open(struct vm *vm)
{
	struct mmu_page *sp;

	list_for_each_entry(sp, &vm->mmu.open, open)
		sync_page(vm, sp);
}

/* protect an open table again */
static void table_close(struct vm *vm, u64 gfn, struct gpage *gp)
{
	struct mmu_page *sp, *tmp;

	gp->va &= ~(GP_OPEN | GP_TOUCHED);
	rmap_write_protect(vm, gp);
	/* nobody can write it from here on, so what is compared stays true */
	mmu_settle(vm);
	for_each_shadow(&vm->mmu, gfn, sp, tmp) {
		if (sp->role.level > 1)
			continue;
		leave_open(&vm->mmu, sp);
		sync_page(vm, sp);
	}
}

/**
 * table_shadow() - a table has a shadow page from now on
 * @vm: the VM, mmu_lock held
 * @sp: its new shadow page, still empty
 */
void table_shadow(struct vm *vm, struct mmu_page *sp)
{
	struct gpage *gp = mem_gpage(&vm->mmu, sp->gfn);

	if (!gp->va)	/* a hole: always zero, nothing to watch */
		return;
	sp->table = gp;
	if (sp->role.level == 1) {
		/* most new ones are about to be filled: they begin open */
		if (!(gp->va & GP_SHADOWED))
			gp->va |= GP_SHADOWED | GP_OPEN | GP_TOUCHED;
		return;
	}
	if (gp->va & GP_OPEN) {
		table_close(vm, sp->gfn, gp);
	} else if (!(gp->va & GP_SHADOWED)) {
		gp->va |= GP_SHADOWED;
		rmap_write_protect(vm, gp);
		mmu_settle(vm);
	}
}

/**
 * table_unshadow() - a shadow page is going
 * @vm: the VM, mmu_lock held
 * @sp: the page, no longer in the hash
 */
void table_unshadow(struct vm *vm, struct mmu_page *sp)
{
	struct mmu_page *other, *tmp;

	leave_open(&vm->mmu, sp);
	if (!sp->table)
		return;
	for_each_shadow(&vm->mmu, sp->gfn, other, tmp)
		return;
	sp->table->va &= ~(GP_SHADOWED | GP_OPEN | GP_TOUCHED);
}

/* close the table opened longest ago if there are too many, but not @gfn */
static void limit_open(struct vm *vm, u64 gfn)
{
	struct mmu_page *oldest;

	if (vm->mmu.n_open <= MAX_OPEN)
		return;
	oldest = list_first_entry(&vm->mmu.open, struct mmu_page, open);
	if (oldest->gfn != gfn)
		table_close(vm, oldest->gfn, oldest->table);
}

/**
 * table_linked() - the processor can reach a leaf shadow page in one more way
 * @vm: the VM, mmu_lock held
 * @sp: level 1, not direct
 *
 * As with sync_open(), it must not find stale sptes there.
 */
void table_linked(struct vm *vm, struct mmu_page *sp)
{
	struct vm_mmu *m = &vm->mmu;

	if (!sp->table || !(sp->table->va & GP_OPEN))
		return;
	sync_page(vm, sp);
	sp->idle = 0;
	if (!list_empty(&sp->open))
		return;
	sp->table->va |= GP_TOUCHED;
	list_add_tail(&sp->open, &m->open);
	m->n_open++;
	limit_open(vm, sp->gfn);
}

/**
 * table_orphaned() - nothing leads to a leaf shadow page any more
 * @vm: the VM, mmu_lock held
 * @sp: the page
 */
void table_orphaned(struct vm *vm, struct mmu_page *sp)
{
	leave_open(&vm->mmu, sp);
}

/**
 * table_open() - the guest wants to write a page that is a table
 * @vm: the VM, mmu_lock held
 * @gfn: its frame, not an alias
 * @gp: its gpage, which is GP_SHADOWED and not GP_OPEN
 *
 * Shadow pages to which nothing leads go: their table was freed, we see it only now.
 * Return: true if the guest may write it; false if the write must be emulated.
 */
bool table_open(struct vm *vm, u64 gfn, struct gpage *gp)
{
	struct vm_mmu *m = &vm->mmu;
	struct mmu_page *sp, *tmp;
	bool directory = false;

	for_each_shadow(m, gfn, sp, tmp) {
		if (page_orphan(sp))
			page_zap(vm, sp);
		else if (sp->role.level > 1)
			directory = true;
	}
	if (directory)
		return false;
	if (!(gp->va & GP_SHADOWED))
		return true;
	gp->va |= GP_OPEN | GP_TOUCHED;
	m->stat.unsync++;
	for_each_shadow(m, gfn, sp, tmp) {
		sp->idle = 0;
		list_add_tail(&sp->open, &m->open);
		m->n_open++;
	}
	limit_open(vm, gfn);
	return true;
}

/* the directory entry behind sptep @i has been written: see what remains true */
static void refresh_dir(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	u64 old = sp->spt[i], gpte = gpte_read(sp, i), bits, gfn;
	struct mmu_page *child;
	union mmu_role role;
	bool large;

	if (!old)
		return;
	child = spte_child(old);
	large = dir_large(sp->role, gpte);
	bits = dir_bits(sp->role, gpte, large);
	gfn = dir_child(&vm->mmu, sp, i, gpte, large, &role);
	if (!(gpte & PT_P) || !bits || child->gfn != gfn || child->role.word != role.word ||
	    (gpte & gpte_reserved(sp->role.mode, sp->role.nx, sp->role.pse,
				  sp->role.level, large))) {
		page_unlink(vm, sp, i);
		return;
	}
	if ((old ^ bits) & (PT_W | PT_U | PT_NX)) {
		vm->mmu.owed = true;
		vm->mmu.stale_large |= large;
		dir_set_bits(vm, &sp->spt[i], bits);
	}
}

static void refresh(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	if (sp->role.level > 1)
		refresh_dir(vm, sp, i);
	else if (sp->spt[i])
		sync_leaf(vm, sp, i);
}

/* entries of the table that bytes [offset, offset + n) belong to */
static void refresh_range(struct vm *vm, struct mmu_page *sp, unsigned int offset,
			  unsigned int n)
{
	unsigned int wide = sp->role.mode == MMU_32 ? 2 : 3;
	unsigned int e = offset >> wide, last = (offset + n - 1) >> wide;

	for (; e <= last; e++) {
		if (sp->role.mode != MMU_32) {
			refresh(vm, sp, e);
		} else if (sp->role.level == 1) {
			if (e / PT_ENTRIES == sp->role.quadrant)
				refresh(vm, sp, e % PT_ENTRIES);
		} else if (e / 256 == sp->role.quadrant) {
			refresh(vm, sp, e % 256 * 2);
			refresh(vm, sp, e % 256 * 2 + 1);
		}
	}
}

/* written again and again, and nobody went through it: is it still a table? */
static bool flooded(struct mmu_page *sp)
{
	if (sp->role.level == 1 || sp->roots || ++sp->writes <= FLOOD)
		return false;
	sp->writes = 0;
	return !page_used(sp);
}

/**
 * table_written() - software wrote a page that has shadow pages
 * @vm: the VM, mmu_lock held
 * @gfn: the frame
 * @offset: first byte written in it
 * @n: how many
 */
void table_written(struct vm *vm, u64 gfn, unsigned int offset, unsigned int n)
{
	struct vm_mmu *m = &vm->mmu;
	struct mmu_page *sp, *tmp;
	struct gpage *gp = mem_gpage(m, gfn);

	if (gp->va & GP_OPEN) {
		gp->va |= GP_TOUCHED;
		return;
	}
	m->stat.pte_writes++;
	gfn = mem_target(m, gfn);
	for_each_shadow(m, gfn, sp, tmp) {
		if (page_orphan(sp)) {
			page_zap(vm, sp);
		} else if (flooded(sp)) {
			m->stat.flooded++;
			page_zap(vm, sp);
		} else {
			refresh_range(vm, sp, offset, n);
		}
	}
}

/* has the guest written this open table? all its shadow pages are to be compared then */
static bool note_changed(struct vm_mmu *m, struct mmu_page *sp)
{
	struct gpage *gp = sp->table;
	struct mmu_page *other, *tmp;

	if (!rmap_clear_dirty(gp) && !(gp->va & GP_TOUCHED))
		return false;
	gp->va &= ~GP_TOUCHED;
	for_each_shadow(m, sp->gfn, other, tmp)
		other->changed = true;
	return true;
}

/**
 * sync_all() - a flush: see what the guest wrote into open tables
 * @v: the vCPU that flushes; its VM's mmu_lock is held
 *
 * The caller asks for the flush of its own TLB.
 */
void sync_all(struct vcpu *v)
{
	struct vm *vm = v->vm;
	struct vm_mmu *m = &vm->mmu;
	struct mmu_page *sp, *cold = NULL;
	bool any = false;

	list_for_each_entry(sp, &m->open, open)
		any |= note_changed(m, sp);
	/* other vCPUs may write on without D being set, until they flush */
	if (any && !mmu_alone(v))
		mmu_flush(vm);
	list_for_each_entry(sp, &m->open, open) {
		if (sp->changed) {
			sp->changed = false;
			sp->idle = 0;
			sync_page(vm, sp);
		} else if (++sp->idle > MAX_IDLE) {
			cold = sp;
		}
	}
	if (cold)
		table_close(vm, cold->gfn, cold->table);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the shadow true? For debugging builds and tests.
 *
 * Each spte is held against the entry that it was made from, each page against
 * those that point to it. Emulators forgive a TLB that was not flushed, so green
 * runs prove nothing about flushes: those are booked as debts (mmu_must_flush())
 * that must have been paid when mmu_lock is given up.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/printk.h>
#include "arch/x86/mmu/spte.h"

static int complain(const struct mmu_page *sp, unsigned int i, const char *what)
{
	pr_err("kvmfs: audit: %s: gfn %#llx role %#x entry %u spte %#llx\n",
	       what, sp->gfn, sp->role.word, i, sp->spt[i]);
	return 1;
}

static bool rmap_has(unsigned long head, const u64 *sptep)
{
	struct rmap_iter it;
	unsigned int n = 0;
	u64 *p;

	for (p = rmap_first(head, &it); p; p = rmap_next(&it))
		n += p == sptep;
	return n == 1;
}

/* rights that the spte gives and @bits do not */
static bool exceeds(u64 spte, u64 bits)
{
	return (spte & ~bits & (PT_W | PT_U)) || (bits & ~spte & PT_NX);
}

/* a leaf made while CR0.WP was 0: the supervisor may write it, and nobody else use it */
static bool kernel_only(const struct mmu_page *sp, u64 spte)
{
	bool nwp = sp->role.nwp || sp->role.ro;

	return nwp && (spte & PT_W) && !(spte & PT_U) && !(sp->role.smap && (spte & PT_U));
}

/* the entry as it counts: in rom A and D cannot be set, and are taken for set */
static u64 entry(const struct mmu_page *sp, unsigned int i)
{
	return gpte_read(sp, i) | (sp->table->va & GP_ROM ? PT_A | PT_D : 0);
}

static int audit_leaf(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	u64 spte = sp->spt[i], gpte = DIRECT_GPTE, bits;
	struct gpage *gp;
	int bad = 0;

	gp = mem_gpage(&vm->mmu, sp->digest ? digest_gfn(sp->digest[i]) : sp->gfn + i);
	if (!gp->va || gpage_hpa(gp) != (spte & PT_ADDR))
		return complain(sp, i, "maps a page that is not there");
	if (!rmap_has(gp->rmap, &sp->spt[i]))
		bad += complain(sp, i, "its page does not know it");
	if ((spte & PT_W) && !gpage_writable(gp))
		bad += complain(sp, i, "a table or rom is writable");
	/* what an open table says now is its owner's to flush */
	if (sp->digest && sp->table->va & GP_OPEN)
		return bad;
	if (sp->digest) {
		gpte = entry(sp, i);
		if (!gpte_usable(sp, gpte) ||
		    (gpte_digest(gpte) ^ sp->digest[i]) >> DIGEST_SHIFT)
			return bad + complain(sp, i, "no such entry in the guest");
	}
	bits = leaf_bits(sp, gpte, gp);
	if (kernel_only(sp, spte))
		bits |= PT_W;
	if (exceeds(spte, bits))
		bad += complain(sp, i, "gives more than the guest does");
	return bad;
}

static int audit_dir(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	u64 spte = sp->spt[i], gpte = DIRECT_GPTE, gfn;
	struct mmu_page *child = spte_child(spte);
	union mmu_role role;
	bool large;
	int bad = 0;

	if (!child || child->zapped)
		return complain(sp, i, "leads to a page that is gone");
	if (!rmap_has(child->parents, &sp->spt[i]))
		bad += complain(sp, i, "its child does not know it");
	if (!sp->role.direct) {
		gpte = entry(sp, i);
		if (!(gpte & PT_P))
			return bad + complain(sp, i, "no such entry in the guest");
	}
	large = dir_large(sp->role, gpte);
	gfn = dir_child(&vm->mmu, sp, i, gpte, large, &role);
	if (child->gfn != gfn || child->role.word != role.word)
		bad += complain(sp, i, "leads elsewhere than the guest's");
	if (exceeds(spte, dir_bits(sp->role, gpte, large)))
		bad += complain(sp, i, "gives more than the guest does");
	return bad;
}

static int audit_page(struct vm *vm, struct mmu_page *sp)
{
	unsigned int i;
	int bad = 0;

	if (sp->table && !(sp->table->va & GP_SHADOWED))
		bad += complain(sp, 0, "its table is not marked as one");
	if (sp->table && sp->role.level > 1 && (sp->table->va & GP_OPEN))
		bad += complain(sp, 0, "a directory is open");
	for (i = 0; i < PT_ENTRIES; i++) {
		if (!sp->spt[i] != !test_bit(i, sp->present))
			bad += complain(sp, i, "not as its bitmap says");
		if (!sp->spt[i])
			continue;
		bad += sp->role.level == 1 ? audit_leaf(vm, sp, i) : audit_dir(vm, sp, i);
	}
	return bad;
}

/* --- nested paging: one tree, from gpa to hpa ------------------------------------- */

static int complain_nested(u64 entry, u64 gfn, unsigned int level, const char *what)
{
	pr_err("kvmfs: audit: %s: gfn %#llx level %u entry %#llx\n", what, gfn, level, entry);
	return 1;
}

static int audit_nested_leaf(struct vm *vm, u64 e, u64 gfn, unsigned int level)
{
	const struct nested_format *f = vm->mmu.nested;
	u64 n = BIT_ULL(9 * (level - 1)), i;
	u64 known = f->leaf | f->write | f->accessed | f->dirty | (level > 1 ? f->large : 0);
	const struct gpage *gp;

	if ((e & ~PT_ADDR & ~known) || (e & f->leaf) != f->leaf || level > max(f->max_large, 1u))
		return complain_nested(e, gfn, level, "no such leaf");
	for (i = 0; i < n; i++) {
		gp = mem_gpage(&vm->mmu, gfn + i);
		if (!gp->va || gpage_hpa(gp) != (e & PT_ADDR) + (i << PAGE_SHIFT))
			return complain_nested(e, gfn + i, level, "maps a page that is not there");
		if ((e & f->write) && !gpage_writable(gp))
			return complain_nested(e, gfn + i, level, "rom is writable");
	}
	return 0;
}

/* adds to @tables those below @table */
static int audit_nested(struct vm *vm, const u64 *table, u64 gfn, unsigned int level,
			u64 *tables)
{
	const struct nested_format *f = vm->mmu.nested;
	unsigned int i;
	int bad = 0;

	for (i = 0; i < PT_ENTRIES; i++, gfn += BIT_ULL(9 * (level - 1))) {
		if (!table[i])
			continue;
		if (level == 1 || (table[i] & f->large)) {
			bad += audit_nested_leaf(vm, table[i], gfn, level);
			continue;
		}
		if ((table[i] & ~PT_ADDR & ~f->accessed) != (f->table & ~f->accessed))
			return bad + complain_nested(table[i], gfn, level, "leads to no table");
		++*tables;
		bad += audit_nested(vm, __va(table[i] & PT_ADDR), gfn, level - 1, tables);
	}
	return bad;
}

static int audit_tree(struct vm *vm)
{
	struct vm_mmu *m = &vm->mmu;
	u64 tables = 0;
	int bad = audit_nested(vm, m->nested_root, 0, m->nested->levels, &tables);

	if (tables == m->stat.shadow_pages)
		return bad;
	pr_err("kvmfs: audit: %llu tables, %llu counted\n", m->stat.shadow_pages, tables);
	return bad + 1;
}

static int audit_locked(struct vm *vm)
{
	struct mmu_page *sp;
	unsigned int n = 0;
	int bad = 0;

	if (vm->mmu.nested)
		return vm->mmu.nested_root ? audit_tree(vm) : 0;

	list_for_each_entry(sp, &vm->mmu.pages, link) {
		bad += audit_page(vm, sp);
		n++;
	}
	if (n != vm->mmu.n_pages) {
		pr_err("kvmfs: audit: %u shadow pages, %u counted\n", n, vm->mmu.n_pages);
		bad++;
	}
	if (!list_empty(&vm->mmu.dead) && !vm->mmu.owed) {
		pr_err("kvmfs: audit: shadow pages wait for a flush that is not owed\n");
		bad++;
	}
	return bad;
}

int mmu_audit(struct vm *vm)
{
	int bad;

	spin_lock(&vm->mmu.lock);
	bad = audit_locked(vm);
	spin_unlock(&vm->mmu.lock);
	return bad;
}

/**
 * audit_unlock() - at the end of each change, if the module's ``audit`` is set
 * @vm: the VM, mmu_lock held
 */
void audit_unlock(struct vm *vm)
{
	WARN_ONCE(vm->mmu.debt, "kvmfs: a flush is due and was not asked for\n");
	if (vm->mmu.hash)
		WARN_ONCE(audit_locked(vm), "kvmfs: the shadow is not true\n");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shadow MMU: what the processor walks while a guest runs.
 *
 * The guest believes in its own tables; the processor gets ours, which lead from
 * the same addresses to where the guest's memory really is. They are built by
 * need: a fault on something that the guest's tables do allow (walk.c) puts in the
 * one spte that was missing, and the shadow pages on the way to it.
 *
 * The hardware always runs with CR0.WP set and EFER.NXE on, in long mode for
 * long-mode guests and with PAE for all others. A guest that has its paging off
 * gets tables too, in which everything is where it is.
 *
 * One thing cannot be said in sptes: with CR0.WP = 0 the kernel may write what it
 * and everybody else may only read. Then the page becomes the kernel's alone
 * (writable, U clear) at such a write, and everybody's (read-only) again when a
 * user reads it.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/processor-flags.h>
#include "arch/x86/mmu/spte.h"

#define PREFETCH	16	/* sptes, an aligned group, looked at with a fault */
#define KEEP_RMAPS	8	/* what prefetch leaves in the cache */

bool mmu_audit_on;
module_param_named(audit, mmu_audit_on, bool, 0600);
MODULE_PARM_DESC(audit, "check the shadow MMU after every change (slow)");

/* --- setting sptes ------------------------------------------------------------ */

static struct gpage *leaf_gpage(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	return mem_gpage(&vm->mmu, sp->digest ? digest_gfn(sp->digest[i]) : sp->gfn + i);
}

/* the processor's note that a table was written must not get lost with the spte */
static void keep_dirty(struct gpage *gp, u64 old)
{
	if ((old & PT_D) && (gp->va & GP_OPEN))
		gp->va |= GP_TOUCHED;
}

/**
 * leaf_drop() - take a leaf spte away
 * @vm: the VM, mmu_lock held
 * @sp: its page
 * @i: its index; it is present
 *
 * TLBs may know it until the guest flushes.
 */
void leaf_drop(struct vm *vm, struct mmu_page *sp, unsigned int i)
{
	struct gpage *gp = leaf_gpage(vm, sp, i);

	keep_dirty(gp, xchg(&sp->spt[i], 0));
	__clear_bit(i, sp->present);
	rmap_remove(&gp->rmap, &sp->spt[i]);
	vm->mmu.owed = true;
}

/**
 * leaf_set() - set a leaf spte
 * @vm: the VM, mmu_lock held
 * @sp: its page
 * @i: its index
 * @bits: all but the address
 * @gp: the page that it shall map
 * @digest: of the gpte, unless direct
 * @cache: for its rmap; NULL: try to allocate
 *
 * Return: false if there is no memory; it is absent then.
 */
bool leaf_set(struct vm *vm, struct mmu_page *sp, unsigned int i, u64 bits, struct gpage *gp,
	      u32 digest, struct mmu_cache *cache)
{
	u64 *sptep = &sp->spt[i], new = gpage_hpa(gp) | bits, old = *sptep;

	if (old && (old ^ new) & PT_ADDR) {
		leaf_drop(vm, sp, i);
		old = 0;
	}
	if (sp->digest)
		sp->digest[i] = digest;
	if (bits & PT_W)
		gp->va |= GP_WRITTEN;
	if (old) {
		keep_dirty(gp, xchg(sptep, new));
		vm->mmu.owed |= (old & ~new & (PT_W | PT_U)) || (new & ~old & PT_NX);
		return true;
	}
	if (unlikely(rmap_full(gp->rmap))) {
		rmap_zap(vm, gp);
		mmu_settle(vm);
	}
	if (!rmap_add(&gp->rmap, sptep, cache))
		return false;
	__set_bit(i, sp->present);
	WRITE_ONCE(*sptep, new);
	return true;
}

/* --- the way down ----------------------------------------------------------------- */

/**
 * dir_large() - whether a directory entry of the guest maps a page
 * @role: of the shadow page above level 1 made from its table
 * @gpte: the entry
 */
bool dir_large(union mmu_role role, u64 gpte)
{
	if (role.direct || !(gpte & PT_PS))
		return false;
	return role.mode == MMU_32 ? role.pse : role.level < 4;
}

/**
 * dir_child() - what an entry of a shadow page shall point to
 * @m: the VM's, locked
 * @sp: the shadow page, above level 1
 * @i: index of the entry
 * @gpte: the guest's, if @sp is not direct
 * @large: it maps a page
 * @role: out: the role of the child
 *
 * Return: gfn of the child.
 */
u64 dir_child(struct vm_mmu *m, const struct mmu_page *sp, unsigned int i, u64 gpte,
	      bool large, union mmu_role *role)
{
	const union mmu_role r = sp->role;
	union mmu_role new = { .word = 0 };

	new.level = r.level - 1;
	new.ro = r.ro | (r.nwp && !(gpte & PT_W));
	if (!r.direct && !large) {
		new.mode = r.mode;
		new.nx = r.nx;
		new.pse = r.pse;
		new.nwp = r.nwp;
		new.smep = r.smep;
		new.smap = r.smap;
		if (r.mode == MMU_32)
			new.quadrant = i & 1;
		*role = new;
		return mem_target(m, (gpte & PT_ADDR) >> PAGE_SHIFT);
	}
	new.direct = 1;
	new.smep = new.ro & r.smep;
	new.smap = new.ro & r.smap;
	*role = new;
	if (r.direct)
		return sp->gfn + ((u64)i << 9 * (r.level - 1));
	/* a 4 MiB page fills two entries of ours */
	return (gpte_large_base(r.mode, r.level, gpte) >> PAGE_SHIFT) +
	       (r.mode == MMU_32 ? (i & 1) << 9 : 0);
}

/* the slow part of step_down(): something is missing or another one than it was */
static noinline struct mmu_page *step_new(struct vcpu *v, struct mmu_page *sp, unsigned int i,
					  u64 gpte, bool large)
{
	u64 bits = dir_bits(sp->role, gpte, large), old = sp->spt[i], gfn;
	struct mmu_page *child;
	union mmu_role role;

	gfn = dir_child(&v->vm->mmu, sp, i, gpte, large, &role);
	if (old) {
		child = spte_child(old);
		if (child->gfn == gfn && child->role.word == role.word) {
			if ((old ^ bits) & (PT_W | PT_U | PT_NX))
				dir_set_bits(v->vm, &sp->spt[i], bits);
			return child;
		}
		page_unlink(v->vm, sp, i);
	}
	child = page_get(v, gfn, role);
	page_link(v, sp, i, child, bits);
	sp->writes = 0;
	return child;
}

/* the page below entry @i of @sp, linked there */
static struct mmu_page *step_down(struct vcpu *v, struct mmu_page *sp, unsigned int i,
				  u64 gpte, bool large)
{
	u64 spte = sp->spt[i];
	struct mmu_page *child;

	/*
	 * Nearly always it is there, and what it should be: directories are kept
	 * true, so that its gfn and rights tell enough. (With CR0.WP = 0 they do not.)
	 */
	if (likely(spte && !large && !sp->role.direct && !sp->role.nwp)) {
		child = spte_child(spte);
		if (likely(!((spte ^ gpte) & (PT_W | PT_U | PT_NX)) && !child->role.direct &&
			   child->gfn == mem_target(&v->vm->mmu, (gpte & PT_ADDR) >> PAGE_SHIFT)))
			return child;
	}
	return step_new(v, sp, i, gpte, large);
}

static unsigned int spt_index(u64 gva, unsigned int level)
{
	return gva >> (12 + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

static void prefetch_one(struct vcpu *v, struct mmu_page *sp, unsigned int i, u64 gpte, u64 gfn)
{
	struct gpage *gp = mem_gpage(&v->vm->mmu, gfn);

	if (!gp->va || v->mmu.rmaps.n <= KEEP_RMAPS)
		return;
	leaf_set(v->vm, sp, i, leaf_bits(sp, gpte, gp), gp, gpte_digest(gpte), &v->mmu.rmaps);
	v->vm->mmu.stat.prefetched++;
}

/* neighbours that the guest's tables allow and whose pages we know */
static void prefetch_around(struct vcpu *v, struct mmu_page *sp, unsigned int at)
{
	unsigned int i = at & ~(PREFETCH - 1), end = i + PREFETCH;
	u64 gpte;

	if (!sp->digest) {
		for (; i < end; i++)
			if (!sp->spt[i])
				prefetch_one(v, sp, i, DIRECT_GPTE, sp->gfn + i);
		return;
	}
	for (; i < end; i++) {
		gpte = gpte_read(sp, i);
		if ((gpte & (PT_P | PT_A)) != (PT_P | PT_A) || sp->spt[i])
			continue;
		if (gpte_usable(sp, gpte))
			prefetch_one(v, sp, i, gpte, (gpte & PT_ADDR) >> PAGE_SHIFT);
	}
}

static struct mmu_page *root_of(struct vcpu *v, u64 gva)
{
	return v->mmu.root[v->mmu.shadow_long ? 0 : gva >> 30];
}

/**
 * walk_shortcut() - walk_guest() along the shadow as far as it goes
 * @v: the vCPU
 * @w: in and out; not all arrays are filled in if @leaf is found
 * @leaf: out: shadow page of the leaf table, NULL if the guest's tables were walked
 *
 * Directories of the shadow are always true, and have the guest's rights in them
 * (unless CR0.WP is 0). So where a leaf table is linked, only that has to be read.
 *
 * Context: mmu_lock is held.
 * Return: as walk_guest().
 */
enum walk_result walk_shortcut(struct vcpu *v, struct walk *w, struct mmu_page **leaf)
{
	u64 acc = PT_W | PT_U | PT_NX | PT_A, spte;
	struct mmu_page *sp;
	unsigned int level;

	*leaf = NULL;
	if (unlikely(!v->mmu.wp))
		return walk_guest(v, w);
	if (!v->mmu.shadow_long)
		w->gva = (u32)w->gva;
	sp = root_of(v, w->gva);
	if (unlikely(!sp || sp->zapped))
		return walk_guest(v, w);
	for (level = sp->role.level; level > 1; level--) {
		spte = sp->spt[spt_index(w->gva, level)];
		if (!spte)
			return walk_guest(v, w);
		acc &= (spte ^ PT_NX) | PT_A;
		sp = spte_child(spte);
	}
	if (!sp->digest)
		return walk_guest(v, w);
	*leaf = sp;
	return walk_leaf(v, w, sp, acc);
}

/* the shadow page for the last level of @w, and the way there; NULL: no root */
static struct mmu_page *build_path(struct vcpu *v, const struct walk *w)
{
	struct mmu_page *sp = root_of(v, w->gva);
	unsigned int level;

	if (!sp || sp->zapped) {
		v->mmu.root_hpa = INVALID_ROOT;	/* load() makes another one */
		return NULL;
	}
	for (level = sp->role.level; level > 1; level--)
		sp = step_down(v, sp, spt_index(w->gva, level),
			       level >= w->level ? w->pte[level] : DIRECT_GPTE,
			       level == w->level);
	return sp;
}

/* lets @w->gva lead to @gp, which the access may use; @sp: see build_path() */
static void map(struct vcpu *v, const struct walk *w, struct gpage *gp, struct mmu_page *sp)
{
	unsigned int i;
	u64 bits, gpte;

	if (!sp)
		return;
	i = spt_index(w->gva, 1);
	gpte = sp->digest ? w->pte[1] : DIRECT_GPTE;
	bits = leaf_bits(sp, gpte, gp);
	if (w->access & PF_W) {
		/* the way here shadowed, or closed, the page itself: it will fault again */
		if (unlikely(!gpage_writable(gp)))
			return;
		if (!(bits & PT_W)) {	/* CR0.WP = 0: see above */
			bits = (bits | PT_W) & ~PT_U;
			/* by its own U, since those above may change under it */
			if (v->mmu.smep && (gpte & PT_U))
				bits |= PT_NX;
		}
		bits |= PT_D;
	}
	leaf_set(v->vm, sp, i, bits, gp, gpte_digest(gpte), &v->mmu.rmaps);
	gp->va |= GP_ACCESSED;
	prefetch_around(v, sp, i);
	cache_check(&v->mmu);
}

/* --- faults ------------------------------------------------------------------------- */

/*
 * A supervisor's write that only CR0.WP = 0 allows, to what is or may become a
 * user's page, with SMAP on: the processor would not apply SMAP to an spte without U.
 */
static bool beyond_sptes(struct vcpu *v, const struct walk *w)
{
	return v->mmu.smap && !(w->access & PF_U) && !(w->acc & PT_W) &&
	       (w->level > 1 || (w->pte[1] & PT_U));
}

/* MMU_ERROR stands for "fetch w->missing and come again" here */
static enum mmu_result fault_locked(struct vcpu *v, struct walk *w)
{
	struct vm *vm = v->vm;
	struct mmu_page *sp;
	struct gpage *gp;
	u64 gfn;

	if (unlikely(vm->mmu.n_pages >= vm->mmu.max_pages))
		page_reclaim(vm, 8);
	switch (walk_shortcut(v, w, &sp)) {
	case WALK_FAULT:
		return MMU_GUEST_FAULT;
	case WALK_MISSING:
		return MMU_ERROR;
	default:
		break;
	}
	gfn = w->gpa >> PAGE_SHIFT;
	gp = mem_gpage(&vm->mmu, gfn);
	if (unlikely(!gp->va)) {
		w->missing = gfn;
		return gp == &mem_hole ? MMU_EMULATE : MMU_ERROR;
	}
	if (w->access & PF_W)
		dirty_note(&vm->mmu, gfn, gp);
	if ((w->access & PF_W) && unlikely(!gpage_writable(gp) || beyond_sptes(v, w))) {
		if ((gp->va & GP_ROM) || beyond_sptes(v, w) ||
		    !table_open(vm, mem_target(&vm->mmu, gfn), gp))
			return MMU_EMULATE;
	}
	vm->mmu.news++;
	map(v, w, gp, sp ?: build_path(v, w));
	return MMU_RESUME;
}

/* whether the sptes on the way to @gva allow a supervisor's read or write, but for SMAP */
static bool sptes_allow(struct vcpu *v, u64 gva, bool write)
{
	struct mmu_page *sp;
	bool allowed = false;
	u64 spte;

	mmu_lock(v->vm);
	for (sp = root_of(v, gva); sp && !allowed; sp = spte_child(spte)) {
		spte = sp->spt[spt_index(gva, sp->role.level)];
		if (!spte || (write && !(spte & PT_W)))
			break;
		allowed = sp->role.level == 1;
	}
	mmu_unlock(v->vm);
	return allowed;
}

/*
 * EFLAGS.AC lets a kernel's own accesses past SMAP, but not those implied by others, of
 * descriptor tables and task states (SDM vol. 3, 4.6.1). Which it was the error code does not
 * say. At CPL 3 only the latter are a supervisor's. Elsewhere the processor tells by faulting
 * twice on what the shadow allows: once may have been what its TLB still knew.
 */
static bool is_implicit(struct vcpu *v, u64 gva, u32 error)
{
	struct vcpu_mmu *mmu = &v->mmu;
	bool again = mmu->odd_gva == gva && mmu->odd_exit + 1 == v->stat.exits;

	if (!mmu->smap || (error & (PF_U | PF_I)) || !(v->rflags & X86_EFLAGS_AC))
		return false;
	if (vendor->cpl(v) == 3)
		return true;
	if (!(error & PF_P) || !sptes_allow(v, gva, error & PF_W))
		return false;
	mmu->odd_gva = gva;
	mmu->odd_exit = v->stat.exits;
	return again;
}

static enum mmu_result shadow_fault(struct vcpu *v, u64 gva, u32 error, u64 *gpa,
				    struct hv_exception *exc)
{
	struct walk w;
	enum mmu_result r;

	w.gva = gva;
	w.access = error & (PF_W | PF_U | PF_I);
	if (is_implicit(v, gva, error))
		w.access |= PF_IMPLICIT;
	for (;;) {
		if (unlikely(v->mmu.low)) {
			v->error = cache_fill(v);
			if (v->error)
				return MMU_ERROR;
		}
		mmu_lock(v->vm);
		r = fault_locked(v, &w);
		mmu_unlock(v->vm);
		if (likely(r != MMU_ERROR))
			break;
		v->error = mem_fetch(v->vm, w.missing);
		if (v->error)
			return MMU_ERROR;
	}
	if (r == MMU_GUEST_FAULT)
		walk_fault(&w, v->mmu.mode == MMU_LONG ? gva : (u32)gva, exc);
	if (r == MMU_EMULATE)
		*gpa = w.gpa;
	return r;
}

/* --- roots -------------------------------------------------------------------------- */

static union mmu_role root_role(const struct vcpu_mmu *mmu, unsigned int i)
{
	union mmu_role role = { .word = 0 };

	role.level = mmu->shadow_long ? 4 : 2;
	role.direct = mmu->mode == MMU_REAL;
	if (role.direct)
		return role;
	role.mode = mmu->mode;
	role.nx = mmu->nx;
	role.pse = mmu->pse;
	role.nwp = !mmu->wp;
	role.smep = mmu->smep && !mmu->wp;
	role.smap = mmu->smap && !mmu->wp;
	if (mmu->mode == MMU_32)
		role.quadrant = i;
	return role;
}

/* frame of a root table, from CR3 or a PDPTE */
static u64 table_gfn(struct vcpu *v, u64 entry)
{
	u64 gfn = (entry & PT_ADDR) >> PAGE_SHIFT;

	return mem_target(&v->vm->mmu, gfn & (BIT_ULL(GUEST_PHYS_BITS - 12) - 1));
}

/* frame of the table that root @i shadows; false if the guest has none there */
static bool root_gfn(struct vcpu *v, unsigned int i, u64 *gfn)
{
	switch (v->mmu.mode) {
	case MMU_REAL:
		*gfn = (u64)i << 18;
		return true;
	case MMU_PAE:
		*gfn = table_gfn(v, v->mmu.pdptr[i]);
		return v->mmu.pdptr[i] & PT_P;
	default:
		*gfn = table_gfn(v, v->cr3);
		return true;
	}
}

static void drop_root(struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(v->mmu.root); i++) {
		if (v->mmu.root[i])
			page_put_root(v->vm, v->mmu.root[i]);
		v->mmu.root[i] = NULL;
	}
	v->mmu.root_hpa = INVALID_ROOT;
}

/*
 * Finds, or if @make makes, the shadow of the guest's root. If a page of it was
 * not there, the vCPU is left without a root.
 */
static bool take_root(struct vcpu *v, bool make, u64 *missing)
{
	struct vcpu_mmu *mmu = &v->mmu;
	unsigned int i, n = mmu->shadow_long ? 1 : 4;
	struct mmu_page *sp;
	union mmu_role role;
	struct gpage *gp;
	u64 gfn;

	drop_root(v);
	for (i = 0; i < n; i++) {
		mmu->pae_table[i] = 0;
		if (!root_gfn(v, i, &gfn))
			continue;
		role = root_role(mmu, i);
		sp = page_find(&v->vm->mmu, gfn, role);
		if (!sp) {
			gp = mem_gpage(&v->vm->mmu, gfn);
			if (!make || (!role.direct && !gp->va && gp != &mem_hole)) {
				*missing = gfn;
				drop_root(v);
				return false;
			}
			sp = page_get(v, gfn, role);
		}
		sp->roots++;
		mmu->root[i] = sp;
		mmu->pae_table[i] = __pa(sp->spt) | PT_P;
	}
	mmu->root_cr3 = v->cr3;
	mmu->root_hpa = mmu->shadow_long ? __pa(mmu->root[0]->spt) : __pa(mmu->pae_table);
	v->cr_dirty = true;
	return true;
}

static bool root_ok(const struct vcpu_mmu *mmu)
{
	unsigned int i;

	if (mmu->root_hpa == INVALID_ROOT)
		return false;
	for (i = 0; i < ARRAY_SIZE(mmu->root); i++)
		if (mmu->root[i] && mmu->root[i]->zapped)
			return false;
	return true;
}

static int shadow_load(struct vcpu *v)
{
	u64 missing;
	int ret;

	if (likely(!v->mmu.low && root_ok(&v->mmu)))
		return 0;
	for (;;) {
		ret = cache_fill(v);
		if (ret)
			return ret;
		mmu_lock(v->vm);
		if (root_ok(&v->mmu) || take_root(v, true, &missing)) {
			mmu_unlock(v->vm);
			return v->mmu.low ? cache_fill(v) : 0;
		}
		mmu_unlock(v->vm);
		ret = mem_fetch(v->vm, missing);
		if (ret)
			return ret;
	}
}

/* the guest flushed: so do we, and with one vCPU nobody is left who needs it */
static void flush_own(struct vcpu *v)
{
	struct vm_mmu *m = &v->vm->mmu;

	set_bit(REQ_TLB_FLUSH, &v->requests);
	if (mmu_alone(v)) {
		m->owed = false;
		m->stale_large = false;
		if (!list_empty(&m->dead))
			page_free_dead(v->vm);
	}
}

/* from one root to another that is there; the role stays. The most frequent case */
static __always_inline bool switch_root(struct vcpu *v)
{
	struct vcpu_mmu *mmu = &v->mmu;
	struct mmu_page *old = mmu->root[0], *sp;

	if (mmu->mode != MMU_LONG || mmu->root_hpa == INVALID_ROOT || old->zapped)
		return false;
	sp = page_find(&v->vm->mmu, table_gfn(v, v->cr3), old->role);
	if (!sp)
		return false;
	sp->roots++;
	old->roots--;	/* it is not zapped: nothing to be freed */
	mmu->root[0] = sp;
	mmu->root_cr3 = v->cr3;
	mmu->root_hpa = __pa(sp->spt);
	v->cr_dirty = true;
	return true;
}

/* what is missing for it, shadow_load() fetches */
static noinline void find_root(struct vcpu *v)
{
	u64 missing;

	take_root(v, false, &missing);
}

static struct kept_cr3 *kept_slot(struct vcpu_mmu *mmu, u64 cr3)
{
	return &mmu->kept[(cr3 ^ cr3 >> 8) % KEPT_CR3S];
}

/* what the shadow says under v->cr3, the TLB of its PCID may know: see sync.c */
static bool is_kept(struct vcpu *v, u64 old)
{
	const struct kept_cr3 *k = kept_slot(&v->mmu, v->cr3);

	return old == v->cr3 || (k->cr3 == v->cr3 && k->news == v->vm->mmu.news);
}

/* @old is left for v->cr3, whose PCID was flushed unless @keep */
static void keep_cr3(struct vcpu *v, u64 old, bool keep)
{
	*kept_slot(&v->mmu, old) = (struct kept_cr3){ old, v->vm->mmu.news };
	if (!keep)
		kept_slot(&v->mmu, v->cr3)->news = 0;
}

bool mmu_quick_cr3(struct vcpu *v, u64 cr3, bool keep)
{
	struct vm_mmu *m = &v->vm->mmu;
	u64 old = v->cr3;
	bool done;

	if (!mmu_trylock(v->vm))
		return false;
	v->cr3 = cr3;
	/* nothing to free, no table to compare with its shadow */
	done = list_empty(&m->dead) &&
	       (list_empty(&m->open) || (keep && is_kept(v, old))) && switch_root(v);
	if (done) {
		if (v->cr4 & X86_CR4_PCIDE)
			keep_cr3(v, old, keep);
		flush_own(v);
	} else {
		v->cr3 = old;
	}
	mmu_unlock(v->vm);
	return done;
}

static void shadow_new_cr3(struct vcpu *v)
{
	mmu_lock(v->vm);
	sync_all(v);
	if (unlikely(!switch_root(v)))
		find_root(v);
	flush_own(v);
	mmu_unlock(v->vm);
}

static void shadow_new_pcid(struct vcpu *v, u64 old, bool keep)
{
	mmu_lock(v->vm);
	if (!keep || !is_kept(v, old))
		sync_all(v);
	keep_cr3(v, old, keep);
	if (unlikely(!switch_root(v)))
		find_root(v);
	flush_own(v);
	mmu_unlock(v->vm);
}

/* all PCIDs: no CR3 that was left is one to come back to */
static void shadow_flush_all(struct vcpu *v)
{
	mmu_lock(v->vm);
	sync_all(v);
	v->vm->mmu.news++;
	flush_own(v);
	mmu_unlock(v->vm);
}

/* the processor has no translations of another PCID than the current one: all is in the shadow */
static void shadow_flush_pcid(struct vcpu *v, u16 pcid)
{
	kept_slot(&v->mmu, pcid)->news = 0;
}

static void shadow_reset(struct vcpu *v)
{
	const u32 old = root_role(&v->mmu, 0).word;

	walk_setup(v);
	mmu_lock(v->vm);
	sync_all(v);
	v->vm->mmu.news++;
	/* what the role of a root is made from; else it was only a flush */
	if (root_role(&v->mmu, 0).word != old || v->cr3 != v->mmu.root_cr3 ||
	    v->mmu.mode == MMU_PAE)
		drop_root(v);
	flush_own(v);
	mmu_unlock(v->vm);
}

static void shadow_invlpg(struct vcpu *v, u64 gva)
{
	struct vm_mmu *m = &v->vm->mmu;
	struct mmu_page *sp;
	bool all;
	u64 spte;

	mmu_lock(v->vm);
	/* of global pages it is all PCIDs that are flushed, and only the current one is looked at */
	m->news++;
	/* a large page of the guest's is many in the TLB, and must go as one */
	all = m->stale_large;
	sp = v->mmu.root[0];
	if (!v->mmu.shadow_long) {
		gva = (u32)gva;
		sp = v->mmu.root[gva >> 30];
	}
	for (; sp && sp->role.level > 1; sp = spte_child(spte)) {
		spte = sp->spt[spt_index(gva, sp->role.level)];
		if (!spte)
			break;
	}
	if (sp && sp->role.level == 1) {
		if (!sp->digest)
			all = true;
		else if (sp->spt[spt_index(gva, 1)] && (sp->table->va & GP_OPEN))
			sync_leaf(v->vm, sp, spt_index(gva, 1));
	}
	mmu_unlock(v->vm);
	if (all) {
		set_bit(REQ_TLB_FLUSH, &v->requests);
	} else {
		v->code.host = NULL;
		vendor->flush_gva(v, gva);
	}
}

const struct mmu_ops shadow_mmu = {
	.name = "shadow",
	.reset = shadow_reset,
	.new_cr3 = shadow_new_cr3,
	.new_pcid = shadow_new_pcid,
	.load = shadow_load,
	.fault = shadow_fault,
	.invlpg = shadow_invlpg,
	.flush_all = shadow_flush_all,
	.flush_pcid = shadow_flush_pcid,
};

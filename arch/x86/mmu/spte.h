/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries, the guest's and ours, and the shadow pages that hold ours:
 * inside of mmu/ only. Bit positions are those of SDM vol. 3, 4.3 to 4.5.
 */
#ifndef KVMFS_MMU_SPTE_H
#define KVMFS_MMU_SPTE_H

#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/mmu/mem.h"

#define PT_P		BIT_ULL(0)
#define PT_W		BIT_ULL(1)
#define PT_U		BIT_ULL(2)
#define PT_A		BIT_ULL(5)
#define PT_D		BIT_ULL(6)
#define PT_PS		BIT_ULL(7)
#define PT_NX		BIT_ULL(63)
#define PT_ADDR		GENMASK_ULL(51, 12)

#define PT_ENTRIES	512u		/* of a shadow page */
#define MODES		4		/* of enum mmu_mode */

/* --- the guest's entries: walk.c ------------------------------------------- */

/**
 * struct walk - a way through the guest's tables
 * @gva:	in: linear address, 32 bits of it outside long mode
 * @access:	in: PF_W, PF_U, PF_I, PF_IMPLICIT
 * @level:	the level whose entry maps the page; above all levels if paging is off
 * @error:	error code of the #PF, where there is one
 * @acc:	PT_W, PT_U, PT_A: all entries have it; PT_NX *set*: none has it
 * @gpa:	what @gva is, all bits
 * @missing:	WALK_MISSING: the frame that has to be fetched
 * @pte:	entries read, by level
 * @table:	frames they were read from
 * @at:		where they are
 */
struct walk {
	u64 gva;
	u32 access;
	u32 error;
	unsigned int level;
	u64 acc;
	u64 gpa;
	u64 missing;
	u64 pte[5];
	u64 table[5];
	void *at[5];
};

struct mmu_page;
enum walk_result { WALK_OK, WALK_FAULT, WALK_MISSING };

enum walk_result walk_guest(struct vcpu *v, struct walk *w);
enum walk_result walk_leaf(struct vcpu *v, struct walk *w, const struct mmu_page *sp, u64 acc);
enum walk_result walk_shortcut(struct vcpu *v, struct walk *w, struct mmu_page **leaf);
void walk_fault(const struct walk *w, u64 gva, struct hv_exception *exc);
u64 gpte_reserved(enum mmu_mode mode, bool nx, bool pse, unsigned int level, bool large);
u64 gpte_large_base(enum mmu_mode mode, unsigned int level, u64 gpte);

/* --- shadow pages: page.c -------------------------------------------------- */

/**
 * union mmu_role - what a shadow page was made for, besides its gfn
 * @level:	1: its sptes map pages
 * @mode:	format of the guest's table (enum mmu_mode), 0 if @direct
 * @quadrant:	MMU_32: which part of the table, since 1024 entries fill 2 or 4 of ours
 * @direct:	there is no table: it maps consecutive frames (a large page, or no paging)
 * @nx:		NX bits count, else they are reserved
 * @pse:	MMU_32: PS bits count
 * @nwp:	the guest's CR0.WP is 0. Then entries above the leaves are writable, and
 * @ro:		tells that one of the guest's was not
 * @smep:	... and SMEP is on
 * @smap:	... and SMAP is on
 */
union mmu_role {
	u32 word;
	struct {
		u32 level:3, mode:2, quadrant:2, direct:1;
		u32 nx:1, pse:1, nwp:1, ro:1, smep:1, smap:1;
	};
};

/**
 * struct mmu_page - a shadow page
 * @hash:	in vm_mmu.hash, by @gfn
 * @gfn:	of the guest's table, or the first frame mapped if direct
 * @role:	see there
 * @writes:	emulated writes to the table since a fault came through it
 * @idle:	sync points since the guest wrote it
 * @zapped:	it is nothing any more; freed once @roots is 0 and TLBs are flushed
 * @changed:	to be compared at this sync point
 * @roots:	vCPUs that have it as (part of) their root
 * @spt:	512 sptes; the struct page of them points back here (page_private)
 * @digest:	level 1, not direct: what of the gpte each spte was made from
 * @table:	the gpage of @gfn; NULL if direct or a hole
 * @parents:	sptes that point to it, as in gpage.rmap
 * @rsvd:	level 1: reserved bits in its gptes
 * @link:	in vm_mmu.pages (or dead)
 * @open:	in vm_mmu.open, if it is there
 * @present:	bit n set: spt[n] is not 0
 */
struct mmu_page {
	struct hlist_node hash;
	u64 gfn;
	union mmu_role role;
	u8 writes;
	u8 idle;
	bool zapped;
	bool changed;
	u64 *spt;
	u32 *digest;
	struct gpage *table;
	unsigned long parents;
	u64 rsvd;
	unsigned int roots;
	struct list_head open;
	struct list_head link;
	unsigned long present[PT_ENTRIES / BITS_PER_LONG];
};

static inline struct mmu_page *spt_page(const void *spt)
{
	return (struct mmu_page *)page_private(virt_to_page(spt));
}

/* the shadow page in which an spte stands */
static inline struct mmu_page *spte_page(const u64 *sptep)
{
	return spt_page(sptep);
}

static inline unsigned int spte_index(const u64 *sptep)
{
	return ((unsigned long)sptep & ~PAGE_MASK) / sizeof(u64);
}

/* the shadow page to which the spte of a directory points */
static inline struct mmu_page *spte_child(u64 spte)
{
	return spt_page(__va(spte & PT_ADDR));
}

static inline struct hlist_head *page_bucket(struct vm_mmu *m, u64 gfn)
{
	return &m->hash[hash_64(gfn, m->hash_bits)];
}

/* the first, or next, shadow page of the table @gfn in a chain */
static inline struct mmu_page *page_match(struct hlist_node *n, u64 gfn)
{
	struct mmu_page *sp;

	for (; n; n = n->next) {
		sp = hlist_entry(n, struct mmu_page, hash);
		if (sp->gfn == gfn && !sp->role.direct)
			return sp;
	}
	return NULL;
}

static inline struct mmu_page *page_next(struct mmu_page *sp, u64 gfn)
{
	return sp ? page_match(sp->hash.next, gfn) : NULL;
}

/* all shadow pages of the table @gfn; @sp may be zapped in the loop */
#define for_each_shadow(m, gfn, sp, tmp)						\
	for (sp = page_match(page_bucket(m, gfn)->first, gfn), tmp = page_next(sp, gfn);	\
	     sp; sp = tmp, tmp = page_next(sp, gfn))

struct mmu_page *page_find(struct vm_mmu *m, u64 gfn, union mmu_role role);
struct mmu_page *page_get(struct vcpu *v, u64 gfn, union mmu_role role);
void page_zap(struct vm *vm, struct mmu_page *sp);
bool page_zap_gfn(struct vm *vm, u64 gfn);
void page_zap_all(struct vm *vm);
void page_zap_holes(struct vm *vm);
void page_put_root(struct vm *vm, struct mmu_page *sp);
void page_free_dead(struct vm *vm);
void page_reclaim(struct vm *vm, unsigned int n);
bool page_used(struct mmu_page *sp);
void page_link(struct vcpu *v, struct mmu_page *sp, unsigned int i, struct mmu_page *child,
	       u64 bits);
void dir_set_bits(struct vm *vm, u64 *sptep, u64 bits);
void page_unlink(struct vm *vm, struct mmu_page *sp, unsigned int i);
bool page_orphan(const struct mmu_page *sp);

/* --- sptes ----------------------------------------------------------------- */

/*
 * The digest of a leaf gpte is all that an spte depends on, in 32 bits: the
 * frame (GUEST_PHYS_BITS - 12 = 28 bits of it), W, U, NX and D. A is not there,
 * since without it there is no spte.
 */
#define DIGEST_D	1u
#define DIGEST_NX	8u
#define DIGEST_SHIFT	4

static inline u32 gpte_digest(u64 gpte)
{
	return (u32)(gpte >> 12) << DIGEST_SHIFT | (gpte & (PT_W | PT_U)) |
	       (gpte >> 6 & DIGEST_D) | (gpte >> 63 ? DIGEST_NX : 0);
}

static inline u64 digest_gfn(u32 digest)
{
	return digest >> DIGEST_SHIFT;
}

/* whether a leaf gpte may be mapped without the guest's hardware touching it */
static inline bool gpte_usable(const struct mmu_page *sp, u64 gpte)
{
	return (gpte & (PT_P | PT_A)) == (PT_P | PT_A) && !(gpte & sp->rsvd);
}

/*
 * The bits of a leaf spte, less the address. It is writable only once the
 * guest's D is set, so that the first write comes here and sets it.
 */
static inline u64 leaf_bits(const struct mmu_page *sp, u64 gpte, const struct gpage *gp)
{
	u64 bits = PT_P | PT_A | (gpte & (PT_U | PT_NX));

	if ((gpte & (PT_W | PT_D)) == (PT_W | PT_D) && !sp->role.ro && gpage_writable(gp))
		bits |= PT_W;
	return bits;
}

/* as a gpte: what a direct page is made from, its parent having the permissions */
#define DIRECT_GPTE	(PT_P | PT_W | PT_U | PT_A | PT_D)

/* the bits of an spte that points to a shadow page; 0 if it may not be there */
static inline u64 dir_bits(union mmu_role role, u64 gpte, bool large)
{
	u64 bits = PT_P | PT_A | (gpte & (PT_U | PT_W | PT_NX));

	if (role.nwp)
		bits |= PT_W;
	if (large && !(gpte & PT_D))
		bits &= ~PT_W;
	return gpte & PT_A ? bits : 0;
}

/* the gpte behind entry @i of a shadow page whose table is at hand */
static inline u64 gpte_read(const struct mmu_page *sp, unsigned int i)
{
	const void *va = gpage_va(sp->table);

	if (sp->role.mode != MMU_32)
		return READ_ONCE(((const u64 *)va)[i]);
	if (sp->role.level == 1)
		return READ_ONCE(((const u32 *)va)[sp->role.quadrant * PT_ENTRIES + i]);
	/* one entry of the directory takes two of ours, which map 2 MiB each */
	return READ_ONCE(((const u32 *)va)[sp->role.quadrant * 256 + i / 2]);
}

bool leaf_set(struct vm *vm, struct mmu_page *sp, unsigned int i, u64 bits, struct gpage *gp,
	      u32 digest, struct mmu_cache *cache);
void leaf_drop(struct vm *vm, struct mmu_page *sp, unsigned int i);

bool dir_large(union mmu_role role, u64 gpte);
u64 dir_child(struct vm_mmu *m, const struct mmu_page *sp, unsigned int i, u64 gpte,
	      bool large, union mmu_role *role);

/* --- rmap.c: who points to a page, shadow page or gpage --------------------- */

struct rmap_list;
struct rmap_iter {
	u64 *one;
	struct rmap_list *list;
	unsigned int i;
};

#define RMAP_SIZE	64	/* of a struct rmap_list */
extern struct kmem_cache *rmap_slab;
bool rmap_full(unsigned long head);
bool rmap_add(unsigned long *head, u64 *sptep, struct mmu_cache *cache);
void rmap_remove(unsigned long *head, u64 *sptep);
u64 *rmap_first(unsigned long head, struct rmap_iter *it);
u64 *rmap_next(struct rmap_iter *it);
bool rmap_zap(struct vm *vm, struct gpage *gp);
bool rmap_write_protect(struct vm *vm, struct gpage *gp);
bool rmap_clear_dirty(struct gpage *gp);
bool rmap_clear_accessed(struct gpage *gp);

/* --- sync.c: leaf tables that the guest writes by itself --------------------- */

void table_shadow(struct vm *vm, struct mmu_page *sp);
void table_unshadow(struct vm *vm, struct mmu_page *sp);
void table_linked(struct vm *vm, struct mmu_page *sp);
void table_orphaned(struct vm *vm, struct mmu_page *sp);
bool table_open(struct vm *vm, u64 gfn, struct gpage *gp);
void table_written(struct vm *vm, u64 gfn, unsigned int offset, unsigned int n);
void sync_leaf(struct vm *vm, struct mmu_page *sp, unsigned int i);
void sync_open(struct vm *vm);
void sync_all(struct vcpu *v);

/* --- cache.c: allocation and flushing --------------------------------------- */

int cache_init(void);
void cache_exit(void);
int cache_fill(struct vcpu *v);
int cache_fill_tables(struct vcpu *v, unsigned int n);
void cache_drain(struct vcpu *v);
void cache_check(struct vcpu_mmu *mmu);
void page_release(struct mmu_page *sp);

static inline void *cache_pop(struct mmu_cache *c)
{
	return c->obj[--c->n];
}

void mmu_flush(struct vm *vm);

/* flushes if anybody's TLB may know what sptes no longer say */
static inline void mmu_settle(struct vm *vm)
{
	if (vm->mmu.owed)
		mmu_flush(vm);
}

/*
 * Something was taken away that must be gone from all TLBs before mmu_lock is
 * given up; mmu_flush() pays. What is owed to the guest alone sets @owed.
 */
static inline void mmu_must_flush(struct vm *vm)
{
	vm->mmu.owed = true;
	vm->mmu.debt = true;
}

/*
 * No other vCPU than @v could have a TLB; mmu_lock is held. @v itself may be one that is being
 * made, beside one that runs: then it is not there yet, and what it flushes is none of the other.
 */
static inline bool mmu_alone(const struct vcpu *v)
{
	return v->vm->n_vcpus == 1 && v->vm->vcpu[v->id] == v;
}

extern bool mmu_audit_on;
void audit_unlock(struct vm *vm);

static inline void mmu_lock(struct vm *vm) __acquires(&vm->mmu.lock)
{
	spin_lock(&vm->mmu.lock);
}

/* with interrupts off, where nobody may wait for it, since its holder may wait for all CPUs */
static inline bool mmu_trylock(struct vm *vm) __cond_acquires(&vm->mmu.lock)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) && spin_trylock(&vm->mmu.lock);
}

static inline void mmu_unlock(struct vm *vm) __releases(&vm->mmu.lock)
{
	if (unlikely(mmu_audit_on))
		audit_unlock(vm);
	spin_unlock(&vm->mmu.lock);
}

/* --- nested.c: from gpa to hpa, for processors that walk the guest's tables themselves -- */

int nested_init(struct vm_mmu *m);
void nested_exit(struct vm *vm);
bool nested_zap(struct vm *vm, u64 gfn);
void nested_zap_all(struct vm *vm);
void nested_free_dead(struct vm_mmu *m);
bool nested_accessed(struct vm *vm, u64 gfn);
const void *nested_peek(const struct vm_mmu *m, u64 gpa);

/* --- reclaim.c ----------------------------------------------------------------- */

int reclaim_init(void);
void reclaim_exit(void);
void reclaim_add(struct vm *vm);
void reclaim_del(struct vm *vm);
unsigned long reclaim_vm(struct vm *vm, unsigned long scan);

/* --- memcg.c ------------------------------------------------------------------- */

int memcg_init(void);
void memcg_exit(void);
void memcg_mark(struct vm *vm);
void memcg_unmark(struct vm *vm);

#endif /* KVMFS_MMU_SPTE_H */

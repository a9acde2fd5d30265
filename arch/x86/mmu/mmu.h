/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a guest: its pages (mem.c), its own page tables (walk.c), and what
 * the processor really walks (shadow.c, rmap.c). gva, gpa, gfn, hpa, pte as in
 * 2007: a gpte is the guest's, an spte is ours.
 */
#ifndef KVMFS_MMU_H
#define KVMFS_MMU_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "arch/x86/hv.h"

struct vm;
struct vcpu;
struct hv_exception;
struct mmu_page;
struct memcg_mark;

/* page-fault error code bits: SDM vol. 3, 4.7; APM vol. 2, 8.4.2 */
#define PF_P	0x01u		/* protection violation, not a missing page */
#define PF_W	0x2	/* spelt as in <linux/elf.h>, which has the same name */
#define PF_U	0x04u
#define PF_RSVD	0x08u
#define PF_I	0x10u
/*
 * not a hardware bit: a supervisor access that an instruction of any CPL makes
 * by itself (descriptor tables, TSS), for which EFLAGS.AC does not lift SMAP
 */
#define PF_IMPLICIT	0x100u

/* physical address width that guests see: CPUID 80000008 must say the same */
#define GUEST_PHYS_BITS	40

enum mmu_result {
	MMU_RESUME,		/* mended: enter the guest again */
	MMU_GUEST_FAULT,	/* the guest's own #PF: *exc is filled in */
	MMU_EMULATE,		/* emulate: *gpa is MMIO, rom, or a write to a shadowed table */
	MMU_ERROR,		/* v->error has a negative errno (-ENOMEM, ...) */
};

/* how the guest's paging is set up; decides the walker and the shadow's role */
enum mmu_mode { MMU_REAL, MMU_32, MMU_PAE, MMU_LONG };

/* objects allocated before mmu_lock is taken, used under it */
struct mmu_cache {
	unsigned int n;
	void *obj[20];
};

#define KEPT_CR3S	16

/*
 * A CR3 that the guest left, with its PCID. Coming back with bit 63 set it need not be
 * flushed while nothing is new in leaf tables (@news is still vm_mmu.news): see sync.c.
 */
struct kept_cr3 {
	u64 cr3;
	unsigned long news;
};

/**
 * struct vcpu_mmu - the MMU's part of a vCPU; only mmu/ touches it but for
 * @root_hpa, @shadow_long, which the vendor code loads
 * @mode:	the guest's paging mode
 * @large:	bit n set: PS in a gpte of level n makes it a large page
 * @low:	a cache may be too empty for the next fault
 * @root_hpa:	what goes into the hardware CR3; INVALID_ROOT if there is none
 * @shadow_long: the shadow has 4 levels (else it is PAE, 4 PDPTEs at @root_hpa)
 * @nx, @wp, @smep, @smap, @pse: the guest's settings, as far as they count in @mode
 * @pdptr:	the guest's PDPTEs, loaded with CR3 in PAE mode
 * @rsvd:	reserved gpte bits, [level][large]
 * @root_cr3:	the guest's CR3 that @root was made for
 * @root:	the root page (4 levels), or the four pages below the PDPTEs
 * @pae_table:	the four PDPTEs themselves, in a page below 4 GiB
 * @kept:	the last CR3 of each PCID that was left, as far as there is room
 * @odd_gva:	where SMAP stopped what the shadow seemed to allow, at exit number
 * @odd_exit
 */
struct vcpu_mmu {
	u64 root_hpa;
	enum mmu_mode mode;
	u8 large;
	bool low;
	bool shadow_long;
	bool nx, wp, smep, smap, pse;
	u64 pdptr[4];
	u64 rsvd[5][2];
	u64 root_cr3;
	struct mmu_page *root[4];
	u64 *pae_table;
	struct kept_cr3 kept[KEPT_CR3S];
	u64 odd_gva, odd_exit;
	struct mmu_cache heads, tables, digests, rmaps;
};

#define INVALID_ROOT	(~0ULL)

struct mem_slot;
struct gpage;

/**
 * struct nested_format - how the processor wants the entries that lead from gpa to hpa
 * @levels:	of tables
 * @max_large:	the highest level at which an entry can map memory, 1: none above the last
 * @table:	bits of an entry that leads to a table
 * @leaf:	of one that maps memory, for reading and executing
 * @write:	it may be written as well
 * @large:	it maps memory though it is above the last level
 * @accessed:	the processor sets it at the first use; 0 if it does not
 * @dirty:	likewise at the first write
 * @pdptes_kept: PDPTEs of PAE paging are registers, which vendor->run() leaves in
 *		vcpu_mmu.pdptr; else the processor reads them with each walk
 */
struct nested_format {
	unsigned int levels;
	unsigned int max_large;
	u64 table;
	u64 leaf;
	u64 write;
	u64 large;
	u64 accessed;
	u64 dirty;
	bool pdptes_kept;
};

/**
 * struct vm_mmu - the MMU's part of a VM
 * @lock:	mmu_lock. Guards everything here, all shadow pages and sptes of the
 *		VM, and every gpage. Taken with interrupts on (but mmu_trylock()); nothing
 *		sleeps under it.
 * @owed:	some vCPU's TLB may hold translations that no spte stands for any more:
 *		stale for the guest as it may be until it flushes, but not for us
 * @debt:	audit only: something changed that must not be unlocked unflushed
 * @stale_large: of what is @owed, some was a large page of the guest's
 * @news:	rises when an spte may begin to say what none has said so far; above 0
 * @seq:	rises with each invalidation; @invalidating counts those under way.
 *		A page looked up without @lock is used only if @seq still is what it
 *		was before the look-up and @invalidating is 0.
 * @hot:	the slot of the last look-up, never NULL, never an alias
 * @slots:	sorted by gpa; @n_slots of them; replaced under vm->lock and @lock
 * @aliases:	there are MEM_ALIAS slots
 * @dirty_users: who wants to know what is written; guarded by vm->lock
 * @wait:	woken when @invalidating falls to 0
 * @pages:	all shadow pages, least recently made or used first
 * @open:	leaf tables that the guest may write, and the sync points look at
 * @dead:	shadow pages to be freed after the next flush
 * @hash:	shadow pages by gfn, 1 << @hash_bits lists
 * @clock_gfn:	where the reclaim clock's hand stands
 * @link:	in the list of all VMs, for the shrinker
 * @mark:	see memcg.c
 * @nested:	format of the tables from gpa to hpa; NULL: shadow paging
 * @nested_root: the topmost of them, the same as long as the VM lives
 * @nested_dead: those to be freed after the next flush
 */
struct vm_mmu {
	spinlock_t lock;	/* mmu_lock */
	bool owed;
	bool debt;
	bool aliases;
	unsigned int dirty_users;
	bool stale_large;
	unsigned int invalidating;
	unsigned long news;
	unsigned long seq;
	struct mem_slot *hot;
	struct mem_slot *slots;
	unsigned int n_slots;
	unsigned int hash_bits;
	struct hlist_head *hash;
	unsigned int n_pages, max_pages, n_open, n_dead;
	struct list_head open;
	struct list_head pages;
	struct list_head dead;
	struct vm_stat stat;
	struct vm_backing backing;
	wait_queue_head_t wait;
	u64 clock_gfn;
	struct list_head link;
	struct memcg_mark *mark;
	const struct nested_format *nested;
	u64 *nested_root;
	struct list_head nested_dead;
};

/* --- mem.c: regions and pages --------------------------------------------- */

int guest_mem_init(struct vm *vm, const struct vm_backing *backing);
void guest_mem_destroy(struct vm *vm);

/*
 * Access by guest physical address: what the guest's own accesses mean (writes to
 * shadowed tables are seen by the MMU, dirty is marked). They may sleep and must be called
 * without mmu_lock. Length may cross pages.
 * Return: 0; -ENXIO if a byte of it is a hole or, writing, rom: nothing was done;
 * -ENOMEM or another errno of the backing.
 */
int mem_read(struct vm *vm, u64 gpa, void *buf, unsigned int n);
int mem_write(struct vm *vm, u64 gpa, const void *buf, unsigned int n);
/* n: 1, 2, 4, 8, 16, aligned; atomic against user space, other vCPUs and hardware */
int mem_cmpxchg(struct vm *vm, u64 gpa, const void *old, const void *new,
		unsigned int n, bool *swapped);

/* --- walk.c and shadow.c ----------------------------------------------------- */

int mmu_module_init(void);	/* slab caches, shrinker */
void mmu_module_exit(void);
int mmu_vm_init(struct vm *vm);
void mmu_vm_destroy(struct vm *vm);
int mmu_vcpu_init(struct vcpu *v);
void mmu_vcpu_destroy(struct vcpu *v);

/**
 * struct mmu_ops - how a VM's memory is made visible to the processor
 *
 * reset:	the guest's paging mode may have changed (CR0.PG, CR0.WP, CR4.PAE, PSE,
 *		PGE, SMEP, SMAP, EFER.LME/LMA, NXE): recompute, drop the root
 * new_cr3:	the guest loaded CR3 (v->cr3 is the new one; in PAE mode the PDPTEs
 *		were loaded already by mmu_load_pdptrs())
 * new_pcid:	the same with CR4.PCIDE set. @old: what it was; @keep: nothing was flushed
 * load:	before entry, interrupts on: make a root if there is none, fill caches
 * fault:	#PF exit (@gva, hardware error code) -> enum mmu_result
 * gpa_fault:	nested paging: EXIT_NESTED_FAULT (@access is PF_W or not); MMU_GUEST_FAULT
 *		is not among its results
 * invlpg:	the guest executed INVLPG
 * flush_all:	the guest flushed its whole TLB, all PCIDs of it (CR4.PGE toggle...): what
 *		is not kept in sync must be dropped
 * flush_pcid:	the guest flushed a PCID, or an address in it, that is not its own now
 */
struct mmu_ops {
	const char *name;
	void (*reset)(struct vcpu *v);
	void (*new_cr3)(struct vcpu *v);
	void (*new_pcid)(struct vcpu *v, u64 old, bool keep);
	int (*load)(struct vcpu *v);
	enum mmu_result (*fault)(struct vcpu *v, u64 gva, u32 error, u64 *gpa,
				 struct hv_exception *exc);
	enum mmu_result (*gpa_fault)(struct vcpu *v, u64 gpa, u32 access);
	void (*invlpg)(struct vcpu *v, u64 gva);
	void (*flush_all)(struct vcpu *v);
	void (*flush_pcid)(struct vcpu *v, u16 pcid);
};

extern const struct mmu_ops shadow_mmu;
extern const struct mmu_ops nested_mmu;

/*
 * Shadow paging, interrupts off: v->cr3 becomes @cr3, with @keep without a flush of its PCID,
 * if that takes no more than another root; else nothing changes.
 */
bool mmu_quick_cr3(struct vcpu *v, u64 cr3, bool keep);

/* with nested paging: CR0, CR4 or EFER are not what they were, by the guest's own doing */
void walk_setup(struct vcpu *v);

/*
 * Forgets all shadow pages. For whoever changed guest memory where nothing of ours
 * could see it (a monitor through its mapping of ``mem``) and then sets registers.
 */
void mmu_forget(struct vm *vm);

/* reads the four PDPTEs at v->cr3; false: a reserved bit is set (#GP), nothing loaded */
bool mmu_load_pdptrs(struct vcpu *v, u64 cr3);

/**
 * mmu_translate() - one gva to gpa by the guest's own rules
 * @v:		the vCPU, whose cr0, cr3, cr4, efer and rflags count
 * @gva:	linear address
 * @access:	PF_W, PF_U (a user-mode access), PF_I, PF_IMPLICIT; sets A and D bits
 *		like hardware
 * @gpa:	out
 * @exc:	out, when it faults: the #PF
 *
 * May sleep. Return: MMU_RESUME, MMU_GUEST_FAULT or MMU_ERROR.
 */
enum mmu_result mmu_translate(struct vcpu *v, u64 gva, u32 access, u64 *gpa,
			      struct hv_exception *exc);
/* the same for a debugger: no side effects, supervisor; false if not mapped */
bool mmu_peek(struct vcpu *v, u64 gva, u64 *gpa);

/*
 * @n bytes at v->rip through the tables that the processor itself just used; false
 * if they are not all there in one page. Interrupts on or off: with them off and
 * v->in_guest set no shadow page can go away.
 */
const u8 *mmu_find_code(struct vcpu *v, u64 la);
bool mmu_peek_code(struct vcpu *v, u64 la, void *buf, unsigned int n);

/* audit.c: 0, or the number of stale sptes found (each is printed); debugging builds and tests */
int mmu_audit(struct vm *vm);

#endif /* KVMFS_MMU_H */

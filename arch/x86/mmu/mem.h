/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest frame number to what we know of that page: inside of mmu/ only.
 */
#ifndef KVMFS_MMU_MEM_H
#define KVMFS_MMU_MEM_H

#include <linux/mm.h>
#include <linux/nospec.h>
#include "arch/x86/vcpu.h"

/**
 * struct gpage - one guest page
 * @va:		kernel address of its page, one reference of which is held here unless
 *		GP_LENT, and GP_* flags in the low bits; 0 if we have no page for it
 * @rmap:	the sptes that map it: see rmap.c. They hold no references: before
 *		@va's is dropped, they are zapped and TLBs are flushed.
 */
struct gpage {
	unsigned long va;
	unsigned long rmap;
};

#define GP_ACCESSED	0x01ul	/* for the reclaim clock */
#define GP_WRITTEN	0x02ul	/* set_page_dirty() is due when the page goes */
#define GP_ROM		0x04ul	/* the guest cannot write it */
#define GP_SHADOWED	0x08ul	/* has shadow pages: it is a page table */
#define GP_OPEN		0x10ul	/* ... all leaf tables, which the guest may write */
#define GP_TOUCHED	0x20ul	/* ... and perhaps did, since it was compared last */
#define GP_CLEAN	0x40ul	/* its next write is to be noted: see dirty.c */
#define GP_LENT		0x80ul	/* the page is of somebody's address space; no reference is held */
#define GP_FLAGS	0xffful

#define CHUNK_SHIFT	9	/* gpages come in chunks of 2 MiB of guest memory */
#define CHUNK_PAGES	512u

/**
 * struct mem_slot - one region, in frames
 * @gfn:	first
 * @n:		how many
 * @first:	@gfn >> CHUNK_SHIFT
 * @chunks:	[(gfn >> CHUNK_SHIFT) - @first], NULL until one of its pages is touched
 * @target:	MEM_ALIAS: the gfn that @gfn stands for
 * @type:	what it is
 * @lent:	as in struct mem_region
 * @dirty:	a bit for each page that was written, or NULL: nobody asks; see dirty.c
 */
struct mem_slot {
	u64 gfn;
	u64 n;
	u64 first;
	struct gpage **chunks;
	u64 target;
	enum mem_type type;
	void *lent;
	unsigned long *dirty;
};

/* stand-ins for frames of which there is no gpage; their @va is always 0 */
extern struct gpage mem_absent;		/* never touched yet */
extern struct gpage mem_hole;		/* no memory there */

struct gpage *mem_gpage_slow(struct vm_mmu *m, u64 gfn);

/**
 * mem_gpage() - the gpage of a frame
 * @m: the VM's, locked
 * @gfn: any; an alias is followed to its target
 *
 * Return: never NULL. If ->va is 0 there is no page at hand, and it may be
 * &mem_hole or &mem_absent, which are not to be written.
 */
static inline struct gpage *mem_gpage(struct vm_mmu *m, u64 gfn)
{
	const struct mem_slot *s = m->hot;
	struct gpage *chunk;

	if (unlikely(gfn - s->gfn >= s->n))
		return mem_gpage_slow(m, gfn);
	/* the guest has chosen it, and would see what was read on a guess */
	gfn = s->gfn + array_index_nospec(gfn - s->gfn, s->n);
	chunk = s->chunks[(gfn >> CHUNK_SHIFT) - s->first];
	return likely(chunk) ? chunk + (gfn & (CHUNK_PAGES - 1)) : &mem_absent;
}

const struct mem_slot *mem_next_slot(const struct vm_mmu *m, u64 *gfn);
u64 mem_target_slow(struct vm_mmu *m, u64 gfn);

/* tables are shadowed under the gfn that the memory really has */
static inline u64 mem_target(struct vm_mmu *m, u64 gfn)
{
	return likely(!m->aliases) ? gfn : mem_target_slow(m, gfn);
}

static inline void *gpage_va(const struct gpage *gp)
{
	return (void *)(gp->va & ~GP_FLAGS);
}

static inline u64 gpage_hpa(const struct gpage *gp)
{
	return __pa(gp->va & ~GP_FLAGS);
}

/* whether an spte may let the guest write it */
static inline bool gpage_writable(const struct gpage *gp)
{
	unsigned long f = gp->va & (GP_ROM | GP_SHADOWED | GP_OPEN | GP_CLEAN);

	return !f || f == (GP_SHADOWED | GP_OPEN);
}

int mem_fetch(struct vm *vm, u64 gfn);
bool mem_drop(struct vm *vm, struct gpage *gp, u64 gfn);
void mem_put(struct vm *vm, struct gpage *gp);
void mem_for_chunks(struct vm *vm, u64 start, u64 end,
		    void (*fn)(struct vm *vm, u64 gfn, u64 end));

/* dirty.c */
void dirty_mark(struct vm_mmu *m, u64 gfn, struct gpage *gp);
unsigned long dirty_new_page(const struct mem_slot *s, u64 gfn);
int dirty_add_slots(struct vm *vm, struct mem_slot *slots, unsigned int n);
void dirty_range(struct vm *vm, u64 start, u64 end);

/* @gp is written, or about to be */
static inline void dirty_note(struct vm_mmu *m, u64 gfn, struct gpage *gp)
{
	if (unlikely(gp->va & GP_CLEAN))
		dirty_mark(m, gfn, gp);
}

#endif /* KVMFS_MMU_MEM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_MM_H
#define KVMFS_SHIM_LINUX_MM_H

#include <linux/kernel.h>
#include <linux/list.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096ul
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define round_down(n, a)	((n) & ~((__typeof__(n))(a) - 1))
#define round_up(n, a)		(((n) + (a) - 1) & ~((__typeof__(n))(a) - 1))
#define offset_in_page(p)	((unsigned long)(p) & ~PAGE_MASK)

#define GFP_KERNEL_ACCOUNT	0u
#define GFP_KERNEL		0u
#define GFP_NOWAIT		0u
#define GFP_DMA32		0u
#define __GFP_ZERO		1u
#define __GFP_NOWARN		0u

struct page {
	unsigned long private;
	int refs;
	int dirtied;
	unsigned int order;		/* of its folio, in the first page of it */
	struct page *first;		/* of its folio; NULL: it is one by itself */
	struct list_head lru;
} __aligned(64);

struct address_space;
struct folio { struct page page; struct address_space *mapping; };

/* "physical memory": the test provides it */
#ifndef SHIM_PAGES
#define SHIM_PAGES	8192
#endif
extern struct page shim_map[SHIM_PAGES];
extern char *shim_memory;		/* SHIM_PAGES pages */
#define SHIM_PHYS	0x1000000ull	/* where it begins */

struct page *shim_alloc(void);		/* one reference */
void put_page(struct page *p);

#define virt_to_page(p)		(&shim_map[((char *)(p) - shim_memory) >> PAGE_SHIFT])
#define page_address(p)		((void *)(shim_memory + ((p) - shim_map) * PAGE_SIZE))
#define __pa(p)			((u64)((char *)(p) - shim_memory) + SHIM_PHYS)
#define __va(a)			((void *)(shim_memory + ((a) - SHIM_PHYS)))
#define page_private(p)		((p)->private)
#define set_page_private(p, v)	((p)->private = (v))
#define set_page_dirty(p)	((void)((p)->dirtied = 1))

#define page_folio(p)		((struct folio *)((p)->first ?: (p)))
#define folio_order(f)		((f)->page.order)
#define folio_nr_pages(f)	(1l << (f)->page.order)
#define folio_page_idx(f, p)	((p) - &(f)->page)

static inline void get_page(struct page *p)
{
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_SEQ_CST);
}

static inline unsigned long __get_free_page(gfp_t gfp)
{
	struct page *p = shim_alloc();

	__builtin_memset(page_address(p), gfp & __GFP_ZERO ? 0 : 0xa5, PAGE_SIZE);
	return (unsigned long)page_address(p);
}

static inline void free_page(unsigned long a)
{
	if (a)
		put_page(virt_to_page(a));
}

#endif

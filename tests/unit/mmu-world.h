/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Around the MMU's real sources, in user space: memory, and what the rest of the
 * core would be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <linux/mm.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include "arch/x86/mmu/map.c"
#include "arch/x86/mmu/mem.c"
#include "arch/x86/mmu/walk.c"
#include "arch/x86/mmu/rmap.c"
#include "arch/x86/mmu/page.c"
#include "arch/x86/mmu/sync.c"
#include "arch/x86/mmu/cache.c"
#include "arch/x86/mmu/nested.c"
#include "arch/x86/mmu/shadow.c"
#include "arch/x86/mmu/reclaim.c"
#include "arch/x86/mmu/audit.c"
#include "arch/x86/mmu/mmu.c"
#include "arch/x86/mmu/dirty.c"

int memcg_init(void) { return 0; }
void memcg_exit(void) { }
void memcg_mark(struct vm *vm) { (void)vm; }
void memcg_unmark(struct vm *vm) { (void)vm; }

struct page shim_map[SHIM_PAGES];
char *shim_memory;
static int shim_free[SHIM_PAGES], shim_n_free;

struct page *shim_alloc(void)
{
	struct page *p;

	if (!shim_n_free) {
		fprintf(stderr, "out of pages\n");
		abort();
	}
	p = &shim_map[shim_free[--shim_n_free]];
	*p = (struct page){ .refs = 1 };
	return p;
}

void put_page(struct page *p)
{
	if (p->refs <= 0) {
		fprintf(stderr, "page put too often\n");
		abort();
	}
	if (--p->refs)
		return;
	/* whoever still reads it sees nonsense: present, writable, nowhere */
	memset(page_address(p), 0xff, PAGE_SIZE);
	shim_free[shim_n_free++] = p - shim_map;
}

static void shim_setup(void)
{
	int i;

	shim_memory = mmap(NULL, SHIM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = SHIM_PAGES; i-- > 0;)
		shim_free[shim_n_free++] = i;
}

/* guest memory: FRAMES pages from gpa 0, held here as a file would */
#ifndef FRAMES
#define FRAMES	48
#endif
static struct page *frame[FRAMES];
static int in_backing;

static struct page *backing_get(void *priv, void *lent, pgoff_t index)
{
	(void)priv;
	(void)lent;
	in_backing++;
	if (index >= FRAMES)
		return ERR_PTR(-ENOMEM);
	get_page(frame[index]);
	return frame[index];
}

static const struct vm_backing backing = { .get_page = backing_get };

static void __attribute__((unused)) frames_setup(void)
{
	int i;

	shim_setup();
	for (i = 0; i < FRAMES; i++) {
		frame[i] = shim_alloc();
		memset(page_address(frame[i]), 0, PAGE_SIZE);
	}
}

static void __attribute__((unused)) *ram(u64 gpa)
{
	return (char *)page_address(frame[gpa >> 12]) + (gpa & 4095);
}

static u64 seed, rng_state;

static u64 rnd(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state * 0x2545F4914F6CDD1Dull;
}

static unsigned int below(unsigned int n)
{
	return (rnd() >> 20) % n;
}

static bool __attribute__((unused)) chance(unsigned int percent)
{
	return below(100) < percent;
}

static void seed_from(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (u64)time(NULL) * 2654435761u;
	rng_state = seed | 1;
	printf("# seed %#llx\n", (unsigned long long)seed);
}

static int tap_n, tap_failed;

static void tap(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tap_n, what);
	fflush(stdout);
	tap_failed += !ok;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an exit costs: runs the guest exits.S on the backend that this program was
 * linked with, kvmfs or /dev/kvm, and prints one line a test: name, cycles of the
 * emulated host for one turn. There a cycle is an instruction.
 *
 *	bench-exits exits BIN		all tests
 *	bench-exits nested BIN		those that mean something with nested paging
 *	bench-exits life BIN		create a VM, run it to its first exit, remove it
 *	bench-exits memory BIN MIB	KiB that the host has less of, while a guest of MIB
 *					has touched all its memory, besides that memory
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/backend.h"

#define MEMORY		(24u << 20)
#define CODE		0x100000
#define RESULTS		0x90000
#define END_PORT	0xf4
#define IRQ_PORT	0x98		/* to be answered with VECTOR */
#define VECTOR		0x20
#define LIVES		20		/* rounds, of which the best counts */
#define MEMORY_ROUNDS	3

/* as exits.S has it */
enum entry { ENTRY_TESTS = CODE, ENTRY_END = CODE + 0x10, ENTRY_TOUCH = CODE + 0x20 };
#define PF_HANDLER	(CODE + 0x40)
#define IRQ_HANDLER	(CODE + 0x80)

#define GDT		0x6000u
#define IDT		0x7000u
#define STACK		0x6f000u
/* page tables, twice the same: [0] at 0x70000, [1] at 0x80000 */
#define TABLES(i)	(0x70000u + 0x10000u * (i))
#define P_RW_A_D	0x63u
#define LARGE		0x80u
/* the tables of ENTRY_TOUCH, 4 KiB pages only */
#define SMALL_TABLES	0x200000u

static const struct {
	const char *name;
	unsigned int count;
	bool nested;	/* exits, and so says something, with nested paging too */
} tests[] = {
	{ "loop", 20, true },		/* subtracted from the others */
	{ "cpuid", 20, true },
	{ "rdmsr", 20, true },
	{ "out", 20, true },
	{ "in", 20, true },
	{ "mmio-write", 20, true },
	{ "mmio-read", 20, true },
	{ "irq-after-out", 20, true },
	{ "irq-after-hlt", 20, true },
	{ "pf-guest", 20, false },
	{ "pf-demand", 20, false },
	{ "first-touch", 20, false },
	{ "first-touch-new", 20, true },
	{ "touch-64", 20, false },
	{ "cr3-switch-touch-64", 20, false },
	{ "cr3-switch-touch-100", 20, false },
	{ "invlpg-touch", 20, false },
	{ "map-touch-unmap", 20, false },
	{ "map-unmap-1000-invlpg", 1000, false },
	{ "map-unmap-1000-cr3", 1000, false },
	{ "pde-write", 20, false },
	{ "pml4e-write", 20, false },
	{ "pcid-flush-touch-64", 20, false },
	{ "pcid-keep-touch-64", 20, false },
};

#define TESTS	(sizeof(tests) / sizeof(tests[0]))

static void put(u8 *mem, u32 at, u64 value)
{
	memcpy(mem + at, &value, sizeof(value));
}

/*
 * PML4, PDPT, directory of the first 24 MiB (2 MiB pages but for 4-8 MiB, which
 * have tables), directory of the fourth GiB, where the device is.
 */
static void make_tables(u8 *mem, u32 at)
{
	u32 i;

	put(mem, at, (at + 0x1000) | P_RW_A_D);
	put(mem, at + 0x1000, (at + 0x2000) | P_RW_A_D);
	put(mem, at + 0x1000 + 3 * 8, (at + 0x3000) | P_RW_A_D);
	for (i = 0; i < MEMORY >> 21; i++)
		put(mem, at + 0x2000 + 8 * i, (u64)i << 21 | P_RW_A_D | LARGE);
	put(mem, at + 0x2000 + 2 * 8, (at + 0x4000) | P_RW_A_D);
	put(mem, at + 0x2000 + 3 * 8, (at + 0x5000) | P_RW_A_D);
	for (i = 0; i < 512; i++)
		put(mem, at + 0x3000 + 8 * i, (3ull << 30) + ((u64)i << 21) + (P_RW_A_D | LARGE));
	for (i = 0; i < 1024; i++)
		put(mem, at + 0x4000 + 8 * i, 0x400000 + ((u64)i << 12) + P_RW_A_D);
}

/* The whole of @size by 4 KiB pages */
static void make_small_tables(u8 *mem, u64 size)
{
	u32 pages = size >> 12, at = SMALL_TABLES, table = at + 0x3000, i;

	put(mem, at, (at + 0x1000) | P_RW_A_D);
	put(mem, at + 0x1000, (at + 0x2000) | P_RW_A_D);
	for (i = 0; i < pages; i += 512)
		put(mem, at + 0x2000 + 8 * (i >> 9), (table + 8 * i) | P_RW_A_D);
	for (i = 0; i < pages; i++)
		put(mem, table + 8 * i, ((u64)i << 12) | P_RW_A_D);
}

static void set_gate(u8 *mem, u32 vector, u32 handler)
{
	u32 at = IDT + 16 * vector;

	put(mem, at, (handler & 0xffff) | 8 << 16 | 0x8e00ull << 32 |
	    (u64)(handler >> 16) << 48);
	put(mem, at + 8, 0);
}

static void make_descriptors(u8 *mem)
{
	put(mem, GDT, 0);
	put(mem, GDT + 8, 0x00af9b000000ffff);
	put(mem, GDT + 16, 0x00cf93000000ffff);
	set_gate(mem, 14, PF_HANDLER);
	set_gate(mem, VECTOR, IRQ_HANDLER);
}

static void set_segment(u64 *r, unsigned int first, u16 selector, u32 attr)
{
	r[first] = 0;
	r[first + 1] = 0xffffffff;
	r[first + 2] = selector;
	r[first + 3] = attr;
}

static int set_state(struct backend *be, enum entry entry, u32 cr3, u64 rcx)
{
	u64 r[KVM_REG_SLOTS];
	unsigned int s;

	if (backend_ops.get_regs(be, r))
		return -1;
	for (s = REG(ES_BASE); s <= REG(GS_BASE); s += 4)
		set_segment(r, s, 0x10, 0xc093);
	set_segment(r, REG(CS_BASE), 8, 0xa09b);
	r[REG(GDTR_BASE)] = GDT;
	r[REG(GDTR_LIMIT)] = 3 * 8 - 1;
	r[REG(IDTR_BASE)] = IDT;
	r[REG(IDTR_LIMIT)] = 16 * (VECTOR + 1) - 1;
	r[REG(RIP)] = entry;
	r[REG(RSP)] = STACK;
	r[REG(RCX)] = rcx;
	r[REG(CR3)] = cr3;
	r[REG(CR0)] = 0x80010033;
	r[REG(CR4)] = 0x20;
	r[REG(EFER)] = 0x500;
	return backend_ops.set_regs(be, r);
}

/* Runs to the end; devices answer 0, and HLT and one port are given an interrupt */
static int serve(struct backend *be)
{
	static struct kvm_exit x;

	memset(&x, 0, sizeof(x));
	for (;;) {
		int reason = backend_ops.run(be, &x);

		x.request = 0;
		if (reason < 0 && errno == EINTR)
			continue;
		if (reason == KVMFS_EXIT_IO && x.io.write && x.io.port == END_PORT)
			return 0;
		if (reason == KVMFS_EXIT_HLT ||
		    (reason == KVMFS_EXIT_IO && x.io.port == IRQ_PORT)) {
			x.vector = VECTOR;
			x.request = KVMFS_REQ_INJECT;
			continue;
		}
		if (reason == KVMFS_EXIT_IO || reason == KVMFS_EXIT_MMIO) {
			memset(x.data, 0, 8);
			continue;
		}
		fprintf(stderr, "bench-exits: exit %d (%s) %s\n", reason,
			reason < 0 ? strerror(errno) : "unexpected", backend_ops.explain(be));
		return -1;
	}
}

struct image {
	u8 code[65536];
	size_t size;
};

static int load(struct image *image, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		return -1;
	}
	image->size = fread(image->code, 1, sizeof(image->code), f);
	fclose(f);
	return image->size ? 0 : -1;
}

/* A VM of @size with the guest in it, about to run @entry */
static struct backend *make_vm(const struct image *image, u64 size, enum entry entry, u8 **memp)
{
	struct backend *be = backend_ops.create("bench");
	u32 cr3 = entry == ENTRY_TOUCH ? SMALL_TABLES : TABLES(0);
	u8 *mem = be ? backend_ops.set_memory(be, 0, size, false) : NULL;

	if (!mem)
		return NULL;
	memcpy(mem + CODE, image->code, image->size);
	make_descriptors(mem);
	if (entry == ENTRY_TOUCH) {
		make_small_tables(mem, size);
	} else {
		make_tables(mem, TABLES(0));
		make_tables(mem, TABLES(1));
	}
	if (backend_ops.set_cpuid(be, NULL) || set_state(be, entry, cr3, size >> 12)) {
		fprintf(stderr, "bench-exits: registers: %s %s\n", strerror(errno),
			backend_ops.explain(be));
		return NULL;
	}
	*memp = mem;
	return be;
}

static void end_vm(struct backend *be, u8 *mem, u64 size)
{
	munmap(mem, size);
	backend_ops.destroy(be);
}

static int exits(const struct image *image, bool nested)
{
	u64 result[TESTS];
	unsigned int i;
	double loop;
	u8 *mem;
	struct backend *be = make_vm(image, MEMORY, ENTRY_TESTS, &mem);

	if (!be || serve(be))
		return 1;
	memcpy(result, mem + RESULTS, sizeof(result));
	loop = (double)result[0] / tests[0].count;
	for (i = 1; i < TESTS; i++) {
		double turn = (double)result[i] / tests[i].count;

		/* the guest left it out */
		if (result[i] == ~0ull)
			continue;
		if (!nested || tests[i].nested)
			printf("%s %.0f\n", tests[i].name, turn - loop);
	}
	end_vm(be, mem, MEMORY);
	return 0;
}

static int life(const struct image *image)
{
	u64 best = ~0ull;
	unsigned int i;

	for (i = 0; i < LIVES; i++) {
		u64 begin = __builtin_ia32_rdtsc(), spent;
		struct backend *be;
		u8 *mem;

		be = make_vm(image, MEMORY, ENTRY_END, &mem);
		if (!be || serve(be))
			return 1;
		end_vm(be, mem, MEMORY);
		spent = __builtin_ia32_rdtsc() - begin;
		if (spent < best)
			best = spent;
	}
	printf("create-run-destroy %llu\n", (unsigned long long)best);
	return 0;
}

/*
 * Free memory in KiB, to the page: stat_refresh folds in what each processor has
 * counted and not told, and the pages that wait on its lists are free as well.
 */
static long free_kib(void)
{
	FILE *f = fopen("/proc/sys/vm/stat_refresh", "w");
	char line[256];
	long pages = 0, n;

	if (f) {
		fputs("1\n", f);
		fclose(f);
	}
	f = fopen("/proc/zoneinfo", "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " nr_free_pages %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	fclose(f);
	return pages * 4;
}

/* The least of some rounds: the first ones also fill the host's caches of objects */
static int memory(const struct image *image, unsigned long mib)
{
	u64 size = (u64)mib << 20;
	long least = LONG_MAX;
	unsigned int i;

	for (i = 0; i < MEMORY_ROUNDS; i++) {
		long before = free_kib(), kept;
		struct backend *be;
		u8 *mem;

		be = make_vm(image, size, ENTRY_TOUCH, &mem);
		if (!be || serve(be))
			return 1;
		kept = before - free_kib() - (long)(size >> 10);
		if (kept < least)
			least = kept;
		end_vm(be, mem, size);
	}
	printf("memory-kept-kib %ld\n", least);
	return 0;
}

int main(int argc, char **argv)
{
	static struct image image;

	if (argc < 3 || load(&image, argv[2]))
		return 1;
	if (!strcmp(argv[1], "exits"))
		return exits(&image, false);
	if (!strcmp(argv[1], "nested"))
		return exits(&image, true);
	if (!strcmp(argv[1], "life"))
		return life(&image);
	if (!strcmp(argv[1], "memory") && argc == 4)
		return memory(&image, strtoul(argv[3], NULL, 0));
	return 1;
}

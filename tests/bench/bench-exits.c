// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an exit costs: runs the guest exits.S on the backend that this program was
 * linked with, kvmfs or /dev/kvm, and prints one line a test: name, cycles of the
 * emulated host for one round. With -icount shift=0 a cycle is an instruction.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/backend.h"

#define COUNT		100		/* as in exits.S */
#define MEMORY		(16u << 20)
#define CODE		0x100000
#define RESULTS		0x90000
#define END_PORT	0xf4

/* page tables, twice the same: [0] at 0x70000, [1] at 0x80000 */
#define TABLES(i)	(0x70000u + 0x10000u * (i))
#define P_RW_A_D	0x63u
#define LARGE		0x80u

static const char *const names[] = {
	"loop", "cpuid", "rdmsr", "out", "in", "mmio-write", "mmio-read", "touch-64",
	"cr3-switch-touch-64", "invlpg-touch", "map-touch-unmap", "pde-write", "pml4e-write",
};

static void put(u8 *mem, u32 at, u64 value)
{
	memcpy(mem + at, &value, sizeof(value));
}

/*
 * PML4, PDPT, directory of the first GiB (2 MiB pages but for 4-6 MiB, which has
 * a table), directory of the fourth GiB, where the device is.
 */
static void make_tables(u8 *mem, u32 at)
{
	u32 i;

	put(mem, at, (at + 0x1000) | P_RW_A_D);
	put(mem, at + 0x1000, (at + 0x2000) | P_RW_A_D);
	put(mem, at + 0x1000 + 3 * 8, (at + 0x3000) | P_RW_A_D);
	for (i = 0; i < 8; i++)
		put(mem, at + 0x2000 + 8 * i, (u64)i << 21 | P_RW_A_D | LARGE);
	put(mem, at + 0x2000 + 2 * 8, (at + 0x4000) | P_RW_A_D);
	for (i = 0; i < 512; i++) {
		put(mem, at + 0x3000 + 8 * i, (3ull << 30) + ((u64)i << 21) + (P_RW_A_D | LARGE));
		put(mem, at + 0x4000 + 8 * i, 0x400000 + ((u64)i << 12) + P_RW_A_D);
	}
}

static void set_segment(u64 *r, unsigned int first, u16 selector, u32 attr)
{
	r[first] = 0;
	r[first + 1] = 0xffffffff;
	r[first + 2] = selector;
	r[first + 3] = attr;
}

static int set_state(struct backend *be)
{
	u64 r[KVM_REG_SLOTS];
	unsigned int s;

	if (backend_ops.get_regs(be, r))
		return -1;
	for (s = REG(ES_BASE); s <= REG(GS_BASE); s += 4)
		set_segment(r, s, 0x10, 0xc093);
	set_segment(r, REG(CS_BASE), 8, 0xa09b);
	r[REG(RIP)] = CODE;
	r[REG(RSP)] = 0x6f000;
	r[REG(CR3)] = TABLES(0);
	r[REG(CR0)] = 0x80010033;
	r[REG(CR4)] = 0x20;
	r[REG(EFER)] = 0x500;
	return backend_ops.set_regs(be, r);
}

/* Runs to the end; devices answer 0 */
static int serve(struct backend *be)
{
	static struct kvm_exit x;

	for (;;) {
		int reason = backend_ops.run(be, &x);

		if (reason < 0 && errno == EINTR)
			continue;
		if (reason == KVMFS_EXIT_IO && x.io.write && x.io.port == END_PORT)
			return 0;
		if (reason == KVMFS_EXIT_IO || reason == KVMFS_EXIT_MMIO) {
			memset(x.data, 0, 8);
			continue;
		}
		fprintf(stderr, "bench-exits: exit %d (%s) %s\n", reason,
			reason < 0 ? strerror(errno) : "unexpected", backend_ops.explain(be));
		return -1;
	}
}

static int load(u8 *mem, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return -1;
	}
	n = fread(mem + CODE, 1, 65536, f);
	fclose(f);
	return n ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct backend *be = backend_ops.create("bench");
	u8 *mem;
	u64 result[sizeof(names) / sizeof(names[0])];
	unsigned int i;

	if (!be || argc != 2)
		return 1;
	mem = backend_ops.set_memory(be, 0, MEMORY);
	if (!mem || load(mem, argv[1]))
		return 1;
	make_tables(mem, TABLES(0));
	make_tables(mem, TABLES(1));
	if (backend_ops.set_cpuid(be, NULL) || set_state(be)) {
		fprintf(stderr, "bench-exits: registers: %s %s\n", strerror(errno),
			backend_ops.explain(be));
		return 1;
	}
	if (serve(be))
		return 1;
	memcpy(result, mem + RESULTS, sizeof(result));
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		printf("%s %llu\n", names[i], (unsigned long long)(result[i] - result[0]) / COUNT);
	backend_ops.destroy(be);
	return 0;
}

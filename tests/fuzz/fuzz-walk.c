// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk of guest page tables that hold anything, against the model that is
 * written from the manual (tests/unit/mmu-model.h). Result, address, error code and
 * the accessed and dirty bits must agree.
 *
 * An input: mode, settings, CR3, kind of access, linear address; then entries, each
 * with its place, a byte of table and one of index, and 8 bytes.
 */
#include <stdint.h>
#define main walk_main
#include "../unit/mmu-walk.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define HEAD	12
#define ENTRY	10
#define TABLES	4		/* frames 1 to 4 */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world_setup();
	return 0;
}

static void settings(uint8_t s)
{
	model.wp = s & 1;
	model.nxe = s & 2;
	model.smep = s & 4;
	model.smap = s & 8;
	model.ac = s & 16;
	model.pse = s & 32;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int modes[] = { MMU_REAL, MMU_32, MMU_PAE, MMU_LONG };
	u64 la, e;
	int mode;

	if (size < HEAD)
		return 0;
	mode = modes[data[0] & 3];
	memcpy(&la, data + 4, 8);
	la = mode == MMU_LONG ? (u64)((s64)(la << 16) >> 16) : (u32)la;
	memset(ram(0x1000), 0, TABLES * PAGE_SIZE);
	memset(vcpu.mmu.pdptr, 0, sizeof(vcpu.mmu.pdptr));
	for (const uint8_t *p = data + HEAD; p + ENTRY <= data + size; p += ENTRY) {
		memcpy(&e, p + 2, 8);
		*(u64 *)ram(0x1000 + (p[0] % TABLES) * PAGE_SIZE + (p[0] / TABLES * 256 + p[1]) % 512 * 8) = e;
	}
	/* loaded as MOV to CR3 does: reserved bits in them are refused there */
	if (mode == MMU_PAE && !mmu_load_pdptrs(&vcpu, 0x1000 + (data[2] & 0x7f) * 32))
		return 0;
	settings(data[1]);
	set_mode(mode, (u64)(1 + data[2] % TABLES) << 12);
	bad = 0;
	compare(la, kinds[data[3] % ARRAY_SIZE(kinds)]);
	if (bad)
		abort();
	return 0;
}

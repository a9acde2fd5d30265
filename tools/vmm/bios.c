// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the little BIOS of bios.S into guest memory, with what it says of the machine,
 * and starts code there as a boot loader on a PC does.
 */
#include <errno.h>
#include <stdio.h>

#include "boot.h"
#include "vmm.h"

#define BIOS_SEG	0xf000
#define VECTORS		256

/* The BIOS data area */
#define BDA_EBDA	0x40e	/* segment */
#define BDA_MEM_KB	0x413
#define BDA_VIDEO_MODE	0x449
#define BDA_COLUMNS	0x44a
#define BDA_ROWS	0x484	/* less one */

/* bios.S */
extern const u8 bios_start[], bios_end[], bios_vectors[], bios_e820[];

static void put16(u8 *p, u16 v)
{
	memcpy(p, &v, sizeof(v));
}

static void set_vector(struct vmm *vm, unsigned int n, u16 offset)
{
	put16(vm->ram_low + 4 * n, offset);
	put16(vm->ram_low + 4 * n + 2, BIOS_SEG);
}

static void set_vectors(struct vmm *vm)
{
	unsigned int i;
	u16 entry[2];
	const u8 *p;

	for (p = bios_vectors;; p += sizeof(entry)) {
		memcpy(entry, p, sizeof(entry));
		if (!entry[0])
			break;
	}
	for (i = 0; i < VECTORS; i++)
		set_vector(vm, i, entry[1]);
	for (p = bios_vectors;; p += sizeof(entry)) {
		memcpy(entry, p, sizeof(entry));
		if (!entry[0])
			break;
		set_vector(vm, entry[0], entry[1]);
	}
}

/**
 * bios_load() - the BIOS, its vectors and its data area
 * @vm: the machine
 * @map: of its memory, for INT 15h
 * @n: entries of @map, 8 at most
 */
void bios_load(struct vmm *vm, const struct e820_entry *map, unsigned int n)
{
	u8 *bios = vm->ram_low + BIOS_ADDR;

	memcpy(bios, bios_start, bios_end - bios_start);
	put16(bios + (bios_e820 - bios_start), n);
	memcpy(bios + (bios_e820 - bios_start) + 2, map, n * sizeof(*map));
	set_vectors(vm);
	put16(vm->ram_low + BDA_EBDA, EBDA_ADDR >> 4);
	put16(vm->ram_low + BDA_MEM_KB, EBDA_ADDR >> 10);
	vm->ram_low[BDA_VIDEO_MODE] = 3;
	put16(vm->ram_low + BDA_COLUMNS, 80);
	vm->ram_low[BDA_ROWS] = 24;
}

/**
 * bios_enter() - set the registers to start code in real mode
 * @vm: the machine
 * @cs: segment of the code, which starts at offset 0
 * @ds: that of data and stack
 * @sp: the stack's end
 * Return: 0, or -1 with a line on stderr
 */
int bios_enter(struct vmm *vm, u16 cs, u16 ds, u16 sp)
{
	u64 regs[KVM_REG_SLOTS];
	unsigned int seg;

	if (vm->be->ops->get_regs(vm->be, regs))
		goto fail;
	/* base, limit, selector, attributes: those of RESET stay */
	for (seg = REG(ES_BASE); seg <= REG(GS_BASE); seg += REG(CS_BASE) - REG(ES_BASE)) {
		regs[seg + 2] = seg == REG(CS_BASE) ? cs : ds;
		regs[seg] = regs[seg + 2] << 4;
	}
	regs[REG(RIP)] = 0;
	regs[REG(RSP)] = sp;
	regs[REG(RFLAGS)] = 2;
	if (!vm->be->ops->set_regs(vm->be, regs))
		return 0;
fail:
	fprintf(stderr, "kvmfs: registers: %s\n", strerror(errno));
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shadow RAM: the chipset's PAM registers (82441FX, 3.2.19) say for each piece of the
 * last 256 KiB of the first megabyte whether reads and writes go to RAM. Here the piece is RAM
 * where both or writes do, and ROM else. The ROM shows what was last in the RAM: at
 * first the firmware, which copies itself there and then takes the writes away.
 */
#include <stdio.h>

#include "boot.h"
#include "chipset.h"
#include "vmm.h"

#define PAM_BASE	0xc0000
#define PAM_PIECE	0x4000
#define PAM_WRITE	0x02

/* The twelve of 16 KiB, and the last 64 KiB, which the first register is for */
#define PIECES		12

static bool writable[PIECES + 1];

static int set_piece(struct vmm *vm, unsigned int i, bool write)
{
	writable[i] = write;
	if (!vm->be->ops->set_access)
		return 0;
	return vm->be->ops->set_access(vm->be, PAM_BASE + i * PAM_PIECE,
				       i < PIECES ? PAM_PIECE : HIGH_ADDR - BIOS_ADDR, !write);
}

/**
 * pam_init() - cut the memory into the pieces, all ROM
 * @vm: the machine, with its memory
 * Return: 0, or -1 with a line on stderr
 */
int pam_init(struct vmm *vm)
{
	const struct backend_ops *ops = vm->be->ops;
	unsigned int i;

	if (!ops->set_access)
		return 0;
	if (ops->set_access(vm->be, 0, PAM_BASE, false) ||
	    ops->set_access(vm->be, HIGH_ADDR, vm->ram_low_size - HIGH_ADDR, false))
		return -1;
	for (i = 0; i <= PIECES; i++)
		if (set_piece(vm, i, false))
			return -1;
	return 0;
}

/**
 * pam_update() - the registers were written
 * @vm: the machine
 * @pam: the seven of them
 */
void pam_update(struct vmm *vm, const u8 pam[7])
{
	unsigned int i;

	for (i = 0; i <= PIECES; i++) {
		u8 bits = i < PIECES ? pam[1 + i / 2] >> 4 * (i & 1) : pam[0] >> 4;
		bool write = bits & PAM_WRITE;

		if (write != writable[i] && set_piece(vm, i, write))
			vmm_fail(vm, "memory");
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator on random code in every mode: it must not break, must keep what it
 * promises when an instruction fails, and must say the same length when it only decodes.
 *
 * An input: mode and privilege, flags, the seed of the registers, then code.
 */
#include <stdint.h>
#include "emul-world.h"
#include "ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD	6
#define STEPS	8

static u32 seed;

static u32 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* addresses that lead into memory more often than not */
static u64 value(void)
{
	u32 r = next_random();

	switch (r & 7) {
	case 0:
		return (u64)next_random() << 32 | next_random();
	case 1:
		return ~0ULL << (next_random() & 63);
	case 2:
		return r >> 24;
	default:
		return next_random() % W_SIZE;
	}
}

static void tables(unsigned int cpl)
{
	put_desc(0x08, 0, 0xfffff, 0xc09b);
	put_desc(0x10, 0, 0xfffff, 0xc093);
	put_desc(0x18, 0, 0xfffff, 0xc0fb);
	put_desc(0x20, 0, 0xfffff, 0xc0f3);
	put_desc(0x28, 0x32000, 0x1ff, 0x8b);
	put_desc(0x38, 0x33000, 0x67, 0x89);	/* a TSS to go to */
	put_desc(0x40, 0, 0xfffff, 0xa09b);
	put_desc(0x48, 0x5000, 0x123, 0x96);	/* expands down */
	put(0x30050, 0x0000ec0300081000ULL, 8);	/* a call gate, a task gate */
	put(0x30060, 0x0000e50000380000ULL, 8);
	put(0x32004, 0x9000, 4);
	put(0x32008, 0x10, 2);
	put(0x33020, W_CODE, 4);
	put(0x3304c, 8, 2);
	put(0x33050, 0x10, 2);
	put_gate(3, w.e.efer ? 0x40 : 8, 0x1100, 14, 3, 0);
	put_gate(8, 0x38, 0, 5, 3, 0);
}

static void set_up(const uint8_t *data, size_t size)
{
	enum emul_mode mode = data[0] % 5;
	unsigned int i, cpl = mode == EMUL_REAL ? 0 : mode == EMUL_VM86 ? 3 : data[0] >> 6;

	if (size > 256)
		size = 256;
	world(mode, cpl, (const char *)data + HEAD, size - HEAD);
	memcpy(&seed, data + 2, 4);
	seed |= 1;
	tables(cpl);
	for (i = 0; i < 16; i++)
		w.regs[i] = mode == EMUL_LONG ? value() : (u32)value();
	if (data[1] & 1)
		w.regs[R_SP] = 0x8000;
	w.e.rflags |= next_random() & (EFL_ARITH | X86_EFLAGS_DF | X86_EFLAGS_IF |
				       X86_EFLAGS_AC | X86_EFLAGS_IOPL);
	if (data[1] & 2)
		w.e.rflags |= X86_EFLAGS_NT;
	if (data[1] & 4)
		w.e.cr0 |= X86_CR0_AM | X86_CR0_NE;
	if (data[1] & 8)
		w.e.cr0 |= X86_CR0_TS;
	w.page[5] = P_DEVICE;
	w.page[6] = P_ABSENT;
	w.page[7] = P_RO;
	w.answered = data[1] & 16;
	w.lose_swaps = data[1] >> 6;
}

static void check_unchanged(int rc, const u64 *regs, u64 rip, u64 rflags)
{
	bool done = rc == EMUL_OK || rc == EMUL_AGAIN || (rc == EMUL_EXIT && w.e.done) ||
		    (rc == EMUL_FAULT && w.e.late);

	ENSURE(rc >= EMUL_OK && rc <= EMUL_ERROR);
	ENSURE(!w.e.dirty);
	if (!done)
		ENSURE(!memcmp(w.regs, regs, sizeof(w.regs)) && w.e.rip == rip &&
		       w.e.rflags == rflags);
	else if (w.e.mode != EMUL_LONG)
		ENSURE(!(w.e.rip >> 32));
	if (rc == EMUL_AGAIN)
		ENSURE(w.e.rip == rip);
	if (done)
		ENSURE(w.e.rflags & X86_EFLAGS_FIXED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u64 regs[16], rip, rflags;
	unsigned int i, len;
	int rc;

	if (size <= HEAD)
		return 0;
	set_up(data, size);
	for (i = 0; i < STEPS; i++) {
		memcpy(regs, w.regs, sizeof(regs));
		rip = w.e.rip;
		rflags = w.e.rflags;
		w.e.decoded = false;
		rc = emul_decode(&w.e);
		len = rc ? 0 : w.e.len;
		ENSURE(len <= EMUL_MAX_INSN);
		check_unchanged(rc == EMUL_OK ? EMUL_UNKNOWN : rc, regs, rip, rflags);
		w.e.decoded = false;
		rc = emul_run(&w.e);
		if (len)
			ENSURE(w.e.len == len || rc == EMUL_FAULT || rip != w.e.rip);
		check_unchanged(rc, regs, rip, rflags);
		/* a transfer to another mode is for the caller to follow */
		if (rc != EMUL_OK || w.e.rip - rip > EMUL_MAX_INSN)
			break;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu.c: the x87, SSE and control words stay the guest's own over exits, while
 * guestrun fills the thread's registers with its own.
 */
#include "guest.h"

#ifdef __x86_64__
#define NXMM 16
#else
#define NXMM 8
#endif

struct image {
	u8 bytes[512];
} __attribute__((aligned(16)));

static struct image before, after;

static void load_values(u32 seed)
{
	static const u32 mxcsr = 0x1f80 | 0x6000;	/* round towards zero */
	static const u16 control = 0x0f7f;
	u32 *xmm = (u32 *)(before.bytes + 160);

	for (int i = 0; i < 4 * NXMM; i++)
		xmm[i] = seed * 0x9e3779b9u + i * 0x01010101u;
	asm volatile("fninit\nfldcw %0\nldmxcsr %1" : : "m"(control), "m"(mxcsr));
	for (int i = 0; i < 7; i++) {
		u32 v = seed + i;

		asm volatile("fildl %0" : : "m"(v));
	}
	asm volatile("fxsave %0" : "=m"(after));
	copy(after.bytes + 160, before.bytes + 160, 16 * NXMM);
	asm volatile("fxrstor %0" : : "m"(after));
	asm volatile("fxsave %0" : "=m"(before));
}

static void mess(u32 i)
{
	u32 r[4];

	outb(PORT_BYTES, i);
	inl(PORT_BYTES);
	cpuid(i & 1, 0, r);
	*(volatile u32 *)(word)MMIO_BASE = i;
	if (!on_tcg() && i % 16 == 0)
		outl(PORT_TRICK, TRICK_STATE);
	if (!on_tcg() && i % 16 == 8)
		outl(PORT_TRICK, TRICK_MOVE);
}

static void test_kept(void)
{
	int good = 1;

	for (u32 seed = 0; seed < 64; seed++) {
		load_values(seed);
		mess(seed);
		asm volatile("fxsave %0" : "=m"(after));
		good &= same(before.bytes, after.bytes, 24);	/* control words */
		good &= same(before.bytes + 32, after.bytes + 32, 128);
		good &= same(before.bytes + 160, after.bytes + 160, 16 * NXMM);
		if (!good)
			break;
	}
	ok(good, "x87, MXCSR and XMM registers over exits");
}

static void test_arithmetic(void)
{
	u32 n = 0, result = 0;
	int good = 1;

	for (n = 1; n < 200; n++) {
		asm volatile("fninit\nfildl %1\nfildl %1\nfmulp" : "=m"(result) : "m"(n));
		outb(PORT_BYTES, n);
		asm volatile("fistpl %0" : "=m"(result));
		good &= result == n * n;
		asm volatile("cvtsi2sd %0, %%xmm3\nmulsd %%xmm3, %%xmm3" : : "r"(n));
		inb(PORT_BYTES);
		asm volatile("cvttsd2si %%xmm3, %0" : "=r"(result));
		good &= result == n * n;
	}
	ok(good, "sums with an exit in the middle");
}

int main(void)
{
	u32 r[4];

	cpuid(1, 0, r);
	if (!(r[3] >> 26 & 1)) {
		skip("no SSE2 in CPUID", "everything");
		return 0;
	}
	set_cr0((get_cr0() & ~(word)(CR0_TS | 4)) | CR0_MP);
	set_cr4(get_cr4() | CR4_OSFXSR | 0x400);
	test_kept();
	test_arithmetic();
	return 0;
}

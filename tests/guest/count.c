// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c: works on and on, checks itself, and leaves its count at COUNT for
 * who looks into its memory. Never ends, unless something is wrong.
 */
#include "space.h"

/* rounds done, 0xbad if its memory was wrong, how often its TSC went back */
#define COUNT	((volatile u32 *)0x8000)
#define PAGES	64

static u32 sum(const volatile u32 *p, unsigned int n)
{
	u32 s = 0;

	while (n--)
		s = (s << 1 | s >> 31) + *p++;
	return s;
}

int main(void)
{
	volatile u32 *data = (void *)0x300000;
	u32 expected, round = 0;
	u64 last, now = rdtsc();

	for (unsigned int i = 0; i < PAGES * 1024; i++)
		data[i] = random32();
	expected = sum(data, PAGES * 1024);
	print("# counting\n");
	for (;;) {
		volatile u32 *page = data + round % PAGES * 1024;

		for (unsigned int i = 0; i < 1024; i++)
			page[i] = ~page[i];
		for (unsigned int i = 0; i < 1024; i++)
			page[i] = ~page[i];
		if (round % PAGES == 0 && sum(data, PAGES * 1024) != expected) {
			COUNT[1] = 0xbad;
			ok(0, "the memory is as it was, round %d", round);
			return 0;
		}
		last = now;
		now = rdtsc();
		if ((now - last) >> 63)
			COUNT[2]++;
		*COUNT = ++round;
		if (round % 64 == 0)
			inb(PORT_BYTES);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * frames.c: something for a debugger to look at: functions that call each other, data
 * that change, and an INT3 of the guest's own. Never ends, unless something is wrong.
 */
#include "space.h"

volatile u32 rounds, watched, own_int3, scratch;

__attribute__((noinline)) u32 inner(u32 x)
{
	watched = x;
	return x * 3;
}

__attribute__((noinline)) u32 middle(u32 x)
{
	return inner(x + 1) + 1;
}

__attribute__((noinline)) u32 outer(u32 x)
{
	return middle(x * 2) + 2;
}

static void on_int3(struct frame *f)
{
	(void)f;
	own_int3++;
}

int main(void)
{
	handler[3] = on_int3;
	for (;;) {
		u32 x = ++rounds;

		if (outer(x) != (x * 2 + 1) * 3 + 3 || watched != x * 2 + 1) {
			ok(0, "functions work, round %d", x);
			return 0;
		}
		asm volatile("int3");
		if (own_int3 != x) {
			ok(0, "the INT3 came to its handler, round %d", x);
			return 0;
		}
		inb(PORT_BYTES);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * triple.c: an exception without an IDT: the processor shuts down.
 */
#include "guest.h"

int main(void)
{
	static struct { u16 limit; word base; } __attribute__((packed)) none;

	ok(1, "about to shut down");
	print("1..1\n");
	asm volatile("lidt %0\nud2" : : "m"(none));
	ok(0, "still there");
	return 1;
}

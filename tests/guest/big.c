// SPDX-License-Identifier: GPL-2.0-only
/*
 * big.c: fills 40 MiB and finds them again, several times, in several orders. For
 * hosts that have less to give it, and must swap. Run it with 64 MiB.
 */
#include "guest.h"

#define START	0x1000000u
#define PAGES	(40u << 8)

static volatile word *page(unsigned int i)
{
	return (volatile word *)(word)(START + (i << 12));
}

/* what page @i holds in round @r: not the same in its words, nor compressible to one */
static word value(unsigned int i, unsigned int r, unsigned int at)
{
	return ((word)i * 2654435761u + r * 40503u + at) ^ ((word)i << 7);
}

static void write_page(unsigned int i, unsigned int r)
{
	for (unsigned int at = 0; at < 4096 / sizeof(word); at += 37)
		page(i)[at] = value(i, r, at);
}

static int check_page(unsigned int i, unsigned int r)
{
	for (unsigned int at = 0; at < 4096 / sizeof(word); at += 37)
		if (page(i)[at] != value(i, r, at))
			return 0;
	return 1;
}

int main(void)
{
	static const unsigned int stride[] = { 1, 7, 641, PAGES - 1 };
	unsigned int bad;

	for (unsigned int i = 0; i < PAGES; i++)
		write_page(i, 0);
	for (unsigned int r = 0; r < ARRAY_SIZE(stride); r++) {
		bad = 0;
		for (unsigned int n = 0, i = 0; n < PAGES; n++, i = (i + stride[r]) % PAGES) {
			bad += !check_page(i, r);
			write_page(i, r + 1);
		}
		ok(!bad, "all pages are what they were, in steps of %d: %d are not",
		   stride[r], bad);
	}
	return 0;
}

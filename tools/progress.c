// SPDX-License-Identifier: GPL-2.0-only
/* How far something is that takes longer than a second, for who looks at a terminal. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define FIRST_MS	1000
#define NEXT_MS		200

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/**
 * progress() - tell how far it is, on stderr if that is a terminal
 * @what: which file or machine; NULL if there is nothing more of it
 * @done: how many bytes
 * @total: of how many; the line goes away when all are done
 *
 * Called often: within the first second, and within a fifth of one since the last line,
 * nothing is printed. One thing at a time; for one thread.
 */
void progress(const char *what, uint64_t done, uint64_t total)
{
	static uint64_t next;
	static int shown;
	uint64_t now;

	if (!isatty(STDERR_FILENO))
		return;
	if (!what || done >= total) {
		if (shown)
			fputs("\r\033[K", stderr);
		next = 0;
		shown = 0;
		return;
	}
	now = now_ms();
	if (!next)
		next = now + FIRST_MS;
	if (now < next)
		return;
	fprintf(stderr, "\rkvmfs: %s: %llu of %llu MiB (%llu %%)\033[K", what,
		(unsigned long long)(done >> 20), (unsigned long long)(total >> 20),
		(unsigned long long)(done * 100.0 / total));
	next = now + NEXT_MS;
	shown = 1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP of the programs of the emulated host, each of which is one file. */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int tests, failures;

/* errno, which @good may have left, is told with a failure; as it is afterwards */
static int ok(int good, const char *name)
{
	int saved = errno;

	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	if (!good)
		printf("# errno: %s\n", strerror(saved));
	fflush(stdout);
	errno = saved;
	return good;
}

static inline void skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, name, why);
}

#endif

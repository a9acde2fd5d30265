/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_TEST_ENSURE_H
#define KVMFS_TEST_ENSURE_H

#include <stdio.h>
#include <stdlib.h>

/* what must be so whatever the input: libFuzzer keeps an input that aborts */
#define ENSURE(x) do {							\
	if (!(x)) {							\
		fprintf(stderr, "failed: %s\n", #x);			\
		abort();						\
	}								\
} while (0)

#endif

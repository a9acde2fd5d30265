/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP, and numbers that look random, for the tests of the monitor's parts. Each test has
 * its own counts: this is included once, after what is tested.
 */
#ifndef KVMFS_TEST_VMM_TAP_H
#define KVMFS_TEST_VMM_TAP_H

static int tests, failures;
static unsigned long long seed;

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

/* rnd: a number below that one, the next that @seed gives */
static inline unsigned int rnd(unsigned int below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % below;
}

/* done_testing: the plan; what the test exits with */
static int done_testing(void)
{
	printf("1..%d\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs stat: the counters of a VM in columns. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs stat [-a] [-i SECONDS] VM\n"
"\n"
"Shows the counters of a virtual machine, or of a vCPU (VM/cpu1).\n"
"\n"
"  -a, --all               those that are zero too\n"
"  -i, --interval SECONDS  again and again, as differences\n"
"  -h, --help              this text\n";

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "interval", required_argument, NULL, 'i' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

#define MAX_COUNTERS	256

struct counters {
	char text[16384];
	const char *name[MAX_COUNTERS];
	unsigned long long value[MAX_COUNTERS];
	size_t n;
};

static int read_counters(int vm, struct counters *c)
{
	char *line, *rest, *space;

	if (!read_whole(vm, "stat", c->text, sizeof(c->text)))
		return -1;
	c->n = 0;
	for (line = strtok_r(c->text, "\n", &rest); line && c->n < MAX_COUNTERS;
	     line = strtok_r(NULL, "\n", &rest)) {
		space = strchr(line, ' ');
		if (!space)
			continue;
		*space = '\0';
		c->name[c->n] = line;
		c->value[c->n++] = strtoull(space + 1, NULL, 0);
	}
	return 0;
}

static void print(const struct counters *new, const struct counters *old, int all)
{
	unsigned long long value;
	size_t i;

	for (i = 0; i < new->n; i++) {
		value = new->value[i] - (i < old->n ? old->value[i] : 0);
		if (value || all)
			printf("%-24s %15llu\n", new->name[i], value);
	}
}

static int stat_loop(const char *name, int all, unsigned int interval)
{
	static struct counters c[2];
	int vm = open_vm(name), now = 0;

	if (vm < 0)
		return EXIT_FAILURE;
	for (;; now ^= 1) {
		if (read_counters(vm, &c[now]))
			return EXIT_FAILURE;
		print(&c[now], &c[now ^ 1], all);
		if (!interval)
			return EXIT_SUCCESS;
		putchar('\n');
		fflush(stdout);
		sleep(interval);
	}
}

int cmd_stat(int argc, char **argv)
{
	uint64_t interval = 0;
	int opt, all = 0;

	while ((opt = next_option(argc, argv, "ai:h", options)) >= 0) {
		switch (opt) {
		case 'a':
			all = 1;
			break;
		case 'i':
			if (!parse_number(optarg, &interval) && interval && interval < 1000000)
				break;
			complain("%s: not a number of seconds", optarg);
			return 2;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			return 2;
		}
	}
	if (optind != argc - 1) {
		complain("one virtual machine is wanted; try `kvmfs stat --help'");
		return 2;
	}
	return stat_loop(argv[optind], all, interval);
}

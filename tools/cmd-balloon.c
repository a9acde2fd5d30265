// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs balloon: how much memory a guest of `kvmfs run --balloon' has. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const char usage[] =
"usage: kvmfs balloon [-n] VM [SIZE]\n"
"\n"
"Tells how many bytes of memory the guest has left, of how many; or asks it to\n"
"give back all but SIZE (in MiB, or with K, M, G), and waits until it has.\n"
"\n"
"  -n, --no-wait  do not wait\n"
"  -h, --help     this text\n";

#define POLL_US		200000
#define PATIENCE	50	/* polls in which nothing moves */

/* What the monitor answers; -1 with a line on stderr */
struct state {
	unsigned long long memory, wanted, left;
};

static int ask(int vm, struct state *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int ret;

	if (!to)
		return complain("there is no memory");
	ret = ask_monitor(vm, "balloon", to);
	fclose(to);
	if (!ret && sscanf(text, "memory %llu\nwanted %llu\nleft %llu", &s->memory, &s->wanted,
			   &s->left) != 3)
		ret = complain("the monitor's answer makes no sense");
	free(text);
	return ret;
}

static int await(int vm)
{
	unsigned long long last = 0;
	struct state s = { 0 };
	int still, ret;

	for (still = 0; still < PATIENCE; still++) {
		ret = ask(vm, &s);
		if (ret || s.left == s.wanted)
			break;
		if (s.left != last)
			still = 0;
		last = s.left;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%lluM ", s.left >> 20);
		usleep(POLL_US);
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (still == PATIENCE)
		return complain("the guest stays at %lluM; what it uses it cannot give",
				s.left >> 20);
	return ret;
}

static int set(int vm, const char *size, int wait)
{
	char line[128];

	if (snprintf(line, sizeof(line), "balloon %s", size) >= (int)sizeof(line) ||
	    strchr(size, '\n'))
		return complain("%s: not a size", size);
	if (ask_monitor(vm, line, stdout))
		return -1;
	return wait ? await(vm) : 0;
}

static int show(int vm)
{
	struct state s;

	if (ask(vm, &s))
		return -1;
	printf("memory %llu\nwanted %llu\nleft %llu\n", s.memory, s.wanted, s.left);
	return 0;
}

int cmd_balloon(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-wait", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, wait = 1, vm, ret;

	while ((opt = next_option(argc, argv, "nh", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (opt != 'n')
			return 2;
		wait = 0;
	}
	if (argc - optind < 1 || argc - optind > 2) {
		complain("a machine and perhaps a size are wanted; try `kvmfs balloon --help'");
		return 2;
	}
	vm = open_vm(argv[optind]);
	if (vm < 0)
		return EXIT_FAILURE;
	ret = argv[optind + 1] ? set(vm, argv[optind + 1], wait) : show(vm);
	close(vm);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

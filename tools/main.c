// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs: what a shell does not do by itself with virtual machines that are files */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "run",    cmd_run,    "boot a Linux kernel in a new virtual machine" },
	{ "monitor", cmd_monitor, "ask the monitor of a running machine" },
	{ "create", cmd_create, "make a virtual machine that stays" },
	{ "list",   cmd_list,   "list the virtual machines" },
	{ "regs",   cmd_regs,   "show or change registers" },
	{ "stat",   cmd_stat,   "show counters" },
	{ "dump",   cmd_dump,   "show registers, memory map and memory" },
};

static void usage(FILE *to)
{
	size_t i;

	fputs("usage: kvmfs COMMAND [OPTION...]\n\n", to);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`kvmfs COMMAND --help' tells more; see also kvmfs(1).\n", to);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	complain("%s: no such command; try `kvmfs --help'", argv[1]);
	return 2;
}

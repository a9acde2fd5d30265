// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs: what a shell does not do by itself with virtual machines that are files */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "run",    cmd_run,    "boot a Linux kernel in a new virtual machine" },
	{ "monitor", cmd_monitor, "ask the monitor of a running machine" },
	{ "balloon", cmd_balloon, "show or change how much memory a guest has" },
	{ "debug", cmd_debug, "show or set breakpoints, without a debugger" },
	{ "disasm", cmd_disasm, "show a guest's instructions" },
	{ "gdb", cmd_gdb, "let gdb debug a machine, whoever runs it" },
	{ "pause", cmd_ctl, "make machines stand still" },
	{ "resume", cmd_ctl, "let them run again" },
	{ "reset", cmd_ctl, "start them again" },
	{ "stop", cmd_ctl, "end them" },
	{ "save", cmd_save, "put all of a machine into a file" },
	{ "restore", cmd_restore, "make a machine out of such a file" },
	{ "create", cmd_create, "make a virtual machine that stays" },
	{ "list",   cmd_list,   "list the virtual machines" },
	{ "regs",   cmd_regs,   "show or change registers" },
	{ "stat",   cmd_stat,   "show counters" },
	{ "trace",  cmd_trace,  "show each exit, and what caused it" },
	{ "dump",   cmd_dump,   "show registers, memory map and memory" },
};

static void usage(FILE *to)
{
	size_t i;

	fputs("usage: kvmfs COMMAND [OPTION...]\n\n"
	      "A virtual machine is a directory below /sys/fs/kvmfs, its state is files. What a\n"
	      "shell does not do with them:\n\n", to);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\nFor example:\n\n"
	      "    kvmfs run -k /boot/vmlinuz -i guest.img -m 512M -n web    # Ctrl-a x ends it\n"
	      "    kvmfs run -k /boot/vmlinuz -d disk.img -p root=/dev/vda --dry-run\n"
	      "    kvmfs list -l                   # from another terminal\n"
	      "    kvmfs regs web rip\n"
	      "    cat /sys/fs/kvmfs/web/status    # kvmfs(5) explains the files\n"
	      "\n`kvmfs COMMAND --help' tells more; see also kvmfs(1).\n", to);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int is_one_of(const char *word, const char *a, const char *b)
{
	return !strcmp(word, a) || !strcmp(word, b);
}

/* What was meant: the command that is the shorter or the longer of the two */
static int no_such_command(const char *name)
{
	size_t i, n, len = strlen(name);

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		n = strlen(commands[i].name);
		if (len > 1 && !strncmp(name, commands[i].name, n < len ? n : len)) {
			complain("%s: no such command; `kvmfs %s'?", name, commands[i].name);
			return 2;
		}
	}
	complain("%s: no such command; try `kvmfs --help'", name);
	return 2;
}

int main(int argc, char **argv)
{
	static char help[] = "--help";
	const struct command *command;

	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		puts("kvmfs " VERSION);
		return EXIT_SUCCESS;
	}
	/* `kvmfs help run' is `kvmfs run --help' */
	if (argc == 3 && !strcmp(argv[1], "help")) {
		argv[1] = argv[2];
		argv[2] = help;
	}
	if (is_one_of(argv[1], "--help", "help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	command = find_command(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : no_such_command(argv[1]);
}

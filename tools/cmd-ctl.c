// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs pause, resume, reset and stop. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kvmfs.h"

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name, *does;
} words[] = {
	{ "pause",  "Stops all vCPUs of each virtual machine, and waits until they have." },
	{ "resume", "Ends a pause." },
	{ "reset",  "Starts what a `kvmfs run' runs again: kernel or firmware, and devices as\n"
		    "new. Of other machines the vCPUs are put into the state after RESET; they\n"
		    "must not run, or be paused." },
	{ "stop",   "Ends each virtual machine: its `kvmfs run' returns 0. Where another program\n"
		    "runs it, that can run it no more." },
};

/**
 * stop_vm() - end a machine
 * @vm: directory descriptor
 * Return: 0, or -1 with a line on stderr
 */
int stop_vm(int vm)
{
	if (has_monitor(vm))
		return ask_monitor(vm, "quit", stdout);
	return kvmfs_ctl(vm, "kill") ? complain_vm(vm, "ctl") : 0;
}

static int do_word(const char *word, const char *name)
{
	int vm = open_vm(name);

	if (vm < 0)
		return -1;
	if (!strcmp(word, "stop"))
		return stop_vm(vm);
	if (!strcmp(word, "reset") && has_monitor(vm))
		return ask_monitor(vm, word, stdout);
	return kvmfs_ctl(vm, word) ? complain_vm(vm, "%s", name) : 0;
}

static int help(const char *word)
{
	char text[512];
	size_t i = 0;

	while (strcmp(words[i].name, word))
		i++;
	snprintf(text, sizeof(text), "usage: kvmfs %s VM...\n\n%s\n\n  -h, --help   this text\n",
		 word, words[i].does);
	return print_help(text, word);
}

/**
 * cmd_ctl() - all four: the first argument is which
 * @argc: as for main()
 * @argv: as for main()
 * Return: the exit code
 */
int cmd_ctl(int argc, char **argv)
{
	int opt, status = EXIT_SUCCESS;

	while ((opt = next_option(argc, argv, "h", options)) >= 0) {
		if (opt != 'h')
			return 2;
		return help(argv[0]);
	}
	if (optind == argc) {
		complain("a virtual machine is wanted; try `kvmfs %s --help'", argv[0]);
		return 2;
	}
	for (; optind < argc; optind++)
		if (do_word(argv[0], argv[optind]))
			status = EXIT_FAILURE;
	return status;
}

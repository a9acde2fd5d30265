// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs monitor: ask the monitor (kvmfs run) of a machine for something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char usage[] =
"usage: kvmfs monitor VM [COMMAND [ARGUMENT...]]\n"
"\n"
"Asks the `kvmfs run' that runs a virtual machine to do something. Without a\n"
"command it tells what it can do.\n"
"\n"
"  -h, --help   this text\n";

/* The arguments as one line, with blanks between */
static int join(int argc, char **argv, char *line, size_t size)
{
	size_t len = 0;
	int i;

	for (i = 0; i < argc; i++) {
		len += snprintf(line + len, size - len, "%s%s", i ? " " : "", argv[i]);
		if (len >= size || strchr(argv[i], '\n'))
			return complain("a command is one line of less than %zu bytes", size);
	}
	return 0;
}

int cmd_monitor(int argc, char **argv)
{
	char line[4000] = "help";
	int vm;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return print_help(usage, argv[0]);
	if (argc > 1 && argv[1][0] == '-') {
		complain("%s: no such option; try `kvmfs monitor --help'", argv[1]);
		return 2;
	}
	if (argc < 2) {
		complain("a virtual machine is wanted; try `kvmfs monitor --help'");
		return 2;
	}
	if (argc > 2 && join(argc - 2, argv + 2, line, sizeof(line)))
		return 2;
	vm = open_vm(argv[1]);
	return vm < 0 || ask_monitor(vm, line, stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs debug: show what stops a vCPU and where it stopped, or change one thing of it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs debug VM [SETTING]\n"
"\n"
"Shows the breakpoints, watchpoints and switches of a virtual machine's boot\n"
"vCPU, and its last exit; or changes one of them. VM/cpu1 is another vCPU.\n"
"\n"
"  break ADDRESS          stop before the instruction there\n"
"  watch ADDRESS LEN w    ... behind a write to 1, 2, 4 or 8 bytes; rw: or a read\n"
"  clear [ADDRESS]        forget those at ADDRESS, or all\n"
"  step on|off            stop behind each instruction\n"
"  int3 on|off            stop at INT3, in front of it\n"
"  hold on|off            a stop pauses the machine, and who runs it sees\n"
"                         nothing; `kvmfs resume' goes on\n"
"\n"
"  -h, --help   this text\n"
"\n"
"`kvmfs gdb' does all of it for a debugger.\n";

static int show(int vm)
{
	static const char * const files[] = { "debug", "exit" };
	char text[4096];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (!read_whole(vm, files[i], text, sizeof(text)))
			return EXIT_FAILURE;
		if (i && *text)
			fputs("last exit: ", stdout);
		fputs(text, stdout);
	}
	return EXIT_SUCCESS;
}

static int change(int vm, const char *name, int words, char **word)
{
	char line[256];
	size_t len = 0;
	int i;

	for (i = 0; i < words; i++) {
		len += snprintf(line + len, sizeof(line) - len, "%s%s", i ? " " : "", word[i]);
		if (len + 2 > sizeof(line)) {
			complain("%s...: too long", word[0]);
			return EXIT_FAILURE;
		}
	}
	strcpy(line + len, "\n");
	if (!kvmfs_write_text(vm, "debug", line))
		return EXIT_SUCCESS;
	complain_vm(vm, "%s", name);
	return EXIT_FAILURE;
}

int cmd_debug(int argc, char **argv)
{
	int vm, status = only_help(argc, argv, "+h", usage);

	if (status >= 0)
		return status;
	if (optind == argc) {
		complain("a virtual machine is wanted; try `kvmfs debug --help'");
		return 2;
	}
	vm = open_vm(argv[optind]);
	if (vm < 0)
		return EXIT_FAILURE;
	if (optind + 1 == argc)
		return show(vm);
	return change(vm, argv[optind], argc - optind - 1, argv + optind + 1);
}

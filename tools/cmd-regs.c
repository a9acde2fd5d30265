// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs regs: show registers, or set some of them all at once. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs regs VM [NAME | NAME=VALUE]...\n"
"\n"
"Shows all registers of a virtual machine's boot vCPU and, as a comment (#), its\n"
"next instruction; or the registers named. Those with a value are set, all or\n"
"none. VM/cpu1 is another vCPU.\n"
"\n"
"  -h, --help   this text\n";

/* One pass over the arguments: are they right, and what is to be written? */
static int collect(int argc, char **argv, char *text, size_t size)
{
	char *equals;
	uint64_t value;
	size_t len = 0;
	int i;

	*text = '\0';
	for (i = 0; i < argc; i++) {
		equals = strchr(argv[i], '=');
		if (equals)
			*equals = '\0';
		if (kvmfs_reg_offset(argv[i]) < 0)
			return complain("%s: no such register", argv[i]);
		if (!equals)
			continue;
		if (parse_number(equals + 1, &value))
			return complain("%s: not a number", equals + 1);
		len += snprintf(text + len, size - len, "%s 0x%llx\n", argv[i],
				(unsigned long long)value);
		if (len >= size)
			return complain("too many registers");
		*argv[i] = '\0';	/* set, not to be shown */
	}
	return 0;
}

static int show(int vm, const char *name)
{
	uint64_t value;

	if (kvm_get_reg(vm, kvmfs_reg_offset(name), &value))
		return complain_vm(vm, "%s", name);
	printf("%s 0x%llx\n", name, (unsigned long long)value);
	return 0;
}

static int show_all(int vm)
{
	char text[8192], insn[CODE_TEXT];

	if (!read_whole(vm, "regs", text, sizeof(text)))
		return EXIT_FAILURE;
	fputs(text, stdout);
	code_here(vm, insn);
	if (*insn)
		printf("# %s\n", insn);
	return EXIT_SUCCESS;
}

static int regs(int argc, char **argv)
{
	int vm = open_vm(argv[0]), i;
	char text[8192];

	if (vm < 0 || collect(argc - 1, argv + 1, text, sizeof(text)))
		return EXIT_FAILURE;
	if (argc == 1)
		return show_all(vm);
	if (*text && kvmfs_write_text(vm, "regs", text)) {
		complain_vm(vm, "%s: regs", argv[0]);
		return EXIT_FAILURE;
	}
	for (i = 1; i < argc; i++)
		if (*argv[i] && show(vm, argv[i]))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int cmd_regs(int argc, char **argv)
{
	int status = only_help(argc, argv, "h", usage);

	if (status >= 0)
		return status;
	if (optind == argc) {
		complain("a virtual machine is wanted; try `kvmfs regs --help'");
		return 2;
	}
	return regs(argc - optind, argv + optind);
}

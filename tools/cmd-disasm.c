// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs disasm: a guest's code as text. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "code.h"
#include "command.h"

#define DEFAULT_COUNT	10
#define MAX_COUNT	1000000

static const char usage[] =
"usage: kvmfs disasm [-n COUNT] VM [ADDRESS]\n"
"\n"
"Shows the instructions that a virtual machine's boot vCPU does next, or those at\n"
"a linear address of its page tables. VM/cpu1 is another vCPU.\n"
"\n"
"  -n, --count COUNT    how many (10)\n"
"  -b, --bits 16|32|64  what bytes mean, if not what the vCPU takes them for\n"
"  -h, --help           this text\n";

static const struct option options[] = {
	{ "count", required_argument, NULL, 'n' },
	{ "bits", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int disasm(const char *name, const char *address, uint64_t count, uint64_t bits)
{
	char text[CODE_TEXT];
	struct code c;
	uint64_t at = 0;
	int vm, ret = 0;

	if (address && parse_number(address, &at))
		return complain("%s: not an address", address);
	vm = open_vm(name);
	if (vm < 0)
		return -1;
	if (code_open(&c, vm))
		return complain_vm(vm, "%s", name);
	if (address)
		c.at = at;
	if (bits)
		c.bits = bits;
	while (count-- && !ret) {
		ret = code_next(&c, text);
		if (ret)
			complain("%s: %s", name, text);
		else
			puts(text);
	}
	code_close(&c);
	return ret;
}

static int set_option(int opt, uint64_t *count, uint64_t *bits)
{
	switch (opt) {
	case 'n':
		if (parse_number(optarg, count) || !*count || *count > MAX_COUNT)
			return complain("%s: not a number of instructions", optarg);
		return 0;
	case 'b':
		if (parse_number(optarg, bits) || (*bits != 16 && *bits != 32 && *bits != 64))
			return complain("%s: there are 16, 32 and 64 bits", optarg);
		return 0;
	default:
		return -1;
	}
}

int cmd_disasm(int argc, char **argv)
{
	uint64_t count = DEFAULT_COUNT, bits = 0;
	int opt;

	while ((opt = next_option(argc, argv, "n:b:h", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (set_option(opt, &count, &bits))
			return 2;
	}
	if (optind == argc || optind + 2 < argc) {
		complain("a virtual machine (and an address) is wanted; try `kvmfs disasm --help'");
		return 2;
	}
	return disasm(argv[optind], argv[optind + 1], count, bits) ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs dump: what there is to see of a VM, at one go, for a bug report. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "elfcore.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs dump [--mem ADDRESS LENGTH | --output FILE] VM\n"
"\n"
"Shows status, last exit, registers and memory map of a virtual machine, or\n"
"instead a part of its memory in hex; or makes an ELF core of all of it, that gdb\n"
"and crash open.\n"
"\n"
"  -o, --output FILE         the core\n"
"  -m, --mem ADDRESS LENGTH  guest physical address and number of bytes\n"
"  -h, --help                this text\n";

static void hex_line(uint64_t gpa, const unsigned char *bytes, size_t n)
{
	size_t i;

	printf("%012llx ", (unsigned long long)gpa);
	for (i = 0; i < 16; i++) {
		if (i == 8)
			putchar(' ');
		if (i < n)
			printf(" %02x", bytes[i]);
		else
			fputs("   ", stdout);
	}
	fputs("  |", stdout);
	for (i = 0; i < n; i++)
		putchar(isprint(bytes[i]) ? bytes[i] : '.');
	puts("|");
}

static int dump_memory(int vm, uint64_t gpa, uint64_t len)
{
	int mem = openat(vm, "mem", O_RDONLY | O_CLOEXEC);
	unsigned char bytes[16];
	ssize_t n;

	if (mem < 0)
		return complain_vm(vm, "mem");
	while (len) {
		n = pread(mem, bytes, len < 16 ? len : 16, gpa);
		if (n < 0)
			return complain_vm(vm, "mem");
		if (!n)		/* the end of the highest region */
			break;
		hex_line(gpa, bytes, n);
		gpa += n;
		len -= n;
	}
	close(mem);
	return 0;
}

static int dump_files(int vm)
{
	static const char * const files[] = { "status", "exit", "regs", "memmap" };
	char text[16384];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		/* A further vCPU has no files of the VM */
		if (faccessat(vm, files[i], F_OK, 0))
			continue;
		if (!read_whole(vm, files[i], text, sizeof(text)))
			return -1;
		printf("# %s\n%s", files[i], text);
	}
	return 0;
}

/* By hand: getopt knows no option with two values */
static int parse_args(int argc, char **argv, const char **name, uint64_t *gpa, uint64_t *len,
		      const char **output)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--mem") || !strcmp(argv[i], "-m")) {
			if (i + 2 >= argc || parse_size(argv[i + 1], gpa) ||
			    parse_size(argv[i + 2], len) || !*len)
				return complain("--mem wants an address and a length");
			i += 2;
		} else if (!strcmp(argv[i], "--output") || !strcmp(argv[i], "-o")) {
			if (i + 1 >= argc)
				return complain("--output wants a file");
			*output = argv[++i];
		} else if (argv[i][0] == '-' || *name) {
			return complain("%s: unexpected argument", argv[i]);
		} else {
			*name = argv[i];
		}
	}
	return *name ? 0 : complain("a virtual machine is wanted; try `kvmfs dump --help'");
}

/* It stands still meanwhile */
static int dump_core(int vm, const char *path)
{
	char status[512];
	int was_paused, ret;
	FILE *to;

	if (!read_whole(vm, "status", status, sizeof(status)))
		return -1;
	was_paused = !strncmp(status, "state paused\n", 13);
	to = create_private(path, O_TRUNC);
	if (!to)
		return complain("%s: %s", path, strerror(errno));
	ret = kvmfs_ctl(vm, "pause") ? complain_vm(vm, "pause") : elfcore_write(vm, to);
	if (!was_paused)
		kvmfs_ctl(vm, "resume");
	if (fclose(to) && !ret)
		ret = complain("%s: %s", path, strerror(errno));
	if (ret)
		unlink(path);
	return ret;
}

int cmd_dump(int argc, char **argv)
{
	const char *name = NULL, *output = NULL;
	uint64_t gpa = 0, len = 0;
	int vm;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return print_help(usage, argv[0]);
	if (parse_args(argc, argv, &name, &gpa, &len, &output))
		return 2;
	vm = open_vm(name);
	if (vm >= 0 && output)
		return dump_core(vm, output) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (vm < 0 || (len ? dump_memory(vm, gpa, len) : dump_files(vm)))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs create: a VM that stays until rmdir, perhaps with memory. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs create [-m SIZE] VM\n"
"\n"
"Makes a virtual machine, or a vCPU of one (VM/cpu1), that stays until rmdir.\n"
"VM is a name below the mount of kvmfs, or a path with a slash in it.\n"
"\n"
"  -m, --mem SIZE   memory from address 0 on, in bytes or with K, M, G\n"
"  -h, --help       this text\n";

static const struct option options[] = {
	{ "mem", required_argument, NULL, 'm' },
	{ "memory", required_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int create(const char *name, uint64_t memory)
{
	char path[4096];
	int vm;

	if (!vm_path(name, path, sizeof(path)))
		return EXIT_FAILURE;
	vm = kvm_create(path, KVM_CREATE_PERSIST, 0777);
	if (vm < 0) {
		complain_create(path);
		return EXIT_FAILURE;
	}
	if (!memory || !kvmfs_set_memory(vm, 0, memory))
		return EXIT_SUCCESS;
	complain_vm(vm, "%s: memory", path);
	close(vm);
	rmdir(path);
	return EXIT_FAILURE;
}

int cmd_create(int argc, char **argv)
{
	uint64_t memory = 0;
	int opt;

	while ((opt = next_option(argc, argv, "m:h", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (opt != 'm')
			return 2;
		if (parse_size(optarg, &memory) || !memory) {
			complain("%s: not a size", optarg);
			return 2;
		}
	}
	if (optind != argc - 1) {
		complain("one name is wanted; try `kvmfs create --help'");
		return 2;
	}
	return create(argv[optind], memory);
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs list: the virtual machines of a mount. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs list [-l] [MOUNT]\n"
"\n"
"Lists the virtual machines.\n"
"\n"
"  -l, --long   with state, number of vCPUs, MiB of memory and exits\n"
"  -h, --help   this text\n";

static const struct option options[] = {
	{ "long", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

#define KVMFS_MAGIC	0x6b766d66	/* f_type of statfs(2) */

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_state(int vm, char *state, size_t size)
{
	char text[512], *end;

	if (kvmfs_read_text(vm, "status", text, sizeof(text)) < 0 ||
	    strncmp(text, "state ", 6)) {
		snprintf(state, size, "?");
		return;
	}
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	snprintf(state, size, "%.*s", (int)size - 1, text + 6);
}

/* The boot vCPU, and each directory cpuN; cpu0 is a link to itself */
static unsigned int count_cpus(int vm)
{
	DIR *dir = fdopendir(dup(vm));
	const struct dirent *entry;
	unsigned int n = 1;

	if (!dir)
		return n;
	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "cpu", 3) && entry->d_type == DT_DIR)
			n++;
	closedir(dir);
	return n;
}

static void print_vm(int vm, const char *name)
{
	char state[32];
	struct stat st;
	uint64_t exits;

	read_state(vm, state, sizeof(state));
	if (fstatat(vm, "mem", &st, 0))
		st.st_size = 0;
	if (kvmfs_stat(vm, "exits", &exits))
		exits = 0;
	printf("%-20s %-8s %4u %8llu %12llu\n", printable(name), state, count_cpus(vm),
	       (unsigned long long)st.st_size >> 20, (unsigned long long)exits);
}

static int list(const char *mount, int with_details)
{
	struct dirent **entries;
	struct statfs fs;
	int n, i, dir, vm;

	dir = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstatfs(dir, &fs)) {
		complain("%s: %s", mount, strerror(errno));
		return EXIT_FAILURE;
	}
	if (fs.f_type != KVMFS_MAGIC) {
		complain("%s: that is no mount of kvmfs", mount);
		return EXIT_FAILURE;
	}
	n = scandir(mount, &entries, is_shown, alphasort);
	if (n < 0) {
		complain("%s: %s", mount, strerror(errno));
		return EXIT_FAILURE;
	}
	if (with_details)
		printf("%-20s %-8s %4s %8s %12s\n", "NAME", "STATE", "CPUS", "MIB", "EXITS");
	for (i = 0; i < n; i++) {
		vm = openat(dir, entries[i]->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (with_details && vm >= 0)
			print_vm(vm, entries[i]->d_name);
		else
			puts(printable(entries[i]->d_name));
		if (vm >= 0)
			close(vm);
		free(entries[i]);
	}
	free(entries);
	close(dir);
	return EXIT_SUCCESS;
}

int cmd_list(int argc, char **argv)
{
	int opt, with_details = 0;
	char mount[4096];

	while ((opt = next_option(argc, argv, "lh", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (opt != 'l')
			return 2;
		with_details = 1;
	}
	if (optind < argc - 1) {
		complain("%s: unexpected argument", argv[optind + 1]);
		return 2;
	}
	if (optind == argc - 1)
		return list(argv[optind], with_details);
	if (find_mount(mount, sizeof(mount)))
		return EXIT_FAILURE;
	return list(mount, with_details);
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs save and kvmfs restore: a machine in a file of one's choice. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"
#include "savefile.h"

static const char save_usage[] =
"usage: kvmfs save [-s] VM FILE\n"
"\n"
"Writes all of a virtual machine into a file: memory, vCPUs, and the devices of\n"
"the `kvmfs run' that runs it. It stands still meanwhile, and then goes on.\n"
"`kvmfs run --restore FILE' continues it; `kvmfs restore' makes one anew that no\n"
"`kvmfs run' ran.\n"
"\n"
"  -s, --stop   end it, when it is saved\n"
"  -h, --help   this text\n";

static const char restore_usage[] =
"usage: kvmfs restore FILE VM\n"
"\n"
"Makes a virtual machine that stays, as one was when it was saved.\n"
"With the devices of a `kvmfs run', use `kvmfs run --restore FILE'.\n"
"\n"
"  -h, --help   this text\n";

static const struct option save_options[] = {
	{ "stop", no_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int is_paused(int vm)
{
	char text[512];

	return read_whole(vm, "status", text, sizeof(text)) &&
	       !strncmp(text, "state paused\n", 13);
}

/* What the monitor says of its devices; "" where there is none; NULL: it cannot */
static char *ask_devices(int vm)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	if (has_monitor(vm) && ask_monitor(vm, "state", to)) {
		fclose(to);
		free(text);
		return NULL;
	}
	fclose(to);
	return text;
}

/* The file comes to be when it is whole, and not before */
static int write_file(int vm, const char *path, const char *devices)
{
	char part[4096];
	FILE *to;
	int ret;

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return complain("%s: %s", path, strerror(ENAMETOOLONG));
	/* whose it was before, and where it led to: not to be the one who reads memory */
	unlink(part);
	to = create_private(part, O_EXCL);
	if (!to)
		return complain("%s: %s", part, strerror(errno));
	ret = savefile_write(vm, devices, to);
	if (fclose(to) && !ret)
		ret = complain("%s: %s", part, strerror(errno));
	if (!ret && rename(part, path))
		ret = complain("%s: %s", path, strerror(errno));
	if (ret)
		unlink(part);
	return ret;
}

static int save(const char *name, const char *path, int stop)
{
	int vm = open_vm(name), was_paused, ret = -1;
	char *devices;

	if (vm < 0)
		return -1;
	was_paused = is_paused(vm);
	if (kvmfs_ctl(vm, "pause"))
		return complain_vm(vm, "%s: pause", name);
	devices = ask_devices(vm);
	if (devices)
		ret = write_file(vm, path, devices);
	free(devices);
	if (!ret && stop)
		ret = stop_vm(vm);
	else if (!was_paused)
		kvmfs_ctl(vm, "resume");
	return ret;
}

int cmd_save(int argc, char **argv)
{
	int opt, stop = 0;

	while ((opt = next_option(argc, argv, "sh", save_options)) >= 0) {
		if (opt == 'h')
			return print_help(save_usage, argv[0]);
		if (opt != 's')
			return 2;
		stop = 1;
	}
	if (optind + 2 != argc) {
		complain("a virtual machine and a file are wanted; try `kvmfs save --help'");
		return 2;
	}
	return save(argv[optind], argv[optind + 1], stop) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int restore_to(const char *path, FILE *from)
{
	int vm = kvm_create(path, KVM_CREATE_PERSIST, 0700);

	if (vm < 0)
		return complain("%s: %s", path, strerror(errno));
	if (!savefile_read(vm, from, true))
		return 0;
	close(vm);
	rmdir(path);
	return -1;
}

static int restore(const char *file, const char *name)
{
	char path[4096], *devices;
	FILE *from;
	int ret = -1;

	if (!vm_path(name, path, sizeof(path)))
		return -1;
	from = fopen(file, "re");
	if (!from)
		return complain("%s: %s", file, strerror(errno));
	devices = savefile_devices(from, file);
	if (devices && *devices)
		complain("%s: it has devices; try `kvmfs run --restore'", file);
	else if (devices)
		ret = restore_to(path, from);
	free(devices);
	fclose(from);
	return ret;
}

int cmd_restore(int argc, char **argv)
{
	int status = only_help(argc, argv, "h", restore_usage);

	if (status >= 0)
		return status;
	if (optind + 2 != argc) {
		complain("a file and a name are wanted; try `kvmfs restore --help'");
		return 2;
	}
	return restore(argv[optind], argv[optind + 1]) ? EXIT_FAILURE : EXIT_SUCCESS;
}

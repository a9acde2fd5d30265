// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs run --restore: a machine goes on where `kvmfs save' found it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pc.h"
#include "restore.h"
#include "savefile.h"
#include "state.h"
#include "vmm.h"

static FILE *from;
static char *devices;

static void forget(void)
{
	if (from)
		fclose(from);
	free(devices);
	from = NULL;
	devices = NULL;
}

/* What the lines of devices say of the machine itself */
static int read_config(struct vmm_config *config)
{
	const char *line = strstr(devices, "vcpu.memory ");

	if (!line)
		return complain("%s: no `kvmfs run' ran it; try `kvmfs restore'",
				config->restore);
	config->memory = strtoull(line + 12, NULL, 0);
	if (config->memory < MIN_MEMORY || config->memory > MAX_MEMORY || config->memory % 4096)
		return complain("%s: no machine has that much memory, or so little",
				config->restore);
	if (!config->pc->bios && strstr(devices, "pc.port_a20 "))
		config->pc->bios = SEABIOS;
	return 0;
}

/**
 * restore_open() - look into the file: it says how much memory there is
 * @config: its @restore is the file; its @memory is set, and firmware, if there was some
 * Return: 0, or -1 with a line on stderr
 */
int restore_open(struct vmm_config *config)
{
	from = fopen(config->restore, "re");
	if (!from)
		return complain("%s: %s", config->restore, strerror(errno));
	devices = savefile_devices(from, config->restore);
	if (devices && !read_config(config))
		return 0;
	forget();
	return -1;
}

/**
 * restore_load() - memory, vCPU and devices as they were
 * @vm: the machine, set up as its configuration says
 * Return: 0, or -1 with a line on stderr
 */
int restore_load(struct vmm *vm)
{
	int dir = vm->be->ops->directory ? vm->be->ops->directory(vm->be) : -1;
	int ret;

	if (dir < 0)
		return complain("this machine cannot be restored");
	ret = savefile_read(dir, from, false);
	if (!ret)
		ret = state_load(vm, devices);
	forget();
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs run --gdb: the same as `kvmfs gdb' beside it, in a thread of the monitor's. It
 * knows the machine by its files alone, as that does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "debugger.h"
#include "gdb/gdb.h"
#include "kvmfs.h"
#include "vmm.h"

static int directory, listener, connection = -1;
static enum gdb_arch arch;

static void *serve(void *unused)
{
	int fd;

	for (;;) {
		fd = gdb_accept(listener);
		if (fd < 0)
			continue;
		connection = fd;
		if (gdb_session(directory, arch, fd, fd))
			fprintf(stderr, "kvmfs: gdb: %s\r\n", strerror(errno));
		connection = -1;
		close(fd);
	}
	return unused;
}

/**
 * debugger_start() - listen for gdb, and stop the machine, if that was asked for
 * @vm: the machine
 *
 * Return: 0, or -1 with a line on stderr
 */
int debugger_start(struct vmm *vm)
{
	const struct vmm_config *config = vm->config;

	if (!config->gdb && !config->stopped)
		return 0;
	directory = vm->be->ops->directory ? vm->be->ops->directory(vm->be) : -1;
	if (directory < 0 || (config->stopped && kvmfs_ctl(directory, "pause"))) {
		fputs("kvmfs: this machine cannot be stopped\n", stderr);
		return -1;
	}
	if (!config->gdb)
		return 0;
	listener = gdb_listen(config->gdb, &arch);
	if (listener < 0 || io_thread(serve, NULL)) {
		fprintf(stderr, "kvmfs: --gdb %s: %s\n", config->gdb, strerror(errno));
		return -1;
	}
	return 0;
}

/**
 * debugger_finish() - tell gdb that the machine has ended
 * @status: its exit code
 *
 * It ran, so that gdb waits for this.
 */
void debugger_finish(int status)
{
	char packet[16];
	unsigned int sum;
	int n;

	if (connection < 0)
		return;
	n = sprintf(packet, "$W%02x", status & 0xff);
	sum = packet[1] + packet[2] + packet[3];
	n += sprintf(packet + n, "#%02x", sum & 0xff);
	if (write(connection, packet, n) != n)
		close(connection);
}

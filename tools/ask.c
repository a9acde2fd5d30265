// SPDX-License-Identifier: GPL-2.0-only
/* The other end of a monitor's control socket: see vmm/control.c. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "vmm/control.h"

/* Nobody else may play the monitor: its user, or root, owns the machine's directory */
static int is_monitor(int fd, int vm)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct stat st;

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && !fstat(vm, &st) &&
	       (peer.uid == 0 || peer.uid == st.st_uid);
}

static int call(int vm)
{
	struct sockaddr_un address;
	socklen_t size;
	int fd;

	if (control_address(vm, &address, &size))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!connect(fd, (struct sockaddr *)&address, size) && is_monitor(fd, vm))
		return fd;
	close(fd);
	return -1;
}

/**
 * monitor_pid() - the thread of a `kvmfs run' that runs a machine
 * @vm: directory descriptor of the machine
 * Return: its number, or -1 if there is none
 */
pid_t monitor_pid(int vm)
{
	int fd = call(vm);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		peer.pid = -1;
	close(fd);
	return peer.pid;
}

/**
 * has_monitor() - whether a `kvmfs run' runs a machine
 * @vm: directory descriptor of the machine
 * Return: that
 */
int has_monitor(int vm)
{
	int fd = call(vm);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Lines with a blank in front are the answer, any other ends it */
static int listen_to(FILE *from, FILE *to)
{
	char *line = NULL;
	size_t room = 0;
	int ret = -1;

	while (getline(&line, &room, from) > 0 && line[0] == ' ')
		fputs(line + 1, to);
	if (line && !strcmp(line, "ok\n"))
		ret = 0;
	else if (line && !strncmp(line, "error ", 6))
		complain("%.*s", (int)strcspn(line + 6, "\n"), line + 6);
	else
		complain("the monitor has hung up");
	free(line);
	return ret;
}

/**
 * ask_monitor() - have the monitor of a machine do something
 * @vm: directory descriptor of the machine
 * @line: the command, without a newline
 * @to: where its answer is written
 * Return: 0, or -1 with a line on stderr
 */
int ask_monitor(int vm, const char *line, FILE *to)
{
	int fd = call(vm), ret = -1;
	FILE *from;

	if (fd < 0)
		return complain("nobody answers for this machine: it is run by no `kvmfs run'");
	from = fdopen(fd, "r");
	if (from && dprintf(fd, "%s\n", line) > 0)
		ret = listen_to(from, to);
	else
		complain("the monitor has hung up");
	if (from)
		fclose(from);
	else
		close(fd);
	return ret;
}

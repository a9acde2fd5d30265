// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network in user mode, the monitor's side: starts kvmfs-net-user (../net-user.c), which has
 * libslirp in it, at the other end of a socket pair. What parses the guest's packets
 * is so in a process without the guest's memory, and goes when we go.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "net.h"

#define PROGRAM		"kvmfs-net-user"
#define MAX_ARGS	64
#define BUFFER		(256 * 1024)	/* frames under way, in bytes */

/* One byte comes as soon as all is well; it ends without one if it does not like its words */
static int await(int fd)
{
	char ready;
	ssize_t n;

	do {
		n = read(fd, &ready, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -1;
}

/**
 * net_user_start() - start a network in user mode
 * @forwards: ports of the host that lead to the guest, as "tcp::2222-:22"
 * @count: of them
 * Return: a nonblocking descriptor that carries frames, or -1 with a line on stderr
 */
int net_user_start(char *const forwards[], unsigned int count)
{
	char *args[MAX_ARGS] = { PROGRAM };
	int pair[2], size = BUFFER, err;
	unsigned int i;

	for (i = 0; i < count && i < MAX_ARGS - 2; i++)
		args[i + 1] = forwards[i];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		perror("kvmfs: socketpair");
		return -1;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	err = program_start(args, pair[1], -1);
	close(pair[1]);
	if (err) {
		fprintf(stderr, "kvmfs: %s: %s\n", PROGRAM, strerror(err));
	} else if (!await(pair[0])) {
		fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK);
		return pair[0];
	}
	close(pair[0]);
	return -1;
}

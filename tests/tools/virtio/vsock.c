// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock listen PORT >FILE: takes one connection and all that comes by it.
 * vsock send CID PORT <FILE: connects and sends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char buf[65536];
	ssize_t n, done, m;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		for (done = 0; done < n; done += m) {
			m = write(to, buf + done, n - done);
			if (m < 0)
				return -1;
		}
	return n;
}

static int fail(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

static int take(struct sockaddr_vm *address)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) || listen(fd, 1))
		return fail("listen");
	fd = accept(fd, NULL, NULL);
	if (fd < 0 || copy(fd, STDOUT_FILENO))
		return fail("read");
	return EXIT_SUCCESS;
}

/* Closed when the other end has: so nothing that was sent is lost */
static int give(struct sockaddr_vm *address)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	char byte;

	if (fd < 0 || connect(fd, (struct sockaddr *)address, sizeof(*address)))
		return fail("connect");
	if (copy(STDIN_FILENO, fd) || shutdown(fd, SHUT_WR))
		return fail("write");
	return read(fd, &byte, 1) ? fail("read") : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };

	if (argc == 3 && !strcmp(argv[1], "listen")) {
		address.svm_port = atoi(argv[2]);
		return take(&address);
	}
	if (argc == 4 && !strcmp(argv[1], "send")) {
		address.svm_cid = atoi(argv[2]);
		address.svm_port = atoi(argv[3]);
		return give(&address);
	}
	fputs("usage: vsock listen PORT | send CID PORT\n", stderr);
	return 2;
}

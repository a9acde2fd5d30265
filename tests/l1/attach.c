// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach SOCKET: this terminal becomes the one behind a UNIX socket, where
 * QEMU has a serial line of the emulated host. Ctrl-] leaves. Without a
 * terminal it copies stdin until its end and then what still comes for a second.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE	0x1d		/* Ctrl-] */

static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return -1;
	return fd;
}

static ssize_t move(int from, int to, int terminal)
{
	char data[4096];
	ssize_t n = read(from, data, sizeof(data));

	if (n > 0 && terminal && memchr(data, ESCAPE, n))
		return 0;
	if (n > 0 && write(to, data, n) != n)
		return -1;
	return n;
}

static void talk(int fd, int terminal)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { 0, POLLIN, 0 } };
	int wait = -1;

	while (poll(p, 2, wait) > 0) {
		if (p[0].revents && move(fd, 1, 0) <= 0)
			return;
		if (p[1].revents && move(0, fd, terminal) <= 0) {
			if (terminal)
				return;
			p[1].fd = -1;
			wait = 1000;
		}
	}
}

int main(int argc, char **argv)
{
	struct termios saved, raw;
	int terminal = !tcgetattr(0, &saved);
	int fd = argc == 2 ? connect_to(argv[1]) : -1;

	if (fd < 0) {
		fprintf(stderr, "attach: no `make run` is there\n");
		return 1;
	}
	if (terminal) {
		fprintf(stderr, "Shell of the emulated host; Ctrl-] leaves.\n");
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(0, TCSANOW, &raw);
		if (write(fd, "\n", 1) != 1)
			return 1;
	}
	talk(fd, terminal);
	if (terminal)
		tcsetattr(0, TCSANOW, &saved);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Where gdb connects to: tcp:[HOST]:PORT, [HOST]:PORT, PORT or unix:PATH, and ,arch=ARCH. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gdb.h"

static int open_at(const struct sockaddr *address, socklen_t size)
{
	int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (address->sa_family == AF_INET)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, address, size) && !listen(fd, 1))
		return fd;
	close(fd);
	return -1;
}

static int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!*path || strlen(path) >= sizeof(address.sun_path)) {
		errno = *path ? ENAMETOOLONG : EINVAL;
		return -1;
	}
	strcpy(address.sun_path, path);
	return open_at((struct sockaddr *)&address, sizeof(address));
}

static int parse_host(const char *text, size_t len, struct in_addr *host)
{
	char name[64];

	host->s_addr = htonl(INADDR_LOOPBACK);
	if (!len || (len == 9 && !strncmp(text, "localhost", 9)))
		return 0;
	if (len >= sizeof(name))
		return -1;
	memcpy(name, text, len);
	name[len] = '\0';
	return inet_pton(AF_INET, name, host) == 1 ? 0 : -1;
}

static int parse_arch(const char *text, enum gdb_arch *arch)
{
	*arch = strcmp(text, "arch=i386") ? ARCH_X86_64 : ARCH_I386;
	return *arch == ARCH_I386 || !strcmp(text, "arch=x86-64") ? 0 : -1;
}

static int listen_tcp(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	const char *colon;
	unsigned long port;
	char *end;

	if (!strncmp(address, "tcp:", 4))
		address += 4;
	colon = strrchr(address, ':');
	port = strtoul(colon ? colon + 1 : address, &end, 10);
	if (*end || !port || port > 65535 ||
	    parse_host(address, colon ? colon - address : 0, &in.sin_addr)) {
		errno = EINVAL;
		return -1;
	}
	in.sin_port = htons(port);
	return open_at((struct sockaddr *)&in, sizeof(in));
}

/**
 * gdb_listen() - wait for connections
 * @text: as above; without a host, of this machine alone
 * @arch: out: what gdb shall be told that the machine is
 * Return: a descriptor for gdb_accept(), or -1 and errno: EINVAL: no address
 */
int gdb_listen(const char *text, enum gdb_arch *arch)
{
	char address[256], *comma;

	*arch = ARCH_AUTO;
	if (snprintf(address, sizeof(address), "%s", text) >= (int)sizeof(address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	comma = strchr(address, ',');
	if (comma)
		*comma = '\0';
	if (comma && parse_arch(comma + 1, arch)) {
		errno = EINVAL;
		return -1;
	}
	return strncmp(address, "unix:", 5) ? listen_tcp(address) : listen_unix(address + 5);
}

/**
 * gdb_accept() - the next connection
 * @listener: of gdb_listen()
 * Return: a descriptor, or -1 and errno
 */
int gdb_accept(int listener)
{
	int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)	/* packets are short and answered at once */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

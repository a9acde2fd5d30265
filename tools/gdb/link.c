// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets: $DATA#SUM, where DATA has } in front of $, #, } and *, and each is
 * acknowledged until gdb says that it need not be.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdb.h"

#define INTERRUPT	0x03

/* More bytes into l->buf; 0, or -1 at the end or when gdb_quit was set */
static int fill(struct gdb_link *l)
{
	ssize_t n;

	if (l->have == sizeof(l->buf))
		return -1;
	do {
		n = gdb_quit ? 0 : read(l->in, l->buf + l->have, sizeof(l->buf) - l->have);
	} while (n < 0 && errno == EINTR && !gdb_quit);
	if (n <= 0)
		return -1;
	l->have += n;
	return 0;
}

static void consume(struct gdb_link *l, size_t n)
{
	l->have -= n;
	memmove(l->buf, l->buf + n, l->have);
}

static int put(struct gdb_link *l, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(l->out, p, len);
		if (n < 0 && errno == EINTR && !gdb_quit)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

/* Undoes the }; returns the length */
static size_t unescape(const uint8_t *from, size_t len, char *to)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		to[n++] = from[i] == '}' && i + 1 < len ? from[++i] ^ 0x20 : from[i];
	to[n] = '\0';
	return n;
}

/* Whether the sum that stands behind the # at @end is that of what stands before */
static bool is_whole(const uint8_t *data, const uint8_t *end)
{
	char digits[3] = { end[1], end[2] };
	unsigned int sum, want;

	for (sum = 0; data < end; data++)
		sum += *data;
	return sscanf(digits, "%2x", &want) == 1 && want == (sum & 0xff);
}

/**
 * link_receive() - the next packet
 * @l: the connection
 * @packet: where to; a 0 byte follows it
 * @size: of @packet, more than GDB_PACKET
 * Return: its length; -1: the connection has ended. An interrupt is a packet of one
 * byte 3.
 */
int link_receive(struct gdb_link *l, char *packet, size_t size)
{
	uint8_t *end;
	size_t len;

	for (;;) {
		while (l->have && *l->buf != '$' && *l->buf != INTERRUPT)
			consume(l, 1);
		if (l->have && *l->buf == INTERRUPT) {
			consume(l, 1);
			strcpy(packet, "\003");
			return 1;
		}
		end = l->have ? memchr(l->buf, '#', l->have) : NULL;
		if (!end || end + 2 >= l->buf + l->have) {
			if (fill(l))
				return -1;
			continue;
		}
		len = end - l->buf;
		if (!l->no_ack && put(l, is_whole(l->buf + 1, end) ? "+" : "-", 1))
			return -1;
		if (len >= size || (!l->no_ack && !is_whole(l->buf + 1, end))) {
			consume(l, len + 3);
			continue;
		}
		len = unescape(l->buf + 1, len - 1, packet);
		consume(l, end + 3 - l->buf);
		return len;
	}
}

/**
 * link_send() - send a packet
 * @l: the connection
 * @packet: what; any bytes
 * @len: how many, up to GDB_PACKET
 * Return: 0, or -1: the connection has ended
 */
int link_send(struct gdb_link *l, const char *packet, size_t len)
{
	char out[2 * GDB_PACKET + 8];
	unsigned int sum = 0;
	size_t i, n = 0;

	out[n++] = '$';
	for (i = 0; i < len; i++) {
		if (strchr("$#}*", packet[i]) && packet[i]) {
			out[n++] = '}';
			out[n++] = packet[i] ^ 0x20;
		} else {
			out[n++] = packet[i];
		}
	}
	for (i = 1; i < n; i++)
		sum += (uint8_t)out[i];
	n += sprintf(out + n, "#%02x", sum & 0xff);
	return put(l, out, n);
}

/**
 * link_interrupted() - whether gdb has sent an interrupt; does not wait
 * @l: the connection, at which something can be read
 * Return: 1, 0, or -1: the connection has ended
 */
int link_interrupted(struct gdb_link *l)
{
	if (fill(l))
		return -1;
	while (l->have && *l->buf != '$') {
		bool yes = *l->buf == INTERRUPT;

		consume(l, 1);
		if (yes)
			return 1;
	}
	return 0;
}

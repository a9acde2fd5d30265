// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-net-user [FORWARD...]: a network in user mode for `kvmfs run --net user`, which
 * starts it. Standard input is a socket that carries an Ethernet frame a message; libslirp
 * answers the guest's ARP, DHCP and DNS, and makes ordinary sockets of its connections. It
 * ends when the other end of the socket does.
 *
 * A FORWARD is tcp:[HOST]:PORT-[GUEST]:PORT, or udp:...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libslirp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME		STDIN_FILENO
#define MAX_FRAME	65536
#define MAX_FDS		1024

/* What libslirp calls a timer */
struct timer {
	SlirpTimerCb fn;
	void *arg;
	int64_t due;		/* ms; -1: not armed */
	struct timer *next;
};

static struct timer *timers;
static struct pollfd fds[MAX_FDS];
static int fd_count;

static int64_t now_ns(void *opaque)
{
	struct timespec ts;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* A frame for the guest; one that finds no room is lost, as libslirp expects */
static ssize_t send_packet(const void *frame, size_t size, void *opaque)
{
	(void)opaque;
	return send(FRAME, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void guest_error(const char *msg, void *opaque)
{
	(void)msg;
	(void)opaque;
}

static void *timer_new(SlirpTimerCb fn, void *arg, void *opaque)
{
	struct timer *timer = malloc(sizeof(*timer));

	(void)opaque;
	if (!timer)
		abort();
	*timer = (struct timer){ .fn = fn, .arg = arg, .due = -1, .next = timers };
	timers = timer;
	return timer;
}

static void timer_free(void *old, void *opaque)
{
	struct timer **at = &timers;

	(void)opaque;
	while (*at && *at != old)
		at = &(*at)->next;
	if (*at)
		*at = (*at)->next;
	free(old);
}

static void timer_mod(void *timer, int64_t due, void *opaque)
{
	(void)opaque;
	((struct timer *)timer)->due = due;
}

/* All descriptors are asked for anew before each poll() */
static void poll_fd(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void notify(void *opaque)
{
	(void)opaque;
}

static const struct {
	int slirp;
	short poll;
} events[] = {
	{ SLIRP_POLL_IN, POLLIN }, { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

#define EVENTS	(sizeof(events) / sizeof(events[0]))

static int add_poll(int fd, int wanted, void *opaque)
{
	unsigned int i;

	(void)opaque;
	if (fd_count == MAX_FDS)
		return -1;
	fds[fd_count] = (struct pollfd){ .fd = fd };
	for (i = 0; i < EVENTS; i++)
		if (wanted & events[i].slirp)
			fds[fd_count].events |= events[i].poll;
	return fd_count++;
}

static int get_revents(int index, void *opaque)
{
	int got = 0;
	unsigned int i;

	(void)opaque;
	for (i = 0; index >= 0 && i < EVENTS; i++)
		if (fds[index].revents & events[i].poll)
			got |= events[i].slirp;
	return got;
}

static void run_timers(void)
{
	int64_t now = now_ns(NULL) / 1000000;
	struct timer *timer = timers;

	while (timer) {
		if (timer->due < 0 || timer->due > now) {
			timer = timer->next;
			continue;
		}
		timer->due = -1;
		timer->fn(timer->arg);
		timer = timers;		/* it may have freed any of them */
	}
}

static uint32_t next_timer(void)
{
	int64_t now = now_ns(NULL) / 1000000, left;
	uint32_t timeout = UINT32_MAX;
	struct timer *timer;

	for (timer = timers; timer; timer = timer->next) {
		if (timer->due < 0)
			continue;
		left = timer->due > now ? timer->due - now : 0;
		if (left < timeout)
			timeout = left;
	}
	return timeout;
}

/* Frames of the guest: false if it has gone */
static bool input(Slirp *slirp)
{
	static uint8_t frame[MAX_FRAME];
	ssize_t n;

	for (;;) {
		n = recv(FRAME, frame, sizeof(frame), MSG_DONTWAIT);
		if (n > 0)
			slirp_input(slirp, frame, n);
		else
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
}

static void serve(Slirp *slirp)
{
	uint32_t timeout;
	int n;

	for (;;) {
		fd_count = 0;
		add_poll(FRAME, SLIRP_POLL_IN, NULL);
		timeout = next_timer();
		slirp_pollfds_fill(slirp, &timeout, add_poll, NULL);
		n = poll(fds, fd_count, timeout > INT32_MAX ? -1 : (int)timeout);
		if (n < 0 && errno != EINTR)
			return;
		if (fds[0].revents && !input(slirp))
			return;
		slirp_pollfds_poll(slirp, n < 0, get_revents, NULL);
		run_timers();
	}
}

/* "ADDRESS:PORT", of which ADDRESS may be empty: cut off @text, which moves on behind @end */
static bool take_address(char **text, char end, struct in_addr *addr, int *port)
{
	char *colon = strchr(*text, ':'), *rest;
	long number;

	if (!colon)
		return false;
	*colon = '\0';
	if (**text && inet_pton(AF_INET, *text, addr) != 1)
		return false;
	number = strtol(colon + 1, &rest, 10);
	if (rest == colon + 1 || *rest != end || number < 1 || number > 65535)
		return false;
	*port = number;
	*text = rest + 1;
	return true;
}

static int forward(Slirp *slirp, const char *arg)
{
	struct in_addr host = { htonl(INADDR_ANY) }, guest = { 0 };
	bool udp = !strncmp(arg, "udp:", 4);
	int host_port, guest_port;
	char text[256], *at = text;

	if (strlen(arg) >= sizeof(text) || (!udp && strncmp(arg, "tcp:", 4))) {
		fprintf(stderr, "kvmfs: hostfwd=%s: tcp: or udp: comes first\n", arg);
		return -1;
	}
	strcpy(text, arg + 4);
	if (!take_address(&at, '-', &host, &host_port) ||
	    !take_address(&at, '\0', &guest, &guest_port)) {
		fprintf(stderr, "kvmfs: hostfwd=%s: is not as tcp::2222-:22 is\n", arg);
		return -1;
	}
	if (!slirp_add_hostfwd(slirp, udp, host, host_port, guest, guest_port))
		return 0;
	fprintf(stderr, "kvmfs: hostfwd=%s: %s\n", arg, strerror(errno));
	return -1;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = now_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = poll_fd,
	.unregister_poll_fd = poll_fd,
	.notify = notify,
};

/* The addresses that users of QEMU know */
static Slirp *make_network(void)
{
	SlirpConfig config = {
		.version = 1,
		.in_enabled = true,
		.in6_enabled = true,
		.vprefix_len = 64,
	};

	inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
	inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
	inet_pton(AF_INET, "10.0.2.2", &config.vhost);
	inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
	inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
	inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &config.vhost6);
	inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
	return slirp_new(&config, &callbacks, NULL);
}

int main(int argc, char **argv)
{
	Slirp *slirp;
	int type, i;
	socklen_t len = sizeof(type);

	if (getsockopt(FRAME, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_SEQPACKET) {
		fputs("kvmfs-net-user is started by kvmfs run --net user\n", stderr);
		return 2;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	slirp = make_network();
	if (!slirp) {
		fputs("kvmfs: libslirp makes no network\n", stderr);
		return EXIT_FAILURE;
	}
	for (i = 1; i < argc; i++)
		if (forward(slirp, argv[i]))
			return EXIT_FAILURE;
	if (send(FRAME, "", 1, 0) != 1)
		return EXIT_FAILURE;
	serve(slirp);
	slirp_cleanup(slirp);
	return EXIT_SUCCESS;
}

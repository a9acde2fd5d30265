// SPDX-License-Identifier: GPL-2.0-only
/*
 * Networks for virtio-net: a tap or macvtap device of the host, a descriptor that
 * somebody else has opened, or user mode, which is a process of its own (net-user.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "device.h"
#include "net.h"

#define MAX_FORWARDS	32

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", what, why);
	return -1;
}

/* What all taps need: a header before each frame, and no waiting */
static int setup_tap(struct net_back *back, const char *name)
{
	int size = sizeof(struct virtio_net_hdr_v1);

	if (ioctl(back->fd, TUNSETVNETHDRSZ, &size) ||
	    fcntl(back->fd, F_SETFL, O_RDWR | O_NONBLOCK))
		return refuse(name, strerror(errno));
	back->tap = true;
	return 0;
}

static int open_tap(struct net_back *back, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return refuse(name, "is too long for an interface");
	strcpy(ifr.ifr_name, name);
	back->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (back->fd < 0)
		return refuse("/dev/net/tun", strerror(errno));
	if (ioctl(back->fd, TUNSETIFF, &ifr))
		return refuse(name, strerror(errno));
	return setup_tap(back, name);
}

/* A macvtap's descriptor is that of a device file with the number of the interface */
static int open_macvtap(struct net_back *back, const char *name)
{
	unsigned int index = if_nametoindex(name);
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	char path[64];

	if (!index)
		return refuse(name, strerror(errno));
	snprintf(path, sizeof(path), "/dev/tap%u", index);
	back->fd = open(path, O_RDWR | O_CLOEXEC);
	if (back->fd < 0)
		return refuse(path, strerror(errno));
	if (ioctl(back->fd, TUNSETIFF, &ifr))
		return refuse(name, strerror(errno));
	return setup_tap(back, name);
}

/* A tap, if it answers as one; else what carries a frame a message */
static int take_fd(struct net_back *back, const char *text)
{
	struct ifreq ifr = { 0 };
	char *end;

	back->fd = strtol(text, &end, 10);
	if (end == text || *end || back->fd < 0 || fcntl(back->fd, F_GETFD) < 0)
		return refuse(text, "is not an open descriptor");
	if (ioctl(back->fd, TUNGETIFF, &ifr))
		return fcntl(back->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (!(ifr.ifr_flags & IFF_VNET_HDR))
		return refuse(text, "is a tap that was not opened with IFF_VNET_HDR");
	return setup_tap(back, text);
}

static int set_mac(struct net_back *back, const char *text)
{
	unsigned int m[MAC_BYTES], i;
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", m, m + 1, m + 2, m + 3, m + 4, m + 5,
		   &end) != MAC_BYTES || text[end] || m[0] & 1)
		return refuse(text, "is no address of a card, as 52:54:00:01:02:03 is");
	for (i = 0; i < MAC_BYTES; i++)
		back->mac[i] = m[i];
	return 0;
}

/* The address of an interface, for a macvtap's card */
static int copy_mac(struct net_back *back, const char *name)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f)) {
		if (f)
			fclose(f);
		return refuse(path, "cannot be read");
	}
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return set_mac(back, text);
}

/* Locally administered, so that it meets no real card's */
static int random_mac(struct net_back *back)
{
	if (getrandom(back->mac, MAC_BYTES, 0) != MAC_BYTES)
		return refuse("--net", strerror(errno));
	back->mac[0] = (back->mac[0] & 0xfc) | 0x02;
	return 0;
}

static int open_user(struct net_back *back, char *const forwards[], unsigned int count)
{
	back->fd = net_user_start(forwards, count);
	return back->fd < 0 ? -1 : 0;
}

static int take_word(struct net_back *back, char *word, bool *user, char **forwards,
		     unsigned int *count)
{
	if (!strcmp(word, "user")) {
		*user = true;
		return 0;
	}
	if (!strncmp(word, "hostfwd=", 8)) {
		if (*count == MAX_FORWARDS)
			return refuse(word, "there are too many of these");
		forwards[(*count)++] = word + 8;
		return 0;
	}
	if (!strncmp(word, "mac=", 4))
		return set_mac(back, word + 4);
	if (!strncmp(word, "tap=", 4))
		return open_tap(back, word + 4);
	if (!strncmp(word, "macvtap=", 8))
		return copy_mac(back, word + 8) ? -1 : open_macvtap(back, word + 8);
	if (!strncmp(word, "fd=", 3))
		return take_fd(back, word + 3);
	return refuse(word, "no option of a network; "
		      "there are user, hostfwd=, tap=, macvtap=, fd= and mac=");
}

/**
 * net_open() - what `--net` asks for
 * @back: filled in
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int net_open(struct net_back *back, char *value)
{
	char *forwards[MAX_FORWARDS], *word;
	unsigned int count = 0;
	bool user = false;

	back->fd = -1;
	if (random_mac(back))
		return -1;
	while ((word = device_word(&value)))
		if (take_word(back, word, &user, forwards, &count))
			return -1;
	if (user == (back->fd >= 0))
		return refuse("--net", "one of user, tap=, macvtap= and fd= is wanted");
	if (count && !user)
		return refuse("hostfwd=", "is for user mode");
	return user ? open_user(back, forwards, count) : 0;
}

/**
 * net_offload() - say what the driver can take
 * @back: the network
 * @checksum: frames without a checksum
 * Return: 0, or -1 and errno
 */
int net_offload(const struct net_back *back, bool checksum)
{
	return back->tap ? ioctl(back->fd, TUNSETOFFLOAD, checksum ? TUN_F_CSUM : 0) : 0;
}

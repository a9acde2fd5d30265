// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-vsock (virtio 1.2, 5.10): sockets between guest and host, by the host kernel's
 * vhost_vsock. It serves the queues with packets; the third, for events, is ours, and there
 * are no events.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_vsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../../command.h"
#include "../device.h"
#include "../vmm.h"
#include "vhost.h"

#define DEVICE		"/dev/vhost-vsock"
#define FIRST_CID	3	/* below are nobody, the hypervisor, and the host */

enum { RX, TX, EVENT, QUEUES };

struct vsock {
	struct virtio_dev dev;
	int fd;
	struct io_watch calls[EVENT];
};

static void start(struct virtio_dev *dev)
{
	struct vsock *vsock = (struct vsock *)dev;
	int on = 1;

	if (vhost_kernel_start(dev, vsock->fd, vsock->calls, EVENT) ||
	    ioctl(vsock->fd, VHOST_VSOCK_SET_RUNNING, &on))
		virtio_broken(dev, strerror(errno));
}

static void stop(struct virtio_dev *dev)
{
	struct vsock *vsock = (struct vsock *)dev;
	int off = 0;

	ioctl(vsock->fd, VHOST_VSOCK_SET_RUNNING, &off);
}

static const struct virtio_ops ops = {
	.name = "vsock",
	.id = VIRTIO_ID_VSOCK,
	.class = 0x028000,
	.start = start,
	.stop = stop,
};

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", what, why);
	return -1;
}

static int open_vhost(struct vsock *vsock, u64 cid)
{
	u64 features;

	vsock->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (vsock->fd < 0)
		return refuse(DEVICE, errno == ENOENT ? "is not there; try modprobe vhost_vsock" :
			      strerror(errno));
	if (ioctl(vsock->fd, VHOST_SET_OWNER) || ioctl(vsock->fd, VHOST_GET_FEATURES, &features))
		return refuse(DEVICE, strerror(errno));
	if (ioctl(vsock->fd, VHOST_VSOCK_SET_GUEST_CID, &cid))
		return refuse("--vsock", errno == EADDRINUSE ? "another machine has this CID" :
			      strerror(errno));
	vsock->dev.offered = features & ~VHOST_UNWANTED;
	return 0;
}

/**
 * virtio_vsock_add() - `--vsock CID`
 * @vm: the machine
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int virtio_vsock_add(struct vmm *vm, char *value)
{
	struct vsock *vsock = calloc(1, sizeof(*vsock));
	uint64_t cid;
	unsigned int i;

	if (!vsock || parse_number(value, &cid) || cid < FIRST_CID || cid >= UINT32_MAX)
		return refuse(value, "is no CID of a guest: 3 to 4294967294");
	if (open_vhost(vsock, cid))
		return -1;
	vsock->dev.ops = &ops;
	vsock->dev.config_size = sizeof(struct virtio_vsock_config);
	memcpy(vsock->dev.config, &(struct virtio_vsock_config){ .guest_cid = cid },
	       sizeof(struct virtio_vsock_config));
	if (virtio_add(vm, &vsock->dev, QUEUES))
		return -1;
	for (i = 0; i < EVENT; i++)
		if (vhost_call_init(&vsock->calls[i], &vsock->dev))
			return refuse("--vsock", strerror(errno));
	return 0;
}

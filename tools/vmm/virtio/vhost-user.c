// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio devices in other processes, over vhost-user: we have the registers and the
 * configuration, the other end has the queues. It gets the machine's `mem` to map, and for
 * each queue the eventfds by which it is woken and by which it interrupts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../vmm.h"
#include "vhost.h"
#include "vhost-user.h"

#define PATIENCE_S	60	/* for an answer */
#define MAX_FDS		VU_MAX_REGIONS

static int send_message(int fd, struct vhost_user_message *m, const int *fds, unsigned int count)
{
	union {
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { m, VU_HEADER + m->size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	m->flags |= VU_VERSION;
	if (count) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, count * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)iov.iov_len ? 0 : -1;
}

static int receive(int fd, void *to, size_t size)
{
	ssize_t n;

	for (; size; size -= n, to = (u8 *)to + n) {
		n = recv(fd, to, size, 0);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return -1;
	}
	return 0;
}

/* The answer to @m, into @m; it must have the size that the request's answer has */
static int receive_reply(int fd, struct vhost_user_message *m, u32 size)
{
	u32 request = m->request;

	if (receive(fd, m, VU_HEADER) || m->request != request || !(m->flags & VU_REPLY) ||
	    m->size != size)
		return -1;
	return receive(fd, &m->number, size);
}

/* A message without an answer of its own: with REPLY_ACK, 0 comes back if all went well */
static int tell(struct vhost_user *vu, struct vhost_user_message *m, const int *fds,
		unsigned int count)
{
	if (vu->ack)
		m->flags |= VU_NEED_REPLY;
	if (send_message(vu->socket, m, fds, count))
		return -1;
	if (!vu->ack)
		return 0;
	return receive_reply(vu->socket, m, sizeof(u64)) || m->number ? -1 : 0;
}

static int tell_number(struct vhost_user *vu, u32 request, u64 number, const int *fd)
{
	struct vhost_user_message m = {
		.request = request, .size = sizeof(m.number), .number = number,
	};

	return tell(vu, &m, fd, fd ? 1 : 0);
}

static int tell_vring(struct vhost_user *vu, u32 request, u32 index, u32 num)
{
	struct vhost_user_message m = {
		.request = request, .size = sizeof(m.vring), .vring = { index, num },
	};

	return tell(vu, &m, NULL, 0);
}

static int ask_number(struct vhost_user *vu, u32 request, u64 *number)
{
	struct vhost_user_message m = { .request = request };

	if (send_message(vu->socket, &m, NULL, 0) ||
	    receive_reply(vu->socket, &m, sizeof(m.number)))
		return -1;
	*number = m.number;
	return 0;
}

static int get_config(struct vhost_user *vu)
{
	struct vhost_user_message m = {
		.request = VU_GET_CONFIG,
		.size = offsetof(struct vhost_user_message, config.bytes) - VU_HEADER +
			vu->dev.config_size,
		.config.size = vu->dev.config_size,
	};

	if (send_message(vu->socket, &m, NULL, 0) || receive_reply(vu->socket, &m, m.size))
		return -1;
	memcpy(vu->dev.config, m.config.bytes, vu->dev.config_size);
	return 0;
}

/* All of RAM, at the places where the file `mem` has it */
static int tell_memory(struct vhost_user *vu)
{
	struct vmm *vm = vu->dev.vm;
	struct vhost_user_message m = { .request = VU_SET_MEM_TABLE };
	int fds[2] = { vu->mem, vu->mem };

	m.memory.count = vm->ram_high_size ? 2 : 1;
	m.size = offsetof(struct vhost_user_message, memory.region[m.memory.count]) - VU_HEADER;
	m.memory.region[0].size = vm->ram_low_size;
	m.memory.region[0].address = (uintptr_t)vm->ram_low;
	m.memory.region[1].gpa = 1ull << 32;
	m.memory.region[1].size = vm->ram_high_size;
	m.memory.region[1].address = (uintptr_t)vm->ram_high;
	m.memory.region[1].offset = 1ull << 32;
	return tell(vu, &m, fds, m.memory.count);
}

static int tell_queue(struct vhost_user *vu, unsigned int i)
{
	const struct virtio_queue *queue = &vu->dev.queues[i];
	struct vhost_user_message m = {
		.request = VU_SET_VRING_ADDR,
		.size = sizeof(m.addresses),
		.addresses = {
			.index = i,
			.desc = (uintptr_t)queue->ring.desc,
			.used = (uintptr_t)queue->ring.used,
			.avail = (uintptr_t)queue->ring.avail,
		},
	};

	if (tell_vring(vu, VU_SET_VRING_NUM, i, queue->ring.size) ||
	    tell_vring(vu, VU_SET_VRING_BASE, i, 0) || tell(vu, &m, NULL, 0) ||
	    tell_number(vu, VU_SET_VRING_KICK, i, &queue->kick) ||
	    tell_number(vu, VU_SET_VRING_CALL, i, &vu->calls[i].fd))
		return -1;
	return vu->protocol ? tell_vring(vu, VU_SET_VRING_ENABLE, i, 1) : 0;
}

static void start(struct virtio_dev *dev)
{
	struct vhost_user *vu = (struct vhost_user *)dev;
	u64 features = dev->features | (u64)vu->protocol << VU_F_PROTOCOL_FEATURES;
	unsigned int i;

	if (tell_number(vu, VU_SET_FEATURES, features, NULL) || tell_memory(vu))
		goto fail;
	for (i = 0; i < dev->queue_count; i++)
		if (dev->queues[i].ring.enabled && tell_queue(vu, i))
			goto fail;
	return;
fail:
	virtio_broken(dev, "the process at the other end of vhost-user does not answer well");
}

/* The answer to GET_VRING_BASE comes when the queue has stopped */
static void stop(struct virtio_dev *dev)
{
	struct vhost_user *vu = (struct vhost_user *)dev;
	struct vhost_user_message m;
	unsigned int i;

	for (i = 0; i < dev->queue_count; i++) {
		if (!dev->queues[i].ring.enabled)
			continue;
		if (vu->protocol)
			tell_vring(vu, VU_SET_VRING_ENABLE, i, 0);
		m = (struct vhost_user_message){
			.request = VU_GET_VRING_BASE, .size = sizeof(m.vring), .vring.index = i,
		};
		if (send_message(vu->socket, &m, NULL, 0) ||
		    receive_reply(vu->socket, &m, sizeof(m.vring)))
			return;
	}
}

static int negotiate(struct vhost_user *vu)
{
	u64 features, protocol = 0;

	if (tell_number(vu, VU_SET_OWNER, 0, NULL) || ask_number(vu, VU_GET_FEATURES, &features))
		return -1;
	vu->dev.offered = features & ~VHOST_UNWANTED & ~vu->unwanted;
	vu->protocol = features >> VU_F_PROTOCOL_FEATURES & 1;
	if (!vu->protocol)
		return vu->remote_config ? -1 : 0;
	if (ask_number(vu, VU_GET_PROTOCOL_FEATURES, &protocol))
		return -1;
	protocol &= 1ull << VU_PF_REPLY_ACK | 1ull << VU_PF_CONFIG;
	if (tell_number(vu, VU_SET_PROTOCOL_FEATURES, protocol, NULL))
		return -1;
	vu->ack = protocol >> VU_PF_REPLY_ACK & 1;
	if (!vu->remote_config)
		return 0;
	return protocol & 1ull << VU_PF_CONFIG ? get_config(vu) : -1;
}

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", what, why);
	return -1;
}

/**
 * vhost_user_connect() - go to the other end's socket
 * @path: where it listens
 * Return: a descriptor, or -1 with a line on stderr
 */
int vhost_user_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return refuse(path, "is too long for a socket");
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	refuse(path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Guest physical addresses are offsets in it */
static int open_memory(const struct vmm *vm)
{
	int dir = vm->be->ops->directory ? vm->be->ops->directory(vm->be) : -1;

	return dir < 0 ? -1 : openat(dir, "mem", O_RDWR | O_CLOEXEC);
}

/**
 * vhost_user_add() - put a device into the machine whose queues another process serves
 * @vm: the machine
 * @vu: with the fields set that its description says
 * @queues: how many
 * @name: for messages
 * Return: 0, or -1 with a line on stderr
 */
int vhost_user_add(struct vmm *vm, struct vhost_user *vu, unsigned int queues, const char *name)
{
	static const struct timeval patience = { .tv_sec = PATIENCE_S };
	unsigned int i;

	vu->mem = open_memory(vm);
	if (vu->mem < 0 && !vm->config->dry_run)
		return refuse(name, "the machine's memory is no file");
	vu->ops.start = start;
	vu->ops.stop = stop;
	vu->dev.ops = &vu->ops;
	setsockopt(vu->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(vu->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (negotiate(vu))
		return refuse(name, "does not speak vhost-user as we do");
	if (!(vu->dev.offered & 1ull << VIRTIO_F_VERSION_1))
		return refuse(name, "does not know version 1 of virtio");
	if (virtio_add(vm, &vu->dev, queues))
		return -1;
	vu->calls = calloc(queues, sizeof(*vu->calls));
	for (i = 0; i < queues; i++)
		if (!vu->calls || vhost_call_init(&vu->calls[i], &vu->dev))
			return refuse(name, strerror(errno));
	return 0;
}

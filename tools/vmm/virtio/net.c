// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-net (virtio 1.2, 5.1) with one pair of queues. A frame is moved between the
 * guest's buffers and a descriptor in one system call, in the I/O thread. Where no
 * room is, on either side, the descriptor is not waited for until there is.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../device.h"
#include "../net.h"
#include "../vmm.h"
#include "virtio.h"

enum { RX, TX, QUEUES };

#define HEADER	sizeof(struct virtio_net_hdr_v1)

struct net {
	struct virtio_dev dev;
	struct net_back back;
	struct io_watch watch;
	u32 events;		/* what @watch waits for */
};

static void wait_for(struct net *net, u32 events, bool on)
{
	u32 now = on ? net->events | events : net->events & ~events;

	if (now == net->events)
		return;
	net->events = now;
	io_change(&net->watch, now);
}

/* The one field of the header that a tap leaves to us */
static void set_num_buffers(const struct iovec *iov, unsigned int count)
{
	static const u8 one[2] = { 1, 0 };
	size_t at = offsetof(struct virtio_net_hdr_v1, num_buffers);
	unsigned int i, done = 0;

	for (i = 0; i < count && done < sizeof(one); i++) {
		for (; at < iov[i].iov_len && done < sizeof(one); at++)
			((u8 *)iov[i].iov_base)[at] = one[done++];
		at -= iov[i].iov_len;
	}
}

/* A frame of the network into a chain of the guest's: its bytes; not above 0: there is none */
static ssize_t receive_one(struct net *net, struct virtq_chain *chain)
{
	static const struct virtio_net_hdr_v1 header = { .num_buffers = 1 };
	ssize_t n;

	if (net->back.tap) {
		n = readv(net->back.fd, chain->in, chain->in_count);
		if (n > 0)
			set_num_buffers(chain->in, chain->in_count);
		return n;
	}
	chain_write(chain, &header, HEADER);
	n = readv(net->back.fd, chain->in, chain->in_count);
	return n > 0 ? n + (ssize_t)HEADER : n;
}

/* With the lock held */
static void receive(struct net *net)
{
	struct virtio_queue *queue = &net->dev.queues[RX];
	unsigned int left = VIRTIO_BATCH;
	struct virtq_chain chain;
	ssize_t n;

	if (!virtio_usable(queue)) {
		wait_for(net, EPOLLIN, false);
		return;
	}
	wait_for(net, EPOLLIN, true);	/* tells again of what is left */
	virtq_listen(&queue->ring, false);
	while (left--) {
		if (!virtq_pop(&queue->ring, &chain)) {
			if (virtq_listen(&queue->ring, true))
				continue;
			wait_for(net, EPOLLIN, false);	/* until there are buffers */
			break;
		}
		if (chain.in_size <= HEADER) {
			virtq_push(&queue->ring, chain.head, 0);	/* of no use */
			continue;
		}
		n = receive_one(net, &chain);
		if (n <= 0) {
			virtq_unpop(&queue->ring);
			break;
		}
		virtq_push(&queue->ring, chain.head, n);
	}
	virtio_signal(queue);
	virtio_usable(queue);
}

/* A chain of the guest's into the network: false if there is no room now */
static bool send_one(struct net *net, struct virtq_chain *chain)
{
	struct virtio_net_hdr_v1 header;

	if (!net->back.tap && chain_read(chain, &header, HEADER) != HEADER)
		return true;
	if (!chain->out_count)
		return true;
	while (writev(net->back.fd, chain->out, chain->out_count) < 0) {
		if (errno == EAGAIN)
			return false;
		if (errno != EINTR)
			break;		/* what cannot be sent is lost, as in any network */
	}
	return true;
}

/* With the lock held */
static void send_all(struct net *net)
{
	struct virtio_queue *queue = &net->dev.queues[TX];
	unsigned int left = VIRTIO_BATCH;
	struct virtq_chain chain;
	bool room = true;

	if (!virtio_usable(queue))
		return;
	do {
		virtq_listen(&queue->ring, false);
		while (left && room && virtq_pop(&queue->ring, &chain)) {
			left--;
			room = send_one(net, &chain);
			if (room)
				virtq_push(&queue->ring, chain.head, 0);
			else
				virtq_unpop(&queue->ring);
		}
	} while (left && room && virtq_listen(&queue->ring, true));
	wait_for(net, EPOLLOUT, !room);
	virtio_signal(queue);
	if (virtio_usable(queue) && !left)
		virtio_again(queue);
}

static void kick(struct virtio_queue *queue)
{
	struct net *net = (struct net *)queue->dev;

	if (queue->index == TX)
		send_all(net);
	else
		receive(net);
}

static void ready(struct io_watch *watch, u32 events)
{
	struct net *net = watch->dev;

	pthread_mutex_lock(&net->dev.lock);
	if (events & (EPOLLHUP | EPOLLERR)) {
		io_remove(watch);
		fputs("kvmfs: virtio-net: its network has gone\r\n", stderr);
	} else {
		if (events & EPOLLOUT)
			send_all(net);
		if (events & EPOLLIN)
			receive(net);
	}
	pthread_mutex_unlock(&net->dev.lock);
}

static void start(struct virtio_dev *dev)
{
	struct net *net = (struct net *)dev;

	net_offload(&net->back, virtio_has(dev, VIRTIO_NET_F_GUEST_CSUM));
	wait_for(net, EPOLLIN, true);
}

static const struct virtio_ops ops = {
	.name = "net",
	.id = VIRTIO_ID_NET,
	.class = 0x020000,
	.kick = kick,
	.start = start,
};

static void set_config(struct net *net)
{
	struct virtio_net_config config = { .status = VIRTIO_NET_S_LINK_UP };

	memcpy(config.mac, net->back.mac, MAC_BYTES);
	net->dev.config_size = offsetof(struct virtio_net_config, max_virtqueue_pairs);
	memcpy(net->dev.config, &config, net->dev.config_size);
	net->dev.offered = 1ull << VIRTIO_NET_F_MAC | 1ull << VIRTIO_NET_F_STATUS;
	/* What a tap understands of headers, the host's network stack does for the guest */
	if (net->back.tap)
		net->dev.offered |= 1ull << VIRTIO_NET_F_CSUM | 1ull << VIRTIO_NET_F_GUEST_CSUM |
				    1ull << VIRTIO_NET_F_HOST_TSO4 |
				    1ull << VIRTIO_NET_F_HOST_TSO6 |
				    1ull << VIRTIO_NET_F_HOST_ECN;
}

/**
 * virtio_net_add() - `--net user[,hostfwd=...]`, `tap=NAME`, `macvtap=NAME`, `fd=N`
 * @vm: the machine
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int virtio_net_add(struct vmm *vm, char *value)
{
	struct net *net = calloc(1, sizeof(*net));

	if (!net || net_open(&net->back, value))
		return -1;
	net->dev.ops = &ops;
	set_config(net);
	if (virtio_add(vm, &net->dev, QUEUES))
		return -1;
	net->watch = (struct io_watch){ .fd = net->back.fd, .ready = ready, .dev = net };
	if (!io_add(&net->watch, 0))
		return 0;
	fprintf(stderr, "kvmfs: --net: %s\n", strerror(errno));
	return -1;
}

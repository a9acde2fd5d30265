// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-console (virtio 1.2, 5.3) with one port, hvc0 in a Linux guest. With `--console
 * virtio' the terminal is there instead of at the serial line, where each byte is an exit.
 */
#include <errno.h>
#include <linux/virtio_console.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../device.h"
#include "../vmm.h"
#include "virtio.h"

enum { RECEIVE, TRANSMIT, QUEUES };

struct console {
	struct virtio_dev dev;
	bool sending;		/* transmit() may be waiting, without the lock */
};

/*
 * Writes a chain's text. The terminal may make this thread wait, which is no reason for
 * the vCPU thread to wait for the lock. Return: false if there was a reset meanwhile.
 */
static bool transmit(struct virtio_dev *dev, struct virtq_chain *chain)
{
	u32 resets = dev->resets;
	char text[4096];
	size_t n;

	while ((n = chain_read(chain, text, sizeof(text)))) {
		pthread_mutex_unlock(&dev->lock);
		console_write(text, n);
		pthread_mutex_lock(&dev->lock);
		if (dev->resets != resets)
			return false;
	}
	return true;
}

static void transmit_chains(struct virtio_queue *queue)
{
	struct virtq_chain chain;

	do {
		virtq_listen(&queue->ring, false);
		while (virtq_pop(&queue->ring, &chain)) {
			if (!transmit(queue->dev, &chain))
				return;
			virtio_push(queue, &chain, 0);
		}
	} while (virtq_listen(&queue->ring, true));
	virtio_usable(queue);
}

/* Who saves the machine meanwhile finds the chain on its way not done, nor any behind it */
static void transmit_all(struct virtio_queue *queue)
{
	struct console *console = (struct console *)queue->dev;

	if (console->sending)
		return;
	console->sending = true;
	transmit_chains(queue);
	console->sending = false;
}

/* What was typed, as far as the driver has room for it */
static void receive(struct virtio_queue *queue)
{
	struct virtq_chain chain;
	u8 byte;
	u32 n;

	while (virtq_pop(&queue->ring, &chain)) {
		for (n = 0; chain.in_size && console_take(&byte); n++)
			chain_write(&chain, &byte, 1);
		if (!n) {
			virtq_unpop(&queue->ring);
			break;
		}
		virtio_push(queue, &chain, n);
	}
	virtio_usable(queue);
}

static void kick(struct virtio_queue *queue)
{
	if (queue->index == TRANSMIT)
		transmit_all(queue);
	else
		receive(queue);
}

/* In the thread that reads the terminal: as if the driver had given a buffer */
static void typed(void *arg)
{
	struct virtio_dev *dev = arg;

	eventfd_write(dev->queues[RECEIVE].kick, 1);
}

static const struct virtio_ops ops = {
	.name = "console",
	.id = VIRTIO_ID_CONSOLE,
	.class = 0x078000,
	.kick = kick,
};

static void set_size(struct virtio_dev *dev)
{
	struct virtio_console_config config = { 0 };
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return;
	config.cols = size.ws_col;
	config.rows = size.ws_row;
	memcpy(dev->config, &config, sizeof(config));
	dev->config_size = sizeof(config);
	dev->offered = 1ull << VIRTIO_CONSOLE_F_SIZE;
}

/**
 * virtio_console_add() - `--console virtio`
 * @vm: the machine
 * @value: none
 * Return: 0, or -1 with a line on stderr
 */
int virtio_console_add(struct vmm *vm, char *value)
{
	struct console *console = calloc(1, sizeof(*console));
	struct virtio_dev *dev = &console->dev;

	(void)value;
	if (!console)
		return -1;
	dev->ops = &ops;
	dev->own_thread = true;
	set_size(dev);
	if (virtio_add(vm, dev, QUEUES))
		return -1;
	console_redirect(typed, dev);
	vm->tty = "hvc0";
	if (!virtio_thread(dev, RECEIVE) && !virtio_thread(dev, TRANSMIT))
		return 0;
	fprintf(stderr, "kvmfs: --console: %s\n", strerror(errno));
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
/* virtio-rng: the host's random numbers for the guest (virtio 1.2, 5.4). */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "../device.h"
#include "../vmm.h"
#include "virtio.h"

#define MOST	4096	/* bytes that a request gets; a driver asks for less */

static u32 serve(struct virtio_dev *dev, struct virtq_chain *chain)
{
	u8 bytes[MOST];
	size_t size = chain->in_size < MOST ? chain->in_size : MOST;
	ssize_t n;

	(void)dev;
	n = getrandom(bytes, size, 0);
	return n > 0 ? chain_write(chain, bytes, n) : 0;
}

static void kick(struct virtio_queue *queue)
{
	virtio_serve(queue, serve);
}

static const struct virtio_ops ops = {
	.name = "rng",
	.id = VIRTIO_ID_RNG,
	.class = 0xff0000,
	.kick = kick,
};

/**
 * virtio_rng_add() - `--rng`
 * @vm: the machine
 * @value: of the option: it has none
 * Return: 0, or -1 with a line on stderr
 */
int virtio_rng_add(struct vmm *vm, char *value)
{
	struct virtio_dev *dev = calloc(1, sizeof(*dev));

	(void)value;
	if (!dev)
		return -1;
	dev->ops = &ops;
	dev->queue_max = 8;
	return virtio_add(vm, dev, 1);
}

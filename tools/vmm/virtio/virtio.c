// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all virtio devices do alike: features, status, reset, waking the device and
 * interrupting the driver (virtio 1.2, chapters 2 and 3). Only version 1 is spoken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../vmm.h"
#include "virtio.h"

#define ALWAYS	(1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_INDIRECT_DESC | \
		 1ull << VIRTIO_RING_F_EVENT_IDX)

/* --- the device's side ------------------------------------------------------------- */

/**
 * virtio_interrupt() - interrupt the driver; from any thread
 * @dev: the device
 * @why: VIRTIO_PCI_ISR_*: 1: a queue; 2: the configuration
 */
void virtio_interrupt(struct virtio_dev *dev, u8 why)
{
	pthread_mutex_lock(&dev->irq_lock);
	dev->isr |= why;
	dev->irq(dev, true);
	pthread_mutex_unlock(&dev->irq_lock);
}

/**
 * virtio_config_changed() - tell the driver that dev->config has
 * @dev: the device, locked
 */
void virtio_config_changed(struct virtio_dev *dev)
{
	dev->generation++;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_interrupt(dev, 2);
}

/**
 * virtio_broken() - the device cannot go on until the driver resets it
 * @dev: the device, locked
 * @why: what the driver did, or what else happened
 */
void virtio_broken(struct virtio_dev *dev, const char *why)
{
	if (!dev->told_wrong)
		fprintf(stderr, "kvmfs: virtio-%s stops: %s\r\n", dev->ops->name, why);
	dev->told_wrong = true;
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	virtio_config_changed(dev);
}

/**
 * virtio_usable() - whether a queue may be used now
 * @queue: of a device that is locked
 * Return: that; if the driver did something wrong, this is where it is told
 */
bool virtio_usable(struct virtio_queue *queue)
{
	struct virtio_dev *dev = queue->dev;

	if (!dev->running || !queue->ring.enabled ||
	    dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return false;
	if (!queue->ring.wrong)
		return true;
	virtio_broken(dev, queue->ring.wrong);
	return false;
}

/**
 * virtio_signal() - interrupt for what was pushed, if the driver wants that
 * @queue: of a device that is locked
 */
void virtio_signal(struct virtio_queue *queue)
{
	if (virtq_must_interrupt(&queue->ring))
		virtio_interrupt(queue->dev, 1);
}

/**
 * virtio_push() - give a chain back, and interrupt for it
 * @queue: of a device that is locked
 * @chain: its head is what counts
 * @written: bytes
 */
void virtio_push(struct virtio_queue *queue, const struct virtq_chain *chain, u32 written)
{
	virtq_push(&queue->ring, chain->head, written);
	virtio_signal(queue);
}

/**
 * virtio_serve() - serve the chains of a queue
 * @queue: of a device that is locked
 * @serve: for one chain; returns the bytes that it has written
 *
 * A driver that goes on giving chains may not keep the thread, nor the lock, for itself:
 * after VIRTIO_BATCH of them others come first.
 */
void virtio_serve(struct virtio_queue *queue,
		  u32 (*serve)(struct virtio_dev *dev, struct virtq_chain *chain))
{
	unsigned int left = VIRTIO_BATCH;
	struct virtq_chain chain;

	if (!virtio_usable(queue))
		return;
	do {
		virtq_listen(&queue->ring, false);
		while (left && virtq_pop(&queue->ring, &chain)) {
			virtio_push(queue, &chain, serve(queue->dev, &chain));
			left--;
		}
	} while (left && virtq_listen(&queue->ring, true));
	if (virtio_usable(queue) && !left)
		virtio_again(queue);
}

/**
 * virtio_again() - have a queue served again as if the driver had notified
 * @queue: which; for the thread that serves it, when others are to come first
 */
void virtio_again(struct virtio_queue *queue)
{
	eventfd_write(queue->kick, 1);
}

static void wake(struct virtio_queue *queue)
{
	struct virtio_dev *dev = queue->dev;

	pthread_mutex_lock(&dev->lock);
	if (virtio_usable(queue))
		dev->ops->kick(queue);
	pthread_mutex_unlock(&dev->lock);
}

static void kicked(struct io_watch *watch, u32 events)
{
	struct virtio_queue *queue = watch->dev;
	eventfd_t count;

	(void)events;
	if (!eventfd_read(queue->kick, &count))
		wake(queue);
}

static void *queue_thread(void *arg)
{
	struct virtio_queue *queue = arg;
	eventfd_t count;

	while (!eventfd_read(queue->kick, &count))
		wake(queue);
	return NULL;
}

/**
 * virtio_thread() - let a queue have a thread: what it does may take long
 * @dev: the device, with own_thread set
 * @queue: which
 * Return: 0, or -1 and errno
 */
int virtio_thread(struct virtio_dev *dev, unsigned int queue)
{
	return io_thread(queue_thread, &dev->queues[queue]);
}

/* --- the transport's side ---------------------------------------------------------- */

/**
 * virtio_queue() - a queue by its number
 * @dev: the device
 * @index: what the driver selected
 * Return: the queue, or NULL if there is none
 */
struct virtio_queue *virtio_queue(struct virtio_dev *dev, u32 index)
{
	return index < dev->queue_count ? &dev->queues[index] : NULL;
}

/* What describes a queue is the driver's to change until the queue is enabled */
static struct virtq *open_queue(struct virtio_dev *dev, u32 index)
{
	struct virtio_queue *queue = virtio_queue(dev, index);

	return queue && !queue->ring.enabled ? &queue->ring : NULL;
}

/**
 * virtio_queue_size() - the driver wants a queue to have so many descriptors
 * @dev: the device
 * @index: what the driver selected
 * @size: whether that is good shows when the queue starts
 */
void virtio_queue_size(struct virtio_dev *dev, u32 index, u32 size)
{
	struct virtq *ring = open_queue(dev, index);

	if (ring)
		ring->size = size <= dev->queue_max ? size : 0;
}

/**
 * virtio_queue_address() - the driver writes half of an address of a queue
 * @dev: the device
 * @index: what the driver selected
 * @address: that in the struct virtq of the queue
 * @word: 0: the low half, 1: the high one
 * @value: the half
 */
void virtio_queue_address(struct virtio_dev *dev, u32 index, u64 *address, unsigned int word,
			  u32 value)
{
	unsigned int shift = word * 32;

	if (open_queue(dev, index))
		*address = (*address & ~(0xffffffffull << shift)) | (u64)value << shift;
}

/**
 * virtio_queue_enable() - the driver has described a queue
 * @dev: the device
 * @index: what the driver selected
 */
void virtio_queue_enable(struct virtio_dev *dev, u32 index)
{
	struct virtq *ring = open_queue(dev, index);

	/* Not after DRIVER_OK: the queue would never be started */
	if (ring && !dev->running)
		ring->enabled = true;
}

/**
 * virtio_notify() - the driver says that a queue has new chains
 * @dev: the device
 * @index: the queue, as the driver says
 */
void virtio_notify(struct virtio_dev *dev, u32 index)
{
	struct virtio_queue *queue = virtio_queue(dev, index);

	if (queue && queue->ring.enabled && dev->running)
		eventfd_write(queue->kick, 1);
}

/**
 * virtio_isr() - why the device interrupts
 * @dev: the device
 * @clear: bits that the driver has seen
 * Return: the bits from before
 */
u8 virtio_isr(struct virtio_dev *dev, u8 clear)
{
	u8 isr;

	pthread_mutex_lock(&dev->irq_lock);
	isr = dev->isr;
	dev->isr &= ~clear;
	if (!dev->isr)
		dev->irq(dev, false);
	pthread_mutex_unlock(&dev->irq_lock);
	return isr;
}

/**
 * virtio_config() - the driver looks at the configuration, or writes there
 * @dev: the device
 * @offset: from its beginning; may be outside of it
 * @data: what is read or written
 * @size: 1 to 8 bytes
 * @write: which
 */
void virtio_config(struct virtio_dev *dev, u64 offset, u8 *data, u32 size, bool write)
{
	u32 i;

	if (write && !dev->ops->configured)
		return;
	pthread_mutex_lock(&dev->lock);
	for (i = 0; i < size; i++) {
		bool there = offset + i < dev->config_size;

		if (write && there)
			dev->config[offset + i] = data[i];
		else if (!write)
			data[i] = there ? dev->config[offset + i] : 0;
	}
	pthread_mutex_unlock(&dev->lock);
	if (write)
		dev->ops->configured(dev);
}

/**
 * virtio_get_features() - what the device offers
 * @dev: the device
 * @word: bits 0-31, 32-63, ...
 * Return: the bits
 */
u32 virtio_get_features(const struct virtio_dev *dev, unsigned int word)
{
	return word < 2 ? dev->offered >> (word * 32) : 0;
}

/**
 * virtio_set_features() - what the driver takes
 * @dev: the device
 * @word: bits 0-31, 32-63, ...
 * @value: the bits
 */
void virtio_set_features(struct virtio_dev *dev, unsigned int word, u32 value)
{
	unsigned int shift = word * 32;

	if (word < 2 && !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
		dev->features = (dev->features & ~(0xffffffffull << shift)) | (u64)value << shift;
}

/**
 * virtio_reset() - the device is as new (virtio 1.2, 2.4)
 * @dev: the device, locked
 */
void virtio_reset(struct virtio_dev *dev)
{
	unsigned int i;

	if (dev->running && dev->ops->stop)
		dev->ops->stop(dev);
	dev->running = false;
	dev->resets++;
	dev->status = 0;
	dev->features = 0;
	for (i = 0; i < dev->queue_count; i++) {
		memset(&dev->queues[i].ring, 0, sizeof(dev->queues[i].ring));
		dev->queues[i].ring.size = dev->queue_max;
	}
	virtio_isr(dev, 0xff);
}

static void start(struct virtio_dev *dev)
{
	unsigned int i;

	if (!(dev->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		virtio_broken(dev, "the driver starts without features");
		return;
	}
	for (i = 0; i < dev->queue_count; i++) {
		struct virtq *ring = &dev->queues[i].ring;

		if (ring->enabled && virtq_start(ring, dev->vm, dev->features)) {
			virtio_broken(dev, ring->wrong);
			return;
		}
	}
	dev->running = true;
	if (dev->ops->start)
		dev->ops->start(dev);
}

/* Features that were not offered, or not version 1: FEATURES_OK does not stay */
static bool features_good(const struct virtio_dev *dev)
{
	return !(dev->features & ~dev->offered) && virtio_has(dev, VIRTIO_F_VERSION_1);
}

/**
 * virtio_set_status() - the driver goes on in its initialisation, or resets
 * @dev: the device
 * @status: as virtio 1.2, 3.1; 0 resets
 */
void virtio_set_status(struct virtio_dev *dev, u8 status)
{
	u8 fresh;

	pthread_mutex_lock(&dev->lock);
	fresh = status & ~dev->status;
	if (!status) {
		virtio_reset(dev);
	} else {
		if (fresh & VIRTIO_CONFIG_S_FEATURES_OK && !features_good(dev))
			status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
		dev->status |= status & ~VIRTIO_CONFIG_S_NEEDS_RESET;
		if (fresh & VIRTIO_CONFIG_S_DRIVER_OK)
			start(dev);
	}
	pthread_mutex_unlock(&dev->lock);
}

static int make_queue(struct virtio_dev *dev, unsigned int index)
{
	struct virtio_queue *queue = &dev->queues[index];

	queue->dev = dev;
	queue->index = index;
	queue->ring.size = dev->queue_max;
	queue->kick = eventfd(0, EFD_CLOEXEC);
	if (queue->kick < 0)
		return -1;
	if (dev->own_thread || !dev->ops->kick)
		return 0;
	queue->watch = (struct io_watch){ .fd = queue->kick, .ready = kicked, .dev = queue };
	return io_add(&queue->watch, EPOLLIN);
}

/**
 * virtio_add() - put a device into the machine, before the guest runs
 * @vm: the machine
 * @dev: with ops, offered, config, config_size and own_thread set, and queue_max
 *	 if it is not to be the largest possible
 * @queues: how many it has
 * Return: 0, or -1 with a line on stderr
 */
int virtio_add(struct vmm *vm, struct virtio_dev *dev, unsigned int queues)
{
	unsigned int i;

	dev->vm = vm;
	if (dev->ops->kick)
		dev->offered |= ALWAYS;	/* else who serves the queues says what they can */
	dev->queue_count = queues;
	if (!dev->queue_max)
		dev->queue_max = VIRTQ_MAX;
	pthread_mutex_init(&dev->lock, NULL);
	pthread_mutex_init(&dev->irq_lock, NULL);
	dev->queues = calloc(queues, sizeof(*dev->queues));
	for (i = 0; i < queues; i++) {
		if (!dev->queues || make_queue(dev, i)) {
			fprintf(stderr, "kvmfs: virtio-%s: %s\n", dev->ops->name,
				strerror(errno));
			return -1;
		}
	}
	virtio_save_add(dev);
	return vm->config->virtio_mmio ? virtio_mmio_add(dev) : virtio_pci_add(dev);
}

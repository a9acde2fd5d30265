// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio devices in a saved machine: their registers. How far their queues are is in
 * guest memory, because our devices finish chains in order: at the device's count of what
 * was used. Who serves queues for us elsewhere knows more, which is not ours to save.
 */
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "../state.h"
#include "virtio.h"

static void queue_state(struct state *s, struct virtio_queue *queue)
{
	struct virtq *ring = &queue->ring;

	snprintf(s->prefix, sizeof(s->prefix), "%s.%u", queue->dev->saved.name, queue->index);
	STATE(s, ring->size);
	STATE(s, ring->enabled);
	STATE(s, ring->desc_addr);
	STATE(s, ring->avail_addr);
	STATE(s, ring->used_addr);
}

/* The guest stands still: what it has asked for is done, as far as it can be now */
static void drain(struct virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->queue_count; i++)
		if (virtio_usable(&dev->queues[i]))
			dev->ops->kick(&dev->queues[i]);
}

/* Each queue goes on, and the driver has a look: a needless interrupt does no harm */
static bool resume(struct virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->queue_count; i++) {
		struct virtq *ring = &dev->queues[i].ring;

		if (!ring->enabled)
			continue;
		if (virtq_start(ring, dev->vm, dev->features))
			return false;
		virtq_resume(ring);
		eventfd_write(dev->queues[i].kick, 1);
	}
	if (dev->ops->start)
		dev->ops->start(dev);
	dev->isr |= 1;
	return true;
}

/* What a driver asks for before FEATURES_OK may be anything: that refuses it */
static bool features_good(const struct virtio_dev *dev)
{
	if (dev->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return !(dev->features & ~dev->offered);
	return !dev->running;
}

static void fields(struct state *s, struct virtio_dev *dev)
{
	u8 config[sizeof(dev->config)];
	u32 id = dev->ops->id;
	unsigned int i;

	memcpy(config, dev->config, sizeof(config));
	STATE(s, id);
	STATE(s, dev->features);
	STATE(s, dev->status);
	STATE(s, dev->generation);
	STATE(s, dev->running);
	STATE(s, dev->isr);
	state_bytes(s, "config", config, sizeof(config));
	if (dev->save_transport)
		dev->save_transport(dev, s);
	for (i = 0; i < dev->queue_count; i++)
		queue_state(s, &dev->queues[i]);
	if (!s->loading || s->failed)
		return;
	s->failed = id != dev->ops->id || !features_good(dev) ||
		    (dev->ops->same && !dev->ops->same(dev, config));
	memcpy(dev->config, config, sizeof(config));
	if (!s->failed && dev->running)
		s->failed = !resume(dev);
	if (!s->failed && dev->isr)
		dev->irq(dev, true);
}

/* As if the driver had done it; the configuration is the host's, and stays */
static void reset(struct state *s, struct virtio_dev *dev)
{
	if (s->loading)
		virtio_reset(dev);
	if (dev->save_transport)
		dev->save_transport(dev, s);
}

static void device_fields(struct state *s, struct vmm *vm, void *arg)
{
	struct virtio_dev *dev = arg;

	(void)vm;
	pthread_mutex_lock(&dev->lock);
	if (s->reset) {
		reset(s, dev);
	} else if (!dev->ops->kick) {
		s->failed = true;
	} else {
		if (!s->loading)
			drain(dev);
		fields(s, dev);
	}
	pthread_mutex_unlock(&dev->lock);
}

/**
 * virtio_save_add() - a device is part of what is saved
 * @dev: the device
 */
void virtio_save_add(struct virtio_dev *dev)
{
	static unsigned int count;

	snprintf(dev->save_name, sizeof(dev->save_name), "virtio%u", count++);
	dev->saved = (struct device_state){
		.name = dev->save_name, .fields = device_fields, .dev = dev,
	};
	state_add(&dev->saved);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio over MMIO (virtio 1.2, 4.2): a page half a device that nobody can find by
 * looking, so the kernel is told on its command line.
 */
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../vmm.h"
#include "virtio.h"

/* Behind all RAM below 4 GiB and all of PCI's windows */
#define FIRST_ADDR	0xfea00000
#define WINDOW_SIZE	0x200

#define MAGIC		0x74726976	/* "virt" */
#define VERSION		2
#define VENDOR		0x534d564b	/* "KVMS": any will do */

struct mmio {
	struct bus_region region;
	struct line line;
	u32 offered_word, taken_word;	/* which half of the features */
	u32 queue;			/* which one is looked at */
};

static void set_irq(struct virtio_dev *dev, bool level)
{
	struct mmio *mmio = dev->transport;

	line_set(dev->vm, &mmio->line, level);
}

static u32 read_register(struct virtio_dev *dev, const struct mmio *mmio, u64 offset)
{
	const struct virtio_queue *queue = virtio_queue(dev, mmio->queue);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->ops->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return virtio_get_features(dev, mmio->offered_word);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue ? dev->queue_max : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue && queue->ring.enabled;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return virtio_isr(dev, 0);
	case VIRTIO_MMIO_STATUS:
		return dev->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return dev->generation;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
		return 0xffffffff;	/* there is no shared memory, 4.2.2.1 */
	default:
		return 0;
	}
}

/* The registers with halves of a queue's three addresses: false if it is another */
static bool write_address(struct virtio_dev *dev, struct mmio *mmio, u64 offset, u32 value)
{
	struct virtio_queue *queue = virtio_queue(dev, mmio->queue);
	unsigned int word = offset >> 2 & 1;
	u64 *address;

	if (!queue)
		return false;
	switch (offset & ~4ull) {
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		address = &queue->ring.desc_addr;
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		address = &queue->ring.avail_addr;
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		address = &queue->ring.used_addr;
		break;
	default:
		return false;
	}
	virtio_queue_address(dev, mmio->queue, address, word, value);
	return true;
}

static void write_register(struct virtio_dev *dev, struct mmio *mmio, u64 offset, u32 value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		mmio->offered_word = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		mmio->taken_word = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		virtio_set_features(dev, mmio->taken_word, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		mmio->queue = value;
		break;
	case VIRTIO_MMIO_QUEUE_NUM:
		virtio_queue_size(dev, mmio->queue, value);
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		if (value & 1)
			virtio_queue_enable(dev, mmio->queue);
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		virtio_notify(dev, value);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		virtio_isr(dev, value);
		break;
	case VIRTIO_MMIO_STATUS:
		virtio_set_status(dev, value);
		break;
	default:
		write_address(dev, mmio, offset, value);
	}
}

static void access_window(struct bus_region *region, struct vmm *vm, u64 offset, u8 *data,
			  u32 size, bool write)
{
	struct virtio_dev *dev = region->dev;
	struct mmio *mmio = dev->transport;
	u32 value = 0;

	(void)vm;
	if (offset >= VIRTIO_MMIO_CONFIG) {
		virtio_config(dev, offset - VIRTIO_MMIO_CONFIG, data, size, write);
		return;
	}
	/* Registers are read and written whole, 4.2.2.2 */
	if (size != sizeof(value) || offset % sizeof(value)) {
		if (!write)
			memset(data, 0, size);
	} else if (write) {
		memcpy(&value, data, sizeof(value));
		write_register(dev, mmio, offset, value);
	} else {
		value = read_register(dev, mmio, offset);
		memcpy(data, &value, sizeof(value));
	}
}

static void save(struct virtio_dev *dev, struct state *s)
{
	struct mmio *mmio = dev->transport;

	STATE(s, mmio->offered_word);
	STATE(s, mmio->taken_word);
	STATE(s, mmio->queue);
}

/**
 * virtio_mmio_add() - let a device be seen in a window of memory
 * @dev: the device
 * Return: 0, or -1 with a line on stderr
 *
 * What a kernel must be told about it is appended to vm->params.
 */
int virtio_mmio_add(struct virtio_dev *dev)
{
	static const u8 irqs[] = { 5, 9, 10, 11 };
	static unsigned int count;
	struct mmio *mmio = calloc(1, sizeof(*mmio));
	struct vmm *vm = dev->vm;
	size_t len = strlen(vm->params);
	u8 irq = irqs[count % ARRAY_SIZE(irqs)];

	if (!mmio)
		return -1;
	mmio->region = (struct bus_region){
		.addr = FIRST_ADDR + count * WINDOW_SIZE,
		.size = WINDOW_SIZE,
		.access = access_window,
		.name = "virtio",
		.dev = dev,
	};
	count++;
	dev->transport = mmio;
	dev->irq = set_irq;
	dev->save_transport = save;
	line_init(&mmio->line, irq);
	pic_level(&vm->pic, irq);
	snprintf(vm->params + len, sizeof(vm->params) - len, " virtio_mmio.device=%u@%#llx:%u",
		 WINDOW_SIZE, (unsigned long long)mmio->region.addr, irq);
	if (!bus_add(BUS_MEMORY, &mmio->region))
		return 0;
	fputs("kvmfs: there is no room for so many virtio devices\n", stderr);
	return -1;
}

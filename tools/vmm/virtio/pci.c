// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio over PCI (virtio 1.2, 4.1), modern alone. Two windows: what a driver touches
 * all the time, notifications and the ISR, is in I/O ports, because an exit for a port
 * tells what is accessed and one for memory is an instruction to decode; the rest is
 * in memory.
 */
#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <string.h>

#include "../pci.h"
#include "../vmm.h"
#include "virtio.h"

#define VENDOR		0x1af4
#define DEVICE(id)	(0x1040 + (id))
#define CAP_VENDOR	0x09	/* PCI: vendor-specific capability */
#define NO_VECTOR	0xffff	/* there is no MSI-X */

/* The windows, and what is where in them */
enum { BAR_PORTS, BAR_MEMORY, BARS };

#define PORT_ISR	0
#define PORT_NOTIFY	4
#define PORTS		8
#define MEM_COMMON	0
#define MEM_CONFIG	0x100
#define MEMORY		0x1000

#define COMMON_SIZE	sizeof(struct virtio_pci_common_cfg)

struct vpci {
	struct virtio_dev *dev;
	struct pci_device pci;
	u32 offered_word, taken_word;	/* which half of the features */
	u16 queue;			/* which one is looked at */
	u32 config_cap;			/* offset of the capability to get at the windows */
};

static void set_irq(struct virtio_dev *dev, bool level)
{
	struct vpci *vpci = dev->transport;

	pci_interrupt(dev->vm, &vpci->pci, level);
}

/* --- the common configuration, 4.1.4.3 --------------------------------------------- */

static void split(u64 address, __le32 *low, __le32 *high)
{
	*low = address;
	*high = address >> 32;
}

static void read_common(struct vpci *vpci, u64 offset, u8 *data, u32 size)
{
	struct virtio_dev *dev = vpci->dev;
	const struct virtio_queue *queue = virtio_queue(dev, vpci->queue);
	struct virtio_pci_common_cfg c = {
		.device_feature_select = vpci->offered_word,
		.device_feature = virtio_get_features(dev, vpci->offered_word),
		.guest_feature_select = vpci->taken_word,
		.msix_config = NO_VECTOR,
		.num_queues = dev->queue_count,
		.device_status = dev->status,
		.config_generation = dev->generation,
		.queue_select = vpci->queue,
		.queue_msix_vector = NO_VECTOR,
	};

	if (vpci->taken_word < 2)
		c.guest_feature = dev->features >> (vpci->taken_word * 32);
	if (queue) {
		c.queue_size = queue->ring.size;
		c.queue_enable = queue->ring.enabled;
		split(queue->ring.desc_addr, &c.queue_desc_lo, &c.queue_desc_hi);
		split(queue->ring.avail_addr, &c.queue_avail_lo, &c.queue_avail_hi);
		split(queue->ring.used_addr, &c.queue_used_lo, &c.queue_used_hi);
	}
	memcpy(data, (u8 *)&c + offset, size);
}

static void write_address(struct vpci *vpci, u64 offset, u32 value)
{
	struct virtio_queue *queue = virtio_queue(vpci->dev, vpci->queue);
	u64 *address;

	if (!queue)
		return;
	switch (offset & ~4ull) {
	case VIRTIO_PCI_COMMON_Q_DESCLO:
		address = &queue->ring.desc_addr;
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
		address = &queue->ring.avail_addr;
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
		address = &queue->ring.used_addr;
		break;
	default:
		return;
	}
	virtio_queue_address(vpci->dev, vpci->queue, address, offset >> 2 & 1, value);
}

/* Fields are written whole, 4.1.3.1; what is not a field's beginning does nothing */
static void write_common(struct vpci *vpci, u64 offset, u32 value)
{
	struct virtio_dev *dev = vpci->dev;

	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		vpci->offered_word = value;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		vpci->taken_word = value;
		break;
	case VIRTIO_PCI_COMMON_GF:
		virtio_set_features(dev, vpci->taken_word, value);
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		virtio_set_status(dev, value);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		vpci->queue = value;
		break;
	case VIRTIO_PCI_COMMON_Q_SIZE:
		virtio_queue_size(dev, vpci->queue, value & 0xffff);
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (value & 1)
			virtio_queue_enable(dev, vpci->queue);
		break;
	default:
		write_address(vpci, offset, value);
	}
}

/* --- the windows --------------------------------------------------------------------- */

static void access_memory(struct vpci *vpci, u64 offset, u8 *data, u32 size, bool write)
{
	u32 value = 0;

	if (offset >= MEM_CONFIG) {
		virtio_config(vpci->dev, offset - MEM_CONFIG, data, size, write);
	} else if (write) {
		memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
		write_common(vpci, offset, value);
	} else if (offset + size <= COMMON_SIZE) {
		read_common(vpci, offset, data, size);
	} else {
		memset(data, 0, size);
	}
}

static void access_ports(struct vpci *vpci, u64 offset, u8 *data, u32 size, bool write)
{
	u16 index = 0;

	if (!write) {
		memset(data, 0, size);
		if (offset == PORT_ISR)
			*data = virtio_isr(vpci->dev, 0xff);
	} else if (offset == PORT_NOTIFY) {
		memcpy(&index, data, size < sizeof(index) ? size : sizeof(index));
		virtio_notify(vpci->dev, index);
	}
}

static void memory_region(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
			  u32 size, bool write)
{
	(void)vm;
	access_memory(r->dev, offset, data, size, write);
}

static void port_region(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
			u32 size, bool write)
{
	(void)vm;
	access_ports(r->dev, offset, data, size, write);
}

/* --- the windows through the configuration space, 4.1.4.9: for firmware ------------------ */

static void through_config(struct pci_device *pci, u32 offset, u32 size, bool write)
{
	struct vpci *vpci = pci->owner;
	struct virtio_pci_cfg_cap *cap = (void *)(pci->config + vpci->config_cap);
	u32 at = vpci->config_cap + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
	u32 length = cap->cap.length;

	if (offset != at || size != length || (length != 1 && length != 2 && length != 4))
		return;
	if (cap->cap.bar == BAR_MEMORY && cap->cap.offset <= MEMORY - length)
		access_memory(vpci, cap->cap.offset, cap->pci_cfg_data, length, write);
	else if (cap->cap.bar == BAR_PORTS && cap->cap.offset <= PORTS - length)
		access_ports(vpci, cap->cap.offset, cap->pci_cfg_data, length, write);
}

static void config_read(struct pci_device *pci, struct vmm *vm, u32 offset, u32 size)
{
	(void)vm;
	through_config(pci, offset, size, false);
}

static void config_written(struct pci_device *pci, struct vmm *vm, u32 offset, u32 size)
{
	(void)vm;
	through_config(pci, offset, size, true);
}

/* --- what a driver finds ------------------------------------------------------------------ */

/* @more: bytes behind the struct that all these capabilities begin with; 0 at first */
static int add_capability(struct vpci *vpci, u8 type, u8 bar, u32 offset, u32 length, u32 more)
{
	struct {
		struct virtio_pci_cap cap;
		u32 more;
	} body = {
		.cap = {
			.cap_len = sizeof(body.cap) + more,
			.cfg_type = type,
			.bar = bar,
			.offset = offset,
			.length = length,
		},
	};

	/* The first two bytes are PCI's */
	return pci_capability_add(&vpci->pci, CAP_VENDOR, (u8 *)&body + 2,
				  body.cap.cap_len - 2);
}

static int add_capabilities(struct vpci *vpci)
{
	int at;

	/* The last four bytes of this one: 0, all queues are notified at one port */
	if (add_capability(vpci, VIRTIO_PCI_CAP_COMMON_CFG, BAR_MEMORY, MEM_COMMON,
			   COMMON_SIZE, 0) < 0 ||
	    add_capability(vpci, VIRTIO_PCI_CAP_NOTIFY_CFG, BAR_PORTS, PORT_NOTIFY, 4, 4) < 0 ||
	    add_capability(vpci, VIRTIO_PCI_CAP_ISR_CFG, BAR_PORTS, PORT_ISR, 1, 0) < 0 ||
	    add_capability(vpci, VIRTIO_PCI_CAP_DEVICE_CFG, BAR_MEMORY, MEM_CONFIG,
			   sizeof(vpci->dev->config), 0) < 0)
		return -1;
	at = add_capability(vpci, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0, 4);
	if (at < 0)
		return -1;
	vpci->config_cap = at;
	vpci->pci.writable[at + offsetof(struct virtio_pci_cap, bar)] = 0xff;
	memset(vpci->pci.writable + at + offsetof(struct virtio_pci_cap, offset), 0xff, 12);
	return 0;
}

/* The bus saves the rest */
static void save(struct virtio_dev *dev, struct state *s)
{
	struct vpci *vpci = dev->transport;

	STATE(s, vpci->offered_word);
	STATE(s, vpci->taken_word);
	STATE(s, vpci->queue);
}

/**
 * virtio_pci_add() - let a device be seen on the PCI bus
 * @dev: the device
 * Return: 0, or -1 with a line on stderr
 */
int virtio_pci_add(struct virtio_dev *dev)
{
	struct vpci *vpci = calloc(1, sizeof(*vpci));
	const struct pci_id id = {
		.vendor = VENDOR,
		.device = DEVICE(dev->ops->id),
		.class = dev->ops->class,
		.sub_vendor = VENDOR,
		.sub_device = DEVICE(dev->ops->id),
		.revision = 1,
	};

	if (!vpci)
		return -1;
	pci_device_init(&vpci->pci, &id);
	vpci->dev = dev;
	vpci->pci.owner = vpci;
	vpci->pci.before_read = config_read;
	vpci->pci.written = config_written;
	pci_bar_add(&vpci->pci, BAR_PORTS, BUS_PORT, PORTS, port_region, vpci);
	pci_bar_add(&vpci->pci, BAR_MEMORY, BUS_MEMORY, MEMORY, memory_region, vpci);
	dev->transport = vpci;
	dev->irq = set_irq;
	dev->save_transport = save;
	if (add_capabilities(vpci))
		return -1;
	return pci_plug(dev->vm, &vpci->pci, PCI_ANY_SLOT, true);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What devices have in common whose queues somebody else serves. */
#include <linux/vhost.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "../vmm.h"
#include "vhost.h"

static void called(struct io_watch *call, u32 events)
{
	eventfd_t count;

	(void)events;
	if (!eventfd_read(call->fd, &count))
		virtio_interrupt(call->dev, 1);
}

/**
 * vhost_call_init() - make an eventfd by which somebody else interrupts for a queue
 * @call: filled in; its descriptor is what to give them
 * @dev: whose queue it is
 * Return: 0, or -1 and errno
 */
int vhost_call_init(struct io_watch *call, struct virtio_dev *dev)
{
	*call = (struct io_watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = called, .dev = dev,
	};
	return call->fd < 0 ? -1 : io_add(call, EPOLLIN);
}

/* The kernel reaches guest memory through our mappings of it */
static int set_memory(const struct vmm *vm, int fd)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region[2];
	} table = {
		.head.nregions = vm->ram_high_size ? 2 : 1,
		.region = {
			{ 0, vm->ram_low_size, (uintptr_t)vm->ram_low, 0 },
			{ 1ull << 32, vm->ram_high_size, (uintptr_t)vm->ram_high, 0 },
		},
	};

	return ioctl(fd, VHOST_SET_MEM_TABLE, &table);
}

static int set_queue(const struct virtio_queue *queue, int fd, int call)
{
	struct vhost_vring_state size = { queue->index, queue->ring.size };
	struct vhost_vring_state base = { queue->index, 0 };
	struct vhost_vring_file kick = { queue->index, queue->kick };
	struct vhost_vring_file called_by = { queue->index, call };
	struct vhost_vring_addr address = {
		.index = queue->index,
		.desc_user_addr = (uintptr_t)queue->ring.desc,
		.used_user_addr = (uintptr_t)queue->ring.used,
		.avail_user_addr = (uintptr_t)queue->ring.avail,
	};

	return ioctl(fd, VHOST_SET_VRING_NUM, &size) || ioctl(fd, VHOST_SET_VRING_BASE, &base) ||
	       ioctl(fd, VHOST_SET_VRING_ADDR, &address) ||
	       ioctl(fd, VHOST_SET_VRING_KICK, &kick) ||
	       ioctl(fd, VHOST_SET_VRING_CALL, &called_by) ? -1 : 0;
}

/**
 * vhost_kernel_start() - tell the kernel's vhost of features, memory and queues
 * @dev: the device, started
 * @fd: of vhost, of which we are the owner
 * @calls: eventfds by which it is to interrupt, one a queue
 * @queues: how many of the device's queues are the kernel's: the first ones
 * Return: 0, or -1 and errno
 */
int vhost_kernel_start(const struct virtio_dev *dev, int fd, const struct io_watch *calls,
		       unsigned int queues)
{
	u64 features = dev->features;
	unsigned int i;

	if (ioctl(fd, VHOST_SET_FEATURES, &features) || set_memory(dev->vm, fd))
		return -1;
	for (i = 0; i < queues; i++)
		if (!dev->queues[i].ring.enabled || set_queue(&dev->queues[i], fd, calls[i].fd))
			return -1;
	return 0;
}

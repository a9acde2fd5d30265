/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices whose queues somebody else serves: another process, or the kernel. */
#ifndef TOOLS_VMM_VIRTIO_VHOST_H
#define TOOLS_VMM_VIRTIO_VHOST_H

#include <linux/vhost_types.h>

#include "virtio.h"

/* What a driver must not be offered: it is about them and us, or changes the rings' form */
#define VHOST_UNWANTED	(1ull << VHOST_F_LOG_ALL | 1ull << 30 /* PROTOCOL_FEATURES */ | \
			 1ull << VIRTIO_F_ACCESS_PLATFORM | 1ull << VIRTIO_F_RING_PACKED | \
			 1ull << VIRTIO_F_IN_ORDER | 1ull << VIRTIO_F_ORDER_PLATFORM | \
			 1ull << VIRTIO_F_SR_IOV | 1ull << 38 /* NOTIFICATION_DATA */ | \
			 1ull << 40 /* RING_RESET */)

/**
 * struct vhost_user - a device in another process; its creator sets what is marked *
 * @dev:	ours: *config and *config_size, if @remote_config is not set
 * @ops:	*name, *id and *class
 * @socket:	*to the other end
 * @unwanted:	*features that are not to be offered
 * @remote_config: *the configuration is asked for, of *dev.config_size bytes
 * @mem:	the file of guest memory
 * @protocol:	there are protocol features, and queues are enabled
 * @ack:	each message is acknowledged
 * @calls:	eventfds by which it interrupts, one a queue
 */
struct vhost_user {
	struct virtio_dev dev;
	struct virtio_ops ops;
	int socket;
	u64 unwanted;
	bool remote_config;
	int mem;
	bool protocol, ack;
	struct io_watch *calls;
};

/* vhost-user.c */
int vhost_user_connect(const char *path);
int vhost_user_add(struct vmm *vm, struct vhost_user *vu, unsigned int queues, const char *name);

/* vhost.c */
int vhost_call_init(struct io_watch *call, struct virtio_dev *dev);
int vhost_kernel_start(const struct virtio_dev *dev, int fd, const struct io_watch *calls,
		       unsigned int queues);

#endif

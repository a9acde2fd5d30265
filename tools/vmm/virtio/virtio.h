/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a virtio device is made of. Three threads meet here: the vCPU thread runs the
 * transport (mmio.c, pci.c), that is the driver's accesses to registers; the device works
 * in the I/O thread or in one of its own, woken by its queues' eventfds; and both
 * hold the device's lock when they touch the queues' rings or its state.
 */
#ifndef TOOLS_VMM_VIRTIO_VIRTIO_H
#define TOOLS_VMM_VIRTIO_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <pthread.h>

#include "../bus.h"
#include "../state.h"
#include "queue.h"

struct virtio_dev;
struct vmm_config;

/* Chains that a queue is served before others get their turn */
#define VIRTIO_BATCH	(4 * VIRTQ_MAX)

/**
 * struct virtio_queue - a queue and how its device is woken
 * @ring:	the rings
 * @dev:	whose queue it is
 * @index:	its number there
 * @kick:	eventfd: the driver has put chains into it
 * @watch:	of the I/O thread, for @kick, if the device works there
 */
struct virtio_queue {
	struct virtq ring;
	struct virtio_dev *dev;
	unsigned int index;
	int kick;
	struct io_watch watch;
};

/**
 * struct virtio_ops - what makes a virtio device the one that it is
 * @name:	for messages
 * @id:		VIRTIO_ID_*
 * @class:	PCI class code, 24 bits
 * @kick:	a queue has new chains; with the lock held. NULL if somebody else
 *		waits for the eventfds
 * @start:	the driver is ready, the queues are started; with the lock held. May be
 *		NULL; may say by virtio_broken() that it cannot.
 * @stop:	the driver resets the device, whose queues are still there; with the lock
 *		held. Nothing of the device touches memory afterwards. May be NULL.
 * @configured:	the driver has written to the configuration; in the vCPU thread,
 *		without the lock. NULL: it is not written to
 *
 * @same:	whether a saved configuration can be this device's; NULL: any can
 *
 * @start, @stop and @configured run in the vCPU thread.
 */
struct virtio_ops {
	const char *name;
	u32 id;
	u32 class;
	void (*kick)(struct virtio_queue *queue);
	void (*start)(struct virtio_dev *dev);
	void (*stop)(struct virtio_dev *dev);
	void (*configured)(struct virtio_dev *dev);
	bool (*same)(const struct virtio_dev *dev, const u8 *config);
};

/**
 * struct virtio_dev - the part that all virtio devices have
 * @ops:	of the kind of device
 * @vm:		the machine
 * @lock:	see above
 * @offered:	features
 * @features:	those that the driver took
 * @config:	the configuration space, as the driver sees it
 * @config_size:	its bytes
 * @queues:	@queue_count of them
 * @queue_count:	likewise
 * @queue_max:	descriptors of a queue at most
 * @own_thread:	the device does not work in the I/O thread
 * @status:	VIRTIO_CONFIG_S_*
 * @generation:	changes with @config
 * @running:	the queues are started
 * @resets:	how often the driver has reset it
 * @told_wrong:	one message about the driver is enough
 * @irq:	sets the interrupt's level; set by the transport
 * @irq_lock:	of @isr and the level; taken last
 * @isr:	why we interrupt: 1: a queue, 2: the configuration
 * @transport:	its own
 * @save_transport: names its fields, see state.h
 * @saved:	state.c's
 * @save_name:	likewise
 */
struct virtio_dev {
	const struct virtio_ops *ops;
	struct vmm *vm;
	pthread_mutex_t lock;
	u64 offered, features;
	u8 config[64];
	u32 config_size;
	struct virtio_queue *queues;
	unsigned int queue_count, queue_max;
	bool own_thread;
	u8 status;
	u8 generation;
	bool running;
	u32 resets;
	bool told_wrong;
	void (*irq)(struct virtio_dev *dev, bool level);
	pthread_mutex_t irq_lock;
	u8 isr;
	void *transport;
	void (*save_transport)(struct virtio_dev *dev, struct state *s);
	struct device_state saved;
	char save_name[16];
};

/* --- for devices ------------------------------------------------------------------ */

int virtio_add(struct vmm *vm, struct virtio_dev *dev, unsigned int queues);
int virtio_thread(struct virtio_dev *dev, unsigned int queue);
void virtio_again(struct virtio_queue *queue);
void virtio_serve(struct virtio_queue *queue,
		  u32 (*serve)(struct virtio_dev *dev, struct virtq_chain *chain));
bool virtio_usable(struct virtio_queue *queue);
void virtio_push(struct virtio_queue *queue, const struct virtq_chain *chain, u32 written);
void virtio_signal(struct virtio_queue *queue);
void virtio_interrupt(struct virtio_dev *dev, u8 why);
void virtio_config_changed(struct virtio_dev *dev);
void virtio_broken(struct virtio_dev *dev, const char *why);

static inline bool virtio_has(const struct virtio_dev *dev, unsigned int feature)
{
	return dev->features & 1ull << feature;
}

/* --- for transports: in the vCPU thread --------------------------------------------- */

void virtio_reset(struct virtio_dev *dev);
void virtio_set_status(struct virtio_dev *dev, u8 status);
void virtio_set_features(struct virtio_dev *dev, unsigned int word, u32 value);
u32 virtio_get_features(const struct virtio_dev *dev, unsigned int word);
void virtio_notify(struct virtio_dev *dev, u32 index);
void virtio_config(struct virtio_dev *dev, u64 offset, u8 *data, u32 size, bool write);
u8 virtio_isr(struct virtio_dev *dev, u8 clear);
struct virtio_queue *virtio_queue(struct virtio_dev *dev, u32 index);
void virtio_queue_size(struct virtio_dev *dev, u32 index, u32 size);
void virtio_queue_address(struct virtio_dev *dev, u32 index, u64 *address, unsigned int word,
			  u32 value);
void virtio_queue_enable(struct virtio_dev *dev, u32 index);

/* state.c */
void virtio_save_add(struct virtio_dev *dev);

int virtio_mmio_add(struct virtio_dev *dev);
int virtio_pci_add(struct virtio_dev *dev);

#endif

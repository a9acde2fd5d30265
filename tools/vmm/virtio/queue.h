/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A split virtqueue (virtio 1.2, 2.7), the device's side. Everything in it is written
 * by a guest that may mean harm: each index, length and address is read once, into
 * memory of ours, and checked before it is used.
 */
#ifndef TOOLS_VMM_VIRTIO_QUEUE_H
#define TOOLS_VMM_VIRTIO_QUEUE_H

#include <linux/virtio_ring.h>
#include <sys/uio.h>

#include "../types.h"

struct vmm;

/* Descriptors of a queue, a power of two; and of a chain, which has at most as many */
#define VIRTQ_MAX	256

/**
 * struct virtq - one queue
 * @size:	descriptors; set by the driver, like the next three
 * @desc_addr:	guest physical address of the descriptors
 * @avail_addr:	of the driver's ring
 * @used_addr:	of the device's ring
 * @enabled:	the driver has said that all these are right
 * @ram:	where they were found, once the queue is started
 * @desc:	as @desc_addr, in our address space
 * @avail:	likewise
 * @used:	likewise
 * @features:	of the device, negotiated
 * @next:	the entry of @avail that comes next
 * @done:	what was written to @used->idx
 * @told:	@done when it was last decided whether to interrupt
 * @wrong:	what the driver did that it must not; or NULL. No more chains are
 *		taken until virtq_start().
 */
struct virtq {
	u16 size;
	bool enabled;
	u64 desc_addr, avail_addr, used_addr;
	const struct vmm *ram;
	const struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	u64 features;
	u16 next, done, told;
	const char *wrong;
};

/**
 * struct virtq_chain - the buffers of one request, as the driver gave them
 * @head:	index of the first descriptor, for virtq_push()
 * @out:	what the device reads
 * @in:		what it writes
 * @out_count:	entries of @out
 * @in_count:	entries of @in
 * @out_size:	bytes of all entries of @out; less than 2^40
 * @in_size:	bytes of all entries of @in; likewise
 * @iov:	@out and @in are in it
 */
struct virtq_chain {
	u16 head;
	struct iovec *out, *in;
	unsigned int out_count, in_count;
	u64 out_size, in_size;
	struct iovec iov[VIRTQ_MAX];
};

int virtq_start(struct virtq *q, const struct vmm *ram, u64 features);
void virtq_resume(struct virtq *q);
bool virtq_pop(struct virtq *q, struct virtq_chain *chain);
void virtq_unpop(struct virtq *q);
void virtq_push(struct virtq *q, u16 head, u32 written);
bool virtq_listen(struct virtq *q, bool on);
bool virtq_must_interrupt(struct virtq *q);

/* What follows takes bytes off a chain: the next call sees those behind them */
size_t chain_read(struct virtq_chain *chain, void *to, size_t size);
size_t chain_write(struct virtq_chain *chain, const void *from, size_t size);
u8 *chain_last(struct virtq_chain *chain);

#endif

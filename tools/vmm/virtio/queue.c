// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's side of a split virtqueue: takes chains of descriptors out of the
 * driver's ring and gives them back through the device's. See queue.h.
 */
#include <string.h>

#include "../vmm.h"
#include "queue.h"

#define HAS(q, feature)	((q)->features & 1ull << (feature))

/* Two more words behind the rings, of which VIRTIO_RING_F_EVENT_IDX makes use */
static u16 *used_event(const struct virtq *q)
{
	return &q->avail->ring[q->size];
}

static u16 *avail_event(const struct virtq *q)
{
	return (u16 *)&q->used->ring[q->size];
}

/* What the guest may be changing now: read once, in one access */
static u16 get16(const u16 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void put16(u16 *p, u16 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static bool wrong(struct virtq *q, const char *why)
{
	q->wrong = why;
	return false;
}

/**
 * virtq_start() - the driver is ready: look where its rings are
 * @q: the queue, enabled, with size and addresses
 * @ram: whose memory
 * @features: negotiated
 * Return: 0, or -1 with q->wrong set
 */
int virtq_start(struct virtq *q, const struct vmm *ram, u64 features)
{
	u32 size = q->size;

	q->ram = ram;
	q->features = features;
	q->next = 0;
	q->done = 0;
	q->told = 0;
	q->wrong = NULL;
	if (!size || size > VIRTQ_MAX || size & (size - 1))
		wrong(q, "the size of a queue is not a power of two, or too large");
	else if (q->desc_addr % 16 || q->avail_addr % 2 || q->used_addr % 4)
		wrong(q, "a ring is not aligned");
	if (q->wrong)
		return -1;
	q->desc = vmm_ram(ram, q->desc_addr, 16 * size);
	q->avail = vmm_ram(ram, q->avail_addr, 6 + 2 * size);
	q->used = vmm_ram(ram, q->used_addr, 6 + 8 * size);
	if (q->desc && q->avail && q->used)
		return 0;
	wrong(q, "a ring is not in memory");
	return -1;
}

/**
 * virtq_resume() - go on where a queue was saved: all chains before had been given back
 * @q: the queue, started
 */
void virtq_resume(struct virtq *q)
{
	q->next = get16(&q->used->idx);
	q->done = q->next;
	q->told = q->next;
}

/* One more buffer; those that the device writes come last, virtio 1.2, 2.7.4.2 */
static bool add_buffer(struct virtq *q, struct virtq_chain *chain, const struct vring_desc *desc)
{
	struct iovec *iov = chain->iov + chain->out_count + chain->in_count;
	bool in = desc->flags & VRING_DESC_F_WRITE;

	if (iov == chain->iov + q->size)
		return wrong(q, "a chain is longer than its queue");
	if (!in && chain->in_count)
		return wrong(q, "a buffer to read is behind one to write");
	iov->iov_base = vmm_ram(q->ram, desc->addr, desc->len);
	iov->iov_len = desc->len;
	if (!iov->iov_base)
		return wrong(q, "a buffer is not in memory");
	if (in) {
		chain->in_count++;
		chain->in_size += desc->len;
	} else {
		chain->out_count++;
		chain->out_size += desc->len;
	}
	return true;
}

/* The table that an indirect descriptor points to, virtio 1.2, 2.7.5.3 */
static const struct vring_desc *indirect(struct virtq *q, const struct vring_desc *desc)
{
	const struct vring_desc *table;

	if (!HAS(q, VIRTIO_RING_F_INDIRECT_DESC) || desc->flags & VRING_DESC_F_NEXT ||
	    !desc->len || desc->len % sizeof(*desc)) {
		wrong(q, "an indirect descriptor is wrong");
		return NULL;
	}
	table = vmm_ram(q->ram, desc->addr, desc->len);
	if (!table)
		wrong(q, "an indirect table is not in memory");
	return table;
}

/*
 * Follow a chain. Each round adds a buffer, of which there are at most q->size, or
 * goes to an indirect table, once: so a loop ends.
 */
static bool walk(struct virtq *q, struct virtq_chain *chain)
{
	const struct vring_desc *table = q->desc;
	u32 at = chain->head, count = q->size;
	struct vring_desc desc;
	bool inside = false;	/* of an indirect table, which may be where q->desc is */

	for (;;) {
		if (at >= count)
			return wrong(q, "a descriptor is outside of its table");
		memcpy(&desc, table + at, sizeof(desc));
		__asm__ volatile("" : "+m" (desc) : : "memory");	/* no second look */
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			if (inside)
				return wrong(q, "an indirect table has another in it");
			inside = true;
			table = indirect(q, &desc);
			if (!table)
				return false;
			count = desc.len / sizeof(desc);
			at = 0;
			continue;
		}
		if (!add_buffer(q, chain, &desc))
			return false;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return true;
		at = desc.next;
	}
}

/**
 * virtq_pop() - take the next chain
 * @q: a started queue
 * @chain: filled in
 * Return: true; or false if there is none, or with q->wrong set
 */
bool virtq_pop(struct virtq *q, struct virtq_chain *chain)
{
	u16 ahead = get16(&q->avail->idx) - q->next;

	if (!ahead || q->wrong)
		return false;
	if (ahead > q->size)
		return wrong(q, "more chains are there than the queue holds");
	chain->head = get16(&q->avail->ring[q->next % q->size]);
	chain->out_count = 0;
	chain->in_count = 0;
	chain->out_size = 0;
	chain->in_size = 0;
	if (!walk(q, chain))
		return false;
	chain->out = chain->iov;
	chain->in = chain->iov + chain->out_count;
	q->next++;
	return true;
}

/**
 * virtq_unpop() - put the chain that virtq_pop() returned last back, to pop it later
 * @q: its queue
 */
void virtq_unpop(struct virtq *q)
{
	q->next--;
}

/**
 * virtq_push() - give a chain back
 * @q: its queue
 * @head: of the chain
 * @written: bytes that the device has written at the beginning of what it may write
 */
void virtq_push(struct virtq *q, u16 head, u32 written)
{
	struct vring_used_elem *elem = &q->used->ring[q->done % q->size];

	elem->id = head;
	elem->len = written;
	put16(&q->used->idx, ++q->done);
}

/**
 * virtq_listen() - whether the driver shall tell of new chains
 * @q: a started queue
 * @on: that
 * Return: true if @on, and chains have come meanwhile that it has not told of
 *
 * With VIRTIO_RING_F_EVENT_IDX there is nothing to do to be left alone: the driver
 * tells of the one chain that was asked for.
 */
bool virtq_listen(struct virtq *q, bool on)
{
	if (HAS(q, VIRTIO_RING_F_EVENT_IDX)) {
		if (on)
			put16(avail_event(q), q->next);
	} else {
		put16(&q->used->flags, on ? 0 : VRING_USED_F_NO_NOTIFY);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return on && !q->wrong && get16(&q->avail->idx) != q->next;
}

/**
 * virtq_must_interrupt() - whether the driver wants to know what virtq_push() did
 * @q: a started queue
 * Return: that, for all pushes since the last call
 */
bool virtq_must_interrupt(struct virtq *q)
{
	u16 old = q->told;

	q->told = q->done;
	if (q->done == old)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (HAS(q, VIRTIO_RING_F_EVENT_IDX))
		return vring_need_event(get16(used_event(q)), q->done, old);
	return !(get16(&q->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

/* Move bytes between a buffer and the front of a list, of which they are taken off */
static size_t move(struct iovec **iov, unsigned int *count, u8 *buf, size_t size, bool in)
{
	size_t done = 0, n;

	while (done < size && *count) {
		n = (*iov)->iov_len < size - done ? (*iov)->iov_len : size - done;
		if (in)
			memcpy((*iov)->iov_base, buf + done, n);
		else
			memcpy(buf + done, (*iov)->iov_base, n);
		done += n;
		(*iov)->iov_base = (u8 *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
		if (!(*iov)->iov_len) {
			(*iov)++;
			(*count)--;
		}
	}
	return done;
}

/**
 * chain_read() - take bytes from the front of what the driver gave to read
 * @chain: of it
 * @to: where to put them
 * @size: how many
 * Return: how many there were
 */
size_t chain_read(struct virtq_chain *chain, void *to, size_t size)
{
	size_t n = move(&chain->out, &chain->out_count, to, size, false);

	chain->out_size -= n;
	return n;
}

/**
 * chain_write() - fill the front of what the driver gave to write
 * @chain: of it
 * @from: the bytes
 * @size: how many
 * Return: for how many there was room
 */
size_t chain_write(struct virtq_chain *chain, const void *from, size_t size)
{
	size_t n = move(&chain->in, &chain->in_count, (u8 *)from, size, true);

	chain->in_size -= n;
	return n;
}

/**
 * chain_last() - take off the last byte of what the driver gave to write
 * @chain: of it
 * Return: where it is, or NULL if there is none
 */
u8 *chain_last(struct virtq_chain *chain)
{
	struct iovec *iov;

	while (chain->in_count) {
		iov = &chain->in[chain->in_count - 1];
		if (iov->iov_len) {
			chain->in_size--;
			return (u8 *)iov->iov_base + --iov->iov_len;
		}
		chain->in_count--;
	}
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhost-user with a back end that answers anything: tools/vmm/virtio/vhost-user.c from its
 * negotiation on, driven by a guest that starts and resets the device. Whatever comes, the
 * configuration is as large as it is, nobody waits for what does not come, and what the
 * guest is offered is what we can do.
 *
 * An input: a byte of flags; then what the back end sends. For each message that it gets there
 * is a byte: what is wrong with its answer; and the bytes of the answer.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ensure.h"

/* it says what is wrong with each of them */
static FILE *nowhere;
#undef stderr
#define stderr nowhere

static ssize_t vu_sendmsg(int fd, const struct msghdr *msg, int flags);
static ssize_t vu_recv(int fd, void *to, size_t size, int flags);

#define sendmsg vu_sendmsg
#define recv vu_recv
#define setsockopt(fd, level, name, value, size) ((void)(value))
#include "vmm/virtio/vhost-user.c"
#undef stderr

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define FD_SOCKET	7000
#define RAM		65536
#define QUEUES		2

static const uint8_t *at, *end;
static uint8_t answer[1024];
static size_t answer_at, answer_size;
static unsigned int messages;

static uint8_t byte(void)
{
	return at < end ? *at++ : 0;
}

/* Well-formed, but for what @wrong says; the rest is the input's */
static void make_answer(const struct vhost_user_message *m, uint8_t wrong)
{
	struct vhost_user_message reply = { .request = m->request, .flags = VU_VERSION | VU_REPLY };
	size_t i;

	reply.size = m->request == VU_GET_CONFIG ? m->size :
		     m->flags & VU_NEED_REPLY ? sizeof(u64) : sizeof(m->vring);
	if (wrong & 1)
		reply.size = byte();
	if (wrong & 2)
		reply.flags = byte();
	if (wrong & 4)
		reply.request = byte();
	if (wrong & 8)
		reply.size = 0xffffff00 | byte();
	memcpy(answer, &reply, VU_HEADER);
	answer_size = VU_HEADER + (reply.size < 512 ? reply.size : 512);
	for (i = VU_HEADER; i < answer_size; i++)
		answer[i] = byte();
	/* features are bits that have to be good to come any further */
	if (m->request == VU_GET_FEATURES && wrong & 16)
		memset(answer + VU_HEADER, 0xff, 8);
	if (m->flags & VU_NEED_REPLY && wrong & 32)
		memset(answer + VU_HEADER, 0, 8);
	if (wrong & 64)
		answer_size -= answer_size < 8 ? answer_size : byte() & 7;
	answer_at = 0;
}

static ssize_t vu_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct vhost_user_message *m = msg->msg_iov->iov_base;

	(void)flags;
	ENSURE(fd == FD_SOCKET && msg->msg_iovlen == 1);
	ENSURE(msg->msg_iov->iov_len == VU_HEADER + m->size && m->size <= sizeof(*m) - VU_HEADER);
	ENSURE(messages++ < 100);
	make_answer(m, byte());
	if (at == end && messages > 40)
		return -1;
	return msg->msg_iov->iov_len;
}

/* In pieces; what has not come yet will not come */
static ssize_t vu_recv(int fd, void *to, size_t size, int flags)
{
	size_t n = answer_size - answer_at;

	(void)flags;
	ENSURE(fd == FD_SOCKET);
	if (n > size)
		n = size;
	if (n > 3)
		n -= n / 3;
	memcpy(to, answer + answer_at, n);
	answer_at += n;
	return n;
}

/* --- what the sources call of the monitor ---------------------------- */

static struct vmm vm;
static struct vmm_config config;
static u8 *ram;

void *vmm_ram(const struct vmm *machine, u64 gpa, u64 size)
{
	(void)machine;
	return gpa < RAM && size <= RAM - gpa ? ram + gpa : NULL;
}

int io_add(struct io_watch *watch, u32 events)
{
	(void)watch;
	(void)events;
	return 0;
}

int io_thread(void *(*fn)(void *arg), void *arg)
{
	(void)fn;
	(void)arg;
	return 0;
}

static void irq(struct virtio_dev *dev, bool level)
{
	(void)dev;
	(void)level;
}

int virtio_pci_add(struct virtio_dev *dev)
{
	dev->irq = irq;
	return 0;
}

int virtio_mmio_add(struct virtio_dev *dev)
{
	return virtio_pci_add(dev);
}

void virtio_save_add(struct virtio_dev *dev)
{
	(void)dev;
}

int vhost_call_init(struct io_watch *call, struct virtio_dev *dev)
{
	*call = (struct io_watch){ .fd = -1, .dev = dev };
	return 0;
}

/* --- inputs ---------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nowhere = fopen("/dev/null", "w");
	config.dry_run = true;		/* its memory is no file */
	return 0;
}

/* A driver that starts its queues, and starts again */
static void drive(struct virtio_dev *dev, bool good)
{
	unsigned int i, turn;

	for (turn = 0; turn < 2; turn++) {
		virtio_set_status(dev, 0);
		virtio_set_status(dev, 3);
		virtio_set_features(dev, 0, dev->offered);
		virtio_set_features(dev, 1, dev->offered >> 32);
		virtio_set_status(dev, 11);
		for (i = 0; i < dev->queue_count; i++) {
			virtio_queue_size(dev, i, 8);
			dev->queues[i].ring.desc_addr = 4096 * i;
			dev->queues[i].ring.avail_addr = 4096 * i + 1024;
			dev->queues[i].ring.used_addr = good ? 4096 * i + 2048 : RAM - 4;
			virtio_queue_enable(dev, i);
		}
		virtio_set_status(dev, 15);
		ENSURE(!(dev->features & ~dev->offered));
		virtio_notify(dev, 0);
	}
	virtio_set_status(dev, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct backend_ops ops;
	static struct backend be = { .ops = &ops };
	struct vhost_user *vu = calloc(1, sizeof(*vu));
	unsigned int i;

	ram = calloc(1, RAM);
	vm = (struct vmm){ .config = &config, .be = &be, .ram_low = ram, .ram_low_size = RAM };
	at = data;
	end = data + size;
	answer_size = 0;
	answer_at = 0;
	messages = 0;
	vu->remote_config = byte() & 1;
	vu->dev.config_size = 60;
	vu->socket = FD_SOCKET;
	vu->ops = (struct virtio_ops){ .name = "fuzz", .id = 2 };
	if (!vhost_user_add(&vm, vu, QUEUES, "fuzz")) {
		ENSURE(!(vu->dev.offered & VHOST_UNWANTED));
		ENSURE(vu->dev.offered & 1ull << VIRTIO_F_VERSION_1);
		drive(&vu->dev, size & 1);
	}
	for (i = 0; vu->dev.queues && i < vu->dev.queue_count; i++)
		close(vu->dev.queues[i].kick);
	free(vu->dev.queues);
	free(vu->calls);
	free(vu);
	free(ram);
	return 0;
}

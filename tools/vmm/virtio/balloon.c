// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-balloon (virtio 1.2, 5.5): the guest gives pages of its choice, and they are
 * punched out of the file `mem`, so that the host has them. A page that the guest takes
 * back is zeros, and allocated as it is touched. With `--balloon=report` the guest also
 * tells, by itself, which of its memory is free.
 *
 * `kvmfs balloon' says how much, over the control socket.
 */
#include <errno.h>
#include <linux/virtio_balloon.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../command.h"
#include "../control.h"
#include "../device.h"
#include "../vmm.h"
#include "virtio.h"

#define PAGE		(1ull << VIRTIO_BALLOON_PFN_SHIFT)
#define MOST		16384	/* pages of a chain; Linux gives 256 */

/*
 * Queues of pages that come and that go. The specification counts the others whether they
 * are there or not, and Linux those that are: so any of the rest is for reports.
 */
enum { INFLATE, DEFLATE, REPORTS, QUEUES = 5 };

struct balloon {
	struct virtio_dev dev;
	u64 memory;		/* of the guest, in bytes */
};

static struct virtio_balloon_config *config_of(struct balloon *balloon)
{
	return (struct virtio_balloon_config *)balloon->dev.config;
}

static void discard(void *at, u64 size)
{
	if (size)
		madvise(at, size, MADV_REMOVE);
}

/* Runs of pages are given back in one piece */
static u32 inflate(struct virtio_dev *dev, struct virtq_chain *chain)
{
	u8 *run = NULL, *at;
	u32 pfn, left = MOST;
	u64 size = 0;

	while (left-- && chain_read(chain, &pfn, sizeof(pfn)) == sizeof(pfn)) {
		at = vmm_ram(dev->vm, pfn * PAGE, PAGE);
		if (!at)
			continue;
		if (size && at == run + size) {
			size += PAGE;
		} else if (size && at == run - PAGE) {
			run = at;
			size += PAGE;
		} else {
			discard(run, size);
			run = at;
			size = PAGE;
		}
	}
	discard(run, size);
	return 0;
}

/* Nothing to do: a page is there when it is touched */
static u32 deflate(struct virtio_dev *dev, struct virtq_chain *chain)
{
	(void)dev;
	(void)chain;
	return 0;
}

/* What is free is told as buffers that we may do with what we like */
static u32 report(struct virtio_dev *dev, struct virtq_chain *chain)
{
	unsigned int i;

	(void)dev;
	for (i = 0; i < chain->in_count; i++) {
		u64 start = (uintptr_t)chain->in[i].iov_base;
		u64 end = (start + chain->in[i].iov_len) & ~(PAGE - 1);

		start = (start + PAGE - 1) & ~(PAGE - 1);
		if (end > start)
			discard((void *)(uintptr_t)start, end - start);
	}
	return 0;
}

static void kick(struct virtio_queue *queue)
{
	static u32 (*const serve[])(struct virtio_dev *dev, struct virtq_chain *chain) = {
		[INFLATE] = inflate, [DEFLATE] = deflate, [REPORTS] = report,
	};

	virtio_serve(queue, serve[queue->index < REPORTS ? queue->index : REPORTS]);
}

/* The driver writes how much it has given, for us to look at */
static void configured(struct virtio_dev *dev)
{
	(void)dev;
}

/* The next driver begins with nothing given */
static void stop(struct virtio_dev *dev)
{
	config_of((struct balloon *)dev)->actual = 0;
}

static const struct virtio_ops ops = {
	.name = "balloon",
	.id = VIRTIO_ID_BALLOON,
	.class = 0x00ff00,
	.kick = kick,
	.stop = stop,
	.configured = configured,
};

/* --- the control socket --------------------------------------------------------------- */

static struct balloon *the_balloon;

/* SIZE is what the guest shall have: the balloon is the rest */
static int set_target(struct balloon *balloon, struct control *c)
{
	u64 size;

	if (parse_size(c->args, &size))
		return control_fail(c, "%.64s: not a size", c->args);
	/* A bare number is MiB, as for --mem */
	if (c->args[strspn(c->args, "0123456789")] == '\0' && size <= UINT32_MAX)
		size <<= 20;
	if (!size || size > balloon->memory)
		return control_fail(c, "%.64s: the machine has %lluM, and cannot have more or none",
				    c->args, (unsigned long long)balloon->memory >> 20);
	pthread_mutex_lock(&balloon->dev.lock);
	config_of(balloon)->num_pages = (balloon->memory - size) / PAGE;
	virtio_config_changed(&balloon->dev);
	pthread_mutex_unlock(&balloon->dev.lock);
	return 0;
}

static int run_balloon(struct vmm *vm, struct control *c)
{
	struct balloon *balloon = the_balloon;
	const struct virtio_balloon_config *config = config_of(balloon);

	(void)vm;
	if (*c->args)
		return set_target(balloon, c);
	if (!(balloon->dev.status & VIRTIO_CONFIG_S_DRIVER_OK))
		return control_fail(c, "the guest has no driver for its balloon (virtio_balloon)");
	pthread_mutex_lock(&balloon->dev.lock);
	fprintf(c->answer, " memory %llu\n wanted %llu\n left %llu\n",
		(unsigned long long)balloon->memory,
		(unsigned long long)(balloon->memory - config->num_pages * PAGE),
		(unsigned long long)(balloon->memory - config->actual * PAGE));
	pthread_mutex_unlock(&balloon->dev.lock);
	return 0;
}

static struct control_command command = {
	.name = "balloon",
	.help = "[SIZE]: how much memory the guest has, or shall have",
	.run = run_balloon,
};

/**
 * virtio_balloon_add() - `--balloon[=report]`
 * @vm: the machine
 * @value: of the option, or NULL
 * Return: 0, or -1 with a line on stderr
 */
int virtio_balloon_add(struct vmm *vm, char *value)
{
	struct balloon *balloon = calloc(1, sizeof(*balloon));
	unsigned int i;

	if (!balloon || the_balloon || (value && strcmp(value, "report"))) {
		fputs("kvmfs: --balloon: there may be one, and its only value is report\n", stderr);
		return -1;
	}
	the_balloon = balloon;
	balloon->memory = vm->ram_low_size + vm->ram_high_size;
	balloon->dev.ops = &ops;
	balloon->dev.own_thread = true;
	balloon->dev.config_size = offsetof(struct virtio_balloon_config, free_page_hint_cmd_id);
	balloon->dev.offered = 1ull << VIRTIO_BALLOON_F_DEFLATE_ON_OOM;
	if (value)
		balloon->dev.offered |= 1ull << VIRTIO_BALLOON_F_REPORTING;
	if (virtio_add(vm, &balloon->dev, QUEUES))
		return -1;
	for (i = 0; i < QUEUES; i++)
		if (virtio_thread(&balloon->dev, i)) {
			fprintf(stderr, "kvmfs: --balloon: %s\n", strerror(errno));
			return -1;
		}
	control_add(&command);
	return 0;
}

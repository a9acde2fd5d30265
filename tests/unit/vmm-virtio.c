// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio devices and their registers, by MMIO and by PCI, in the hands of a driver that
 * does things right and of one that does anything: real sources, no threads. A queue that
 * was notified is served when the driver has written. The disk is a file whose contents a
 * model knows; ASan watches guest memory, which is an allocation of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../tools/vmm/device.h"
#include "../../tools/vmm/pci.h"
#include "../../tools/vmm/virtio/virtio.h"
#include "../../tools/vmm/vmm.h"
#include "vmm-tap.h"

#define RAM		0x40000ull
#define SECTORS		64u
#define DESC		0x1000ull
#define AVAIL		0x2000ull
#define USED		0x3000ull
#define BUFFERS		0x8000ull

static struct vmm vm;
static struct vmm_config config;
static struct bus_region *windows[4];
static unsigned int window_count;
static struct pci_device *card;
static bool irq_level;

/* The one device that there is, and what its thread would run */
static struct virtio_dev *device, *made[4];
static unsigned int made_count;
static struct io_watch *watches[4];
static unsigned int watch_count;
static void *(*body)(void *arg);

/* --- what the sources call of the rest of the monitor ------------------------------------ */

void *vmm_ram(const struct vmm *machine, u64 gpa, u64 size)
{
	return gpa < RAM && size <= RAM - gpa ? machine->ram_low + gpa : NULL;
}

int io_add(struct io_watch *watch, u32 events)
{
	(void)events;
	watches[watch_count++] = watch;
	device = ((struct virtio_queue *)watch->dev)->dev;
	return 0;
}

int io_thread(void *(*fn)(void *), void *arg)
{
	device = ((struct virtio_queue *)arg)->dev;
	body = fn;
	return 0;
}

void line_init(struct line *line, unsigned int irq)
{
	line->irq = irq;
}

void line_set(struct vmm *machine, struct line *line, bool level)
{
	(void)machine;
	(void)line;
	irq_level = level;
}

void pic_level(struct pic *pic, unsigned int irq)
{
	(void)pic;
	(void)irq;
}

int bus_add(enum bus bus, struct bus_region *region)
{
	(void)bus;
	windows[window_count++] = region;
	return 0;
}

void pci_device_init(struct pci_device *dev, const struct pci_id *id)
{
	(void)id;
	memset(dev, 0, sizeof(*dev));
	dev->cap_end = 0x40;
}

void pci_bar_add(struct pci_device *dev, unsigned int n, enum bus bus, u32 size,
		 void (*access)(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
				u32 size, bool write), void *owner)
{
	dev->bar[n].region = (struct bus_region){
		.size = size, .access = access, .dev = owner,
	};
	bus_add(bus, &dev->bar[n].region);
}

int pci_capability_add(struct pci_device *dev, u8 id, const void *body, u32 size)
{
	u32 at = dev->cap_end;

	dev->config[at] = id;
	memcpy(dev->config + at + 2, body, size);
	dev->cap_end = (at + 2 + size + 3) & ~3u;
	return at;
}

int pci_plug(struct vmm *machine, struct pci_device *dev, int devfn, bool interrupts)
{
	(void)machine;
	(void)devfn;
	(void)interrupts;
	card = dev;
	return 0;
}

void pci_interrupt(struct vmm *machine, struct pci_device *dev, bool level)
{
	(void)machine;
	(void)dev;
	irq_level = level;
}

void state_add(struct device_state *saved)
{
	(void)saved;
}

void state_number(struct state *s, const char *name, void *value, size_t size)
{
	(void)s;
	(void)name;
	(void)value;
	(void)size;
}

void state_flag(struct state *s, const char *name, void *flag, size_t size)
{
	u8 value = *(bool *)flag;

	state_number(s, name, &value, sizeof(value));
	s->failed |= value > 1;
	*(bool *)flag = value == 1;
}

void state_bytes(struct state *s, const char *name, void *bytes, size_t size)
{
	state_number(s, name, bytes, size);
}

char *device_word(char **value)
{
	return *value ? strsep(value, ",") : NULL;
}

/* --- helpers ------------------------------------------------------------------------------- */

static u64 access_at(struct bus_region *w, u64 offset, u32 size, bool write, u64 value)
{
	u8 data[8];

	memcpy(data, &value, 8);
	if (!write)
		memset(data, 0, 8);
	w->access(w, &vm, offset, data, size, write);
	memcpy(&value, data, 8);
	return value;
}

/* What the threads do: an eventfd without a count lets its reader go */
static void serve_kicked(void)
{
	unsigned int i;

	for (i = 0; i < watch_count; i++)
		watches[i]->ready(watches[i], 1);
	if (body)
		body(&device->queues[0]);
}

/* --- an honest driver of the disk ------------------------------------------------------------ */

struct driver {
	struct bus_region *memory, *ports;	/* @ports: PCI's, or NULL */
	u16 next, seen;
};

/* The registers by name, so that one driver does for both transports: offset, bytes */
enum reg { FEATURES_WORD, FEATURES, STATUS, SELECT, SIZE, READY, QDESC, QAVAIL, QUSED };

static const u16 mmio_regs[][2] = {
	{ 0x24, 4 }, { 0x20, 4 }, { 0x70, 4 }, { 0x30, 4 }, { 0x38, 4 }, { 0x44, 4 },
	{ 0x80, 4 }, { 0x90, 4 }, { 0xa0, 4 },
};

static const u16 pci_regs[][2] = {
	{ 8, 4 }, { 12, 4 }, { 20, 1 }, { 22, 2 }, { 24, 2 }, { 28, 2 },
	{ 32, 4 }, { 40, 4 }, { 48, 4 },
};

static void put(struct driver *d, enum reg reg, u64 value)
{
	const u16 *r = d->ports ? pci_regs[reg] : mmio_regs[reg];

	access_at(d->memory, r[0], r[1], true, value);
	if (reg >= QDESC)
		access_at(d->memory, r[0] + 4, 4, true, value >> 32);
}

static u32 get_status(struct driver *d)
{
	const u16 *r = d->ports ? pci_regs[STATUS] : mmio_regs[STATUS];

	return access_at(d->memory, r[0], r[1], false, 0);
}

static void set_up(struct driver *d, u16 size, u64 features)
{
	memset(vm.ram_low, 0, RAM);
	d->next = 0;
	d->seen = 0;
	put(d, STATUS, 0);
	put(d, STATUS, 1);
	put(d, STATUS, 3);
	put(d, FEATURES_WORD, 0);
	put(d, FEATURES, features);
	put(d, FEATURES_WORD, 1);
	put(d, FEATURES, features >> 32);
	put(d, STATUS, 11);
	put(d, SELECT, 0);
	put(d, SIZE, size);
	put(d, QDESC, DESC);
	put(d, QAVAIL, AVAIL);
	put(d, QUSED, USED);
	put(d, READY, 1);
	put(d, STATUS, 15);
}

static void notify(struct driver *d)
{
	if (d->ports)
		access_at(d->ports, 4, 2, true, 0);
	else
		access_at(d->memory, 0x50, 4, true, 0);
	serve_kicked();
}

/* Why it interrupts; and it interrupts no more */
static u32 acknowledge(struct driver *d)
{
	u32 isr;

	if (d->ports)
		return access_at(d->ports, 0, 1, false, 0);
	isr = access_at(d->memory, 0x60, 4, false, 0);
	access_at(d->memory, 0x64, 4, true, isr);
	return isr;
}

/* One request in three descriptors: its status, or -1 if it was not given back */
static int disk(struct driver *d, u32 type, u64 sector, u32 bytes, bool in)
{
	struct vring_desc *desc = (void *)(vm.ram_low + DESC);
	struct vring_avail *avail = (void *)(vm.ram_low + AVAIL);
	struct vring_used *used = (void *)(vm.ram_low + USED);
	const struct virtio_blk_outhdr header = { .type = type, .sector = sector };

	memcpy(vm.ram_low + 0x6000, &header, sizeof(header));
	vm.ram_low[0x7000] = 0xee;
	desc[0] = (struct vring_desc){ 0x6000, sizeof(header), VRING_DESC_F_NEXT, 1 };
	desc[1] = (struct vring_desc){
		BUFFERS, bytes, VRING_DESC_F_NEXT | (in ? VRING_DESC_F_WRITE : 0), 2 };
	desc[2] = (struct vring_desc){ 0x7000, 1, VRING_DESC_F_WRITE, 0 };
	if (!bytes)
		desc[0].next = 2;
	avail->ring[d->next % 4] = 0;
	avail->idx = ++d->next;
	notify(d);
	if (used->idx != (u16)(d->seen + 1))
		return -1;
	d->seen++;
	return vm.ram_low[0x7000];
}

#define V1	(1ull << VIRTIO_F_VERSION_1)

static void honest(struct driver *d, const char *how, u8 *model)
{
	bool reads = true, writes = true, irqs = true;
	unsigned int i, n, at, size;
	char what[128];

	set_up(d, 4, V1);
	snprintf(what, sizeof(what), "%s: the device is ready", how);
	ok(get_status(d) == 15, what);
	for (n = 0; n < 300; n++) {
		at = rnd(SECTORS);
		size = 512 * (1 + rnd(SECTORS - at));
		if (n % 2) {
			for (i = 0; i < size; i++)
				model[512 * at + i] = vm.ram_low[BUFFERS + i] = rnd(256);
			writes &= disk(d, VIRTIO_BLK_T_OUT, at, size, false) == 0;
		} else {
			reads &= disk(d, VIRTIO_BLK_T_IN, at, size, true) == 0 &&
				 !memcmp(vm.ram_low + BUFFERS, model + 512 * at, size);
		}
		irqs &= irq_level && acknowledge(d) == 1 && !irq_level;
	}
	snprintf(what, sizeof(what), "%s: what is written is read", how);
	ok(reads && writes, what);
	snprintf(what, sizeof(what), "%s: an interrupt for each, until it is acknowledged", how);
	ok(irqs, what);
	ok(disk(d, VIRTIO_BLK_T_IN, SECTORS, 512, true) == VIRTIO_BLK_S_IOERR &&
	   disk(d, VIRTIO_BLK_T_OUT, SECTORS - 1, 1024, false) == VIRTIO_BLK_S_IOERR &&
	   disk(d, VIRTIO_BLK_T_OUT, ~0ull, 512, false) == VIRTIO_BLK_S_IOERR &&
	   disk(d, VIRTIO_BLK_T_IN, ~0ull / 512, 1024, true) == VIRTIO_BLK_S_IOERR,
	   "... beyond the end is an error");
	ok(disk(d, VIRTIO_BLK_T_IN, 0, 100, true) == VIRTIO_BLK_S_IOERR, "... part of a sector");
	ok(disk(d, VIRTIO_BLK_T_FLUSH, 0, 0, false) == 0, "... a flush");
	ok(disk(d, 77, 0, 0, false) == VIRTIO_BLK_S_UNSUPP, "... what nobody knows");
	vm.ram_low[BUFFERS] = 0;
	ok(disk(d, VIRTIO_BLK_T_GET_ID, 0, 20, true) == 0 && vm.ram_low[BUFFERS], "... its name");
}

/* Features that are not offered, or none, are not taken; and then it does not start */
static void refuse_features(struct driver *d)
{
	set_up(d, 4, 0);
	ok(!(get_status(d) & VIRTIO_CONFIG_S_FEATURES_OK) &&
	   get_status(d) & VIRTIO_CONFIG_S_NEEDS_RESET, "without version 1 it does not start");
	set_up(d, 4, V1 | 1ull << 40);
	ok(!(get_status(d) & VIRTIO_CONFIG_S_FEATURES_OK), "nor with what was not offered");
	set_up(d, 3, V1);
	ok(get_status(d) & VIRTIO_CONFIG_S_NEEDS_RESET, "nor with a queue of three");
	set_up(d, 4, V1);
	*(u16 *)(vm.ram_low + AVAIL + 2) = 100;
	acknowledge(d);
	notify(d);
	ok(get_status(d) & VIRTIO_CONFIG_S_NEEDS_RESET && acknowledge(d) == 2,
	   "a wrong ring stops it, and the driver is told");
	set_up(d, 4, V1);
	ok(get_status(d) == 15, "until it is reset");
}

/* --- one that does anything ------------------------------------------------------------------- */

static void scribble(u64 from, u32 size)
{
	while (size--)
		vm.ram_low[from++] = rnd(256);
}

/* Requests that are nearly right, in a ring that is */
static void plausible(void)
{
	struct vring_desc *desc = (void *)(vm.ram_low + DESC);
	struct vring_avail *avail = (void *)(vm.ram_low + AVAIL);
	struct virtio_blk_outhdr *header = (void *)(vm.ram_low + 0x6000);
	unsigned int i;

	header->type = rnd(16);
	header->sector = rnd(4) ? rnd(SECTORS + 4) : (u64)rnd(~0u) << rnd(33);
	for (i = 0; i < 8; i++) {
		desc[i].addr = rnd(3) ? 0x6000 : rnd(RAM);
		desc[i].len = rnd(3) ? 16 * rnd(65) : rnd(40);
		desc[i].flags = rnd(5);
		desc[i].next = rnd(9);
	}
	avail->ring[rnd(8)] = rnd(9);
	avail->idx += rnd(3);
}

static u64 any_value(void)
{
	switch (rnd(5)) {
	case 0:
		return rnd(2);
	case 1:
		return 1u << rnd(9);
	case 2:
		return rnd(RAM) & ~15u;
	case 3:
		return rnd(256);
	default:
		return (u64)rnd(~0u) << rnd(33);
	}
}

static void anything(struct driver *d)
{
	struct bus_region *w = d->ports && rnd(4) == 0 ? d->ports : d->memory;
	static const u32 sizes[] = { 1, 2, 4, 8 };
	u32 size = sizes[rnd(4)], at;

	if (rnd(20) == 0)
		set_up(d, 1 << rnd(4), V1 | (u64)rnd(4) << VIRTIO_RING_F_INDIRECT_DESC);
	at = rnd(w->size - size + 1);
	if (w == d->memory && rnd(2))
		at = rnd(0x100 / size) * size;
	access_at(w, at, size, rnd(3), any_value());
	if (rnd(2))
		plausible();
	if (rnd(50) == 0)
		scribble(DESC, 0x3000);
	if (d->ports && rnd(8) == 0) {
		at = rnd(256);
		if (card->writable[at])
			card->config[at] = rnd(256);
		card->before_read(card, &vm, at & ~3u, 4);
		card->written(card, &vm, at & ~3u, 4);
	}
	notify(d);
}

static void hostile(struct driver *d, const char *how)
{
	char what[128];
	unsigned int i;

	device->told_wrong = true;	/* it would be told */
	for (i = 0; i < 30000; i++)
		anything(d);
	snprintf(what, sizeof(what), "%s: 30000 of anything, and it is still there", how);
	set_up(d, 4, V1);
	ok(get_status(d) == 15, what);
}

/* --- the machines ---------------------------------------------------------------------------- */

static char image[] = "/tmp/vmm-virtio.XXXXXX";

static struct driver make(bool mmio, bool rng)
{
	struct driver d = { 0 };
	unsigned int i;
	char value[64];

	window_count = 0;
	watch_count = 0;
	body = NULL;
	config.virtio_mmio = mmio;
	snprintf(value, sizeof(value), "%s", image);
	if (rng ? virtio_rng_add(&vm, NULL) : virtio_blk_add(&vm, value))
		exit(1);
	for (i = 0; i < device->queue_count; i++)
		fcntl(device->queues[i].kick, F_SETFL, O_NONBLOCK);
	made[made_count++] = device;
	d.ports = mmio ? NULL : windows[0];
	d.memory = windows[mmio ? 0 : 1];
	return d;
}

int main(void)
{
	static u8 model[512 * SECTORS];
	struct driver d;
	int fd, mmio;

	vm.config = &config;
	vm.ram_low = malloc(RAM);
	for (mmio = 0; mmio < 2; mmio++) {
		const char *how = mmio ? "MMIO" : "PCI";

		memset(model, 0, sizeof(model));
		strcpy(image, "/tmp/vmm-virtio.XXXXXX");
		fd = mkstemp(image);
		if (fd < 0 || ftruncate(fd, sizeof(model)))
			return 1;
		close(fd);
		d = make(mmio, false);
		honest(&d, how, model);
		refuse_features(&d);
		hostile(&d, how);
		unlink(image);
		d = make(mmio, true);
		hostile(&d, mmio ? "MMIO, random numbers" : "PCI, random numbers");
	}
	free(vm.ram_low);
	return done_testing();
}

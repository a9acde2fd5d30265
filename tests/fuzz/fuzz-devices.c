// SPDX-License-Identifier: GPL-2.0-only
/*
 * All devices of the monitor in the hands of a guest that means harm. An input is a program:
 * accesses to ports and registers, what a driver does to begin, stores into the rings and
 * other memory, notifications, time, interrupts, resets, keys, frames; and what people ask
 * the monitor meanwhile. Whatever it is, the monitor goes on, touches no memory that is not
 * the guest's, keeps its disks as large as they are, and can be saved and restored.
 *
 * An input is read byte by byte; each step begins with one: low four bits say what, 0x80:
 * the monitor's threads do not work now, 0x40: interrupts can be taken.
 */
#include <linux/kvmfs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Where a driver has its rings: a piece of memory for each device, and in it for each queue */
#define DRIVER		0x100000u
#define DEVICE_SIZE	0x40000u
#define QUEUE_SIZE	0x2000u
#define AVAIL		0x1000u
#define USED		0x1800u
#define BUFFERS		0x20000u
#define QUEUES		5u

#define STEPS		400
#define SAVES		3		/* of those: the longest */

static const u8 *at, *end;
static unsigned int steps, saves;

static u8 byte(void)
{
	return at < end ? *at++ : 0;
}

static u16 word(void)
{
	u16 low = byte();

	return low | byte() << 8;
}

static u32 dword(void)
{
	u32 low = word();

	return low | (u32)word() << 16;
}

/* --- accesses that come one after the other ---------------------------- */

struct access {
	bool memory, write;
	u8 size;
	u32 count;
	u64 addr, value;
};

static struct access queue[256];
static unsigned int first, last;

static void push(struct access access)
{
	if (last < ARRAY_SIZE(queue))
		queue[last++] = access;
}

static void out(u16 port, u8 size, u32 value)
{
	push((struct access){ .write = true, .size = size, .count = 1, .addr = port,
			      .value = value });
}

static void in(u16 port, u8 size)
{
	push((struct access){ .size = size, .count = 1, .addr = port });
}

static void store(u64 addr, u8 size, u64 value)
{
	push((struct access){ .memory = true, .write = true, .size = size, .addr = addr,
			      .value = value });
}

static void load_from(u64 addr, u8 size)
{
	push((struct access){ .memory = true, .size = size, .addr = addr });
}

static void make_exit(struct kvm_exit *exit, const struct access *a)
{
	u32 i, bytes;

	if (a->memory) {
		exit->reason = KVMFS_EXIT_MMIO;
		exit->mmio.gpa = a->addr;
		exit->mmio.size = a->size;
		exit->mmio.write = a->write;
		bytes = a->size;
	} else {
		exit->reason = KVMFS_EXIT_IO;
		exit->io.port = a->addr;
		exit->io.size = a->size;
		exit->io.write = a->write;
		exit->io.count = a->count;
		bytes = a->size * a->count;
	}
	for (i = 0; a->write && i < bytes; i++)
		exit->data[i] = i < 8 ? a->value >> 8 * i : a->value + i;
}

/* --- values that are of interest ---------------------------- */

static const struct target *target(u8 choice)
{
	return &targets[choice % target_count];
}

static u32 area(const struct target *t)
{
	return DRIVER + (t - targets) * DEVICE_SIZE;
}

/* Guest physical addresses: buffers, mostly */
static u64 place(const struct target *t, u8 kind)
{
	u64 base = area(t);

	switch (kind & 15) {
	case 0:
		return 0;
	case 1:
		return RAM_LOW - 1 - (kind >> 4);
	case 2:
		return RAM_LOW;
	case 3:
		return HIGH - 8;
	case 4:
		return HIGH;
	case 5:
		return HIGH + RAM_HIGH - 1 - (kind >> 4);
	case 6:
		return dword();
	case 7:
		return dword() | (u64)dword() << 32;
	case 8:		/* rings: of this queue, or of another */
		return base + (kind >> 4) * (QUEUE_SIZE / 4);
	default:
		return base + BUFFERS + (kind >> 4) * 0x1000;
	}
}

static u32 length(u8 kind)
{
	static const u32 lengths[] = {
		0, 1, 2, 4, 8, 10, 12, 16, 20, 32, 512, 513, 1024, 4096, 8192, 65536,
		RAM_LOW, RAM_LOW - 1, RAM_HIGH, 0x80000000, 0xffffffff, 0xfffffff0, 24, 48,
	};

	return kind & 0x80 ? kind & 0x7f : kind < ARRAY_SIZE(lengths) ? lengths[kind] : word();
}

/* --- a driver ---------------------------- */

static void put_status(const struct target *t, u8 status)
{
	if (t->pci)
		store(t->memory + VIRTIO_PCI_COMMON_STATUS, 1, status);
	else
		store(t->memory + VIRTIO_MMIO_STATUS, 4, status);
}

static void put_features(const struct target *t, u32 word_number, u32 value)
{
	if (t->pci) {
		store(t->memory + VIRTIO_PCI_COMMON_GFSELECT, 4, word_number);
		store(t->memory + VIRTIO_PCI_COMMON_GF, 4, value);
	} else {
		store(t->memory + VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4, word_number);
		store(t->memory + VIRTIO_MMIO_DRIVER_FEATURES, 4, value);
	}
}

static void put_address(const struct target *t, u32 pci, u32 mmio, u64 address)
{
	u64 reg = t->memory + (t->pci ? pci : mmio);

	store(reg, 4, address);
	store(reg + 4, 4, address >> 32);
}

static void put_queue(const struct target *t, unsigned int n, u32 size, u64 desc, u64 avail,
		      u64 used)
{
	if (t->pci) {
		store(t->memory + VIRTIO_PCI_COMMON_Q_SELECT, 2, n);
		store(t->memory + VIRTIO_PCI_COMMON_Q_SIZE, 2, size);
	} else {
		store(t->memory + VIRTIO_MMIO_QUEUE_SEL, 4, n);
		store(t->memory + VIRTIO_MMIO_QUEUE_NUM, 4, size);
	}
	put_address(t, VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	put_address(t, VIRTIO_PCI_COMMON_Q_AVAILLO, VIRTIO_MMIO_QUEUE_AVAIL_LOW, avail);
	put_address(t, VIRTIO_PCI_COMMON_Q_USEDLO, VIRTIO_MMIO_QUEUE_USED_LOW, used);
	if (t->pci)
		store(t->memory + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	else
		store(t->memory + VIRTIO_MMIO_QUEUE_READY, 4, 1);
}

static void notify(const struct target *t, u32 n)
{
	if (t->pci)
		out(t->ports + 4, 2, n);
	else
		store(t->memory + VIRTIO_MMIO_QUEUE_NOTIFY, 4, n);
}

static u64 ring(const struct target *t, unsigned int n)
{
	return area(t) + n * QUEUE_SIZE;
}

static u16 published[MACHINE_TARGETS][QUEUES];

/* The whole initialisation; one queue of it, or nothing, is as it should not be */
static void begin_driver(void)
{
	const struct target *t = target(byte());
	u8 flags = byte(), odd = byte();
	u32 features = flags & 1 ? 1u << VIRTIO_RING_F_INDIRECT_DESC : 0;
	u32 size = 1u << (flags >> 4 & 7);
	unsigned int i;

	if (flags & 2)
		features |= 1u << VIRTIO_RING_F_EVENT_IDX;
	if (flags & 4)
		features |= dword();
	put_status(t, 0);
	put_status(t, 3);
	put_features(t, 0, features);
	put_features(t, 1, 1u << (VIRTIO_F_VERSION_1 - 32));
	put_status(t, 11);
	for (i = 0; i < QUEUES; i++) {
		u64 base = ring(t, i), desc = base, avail = base + AVAIL, used = base + USED;

		published[t - targets][i] = 0;
		if (odd >> 5 == i && odd & 1)
			desc = place(t, byte());
		if (odd >> 5 == i && odd & 2)
			avail = place(t, byte());
		if (odd >> 5 == i && odd & 4)
			used = place(t, byte());
		put_queue(t, i, odd & 8 ? word() : size, desc, avail, used);
	}
	put_status(t, 15);
}

static void put_descriptor(u64 table, u32 index, u64 addr, u32 len, u16 flags, u16 next)
{
	struct vring_desc desc = { addr, len, flags, next };

	machine_write(table + index * sizeof(desc), &desc, sizeof(desc));
}

static void step_descriptor(void)
{
	const struct target *t = target(byte());
	u8 n = byte() % QUEUES, index = byte(), flags = byte();
	u64 addr = place(t, byte());
	u32 len = length(byte());
	u64 table = flags & 0x80 ? area(t) + BUFFERS : ring(t, n);

	put_descriptor(table, index, addr, len, flags & 7, flags & 8 ? byte() : index + 1);
}

static void publish(const struct target *t, unsigned int n, u16 head)
{
	u64 avail = ring(t, n) + AVAIL;
	u16 idx = published[t - targets][n]++;

	/* for each size that the queue may have, up to 128 */
	machine_write(avail + 4 + 2 * (idx % 128), &head, 2);
	machine_write(avail + 4 + 2 * (idx % 8), &head, 2);
	idx++;
	machine_write(avail + 2, &idx, 2);
}

static void step_publish(void)
{
	const struct target *t = target(byte());
	u8 n = byte() % QUEUES, flags = byte();
	u16 value;

	if (flags & 0x40) {		/* whatever it is */
		value = word();
		machine_write(ring(t, n) + AVAIL + (flags & 2), &value, 2);
		published[t - targets][n] = value;
	} else {
		publish(t, n, flags & 0x3f);
	}
	if (flags & 0x80)
		notify(t, n);
}

/* A request as drivers make them: a header, some data, room for an answer */
static void step_request(void)
{
	const struct target *t = target(byte());
	u8 n = byte() % QUEUES, flags = byte(), head = byte() & 7, i = head, left = flags & 3;
	u64 base = area(t) + BUFFERS, table = ring(t, n);
	u8 header[16] = { byte(), 0, 0, 0, 0, 0, 0, 0, byte() };

	if (flags & 4) {		/* all in an indirect table */
		put_descriptor(table, head, base + 0x8000, 16 * (left + 2), VRING_DESC_F_INDIRECT,
			       0);
		table = base + 0x8000;
		i = 0;
	}
	machine_write(base, header, sizeof(header));
	put_descriptor(table, i, base, flags & 8 ? 12 : 16, VRING_DESC_F_NEXT, i + 1);
	for (i++; left--; i++)
		put_descriptor(table, i, place(t, byte()), length(byte()),
			       VRING_DESC_F_NEXT | (flags & 16 ? VRING_DESC_F_WRITE : 0), i + 1);
	put_descriptor(table, i, base + 0x100, 1 + (flags & 32), VRING_DESC_F_WRITE, 0);
	publish(t, n, head);
	if (flags & 0x40)
		put_descriptor(ring(t, n), byte(), place(t, byte()), length(byte()), byte() & 7,
			       byte());
	notify(t, n);
}

/* --- the other devices ---------------------------- */

static const u16 ports[] = {
	0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80,
	0x92, 0x170, 0x171, 0x172, 0x173, 0x174, 0x175, 0x176, 0x177, 0x1f0, 0x1f1, 0x1f2,
	0x1f3, 0x1f4, 0x1f5, 0x1f6, 0x1f7, 0x376, 0x3f6, 0x3b4, 0x3b5, 0x3c0, 0x3c1, 0x3c2,
	0x3c4, 0x3c5, 0x3c7, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3da, 0x3f8, 0x3f9,
	0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3ff, 0x402, 0x4d0, 0x4d1, 0x510, 0x511, 0xcf8, 0xcf9,
	0xcfa, 0xcfc, 0xcfd, 0xcfe, 0xcff, 0xc000, 0xc004, 0xc008, 0xc00c, 0xc010, 0xc014,
};

static const u8 sizes[] = { 1, 2, 4, 1 };

static void step_port(void)
{
	u8 choice = byte(), how = byte();
	u16 port = choice < ARRAY_SIZE(ports) ? ports[choice] : word();
	u8 size = sizes[how & 3];
	u32 count = how & 8 ? 1 + byte() : 1;

	if (count * size > KVM_EXIT_DATA)
		count = KVM_EXIT_DATA / size;
	push((struct access){ .write = how & 4, .size = size, .count = count, .addr = port,
			      .value = how & 4 ? how & 16 ? dword() : byte() : 0 });
}

static void step_register(void)
{
	const struct target *t = target(byte());
	u8 how = byte(), size = how & 0x20 ? 1 + byte() % 64 : 1 << (how & 3);
	u64 addr = t->memory + (how & 8 ? word() : byte());

	if (how & 4)
		store(addr, size, how & 16 ? dword() : byte());
	else
		load_from(addr, size);
}

/* The configuration space: 0.0 to 5.0 are devices */
static void step_config(void)
{
	u8 devfn = byte(), offset = byte(), how = byte(), size = sizes[how & 3];

	if (how & 8)
		devfn = (devfn & 7) << 3;
	out(0xcf8, 4, 0x80000000u | devfn << 8 | (offset & 0xfc));
	if (how & 4)
		out(0xcfc + (offset & 3), size, how & 16 ? dword() : byte());
	else
		in(0xcfc + (offset & 3), size);
}

/* A command of a disk or CD-ROM with its registers, and the words that it wants or has */
static void step_ide(void)
{
	u8 how = byte(), command = byte(), i;
	u16 base = how & 1 ? 0x170 : 0x1f0;
	u8 device = (how & 2 ? 0x10 : 0) | (how & 4 ? 0x40 : 0), count = byte();

	out(base + 6, 1, device);
	for (i = 1; i < 6; i++)
		out(base + i, 1, i == 2 ? count : how & 8 && i < 5 ? byte() : 0);
	if (how & 0x80)		/* 48 bits */
		out(base + 3, 1, byte());
	out(base + 7, 1, command);
	if (command == 0xa0) {
		for (i = 0; i < 3; i++)
			out(base, 4, dword());
	}
	push((struct access){ .write = how & 0x10, .size = how & 0x20 ? 4 : 2, .count = 256,
			      .addr = base, .value = byte() });
	if (how & 0x40)
		push((struct access){ .write = how & 0x10, .size = 4, .count = 1024,
				      .addr = base });
	in(base + 7, 1);
}

static void step_reset(void)
{
	static const struct { u16 port; u8 value; } ways[] = {
		{ 0xcf9, 6 }, { 0x64, 0xfe }, { 0x92, 1 }, { 0x3f6, 4 }, { 0x376, 4 },
		{ 0x3f6, 0 }, { 0x376, 0 },
	};
	u8 way = byte();

	if (way >= ARRAY_SIZE(ways)) {
		put_status(target(way), 0);
		return;
	}
	out(ways[way].port, 1, ways[way].value);
}

/* --- what is no access ---------------------------- */

static void step_store(void)
{
	const struct target *t = target(byte());
	u8 bytes[16], n = byte() & 15, i;
	u64 addr = place(t, byte()) + byte();

	for (i = 0; i < n; i++)
		bytes[i] = byte();
	machine_write(addr, bytes, n);
}

static void step_time(void)
{
	static const u64 spans[] = {
		1, 838, 15085, 1000000, 20000000, NSEC_PER_SEC, 61 * NSEC_PER_SEC,
		86400 * NSEC_PER_SEC,
	};
	u8 choice = byte();

	machine_pass(choice < ARRAY_SIZE(spans) ? spans[choice] : choice * 10000ull);
}

/* A text of the console is on its way: what is behind it stays for the restored machine */
static void save_meanwhile(void)
{
	free(machine_save());
}

static void step_host(void)
{
	u8 how = byte(), frame[256], i;

	if (how & 0x80) {
		for (i = 0; i < (how & 0x7f); i++)
			frame[i] = i;
		machine_frame(frame, how & 0x7f ? how & 0x7f : 1514 & 0xff);
	} else if (how & 0x40) {
		machine_look(how & 1);
	} else if (how & 0x20) {
		machine_on_write(save_meanwhile);
	} else {
		for (how = (how & 7) + 1; how; how--)
			machine_type(byte());
	}
}

static void step_command(void)
{
	static const char * const lines[] = {
		"help", "screen", "type a\\nB\\e\\t", "balloon", "balloon 1", "balloon 3M",
		"balloon 99999M", "state", "reset", "no", "type \\", "quit 300",
	};
	u8 choice = byte(), i;
	char line[32];

	if (choice < 0x80) {
		machine_command(lines[choice % ARRAY_SIZE(lines)]);
		return;
	}
	/* one of the words, and anything behind it */
	snprintf(line, sizeof(line), "%s", lines[choice % ARRAY_SIZE(lines)]);
	i = strcspn(line, " ");
	line[i++] = ' ';
	while (i < sizeof(line) - 1 && (line[i] = byte()))
		i++;
	line[i] = '\0';
	if (strncmp(line, "quit", 4))
		machine_command(line);
}

/* What was saved can be restored, and is then what it was */
static void step_save(void)
{
	char *before, *between, *after;

	if (saves++ == SAVES)
		return;
	before = machine_save();
	ENSURE(machine_load(before));
	between = machine_save();
	ENSURE(machine_load(between));
	after = machine_save();
	ENSURE(!strcmp(between, after));
	free(before);
	free(between);
	free(after);
}

static void step_halt(struct kvm_exit *exit)
{
	exit->reason = KVMFS_EXIT_HLT;
	exit->state |= KVMFS_STATE_IF;
}

/* --- all of it ---------------------------- */

static void (*const kinds[16])(void) = {
	step_port, step_register, step_config, step_store, step_descriptor, step_publish,
	begin_driver, step_publish, step_time, NULL, step_host, step_command, step_request,
	step_ide, step_save, step_reset,
};

static bool next(struct kvm_exit *exit)
{
	while (first == last) {
		u8 what;

		if (at == end || steps++ == STEPS)
			return false;
		what = byte();
		first = 0;
		last = 0;
		machine_threads(!(what & 0x80));
		exit->state = what & 0x40 ? KVMFS_STATE_IF | KVMFS_STATE_IRQ_READY : 0;
		if (kinds[what & 15]) {
			kinds[what & 15]();
			if (first < last)
				break;
			exit->reason = KVMFS_EXIT_IRQ_WINDOW;
		} else {
			step_halt(exit);
		}
		return true;
	}
	make_exit(exit, &queue[first++]);
	return true;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	machine_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	at = data;
	end = data + size;
	first = 0;
	last = 0;
	steps = 0;
	saves = 0;
	machine_begin();
	machine_run(next);
	machine_threads(true);
	machine_check();
	return 0;
}

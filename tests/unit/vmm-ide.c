// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools/vmm/ide*.c: what a driver reads and writes by the book (ATA/ATAPI-6), and a
 * hostile one, which does anything at all to the ports, under ASan, and finds itself in saved
 * states that were tampered with. Whatever it does, files keep their sizes, and those that it
 * has no right to write their contents.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../tools/vmm/ide.c"
/* names that both files have */
#define put32 disk_put32
#include "../../tools/vmm/ide-disk.c"
#undef put32
#define sectors cd_sectors
#define identify cd_identify
#include "../../tools/vmm/ide-cd.c"
#include "../../tools/vmm/ide-state.c"
#include "vmm-tap.h"

#define DISK_SECTORS	40
#define SLAVE_SECTORS	9
#define CD_SECTORS	5

static struct bus_region *ports[8];
static unsigned int nr_ports;
static bool irq[2];
static char names[3][32];

int bus_add(enum bus bus, struct bus_region *region)
{
	(void)bus;
	ports[nr_ports++] = region;
	return 0;
}

void line_init(struct line *line, unsigned int number)
{
	line->irq = number;
}

void line_set(struct vmm *vm, struct line *line, bool level)
{
	(void)vm;
	irq[line->irq - 14] = level;
}

void pci_device_init(struct pci_device *dev, const struct pci_id *id)
{
	(void)dev;
	(void)id;
}

int pci_plug(struct vmm *vm, struct pci_device *dev, int devfn, bool interrupts)
{
	(void)vm;
	(void)dev;
	(void)devfn;
	(void)interrupts;
	return 0;
}

/* A saved state: the fields' bytes one behind the other; a number of them may lie */
static u8 saved[1 << 18];
static u32 saved_at, field, lying;
static u64 lie;

void state_flag(struct state *s, const char *name, void *flag, size_t size)
{
	u8 value = *(bool *)flag;

	state_number(s, name, &value, sizeof(value));
	s->failed |= value > 1;
	*(bool *)flag = value == 1;
}

void state_bytes(struct state *s, const char *name, void *bytes, size_t size)
{
	(void)name;
	if (s->loading)
		memcpy(bytes, saved + saved_at, size);
	else
		memcpy(saved + saved_at, bytes, size);
	saved_at += size;
}

void state_number(struct state *s, const char *name, void *value, size_t size)
{
	u64 is = 0;

	memcpy(&is, value, size);
	state_bytes(s, name, &is, sizeof(is));
	if (s->loading && ++field == lying)
		is = lie;
	/* as state.c does */
	if (size < sizeof(is) && is >> (8 * size))
		s->failed = true;
	else
		memcpy(value, &is, size);
}

void state_add(struct device_state *device)
{
	(void)device;
}

int boot_error(const char *path, const char *why)
{
	printf("# %s: %s\n", path, why);
	return -1;
}

static void io(u32 port, u8 *data, u32 size, bool write)
{
	unsigned int i;

	for (i = 0; i < nr_ports; i++)
		if (port >= ports[i]->addr && port + size <= ports[i]->addr + ports[i]->size)
			ports[i]->access(ports[i], NULL, port - ports[i]->addr, data, size, write);
}

static void out(u32 port, u8 value)
{
	io(port, &value, 1, true);
}

static u8 in(u32 port)
{
	u8 value = 0;

	io(port, &value, 1, false);
	return value;
}

static void words(u32 base, u8 *data, u32 size, bool write)
{
	u32 i;

	for (i = 0; i < size; i += 2)
		io(base, data + i, 2, write);
}

/* What a sector of a file holds at first */
static void pattern(u8 *sector, u32 size, u32 n)
{
	u32 i;

	for (i = 0; i < size; i++)
		sector[i] = n * 7 + i * 3 + (i >> 8);
}

static void make_file(char *name, u32 n, u32 size)
{
	u8 sector[2048];
	u32 i;
	int fd;

	fd = memfd_create("vmm-ide", 0);
	sprintf(name, "/proc/self/fd/%d", fd);
	for (i = 0; i < n; i++) {
		pattern(sector, size, i);
		if (write(fd, sector, size) != (ssize_t)size)
			abort();
	}
}

static bool file_is(const char *name, u32 n, u32 size, bool contents)
{
	u8 sector[2048], want[2048];
	struct stat st;
	int fd = open(name, O_RDONLY);
	bool good = !fstat(fd, &st) && st.st_size == n * size;
	u32 i;

	for (i = 0; i < n && contents; i++) {
		pattern(want, size, i);
		good &= read(fd, sector, size) == (ssize_t)size && !memcmp(sector, want, size);
	}
	close(fd);
	return good;
}

static void set_lba(u32 base, u8 device, u32 lba, u8 count)
{
	out(base + 6, device | 0x40);
	out(base + 2, count);
	out(base + 3, lba);
	out(base + 4, lba >> 8);
	out(base + 5, lba >> 16);
}

static void disk(void)
{
	u8 data[512], want[512];

	set_lba(0x1f0, 0, 0, 0);
	out(0x1f7, 0xec);
	ok(irq[0] && in(0x1f7) == 0x58 && !irq[0], "IDENTIFY interrupts, until status is read");
	words(0x1f0, data, 512, false);
	ok(get32(data + 120) == DISK_SECTORS && get32(data + 200) == DISK_SECTORS,
	   "the size in words 60 and 100");
	ok(!memcmp(data + 54, "vkfm sidks", 10), "the model's bytes are swapped");
	ok(in(0x1f7) == 0x50, "no data is left");
	set_lba(0x1f0, 0, 3, 2);
	out(0x1f7, 0x20);
	pattern(want, 512, 3);
	words(0x1f0, data, 512, false);
	ok(!memcmp(data, want, 512) && irq[0] && in(0x1f7) == 0x58, "READ SECTORS: the first");
	pattern(want, 512, 4);
	words(0x1f0, data, 512, false);
	ok(!memcmp(data, want, 512) && !irq[0] && in(0x1f7) == 0x50, "... the second, and no more");
	set_lba(0x1f0, 0, DISK_SECTORS - 1, 2);
	out(0x1f7, 0x20);
	ok(in(0x1f7) & 1 && in(0x1f1) == 0x10, "beyond the end: ID not found");
	set_lba(0x1f0, 0x10, SLAVE_SECTORS - 1, 1);
	out(0x1f7, 0x30);
	ok(in(0x1f7) == 0x58 && !irq[0], "WRITE SECTORS wants data at once");
	set_lba(0x1f0, 0, 0, 0);
	pattern(data, 512, 99);
	words(0x1f0, data, 512, true);
	ok(irq[0] && in(0x1f7) == 0x50, "... and is done");
	set_lba(0x1f0, 0x10, SLAVE_SECTORS - 1, 1);
	out(0x1f7, 0x20);
	words(0x1f0, want, 512, false);
	ok(!memcmp(data, want, 512) && file_is(names[0], DISK_SECTORS, 512, true),
	   "... on the drive that was selected when it began");
}

static void packet(const u8 bytes[12], u32 limit_size)
{
	out(0x176, 0);
	out(0x171, 0);
	out(0x174, limit_size);
	out(0x175, limit_size >> 8);
	out(0x177, 0xa0);
	words(0x170, (u8 *)bytes, 12, true);
}

static void cdrom(void)
{
	static const u8 capacity[12] = { 0x25 }, unknown[12] = { 0xee };
	static const u8 sense[12] = { 0x03, 0, 0, 0, 18 };
	static const u8 read2[12] = { 0x28, 0, 0, 0, 0, 1, 0, 0, 2 };
	static const u8 beyond[12] = { 0x28, 0, 0, 0, 0, 4, 0, 0, 2 };
	u8 data[2048], want[2048];

	out(0x176, 0);
	out(0x177, 0xec);
	ok(in(0x177) & 1 && in(0x174) == 0x14 && in(0x175) == 0xeb, "IDENTIFY: it is a CD-ROM");
	packet(capacity, 8);
	ok(irq[1] && in(0x172) == 2 && in(0x177) == 0x58 && in(0x174) == 8,
	   "READ CAPACITY answers");
	words(0x170, data, 8, false);
	ok(!memcmp(data, "\0\0\0\4\0\0\10\0", 8) && in(0x172) == 3 && in(0x177) == 0x50,
	   "... the last sector, and their size");
	packet(read2, 2048);
	words(0x170, data, 2048, false);
	pattern(want, 2048, 1);
	ok(!memcmp(data, want, 2048), "READ(10): as much as the guest takes at a time");
	words(0x170, data, 2048, false);
	pattern(want, 2048, 2);
	ok(!memcmp(data, want, 2048) && in(0x177) == 0x50, "... and the rest");
	packet(beyond, 2048);
	ok(in(0x177) & 1 && in(0x171) >> 4 == 5, "beyond the end: illegal request");
	packet(sense, 18);
	words(0x170, data, 18, false);
	ok(data[2] == 5 && data[12] == 0x21, "... REQUEST SENSE has the reason");
	packet(unknown, 18);
	ok(in(0x177) & 1, "an unknown packet is refused");
}

static bool pass_state(struct ide_channel *ch, bool loading)
{
	struct state s = { .loading = loading };

	saved_at = 0;
	field = 0;
	ide_state(&s, NULL, ch);
	return !s.failed;
}

/* It is saved and restored, where the file may lie; what is refused does not run */
static u32 tamper(void)
{
	static struct ide_channel was;
	struct ide_channel *ch = &channels[rnd(2)];

	was = *ch;
	if (!pass_state(ch, false))
		abort();
	lying = rnd(3) ? rnd(24) : 0;
	lie = rnd(2) ? rnd(300) : rnd(2) ? (u64)rnd(1u << 31) << rnd(34) : rnd(70000);
	if (pass_state(ch, true))
		return 1;
	if (!lying) {
		ok(false, "what was saved is refused");
		exit(EXIT_FAILURE);
	}
	*ch = was;
	return 0;
}

/* In the midst of a sector: the rest comes after the state was loaded */
static void state(void)
{
	u8 data[512], want[512];

	set_lba(0x1f0, 0, 3, 2);
	out(0x1f7, 0x20);
	words(0x1f0, data, 100, false);
	lying = 0;
	ok(pass_state(&channels[0], false), "a state in the midst of a command is saved");
	words(0x1f0, want, 412, false);
	memset(channels[0].buf, 0, IDE_BUFFER);
	out(0x1f7, 0xec);
	ok(pass_state(&channels[0], true), "... and loaded, when much else has happened");
	words(0x1f0, data + 100, 412, false);
	pattern(want, 512, 3);
	ok(!memcmp(data, want, 512) && irq[0] && in(0x1f7) == 0x58, "... it goes on there");
	words(0x1f0, data, 512, false);
	pattern(want, 512, 4);
	ok(!memcmp(data, want, 512) && !irq[0] && in(0x1f7) == 0x50, "... to its end");
}

static void hostile(void)
{
	static const u8 likely[] = { 0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0xa0, 0xc4, 0xc5, 0xc6,
				     0xec, 0xa1, 0x08, 0x90, 0xf8, 0x27, 0xe7 };
	u8 data[8];
	u32 i, j, loaded = 0;

	for (i = 0; i < 3000000; i++) {
		if (!rnd(300))
			loaded += tamper();
		u32 base = rnd(2) ? 0x1f0 : 0x170, port = rnd(9);

		for (j = 0; j < sizeof(data); j++)
			data[j] = rnd(3) ? rnd(256) : rnd(12);
		if (port == 7 && rnd(4))
			data[0] = likely[rnd(sizeof(likely))];
		if (port == 8 && !rnd(20))
			io(base + 0x206, data, 1, rnd(2));
		else if (rnd(50))
			io(base, data, 1 << rnd(3), rnd(2));
		else
			io(base + port, data, 1, rnd(4));
	}
	ok(loaded > 100, "states were loaded");
	ok(file_is(names[0], DISK_SECTORS, 512, false) &&
	   file_is(names[1], SLAVE_SECTORS, 512, false), "no file has grown");
	ok(file_is(names[2], CD_SECTORS, 2048, true), "the CD-ROM is as it was");
}

int main(void)
{
	const char *files[4] = { names[0], names[1], names[2], NULL };

	make_file(names[0], DISK_SECTORS, 512);
	make_file(names[1], SLAVE_SECTORS, 512);
	make_file(names[2], CD_SECTORS, 2048);
	ok(!ide_init(NULL, files) && nr_ports == 4, "the controller has its ports");
	disk();
	cdrom();
	state();
	hostile();
	return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IDE controller of PIIX3 at 1.1, in compatibility mode: two channels at the old
 * ports, with their old interrupts, by programmed I/O. Registers and protocols:
 * ATA/ATAPI-6 (T13/1410D), 7 and 9. Files are read and written in the vCPU thread,
 * while the guest waits: virtio disks are for speed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "ide.h"
#include "pc.h"
#include "pci.h"
#include "state.h"

#define PORT_DATA	0
#define PORT_ERROR	1
#define PORT_COUNT	2
#define PORT_LBA	3
#define PORT_DEVICE	6
#define PORT_STATUS	7

#define CONTROL_NO_IRQ	0x02
#define CONTROL_RESET	0x04
#define CONTROL_OLD	0x80	/* show the values before the last */

#define COMMAND_RESET	0x08
#define COMMAND_TEST	0x90

static struct ide_channel channels[2];

/**
 * ide_update() - let the interrupt be what the registers say
 * @vm: the machine
 * @ch: the channel
 */
void ide_update(struct vmm *vm, struct ide_channel *ch)
{
	line_set(vm, &ch->line, ch->pending && !(ch->control & CONTROL_NO_IRQ));
}

/**
 * ide_interrupt() - the drive wants to be looked at
 * @vm: the machine
 * @ch: its channel
 */
void ide_interrupt(struct vmm *vm, struct ide_channel *ch)
{
	ch->pending = true;
	ide_update(vm, ch);
}

/**
 * ide_done() - a command is over and went well
 * @vm: the machine
 * @ch: the channel
 */
void ide_done(struct vmm *vm, struct ide_channel *ch)
{
	ch->status = ATA_READY | ATA_SEEK;
	ch->error = 0;
	ide_interrupt(vm, ch);
}

/**
 * ide_abort() - a command is over and failed
 * @vm: the machine
 * @ch: the channel
 * @error: for the error register
 */
void ide_abort(struct vmm *vm, struct ide_channel *ch, u8 error)
{
	ch->status = ATA_READY | ATA_SEEK | ATA_ERROR;
	ch->error = error;
	ide_interrupt(vm, ch);
}

/**
 * ide_give() - let the guest read from the channel's buffer
 * @vm: the machine
 * @ch: the channel, with data in its buffer
 * @len: bytes, an even number
 * @next: called when the guest has read them, or NULL
 */
void ide_give(struct vmm *vm, struct ide_channel *ch, u32 len, ide_step *next)
{
	ch->pos = 0;
	ch->len = len;
	ch->next = next;
	ch->error = 0;
	ch->status = ATA_READY | ATA_SEEK | ATA_DRQ;
	ide_interrupt(vm, ch);
}

/**
 * ide_take() - let the guest write to the channel's buffer; no interrupt tells of it
 * @ch: the channel
 * @len: bytes, an even number
 * @next: called when the guest has written them
 */
void ide_take(struct ide_channel *ch, u32 len, ide_step *next)
{
	ch->pos = 0;
	ch->len = len;
	ch->next = next;
	ch->error = 0;
	ch->status = ATA_READY | ATA_SEEK | ATA_DRQ;
}

/**
 * ide_read_medium() - read from a drive's file
 * @drive: the drive
 * @to: where to put it
 * @offset: in the file
 * @size: bytes; zeros stand for what is behind the end
 * Return: 0, or -1 and errno
 */
int ide_read_medium(struct ide_drive *drive, u8 *to, u64 offset, u32 size)
{
	ssize_t n;

	while (size) {
		n = pread(drive->fd, to, size, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n) {
			memset(to, 0, size);
			return 0;
		}
		to += n;
		offset += n;
		size -= n;
	}
	return 0;
}

/**
 * ide_string() - text as IDENTIFY has it: padded, and bytes of each word swapped
 * @to: where to put it
 * @text: it
 * @size: of the field: an even number of bytes
 */
void ide_string(u8 *to, const char *text, u32 size)
{
	u32 i;

	for (i = 0; i < size; i++) {
		to[i ^ 1] = *text ? *text : ' ';
		text += !!*text;
	}
}

/* What the registers say after a reset tells a disk from a CD-ROM (9.12) */
static void put_signature(struct ide_channel *ch)
{
	bool cdrom = ide_selected(ch)->cdrom;

	ch->count = 1;
	ch->lba[0] = 1;
	ch->lba[1] = cdrom ? 0x14 : 0;
	ch->lba[2] = cdrom ? 0xeb : 0;
	ch->error = 1;		/* passed */
	ch->status = cdrom ? 0 : ATA_READY | ATA_SEEK;
}

static void reset(struct vmm *vm, struct ide_channel *ch)
{
	ch->device = 0;
	ch->len = 0;
	ch->pos = 0;
	ch->pending = false;
	ide_update(vm, ch);
	put_signature(ch);
}

static void command(struct vmm *vm, struct ide_channel *ch, u8 value)
{
	struct ide_drive *drive = ide_selected(ch);

	ch->pending = false;
	ide_update(vm, ch);
	ch->busy = drive;
	ch->pos = 0;
	ch->len = 0;
	if (value == COMMAND_TEST) {
		ch->device &= ~0x10;
		put_signature(ch);
		ide_interrupt(vm, ch);
	} else if (drive->fd < 0) {
		return;
	} else if (value == COMMAND_RESET && drive->cdrom) {
		put_signature(ch);
	} else if (drive->cdrom) {
		cd_command(vm, ch, value);
	} else {
		disk_command(vm, ch, value);
	}
}

/* The data port: words, two of them at once, many of them by INS and OUTS */
static void move_data(struct vmm *vm, struct ide_channel *ch, u8 *data, u32 size, bool write)
{
	u32 n = ch->len - ch->pos;

	if (n > size)
		n = size;
	if (write)
		memcpy(ch->buf + ch->pos, data, n);
	else
		memcpy(data, ch->buf + ch->pos, n);
	ch->pos += n;
	if (!n || ch->pos < ch->len)
		return;
	ch->status &= ~ATA_DRQ;
	if (ch->next)
		ch->next(vm, ch);
}

static void write_port(struct vmm *vm, struct ide_channel *ch, u32 port, u8 value)
{
	switch (port) {
	case PORT_ERROR:
		ch->feature = value;
		break;
	case PORT_COUNT:
		ch->old_count = ch->count;
		ch->count = value;
		break;
	case PORT_DEVICE:
		ch->device = value;
		break;
	case PORT_STATUS:
		command(vm, ch, value);
		break;
	default:
		ch->old_lba[port - PORT_LBA] = ch->lba[port - PORT_LBA];
		ch->lba[port - PORT_LBA] = value;
	}
}

/* With a drive on the cable, one that is not there reads as zero; an empty one floats */
static u8 status(const struct ide_channel *ch)
{
	if (ch->drive[0].fd < 0 && ch->drive[1].fd < 0)
		return 0xff;
	return ch->drive[ch->device >> 4 & 1].fd < 0 ? 0 : ch->status;
}

static u8 read_port(struct vmm *vm, struct ide_channel *ch, u32 port)
{
	bool old = ch->control & CONTROL_OLD;

	if (port == PORT_STATUS) {
		ch->pending = false;
		ide_update(vm, ch);
		return status(ch);
	}
	if (status(ch) == 0xff)
		return 0xff;
	switch (port) {
	case PORT_ERROR:
		return ch->error;
	case PORT_COUNT:
		return old ? ch->old_count : ch->count;
	case PORT_DEVICE:
		return ch->device | 0xa0;
	default:
		return old ? ch->old_lba[port - PORT_LBA] : ch->lba[port - PORT_LBA];
	}
}

static void access_command(struct bus_region *r, struct vmm *vm, u64 port, u8 *data, u32 size,
			   bool write)
{
	struct ide_channel *ch = r->dev;

	if (!write)
		memset(data, 0xff, size);
	if (port == PORT_DATA)
		move_data(vm, ch, data, size, write);
	else if (write)
		write_port(vm, ch, port, *data);
	else
		*data = read_port(vm, ch, port);
}

static void access_control(struct bus_region *r, struct vmm *vm, u64 port, u8 *data, u32 size,
			   bool write)
{
	struct ide_channel *ch = r->dev;
	bool was = ch->control & CONTROL_RESET;

	(void)port;
	(void)size;
	if (!write) {
		*data = status(ch);
		return;
	}
	ch->control = *data;
	if (*data & CONTROL_RESET)
		ch->status = ATA_BUSY;
	else if (was)
		reset(vm, ch);
	ide_update(vm, ch);
}

static int open_drive(struct ide_drive *drive, const char *path, bool cdrom)
{
	off_t size;

	drive->cdrom = cdrom;
	drive->fd = cdrom ? -1 : open(path, O_RDWR | O_CLOEXEC);
	drive->readonly = drive->fd < 0;
	if (drive->readonly)
		drive->fd = open(path, O_RDONLY | O_CLOEXEC);
	size = drive->fd < 0 ? -1 : lseek(drive->fd, 0, SEEK_END);
	if (size < 0)
		return boot_error(path, strerror(errno));
	drive->size = size;
	if (size < (cdrom ? 2048 : ATA_SECTOR))
		return boot_error(path, "is too small for a disk");
	return 0;
}

static int add_channel(struct vmm *vm, unsigned int n)
{
	static struct bus_region regions[2][2] = {
		{ { .addr = 0x1f0, .size = 8, .access = access_command },
		  { .addr = 0x3f6, .size = 1, .access = access_control } },
		{ { .addr = 0x170, .size = 8, .access = access_command },
		  { .addr = 0x376, .size = 1, .access = access_control } },
	};
	static struct device_state states[2] = {
		{ .name = "ide0", .fields = ide_state },
		{ .name = "ide1", .fields = ide_state },
	};
	unsigned int i;

	line_init(&channels[n].line, 14 + n);
	channels[n].busy = &channels[n].drive[0];
	states[n].dev = &channels[n];
	state_add(&states[n]);
	reset(vm, &channels[n]);
	for (i = 0; i < 2; i++) {
		regions[n][i].dev = &channels[n];
		regions[n][i].name = n ? "secondary IDE channel, IRQ 15" :
				     "primary IDE channel, IRQ 14";
		if (bus_add(BUS_PORT, &regions[n][i]))
			return -1;
	}
	return 0;
}

/**
 * ide_init() - put the controller on the PCI bus, if there is a drive
 * @vm: the machine
 * @files: media of primary master and slave, secondary master (a CD-ROM) and slave;
 *	NULL: there is no such drive
 * Return: 0, or -1 with a line on stderr
 */
int ide_init(struct vmm *vm, const char *const files[4])
{
	/* Both channels at their old ports, and firmly so */
	static const struct pci_id id = { 0x8086, 0x7010, 0x010100, 0x1af4, 0x1100, 0 };
	static struct pci_device pci;
	unsigned int i, n = 0;

	for (i = 0; i < 4; i++) {
		struct ide_drive *drive = &channels[i / 2].drive[i % 2];

		drive->fd = -1;
		if (files[i] && open_drive(drive, files[i], i == PC_CDROM))
			return -1;
		n += !!files[i];
	}
	if (!n)
		return 0;
	pci_device_init(&pci, &id);
	/* IDETIM: the channels answer (82371SB, 2.3.8) */
	pci.config[0x41] = 0x80;
	pci.config[0x43] = 0x80;
	memset(pci.writable + 0x40, 0xff, 4);
	if (pci_plug(vm, &pci, PCI_DEVFN(1, 1), false))
		return -1;
	return add_channel(vm, 0) || add_channel(vm, 1) ? -1 : 0;
}

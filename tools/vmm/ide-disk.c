// SPDX-License-Identifier: GPL-2.0-only
/* The commands of an ATA disk (ATA/ATAPI-6, 8): programmed I/O, 28 and 48 bit addresses. */
#include <string.h>
#include <unistd.h>

#include "ide.h"

#define MULTIPLE_MAX	16
#define HEADS		16
#define TRACK_SECTORS	63

#define LBA_BIT		0x40	/* in the device register */
#define LBA28_MAX	0x0fffffff

#define READ		0x20
#define READ_ONCE	0x21
#define READ_EXT	0x24
#define READ_MAX_EXT	0x27
#define READ_MULTI_EXT	0x29
#define WRITE		0x30
#define WRITE_ONCE	0x31
#define WRITE_EXT	0x34
#define WRITE_MULTI_EXT	0x39
#define VERIFY		0x40
#define VERIFY_ONCE	0x41
#define VERIFY_EXT	0x42
#define SEEK		0x70
#define SET_GEOMETRY	0x91
#define READ_MULTI	0xc4
#define WRITE_MULTI	0xc5
#define SET_MULTI	0xc6
#define STANDBY_NOW	0xe0
#define IDLE_NOW	0xe1
#define STANDBY		0xe2
#define IDLE		0xe3
#define CHECK_POWER	0xe5
#define FLUSH		0xe7
#define FLUSH_EXT	0xea
#define IDENTIFY	0xec
#define SET_FEATURES	0xef
#define READ_MAX	0xf8

static u64 sectors(const struct ide_drive *drive)
{
	return drive->size / ATA_SECTOR;
}

static void put16(u8 *words, unsigned int word, u16 value)
{
	words[2 * word] = value;
	words[2 * word + 1] = value >> 8;
}

static void put32(u8 *words, unsigned int word, u32 value)
{
	put16(words, word, value);
	put16(words, word + 1, value >> 16);
}

static u32 cylinders(const struct ide_drive *drive)
{
	u64 n = sectors(drive) / (HEADS * TRACK_SECTORS);

	return n > 16383 ? 16383 : n ? n : 1;
}

static void put_geometry(u8 *words, const struct ide_drive *drive)
{
	u32 n = cylinders(drive);

	put16(words, 1, n);
	put16(words, 3, HEADS);
	put16(words, 6, TRACK_SECTORS);
	put16(words, 53, 0x0003);	/* words 54-58 and 64-70 are valid */
	put16(words, 54, n);
	put16(words, 55, HEADS);
	put16(words, 56, TRACK_SECTORS);
	put32(words, 57, n * HEADS * TRACK_SECTORS);
}

static void identify(struct vmm *vm, struct ide_channel *ch)
{
	struct ide_drive *drive = ch->busy;
	u64 n = sectors(drive);
	u8 *words = ch->buf;

	memset(words, 0, 512);
	put16(words, 0, 0x0040);	/* a fixed disk */
	put_geometry(words, drive);
	ide_string(words + 20, "0", 20);
	ide_string(words + 46, "1.0", 8);
	ide_string(words + 54, "kvmfs disk", 40);
	put16(words, 47, 0x8000 | MULTIPLE_MAX);
	put16(words, 48, 1);		/* words of 32 bits at the data port */
	put16(words, 49, 0x0200);	/* LBA */
	put16(words, 59, drive->multiple ? 0x100 | drive->multiple : 0);
	put32(words, 60, n > LBA28_MAX ? LBA28_MAX : n);
	put16(words, 64, 0x0003);	/* PIO modes 3 and 4 */
	put16(words, 67, 120);
	put16(words, 68, 120);
	put16(words, 80, 0x0070);	/* ATA-4 to ATA-6 */
	put16(words, 82, 0x4000);
	put16(words, 83, 0x7400);	/* 48 bits, both flushes */
	put16(words, 84, 0x4000);
	put16(words, 85, 0x4000);
	put16(words, 86, 0x3400);
	put16(words, 87, 0x4000);
	put32(words, 100, n);
	put32(words, 102, n >> 32);
	ide_give(vm, ch, 512, NULL);
}

static u64 address(const struct ide_channel *ch)
{
	u32 head = ch->device & 0x0f;

	if (ch->device & LBA_BIT)
		return ch->lba[0] | ch->lba[1] << 8 | ch->lba[2] << 16 | head << 24;
	return ((ch->lba[1] | ch->lba[2] << 8) * HEADS + head) * TRACK_SECTORS + ch->lba[0] - 1;
}

static u64 address_ext(const struct ide_channel *ch)
{
	u64 high = ch->old_lba[0] | ch->old_lba[1] << 8 | ch->old_lba[2] << 16;

	return high << 24 | ch->lba[0] | ch->lba[1] << 8 | ch->lba[2] << 16;
}

/* Where the command goes, and how far; false: behind the end, and the command is over */
static bool set_range(struct vmm *vm, struct ide_channel *ch, bool ext)
{
	u64 n = sectors(ch->busy);

	ch->sector = ext ? address_ext(ch) : address(ch);
	ch->left = ext ? ch->old_count << 8 | ch->count : ch->count;
	if (!ch->left)
		ch->left = ext ? 65536 : 256;
	if (ch->sector < n && ch->left <= n - ch->sector)
		return true;
	ide_abort(vm, ch, ATA_NO_ID);
	return false;
}

static u32 next_block(struct ide_channel *ch)
{
	u32 n = ch->left < ch->block ? ch->left : ch->block;

	ch->left -= n;
	return n;
}

/**
 * disk_read_on() - the next block of sectors
 * @vm: the machine
 * @ch: the channel
 *
 * When the guest has read the last block no interrupt tells of the end.
 */
void disk_read_on(struct vmm *vm, struct ide_channel *ch)
{
	u32 n = next_block(ch);

	if (!n)
		return;
	if (ide_read_medium(ch->busy, ch->buf, ch->sector * ATA_SECTOR,
			    n * ATA_SECTOR)) {
		ide_abort(vm, ch, ATA_ABORTED);
		return;
	}
	ch->sector += n;
	ide_give(vm, ch, n * ATA_SECTOR, disk_read_on);
}

static int write_medium(struct ide_channel *ch)
{
	u32 done = 0;
	ssize_t n;

	while (done < ch->len) {
		n = pwrite(ch->busy->fd, ch->buf + done, ch->len - done,
			   ch->sector * ATA_SECTOR + done);
		if (n < 0)
			return -1;
		done += n;
	}
	ch->sector += ch->len / ATA_SECTOR;
	return 0;
}

/**
 * disk_written() - a block is through: write it, and go on
 * @vm: the machine
 * @ch: the channel
 */
void disk_written(struct vmm *vm, struct ide_channel *ch)
{
	u32 n;

	if (write_medium(ch)) {
		ide_abort(vm, ch, ATA_ABORTED);
		return;
	}
	n = next_block(ch);
	if (!n) {
		ide_done(vm, ch);
		return;
	}
	ide_take(ch, n * ATA_SECTOR, disk_written);
	ide_interrupt(vm, ch);
}

static void transfer(struct vmm *vm, struct ide_channel *ch, bool write, u32 block, bool ext)
{
	struct ide_drive *drive = ch->busy;

	if (!block || (write && drive->readonly)) {
		ide_abort(vm, ch, ATA_ABORTED);
		return;
	}
	if (!set_range(vm, ch, ext))
		return;
	ch->block = block;
	if (write)
		ide_take(ch, next_block(ch) * ATA_SECTOR, disk_written);
	else
		disk_read_on(vm, ch);
}

static void set_multiple(struct vmm *vm, struct ide_channel *ch)
{
	if (ch->count > MULTIPLE_MAX || ch->count & (ch->count - 1)) {
		ide_abort(vm, ch, ATA_ABORTED);
		return;
	}
	ch->busy->multiple = ch->count;
	ide_done(vm, ch);
}

static void read_max(struct vmm *vm, struct ide_channel *ch, bool ext)
{
	u64 last = sectors(ch->busy) - 1;
	unsigned int i;

	if (!ext && last > LBA28_MAX)
		last = LBA28_MAX;
	for (i = 0; i < 3; i++) {
		ch->lba[i] = last >> 8 * i;
		ch->old_lba[i] = last >> (24 + 8 * i);
	}
	if (!ext)
		ch->device = (ch->device & 0xf0) | (last >> 24 & 0x0f);
	ide_done(vm, ch);
}

static void flush(struct vmm *vm, struct ide_channel *ch)
{
	if (fdatasync(ch->busy->fd) && !ch->busy->readonly)
		ide_abort(vm, ch, ATA_ABORTED);
	else
		ide_done(vm, ch);
}

/* What needs no data */
static void other_command(struct vmm *vm, struct ide_channel *ch, u8 command)
{
	switch (command) {
	case SET_MULTI:
		set_multiple(vm, ch);
		break;
	case READ_MAX:
	case READ_MAX_EXT:
		read_max(vm, ch, command == READ_MAX_EXT);
		break;
	case FLUSH:
	case FLUSH_EXT:
		flush(vm, ch);
		break;
	case VERIFY:
	case VERIFY_ONCE:
	case VERIFY_EXT:
		if (set_range(vm, ch, command == VERIFY_EXT))
			ide_done(vm, ch);
		break;
	case CHECK_POWER:
		ch->count = 0xff;	/* active */
		ide_done(vm, ch);
		break;
	case SEEK:
	case SET_GEOMETRY:
	case SET_FEATURES:
	case STANDBY_NOW:
	case IDLE_NOW:
	case STANDBY:
	case IDLE:
		ide_done(vm, ch);
		break;
	default:
		if (command >> 4 == 1)	/* RECALIBRATE */
			ide_done(vm, ch);
		else
			ide_abort(vm, ch, ATA_ABORTED);
	}
}

/**
 * disk_command() - the command register of a disk was written
 * @vm: the machine
 * @ch: its channel
 * @command: what
 */
void disk_command(struct vmm *vm, struct ide_channel *ch, u8 command)
{
	u32 multiple = ch->busy->multiple;

	switch (command) {
	case IDENTIFY:
		identify(vm, ch);
		break;
	case READ:
	case READ_ONCE:
	case READ_EXT:
		transfer(vm, ch, false, 1, command == READ_EXT);
		break;
	case WRITE:
	case WRITE_ONCE:
	case WRITE_EXT:
		transfer(vm, ch, true, 1, command == WRITE_EXT);
		break;
	case READ_MULTI:
	case READ_MULTI_EXT:
		transfer(vm, ch, false, multiple, command == READ_MULTI_EXT);
		break;
	case WRITE_MULTI:
	case WRITE_MULTI_EXT:
		transfer(vm, ch, true, multiple, command == WRITE_MULTI_EXT);
		break;
	default:
		other_command(vm, ch, command);
	}
}

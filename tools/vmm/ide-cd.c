// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CD-ROM drive: SCSI commands (MMC-3) in ATA packets (ATA/ATAPI-6, 9.8), with a
 * disc of one data track in it.
 */
#include <string.h>

#include "ide.h"

#define PACKET		0xa0
#define IDENTIFY_PACKET	0xa1
#define IDENTIFY	0xec
#define SET_FEATURES	0xef
#define IDLE_NOW	0xe1
#define STANDBY_NOW	0xe0

/* The interrupt reason, in the count register */
#define REASON_COMMAND	0x01
#define REASON_TO_HOST	0x02

#define PACKET_SIZE	12
#define CD_SECTOR	2048
#define BLOCK_SECTORS	(IDE_BUFFER / CD_SECTOR / 2)

#define SENSE_ILLEGAL	0x05
#define ASC_COMMAND	0x20
#define ASC_RANGE	0x21
#define ASC_FIELD	0x24
#define SENSE_MEDIUM	0x03
#define ASC_READ	0x11

static void be16(u8 *p, u32 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void be32(u8 *p, u32 v)
{
	be16(p, v >> 16);
	be16(p + 2, v);
}

static u32 get_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static u32 get_be32(const u8 *p)
{
	return get_be16(p) << 16 | get_be16(p + 2);
}

static u32 sectors(const struct ide_drive *drive)
{
	return drive->size / CD_SECTOR;
}

static void identify(struct vmm *vm, struct ide_channel *ch)
{
	static const u8 words[] = { 0x80, 0x85 };	/* a CD-ROM, packets of 12 bytes */

	memset(ch->buf, 0, 512);
	memcpy(ch->buf, words, sizeof(words));
	ide_string(ch->buf + 20, "0", 20);
	ide_string(ch->buf + 46, "1.0", 8);
	ide_string(ch->buf + 54, "kvmfs CD-ROM", 40);
	ch->buf[2 * 49 + 1] = 0x02;	/* LBA */
	ch->buf[2 * 53] = 0x02;
	ch->buf[2 * 64] = 0x03;		/* PIO modes 3 and 4 */
	ch->buf[2 * 67] = 120;
	ch->buf[2 * 68] = 120;
	ch->buf[2 * 80] = 0x70;
	ch->buf[2 * 82] = 0x10;		/* packets */
	ch->buf[2 * 85] = 0x10;
	ide_give(vm, ch, 512, NULL);
}

/**
 * cd_finish() - an answer is through, and with it the command
 * @vm: the machine
 * @ch: the channel
 */
void cd_finish(struct vmm *vm, struct ide_channel *ch)
{
	memset(ch->busy->sense, 0, 3);
	ch->count = REASON_COMMAND | REASON_TO_HOST;
	ide_done(vm, ch);
}

static void fail(struct vmm *vm, struct ide_channel *ch, u8 key, u8 code)
{
	u8 *sense = ch->busy->sense;

	sense[0] = key;
	sense[1] = code;
	sense[2] = 0;
	ch->count = REASON_COMMAND | REASON_TO_HOST;
	ide_abort(vm, ch, key << 4 | ATA_ABORTED);
}

/* How much the guest will read at a time: it said so in the cylinder registers */
static u32 limit(const struct ide_channel *ch, u32 len)
{
	u32 most = ch->lba[1] | ch->lba[2] << 8;

	if (!most || most == 0xffff)
		most = 0xfffe;
	return len < most ? len : most & ~1u;
}

static void give_part(struct vmm *vm, struct ide_channel *ch, u32 len, ide_step *next)
{
	ch->count = REASON_TO_HOST;
	ch->lba[1] = len;
	ch->lba[2] = len >> 8;
	ide_give(vm, ch, (len + 1) & ~1u, next);
}

/* An answer in the buffer, of which the guest wants no more than it said in the packet */
static void answer(struct vmm *vm, struct ide_channel *ch, u32 len, u32 wanted)
{
	if (len > wanted)
		len = wanted;
	if (!len)
		cd_finish(vm, ch);
	else
		give_part(vm, ch, limit(ch, len), cd_finish);	/* no answer needs two */
}

/**
 * cd_read_on() - the next block of sectors, or the end
 * @vm: the machine
 * @ch: the channel
 */
void cd_read_on(struct vmm *vm, struct ide_channel *ch)
{
	u32 n = ch->left < ch->block ? ch->left : ch->block;

	if (!n) {
		cd_finish(vm, ch);
		return;
	}
	if (ide_read_medium(ch->busy, ch->buf, ch->sector * CD_SECTOR, n * CD_SECTOR)) {
		fail(vm, ch, SENSE_MEDIUM, ASC_READ);
		return;
	}
	ch->sector += n;
	ch->left -= n;
	give_part(vm, ch, n * CD_SECTOR, cd_read_on);
}

static void read_sectors(struct vmm *vm, struct ide_channel *ch, u32 from, u32 n)
{
	u32 all = sectors(ch->busy);

	if (from > all || n > all - from) {
		fail(vm, ch, SENSE_ILLEGAL, ASC_RANGE);
		return;
	}
	ch->sector = from;
	ch->left = n;
	ch->block = limit(ch, BLOCK_SECTORS * CD_SECTOR) / CD_SECTOR;
	if (!ch->block)		/* less than a sector at a time: nobody does */
		fail(vm, ch, SENSE_ILLEGAL, ASC_FIELD);
	else
		cd_read_on(vm, ch);
}

static void inquiry(struct vmm *vm, struct ide_channel *ch, u32 wanted)
{
	static const u8 head[] = { 0x05, 0x80, 0x00, 0x21, 31 };

	memset(ch->buf, ' ', 36);
	memcpy(ch->buf, head, sizeof(head));
	memset(ch->buf + 5, 0, 3);
	memcpy(ch->buf + 8, "kvmfs", 5);
	memcpy(ch->buf + 16, "CD-ROM", 6);
	memcpy(ch->buf + 32, "1.0", 3);
	answer(vm, ch, 36, wanted);
}

static void request_sense(struct vmm *vm, struct ide_channel *ch, u32 wanted)
{
	const u8 *sense = ch->busy->sense;

	memset(ch->buf, 0, 18);
	ch->buf[0] = 0x70;
	ch->buf[2] = sense[0];
	ch->buf[7] = 10;
	ch->buf[12] = sense[1];
	ch->buf[13] = sense[2];
	answer(vm, ch, 18, wanted);
}

static void read_capacity(struct vmm *vm, struct ide_channel *ch)
{
	be32(ch->buf, sectors(ch->busy) - 1);
	be32(ch->buf + 4, CD_SECTOR);
	answer(vm, ch, 8, 8);
}

/* An address in a table of contents: blocks, or minutes, seconds and frames */
static void put_address(u8 *p, u32 block, bool msf)
{
	if (!msf) {
		be32(p, block);
		return;
	}
	block += 150;
	p[0] = 0;
	p[1] = block / 75 / 60;
	p[2] = block / 75 % 60;
	p[3] = block % 75;
}

static void put_track(u8 *p, u8 number, u32 block, bool msf)
{
	p[0] = 0;
	p[1] = 0x14;		/* data, not audio */
	p[2] = number;
	p[3] = 0;
	put_address(p + 4, block, msf);
}

static void read_toc(struct vmm *vm, struct ide_channel *ch, const u8 *packet)
{
	bool msf = packet[1] & 0x02;
	u32 format = packet[2] & 0x0f ? packet[2] & 0x0f : packet[9] >> 6;
	u32 len = 12;

	if (format > 1) {
		fail(vm, ch, SENSE_ILLEGAL, ASC_FIELD);
		return;
	}
	put_track(ch->buf + 4, 1, 0, msf);
	if (!format) {
		put_track(ch->buf + 12, 0xaa, sectors(ch->busy), msf);
		len = 20;
	}
	be16(ch->buf, len - 2);
	ch->buf[2] = 1;		/* first and last track, or session */
	ch->buf[3] = 1;
	answer(vm, ch, len, get_be16(packet + 7));
}

/* The drive can read and cannot eject */
static void mode_sense(struct vmm *vm, struct ide_channel *ch, const u8 *packet)
{
	if ((packet[2] & 0x3f) != 0x2a) {
		fail(vm, ch, SENSE_ILLEGAL, ASC_FIELD);
		return;
	}
	memset(ch->buf, 0, 28);
	be16(ch->buf, 28 - 2);
	ch->buf[8] = 0x2a;
	ch->buf[9] = 18;
	be16(ch->buf + 16, 706);	/* fourfold speed */
	be16(ch->buf + 22, 706);
	answer(vm, ch, 28, get_be16(packet + 7));
}

/**
 * cd_run_packet() - a packet is through: do what it says
 * @vm: the machine
 * @ch: the channel
 */
void cd_run_packet(struct vmm *vm, struct ide_channel *ch)
{
	u8 packet[PACKET_SIZE];

	memcpy(packet, ch->buf, sizeof(packet));
	switch (packet[0]) {
	case 0x00:	/* TEST UNIT READY */
	case 0x1b:	/* START STOP UNIT */
	case 0x1e:	/* PREVENT REMOVAL */
		cd_finish(vm, ch);
		break;
	case 0x03:
		request_sense(vm, ch, packet[4]);
		break;
	case 0x12:
		inquiry(vm, ch, packet[4]);
		break;
	case 0x25:
		read_capacity(vm, ch);
		break;
	case 0x28:	/* READ(10) */
		read_sectors(vm, ch, get_be32(packet + 2), get_be16(packet + 7));
		break;
	case 0x43:
		read_toc(vm, ch, packet);
		break;
	case 0x5a:
		mode_sense(vm, ch, packet);
		break;
	case 0xa8:	/* READ(12) */
		read_sectors(vm, ch, get_be32(packet + 2), get_be32(packet + 6));
		break;
	default:
		fail(vm, ch, SENSE_ILLEGAL, ASC_COMMAND);
	}
}

/**
 * cd_command() - the command register of a CD-ROM drive was written
 * @vm: the machine
 * @ch: its channel
 * @command: what
 */
void cd_command(struct vmm *vm, struct ide_channel *ch, u8 command)
{
	switch (command) {
	case PACKET:
		if (ch->feature & 0x01) {	/* by DMA */
			ide_abort(vm, ch, ATA_ABORTED);
			break;
		}
		ch->count = REASON_COMMAND;
		ide_take(ch, PACKET_SIZE, cd_run_packet);
		break;
	case IDENTIFY_PACKET:
		identify(vm, ch);
		break;
	case IDENTIFY:		/* is refused, and tells what the drive is */
		ch->lba[1] = 0x14;
		ch->lba[2] = 0xeb;
		ide_abort(vm, ch, ATA_ABORTED);
		break;
	case SET_FEATURES:
	case IDLE_NOW:
	case STANDBY_NOW:
		ide_done(vm, ch);
		break;
	default:
		ide_abort(vm, ch, ATA_ABORTED);
	}
}

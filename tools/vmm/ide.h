/* SPDX-License-Identifier: GPL-2.0-only */
/* The two IDE channels, and what disk and CD-ROM know of them. */
#ifndef TOOLS_VMM_IDE_H
#define TOOLS_VMM_IDE_H

#include "bus.h"

struct ide_channel;
struct state;

/* How a command goes on, when all of its data are through */
typedef void ide_step(struct vmm *vm, struct ide_channel *ch);

#define ATA_BUSY	0x80
#define ATA_READY	0x40
#define ATA_FAULT	0x20
#define ATA_SEEK	0x10
#define ATA_DRQ		0x08
#define ATA_ERROR	0x01

#define ATA_ABORTED	0x04	/* in the error register */
#define ATA_NO_ID	0x10

#define ATA_SECTOR	512
#define IDE_BUFFER	65536

/**
 * struct ide_drive - a disk or CD-ROM drive
 * @fd:		its medium; -1: there is no drive
 * @size:	of the medium in bytes
 * @cdrom:	which
 * @readonly:	writes are refused
 * @multiple:	a disk's sectors for each interrupt
 * @sense:	a CD-ROM's: key, code, qualifier of its last error
 */
struct ide_drive {
	int fd;
	u64 size;
	bool cdrom, readonly;
	u32 multiple;
	u8 sense[3];
};

/**
 * struct ide_channel - a cable with its registers
 * @drive:	master and slave
 * @line:	IRQ 14 or 15
 * @busy:	the drive whose command runs, whichever is selected meanwhile
 * @pending:	the interrupt is wanted, whether or not control lets it out
 * @feature:	registers, as last written
 * @count:	...
 * @lba:	low, middle, high; cylinder and sector of old
 * @old_count:	what @count was before, for 48 bit addresses
 * @old_lba:	likewise
 * @device:	register: which drive, and bits of the address
 * @control:	register: reset, and the interrupts' mask
 * @status:	register
 * @error:	register
 * @buf:	what is on its way through the data port
 * @pos:	how much of it is through
 * @len:	how much there is
 * @next:	called when all of it is through
 * @sector:	where the command that runs goes on, in the drive's sectors
 * @left:	how many sectors are still to come
 * @block:	how many at a time
 */
struct ide_channel {
	struct ide_drive drive[2];
	struct ide_drive *busy;
	struct line line;
	bool pending;
	u8 feature, count, lba[3], old_count, old_lba[3];
	u8 device, control, status, error;
	u8 buf[IDE_BUFFER];
	u32 pos, len;
	ide_step *next;
	u64 sector;
	u32 left, block;
};

static inline struct ide_drive *ide_selected(struct ide_channel *ch)
{
	return &ch->drive[ch->device >> 4 & 1];
}

/* ide.c: how a command goes on */
void ide_interrupt(struct vmm *vm, struct ide_channel *ch);
void ide_done(struct vmm *vm, struct ide_channel *ch);
void ide_abort(struct vmm *vm, struct ide_channel *ch, u8 error);
void ide_give(struct vmm *vm, struct ide_channel *ch, u32 len, ide_step *next);
void ide_take(struct ide_channel *ch, u32 len, ide_step *next);
void ide_update(struct vmm *vm, struct ide_channel *ch);
int ide_read_medium(struct ide_drive *drive, u8 *to, u64 offset, u32 size);
void ide_string(u8 *to, const char *text, u32 size);

/* ide-disk.c, ide-cd.c */
void disk_command(struct vmm *vm, struct ide_channel *ch, u8 command);
void cd_command(struct vmm *vm, struct ide_channel *ch, u8 command);
ide_step disk_read_on, disk_written, cd_finish, cd_read_on, cd_run_packet;

/* ide-state.c */
void ide_state(struct state *s, struct vmm *vm, void *dev);

#endif

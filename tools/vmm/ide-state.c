// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IDE channels in a saved machine: registers, and what of a command is under way. Media
 * are not saved. A file may lie: what it says is checked, so that no buffer or medium
 * is overrun.
 */
#include <stdio.h>

#include "ide.h"
#include "state.h"

/* Each with its place in the file, 0 being none */
static ide_step * const steps[] = {
	NULL, disk_read_on, disk_written, cd_finish, cd_read_on, cd_run_packet,
};

/* A step that no data lead to is one of a command that is over */
static void next_state(struct state *s, struct ide_channel *ch)
{
	u32 next = 0;

	if (ch->pos < ch->len)
		while (next < ARRAY_SIZE(steps) && ch->next != steps[next])
			next++;
	STATE(s, next);
	if (!s->loading)
		return;
	if (next >= ARRAY_SIZE(steps))
		s->failed = true;
	else
		ch->next = steps[next];
}

static void drive_state(struct state *s, struct ide_drive *drive)
{
	bool there = drive->fd >= 0, was_there = there;
	u64 size = drive->size;

	STATE(s, there);
	STATE(s, size);
	STATE(s, drive->multiple);
	state_bytes(s, "sense", drive->sense, sizeof(drive->sense));
	if (there != was_there || size != drive->size || drive->multiple > IDE_BUFFER / ATA_SECTOR)
		s->failed = true;
}

static void command_state(struct state *s, struct ide_channel *ch)
{
	u32 busy = ch->busy == &ch->drive[1];

	STATE(s, busy);
	STATE(s, ch->sector);
	STATE(s, ch->left);
	STATE(s, ch->block);
	STATE(s, ch->pos);
	STATE(s, ch->len);
	next_state(s, ch);
	if (ch->len > IDE_BUFFER || ch->pos > ch->len || busy > 1)
		s->failed = true;
	if (s->failed) {
		ch->len = 0;
		ch->pos = 0;
		return;
	}
	ch->busy = &ch->drive[busy];
	state_bytes(s, "buf", ch->buf, ch->len);
}

/* The steps trust the command that began: its numbers, and the drive that it is for */
static bool is_good(const struct ide_channel *ch)
{
	u64 size = ch->busy->cdrom ? 2048 : ATA_SECTOR;
	u64 all = ch->busy->size / size, here = ch->next == disk_written ? ch->len / size : 0;
	bool cdrom = ch->next == cd_finish || ch->next == cd_read_on || ch->next == cd_run_packet;

	if (!ch->next)
		return true;
	if (ch->busy->fd < 0 || cdrom != ch->busy->cdrom || ch->block > IDE_BUFFER / size)
		return false;
	if (ch->next == cd_finish || ch->next == cd_run_packet)
		return true;
	if (ch->next == disk_written && ch->len % size)
		return false;
	return ch->sector <= all && ch->left + here <= all - ch->sector;
}

/**
 * ide_state() - one channel, see state.h
 * @s: where to or from
 * @vm: the machine
 * @dev: the channel
 */
void ide_state(struct state *s, struct vmm *vm, void *dev)
{
	struct ide_channel *ch = dev;
	const char *name = ch->line.irq == 14 ? "ide0" : "ide1";
	unsigned int i;

	STATE(s, ch->pending);
	STATE(s, ch->feature);
	STATE(s, ch->count);
	state_bytes(s, "lba", ch->lba, sizeof(ch->lba));
	STATE(s, ch->old_count);
	state_bytes(s, "old_lba", ch->old_lba, sizeof(ch->old_lba));
	STATE(s, ch->device);
	STATE(s, ch->control);
	STATE(s, ch->status);
	STATE(s, ch->error);
	command_state(s, ch);
	for (i = 0; i < 2; i++) {
		snprintf(s->prefix, sizeof(s->prefix), "%s.%u", name, i);
		drive_state(s, &ch->drive[i]);
	}
	if (!s->loading)
		return;
	if (!s->failed && !is_good(ch))
		s->failed = true;
	ide_update(vm, ch);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * THE TABLE: one row a file of a VM's or a vCPU's directory.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "fs/contents.h"

const struct kvmfs_file kvmfs_files[] = {
	/* of a VM */
	{ .name = "mem", .mode = 0600, .flags = KVMFS_OF_VM | KVMFS_MEM,
	  .size = mem_size },
	{ .name = "memmap", .mode = 0600, .flags = KVMFS_OF_VM | KVMFS_CLEARS,
	  .show = memmap_show, .store = memmap_store },
	{ .name = "dirty", .mode = 0600, .flags = KVMFS_OF_VM, .size = dirty_size,
	  .open = dirty_open, .close = dirty_close,
	  .read = dirty_read, .unread = dirty_unread },
	{ .name = "ctl", .mode = 0600, .flags = KVMFS_OF_VM | KVMFS_EVENTS,
	  .store = ctl_store },
	{ .name = "status", .mode = 0600, .flags = KVMFS_OF_VM | KVMFS_PUBLIC,
	  .show = status_show, .seq = status_seq },
	{ .name = "capabilities", .mode = 0600, .flags = KVMFS_OF_VM | KVMFS_PUBLIC,
	  .show = capabilities_show },

	/* of a vCPU */
	{ .name = "regs", .mode = 0600,
	  .show = regs_show, .store = regs_store, .size = regs_size,
	  .window = KVM_REG_WINDOW, .window_size = 8 * KVM_REG_SLOTS,
	  .get = regs_get, .put = regs_put },
	{ .name = "fpregs", .mode = 0600,
	  .show = fpregs_show, .store = fpregs_store, .size = fpregs_size,
	  .complete = fpregs_complete },
	{ .name = "msrs", .mode = 0600, .show = msrs_show, .store = msrs_store },
	{ .name = "cpuid", .mode = 0600, .show = cpuid_show, .store = cpuid_store },
	{ .name = "events", .mode = 0600, .show = events_show, .store = events_store },
	{ .name = "irq", .mode = 0600, .flags = KVMFS_EVENTS | KVMFS_WAIT,
	  .show = irq_show, .store = irq_store, .room = irq_room },
	{ .name = "debug", .mode = 0600, .show = debug_show, .store = debug_store },
	{ .name = "run", .mode = 0600, .flags = KVMFS_EVENTS, .store = run_store },
	{ .name = "exit", .mode = 0600, .show = exit_show, .seq = exit_seq },
	{ .name = "stat", .mode = 0600, .flags = KVMFS_PUBLIC, .show = stat_show },
};

const unsigned int kvmfs_n_files = ARRAY_SIZE(kvmfs_files);
static_assert(ARRAY_SIZE(kvmfs_files) <= KVMFS_MAX_FILES);

/**
 * kvmfs_find() - the row of a file
 * @name: not terminated
 * @len: of @name
 * @of_vm: look in a VM's directory, not in that of a further vCPU
 *
 * Return: the row, or NULL.
 */
const struct kvmfs_file *kvmfs_find(const char *name, size_t len, bool of_vm)
{
	const struct kvmfs_file *row;

	for (row = kvmfs_files; row < kvmfs_files + kvmfs_n_files; row++) {
		if (!of_vm && (row->flags & KVMFS_OF_VM))
			continue;
		if (strlen(row->name) == len && !memcmp(row->name, name, len))
			return row;
	}
	return NULL;
}

/*
 * No tool cuts a text into blocks smaller than this. A shorter write stands for
 * itself, even if its last line lacks the newline.
 */
#define BLOCK	512

/**
 * kvmfs_may_store() - whether a write is whole, or more must follow
 * @row: of the file
 * @c: of the file
 * @in: what was written so far
 *
 * Copying tools write in blocks, and a block may end within a line. Then the
 * rest, which follows at the next offset, is waited for.
 * Return: true if kvmfs_store() can be called.
 */
bool kvmfs_may_store(const struct kvmfs_file *row, struct kvmfs_cpu *c,
		     const struct input *in)
{
	if (row->complete)
		return row->complete(c, in);
	return in->len < BLOCK || in->buf[in->len - 1] == '\n';
}

/**
 * kvmfs_store() - apply a whole write
 * @row: of the file
 * @c: of the file
 * @in: what was written
 *
 * Return: 0, or -errno and nothing has changed.
 */
int kvmfs_store(const struct kvmfs_file *row, struct kvmfs_cpu *c,
		struct input *in)
{
	if (!row->store)
		return 0;
	in->cpu = c;
	in->file = row->name;
	in->buf[in->len] = '\0';
	return row->store(c, in);
}

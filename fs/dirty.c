// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``dirty``: a bit for each page of ``mem``, set if it was written since it was read
 * last. The one file that reading changes.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include "fs/contents.h"

u64 dirty_size(struct kvmfs_cpu *c)
{
	return DIV_ROUND_UP(kvmfs_mem_end(c->vm) >> PAGE_SHIFT, 8);
}

/* writes are noted as long as somebody has the file open for reading */
int dirty_open(struct kvmfs_cpu *c)
{
	return vm_dirty_start(c->vm->core);
}

void dirty_close(struct kvmfs_cpu *c)
{
	vm_dirty_stop(c->vm->core);
}

void dirty_read(struct kvmfs_cpu *c, u64 off, u8 *buf, size_t n)
{
	vm_dirty_read(c->vm->core, 8 * off, buf, n);
}

/* the reader did not get it: as if those pages had been written again */
void dirty_unread(struct kvmfs_cpu *c, u64 off, const u8 *buf, size_t n)
{
	u64 gpa;
	size_t i;

	for (i = 0; i < 8 * n; i++) {
		if (!(buf[i / 8] >> i % 8 & 1))
			continue;
		gpa = (8 * off + i) << PAGE_SHIFT;
		vm_memory_written(c->vm->core, gpa, gpa + PAGE_SIZE);
	}
}

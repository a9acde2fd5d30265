// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``capabilities``: what this build and this processor can do.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include "fs/contents.h"

#define ROOM	4096	/* for what the core says of itself */

int capabilities_show(struct kvmfs_cpu *c, struct text *t)
{
	char *buf = kmalloc(ROOM, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	text_bytes(t, buf, hv_describe(buf, ROOM));
	kfree(buf);
	text_printf(t, "syscalls %s\n", kvmfs_calls());
	text_printf(t, "exit_data %d\n", KVM_EXIT_DATA);
	text_printf(t, "fpregs_size %u\n", vcpu_fpu_size(c->vcpu));
	return 0;
}

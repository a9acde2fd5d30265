// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``stat``: counters. A VM's directory shows the VM's and the boot vCPU's.
 */
#include <linux/kernel.h>
#include "fs/contents.h"

#define SHOW(field, name)	text_printf(t, name " %llu\n", s.field);

static void show_vm(struct vm *vm, struct text *t)
{
	struct vm_stat s;

	vm_get_stat(vm, &s);
	VM_STAT_LIST(SHOW)
}

int stat_show(struct kvmfs_cpu *c, struct text *t)
{
	struct vcpu_stat s;

	if (!c->id)
		show_vm(c->vm->core, t);
	vcpu_get_stat(c->vcpu, &s);
	VCPU_STAT_LIST(SHOW)
	return 0;
}

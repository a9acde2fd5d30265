// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``status``: what the VM is doing, and the last error as a sentence.
 */
#include <linux/kernel.h>
#include "fs/contents.h"

static const char *vm_state(struct kvmfs_vm *vm)
{
	const char *name = READ_ONCE(vm->ran) ? "stopped" : "created";
	unsigned int i;

	if (READ_ONCE(vm->dead))
		return "dead";
	if (READ_ONCE(vm->killed))
		return "killed";
	if (vm_is_paused(vm->core))
		return "paused";
	mutex_lock(&vm->lock);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->cpus[i] && vcpu_is_running(vm->cpus[i]->vcpu))
			name = "running";
	mutex_unlock(&vm->lock);
	return name;
}

/**
 * status_started() - a vCPU is about to run for the first time
 * @vm: the VM
 */
void status_started(struct kvmfs_vm *vm)
{
	WRITE_ONCE(vm->ran, true);
	kvmfs_status_changed(vm);
}

int status_show(struct kvmfs_cpu *c, struct text *t)
{
	char error[VM_ERROR_LEN];

	vm_get_error(c->vm->core, error);
	text_printf(t, "state %s\n", vm_state(c->vm));
	text_printf(t, "error %s\n", error[0] ? error : "none");
	return 0;
}

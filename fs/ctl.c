// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``ctl``: pause, resume, reset and kill, for all vCPUs of a VM at once.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "fs/contents.h"

static int do_pause(struct kvmfs_vm *vm)
{
	return vm_pause(vm->core);
}

static int do_resume(struct kvmfs_vm *vm)
{
	vm_resume(vm->core);
	return 0;
}

static void reset_all(struct kvmfs_vm *vm)
{
	unsigned int i;

	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->cpus[i])
			vcpu_reset(vm->cpus[i]->vcpu);
}

/* like other changes of vCPUs: not while one runs, unless the VM is paused */
static int do_reset(struct kvmfs_vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = kvmfs_claim_all(vm);
	if (!ret) {
		reset_all(vm);
		kvmfs_release_all(vm);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* for good: the directory stays, to be looked at and removed */
static int do_kill(struct kvmfs_vm *vm)
{
	unsigned int i;

	mutex_lock(&vm->lock);
	WRITE_ONCE(vm->killed, true);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->cpus[i])
			vcpu_kill(vm->cpus[i]->vcpu);
	mutex_unlock(&vm->lock);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct kvmfs_vm *vm);
} commands[] = {
	{ "pause", do_pause },
	{ "resume", do_resume },
	{ "reset", do_reset },
	{ "kill", do_kill },
};

static int find_command(struct input *in, const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, word))
			return i;
	return input_fail(in, "\"%.32s\" is none of pause, resume, reset, kill", word);
}

/* one command a write: of several, the first might be done when the second fails */
int ctl_store(struct kvmfs_cpu *c, struct input *in)
{
	int command = -1, ret;

	while (input_line(in)) {
		if (command >= 0)
			return input_fail(in, "one command at a time");
		command = find_command(in, input_word(in));
		ret = command < 0 ? command : input_end(in);
		if (ret)
			return ret;
	}
	if (command < 0)
		return 0;
	ret = commands[command].fn(c->vm);
	kvmfs_status_changed(c->vm);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Devices that the command line asks for: remembered there, made with the machine. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "vmm.h"

static int (*const kinds[])(struct vmm *vm, char *value) = {
	[DEVICE_BALLOON] = virtio_balloon_add,
	[DEVICE_CONSOLE] = virtio_console_add,
	[DEVICE_DISK] = virtio_blk_add,
	[DEVICE_NET] = virtio_net_add,
	[DEVICE_RNG] = virtio_rng_add,
	[DEVICE_SHARE] = share_option,
	[DEVICE_VHOST_USER] = vhost_user_option,
	[DEVICE_VSOCK] = virtio_vsock_add,
};

/**
 * device_option() - the command line asks for a device
 * @config: remembers it
 * @kind: which
 * @value: the option's argument; is cut to pieces later
 * Return: 0, or -1 without memory
 */
int device_option(struct vmm_config *config, enum device_kind kind, char *value)
{
	struct device_option **last = &config->devices;
	struct device_option *option = calloc(1, sizeof(*option));

	if (!option)
		return -1;
	option->kind = kind;
	option->value = value;
	while (*last)
		last = &(*last)->next;
	*last = option;
	return 0;
}

/**
 * device_add_all() - make the devices, in the order of the command line
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int device_add_all(struct vmm *vm)
{
	const struct device_option *option;

	for (option = vm->config->devices; option; option = option->next)
		if (kinds[option->kind](vm, option->value))
			return -1;
	return 0;
}

/**
 * device_word() - the next word of an option's value, which has commas between them
 * @value: what is left; moved on
 * Return: the word, or NULL at the end
 */
char *device_word(char **value)
{
	return *value ? strsep(value, ",") : NULL;
}

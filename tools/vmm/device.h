/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that the command line asks for. */
#ifndef TOOLS_VMM_DEVICE_H
#define TOOLS_VMM_DEVICE_H

#include "types.h"

struct vmm;
struct vmm_config;

enum device_kind {
	DEVICE_BALLOON,
	DEVICE_CONSOLE,
	DEVICE_DISK,
	DEVICE_NET,
	DEVICE_RNG,
	DEVICE_SHARE,
	DEVICE_VHOST_USER,
	DEVICE_VSOCK,
};

/**
 * struct device_option - one of them
 * @kind:	what is asked for
 * @value:	its argument
 * @next:	of the list
 */
struct device_option {
	enum device_kind kind;
	char *value;
	struct device_option *next;
};

/* device.c */
int device_option(struct vmm_config *config, enum device_kind kind, char *value);
int device_add_all(struct vmm *vm);
char *device_word(char **value);

/* One for each kind of device: Return: 0, or -1 with a line on stderr */
int virtio_balloon_add(struct vmm *vm, char *value);
int virtio_blk_add(struct vmm *vm, char *value);
int virtio_console_add(struct vmm *vm, char *value);
int virtio_net_add(struct vmm *vm, char *value);
int virtio_rng_add(struct vmm *vm, char *value);
int virtio_vsock_add(struct vmm *vm, char *value);
int share_option(struct vmm *vm, char *value);
int vhost_user_option(struct vmm *vm, char *value);

#endif

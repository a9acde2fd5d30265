/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of devices as lines of text, `DEVICE.FIELD VALUE', for a machine that is
 * saved and restored. A device has one function for both ways, that names its fields. RESET
 * is the same: what they were at first is kept, and loaded again.
 */
#ifndef TOOLS_VMM_STATE_H
#define TOOLS_VMM_STATE_H

#include <stdio.h>

#include "types.h"

struct vmm;

/**
 * struct state - where a device's fields go to, or come from
 * @loading:	they come
 * @reset:	what RESET makes of a device, which may have run since
 * @failed:	one could not be found, or has a wrong size
 * @prefix:	the device, and perhaps which part of it
 * @to, @from, @at:	state.c's
 */
struct state {
	bool loading, reset, failed;
	char prefix[48];
	FILE *to;
	const char *from, *at;
};

/**
 * struct device_state - a device that has some
 * @name:	unlike all others; no blank or dot in it
 * @fields:	names them by STATE() and state_bytes(). Runs in the vCPU thread, while the
 *		guest stands still. When @s is loading, it makes the device so
 * @dev:	whose it is, for @fields
 * @next:	state.c's
 */
struct device_state {
	const char *name;
	void (*fields)(struct state *s, struct vmm *vm, void *dev);
	void *dev;
	struct device_state *next;
};

/* A number, of 1, 2, 4 or 8 bytes; or a bool */
#define STATE(s, field)							\
	_Generic((field), bool: state_flag, default: state_number)	\
		(s, #field, &(field), sizeof(field))

void state_number(struct state *s, const char *name, void *value, size_t size);
void state_flag(struct state *s, const char *name, void *flag, size_t size);
void state_bytes(struct state *s, const char *name, void *bytes, size_t size);
void state_time(struct state *s, const char *name, u64 *when);
void state_add(struct device_state *device);
void state_init(struct vmm *vm);
int state_load(struct vmm *vm, const char *text);
int state_keep(struct vmm *vm);
int state_reset(struct vmm *vm);

/* devices */
void pic_state(struct state *s, struct vmm *vm, void *dev);
void pit_state(struct state *s, struct vmm *vm, void *dev);
void rtc_state(struct state *s, struct vmm *vm, void *dev);
void uart_state(struct state *s, struct vmm *vm, void *dev);
void kbd_state(struct state *s, struct vmm *vm, void *dev);

#endif

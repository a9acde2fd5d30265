/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h: between guestrun's loop and its devices.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>
#include <linux/kvmfs.h>
#include "devices.h"

#define MAX_STEPS	256

/* What the guest asked for by its ports; guestrun does it and clears it */
struct machine {
	int exit_code;		/* -1: still runs */
	int irq;		/* PORT_IRQ, 0: nothing */
	int trick;		/* TRICK_* */
	int step;		/* 1: switch on, 0: off, -1: nothing */
	int nested;		/* PORT_NESTED */
	int thorough;		/* PORT_THOROUGH */
	uint32_t windows, halts;
	uint32_t steps, step_read;
	uint64_t step_ip[MAX_STEPS];
};

extern struct machine machine;

void device_io(struct kvm_exit *x);
void device_mmio(struct kvm_exit *x);

#endif /* MACHINE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines that several devices may share, driven from any thread. The
 * interrupt controllers belong to the vCPU thread; a device elsewhere leaves the new
 * level here and wakes it.
 */
#include "bus.h"
#include "vmm.h"

#define LINES	16

static u64 driven[LINES];	/* who drives it: the bits of struct line */
static u32 changed;		/* a bit a line that the controllers don't know of yet */

/**
 * line_init() - connect a device
 * @line: its end
 * @irq: the line, below 16
 *
 * Before the guest runs.
 */
void line_init(struct line *line, unsigned int irq)
{
	static u64 next = 1;

	line->irq = irq;
	line->bit = next;
	next <<= 1;
}

/**
 * line_deliver() - let the interrupt controllers see what has changed
 * @vm: the machine
 *
 * In the vCPU thread.
 */
void line_deliver(struct vmm *vm)
{
	u32 todo = __atomic_exchange_n(&changed, 0, __ATOMIC_ACQ_REL);
	unsigned int irq;

	for (; todo; todo &= todo - 1) {
		irq = __builtin_ctz(todo);
		pic_set(&vm->pic, irq, __atomic_load_n(&driven[irq], __ATOMIC_ACQUIRE));
	}
}

/**
 * line_set() - drive a line, or stop; from any thread
 * @vm: the machine
 * @line: the device's end of it
 * @level: whether it is driven
 */
void line_set(struct vmm *vm, struct line *line, bool level)
{
	u64 was;

	if (level)
		was = __atomic_fetch_or(&driven[line->irq], line->bit, __ATOMIC_ACQ_REL);
	else
		was = __atomic_fetch_and(&driven[line->irq], ~line->bit, __ATOMIC_ACQ_REL);
	if (!!(was & line->bit) == level)
		return;
	__atomic_fetch_or(&changed, 1u << line->irq, __ATOMIC_ACQ_REL);
	if (event_is_runner())
		line_deliver(vm);
	else if (level)
		event_kick();	/* a fall is seen at the next look, early enough */
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines that several devices may share, driven from any thread. The
 * interrupt controllers belong to the vCPU thread; a device elsewhere leaves the new
 * level here and wakes it.
 */
#include <pthread.h>

#include "bus.h"
#include "vmm.h"

#define LINES	(LINE_NONE + 1)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* for changes */
static u64 driven[LINES];	/* who drives it: the bits of struct line */
static u32 changed;		/* a bit a line that the controllers don't know of yet */
static u32 connected;		/* lines that a device was ever on */

/**
 * line_init() - connect a device
 * @line: its end
 * @irq: the line, below 16, or LINE_NONE
 *
 * Before the guest runs.
 */
void line_init(struct line *line, unsigned int irq)
{
	static u64 next = 1;

	line->irq = irq;
	line->bit = next;
	next <<= 1;
	connected |= 1u << irq;
}

/**
 * line_refresh() - the controllers have been changed: have them look at all lines
 *
 * Before the guest runs.
 */
void line_refresh(void)
{
	__atomic_fetch_or(&changed, connected, __ATOMIC_ACQ_REL);
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

	for (todo &= ~(1u << LINE_NONE); todo; todo &= todo - 1) {
		irq = __builtin_ctz(todo);
		pic_set(&vm->pic, irq, __atomic_load_n(&driven[irq], __ATOMIC_ACQUIRE));
	}
}

/* Under the lock: whether that changed anything */
static bool drive(struct line *line, bool level)
{
	u64 was = driven[line->irq];
	u64 now = level ? was | line->bit : was & ~line->bit;

	if (was == now)
		return false;
	__atomic_store_n(&driven[line->irq], now, __ATOMIC_RELEASE);
	__atomic_fetch_or(&changed, 1u << line->irq, __ATOMIC_ACQ_REL);
	return true;
}

/**
 * line_set() - drive a line, or stop; from any thread
 * @vm: the machine
 * @line: the device's end of it
 * @level: whether it is driven
 */
void line_set(struct vmm *vm, struct line *line, bool level)
{
	bool news;

	pthread_mutex_lock(&lock);
	news = drive(line, level);
	pthread_mutex_unlock(&lock);
	if (!news)
		return;
	if (event_is_runner())
		line_deliver(vm);
	else if (level)
		event_kick();	/* a fall is seen at the next look, early enough */
}

/**
 * line_move() - lead a device's line elsewhere, driven or not
 * @vm: the machine
 * @line: the device's end of it
 * @irq: as for line_init()
 *
 * In the vCPU thread.
 */
void line_move(struct vmm *vm, struct line *line, unsigned int irq)
{
	bool level;

	pthread_mutex_lock(&lock);
	level = drive(line, false);
	line->irq = irq;
	connected |= 1u << irq;
	drive(line, level);
	pthread_mutex_unlock(&lock);
	line_deliver(vm);
}

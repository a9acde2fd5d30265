/* SPDX-License-Identifier: GPL-2.0-only */
/* What devices share: windows on the buses, interrupt lines, the I/O thread. */
#ifndef TOOLS_VMM_BUS_H
#define TOOLS_VMM_BUS_H

#include "types.h"

struct vmm;

/* --- windows: bus.c ------------------------------------------------------------ */

enum bus { BUS_MEMORY, BUS_PORT };

/**
 * struct bus_region - a window on a bus
 * @addr:	guest physical address or port of its first byte
 * @size:	in bytes
 * @access:	serves a read or write of 1 to 8 bytes that lies in the window; runs
 *		in the vCPU thread. @data is little-endian, as the guest's registers are.
 * @dev:	whose it is, for @access
 * @name:	for people; NULL if it is a PCI device's
 * @next:	bus.c's
 */
struct bus_region {
	u64 addr, size;
	void (*access)(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
		       u32 size, bool write);
	void *dev;
	const char *name;
	struct bus_region *next;
};

int bus_add(enum bus bus, struct bus_region *region);
void bus_remove(enum bus bus, struct bus_region *region);
bool bus_access(enum bus bus, struct vmm *vm, u64 addr, u8 *data, u32 size, bool write);
const struct bus_region *bus_first(enum bus bus);
void bus_mmio(struct vmm *vm);

/* --- interrupt lines: line.c ------------------------------------------------------ */

#define LINE_NONE	16	/* leads nowhere */

/**
 * struct line - one device's end of an interrupt line
 * @irq:	input of the interrupt controllers; several devices may share it;
 *		or LINE_NONE
 * @bit:	line.c's
 */
struct line {
	unsigned int irq;
	u64 bit;
};

void line_init(struct line *line, unsigned int irq);
void line_set(struct vmm *vm, struct line *line, bool level);
void line_move(struct vmm *vm, struct line *line, unsigned int irq);
void line_deliver(struct vmm *vm);
void line_refresh(void);

/* --- the I/O thread: io.c ------------------------------------------------------- */

/**
 * struct io_watch - a descriptor that the I/O thread waits for
 * @fd:		it
 * @ready:	called in the I/O thread with the EPOLL* bits that came
 * @dev:	whose it is, for @ready
 */
struct io_watch {
	int fd;
	void (*ready)(struct io_watch *watch, u32 events);
	void *dev;
};

int io_add(struct io_watch *watch, u32 events);
int io_change(struct io_watch *watch, u32 events);
void io_remove(struct io_watch *watch);
int io_start(void);
int io_thread(void *(*fn)(void *), void *arg);

#endif

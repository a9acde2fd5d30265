// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who answers at an address. Two buses: memory, where no RAM is, and I/O ports. A
 * device describes each of its windows with a struct bus_region, which may come,
 * move and go while the guest runs: a PCI device's does, as its BAR is written.
 * All of this belongs to the vCPU thread.
 *
 * port.c asks here for what is not one of the PC's own byte-wide chips.
 */
#include <string.h>

#include "bus.h"
#include "vmm.h"

/* On each bus, the regions in order of address; they do not overlap */
static struct bus_region *buses[2];

static struct bus_region **find_slot(enum bus bus, u64 addr)
{
	struct bus_region **at = &buses[bus];

	while (*at && (*at)->addr + (*at)->size <= addr)
		at = &(*at)->next;
	return at;
}

/**
 * bus_add() - a window appears
 * @bus: BUS_MEMORY or BUS_PORT
 * @region: the window; stays the caller's, and in use until bus_remove()
 * Return: 0, or -1 if something else is there
 */
int bus_add(enum bus bus, struct bus_region *region)
{
	struct bus_region **at = find_slot(bus, region->addr);

	if (*at && (*at)->addr < region->addr + region->size)
		return -1;
	region->next = *at;
	*at = region;
	return 0;
}

/**
 * bus_remove() - a window disappears; nothing happens if it is not there
 * @bus: as for bus_add()
 * @region: the window
 */
void bus_remove(enum bus bus, struct bus_region *region)
{
	struct bus_region **at = find_slot(bus, region->addr);

	if (*at == region)
		*at = region->next;
}

/**
 * bus_access() - a read or write by the guest
 * @bus: as for bus_add()
 * @vm: the machine
 * @addr: of the first byte
 * @data: what is written, or where to put what is read
 * @size: in bytes: 1 to 8
 * @write: which
 * Return: false if nobody is there, or if the access hangs over the window's end;
 * then nothing was done
 */
bool bus_access(enum bus bus, struct vmm *vm, u64 addr, u8 *data, u32 size, bool write)
{
	struct bus_region *r = *find_slot(bus, addr);

	if (!r || addr < r->addr || addr - r->addr + size > r->size)
		return false;
	r->access(r, vm, addr - r->addr, data, size, write);
	return true;
}

/**
 * bus_first() - what is on a bus
 * @bus: as for bus_add()
 * Return: the region of the lowest address, or NULL; its @next leads on
 */
const struct bus_region *bus_first(enum bus bus)
{
	return buses[bus];
}

/**
 * bus_mmio() - serve an MMIO exit
 * @vm: the machine; vm->exit describes the access and takes what is read
 */
void bus_mmio(struct vmm *vm)
{
	struct kvm_exit *exit = &vm->exit;

	if (bus_access(BUS_MEMORY, vm, exit->mmio.gpa, exit->data, exit->mmio.size,
		       exit->mmio.write))
		return;
	/* reads give what an empty bus gives */
	if (!exit->mmio.write)
		memset(exit->data, 0xff, exit->mmio.size);
}

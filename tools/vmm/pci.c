// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI bus 0 behind configuration mechanism 1 (PCI Local Bus 2.3, 3.2.2.3). The
 * chipset on it is in chipset.c; a device's windows are regions of bus.c that come, move and go
 * as the guest writes base address and command registers.
 *
 * Interrupts are pins: the four PIRQ wires, which chipset.c leads to the i8259s. Only
 * those may be used by threads beside the vCPU's; everything else is the vCPU thread's.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "chipset.h"
#include "pci.h"
#include "state.h"
#include "vmm.h"

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc
#define CONFIG_ENABLE	0x80000000

#define STATUS_CAP_LIST	0x10
#define STATUS_INTX	0x08
#define FIRST_CAP	0x40

#define BAR_IO		0x01

/* Where pci_assign() begins to give out: above RAM, and above the old chips' ports */
#define MEMORY_BASE	0xe0000000u
#define PORT_BASE	0xc000u

static struct pci_device *devices[256];	/* by devfn */
static u32 address;			/* CONFIG_ADDRESS */
static bool present;
static pthread_mutex_t intx_lock = PTHREAD_MUTEX_INITIALIZER;

/* Little-endian fields of the configuration space */
u16 pci_get16(const struct pci_device *dev, u32 offset)
{
	u16 v;

	memcpy(&v, dev->config + offset, sizeof(v));
	return v;
}

u32 pci_get32(const struct pci_device *dev, u32 offset)
{
	u32 v;

	memcpy(&v, dev->config + offset, sizeof(v));
	return v;
}

void pci_put16(struct pci_device *dev, u32 offset, u16 value)
{
	memcpy(dev->config + offset, &value, sizeof(value));
}

void pci_put32(struct pci_device *dev, u32 offset, u32 value)
{
	memcpy(dev->config + offset, &value, sizeof(value));
}

/**
 * pci_device_init() - a device that has an identity and nothing else
 * @dev: the device, cleared by this
 * @id: what it is
 */
void pci_device_init(struct pci_device *dev, const struct pci_id *id)
{
	static const u16 command = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
				   PCI_COMMAND_NO_INTX;

	memset(dev, 0, sizeof(*dev));
	pci_put16(dev, PCI_VENDOR, id->vendor);
	pci_put16(dev, PCI_DEVICE, id->device);
	pci_put32(dev, PCI_REVISION, id->class << 8 | id->revision);
	pci_put16(dev, PCI_SUB_VENDOR, id->sub_vendor);
	pci_put16(dev, PCI_SUB_DEVICE, id->sub_device);
	memcpy(dev->writable + PCI_COMMAND, &command, sizeof(command));
	dev->writable[PCI_IRQ_LINE] = 0xff;
	dev->cap_end = FIRST_CAP;
}

/**
 * pci_bar_add() - give a device a window
 * @dev: the device
 * @n: which base address register: 0 to 5
 * @bus: BUS_MEMORY (32 bits, not prefetchable) or BUS_PORT
 * @size: a power of two: at least 16 bytes of memory, 4 to 256 ports
 * @access: as in struct bus_region
 * @owner: for @access, as its @dev
 */
void pci_bar_add(struct pci_device *dev, unsigned int n, enum bus bus, u32 size,
		 void (*access)(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
				u32 size, bool write), void *owner)
{
	u32 mask = ~(size - 1);

	dev->bar[n].region = (struct bus_region){
		.size = size, .access = access, .dev = owner,
	};
	dev->bar[n].bus = bus;
	memcpy(dev->writable + PCI_BAR0 + 4 * n, &mask, sizeof(mask));
	pci_put32(dev, PCI_BAR0 + 4 * n, bus == BUS_PORT ? BAR_IO : 0);
}

/**
 * pci_capability_add() - append to a device's list of capabilities
 * @dev: the device
 * @id: of the capability
 * @body: what follows the two bytes of ID and link
 * @size: of @body
 * Return: the offset of the capability in the configuration space, or -1 if there is
 * no room
 */
int pci_capability_add(struct pci_device *dev, u8 id, const void *body, u32 size)
{
	u32 at = dev->cap_end, end = (at + 2 + size + 3) & ~3u;
	u8 *link = &dev->config[PCI_CAP_LIST];

	if (end > sizeof(dev->config) - 4)
		return -1;
	while (*link)
		link = &dev->config[*link + 1];
	*link = at;
	dev->config[at] = id;
	memcpy(dev->config + at + 2, body, size);
	dev->config[PCI_STATUS] |= STATUS_CAP_LIST;
	dev->cap_end = end;
	return at;
}

/* Where the guest wants a window now; 0: nowhere */
static u64 bar_address(const struct pci_device *dev, unsigned int n)
{
	const struct pci_bar *bar = &dev->bar[n];
	u64 addr = pci_get32(dev, PCI_BAR0 + 4 * n) & ~(bar->region.size - 1);
	u16 enable = bar->bus == BUS_PORT ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

	if (!bar->region.size || !(pci_get16(dev, PCI_COMMAND) & enable))
		return 0;
	if (bar->bus == BUS_PORT && addr > 0xffff)
		return 0;
	return addr;
}

static void unmap_moved(struct pci_device *dev)
{
	unsigned int n;

	for (n = 0; n < PCI_BARS; n++) {
		struct pci_bar *bar = &dev->bar[n];

		if (bar->mapped && bar_address(dev, n) != bar->region.addr) {
			bus_remove(bar->bus, &bar->region);
			bar->mapped = false;
		}
	}
}

static void map_wanted(struct pci_device *dev)
{
	unsigned int n;

	for (n = 0; n < PCI_BARS; n++) {
		struct pci_bar *bar = &dev->bar[n];
		u64 addr = bar_address(dev, n);

		if (bar->mapped || !addr)
			continue;
		bar->region.addr = addr;
		bar->mapped = !bus_add(bar->bus, &bar->region);
	}
}

/* A window that is in another's way is tried again as that one leaves */
static void move_windows(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i])
			unmap_moved(devices[i]);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i])
			map_wanted(devices[i]);
}

static void drive_line(struct vmm *vm, struct pci_device *dev)
{
	bool masked = pci_get16(dev, PCI_COMMAND) & PCI_COMMAND_NO_INTX;

	if (dev->asserted)
		dev->config[PCI_STATUS] |= STATUS_INTX;
	else
		dev->config[PCI_STATUS] &= ~STATUS_INTX;
	line_set(vm, &dev->line, dev->asserted && !masked);
}

/**
 * pci_interrupt() - drive a device's interrupt pin, or stop; from any thread
 * @vm: the machine
 * @dev: plugged with interrupts
 * @level: whether it is driven
 */
void pci_interrupt(struct vmm *vm, struct pci_device *dev, bool level)
{
	pthread_mutex_lock(&intx_lock);
	dev->asserted = level;
	drive_line(vm, dev);
	pthread_mutex_unlock(&intx_lock);
}

/**
 * pci_route() - lead one of the four wires to another input of the i8259s
 * @vm: the machine
 * @pirq: 0 to 3
 * @irq: below 16
 */
void pci_route(struct vmm *vm, unsigned int pirq, unsigned int irq)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i] && devices[i]->has_line && pci_wire(devices[i]) == pirq)
			line_move(vm, &devices[i]->line, irq);
}

static void config_write(struct vmm *vm, struct pci_device *dev, u32 offset, const u8 *data,
			 u32 size)
{
	u32 i;

	pthread_mutex_lock(&intx_lock);
	for (i = 0; i < size; i++) {
		u8 mask = dev->writable[offset + i];

		dev->config[offset + i] = (dev->config[offset + i] & ~mask) | (data[i] & mask);
	}
	if (dev->has_line)
		drive_line(vm, dev);
	pthread_mutex_unlock(&intx_lock);
	if (offset < PCI_BAR0 + 4 * PCI_BARS)
		move_windows();
	if (dev->written)
		dev->written(dev, vm, offset, size);
}

/* Only whole dwords reach the address register; other sizes are for other chips */
static void address_access(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
			   u32 size, bool write)
{
	(void)r;
	(void)vm;
	if (size != 4 || offset) {
		if (!write)
			memset(data, 0xff, size);
	} else if (write) {
		memcpy(&address, data, 4);
	} else {
		memcpy(data, &address, 4);
	}
}

static void data_access(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
			u32 size, bool write)
{
	struct pci_device *dev = NULL;
	u32 at = (address & 0xfc) + offset;

	(void)r;
	if (address & CONFIG_ENABLE && !(address & 0x00ff0000))
		dev = devices[address >> 8 & 0xff];
	if (!dev) {
		if (!write)
			memset(data, 0xff, size);
	} else if (write) {
		config_write(vm, dev, at, data, size);
	} else {
		if (dev->before_read)
			dev->before_read(dev, vm, at, size);
		memcpy(data, dev->config + at, size);
	}
}

/**
 * pci_wire() - which of the PIRQ wires a device's pin is on
 * @dev: plugged with interrupts
 * Return: 0 to 3; the wires turn by one from slot to slot, and slot 1 has INTA on PIRQA
 */
unsigned int pci_wire(const struct pci_device *dev)
{
	return ((dev->devfn >> 3) + 3 + dev->config[PCI_IRQ_PIN] - 1) & 3;
}

/**
 * pci_plug() - put a device on the bus; before the guest runs
 * @vm: the machine
 * @dev: the device; the caller's memory, for as long as the machine lives
 * @devfn: where, or PCI_ANY_SLOT for the next free one
 * @interrupts: it has pin INTA, driven by pci_interrupt()
 * Return: 0, or -1 with a line on stderr if there is no room
 *
 * The first device brings the bus and its chipset along.
 */
int pci_plug(struct vmm *vm, struct pci_device *dev, int devfn, bool interrupts)
{
	pci_init(vm);
	if (devfn == PCI_ANY_SLOT)
		for (devfn = PCI_DEVFN(2, 0); devfn < 256 && devices[devfn]; devfn += 8)
			;
	if (devfn > 255 || devices[devfn]) {
		fputs("kvmfs: there are more devices than the PCI bus has slots\n", stderr);
		return -1;
	}
	devices[devfn] = dev;
	dev->devfn = devfn;
	if (interrupts) {
		dev->has_line = true;
		dev->config[PCI_IRQ_PIN] = 1;
		line_init(&dev->line, chipset_irq(pci_wire(dev)));
	}
	return 0;
}

/**
 * pci_present() - is there a PCI bus?
 * Return: that
 */
bool pci_present(void)
{
	return present;
}

/**
 * pci_find() - what is in a slot
 * @devfn: 0 to 255
 * Return: the device, or NULL
 */
const struct pci_device *pci_find(unsigned int devfn)
{
	return devices[devfn];
}

static void assign_device(struct pci_device *dev, u32 *memory, u32 *ports)
{
	u16 command = 0;
	unsigned int n;

	for (n = 0; n < PCI_BARS; n++) {
		u32 size = dev->bar[n].region.size;
		u32 *next = dev->bar[n].bus == BUS_PORT ? ports : memory;
		u32 low = dev->config[PCI_BAR0 + 4 * n] & 0xf;

		if (!size)
			continue;
		*next = (*next + size - 1) & ~(size - 1);
		pci_put32(dev, PCI_BAR0 + 4 * n, *next | low);
		*next += size;
		command |= next == ports ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
	}
	pci_put16(dev, PCI_COMMAND, pci_get16(dev, PCI_COMMAND) | command);
	if (dev->has_line)
		dev->config[PCI_IRQ_LINE] = dev->line.irq;
}

/**
 * pci_assign() - what firmware does: give out addresses and interrupt lines
 * @vm: the machine, whose guest is entered without firmware
 */
void pci_assign(struct vmm *vm)
{
	u32 memory = MEMORY_BASE, ports = PORT_BASE;
	unsigned int i;

	if (!present)
		return;
	chipset_route(vm);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i])
			assign_device(devices[i], &memory, &ports);
	move_windows();
}

/* Only what the guest may change is taken over; the rest must be the same device's */
static void device_state(struct state *s, struct pci_device *dev)
{
	u32 id = pci_get32(dev, PCI_VENDOR), was = id, i;
	u8 config[sizeof(dev->config)];

	snprintf(s->prefix, sizeof(s->prefix), "pci.%02x", dev->devfn);
	memcpy(config, dev->config, sizeof(config));
	STATE(s, id);
	state_bytes(s, "config", config, sizeof(config));
	STATE(s, dev->asserted);
	if (!s->loading || s->failed)
		return;
	s->failed = id != was;
	for (i = 0; i < sizeof(config); i++)
		dev->config[i] = (dev->config[i] & ~dev->writable[i]) |
				 (config[i] & dev->writable[i]);
}

static void bus_state(struct state *s, struct vmm *vm, void *unused)
{
	u32 plugged = 0, i;

	(void)unused;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		plugged += !!devices[i];
	i = plugged;
	STATE(s, address);
	STATE(s, plugged);
	s->failed |= plugged != i;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i])
			device_state(s, devices[i]);
	if (!s->loading || s->failed)
		return;
	chipset_reroute(vm);
	move_windows();
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i] && devices[i]->has_line)
			drive_line(vm, devices[i]);
}

/**
 * pci_init() - a bus with its chipset; nothing happens if it is there
 * @vm: the machine
 * Return: 0, or -1 if its ports are taken
 */
int pci_init(struct vmm *vm)
{
	static struct bus_region regions[] = {
		{ .addr = CONFIG_ADDRESS, .size = 4, .access = address_access,
		  .name = "PCI configuration, address" },
		{ .addr = CONFIG_DATA, .size = 4, .access = data_access,
		  .name = "PCI configuration, data" },
	};

	static struct device_state bus = { .name = "pci", .fields = bus_state };

	if (present)
		return 0;
	present = true;
	state_add(&bus);
	if (bus_add(BUS_PORT, &regions[0]) || bus_add(BUS_PORT, &regions[1]))
		return -1;
	return chipset_init(vm);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI: what a device on the bus fills in, and what it calls. */
#ifndef TOOLS_VMM_PCI_H
#define TOOLS_VMM_PCI_H

#include "bus.h"

#define PCI_BARS	6
#define PCI_ANY_SLOT	(-1)
#define PCI_DEVFN(slot, function)	((slot) << 3 | (function))

/* The places of a configuration header that more than pci.c looks at */
#define PCI_VENDOR	0x00
#define PCI_DEVICE	0x02
#define PCI_COMMAND	0x04
#define PCI_STATUS	0x06
#define PCI_REVISION	0x08
#define PCI_CLASS	0x09	/* interface, subclass, class: 3 bytes */
#define PCI_HEADER_TYPE	0x0e
#define PCI_BAR0	0x10
#define PCI_SUB_VENDOR	0x2c
#define PCI_SUB_DEVICE	0x2e
#define PCI_CAP_LIST	0x34
#define PCI_IRQ_LINE	0x3c
#define PCI_IRQ_PIN	0x3d

#define PCI_COMMAND_IO		0x0001
#define PCI_COMMAND_MEMORY	0x0002
#define PCI_COMMAND_MASTER	0x0004
#define PCI_COMMAND_NO_INTX	0x0400

/**
 * struct pci_bar - a window that a base address register places
 * @region:	on the bus while the guest has it enabled; a @size of 0: there is none
 * @bus:	on which
 * @mapped:	pci.c's: @region is on the bus
 */
struct pci_bar {
	struct bus_region region;
	enum bus bus;
	bool mapped;
};

/**
 * struct pci_device - a function on bus 0
 * @config:	its configuration space, little-endian
 * @writable:	the bits of @config that the guest may change
 * @bar:	see pci_bar_add()
 * @line:	its interrupt line, if it has one
 * @has_line:	pci_interrupt() works
 * @asserted:	pci.c's: what the device last said
 * @devfn:	where it is: slot * 8 + function
 * @cap_end:	pci.c's: where the next capability goes
 * @before_read: NULL, or called before the guest reads @size bytes at @offset, to
 *		bring @config up to date; in the vCPU thread
 * @written:	NULL, or called after the guest has written; in the vCPU thread
 * @owner:	for the device's own use
 */
struct pci_device {
	u8 config[256];
	u8 writable[256];
	struct pci_bar bar[PCI_BARS];
	struct line line;
	bool has_line, asserted;
	u8 devfn;
	u8 cap_end;
	void (*before_read)(struct pci_device *dev, struct vmm *vm, u32 offset, u32 size);
	void (*written)(struct pci_device *dev, struct vmm *vm, u32 offset, u32 size);
	void *owner;
};

/**
 * struct pci_id - what a device is
 * @vendor:	who made it
 * @device:	which of theirs
 * @class:	class << 16 | subclass << 8 | programming interface
 * @sub_vendor:	who made the card
 * @sub_device:	which of theirs
 * @revision:	of the device
 */
struct pci_id {
	u16 vendor, device;
	u32 class;
	u16 sub_vendor, sub_device;
	u8 revision;
};

void pci_device_init(struct pci_device *dev, const struct pci_id *id);
void pci_bar_add(struct pci_device *dev, unsigned int n, enum bus bus, u32 size,
		 void (*access)(struct bus_region *r, struct vmm *vm, u64 offset, u8 *data,
				u32 size, bool write), void *owner);
int pci_capability_add(struct pci_device *dev, u8 id, const void *body, u32 size);
int pci_plug(struct vmm *vm, struct pci_device *dev, int devfn, bool interrupts);
void pci_interrupt(struct vmm *vm, struct pci_device *dev, bool level);

int pci_init(struct vmm *vm);
bool pci_present(void);
const struct pci_device *pci_find(unsigned int devfn);
void pci_assign(struct vmm *vm);

u16 pci_get16(const struct pci_device *dev, u32 offset);
u32 pci_get32(const struct pci_device *dev, u32 offset);
void pci_put16(struct pci_device *dev, u32 offset, u16 value);
void pci_put32(struct pci_device *dev, u32 offset, u32 value);

#endif

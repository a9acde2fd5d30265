// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chipset of a PC of 1996: the host bridge 82441FX at 0.0 and the ISA bridge
 * 82371SB (PIIX3) at 1.0, whose PIRQRC registers lead the four PCI interrupt
 * wires to the i8259s (its datasheet, 2.2.6).
 */
#include <string.h>

#include "chipset.h"
#include "pc.h"
#include "vmm.h"

#define PAM		0x59	/* of the host bridge: seven bytes */
#define PIRQRC		0x60	/* of PIIX3: four bytes */
#define PIRQ_OFF	0x80
#define PIRQ_IRQ	0x0f

#define MULTIFUNCTION	0x80

/* The card's maker, by which SeaBIOS knows that fw_cfg may be there */
#define SUB_VENDOR	0x1af4
#define SUB_DEVICE	0x1100

static struct pci_device host, isa;

/* Where firmware leads the wires */
static const u8 usual_irq[4] = { 10, 10, 11, 11 };

/**
 * chipset_irq() - where a wire is led
 * @pirq: 0 to 3
 * Return: the input of the i8259s; or LINE_NONE
 */
unsigned int chipset_irq(unsigned int pirq)
{
	u8 value = isa.config[PIRQRC + pirq];

	/* 0 to 2, 8 and 13 are reserved: never PCI's */
	if (value & PIRQ_OFF || !(0xdef8 & 1u << (value & PIRQ_IRQ)))
		return LINE_NONE;
	return value & PIRQ_IRQ;
}

/* Firmware alone needs shadow RAM: other guests have RAM there from the start */
static void host_written(struct pci_device *dev, struct vmm *vm, u32 offset, u32 size)
{
	if (vm->config->pc->bios && offset + size > PAM && offset < PAM + 7)
		pam_update(vm, dev->config + PAM);
}

static void isa_written(struct pci_device *dev, struct vmm *vm, u32 offset, u32 size)
{
	unsigned int pirq;

	(void)dev;
	for (pirq = 0; pirq < 4; pirq++)
		if (PIRQRC + pirq >= offset && PIRQRC + pirq < offset + size)
			pci_route(vm, pirq, chipset_irq(pirq));
}

/**
 * chipset_reroute() - wires and shadow RAM as the registers say, which were loaded
 * @vm: the machine
 */
void chipset_reroute(struct vmm *vm)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		pci_route(vm, i, chipset_irq(i));
	if (vm->config->pc->bios)
		pam_update(vm, host.config + PAM);
}

/**
 * chipset_route() - lead the wires as firmware does, to level-triggered inputs
 * @vm: the machine
 */
void chipset_route(struct vmm *vm)
{
	unsigned int i;
	u16 elcr = 0;

	for (i = 0; i < 4; i++) {
		isa.config[PIRQRC + i] = usual_irq[i];
		elcr |= 1 << usual_irq[i];
		pci_route(vm, i, usual_irq[i]);
	}
	elcr_out(vm, 0x4d0, elcr);
	elcr_out(vm, 0x4d1, elcr >> 8);
}

/**
 * chipset_init() - plug the two bridges
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int chipset_init(struct vmm *vm)
{
	static const struct pci_id host_id = {
		0x8086, 0x1237, 0x060000, SUB_VENDOR, SUB_DEVICE, 2
	};
	static const struct pci_id isa_id = {
		0x8086, 0x7000, 0x060100, SUB_VENDOR, SUB_DEVICE, 0
	};
	unsigned int i;

	pci_device_init(&host, &host_id);
	pci_device_init(&isa, &isa_id);
	host.writable[PAM] = 0x30;
	memset(host.writable + PAM + 1, 0x33, 6);
	host.written = host_written;
	isa.config[PCI_HEADER_TYPE] = MULTIFUNCTION;
	for (i = 0; i < 4; i++) {
		isa.config[PIRQRC + i] = PIRQ_OFF;
		isa.writable[PIRQRC + i] = PIRQ_OFF | PIRQ_IRQ;
	}
	isa.written = isa_written;
	if (pci_plug(vm, &host, PCI_DEVFN(0, 0), false))
		return -1;
	return pci_plug(vm, &isa, PCI_DEVFN(1, 0), false);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What pci.c and the chipset know of each other. */
#ifndef TOOLS_VMM_CHIPSET_H
#define TOOLS_VMM_CHIPSET_H

#include "pci.h"

/* chipset.c */
int chipset_init(struct vmm *vm);
unsigned int chipset_irq(unsigned int pirq);
void chipset_route(struct vmm *vm);
void chipset_reroute(struct vmm *vm);

/* pam.c */
int pam_init(struct vmm *vm);
void pam_update(struct vmm *vm, const u8 pam[7]);

/* pci.c */
unsigned int pci_wire(const struct pci_device *dev);
void pci_route(struct vmm *vm, unsigned int pirq, unsigned int irq);

#endif

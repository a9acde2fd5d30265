// SPDX-License-Identifier: GPL-2.0-only
/* `kvmfs run --dry-run': the machine that would run, as its guest would find it. */
#include <stdio.h>

#include "boot.h"
#include "bus.h"
#include "device.h"
#include "pc.h"
#include "pci.h"
#include "vmm.h"

#define VIRTIO_VENDOR	0x1af4
#define VIRTIO_MODERN	0x1040	/* and the type of device */

struct name {
	u32 id;
	const char *name;
};

/* Virtio 1.2, 5 */
static const struct name virtio_types[] = {
	{ 1, "virtio network" }, { 2, "virtio block" }, { 3, "virtio console" },
	{ 4, "virtio entropy" }, { 5, "virtio balloon" }, { 9, "virtio 9P" },
	{ 19, "virtio socket" }, { 26, "virtio file system" },
};

/* PCI Code and ID Assignment: class and subclass */
static const struct name pci_classes[] = {
	{ 0x0100, "SCSI storage" }, { 0x0101, "IDE" }, { 0x0180, "storage" },
	{ 0x0200, "Ethernet" }, { 0x0300, "VGA" }, { 0x0600, "host bridge" },
	{ 0x0601, "ISA bridge" }, { 0x0780, "communication" },
};

static const char *find_name(const struct name *names, size_t n, u32 id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (names[i].id == id)
			return names[i].name;
	return NULL;
}

static const char *pci_name(const struct pci_device *dev)
{
	u16 id = pci_get16(dev, PCI_DEVICE);
	const char *name = NULL;

	if (pci_get16(dev, PCI_VENDOR) == VIRTIO_VENDOR && id >= VIRTIO_MODERN)
		name = find_name(virtio_types, ARRAY_SIZE(virtio_types), id - VIRTIO_MODERN);
	if (!name)
		name = find_name(pci_classes, ARRAY_SIZE(pci_classes),
				 dev->config[PCI_CLASS + 2] << 8 | dev->config[PCI_CLASS + 1]);
	return name ? name : "device";
}

static void describe_range(const char *what, u64 addr, u64 size)
{
	const char *unit = "bytes";

	printf("  0x%011llx-0x%011llx  %s, ", (unsigned long long)addr,
	       (unsigned long long)(addr + size - 1), what);
	if (size >= 1 << 20) {
		size >>= 20;
		unit = "MiB";
	} else if (size >= 1024) {
		size >>= 10;
		unit = "KiB";
	}
	printf("%llu %s\n", (unsigned long long)size, unit);
}

static void describe_memory(const struct vmm *vm)
{
	const struct bus_region *r;

	puts("memory");
	describe_range("RAM", 0, vm->ram_low_size);
	for (r = bus_first(BUS_MEMORY); r; r = r->next)
		describe_range(r->name ? r->name : "PCI", r->addr, r->size);
	if (vm->ram_high_size)
		describe_range("RAM", 1ull << 32, vm->ram_high_size);
}

static void describe_port(const char *name, u32 first, u32 last)
{
	printf("  0x%04x-0x%04x  %s\n", first, last, name);
}

static void describe_ports(void)
{
	const struct bus_region *r;

	puts("ports");
	port_each(describe_port);
	for (r = bus_first(BUS_PORT); r; r = r->next)
		describe_port(r->name ? r->name : "PCI", r->addr, r->addr + r->size - 1);
}

static void describe_pci(void)
{
	const struct pci_device *dev;
	unsigned int devfn, n;

	if (!pci_present())
		return;
	puts("PCI");
	for (devfn = 0; devfn < 256; devfn++) {
		dev = pci_find(devfn);
		if (!dev)
			continue;
		printf("  00:%02x.%x  %04x:%04x  %s", devfn >> 3, devfn & 7,
		       pci_get16(dev, PCI_VENDOR), pci_get16(dev, PCI_DEVICE), pci_name(dev));
		if (dev->has_line)
			printf(", IRQ %u", dev->line.irq);
		for (n = 0; n < PCI_BARS; n++)
			if (dev->bar[n].mapped)
				printf(", %s %#llx", dev->bar[n].bus == BUS_PORT ? "ports" : "memory",
				       (unsigned long long)dev->bar[n].region.addr);
		putchar('\n');
	}
}

static void describe_files(const struct vmm_config *config)
{
	const struct device_option *option;
	unsigned int i;

	puts("files");
	if (config->pc->bios)
		printf("  bios    %s\n", config->pc->bios);
	for (i = 0; i < ARRAY_SIZE(config->pc->drives); i++)
		if (config->pc->drives[i])
			printf("  IDE %u   %s\n", i, config->pc->drives[i]);
	if (config->kernel)
		printf("  kernel  %s\n", config->kernel);
	if (config->flat)
		printf("  flat    %s at %#x\n", config->flat, config->flat_addr);
	for (i = 0; i < config->nr_files; i++)
		printf("  loaded  %s at %#llx, %llu bytes\n", config->files[i].path,
		       (unsigned long long)config->files[i].addr,
		       (unsigned long long)config->files[i].size);
	/* Of an option's words the devices have cut off all but the first */
	for (option = config->devices; option; option = option->next)
		if (option->value)
			printf("  device  %s\n", option->value);
}

static void describe_entry(const struct vmm *vm)
{
	u64 regs[KVM_REG_SLOTS];

	if (vm->linux_params)
		printf("command line\n  %s\n", vm->linux_params);
	else if (vm->config->params)
		printf("command line\n  %s\n", vm->config->params);
	if (vm->be->ops->get_regs(vm->be, regs))
		return;
	printf("entry\n  %s mode, cs %#llx base %#llx, rip %#llx\n",
	       regs[REG(CR0)] & 1 ? "protected" : "real",
	       (unsigned long long)regs[REG(CS_SELECTOR)],
	       (unsigned long long)regs[REG(CS_BASE)], (unsigned long long)regs[REG(RIP)]);
}

/**
 * vmm_describe() - print the machine
 * @vm: put together, and not run yet
 */
void vmm_describe(const struct vmm *vm)
{
	describe_memory(vm);
	describe_ports();
	describe_pci();
	describe_files(vm->config);
	describe_entry(vm);
}

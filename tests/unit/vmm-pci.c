// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools/vmm/pci.c with bus.c, line.c and pic.c under it: a guest's accesses to the
 * configuration ports, by PCI Local Bus 2.3 and the datasheets of 82441FX and 82371SB,
 * and what happens on the buses and interrupt lines.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/vmm/bus.c"
#include "../../tools/vmm/chipset.c"
#define lock pci_lock
#include "../../tools/vmm/pci.c"
#undef lock
#include "../../tools/vmm/line.c"
#include "../../tools/vmm/pic.c"
#include "../../tools/vmm/pc.h"
#include "vmm-tap.h"

static struct pc_config pc = { .bios = "some" };
static struct vmm_config config = { .pc = &pc };
static struct vmm vm = { .config = &config };
static u8 pam[7];

bool event_is_runner(void)
{
	return true;
}

void event_kick(void)
{
}

void state_number(struct state *s, const char *name, void *value, size_t size)
{
}

void state_flag(struct state *s, const char *name, void *flag, size_t size)
{
	u8 value = *(bool *)flag;

	state_number(s, name, &value, sizeof(value));
	s->failed |= value > 1;
	*(bool *)flag = value == 1;
}

void state_bytes(struct state *s, const char *name, void *bytes, size_t size)
{
}

void state_add(struct device_state *device)
{
}

void pam_update(struct vmm *machine, const u8 new[7])
{
	memcpy(pam, new, sizeof(pam));
}

static u32 in(u32 port, u32 size)
{
	u8 data[4] = { 0 };

	if (!bus_access(BUS_PORT, &vm, port, data, size, false))
		return 0xdeadbeef;
	return data[0] | data[1] << 8 | data[2] << 16 | (u32)data[3] << 24;
}

static void out(u32 port, u32 value, u32 size)
{
	u8 data[4] = { value, value >> 8, value >> 16, value >> 24 };

	bus_access(BUS_PORT, &vm, port, data, size, true);
}

static u32 cfg(u32 devfn, u32 at, u32 size)
{
	out(0xcf8, 0x80000000 | devfn << 8 | (at & 0xfc), 4);
	return in(0xcfc + (at & 3), size);
}

static void set(u32 devfn, u32 at, u32 value, u32 size)
{
	out(0xcf8, 0x80000000 | devfn << 8 | (at & 0xfc), 4);
	out(0xcfc + (at & 3), value, size);
}

static void answer(struct bus_region *r, struct vmm *machine, u64 offset, u8 *data, u32 size,
		   bool write)
{
	u32 i;

	for (i = 0; i < size && !write; i++)
		data[i] = *(u8 *)r->dev + offset + i;
}

/* What is read on a bus; -1: nobody is there */
static int at(enum bus bus, u64 addr)
{
	u8 byte;

	return bus_access(bus, &vm, addr, &byte, 1, false) ? byte : -1;
}

static struct pci_device one, two;
static u8 first = 0x10, second = 0x40;

static void plug(void)
{
	static const struct pci_id id = { 0x1234, 0x5678, 0x020304, 0x9abc, 0xdef0, 7 };

	pci_device_init(&one, &id);
	pci_device_init(&two, &id);
	pci_bar_add(&one, 0, BUS_PORT, 32, answer, &first);
	pci_bar_add(&one, 1, BUS_MEMORY, 4096, answer, &first);
	pci_bar_add(&two, 0, BUS_MEMORY, 8192, answer, &second);
	ok(!pci_plug(&vm, &one, PCI_ANY_SLOT, true) && !pci_plug(&vm, &two, PCI_ANY_SLOT, true),
	   "two devices find slots");
	ok(one.devfn == 0x10 && two.devfn == 0x18, "... behind the chipset");
}

static void identity(void)
{
	ok(in(0xcf8, 1) == 0xff, "the address register is for dwords alone");
	ok(cfg(0, 0, 4) == 0x12378086 && cfg(8, 0, 4) == 0x70008086, "the chipset is there");
	ok(cfg(0x28, 0, 4) == 0xffffffff, "an empty slot reads as ones");
	ok(cfg(0x10, 0, 4) == 0x56781234 && cfg(0x10, 8, 4) == 0x02030407 &&
	   cfg(0x10, 0x2c, 4) == 0xdef09abc, "vendor, class, revision and subsystem");
	ok(cfg(0x10, 0x0a, 2) == 0x0203 && cfg(0x10, 3, 1) == 0x56, "smaller accesses");
	set(0x10, 0, 0, 4);
	ok(cfg(0x10, 0, 4) == 0x56781234, "what is read-only stays");
	set(0x10, 0x3c, 0x12345678, 4);
	ok(cfg(0x10, 0x3c, 4) == 0x00000178, "the interrupt line can be written, the pin not");
}

static void windows(void)
{
	set(0x10, 0x10, 0xffffffff, 4);
	set(0x10, 0x14, 0xffffffff, 4);
	set(0x10, 0x18, 0xffffffff, 4);
	ok(cfg(0x10, 0x10, 4) == 0xffffffe1 && cfg(0x10, 0x14, 4) == 0xfffff000 &&
	   cfg(0x10, 0x18, 4) == 0, "sizes by writing ones: 32 ports, 4 KiB, nothing");
	set(0x10, 0x10, 0xc000, 4);
	set(0x10, 0x14, 0xe0000000, 4);
	ok(at(BUS_PORT, 0xc000) < 0 && at(BUS_MEMORY, 0xe0000000) < 0, "nothing is enabled");
	set(0x10, 4, 1, 2);
	ok(at(BUS_PORT, 0xc01f) == 0x2f && at(BUS_MEMORY, 0xe0000000) < 0, "ports enabled");
	set(0x10, 4, 3, 2);
	ok(at(BUS_MEMORY, 0xe0000001) == 0x11 && at(BUS_PORT, 0xc020) < 0, "memory, too");
	set(0x10, 0x14, 0xe0100000, 4);
	ok(at(BUS_MEMORY, 0xe0000000) < 0 && at(BUS_MEMORY, 0xe0100000) == 0x10, "it moves");
	set(0x18, 0x10, 0xe0100000, 4);
	set(0x18, 4, 2, 2);
	ok(at(BUS_MEMORY, 0xe0100000) == 0x10, "a window in another's way waits");
	set(0x10, 0x14, 0xe0200000, 4);
	ok(at(BUS_MEMORY, 0xe0100000) == 0x40, "... and appears as that leaves");
	set(0x10, 4, 0, 2);
	ok(at(BUS_PORT, 0xc000) < 0 && at(BUS_MEMORY, 0xe0200000) < 0, "disabled again");
}

static void capabilities(void)
{
	static const u8 body[5] = { 1, 2, 3, 4, 5 };
	u32 link;

	ok(!(cfg(0x18, 6, 2) & 0x10) && !cfg(0x18, 0x34, 1), "there is no list of capabilities");
	ok(pci_capability_add(&two, 0x09, body, 5) > 0 &&
	   pci_capability_add(&two, 0x11, body, 2) > 0, "two of them");
	link = cfg(0x18, 0x34, 1);
	ok(cfg(0x18, 6, 2) & 0x10 && cfg(0x18, link, 1) == 0x09 && cfg(0x18, link + 6, 1) == 5,
	   "the first is found");
	link = cfg(0x18, link + 1, 1);
	ok(!(link & 3) && cfg(0x18, link, 4) == 0x02010011, "... and the second, the last");
	while (pci_capability_add(&two, 0x09, body, 5) > 0)
		;
	ok(cfg(0x18, 0xff, 1) == 0, "no more than there is room for");
}

/* The inputs of the i8259s that are driven */
static u32 driven_lines(void)
{
	return vm.pic.chip[0].lines | vm.pic.chip[1].lines << 8;
}

static void interrupts(void)
{
	pci_interrupt(&vm, &one, true);
	ok(driven_lines() == 0 && cfg(0x10, 6, 2) & 8, "a wire that leads nowhere");
	set(8, 0x61, 10, 1);	/* slot 2, pin A: PIRQB */
	ok(driven_lines() == 1 << 10, "it is led to IRQ 10");
	set(8, 0x61, 11, 1);
	ok(driven_lines() == 1 << 11, "... to IRQ 11, while it is driven");
	set(8, 0x62, 11, 1);	/* slot 3: PIRQC */
	pci_interrupt(&vm, &two, true);
	pci_interrupt(&vm, &one, false);
	ok(driven_lines() == 1 << 11, "a shared line is driven until both let go");
	set(0x18, 4, 0x400, 2);
	ok(driven_lines() == 0 && cfg(0x18, 6, 2) & 8, "interrupts disabled in the command register");
	set(0x18, 4, 0, 2);
	ok(driven_lines() == 1 << 11, "... and enabled");
	set(8, 0x62, 0x80, 1);
	ok(driven_lines() == 0, "a wire that is cut");
	set(8, 0x62, 8, 1);
	ok(driven_lines() == 0, "IRQ 8 is not for PCI");
	pci_interrupt(&vm, &two, false);
}

static void shadow(void)
{
	set(0, 0x58, 0xffffffff, 4);
	set(0, 0x5c, 0x12345678, 4);
	ok(pam[0] == 0x30 && pam[1] == 0x33 && pam[2] == 0x33 && pam[3] == 0x30 &&
	   pam[4] == 0x12 && pam[5] == 0x30 && pam[6] == 0x12, "PAM registers have their bits");
}

static void assigned(void)
{
	pci_assign(&vm);
	ok(cfg(0x10, 0x14, 4) == 0xe0000000 && cfg(0x18, 0x10, 4) == 0xe0002000 &&
	   cfg(0x10, 0x10, 4) == 0xc001, "addresses are given out, aligned to the sizes");
	ok(at(BUS_MEMORY, 0xe0002000) == 0x40 && at(BUS_PORT, 0xc000) == 0x10, "... and enabled");
	ok(cfg(0x10, 0x3c, 1) == 10 && cfg(0x18, 0x3c, 1) == 11 &&
	   elcr_in(&vm, 0x4d1) == 0x0c, "IRQ 10 and 11, level triggered");
}

int main(void)
{
	pic_init(&vm.pic);
	plug();
	identity();
	windows();
	capabilities();
	interrupts();
	shadow();
	assigned();
	return done_testing();
}

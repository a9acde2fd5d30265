// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port map. An exit finds one of the PC's own chips by one look into a table of
 * bytes, one per port; wide accesses are split as the ISA bus splits them. Where none
 * of them is, bus.c knows who answers, if anybody.
 */
#include <string.h>

#include "bus.h"
#include "vmm.h"

struct port_range {
	const char *name;
	u16 first, last;
	u8 (*in)(struct vmm *vm, u16 port);
	void (*out)(struct vmm *vm, u16 port, u8 value);
};

static u8 none_in(struct vmm *vm, u16 port)
{
	(void)vm;
	(void)port;
	return 0xff;
}

static void none_out(struct vmm *vm, u16 port, u8 value)
{
	(void)vm;
	(void)port;
	(void)value;
}

static void exit_out(struct vmm *vm, u16 port, u8 value)
{
	(void)port;
	vmm_end(vm, value);
}

static const struct port_range ranges[] = {
	{ "nothing", 0x0000, 0xffff, none_in, none_out },	/* must be the first */
	{ "interrupt controller i8259", 0x0020, 0x0021, pic_in, pic_out },
	{ "timer i8254, IRQ 0", 0x0040, 0x0043, pit_in, pit_out },
	{ "keyboard controller, data", 0x0060, 0x0060, kbd_in, kbd_out },
	{ "system control, speaker", 0x0061, 0x0061, port61_in, port61_out },
	{ "keyboard controller", 0x0064, 0x0064, kbd_in, kbd_out },
	{ "clock and CMOS memory, IRQ 8", 0x0070, 0x0071, rtc_in, rtc_out },
	{ "second i8259, on IRQ 2", 0x00a0, 0x00a1, pic_in, pic_out },
	{ "serial port 16550, IRQ 4", 0x03f8, 0x03ff, uart_in, uart_out },
	{ "edge or level of interrupts", 0x04d0, 0x04d1, elcr_in, elcr_out },
	{ "reset", 0x0cf9, 0x0cf9, none_in, reset_out },
};

static const struct port_range exit_range = { "exit", 0, 0, none_in, exit_out };

#define EXIT_RANGE	ARRAY_SIZE(ranges)

static const struct port_range *table[ARRAY_SIZE(ranges) + 1];
static u8 map[65536];

/**
 * port_init() - fill the port map
 * @vm: the machine; its configuration places the exit port
 */
void port_init(struct vmm *vm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		table[i] = &ranges[i];
		memset(map + ranges[i].first, i, ranges[i].last - ranges[i].first + 1);
	}
	table[EXIT_RANGE] = &exit_range;
	if (vm->config->exit_port)
		map[vm->config->exit_port] = EXIT_RANGE;
}

/**
 * port_each() - what chips are at which ports
 * @fn: called with each
 */
void port_each(void (*fn)(const char *name, u32 first, u32 last))
{
	u32 port, first = 0;

	for (port = 1; port <= ARRAY_SIZE(map); port++) {
		if (port < ARRAY_SIZE(map) && map[port] == map[first])
			continue;
		if (map[first])
			fn(table[map[first]]->name, first, port - 1);
		first = port;
	}
}

static void port_wide(struct vmm *vm)
{
	u32 total = vm->exit.io.count * vm->exit.io.size;
	u32 i;

	for (i = 0; i < total; i++) {
		u16 port = vm->exit.io.port + i % vm->exit.io.size;
		const struct port_range *range = table[map[port]];

		if (vm->exit.io.write)
			range->out(vm, port, vm->exit.data[i]);
		else
			vm->exit.data[i] = range->in(vm, port);
	}
}

/* A device on the bus has the port: it takes the access whole, as PCI's do */
static void port_bus(struct vmm *vm)
{
	struct kvm_exit *exit = &vm->exit;
	u32 i, size = exit->io.size;

	for (i = 0; i < exit->io.count; i++)
		if (!bus_access(BUS_PORT, vm, exit->io.port, exit->data + i * size, size,
				exit->io.write) && !exit->io.write)
			memset(exit->data + i * size, 0xff, size);
}

/**
 * port_exit() - serve an IO exit
 * @vm: the machine; vm->exit describes the access and takes what is read
 */
void port_exit(struct vmm *vm)
{
	const struct port_range *range = table[map[vm->exit.io.port]];

	if (range == &ranges[0])
		port_bus(vm);
	else if (vm->exit.io.count * vm->exit.io.size != 1)
		port_wide(vm);
	else if (vm->exit.io.write)
		range->out(vm, vm->exit.io.port, vm->exit.data[0]);
	else
		vm->exit.data[0] = range->in(vm, vm->exit.io.port);
}

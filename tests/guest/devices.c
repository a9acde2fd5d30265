// SPDX-License-Identifier: GPL-2.0-only
/*
 * devices.c: the ports and the memory of devices.h.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "machine.h"

static uint8_t bytes[PORT_BYTES_LEN];
static uint8_t mmio[2][MMIO_LEN];

static struct {
	uint8_t data[1 << 16];
	uint32_t head, tail;
} fifo;

static struct {
	uint32_t gpa, size, count;
} last_mmio;

struct machine machine = { .exit_code = -1, .step = -1 };

static uint32_t take_step_ip(void)
{
	if (machine.step_read >= machine.steps || machine.step_read >= MAX_STEPS)
		return 0;
	return machine.step_ip[machine.step_read++];
}

static uint32_t take_count(uint32_t *count)
{
	uint32_t n = *count;

	*count = 0;
	return n;
}

static uint32_t port_value(uint16_t port)
{
	switch (port) {
	case PORT_FIFO_LEN:
		return fifo.tail - fifo.head;
	case PORT_NESTED:
		return machine.nested;
	case PORT_THOROUGH:
		return machine.thorough;
	case PORT_WINDOWS:
		return machine.windows;
	case PORT_HALTS:
		return machine.halts;
	case PORT_STEPS:
		return machine.steps;
	case PORT_STEP_IP:
		return take_step_ip();
	case PORT_MMIO_GPA:
		return last_mmio.gpa;
	case PORT_MMIO_SIZE:
		return last_mmio.size;
	case PORT_MMIO_COUNT:
		return take_count(&last_mmio.count);
	}
	return ~0u;
}

static void port_in(uint16_t port, uint8_t *data, unsigned int size)
{
	uint32_t value;

	if (port == PORT_FIFO) {
		for (unsigned int i = 0; i < size; i++)
			data[i] = fifo.head == fifo.tail
				? 0xff : fifo.data[fifo.head++ % sizeof(fifo.data)];
		return;
	}
	if (port >= PORT_BYTES && port + size <= PORT_BYTES + PORT_BYTES_LEN) {
		memcpy(data, bytes + port - PORT_BYTES, size);
		return;
	}
	value = port_value(port);
	memcpy(data, &value, size);
}

static void port_out(uint16_t port, const uint8_t *data, unsigned int size)
{
	uint32_t value = 0;

	memcpy(&value, data, size);
	if (port >= PORT_BYTES && port + size <= PORT_BYTES + PORT_BYTES_LEN) {
		memcpy(bytes + port - PORT_BYTES, data, size);
		return;
	}
	switch (port) {
	case PORT_CHAR:
		putchar((int)value);
		break;
	case PORT_EXIT:
		machine.exit_code = (int)value;
		break;
	case PORT_FIFO:
		for (unsigned int i = 0; i < size; i++)
			fifo.data[fifo.tail++ % sizeof(fifo.data)] = data[i];
		break;
	case PORT_FIFO_LEN:
		fifo.head = fifo.tail = 0;
		break;
	case PORT_IRQ:
		machine.irq = (int)value;
		break;
	case PORT_STEP:
		machine.step = (int)value;
		break;
	case PORT_TRICK:
		machine.trick = (int)value;
		break;
	}
}

void device_io(struct kvm_exit *x)
{
	uint8_t *data = x->data;

	for (uint32_t i = 0; i < x->io.count; i++, data += x->io.size) {
		if (x->io.write)
			port_out(x->io.port, data, x->io.size);
		else
			port_in(x->io.port, data, x->io.size);
	}
}

/* The MMIO byte at gpa, or NULL: nothing is there */
static uint8_t *mmio_byte(uint64_t gpa)
{
	if (gpa - MMIO_BASE < MMIO_LEN)
		return &mmio[0][gpa - MMIO_BASE];
	if (gpa - RAM_SIZE < MMIO_LEN)
		return &mmio[1][gpa - RAM_SIZE];
	return NULL;
}

void device_mmio(struct kvm_exit *x)
{
	last_mmio.gpa = x->mmio.gpa;
	last_mmio.size = x->mmio.size | (x->mmio.write ? 0x100 : 0);
	last_mmio.count++;
	for (unsigned int i = 0; i < x->mmio.size; i++) {
		uint8_t *at = mmio_byte(x->mmio.gpa + i);

		if (x->mmio.write && at)
			*at = x->data[i];
		else if (!x->mmio.write)
			x->data[i] = at ? *at : 0xff;
	}
}

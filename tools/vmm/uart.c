// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16550A at 0x3f8, IRQ 4, whose wire is the console. Sending takes no time:
 * the transmitter is empty again before the guest can look.
 */
#include <string.h>

#include "pc.h"
#include "state.h"
#include "vmm.h"

#define UART_BASE	0x3f8

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX		0x01
#define IER_THRE	0x02
#define IER_LINE	0x04
#define IIR_NONE	0x01
#define IIR_THRE	0x02
#define IIR_RX		0x04
#define IIR_LINE	0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFO	0xc0
#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define LCR_DLAB	0x80
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10
#define LSR_RX		0x01
#define LSR_OVERRUN	0x02
#define LSR_THRE	0x20
#define LSR_TEMT	0x40
#define MSR_CTS_DSR_DCD	0xb0

#define FLUSH_NS	(5 * 1000 * 1000)	/* the longest that output waits */

static u32 fifo_size(const struct uart *uart)
{
	return uart->fcr & FCR_ENABLE ? UART_FIFO : 1;
}

/* How many bytes it takes to interrupt by themselves */
static u32 trigger(const struct uart *uart)
{
	static const u8 levels[4] = { 1, 4, 8, 14 };

	return uart->fcr & FCR_ENABLE ? levels[uart->fcr >> 6] : 1;
}

/* The interrupt of highest priority, as IIR shows it */
static u8 cause(const struct uart *uart)
{
	if (uart->ier & IER_LINE && uart->overrun)
		return IIR_LINE;
	if (uart->ier & IER_RX && uart->len)
		return uart->len >= trigger(uart) ? IIR_RX : IIR_TIMEOUT;
	if (uart->ier & IER_THRE && uart->thre_pending)
		return IIR_THRE;
	return IIR_NONE;
}

static void update_irq(struct vmm *vm)
{
	const struct uart *uart = &vm->uart;

	/* On a PC OUT2 connects the chip to the interrupt line */
	pic_set(&vm->pic, IRQ_SERIAL, cause(uart) != IIR_NONE && uart->mcr & MCR_OUT2);
}

static void receive(struct uart *uart, u8 byte)
{
	if (uart->len == fifo_size(uart)) {
		uart->overrun = true;
		return;
	}
	uart->fifo[(uart->head + uart->len++) % UART_FIFO] = byte;
}

/**
 * uart_input() - take what was typed, as far as there is room
 * @vm: the machine
 */
void uart_input(struct vmm *vm)
{
	struct uart *uart = &vm->uart;
	u8 byte;

	if (uart->mcr & MCR_LOOP || vm->config->pc->screen)
		return;
	while (uart->len < fifo_size(uart) && console_get(&byte))
		receive(uart, byte);
	update_irq(vm);
}

static u8 read_byte(struct vmm *vm)
{
	struct uart *uart = &vm->uart;
	u8 byte = 0;

	if (uart->len) {
		byte = uart->fifo[uart->head];
		uart->head = (uart->head + 1) % UART_FIFO;
		uart->len--;
	}
	uart_input(vm);
	update_irq(vm);
	return byte;
}

static void send_byte(struct vmm *vm, u8 byte)
{
	struct uart *uart = &vm->uart;

	if (uart->mcr & MCR_LOOP)
		receive(uart, byte);
	else if (console_put(byte))
		event_rearm(vm, event_now() + FLUSH_NS);
	uart->thre_pending = true;
	if (uart->ier)
		update_irq(vm);
}

static u8 read_iir(struct vmm *vm)
{
	struct uart *uart = &vm->uart;
	u8 value = cause(uart);

	if (value == IIR_THRE) {
		uart->thre_pending = false;
		update_irq(vm);
	}
	return value | (uart->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static u8 read_lsr(struct vmm *vm)
{
	struct uart *uart = &vm->uart;
	u8 value = LSR_THRE | LSR_TEMT;

	if (uart->len)
		value |= LSR_RX;
	if (uart->overrun) {
		value |= LSR_OVERRUN;
		uart->overrun = false;
		update_irq(vm);
	}
	return value;
}

static u8 read_msr(const struct uart *uart)
{
	u8 mcr = uart->mcr;

	if (!(mcr & MCR_LOOP))
		return MSR_CTS_DSR_DCD;
	/* In loopback RTS, DTR, OUT1, OUT2 come back as CTS, DSR, RI, DCD */
	return (mcr & 0x02) << 3 | (mcr & 0x01) << 5 | (mcr & 0x0c) << 4;
}

/**
 * uart_in() - a read of 0x3f8-0x3ff
 * @vm: the machine
 * @port: which
 * Return: the register
 */
u8 uart_in(struct vmm *vm, u16 port)
{
	struct uart *uart = &vm->uart;
	bool dlab = uart->lcr & LCR_DLAB;

	switch (port - UART_BASE) {
	case RBR:
		return dlab ? uart->dll : read_byte(vm);
	case IER:
		return dlab ? uart->dlm : uart->ier;
	case IIR:
		return read_iir(vm);
	case LCR:
		return uart->lcr;
	case MCR:
		return uart->mcr;
	case LSR:
		return read_lsr(vm);
	case MSR:
		return read_msr(uart);
	default:
		return uart->scr;
	}
}

static void write_ier(struct vmm *vm, u8 value)
{
	struct uart *uart = &vm->uart;

	/* Enabled while the transmitter is empty, it interrupts at once */
	if (value & ~uart->ier & IER_THRE)
		uart->thre_pending = true;
	uart->ier = value & 0x0f;
	update_irq(vm);
}

static void write_fcr(struct vmm *vm, u8 value)
{
	struct uart *uart = &vm->uart;

	/* Switching the FIFOs on or off empties them too */
	if (value & FCR_CLEAR_RX || (value ^ uart->fcr) & FCR_ENABLE)
		uart->len = 0;
	uart->fcr = value & (FCR_ENABLE | 0xc0);
	uart_input(vm);
}

/**
 * uart_out() - a write to 0x3f8-0x3ff
 * @vm: the machine
 * @port: which
 * @value: what
 */
void uart_out(struct vmm *vm, u16 port, u8 value)
{
	struct uart *uart = &vm->uart;
	bool dlab = uart->lcr & LCR_DLAB;

	switch (port - UART_BASE) {
	case RBR:
		if (dlab)
			uart->dll = value;
		else
			send_byte(vm, value);
		break;
	case IER:
		if (dlab)
			uart->dlm = value;
		else
			write_ier(vm, value);
		break;
	case IIR:
		write_fcr(vm, value);
		break;
	case LCR:
		uart->lcr = value;
		break;
	case MCR:
		uart->mcr = value & 0x1f;
		uart_input(vm);
		update_irq(vm);
		break;
	case SCR:
		uart->scr = value;
		break;
	}
}

/**
 * uart_init() - the state after power-on
 * @vm: the machine
 */
void uart_init(struct vmm *vm)
{
	memset(&vm->uart, 0, sizeof(vm->uart));
	vm->uart.dll = 12;	/* 9600 baud, as a BIOS would leave it */
}

/**
 * uart_state() - see state.h
 * @s: where to or from
 * @vm: the machine
 * @dev: none
 */
void uart_state(struct state *s, struct vmm *vm, void *dev)
{
	struct uart *u = &vm->uart;

	(void)dev;
	STATE(s, u->ier);
	STATE(s, u->fcr);
	STATE(s, u->lcr);
	STATE(s, u->mcr);
	STATE(s, u->scr);
	STATE(s, u->dll);
	STATE(s, u->dlm);
	STATE(s, u->thre_pending);
	STATE(s, u->overrun);
	state_bytes(s, "fifo", u->fifo, sizeof(u->fifo));
	STATE(s, u->head);
	STATE(s, u->len);
	if (u->head >= UART_FIFO || u->len > fifo_size(u))
		s->failed = true;
}

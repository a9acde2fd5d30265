// SPDX-License-Identifier: GPL-2.0-only
/*
 * A keyboard controller without a keyboard, whose pulse line resets the
 * machine, and the reset port of PCI chipsets. It answers what a driver asks to
 * find it, so that no driver waits for a timeout.
 */
#include "vmm.h"

#define STATUS_PORT	0x64
#define STATUS_FULL	0x01	/* a byte to read */
#define STATUS_COMMAND	0x08
#define STATUS_UNLOCKED	0x10

#define CMD_READ_CONFIG		0x20
#define CMD_WRITE_CONFIG	0x60
#define CMD_TEST_AUX		0xa9
#define CMD_SELF_TEST		0xaa
#define CMD_TEST_KEYBOARD	0xab
#define CMD_WRITE_OUTPUT	0xd1
#define CMD_RESET		0xfe

#define RESET_NOW	0x04	/* in port 0xcf9 */

static void answer(struct kbd *kbd, u8 value)
{
	kbd->output = value;
	kbd->full = true;
}

static void command(struct vmm *vm, u8 value)
{
	struct kbd *kbd = &vm->kbd;

	kbd->command = value;
	switch (value) {
	case CMD_READ_CONFIG:
		answer(kbd, kbd->config);
		break;
	case CMD_SELF_TEST:
		answer(kbd, 0x55);
		break;
	case CMD_TEST_KEYBOARD:
		answer(kbd, 0x00);
		break;
	case CMD_TEST_AUX:
		answer(kbd, 0xff);	/* there is none */
		break;
	case CMD_RESET:
		vmm_end(vm, 0);
		break;
	}
}

/**
 * kbd_in() - a read of 0x60 or 0x64
 * @vm: the machine
 * @port: which
 * Return: the output buffer or the status
 */
u8 kbd_in(struct vmm *vm, u16 port)
{
	struct kbd *kbd = &vm->kbd;

	if (port == STATUS_PORT)
		return STATUS_UNLOCKED | (kbd->command ? STATUS_COMMAND : 0) |
		       (kbd->full ? STATUS_FULL : 0);
	kbd->full = false;
	return kbd->output;
}

/**
 * kbd_out() - a write to 0x60 or 0x64
 * @vm: the machine
 * @port: which
 * @value: what
 */
void kbd_out(struct vmm *vm, u16 port, u8 value)
{
	struct kbd *kbd = &vm->kbd;

	if (port == STATUS_PORT) {
		command(vm, value);
		return;
	}
	if (kbd->command == CMD_WRITE_CONFIG)
		kbd->config = value;
	else if (kbd->command == CMD_WRITE_OUTPUT && !(value & 1))
		vmm_end(vm, 0);	/* bit 0 is the processor's reset line */
	kbd->command = 0;
}

/**
 * reset_out() - a write to the reset control register
 * @vm: the machine
 * @port: 0xcf9
 * @value: what
 */
void reset_out(struct vmm *vm, u16 port, u8 value)
{
	(void)port;
	if (value & RESET_NOW)
		vmm_end(vm, 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keyboard controller (i8042), whose pulse line resets the machine, with a
 * keyboard behind it and no mouse; and the reset port of PCI chipsets. The controller
 * translates the keyboard's codes to set 1 if its configuration byte says so; here they are
 * set 1 first and made set 2 if it does not.
 */
#include <string.h>

#include "control.h"
#include "pc.h"
#include "state.h"
#include "vmm.h"

#define STATUS_PORT	0x64
#define STATUS_FULL	0x01	/* a byte to read */
#define STATUS_SYSTEM	0x04
#define STATUS_COMMAND	0x08
#define STATUS_UNLOCKED	0x10

#define CMD_READ_CONFIG		0x20
#define CMD_WRITE_CONFIG	0x60
#define CMD_TEST_AUX		0xa9
#define CMD_SELF_TEST		0xaa
#define CMD_TEST_KEYBOARD	0xab
#define CMD_DISABLE		0xad
#define CMD_ENABLE		0xae
#define CMD_READ_OUTPUT		0xd0
#define CMD_WRITE_OUTPUT	0xd1
#define CMD_LOOP		0xd2
#define CMD_LOOP_AUX		0xd3
#define CMD_WRITE_AUX		0xd4
#define CMD_RESET		0xfe

#define CONFIG_IRQ		0x01
#define CONFIG_SYSTEM		0x04
#define CONFIG_DISABLED		0x10
#define CONFIG_NO_AUX		0x20	/* stays set: there is none */
#define CONFIG_TRANSLATE	0x40

/* The keyboard's own */
#define KEY_LEDS	0xed
#define KEY_ECHO	0xee
#define KEY_SET		0xf0
#define KEY_IDENTIFY	0xf2
#define KEY_RATE	0xf3
#define KEY_ENABLE	0xf4
#define KEY_DISABLE	0xf5
#define KEY_DEFAULTS	0xf6
#define KEY_RESET	0xff
#define KEY_ACK		0xfa
#define KEY_RESEND	0xfe
#define KEY_OK		0xaa
#define RELEASED	0x80
#define SET2_RELEASED	0xf0

#define RESET_NOW	0x04	/* in port 0xcf9 */

/* Programs lose keys that come faster than their 15 byte buffers are read */
#define KEY_NS		(20 * 1000 * 1000)

#define IRQ_KEYBOARD	1

static bool queue_empty(const struct kbd *kbd)
{
	return kbd->head == kbd->tail;
}

static void enqueue(struct kbd *kbd, u8 value)
{
	if (kbd->tail - kbd->head < KBD_QUEUE)
		kbd->queue[kbd->tail++ % KBD_QUEUE] = value;
}

/* The next byte of the keyboard's, if there is room; and the interrupt line */
static void update(struct vmm *vm)
{
	struct kbd *kbd = &vm->kbd;

	if (!kbd->full && !queue_empty(kbd) && !(kbd->config & CONFIG_DISABLED)) {
		kbd->output = kbd->queue[kbd->head++ % KBD_QUEUE];
		kbd->full = true;
	}
	pic_set(&vm->pic, IRQ_KEYBOARD, kbd->full && kbd->config & CONFIG_IRQ);
}

static void enqueue_code(struct kbd *kbd, u8 code)
{
	u8 other = keymap_set2(code & ~RELEASED);

	if (kbd->config & CONFIG_TRANSLATE || !other) {
		enqueue(kbd, code);
		return;
	}
	if (code & RELEASED)
		enqueue(kbd, SET2_RELEASED);
	enqueue(kbd, other);
}

/* What the command `type' gave, and behind that what comes from the terminal */
static char typed[256];
static u32 typed_at;

static bool input_waits(const struct vmm *vm)
{
	return typed[typed_at] || (vm->config->pc->screen && console_waits());
}

static bool next_byte(u8 *byte)
{
	if (!typed[typed_at])
		return console_get(byte);
	*byte = typed[typed_at++];
	return true;
}

/* \n, \t, \e and \\ become what they are in C; false: something else */
static bool unescape(char *text)
{
	static const char names[] = "nte\\", bytes[] = "\n\t\033\\";
	const char *from = text, *name;

	for (; *from; from++) {
		if (*from != '\\') {
			*text++ = *from;
			continue;
		}
		name = strchr(names, *++from);
		if (!*from || !name)
			return false;
		*text++ = bytes[name - names];
	}
	*text = '\0';
	return true;
}

static int do_type(struct vmm *vm, struct control *c)
{
	if (typed[typed_at])
		return control_fail(c, "the guest has not yet taken what was typed before");
	if (!unescape(c->args) || strlen(c->args) >= sizeof(typed))
		return control_fail(c, "%.64s: too long, or a backslash before none of n, t, e, \\",
				    c->args);
	typed_at = 0;
	memcpy(typed, c->args, strlen(c->args) + 1);
	event_rearm(vm, vm->kbd.next_key);
	return 0;
}

/**
 * kbd_init() - let the keyboard be typed on by a command
 */
void kbd_init(void)
{
	static struct control_command type = {
		.name = "type",
		.help = "TEXT: on the keyboard; \\n is Enter, \\t Tab, \\e Escape",
		.run = do_type,
	};

	control_add(&type);
}

/**
 * kbd_input() - what was typed becomes keys, as fast as a person types
 * @vm: the machine
 * @now: event_now()
 * Return: when to come again
 */
u64 kbd_input(struct vmm *vm, u64 now)
{
	struct kbd *kbd = &vm->kbd;
	u8 codes[KEYMAP_CODES];
	unsigned int n, i;

	if (!kbd->scanning || !input_waits(vm) || !queue_empty(kbd))
		return NEVER;
	if (now < kbd->next_key)
		return kbd->next_key;
	n = keymap_bytes(next_byte, codes);
	for (i = 0; i < n; i++)
		enqueue_code(kbd, codes[i]);
	kbd->next_key = now + KEY_NS;
	update(vm);
	return input_waits(vm) ? kbd->next_key : NEVER;
}

static void answer(struct kbd *kbd, u8 value)
{
	kbd->output = value;
	kbd->full = true;
}

static void command(struct vmm *vm, u8 value)
{
	struct kbd *kbd = &vm->kbd;

	kbd->command = 0;
	switch (value) {
	case CMD_WRITE_CONFIG:
	case CMD_WRITE_OUTPUT:
	case CMD_LOOP:
	case CMD_LOOP_AUX:
	case CMD_WRITE_AUX:
		kbd->command = value;	/* whose byte comes at the data port */
		break;
	case CMD_READ_CONFIG:
		answer(kbd, kbd->config);
		break;
	case CMD_SELF_TEST:
		kbd->config |= CONFIG_SYSTEM;
		answer(kbd, 0x55);
		break;
	case CMD_TEST_KEYBOARD:
		answer(kbd, 0x00);
		break;
	case CMD_TEST_AUX:
		answer(kbd, 0xff);	/* there is none */
		break;
	case CMD_DISABLE:
		kbd->config |= CONFIG_DISABLED;
		break;
	case CMD_ENABLE:
		kbd->config &= ~CONFIG_DISABLED;
		break;
	case CMD_READ_OUTPUT:
		answer(kbd, 0x03);	/* A20 open, not reset */
		break;
	case CMD_RESET:
		vm->resetting = true;
		break;
	}
}

static void identify(struct kbd *kbd)
{
	enqueue(kbd, KEY_ACK);
	enqueue(kbd, 0xab);
	enqueue(kbd, kbd->config & CONFIG_TRANSLATE ? 0x41 : 0x83);
}

/* A byte for the keyboard */
static void to_keyboard(struct kbd *kbd, u8 value)
{
	if (kbd->wants_byte) {
		enqueue(kbd, KEY_ACK);
		if (kbd->wants_byte == KEY_SET && !value)
			enqueue(kbd, kbd->config & CONFIG_TRANSLATE ? 0x41 : 0x02);
		kbd->wants_byte = 0;
		return;
	}
	switch (value) {
	case KEY_LEDS:
	case KEY_SET:
	case KEY_RATE:
		kbd->wants_byte = value;
		enqueue(kbd, KEY_ACK);
		break;
	case KEY_ECHO:
		enqueue(kbd, KEY_ECHO);
		break;
	case KEY_IDENTIFY:
		identify(kbd);
		break;
	case KEY_RESET:
		kbd->head = kbd->tail;
		kbd->scanning = true;
		enqueue(kbd, KEY_ACK);
		enqueue(kbd, KEY_OK);
		break;
	case KEY_ENABLE:
	case KEY_DISABLE:
	case KEY_DEFAULTS:
		kbd->scanning = value != KEY_DISABLE;
		enqueue(kbd, KEY_ACK);
		break;
	default:
		enqueue(kbd, KEY_RESEND);
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
	u8 value;

	if (port == STATUS_PORT)
		return STATUS_UNLOCKED | (kbd->config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) |
		       (kbd->command ? STATUS_COMMAND : 0) | (kbd->full ? STATUS_FULL : 0);
	value = kbd->output;
	kbd->full = false;
	pic_set(&vm->pic, IRQ_KEYBOARD, false);
	update(vm);
	if (queue_empty(kbd) && input_waits(vm))
		event_rearm(vm, kbd->next_key);
	return value;
}

static void data_out(struct vmm *vm, u8 value)
{
	struct kbd *kbd = &vm->kbd;

	switch (kbd->command) {
	case 0:
		to_keyboard(kbd, value);
		break;
	case CMD_WRITE_CONFIG:
		kbd->config = value | CONFIG_NO_AUX;
		break;
	case CMD_WRITE_OUTPUT:
		if (!(value & 1))	/* bit 0 is the processor's reset line */
			vm->resetting = true;
		break;
	case CMD_LOOP:
		answer(kbd, value);
		break;
	}
	kbd->command = 0;
}

/**
 * kbd_out() - a write to 0x60 or 0x64
 * @vm: the machine
 * @port: which
 * @value: what
 */
void kbd_out(struct vmm *vm, u16 port, u8 value)
{
	if (port == STATUS_PORT)
		command(vm, value);
	else
		data_out(vm, value);
	update(vm);
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
		vm->resetting = true;
}

/**
 * kbd_state() - see state.h
 * @s: where to or from
 * @vm: the machine
 * @dev: none
 */
void kbd_state(struct state *s, struct vmm *vm, void *dev)
{
	struct kbd *k = &vm->kbd;

	(void)dev;
	STATE(s, k->command);
	STATE(s, k->config);
	STATE(s, k->output);
	STATE(s, k->full);
	STATE(s, k->wants_byte);
	STATE(s, k->scanning);
	state_bytes(s, "queue", k->queue, sizeof(k->queue));
	STATE(s, k->head);
	STATE(s, k->tail);
	state_time(s, "next_key", &k->next_key);
	if (k->tail - k->head > KBD_QUEUE)
		s->failed = true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pair of i8259A interrupt controllers, written from Intel's data sheet
 * (order 231468) and, for the edge/level registers, from the 82371SB's.
 */
#include <string.h>

#include "state.h"
#include "vmm.h"

#define NO_INPUT	8

/* OCW2: the upper three bits of a command */
enum {
	OCW2_CLEAR_ROTATE_AEOI, OCW2_EOI, OCW2_NOP, OCW2_EOI_SPECIFIC,
	OCW2_SET_ROTATE_AEOI, OCW2_ROTATE_EOI, OCW2_SET_PRIORITY, OCW2_ROTATE_SPECIFIC,
};

/* The set bit of highest priority */
static unsigned int highest(const struct pic_chip *chip, u8 set)
{
	unsigned int i, input;

	if (!set)
		return NO_INPUT;
	for (i = 1; i <= 8; i++) {
		input = (chip->lowest + i) & 7;
		if (set & (1 << input))
			break;
	}
	return input;
}

/* Distance from the top: 0 is the highest priority, 8 none at all */
static unsigned int rank(const struct pic_chip *chip, unsigned int input)
{
	return input == NO_INPUT ? 8 : (input - chip->lowest - 1) & 7;
}

/* The input that the chip would interrupt for now */
static unsigned int pending(const struct pic_chip *chip, bool master)
{
	unsigned int input = highest(chip, chip->irr & ~chip->imr);
	u8 serving = chip->isr;

	if (input == NO_INPUT)
		return input;
	if (chip->special_mask)
		serving &= ~chip->imr;
	/* Fully nested, the slave may interrupt its own service routine */
	if (master && chip->special_nested)
		serving &= ~(1 << IRQ_CASCADE);
	if (rank(chip, input) < rank(chip, highest(chip, serving)))
		return input;
	return NO_INPUT;
}

static void set_input(struct pic_chip *chip, unsigned int input, bool level)
{
	u8 bit = 1 << input;

	if (chip->elcr & bit)
		chip->irr = level ? chip->irr | bit : chip->irr & ~bit;
	else if (level && !(chip->lines & bit))
		chip->irr |= bit;
	chip->lines = level ? chip->lines | bit : chip->lines & ~bit;
}

/* Carry a change through: slave output, master input, the processor's pin */
static void update(struct pic *pic)
{
	struct pic_chip *master = &pic->chip[0];
	u8 cascade = 1 << IRQ_CASCADE;

	/* The wire between them is a level, whatever the edges around it */
	if (pending(&pic->chip[1], false) != NO_INPUT)
		master->irr |= cascade;
	else
		master->irr &= ~cascade;
	pic->intr = pending(master, true) != NO_INPUT;
}

/**
 * pic_set() - drive an interrupt line
 * @pic: the controllers
 * @irq: 0-15
 * @level: of the line
 */
void pic_set(struct pic *pic, unsigned int irq, bool level)
{
	struct pic_chip *chip = &pic->chip[irq >> 3];

	if (!!(chip->lines & (1 << (irq & 7))) == level)
		return;
	set_input(chip, irq & 7, level);
	update(pic);
}

/**
 * pic_pulse() - give an interrupt line one rising edge
 * @pic: the controllers
 * @irq: 0-15
 */
void pic_pulse(struct pic *pic, unsigned int irq)
{
	pic_set(pic, irq, false);
	pic_set(pic, irq, true);
}

static void ack_input(struct pic_chip *chip, unsigned int input)
{
	u8 bit = 1 << input;

	if (!(chip->elcr & bit))
		chip->irr &= ~bit;
	if (!chip->aeoi)
		chip->isr |= bit;
	else if (chip->rotate_aeoi)
		chip->lowest = input;
}

/* An interrupt that vanished before it was acknowledged comes as input 7 */
static unsigned int ack_chip(struct pic_chip *chip, bool master)
{
	unsigned int input = pending(chip, master);

	if (input == NO_INPUT)
		return 7;
	ack_input(chip, input);
	return input;
}

/**
 * pic_ack() - the processor's interrupt acknowledge cycle
 * @pic: the controllers, with @pic->intr set
 * Return: the vector
 */
u8 pic_ack(struct pic *pic)
{
	struct pic_chip *chip = &pic->chip[0];
	unsigned int input = ack_chip(chip, true);

	if (input == IRQ_CASCADE) {
		chip = &pic->chip[1];
		input = ack_chip(chip, false);
	}
	update(pic);
	return chip->base + input;
}

static void icw1(struct pic_chip *chip, u8 value)
{
	u8 elcr = chip->elcr, lines = chip->lines;

	memset(chip, 0, sizeof(*chip));
	chip->elcr = elcr;
	chip->lines = lines;
	chip->irr = lines & elcr;
	chip->lowest = 7;
	chip->init = 2;
	chip->want_icw4 = value & 0x01;
	chip->single = value & 0x02;
}

static void ocw2(struct pic_chip *chip, u8 value)
{
	unsigned int input = value & 7;
	unsigned int command = value >> 5;

	/* The non-specific forms mean the highest in service */
	if (command == OCW2_EOI || command == OCW2_ROTATE_EOI)
		input = highest(chip, chip->special_mask ? chip->isr & ~chip->imr : chip->isr);
	if (input == NO_INPUT)
		return;
	switch (command) {
	case OCW2_CLEAR_ROTATE_AEOI:
	case OCW2_SET_ROTATE_AEOI:
		chip->rotate_aeoi = command == OCW2_SET_ROTATE_AEOI;
		break;
	case OCW2_EOI:
	case OCW2_EOI_SPECIFIC:
		chip->isr &= ~(1 << input);
		break;
	case OCW2_ROTATE_EOI:
	case OCW2_ROTATE_SPECIFIC:
		chip->isr &= ~(1 << input);
		chip->lowest = input;
		break;
	case OCW2_SET_PRIORITY:
		chip->lowest = input;
		break;
	}
}

static void ocw3(struct pic_chip *chip, u8 value)
{
	if (value & 0x40)
		chip->special_mask = value & 0x20;
	if (value & 0x04)
		chip->poll = true;
	else if (value & 0x02)
		chip->read_isr = value & 0x01;
}

static void write_data(struct pic_chip *chip, u8 value)
{
	switch (chip->init) {
	case 0:
		chip->imr = value;
		return;
	case 2:
		chip->base = value & 0xf8;
		chip->init = chip->single ? 4 : 3;
		break;
	case 3:		/* the cascade is wired, not programmed */
		chip->init = 4;
		break;
	case 4:
		chip->special_nested = value & 0x10;
		chip->aeoi = value & 0x02;
		chip->init = 0;
		break;
	}
	if (chip->init == 4 && !chip->want_icw4)
		chip->init = 0;
}

/**
 * pic_out() - a write to one of 0x20, 0x21, 0xa0, 0xa1
 * @vm: the machine
 * @port: which
 * @value: what
 */
void pic_out(struct vmm *vm, u16 port, u8 value)
{
	struct pic_chip *chip = &vm->pic.chip[port >> 7];

	if (port & 1)
		write_data(chip, value);
	else if (value & 0x10)
		icw1(chip, value);
	else if (value & 0x08)
		ocw3(chip, value);
	else
		ocw2(chip, value);
	update(&vm->pic);
}

/* A poll read is an acknowledge cycle by software */
static u8 read_poll(struct pic *pic, struct pic_chip *chip)
{
	bool master = chip == &pic->chip[0];
	unsigned int input = pending(chip, master);

	chip->poll = false;
	if (input == NO_INPUT)
		return 0;
	ack_input(chip, input);
	update(pic);
	return 0x80 | input;
}

/**
 * pic_in() - a read of one of 0x20, 0x21, 0xa0, 0xa1
 * @vm: the machine
 * @port: which
 * Return: what the chip says
 */
u8 pic_in(struct vmm *vm, u16 port)
{
	struct pic_chip *chip = &vm->pic.chip[port >> 7];

	if (chip->poll)
		return read_poll(&vm->pic, chip);
	if (port & 1)
		return chip->imr;
	return chip->read_isr ? chip->isr : chip->irr;
}

/**
 * elcr_in() - read an edge/level register
 * @vm: the machine
 * @port: 0x4d0 or 0x4d1
 * Return: a set bit for each level-triggered input
 */
u8 elcr_in(struct vmm *vm, u16 port)
{
	return vm->pic.chip[port & 1].elcr;
}

/**
 * elcr_out() - write an edge/level register
 * @vm: the machine
 * @port: 0x4d0 or 0x4d1
 * @value: a set bit for each level-triggered input
 */
void elcr_out(struct vmm *vm, u16 port, u8 value)
{
	/* Timer, keyboard, cascade; clock and coprocessor are always edges */
	static const u8 settable[2] = { 0xf8, 0xde };
	struct pic_chip *chip = &vm->pic.chip[port & 1];

	chip->elcr = value & settable[port & 1];
	chip->irr = (chip->irr & ~chip->elcr) | (chip->lines & chip->elcr);
	update(&vm->pic);
}

/**
 * pic_level() - make an input level triggered, as firmware does
 * @pic: the controllers
 * @irq: 3 to 15
 */
void pic_level(struct pic *pic, unsigned int irq)
{
	pic->chip[irq >> 3].elcr |= 1 << (irq & 7);
}

/**
 * pic_init() - the state after power-on
 * @pic: the controllers
 */
void pic_init(struct pic *pic)
{
	memset(pic, 0, sizeof(*pic));
	pic->chip[0].lowest = 7;
	pic->chip[1].lowest = 7;
	pic->chip[0].imr = 0xff;
	pic->chip[1].imr = 0xff;
}

static void chip_state(struct state *s, struct pic_chip *c, const char *which)
{
	snprintf(s->prefix, sizeof(s->prefix), "pic.%s", which);
	STATE(s, c->irr);
	STATE(s, c->isr);
	STATE(s, c->imr);
	STATE(s, c->lines);
	STATE(s, c->elcr);
	STATE(s, c->base);
	STATE(s, c->lowest);
	STATE(s, c->init);
	STATE(s, c->want_icw4);
	STATE(s, c->single);
	STATE(s, c->aeoi);
	STATE(s, c->rotate_aeoi);
	STATE(s, c->special_mask);
	STATE(s, c->special_nested);
	STATE(s, c->poll);
	STATE(s, c->read_isr);
}

/**
 * pic_state() - both chips, see state.h
 * @s: where to or from
 * @vm: the machine
 * @dev: none
 */
void pic_state(struct state *s, struct vmm *vm, void *dev)
{
	(void)dev;
	STATE(s, vm->pic.intr);
	chip_state(s, &vm->pic.chip[0], "master");
	chip_state(s, &vm->pic.chip[1], "slave");
}

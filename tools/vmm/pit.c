// SPDX-License-Identifier: GPL-2.0-only
/*
 * The i8254 timer, after Intel's data sheet (order 231164). Nothing ticks here:
 * a counter is the time since it was loaded, computed when somebody looks.
 */
#include <string.h>

#include "state.h"
#include "vmm.h"

#define PIT_HZ		1193182ull

#define SPEAKER_GATE	0x01	/* port 0x61: gate of counter 2 */
#define SPEAKER_DATA	0x02
#define SPEAKER_REFRESH	0x10
#define SPEAKER_OUT	0x20

static u64 ns_to_ticks(u64 ns)
{
	return (u128)ns * PIT_HZ / NSEC_PER_SEC;
}

/* Rounded up, so that at the time it gives the tick has come */
static u64 ticks_to_ns(u64 ticks)
{
	return ((u128)ticks * NSEC_PER_SEC + PIT_HZ - 1) / PIT_HZ;
}

static bool periodic(const struct pit_channel *ch)
{
	return ch->mode == 2 || ch->mode == 3;
}

static u64 elapsed(const struct pit_channel *ch, u64 now)
{
	return now > ch->start ? ns_to_ticks(now - ch->start) : 0;
}

/* What the counting element holds, before BCD */
static u32 current_count(const struct pit_channel *ch, u64 now)
{
	u64 ticks;

	if (!ch->loaded || !ch->gate)
		return ch->count;
	ticks = elapsed(ch, now);
	switch (ch->mode) {
	case 2:
		return ch->count - ticks % ch->count;
	case 3:		/* counts by two, twice a period */
		return ch->count - (2 * ticks) % ch->count;
	default:
		return ch->count - ticks;
	}
}

static u16 visible_count(const struct pit_channel *ch, u64 now)
{
	u32 count = current_count(ch, now);
	u32 bcd = 0, shift;

	if (!ch->bcd)
		return count;
	for (count %= 10000, shift = 0; shift < 16; shift += 4, count /= 10)
		bcd |= (count % 10) << shift;
	return bcd;
}

static bool output(const struct pit_channel *ch, u64 now)
{
	u64 ticks = elapsed(ch, now);

	if (!ch->loaded)
		return ch->mode != 0;
	switch (ch->mode) {
	case 2:
		return !ch->gate || ticks % ch->count != ch->count - 1;
	case 3:
		return !ch->gate || ticks % ch->count < (ch->count + 1) / 2;
	case 4:
	case 5:
		return ticks != ch->count;
	default:
		return ticks >= ch->count;
	}
}

/* When counter 0 gives its first rising edge after @now */
static u64 next_edge(const struct pit_channel *ch, u64 now)
{
	u64 ticks = elapsed(ch, now), edge;

	if (!ch->loaded || ch->mode == 1 || ch->mode == 5)
		return NEVER;	/* those two start at a gate that it has not */
	if (periodic(ch))
		edge = (ticks / ch->count + 1) * ch->count;
	else
		edge = ch->count;
	return ticks < edge ? ch->start + ticks_to_ns(edge) : NEVER;
}

static void load(struct vmm *vm, struct pit_channel *ch, u16 value)
{
	u32 count = value;

	if (ch->bcd)
		count = (value >> 12) * 1000 + (value >> 8 & 15) * 100 +
			(value >> 4 & 15) * 10 + (value & 15);
	if (!count)
		count = ch->bcd ? 10000 : 65536;
	ch->count = count;
	ch->start = event_now();
	ch->loaded = true;
	if (ch == &vm->pit.channel[0]) {
		vm->pit.next = next_edge(ch, ch->start);
		event_rearm(vm, vm->pit.next);
	}
}

/**
 * pit_event() - raise the timer interrupt if it is due
 * @vm: the machine
 * @now: event_now()
 *
 * Ticks that the guest was too slow for are one: it keeps time by the TSC.
 *
 * Return: when to come again
 */
u64 pit_event(struct vmm *vm, u64 now)
{
	if (now >= vm->pit.next) {
		pic_pulse(&vm->pic, IRQ_TIMER);
		vm->pit.next = next_edge(&vm->pit.channel[0], now);
	}
	return vm->pit.next;
}

static void latch_count(struct pit_channel *ch, u64 now)
{
	if (ch->count_latched)
		return;
	ch->latched = visible_count(ch, now);
	ch->count_latched = true;
}

static void latch_status(struct pit_channel *ch, u64 now)
{
	if (ch->status_latched)
		return;
	ch->status = output(ch, now) << 7 | !ch->loaded << 6 | ch->access << 4 |
		     ch->mode << 1 | ch->bcd;
	ch->status_latched = true;
}

static void read_back(struct vmm *vm, u8 value)
{
	u64 now = event_now();
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!(value & (2 << i)))
			continue;
		if (!(value & 0x20))
			latch_count(&vm->pit.channel[i], now);
		if (!(value & 0x10))
			latch_status(&vm->pit.channel[i], now);
	}
}

static void control(struct vmm *vm, u8 value)
{
	struct pit_channel *ch;
	u8 mode = value >> 1 & 7;

	if (value >> 6 == 3) {
		read_back(vm, value);
		return;
	}
	ch = &vm->pit.channel[value >> 6];
	if (!(value & 0x30)) {
		latch_count(ch, event_now());
		return;
	}
	ch->access = value >> 4 & 3;
	ch->mode = mode > 5 ? mode - 4 : mode;
	ch->bcd = value & 1;
	ch->loaded = false;
	ch->write_high = false;
	ch->read_high = false;
	ch->count_latched = false;
	ch->status_latched = false;
	if (ch == &vm->pit.channel[0])
		vm->pit.next = NEVER;
}

/**
 * pit_out() - a write to 0x40-0x43
 * @vm: the machine
 * @port: which
 * @value: what
 */
void pit_out(struct vmm *vm, u16 port, u8 value)
{
	struct pit_channel *ch = &vm->pit.channel[port & 3];

	if ((port & 3) == 3) {
		control(vm, value);
	} else if (ch->access == 1) {
		load(vm, ch, value);
	} else if (ch->access == 2) {
		load(vm, ch, value << 8);
	} else if (!ch->write_high) {
		ch->write_low = value;
		ch->write_high = true;
	} else {
		ch->write_high = false;
		load(vm, ch, value << 8 | ch->write_low);
	}
}

static u8 read_latched(struct pit_channel *ch)
{
	u8 low = ch->latched, high = ch->latched >> 8;

	if (ch->access == 3 && !ch->read_high) {
		ch->read_high = true;
		return low;
	}
	ch->read_high = false;
	ch->count_latched = false;
	return ch->access == 1 ? low : high;
}

/**
 * pit_in() - a read of 0x40-0x43
 * @vm: the machine
 * @port: which
 * Return: the status or a part of the count
 */
u8 pit_in(struct vmm *vm, u16 port)
{
	struct pit_channel *ch = &vm->pit.channel[port & 3];
	u16 count;

	if ((port & 3) == 3)
		return 0xff;
	if (ch->status_latched) {
		ch->status_latched = false;
		return ch->status;
	}
	if (ch->count_latched)
		return read_latched(ch);
	count = visible_count(ch, event_now());
	if (ch->access == 3)
		ch->read_high = !ch->read_high;
	if (ch->access == 2 || (ch->access == 3 && !ch->read_high))
		return count >> 8;
	return count;
}

/**
 * port61_in() - read the speaker port
 * @vm: the machine
 * @port: 0x61
 * Return: gate, speaker, output of counter 2 and the refresh bit
 */
u8 port61_in(struct vmm *vm, u16 port)
{
	u64 now = event_now();
	u8 value = vm->pit.port61;

	(void)port;
	if (now / 15085 & 1)	/* memory refresh, that old loops wait for */
		value |= SPEAKER_REFRESH;
	if (output(&vm->pit.channel[2], now))
		value |= SPEAKER_OUT;
	return value;
}

/**
 * port61_out() - write the speaker port
 * @vm: the machine
 * @port: 0x61
 * @value: gate of counter 2 and speaker
 */
void port61_out(struct vmm *vm, u16 port, u8 value)
{
	struct pit_channel *ch = &vm->pit.channel[2];
	bool gate = value & SPEAKER_GATE;

	(void)port;
	/* A rising gate starts anew in all modes but those it only pauses */
	if (gate && !ch->gate)
		ch->start = event_now();
	ch->gate = gate;
	vm->pit.port61 = value & (SPEAKER_GATE | SPEAKER_DATA);
}

/**
 * pit_init() - the state after power-on
 * @vm: the machine
 */
void pit_init(struct vmm *vm)
{
	struct pit *pit = &vm->pit;
	unsigned int i;

	memset(pit, 0, sizeof(*pit));
	for (i = 0; i < 3; i++) {
		pit->channel[i].count = 65536;
		pit->channel[i].access = 3;
		pit->channel[i].mode = 3;
		pit->channel[i].gate = i < 2;
	}
	pit->next = NEVER;
}

static void channel_state(struct state *s, struct pit_channel *c, unsigned int n)
{
	snprintf(s->prefix, sizeof(s->prefix), "pit.%u", n);
	state_time(s, "start", &c->start);
	STATE(s, c->count);
	STATE(s, c->latched);
	STATE(s, c->status);
	STATE(s, c->mode);
	STATE(s, c->access);
	STATE(s, c->write_low);
	STATE(s, c->write_high);
	STATE(s, c->read_high);
	STATE(s, c->count_latched);
	STATE(s, c->status_latched);
	STATE(s, c->bcd);
	STATE(s, c->gate);
	STATE(s, c->loaded);
	if (!c->count || c->count > 65536 || c->mode > 5 || !c->access || c->access > 3)
		s->failed = true;
}

/**
 * pit_state() - all counters, see state.h
 * @s: where to or from
 * @vm: the machine
 * @dev: none
 */
void pit_state(struct state *s, struct vmm *vm, void *dev)
{
	unsigned int n;

	(void)dev;
	STATE(s, vm->pit.port61);
	state_time(s, "next", &vm->pit.next);
	for (n = 0; n < ARRAY_SIZE(vm->pit.channel); n++)
		channel_state(s, &vm->pit.channel[n], n);
}

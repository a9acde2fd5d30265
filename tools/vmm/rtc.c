// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MC146818 real-time clock. It shows the host's UTC plus an offset that the
 * guest makes by setting it; its update, alarm and periodic interrupts exist.
 */
#include <string.h>

#include "state.h"
#include "vmm.h"

#define REG_A		10
#define REG_B		11
#define REG_C		12
#define REG_D		13
#define REG_CENTURY	0x32

#define A_DIVIDER_32K	0x20
#define A_RATE		0x0f
#define B_SET		0x80
#define B_PIE		0x40
#define B_AIE		0x20
#define B_UIE		0x10
#define B_BINARY	0x04
#define B_24H		0x02
#define C_IRQF		0x80
#define C_PF		0x40
#define C_AF		0x20
#define C_UF		0x10
#define D_VALID		0x80

#define OFFSET_MAX	1000000000000ll	/* seconds: no guest can say a year so far away */

#define ANY_HOUR	0xc0	/* an alarm byte with both bits set matches all */

static u8 encode(const struct rtc *rtc, int value)
{
	if (rtc->cmos[REG_B] & B_BINARY)
		return value;
	value = (unsigned int)value % 100;
	return value / 10 << 4 | value % 10;
}

static int decode(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[REG_B] & B_BINARY)
		return value;
	return (value >> 4) * 10 + (value & 15);
}

static u8 encode_hour(const struct rtc *rtc, int hour)
{
	if (rtc->cmos[REG_B] & B_24H)
		return encode(rtc, hour);
	return encode(rtc, (hour + 11) % 12 + 1) | (hour >= 12 ? 0x80 : 0);
}

static int decode_hour(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[REG_B] & B_24H)
		return decode(rtc, value);
	return decode(rtc, value & 0x7f) % 12 + (value & 0x80 ? 12 : 0);
}

/* Bring the ten time bytes up to now, unless the guest is setting them */
static void show_time(struct rtc *rtc)
{
	time_t now = time(NULL) + rtc->offset;
	struct tm tm;

	if (rtc->cmos[REG_B] & B_SET)
		return;
	gmtime_r(&now, &tm);
	rtc->cmos[0] = encode(rtc, tm.tm_sec);
	rtc->cmos[2] = encode(rtc, tm.tm_min);
	rtc->cmos[4] = encode_hour(rtc, tm.tm_hour);
	rtc->cmos[6] = tm.tm_wday + 1;
	rtc->cmos[7] = encode(rtc, tm.tm_mday);
	rtc->cmos[8] = encode(rtc, tm.tm_mon + 1);
	rtc->cmos[9] = encode(rtc, tm.tm_year % 100);
	rtc->cmos[REG_CENTURY] = encode(rtc, 19 + tm.tm_year / 100);
}

static void take_time(struct rtc *rtc)
{
	struct tm tm = {
		.tm_sec = decode(rtc, rtc->cmos[0]),
		.tm_min = decode(rtc, rtc->cmos[2]),
		.tm_hour = decode_hour(rtc, rtc->cmos[4]),
		.tm_mday = decode(rtc, rtc->cmos[7]),
		.tm_mon = decode(rtc, rtc->cmos[8]) - 1,
		.tm_year = decode(rtc, rtc->cmos[9]) - 1900 +
			   100 * decode(rtc, rtc->cmos[REG_CENTURY]),
	};

	rtc->offset = timegm(&tm) - time(NULL);
}

static u64 period(const struct rtc *rtc)
{
	unsigned int rate = rtc->cmos[REG_A] & A_RATE;

	if (!rate || !(rtc->cmos[REG_B] & B_PIE))
		return 0;
	if (rate < 3)		/* the two slots that the 32 kHz crystal reuses */
		rate += 7;
	return NSEC_PER_SEC * (1 << (rate - 1)) / 32768;
}

static bool alarm_matches(const struct rtc *rtc)
{
	unsigned int i;

	for (i = 0; i < 6; i += 2)
		if ((rtc->cmos[i + 1] & ANY_HOUR) != ANY_HOUR &&
		    rtc->cmos[i + 1] != rtc->cmos[i])
			return false;
	return true;
}

static void raise_flags(struct vmm *vm, u8 flags)
{
	struct rtc *rtc = &vm->rtc;

	rtc->cmos[REG_C] |= flags;
	/* Enables of B and flags of C stand at the same bits */
	if (rtc->cmos[REG_C] & rtc->cmos[REG_B] & (C_PF | C_AF | C_UF)) {
		rtc->cmos[REG_C] |= C_IRQF;
		pic_set(&vm->pic, IRQ_RTC, true);
	}
}

/* Registers A or B were written: which deadlines are there now? */
static void replan(struct vmm *vm)
{
	struct rtc *rtc = &vm->rtc;
	u64 now = event_now(), step = period(rtc);
	struct timespec ts;

	rtc->next_periodic = step ? now + step : NEVER;
	rtc->next_second = NEVER;
	if (rtc->cmos[REG_B] & (B_AIE | B_UIE) && !(rtc->cmos[REG_B] & B_SET)) {
		clock_gettime(CLOCK_REALTIME, &ts);
		rtc->next_second = now + NSEC_PER_SEC - ts.tv_nsec;
	}
	event_rearm(vm, rtc->next_second);
	event_rearm(vm, rtc->next_periodic);
}

/**
 * rtc_event() - raise the clock's interrupts that are due
 * @vm: the machine
 * @now: event_now()
 * Return: when to come again
 */
u64 rtc_event(struct vmm *vm, u64 now)
{
	struct rtc *rtc = &vm->rtc;

	if (now >= rtc->next_periodic) {
		raise_flags(vm, C_PF);
		rtc->next_periodic = now + period(rtc);
	}
	if (now >= rtc->next_second) {
		show_time(rtc);
		raise_flags(vm, alarm_matches(rtc) ? C_UF | C_AF : C_UF);
		rtc->next_second += NSEC_PER_SEC;
	}
	return rtc->next_second < rtc->next_periodic ? rtc->next_second : rtc->next_periodic;
}

/**
 * rtc_in() - a read of 0x70 or 0x71
 * @vm: the machine
 * @port: which
 * Return: the register selected
 */
u8 rtc_in(struct vmm *vm, u16 port)
{
	struct rtc *rtc = &vm->rtc;
	u8 value;

	if (!(port & 1))
		return 0xff;
	if (rtc->index < REG_A || rtc->index == REG_CENTURY)
		show_time(rtc);
	value = rtc->cmos[rtc->index];
	if (rtc->index == REG_C) {
		rtc->cmos[REG_C] = 0;
		pic_set(&vm->pic, IRQ_RTC, false);
	}
	return value;
}

static void write_b(struct vmm *vm, u8 value)
{
	struct rtc *rtc = &vm->rtc;
	bool was_set = rtc->cmos[REG_B] & B_SET;

	/* Setting the time ends as SET goes away */
	if (!was_set)
		show_time(rtc);
	else if (!(value & B_SET))
		take_time(rtc);
	rtc->cmos[REG_B] = value;
	replan(vm);
}

/**
 * rtc_out() - a write to 0x70 or 0x71
 * @vm: the machine
 * @port: which
 * @value: what
 */
void rtc_out(struct vmm *vm, u16 port, u8 value)
{
	struct rtc *rtc = &vm->rtc;

	if (!(port & 1)) {
		rtc->index = value & 0x7f;
		return;
	}
	switch (rtc->index) {
	case REG_A:
		rtc->cmos[REG_A] = value & 0x7f;
		replan(vm);
		break;
	case REG_B:
		write_b(vm, value);
		break;
	case REG_C:
	case REG_D:
		break;
	default:
		rtc->cmos[rtc->index] = value;
	}
}

/**
 * rtc_init() - the state of a clock with a good battery
 * @vm: the machine
 */
void rtc_init(struct vmm *vm)
{
	struct rtc *rtc = &vm->rtc;

	memset(rtc, 0, sizeof(*rtc));
	rtc->cmos[REG_A] = A_DIVIDER_32K | 6;
	rtc->cmos[REG_B] = B_24H;
	rtc->cmos[REG_D] = D_VALID;
	rtc->next_second = NEVER;
	rtc->next_periodic = NEVER;
}

/* The battery keeps all but what interrupts (the MC146818's RESET pin) */
static void reset(struct vmm *vm)
{
	struct rtc *rtc = &vm->rtc;

	rtc->cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE);
	rtc->cmos[REG_C] = 0;
	replan(vm);
}

/**
 * rtc_state() - see state.h; the guest's clock has gone on meanwhile
 * @s: where to or from
 * @vm: the machine
 * @dev: none
 */
void rtc_state(struct state *s, struct vmm *vm, void *dev)
{
	struct rtc *r = &vm->rtc;

	(void)dev;
	if (s->reset) {
		if (s->loading)
			reset(vm);
		return;
	}
	state_bytes(s, "cmos", r->cmos, sizeof(r->cmos));
	STATE(s, r->index);
	STATE(s, r->offset);
	state_time(s, "next_second", &r->next_second);
	state_time(s, "next_periodic", &r->next_periodic);
	if (r->index >= sizeof(r->cmos) || r->offset > OFFSET_MAX || r->offset < -OFFSET_MAX)
		s->failed = true;
}

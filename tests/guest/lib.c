// SPDX-License-Identifier: GPL-2.0-only
/*
 * lib.c: traps and the report of the guests in C.
 */
#include <stdarg.h>
#include "guest.h"

struct caught caught;
void (*handler[256])(struct frame *);

extern u8 trap_entries[];
extern u64 catch_sp;
void make_idt(void);
void trap(struct frame *f);

static unsigned int tests, failures;

void set_gate(unsigned int vector, void *to, unsigned int dpl)
{
	word address = (word)to;
	u64 low = (address & 0xffff) | (u64)SEL_CODE << 16 |
		  (u64)(0x8e00 | dpl << 13) << 32 |
		  (u64)(address >> 16 & 0xffff) << 48;

	if (IS64) {
		idt[2 * vector] = low;
		idt[2 * vector + 1] = (u64)address >> 32;
	} else {
		idt[vector] = low;
	}
}

void make_idt(void)
{
	for (unsigned int i = 0; i < 256; i++)
		set_gate(i, trap_entries + 16 * i,
			 i == 3 || i == 4 || i == BACK ? 3 : 0);
}

void trap(struct frame *f)
{
	caught.cr2 = get_cr2();
	caught.dr6 = f->vector == 1 ? get_dr6() : 0;
	if (handler[f->vector]) {
		handler[f->vector](f);
		return;
	}
	caught.vector = f->vector;
	caught.error = f->error;
	caught.ip = f->ip;
	caught.cs = f->cs;
	caught.flags = f->flags;
	if (catch_sp)
		throw(f);
	print("Bail out! vector %d error %x at %x cr2 %x\n", (int)f->vector,
	      f->error, f->ip, caught.cr2);
	outb(PORT_EXIT, 99);
	for (;;)
		asm volatile("cli; hlt");
}

static void put(char c)
{
	outb(PORT_CHAR, c);
}

static void put_number(u64 value, unsigned int base)
{
	char digits[24];
	int n = 0;

	do {
		u32 digit;

		if (base == 16) {
			digit = value & 15;
			value >>= 4;
		} else {
			digit = (u32)value % 10;
			value = (u32)value / 10;
		}
		digits[n++] = "0123456789abcdef"[digit];
	} while (value);
	while (n)
		put(digits[--n]);
}

/* %s, %d (unsigned int), %x (word), %q (u64, hex) */
static void vprint(const char *format, va_list args)
{
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			for (const char *s = va_arg(args, char *); *s; s++)
				put(*s);
			break;
		case 'd':
			put_number(va_arg(args, unsigned int), 10);
			break;
		case 'x':
			put_number(va_arg(args, word), 16);
			break;
		case 'q':
			put_number(va_arg(args, u64), 16);
			break;
		default:
			put(*format);
		}
	}
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, args);
	va_end(args);
}

void ok(int good, const char *format, ...)
{
	va_list args;

	failures += !good;
	print("%sok %d - ", good ? "" : "not ", ++tests);
	va_start(args, format);
	vprint(format, args);
	va_end(args);
	put('\n');
}

void skip(const char *why, const char *name)
{
	print("ok %d - %s # SKIP %s\n", ++tests, name, why);
}

void done(void)
{
	print("1..%d\n", tests);
	outb(PORT_EXIT, failures ? 1 : 0);
	for (;;)
		asm volatile("cli; hlt");
}

void *copy(void *to, const void *from, size_t n)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return start;
}

void *fill(void *to, int byte, size_t n)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
	return start;
}

int same(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	while (n--)
		if (*x++ != *y++)
			return 0;
	return 1;
}

/* The same numbers in every run: xorshift */
u32 random32(void)
{
	static u32 x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

int on_tcg(void)
{
	u32 r[4];

	cpuid(0x40000000, 0, r);
	return r[1] == 0x54474354;
}

/* "AMD EPYC Processor", which is no product's name but that of QEMU's model */
int on_emulated_svm(void)
{
	u32 r[4];

	cpuid(0x80000002, 0, r);
	return !on_tcg() && r[1] == 0x43595045 && r[2] == 0x6f725020;
}

/* What the compiler may call by itself */
void *memcpy(void *to, const void *from, size_t n) __attribute__((alias("copy")));
void *memset(void *to, int byte, size_t n) __attribute__((alias("fill")));

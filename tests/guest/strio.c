// SPDX-License-Identifier: GPL-2.0-only
/*
 * strio.c: string I/O. A FIFO behind a port takes bytes and gives them back in
 * order; what went through must be what was sent. Runs on guestrun alone.
 */
#include "guest.h"

#define BUFFER	0x300000	/* a page boundary inside of what is tested */

static u8 *const memory = (u8 *)BUFFER;

/* how far the registers moved, and what is left of the count */
struct after {
	word si, di, cx;
};

/* SI and DI are both tied to the buffer; each instruction uses one of them */
#define STRING(name, insn)						\
static struct after name(void *at, word n, int backward)		\
{									\
	word si = (word)at, di = (word)at;				\
									\
	if (backward)							\
		asm volatile("std");					\
	asm volatile(insn "\ncld" : "+S"(si), "+D"(di), "+c"(n)		\
		     : "d"(PORT_FIFO) : "memory", "cc");		\
	return (struct after){ si - (word)at, di - (word)at, n };	\
}

STRING(rep_outsb, "rep outsb")
STRING(rep_outsw, "rep outsw")
STRING(rep_outsl, "rep outsl")
STRING(rep_insb, "rep insb")
STRING(rep_insw, "rep insw")
STRING(rep_insl, "rep insl")
STRING(one_outsb, "outsb")
STRING(one_outsw, "outsw")
STRING(one_outsl, "outsl")
STRING(one_insb, "insb")
STRING(one_insw, "insw")
STRING(one_insl, "insl")

typedef struct after string_op(void *, word, int);

static string_op *const out[2][3] = {
	{ one_outsb, one_outsw, one_outsl }, { rep_outsb, rep_outsw, rep_outsl },
};
static string_op *const in[2][3] = {
	{ one_insb, one_insw, one_insl }, { rep_insb, rep_insw, rep_insl },
};

static u8 byte(unsigned int i)
{
	return i * 31 + (i >> 8) * 7 + 1;
}

static void prepare(unsigned int from, unsigned int bytes)
{
	outl(PORT_FIFO_LEN, 0);
	for (unsigned int i = 0; i < bytes; i++)
		memory[from + i] = byte(i);
}

/* a FIFO's bytes, by single INs, are those of memory in this order */
static int fifo_has(unsigned int from, unsigned int n, unsigned int size,
		    int backward)
{
	int good = inl(PORT_FIFO_LEN) == n * size;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = from + (backward ? n - 1 - i : i) * size;

		if (size == 4)
			good &= inl(PORT_FIFO) == *(u32 *)(memory + at);
		else if (size == 2)
			good &= inw(PORT_FIFO) == *(u16 *)(memory + at);
		else
			good &= inb(PORT_FIFO) == memory[at];
	}
	return good;
}

static int after_is(const struct after *a, word si, word di)
{
	return a->si == si && a->di == di && !a->cx;
}

static void test_out(unsigned int from, unsigned int n, int log, int backward)
{
	unsigned int size = 1u << log, first = from + (backward ? (n - 1) * size : 0);
	word moved = backward ? -(word)n * size : (word)n * size;
	struct after a;

	prepare(from, n * size);
	a = out[1][log](memory + first, n, backward);
	ok(after_is(&a, moved, 0) && fifo_has(from, n, size, backward),
	   "rep outs%s, %d at %x%s", log == 0 ? "b" : log == 1 ? "w" : "l", n,
	   (word)from, backward ? ", downwards" : "");
}

static void test_in(unsigned int from, unsigned int n, int log, int backward)
{
	unsigned int size = 1u << log, first = from + (backward ? (n - 1) * size : 0);
	word moved = backward ? -(word)n * size : (word)n * size;
	struct after a;
	int good;

	outl(PORT_FIFO_LEN, 0);
	for (unsigned int i = 0; i < n; i++) {
		if (size == 4)
			outl(PORT_FIFO, byte(4 * i) | byte(4 * i + 1) << 8 |
			     byte(4 * i + 2) << 16 | (u32)byte(4 * i + 3) << 24);
		else if (size == 2)
			outw(PORT_FIFO, byte(2 * i) | byte(2 * i + 1) << 8);
		else
			outb(PORT_FIFO, byte(i));
	}
	fill(memory + from - 8, 0xee, n * size + 16);
	a = in[1][log](memory + first, n, backward);
	good = after_is(&a, 0, moved);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = from + (backward ? n - 1 - i : i) * size;

		for (unsigned int b = 0; b < size; b++)
			good &= memory[at + b] == byte(i * size + b);
	}
	good &= memory[from - 1] == 0xee && memory[from + n * size] == 0xee;
	ok(good && !inl(PORT_FIFO_LEN), "rep ins%s, %d at %x%s",
	   log == 0 ? "b" : log == 1 ? "w" : "l", n, (word)from,
	   backward ? ", downwards" : "");
}

static void test_single(int log)
{
	unsigned int size = 1u << log;
	struct after a, b;
	int good = 1;

	for (int backward = 0; backward < 2; backward++) {
		word moved = backward ? -(word)size : size;

		prepare(4090, 12);
		a = out[0][log](memory + 4094, 7, backward);
		good &= a.si == moved && !a.di && a.cx == 7;
		b = in[0][log](memory + 8190, 7, backward);
		good &= b.di == moved && !b.si && b.cx == 7;
		good &= same(memory + 4094, memory + 8190, size);
	}
	ok(good, "outs and ins without rep, %d bytes", size);
}

static void test_none(void)
{
	struct after a;

	prepare(0, 16);
	a = rep_outsb(memory, 0, 0);
	ok(!a.si && !inl(PORT_FIFO_LEN), "rep outsb of none");
	a = rep_insl(memory, 0, 0);
	ok(!a.di && memory[0] == byte(0), "rep insl of none");
}

/* the instruction's segment may be changed for OUTS */
static void test_prefix(void)
{
	word si = BUFFER;

	prepare(0, 16);
	asm volatile("fs outsl" : "+S"(si) : "d"(PORT_FIFO) : "memory");
	ok(si == BUFFER + 4 && fifo_has(0, 1, 4, 0), "fs outsl");
}

int main(void)
{
	static const unsigned int counts[] = { 1, 2, 7, 64, 1023, 2100 };
	static const unsigned int places[] = { 16, 4095, 4096 - 64 };

	for (int log = 0; log < 3; log++) {
		for (unsigned int c = 0; c < ARRAY_SIZE(counts); c++) {
			for (unsigned int p = 0; p < ARRAY_SIZE(places); p++) {
				int backward = (c + p) & 1;

				test_out(places[p], counts[c], log, backward);
				test_in(places[p], counts[c], log, !backward);
			}
		}
		test_single(log);
	}
	test_none();
	test_prefix();
	return 0;
}

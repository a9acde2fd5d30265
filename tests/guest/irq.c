// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq.c: interrupts and NMIs by every way that user space has to give them.
 * Runs on guestrun alone: the interrupts come from its port.
 */
#include "guest.h"

#define VECTOR	0x55

static volatile u32 taken, nmis;
static volatile word taken_ip, nmi_ip;

static void on_irq(struct frame *f)
{
	taken++;
	taken_ip = f->ip;
}

static void on_nmi(struct frame *f)
{
	nmis++;
	nmi_ip = f->ip;
}

static void sti(void) { asm volatile("sti" : : : "memory"); }
static void cli(void) { asm volatile("cli" : : : "memory"); }
static void nop(void) { asm volatile("nop" : : : "memory"); }

static const struct { const char *name; u32 how; } ways[] = {
	{ "inject", IRQ_REQUEST }, { "text", IRQ_TEXT }, { "packet", IRQ_PACKET },
};

static void test_open(const char *name, u32 how)
{
	int good = 1;

	taken = 0;
	sti();
	for (u32 i = 1; i <= 20; i++) {
		outl(PORT_IRQ, how | VECTOR);
		nop();
		nop();
		good &= taken == i;
	}
	cli();
	ok(good, "%s: %d interrupts with IF set", name, taken);
}

static void test_closed(const char *name, u32 how)
{
	u32 windows = inl(PORT_WINDOWS);
	int good = 1;

	taken = 0;
	for (u32 i = 1; i <= 10; i++) {
		outl(PORT_IRQ, how | VECTOR);
		for (int n = 0; n < 50; n++)
			inb(PORT_BYTES);
		good &= taken == i - 1;
		sti();
		nop();
		nop();
		good &= taken == i;
		cli();
	}
	ok(good, "%s: %d interrupts wait until IF is set", name, taken);
	windows = inl(PORT_WINDOWS) - windows;
	ok(how == IRQ_REQUEST ? windows == 10 : !windows,
	   "%s: %d irq-window exits", name, windows);
}

extern u8 shadow_end[];

/* whether the instruction after STI still runs without interrupts */
static int shadow_holds(u32 how)
{
	u32 seen = 7;

	taken = 0;
	outl(PORT_IRQ, how | VECTOR);
	asm volatile("sti\n"
		     "mov taken, %0\n"
		     ".globl shadow_end\nshadow_end:\n"
		     "nop\ncli" : "=r"(seen) : : "memory");
	return !seen && taken == 1 && taken_ip == (word)shadow_end;
}

/*
 * QEMU's VMRUN does not take up the shadow that its own exit saved, so that there an
 * interrupt of the host's in just that place lets the guest's through too: it may try again.
 */
static void test_shadow(const char *name, u32 how)
{
	int tries = on_emulated_svm() ? 10 : 1;

	while (!shadow_holds(how) && --tries)
		;
	ok(tries, "%s: STI's shadow: at %x, wanted %x", name, taken_ip, (word)shadow_end);
}

static void test_hlt(const char *name, u32 how)
{
	u32 halts = inl(PORT_HALTS);

	taken = 0;
	for (int i = 0; i < 10; i++) {
		outl(PORT_IRQ, how | VECTOR | IRQ_AT_HLT);
		asm volatile("sti; hlt; cli" : : : "memory");
	}
	ok(taken == 10 && inl(PORT_HALTS) == halts + 10,
	   "%s: HLT woken %d times", name, taken);
}

static void test_nmi(const char *name, u32 how)
{
	if (how == IRQ_REQUEST)
		return;
	nmis = 0;
	for (u32 i = 0; i < 10; i++) {
		outl(PORT_IRQ, how | IRQ_NMI);
		nop();
	}
	ok(nmis == 10, "%s: %d NMIs with IF clear", name, nmis);
}

/* an NMI that arrives in the handler of one waits for its IRET */
static volatile u32 depth, deepest;

static void on_nested(struct frame *f)
{
	(void)f;
	if (++depth > deepest)
		deepest = depth;
	if (++nmis < 5) {
		outl(PORT_IRQ, IRQ_TEXT | IRQ_NMI);
		for (int n = 0; n < 20; n++)
			inb(PORT_BYTES);
	}
	depth--;
}

static void test_nested_nmi(void)
{
	handler[2] = on_nested;
	nmis = depth = deepest = 0;
	outl(PORT_IRQ, IRQ_TEXT | IRQ_NMI);
	for (int n = 0; n < 20; n++)
		inb(PORT_BYTES);
	ok(nmis == 5 && deepest == 1, "NMIs do not nest: %d, depth %d", nmis,
	   deepest);
	handler[2] = on_nmi;
}

/* every vector finds its own entry */
static void test_vectors(void)
{
	int good = 1;

	sti();
	for (u32 v = 32; v < 256; v++) {
		handler[v] = on_irq;
		taken = 0;
		outl(PORT_IRQ, IRQ_REQUEST | v);
		nop();
		good &= taken == 1;
		if (v != VECTOR)
			handler[v] = NULL;
	}
	cli();
	ok(good, "vectors 32 to 255");
}

/* an interrupt in the middle of a REP instruction, which then goes on */
static void test_rep(void)
{
	static u8 a[4096], b[4096];
	int good = 1;

	for (unsigned int i = 0; i < sizeof(a); i++)
		a[i] = i * 7;
	taken = 0;
	sti();
	for (int i = 0; i < 10; i++) {
		fill(b, 0, sizeof(b));
		outl(PORT_IRQ, IRQ_TEXT | VECTOR);
		copy(b, a, sizeof(b));
		good &= same(a, b, sizeof(a));
	}
	cli();
	ok(good && taken == 10, "interrupts around string instructions: %d", taken);
}

int main(void)
{
	handler[VECTOR] = on_irq;
	handler[2] = on_nmi;
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *name = ways[i].name;
		u32 how = ways[i].how;

		test_open(name, how);
		test_closed(name, how);
		test_shadow(name, how);
		test_hlt(name, how);
		test_nmi(name, how);
	}
	test_nested_nmi();
	test_vectors();
	test_rep();
	return 0;
}

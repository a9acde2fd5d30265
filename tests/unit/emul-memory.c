// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directed tests: strings in batches and with faults in the middle, devices in
 * memory and at ports, locked accesses, fetching at page ends, limits.
 */
#include "emul-world.h"

static void test_fetch(void)
{
	int rc;

	/* mov %eax,(%rdi) in the last 2 bytes of a page */
	WORLD(EMUL_LONG, 0, "");
	memcpy(w.mem + 0x1ffe, "\x89\x07", 2);
	w.e.rip = 0x1ffe;
	w.regs[R_DI] = 0x3000;
	w.page[2] = P_ABSENT;
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x2000,
	    "the page after the last byte is not needed");

	WORLD(EMUL_LONG, 0, "");
	memcpy(w.mem + 0x1ffe, "\x89\x87", 2);
	w.e.rip = 0x1ffe;
	w.page[2] = P_ABSENT;
	rc = emul_run(&w.e);
	tap(fault_is(rc, EXC_PF, 0) && w.e.exc.cr2 == 0x2000,
	    "it is when the instruction goes on there");

	WORLD(EMUL_LONG, 0, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90");
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "16 bytes are too long");

	WORLD(EMUL_PROT32, 0, "\x89\x07");
	w.seg[SEG_CS].limit = W_CODE;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "code ends at the limit of CS");

	WORLD(EMUL_LONG, 0, "\x0f\x01\xc8\x90");
	tap(emul_decode(&w.e) == EMUL_OK && w.e.len == 3 && emul_run(&w.e) == EMUL_UNKNOWN,
	    "monitor: a length, and no more");

	WORLD(EMUL_LONG, 0, "\x0f\x01\xc1\x90");
	tap(emul_decode(&w.e) == EMUL_OK && w.e.len == 3 && fault_is(emul_run(&w.e), EXC_UD, 0),
	    "vmcall: a guest has no VMX");
}

static void test_batches(void)
{
	/* rep stosb */
	WORLD(EMUL_LONG, 0, "\xf3\xaa");
	w.regs[R_CX] = 2500;
	w.regs[R_DI] = 0x10000;
	tap(emul_run(&w.e) == EMUL_AGAIN && w.regs[R_CX] == 1476 && w.e.rip == W_CODE &&
	    emul_run(&w.e) == EMUL_AGAIN && w.regs[R_CX] == 452 &&
	    emul_run(&w.e) == EMUL_OK && !w.regs[R_CX] && w.regs[R_DI] == 0x10000 + 2500 &&
	    w.e.rip == W_CODE + 2 && w.fetches == 1, "rep stos goes in batches");

	WORLD(EMUL_LONG, 0, "\xf3\xaa");
	w.regs[R_CX] = 2;
	w.regs[R_DI] = 0x10000;
	w.e.rflags |= X86_EFLAGS_TF;
	tap(emul_run(&w.e) == EMUL_AGAIN && w.regs[R_CX] == 1, "with TF one by one");
}

static void test_string_fault(void)
{
	int rc;

	/* rep movsq into a page that is not there */
	WORLD(EMUL_LONG, 0, "\xf3\x48\xa5");
	w.regs[R_CX] = 10;
	w.regs[R_SI] = 0x10000;
	w.regs[R_DI] = 0x13000 - 24;
	w.page[0x13] = P_ABSENT;
	rc = emul_run(&w.e);
	tap(rc == EMUL_AGAIN && w.regs[R_CX] == 7 && w.regs[R_SI] == 0x10018 &&
	    w.regs[R_DI] == 0x13000 && w.e.rip == W_CODE, "a fault after 3 moves commits 3");
	rc = emul_run(&w.e);
	tap(fault_is(rc, EXC_PF, 2) && w.e.exc.cr2 == 0x13000 && w.regs[R_CX] == 7 &&
	    w.regs[R_SI] == 0x10018, "and is the next thing that happens");

	/* repe cmpsb; flags of the iterations before a fault are not seen */
	WORLD(EMUL_LONG, 0, "\xf3\xa6");
	w.regs[R_CX] = 10;
	w.regs[R_SI] = 0x10000;
	w.regs[R_DI] = 0x13000 - 3;
	w.page[0x13] = P_ABSENT;
	w.e.rflags |= X86_EFLAGS_CF;
	rc = emul_run(&w.e);
	tap(rc == EMUL_AGAIN && w.regs[R_CX] == 7 &&
	    w.e.rflags == (X86_EFLAGS_FIXED | X86_EFLAGS_CF),
	    "repe cmps: flags stay until it ends");

	WORLD(EMUL_PROT32, 0, "\x60");
	w.regs[R_SP] = 0x13010;
	w.page[0x12] = P_ABSENT;
	tap(fault_is(emul_run(&w.e), EXC_PF, 2) && w.regs[R_SP] == 0x13010,
	    "pusha faults as a whole");

	WORLD(EMUL_PROT32, 0, "\x61");
	w.regs[R_SP] = 0x12ff0;
	w.page[0x13] = P_ABSENT;
	put(0x12ff0, 0x1234, 4);
	tap(fault_is(emul_run(&w.e), EXC_PF, 0) && w.regs[R_SP] == 0x12ff0 && !w.regs[R_DI],
	    "popa faults as a whole");
}

static void test_device(void)
{
	int rc;

	/* mov (%rdi),%eax */
	WORLD(EMUL_LONG, 0, "\x8b\x07");
	w.regs[R_DI] = 0x20010;
	w.regs[R_AX] = ~0ULL;
	w.page[0x20] = P_DEVICE;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && !w.e.done && w.regs[R_AX] == ~0ULL && w.e.rip == W_CODE,
	    "a device read waits for user space");
	w.answered = true;
	w.answer = 0x12345678;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0x12345678 && w.fetches == 1,
	    "and is run again without a fetch");

	/* mov %ax,(%rdi) */
	WORLD(EMUL_LONG, 0, "\x66\x89\x07");
	w.regs[R_DI] = 0x20010;
	w.regs[R_AX] = 0xabcd;
	w.page[0x20] = P_DEVICE;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.e.done && w.queued == 0xabcd && w.queued_n == 2 &&
	    w.queued_la == 0x20010 && w.e.rip == W_CODE + 3, "a device write is done at its exit");

	/* lock add %eax,(%rdi) */
	WORLD(EMUL_LONG, 0, "\xf0\x01\x07");
	w.regs[R_DI] = 0x20010;
	w.regs[R_AX] = 1;
	w.page[0x20] = P_DEVICE;
	rc = emul_run(&w.e);
	w.answered = true;
	w.answer = 0xffffffff;
	tap(rc == EMUL_EXIT && !w.e.done && emul_run(&w.e) == EMUL_EXIT && w.e.done && !w.queued &&
	    w.e.rflags & X86_EFLAGS_ZF && w.e.rflags & X86_EFLAGS_CF, "read and write in one");
}

static void test_device_strings(void)
{
	int rc;

	/* rep movsb from memory to a device: an exit each, the rest later */
	WORLD(EMUL_LONG, 0, "\xf3\xa4");
	w.regs[R_CX] = 3;
	w.regs[R_SI] = 0x10000;
	w.regs[R_DI] = 0x20000;
	w.page[0x20] = P_DEVICE;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.e.done && w.regs[R_CX] == 2 && w.e.rip == W_CODE &&
	    emul_run(&w.e) == EMUL_EXIT && emul_run(&w.e) == EMUL_EXIT && w.e.done &&
	    !w.regs[R_CX] && w.e.rip == W_CODE + 2, "rep movs to a device");

	/* rep lodsb that comes to a device after two bytes */
	WORLD(EMUL_LONG, 0, "\xf3\xac");
	w.regs[R_CX] = 3;
	w.regs[R_SI] = 0x1fffe;
	w.page[0x20] = P_DEVICE;
	rc = emul_run(&w.e);
	tap(rc == EMUL_AGAIN && w.regs[R_CX] == 1 && emul_run(&w.e) == EMUL_EXIT && !w.e.done,
	    "an exit after whole iterations comes first thing the next time");

	/* movups %xmm3,(%rdi) */
	WORLD(EMUL_LONG, 0, "\x0f\x11\x1f");
	w.regs[R_DI] = 0x20000;
	w.page[0x20] = P_DEVICE;
	w.xmm[3][0] = 0x77;
	tap(emul_run(&w.e) == EMUL_EXIT && w.e.done && w.queued == 0x77 && w.queued_n == 16,
	    "16 bytes to a device");
}

static void test_lock(void)
{
	int rc;

	/* lock xadd %eax,(%rdi) */
	WORLD(EMUL_LONG, 0, "\xf0\x0f\xc1\x07");
	w.regs[R_DI] = 0x10000;
	w.regs[R_AX] = 5;
	put(0x10000, 10, 4);
	w.lose_swaps = 2;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && get(0x10000, 4) == 17 && w.regs[R_AX] == 12 && w.swaps == 3,
	    "a locked access that loses tries again");

	WORLD(EMUL_LONG, 0, "\xf0\x0f\xc1\x07");
	w.regs[R_DI] = 0x10000;
	w.regs[R_AX] = 5;
	w.lose_swaps = ~0u;
	rc = emul_run(&w.e);
	tap(rc == EMUL_AGAIN && w.regs[R_AX] == 5 && w.e.rip == W_CODE && !w.writes,
	    "for ever: it gives the guest a turn, with nothing changed");

	/* xchg %eax,(%rdi) */
	WORLD(EMUL_LONG, 0, "\x87\x07");
	w.regs[R_DI] = 0x10000;
	w.regs[R_AX] = 5;
	put(0x10000, 10, 4);
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.swaps == 1 && !w.writes && w.regs[R_AX] == 10 &&
	    get(0x10000, 4) == 5,
	    "xchg is locked without being told");

	/* add %eax,(%rdi) */
	WORLD(EMUL_LONG, 0, "\x01\x07");
	w.regs[R_DI] = 0x10000;
	tap(emul_run(&w.e) == EMUL_OK && !w.swaps && w.writes == 1, "add is not");

	/* lock cmpxchg16b (%rdi) */
	WORLD(EMUL_LONG, 0, "\xf0\x48\x0f\xc7\x0f");
	w.regs[R_DI] = 0x10000;
	w.regs[R_BX] = 7;
	w.regs[R_CX] = 8;
	w.lose_swaps = 1;
	w.regs[R_AX] = 1;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.swaps == 2 && get(0x10000, 8) == 7 && get(0x10008, 8) == 8 &&
	    w.e.rflags & X86_EFLAGS_ZF, "lock cmpxchg16b compares with what is there now");

	/* add to a page that must not be written: a write fault, though read first */
	WORLD(EMUL_LONG, 0, "\x01\x07");
	w.regs[R_DI] = 0x10000;
	w.page[0x10] = P_RO;
	tap(fault_is(emul_run(&w.e), EXC_PF, 3), "read-modify-write faults as a write");
}

static void test_ports(void)
{
	int rc;

	/* in (%dx),%al */
	WORLD(EMUL_LONG, 0, "\xec");
	w.regs[R_DX] = 0x3f8;
	w.regs[R_AX] = 0x1100;
	rc = emul_run(&w.e);
	w.answered = true;
	w.port_data[0] = 0x42;
	tap(rc == EMUL_EXIT && !w.e.done && emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0x1142,
	    "in");

	/* out %eax,$0x70 */
	WORLD(EMUL_LONG, 0, "\xe7\x70");
	w.regs[R_AX] = 0x12345678;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.e.done && w.port == 0x70 && w.port_size == 4 &&
	    w.port_data[3] == 0x12 && w.e.rip == W_CODE + 2, "out");

	/* rep insw across a page end: up to it first */
	WORLD(EMUL_LONG, 0, "\xf3\x66\x6d");
	w.regs[R_CX] = 100;
	w.regs[R_DI] = 0x10000 - 20;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && !w.e.done && w.port_count == 10, "rep ins asks up to the page end");
	w.answered = true;
	memset(w.port_data, 0x5a, sizeof(w.port_data));
	rc = emul_run(&w.e);
	tap(rc == EMUL_AGAIN && w.regs[R_CX] == 90 && w.regs[R_DI] == 0x10000 &&
	    get(0xfff8, 8) == 0x5a5a5a5a5a5a5a5a, "and stores what it got");
	w.e.io_max = 64;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.port_count == 32, "and then no more than io_max");
}

static void test_port_strings(void)
{
	int rc;

	/* nowhere to put it: the port is not touched */
	WORLD(EMUL_LONG, 0, "\xf3\x6c");
	w.regs[R_CX] = 4;
	w.regs[R_DI] = 0x10000;
	w.page[0x10] = P_ABSENT;
	tap(fault_is(emul_run(&w.e), EXC_PF, 2) && !w.ins,
	    "rep ins faults before it reads the port");

	/* rep outsb */
	WORLD(EMUL_LONG, 0, "\xf3\x6e");
	w.regs[R_CX] = 4;
	w.regs[R_SI] = 0x10000;
	memcpy(w.mem + 0x10000, "abcd", 4);
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.e.done && w.port_count == 4 && !memcmp(w.port_data, "abcd", 4) &&
	    !w.regs[R_CX] && w.e.rip == W_CODE + 2, "rep outs in one exit");

	/* std; rep outsb: one by one */
	WORLD(EMUL_LONG, 0, "\xf3\x6e");
	w.regs[R_CX] = 4;
	w.regs[R_SI] = 0x10000;
	w.e.rflags |= X86_EFLAGS_DF;
	rc = emul_run(&w.e);
	tap(rc == EMUL_EXIT && w.e.done && w.port_count == 1 && w.regs[R_CX] == 3 &&
	    w.e.rip == W_CODE, "rep outs downwards");
}

static void test_limits(void)
{
	/* mov %eax,0x10(%edi) */
	WORLD(EMUL_PROT32, 0, "\x89\x47\x10");
	w.seg[SEG_DS].limit = 0x12;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "beyond the limit of DS: #GP(0)");

	WORLD(EMUL_PROT32, 0, "\x36\x89\x47\x10");
	w.seg[SEG_SS].limit = 0x12;
	tap(fault_is(emul_run(&w.e), EXC_SS, 0), "of SS: #SS(0)");

	WORLD(EMUL_PROT32, 0, "\x89\x47\x10");
	w.seg[SEG_DS].limit = 0x13;
	tap(emul_run(&w.e) == EMUL_OK, "up to the limit");

	WORLD(EMUL_PROT32, 0, "\x89\x47\x10");
	w.seg[SEG_DS].attr = 0xc097;
	w.seg[SEG_DS].limit = 0xf;
	tap(emul_run(&w.e) == EMUL_OK, "expand-down: above the limit");
	w.e.rip = W_CODE;
	w.seg[SEG_DS].limit = 0x10;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "not at it");

	WORLD(EMUL_PROT32, 0, "\x89\x47\x10");
	w.seg[SEG_DS].attr = 0xc091;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "a read-only segment");

	WORLD(EMUL_PROT32, 0, "\x8b\x47\x10");
	w.seg[SEG_DS].attr = SEG_ATTR_UNUSABLE;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "a null segment");

	WORLD(EMUL_PROT32, 0, "\x2e\x8b\x47\x10");
	w.seg[SEG_CS].attr = 0xc099;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "reading code that is for execution only");

	WORLD(EMUL_REAL, 0, "\x89\x07");
	w.regs[R_BX] = 0xffff;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0) && !w.e.exc.has_error,
	    "a word at 0xffff in real mode");

	WORLD(EMUL_REAL, 0, "\x67\x89\x07");
	w.regs[R_DI] = 0x20000;
	w.regs[R_AX] = 0x1234;
	w.seg[SEG_DS].limit = ~0u;
	tap(emul_run(&w.e) == EMUL_OK && get(0x20000, 2) == 0x1234, "big real mode");

	WORLD(EMUL_LONG, 3, "\x89\x07");
	w.regs[R_DI] = 0x10001;
	w.e.cr0 |= X86_CR0_AM;
	w.e.rflags |= X86_EFLAGS_AC;
	tap(fault_is(emul_run(&w.e), EXC_AC, 0), "#AC");
}

int main(void)
{
	test_fetch();
	test_batches();
	test_string_fault();
	test_device();
	test_device_strings();
	test_lock();
	test_ports();
	test_port_strings();
	test_limits();
	return tap_end();
}

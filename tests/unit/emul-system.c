// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directed tests: segment loads, far transfers, interrupts in every mode, system
 * instructions and privilege.
 */
#include "emul-world.h"

static void flat_gdt(void)
{
	put_desc(0x08, 0, 0xfffff, 0xc09b);
	put_desc(0x10, 0, 0xfffff, 0xc093);
	put_desc(0x18, 0, 0xfffff, 0xc0fb);	/* for CPL 3 */
	put_desc(0x20, 0, 0xfffff, 0xc0f3);
	put_desc(0x38, 0x5000, 0x123, 0x92);	/* data, not accessed yet */
	put_desc(0x40, 0, 0xfffff, 0xc013);	/* not present */
	put_desc(0x48, 0, 0xfffff, 0xa09b);	/* 64-bit */
	put_desc(0x50, 0, 0xfffff, 0xa0fb);
	put_desc(0x58, 0, 0xfffff, 0xc099);	/* execute only */
	put_desc(0x60, 0x32000, 0x67, 0x89);	/* TSS */
	put_desc(0x70, 0x6000, 0xff, 0x82);	/* LDT */
}

static void test_segments(void)
{
	int rc;

	/* mov %ax,%ds */
	WORLD(EMUL_PROT32, 0, "\x8e\xd8");
	flat_gdt();
	w.regs[R_AX] = 0x38;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.seg[SEG_DS].base == 0x5000 && w.seg[SEG_DS].limit == 0x123 &&
	    w.seg[SEG_DS].attr == 0x93 && w.mem[0x3003d] == 0x93, "mov ds sets the accessed bit");

	WORLD(EMUL_PROT32, 0, "\x8e\xd8");
	flat_gdt();
	w.regs[R_AX] = 0x40;
	tap(fault_is(emul_run(&w.e), EXC_NP, 0x40), "not present: #NP");
	w.regs[R_AX] = 0x58;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x58), "execute-only into DS: #GP");
	w.regs[R_AX] = 0x100;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x100), "beyond the GDT: #GP");
	w.regs[R_AX] = 0x13;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x10), "RPL above DPL: #GP");
	w.regs[R_AX] = 0;
	tap(emul_run(&w.e) == EMUL_OK && w.seg[SEG_DS].attr & SEG_ATTR_UNUSABLE, "null into DS");

	/* mov %ax,%ss */
	WORLD(EMUL_PROT32, 0, "\x8e\xd0");
	flat_gdt();
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "null into SS: #GP(0)");
	w.regs[R_AX] = 0x40;
	tap(fault_is(emul_run(&w.e), EXC_SS, 0x40), "not present into SS: #SS");
	w.regs[R_AX] = 0x10;
	tap(emul_run(&w.e) == EMUL_OK && w.e.ss_shadow && w.seg[SEG_SS].selector == 0x10,
	    "mov ss blocks interrupts for one instruction");

	WORLD(EMUL_LONG, 0, "\x8e\xd0");
	tap(emul_run(&w.e) == EMUL_OK, "null into SS is fine in 64-bit mode");

	/* mov %ax,%cs */
	WORLD(EMUL_PROT32, 0, "\x8e\xc8");
	tap(fault_is(emul_run(&w.e), EXC_UD, 0), "mov cs: #UD");
}

static void test_system_segments(void)
{
	int rc;

	/* ltr %ax; lldt %ax */
	WORLD(EMUL_PROT32, 0, "\x0f\x00\xd8\x0f\x00\xd0");
	flat_gdt();
	w.regs[R_AX] = 0x60;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.seg[SEG_TR].attr == 0x8b && w.mem[0x30065] == 0x8b,
	    "ltr marks it busy");
	w.e.decoded = false;
	w.regs[R_AX] = 0x70;
	tap(emul_run(&w.e) == EMUL_OK && w.seg[SEG_LDTR].base == 0x6000, "lldt");

	/* lds (%edi),%eax with a selector in the LDT */
	WORLD(EMUL_PROT32, 0, "\xc5\x07");
	flat_gdt();
	set_seg(SEG_LDTR, 0x70, 0x30030, 0xf, 0x82);	/* GDT entries 6 and 7 */
	w.regs[R_DI] = 0x10000;
	put(0x10000, 0x000c12345678ULL, 6);
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0x12345678 &&
	    w.seg[SEG_DS].base == 0x5000, "lds through the LDT");

	/* lar, lsl, verw */
	WORLD(EMUL_PROT32, 0, "\x0f\x02\xc1\x0f\x03\xc1\x0f\x00\xe9");
	flat_gdt();
	w.regs[R_CX] = 0x10;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0xc09300 && w.e.rflags & X86_EFLAGS_ZF,
	    "lar");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0xffffffff, "lsl");
	w.e.decoded = false;
	w.regs[R_CX] = 0x08;
	tap(emul_run(&w.e) == EMUL_OK && !(w.e.rflags & X86_EFLAGS_ZF), "verw of code");
}

static void test_far(void)
{
	int rc;

	/* ljmp $8,$0x12345 */
	WORLD(EMUL_PROT32, 0, "\xea\x45\x23\x01\x00\x08\x00");
	flat_gdt();
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x12345 && w.seg[SEG_CS].selector == 8, "ljmp");

	/* the way from real to protected mode: CR0.PE is set, CS is what it was */
	WORLD(EMUL_PROT16, 0, "\x66\xea\x00\x00\x01\x00\x08\x00");
	flat_gdt();
	set_seg(SEG_CS, 0, 0, 0xffff, 0x93);
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0x10000 && w.seg[SEG_CS].attr & SEG_ATTR_DB,
	    "ljmp into protected mode");

	WORLD(EMUL_PROT32, 0, "\xea\x45\x23\x01\x00\x18\x00");
	flat_gdt();
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x18), "ljmp to other privilege: #GP");

	/* lcall *(%edi) and lret */
	WORLD(EMUL_PROT32, 0, "\xff\x1f");
	flat_gdt();
	w.regs[R_DI] = 0x10000;
	put(0x10000, 0x0008, 8);
	put(0x10000, 0x2000, 4);
	put(0x10004, 0x08, 2);
	w.mem[0x2000] = 0xcb;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0x2000 && get(0x7ffc, 4) == 8 &&
	    get(0x7ff8, 4) == W_CODE + 2, "lcall");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == W_CODE + 2 && w.regs[R_SP] == 0x8000, "lret");

	/* lret $4 to CPL 3 */
	WORLD(EMUL_PROT32, 0, "\xca\x04\x00");
	flat_gdt();
	put(0x8000, 0x3000, 4);
	put(0x8004, 0x1b, 4);
	put(0x800c, 0x9000, 4);
	put(0x8010, 0x23, 4);
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0x3000 && w.regs[R_SP] == 0x9004 &&
	    w.seg[SEG_SS].selector == 0x23 && w.seg[SEG_CS].selector == 0x1b &&
	    w.seg[SEG_DS].attr & SEG_ATTR_UNUSABLE, "lret to less privilege drops segments");

	WORLD(EMUL_PROT32, 3, "\xcb");
	flat_gdt();
	put(0x8004, 0x08, 4);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x08), "lret to more privilege: #GP");
}

static void test_real_interrupt(void)
{
	int rc;

	WORLD(EMUL_REAL, 0, "\xcf");
	w.idt = (struct hv_table){ .base = 0, .limit = 0x3ff };
	put(0x21 * 4, 0xf0001234, 4);
	set_seg(SEG_CS, 0x100, W_CODE, 0xffff, 0x93);
	w.e.rip = 0;
	w.e.rflags |= X86_EFLAGS_IF | X86_EFLAGS_CF;
	rc = emul_interrupt(&w.e, 0x21, EMUL_EV_HARDWARE, NULL);
	tap(rc == EMUL_OK && w.e.rip == 0x1234 && w.seg[SEG_CS].base == 0xf0000 &&
	    w.regs[R_SP] == 0x7ffa && get(0x7ffa, 2) == 0 && get(0x7ffc, 2) == 0x100 &&
	    get(0x7ffe, 2) == 0x203 && !(w.e.rflags & X86_EFLAGS_IF), "an interrupt in real mode");
	set_seg(SEG_CS, 0x100, W_CODE, 0xffff, 0x93);
	w.e.rip = 0;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0 && w.seg[SEG_CS].selector == 0x100 &&
	    w.regs[R_SP] == 0x8000 && w.e.rflags & X86_EFLAGS_IF, "and back");

	/* int $0x21 */
	WORLD(EMUL_REAL, 0, "\xcd\x21");
	w.idt = (struct hv_table){ .base = 0, .limit = 0x3ff };
	put(0x21 * 4, 0xf0001234, 4);
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0x1234 && get(0x7ffa, 2) == W_CODE + 2, "int n");

	WORLD(EMUL_REAL, 0, "\xcd\x21");
	w.idt.limit = 0x21 * 4;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "beyond the IVT: #GP");
}

static void test_interrupt32(void)
{
	struct hv_exception pf = { .vector = 14, .has_error = true, .error = 7 };
	int rc;

	WORLD(EMUL_PROT32, 0, "\xcf");
	flat_gdt();
	put_gate(14, 8, 0x20000, 14, 0, 0);
	w.e.rflags |= X86_EFLAGS_IF;
	rc = emul_interrupt(&w.e, 14, EMUL_EV_HARDWARE, &pf);
	tap(rc == EMUL_OK && w.e.rip == 0x20000 && w.regs[R_SP] == 0x7ff0 && get(0x7ff0, 4) == 7 &&
	    get(0x7ff4, 4) == W_CODE && get(0x7ff8, 4) == 8 && !(w.e.rflags & X86_EFLAGS_IF),
	    "an exception with its error code");

	/* from CPL 3, through the TSS, and IRET back */
	WORLD(EMUL_PROT32, 3, "\xcd\x80");
	flat_gdt();
	w.seg[SEG_CS].selector = 0x1b;
	w.seg[SEG_SS].selector = 0x23;
	put_gate(0x80, 8, 0x1800, 15, 3, 0);
	put(0x32004, 0x9000, 4);
	put(0x32008, 0x10, 2);
	w.mem[0x1800] = 0xcf;
	w.e.rflags |= X86_EFLAGS_IF;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == 0x1800 && w.regs[R_SP] == 0x9000 - 20 &&
	    get(0x8ffc, 4) == 0x23 && get(0x8ff8, 4) == 0x8000 && get(0x8ff0, 4) == 0x1b &&
	    get(0x8fec, 4) == W_CODE + 2 && w.seg[SEG_SS].selector == 0x10 &&
	    w.e.rflags & X86_EFLAGS_IF, "int 0x80 from CPL 3 through a trap gate");
	w.e.cpl = 0;
	w.e.decoded = false;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == W_CODE + 2 && w.regs[R_SP] == 0x8000 &&
	    w.seg[SEG_CS].selector == 0x1b && w.seg[SEG_SS].selector == 0x23, "iret to CPL 3");

	WORLD(EMUL_PROT32, 3, "\xcd\x80");
	flat_gdt();
	put_gate(0x80, 8, 0x1800, 15, 0, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x80 * 8 + 2), "int n through a gate for CPL 0: #GP");

	WORLD(EMUL_PROT32, 0, "");
	flat_gdt();
	put_gate(32, 8, 0x1800, 14, 0, 0);
	w.mem[0x31000 + 32 * 8 + 5] &= 0x7f;
	rc = emul_interrupt(&w.e, 32, EMUL_EV_HARDWARE, NULL);
	tap(fault_is(rc, EXC_NP, 32 * 8 + 3), "a gate that is not present: #NP with EXT");
}

static void test_vm86_interrupt(void)
{
	int rc;

	/* virtual-8086 mode */
	WORLD(EMUL_VM86, 3, "");
	flat_gdt();
	put_gate(32, 8, 0x1800, 14, 0, 0);
	put(0x32004, 0x9000, 4);
	put(0x32008, 0x10, 2);
	w.seg[SEG_GS].selector = 0x1234;
	rc = emul_interrupt(&w.e, 32, EMUL_EV_HARDWARE, NULL);
	tap(rc == EMUL_OK && w.regs[R_SP] == 0x9000 - 36 && get(0x8ffc, 4) == 0x1234 &&
	    w.seg[SEG_GS].attr & SEG_ATTR_UNUSABLE && !(w.e.rflags & X86_EFLAGS_VM),
	    "an interrupt in virtual-8086 mode");
	w.mem[0x1800] = 0xcf;
	w.e.mode = EMUL_PROT32;
	w.e.cpl = 0;
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.e.rip == W_CODE && w.e.rflags & X86_EFLAGS_VM &&
	    w.seg[SEG_GS].selector == 0x1234 && w.seg[SEG_GS].base == 0x12340 &&
	    w.seg[SEG_CS].attr == 0xf3, "and back");
}

static void test_interrupt64(void)
{
	int rc;

	WORLD(EMUL_LONG, 0, "");
	flat_gdt();
	put_gate(32, 0x48, 0x1800, 14, 0, 0);
	w.seg[SEG_CS].selector = 0x48;
	w.regs[R_SP] = 0x8008;
	rc = emul_interrupt(&w.e, 32, EMUL_EV_HARDWARE, NULL);
	tap(rc == EMUL_OK && w.regs[R_SP] == 0x8000 - 40 && get(0x7ff0, 8) == 0x8008 &&
	    get(0x7fd8, 8) == W_CODE, "64-bit: SS:RSP always, aligned to 16");
	memcpy(w.mem + 0x1800, "\x48\xcf", 2);
	rc = emul_run(&w.e);
	tap(rc == EMUL_OK && w.regs[R_SP] == 0x8008 && w.e.rip == W_CODE &&
	    w.seg[SEG_SS].selector == 0x10, "iretq");

	WORLD(EMUL_LONG, 3, "");
	flat_gdt();
	w.seg[SEG_CS].selector = 0x53;
	w.seg[SEG_SS].selector = 0x23;
	put_gate(32, 0x48, 0x1800, 14, 0, 2);
	put(0x32000 + 0x24 + 8, 0xa000, 8);
	rc = emul_interrupt(&w.e, 32, EMUL_EV_HARDWARE, NULL);
	tap(rc == EMUL_OK && w.regs[R_SP] == 0xa000 - 40 && w.seg[SEG_SS].selector == 0 &&
	    w.seg[SEG_SS].attr & SEG_ATTR_UNUSABLE && get(0x9ff8, 8) == 0x23, "IST from CPL 3");
}

static void test_flags(void)
{
	/* sti */
	WORLD(EMUL_LONG, 0, "\xfb\xfb");
	tap(emul_run(&w.e) == EMUL_OK && w.e.sti_shadow && w.e.rflags & X86_EFLAGS_IF, "sti");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && !w.e.sti_shadow, "a second one has no shadow");

	WORLD(EMUL_PROT32, 3, "\xfa");
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "cli above IOPL: #GP(0)");
	w.e.rflags |= 3 << 12;
	tap(emul_run(&w.e) == EMUL_OK, "cli with IOPL 3");

	/* popf at CPL 3 changes neither IF nor IOPL */
	WORLD(EMUL_PROT32, 3, "\x9d");
	put(0x8000, 0x3297, 4);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rflags == 0x97, "popf at CPL 3");

	WORLD(EMUL_VM86, 3, "\x9c");
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "pushf in virtual-8086 mode with IOPL 0: #GP(0)");
}

static void test_privilege(void)
{
	WORLD(EMUL_LONG, 3, "\xf4");
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "hlt at CPL 3: #GP(0)");

	WORLD(EMUL_LONG, 0, "\xf4");
	tap(emul_run(&w.e) == EMUL_EXIT && w.e.done && w.e.rip == W_CODE + 1, "hlt");

	/* in at CPL 3 with the I/O bitmap */
	WORLD(EMUL_PROT32, 3, "\xe4\x60");
	put(0x32066, 0x68, 2);
	tap(emul_run(&w.e) == EMUL_EXIT, "in that the I/O bitmap allows");
	w.mem[0x32068 + 0x60 / 8] = 1;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "and forbids");

	WORLD(EMUL_REAL, 0, "\x0f\x00\xc0");
	tap(fault_is(emul_run(&w.e), EXC_UD, 0), "sldt in real mode: #UD");
}

static void test_system(void)
{
	/* lgdt (%edi); lmsw; mov %eax,%cr0; mov %cr0,%edx */
	WORLD(EMUL_REAL, 0, "\x0f\x01\x15\x66\x0f\x01\x15\x0f\x01\xf0");
	w.regs[R_DI] = 0x2000;
	put(0x2000, 0xff, 2);
	put(0x2002, 0x81234567, 4);
	tap(emul_run(&w.e) == EMUL_OK && w.gdt.base == 0x234567 && w.gdt.limit == 0xff,
	    "lgdt has 24 bits with 16-bit operands");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && w.gdt.base == 0x81234567, "and 32 with 32-bit ones");
	w.e.decoded = false;
	w.regs[R_AX] = 1;
	tap(emul_run(&w.e) == EMUL_OK && w.cr[0] == 1, "lmsw");

	WORLD(EMUL_LONG, 0, "\x0f\x22\xc0\x0f\x20\xc2");
	w.regs[R_AX] = 0x80050033;
	tap(emul_run(&w.e) == EMUL_OK && w.cr[0] == 0x80050033, "mov to cr0");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_DX] == 0x80050033, "mov from cr0");

	/* sidt (%rdi) */
	WORLD(EMUL_LONG, 0, "\x0f\x01\x0f");
	w.regs[R_DI] = 0x2000;
	tap(emul_run(&w.e) == EMUL_OK && get(0x2000, 2) == 0xfff && get(0x2002, 8) == 0x31000,
	    "sidt");

	/* rdmsr */
	WORLD(EMUL_LONG, 0, "\x0f\x32");
	w.msr = 0x1234567890ULL;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0x34567890 && w.regs[R_DX] == 0x12,
	    "rdmsr");
	w.e.rip = W_CODE;
	w.regs[R_CX] = 0x666;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "of none: #GP(0)");

	/* wrmsr, cpuid, rdtsc */
	WORLD(EMUL_LONG, 0, "\x0f\x30");
	w.regs[R_AX] = 0xffffffff00000001ULL;
	w.regs[R_DX] = 2;
	tap(emul_run(&w.e) == EMUL_OK && w.msr == 0x200000001ULL, "wrmsr");
	WORLD(EMUL_LONG, 0, "\x0f\xa2");
	w.regs[R_AX] = 0xffffffff00000001ULL;
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 2 && w.regs[R_BX] == 0xb, "cpuid");
	WORLD(EMUL_LONG, 0, "\x0f\x31");
	tap(emul_run(&w.e) == EMUL_OK && w.regs[R_AX] == 0x55667788 && w.regs[R_DX] == 0x11223344,
	    "rdtsc");
}

/* invpcid (%rdi),%rax with a type and a descriptor */
static int invpcid(enum emul_mode mode, unsigned int cpl, u64 cr4, u64 type, u64 pcid, u64 la)
{
	WORLD(mode, cpl, "\x66\x0f\x38\x82\x07");
	w.has_invpcid = true;
	w.cr[4] = cr4;
	w.regs[R_AX] = type;
	w.regs[R_DI] = 0x2000;
	put(0x2000, pcid, 8);
	put(0x2008, la, 8);
	return emul_run(&w.e);
}

static bool invpcid_is(int rc, unsigned int type, unsigned int pcid, u64 la)
{
	return rc == EMUL_OK && w.invpcid.n == 1 && w.invpcid.type == type &&
	       w.invpcid.pcid == pcid && w.invpcid.la == la && w.e.rip == W_CODE + 5;
}

/* #GP(0), and nothing was flushed */
static bool invpcid_gp(int rc)
{
	return fault_is(rc, EXC_GP, 0) && !w.invpcid.n;
}

/* SDM 2A, INVPCID: operation and exceptions */
static void test_invpcid(void)
{
	const u64 kernel = 0xffff800000000000ULL, pcide = 1u << 17;

	tap(invpcid_is(invpcid(EMUL_LONG, 0, pcide, 0, 0xfff, kernel), 0, 0xfff, kernel),
	    "invpcid of an address");
	tap(invpcid_is(invpcid(EMUL_LONG, 0, pcide, 1, 5, ~0ULL >> 1), 1, 5, ~0ULL >> 1),
	    "of a PCID: the address does not count");
	tap(invpcid_is(invpcid(EMUL_LONG, 0, 0, 2, 5, 0), 2, 5, 0) &&
	    invpcid_is(invpcid(EMUL_LONG, 0, 0, 3, 5, 0), 3, 5, 0),
	    "of all: the PCID counts as little");
	tap(invpcid_is(invpcid(EMUL_PROT32, 0, 0, 0xabcd00000001ULL, 0, 0), 1, 0, 0),
	    "32 bits of the type outside of 64-bit mode");
	tap(invpcid_is(invpcid(EMUL_REAL, 0, 0, 2, 0, 0), 2, 0, 0), "in real mode");
	tap(invpcid_gp(invpcid(EMUL_LONG, 0, pcide, 4, 0, 0)) &&
	    invpcid_gp(invpcid(EMUL_LONG, 0, pcide, 1ULL << 32, 0, 0)), "a type above 3: #GP(0)");
	tap(invpcid_gp(invpcid(EMUL_LONG, 0, pcide, 1, 0x1000, 0)) &&
	    invpcid_gp(invpcid(EMUL_LONG, 0, pcide, 3, 1ULL << 63, 0)),
	    "more than 12 bits of PCID: #GP(0)");
	tap(invpcid_gp(invpcid(EMUL_LONG, 0, pcide, 0, 0, 1ULL << 47)),
	    "an address that is not canonical: #GP(0)");
	tap(invpcid_gp(invpcid(EMUL_LONG, 0, 0, 0, 1, 0)) &&
	    invpcid_gp(invpcid(EMUL_LONG, 0, 0, 1, 1, 0)) &&
	    invpcid_is(invpcid(EMUL_LONG, 0, 0, 1, 0, 0), 1, 0, 0),
	    "another PCID than 0 without CR4.PCIDE: #GP(0)");
	tap(invpcid_gp(invpcid(EMUL_LONG, 3, pcide, 0, 0, 0)) &&
	    invpcid_gp(invpcid(EMUL_VM86, 3, 0, 2, 0, 0)), "at CPL 3: #GP(0)");

	/* a register as descriptor, no 66, LOCK; not in CPUID */
	WORLD(EMUL_LONG, 0, "\x66\x0f\x38\x82\xc7");
	w.has_invpcid = true;
	tap(fault_is(emul_run(&w.e), EXC_UD, 0), "a register for the descriptor: #UD");
	WORLD(EMUL_LONG, 0, "\xf0\x66\x0f\x38\x82\x07");
	w.has_invpcid = true;
	tap(fault_is(emul_run(&w.e), EXC_UD, 0), "lock invpcid: #UD");
	WORLD(EMUL_LONG, 3, "\x66\x0f\x38\x82\x07");
	tap(fault_is(emul_run(&w.e), EXC_UD, 0), "not in CPUID: #UD, at CPL 3 too");
}

static void test_others(void)
{
	/* invlpg %gs:(%rdi), swapgs */
	WORLD(EMUL_LONG, 0, "\x65\x0f\x01\x3f\x0f\x01\xf8");
	w.regs[R_DI] = 0x2000;
	w.seg[SEG_GS].base = 0xffff800000000000ULL;
	w.msr = 0x5000;
	tap(emul_run(&w.e) == EMUL_OK && w.invlpg == 0xffff800000002000ULL, "invlpg");
	w.e.decoded = false;
	tap(emul_run(&w.e) == EMUL_OK && w.seg[SEG_GS].base == 0x5000 &&
	    w.msr == 0xffff800000000000ULL, "swapgs");

	/* movaps with CR0.TS */
	WORLD(EMUL_LONG, 0, "\x0f\x28\x07");
	w.e.cr0 |= X86_CR0_TS;
	tap(fault_is(emul_run(&w.e), EXC_NM, 0), "SSE with TS: #NM");

	/* bound */
	WORLD(EMUL_PROT32, 0, "\x62\x07");
	w.regs[R_DI] = 0x2000;
	w.regs[R_AX] = 5;
	put(0x2000, 5, 4);
	put(0x2004, 5, 4);
	tap(emul_run(&w.e) == EMUL_OK, "bound");
	w.e.rip = W_CODE;
	w.regs[R_AX] = 6;
	tap(fault_is(emul_run(&w.e), EXC_BR, 0), "out of bounds: #BR");
}

int main(void)
{
	test_segments();
	test_system_segments();
	test_far();
	test_real_interrupt();
	test_interrupt32();
	test_vm86_interrupt();
	test_interrupt64();
	test_flags();
	test_privilege();
	test_system();
	test_invpcid();
	test_others();
	return tap_end();
}

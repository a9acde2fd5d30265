// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directed tests: call gates (SDM 3A, 5.8) and hardware task switches (chapter 8).
 */
#include "emul-world.h"

#define OLD	0x32000u	/* the TSS of world(), selector 0x28 */
#define NEW	0x33000u	/* 0x60, 32 bits */
#define NEW16	0x34000u	/* 0x68, 16 bits */
#define GDT	0x30000u

static void put_call_gate(u16 at, u16 sel, u64 rip, u8 type, u8 dpl, u8 params)
{
	put(GDT + at, (rip & 0xffff) | (u64)sel << 16 | (u64)params << 32 |
	    (u64)(0x80 | dpl << 5 | type) << 40 | (rip >> 16 & 0xffff) << 48, 8);
}

static void gdt(void)
{
	put_desc(0x08, 0, 0xfffff, 0xc09b);
	put_desc(0x10, 0, 0xfffff, 0xc093);
	put_desc(0x18, 0, 0xfffff, 0xc0fb);	/* for CPL 3 */
	put_desc(0x20, 0, 0xfffff, 0xc0f3);
	put_desc(0x28, OLD, 0x67, 0x8b);
	put_desc(0x48, 0, 0xfffff, 0xa09b);	/* 64-bit */
	put_desc(0x60, NEW, 0x67, 0x89);
	put_desc(0x68, NEW16, 0x2b, 0x81);
	put_desc(0x70, 0x6000, 0xff, 0x82);	/* LDT */
	put(0x32004, 0x9000, 4);		/* ESP0, SS0 */
	put(0x32008, 0x10, 2);
}

static void user(void)
{
	w.seg[SEG_CS].selector = 0x1b;
	w.seg[SEG_SS].selector = 0x23;
}

/* --- call gates --------------------------------------------------------------------- */

#define LCALL_80	"\x9a\x78\x56\x34\x12\x80\x00"
#define LJMP_80		"\xea\x78\x56\x34\x12\x80\x00"

static void test_gate_same(void)
{
	WORLD(EMUL_PROT32, 0, LCALL_80);
	gdt();
	put_call_gate(0x80, 0x08, 0x12345, 12, 0, 3);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x12345 && w.regs[R_SP] == 0x7ff8 &&
	    get(0x7ff8, 4) == W_CODE + 7 && get(0x7ffc, 4) == 8,
	    "lcall through a gate, same privilege: nothing is copied");

	WORLD(EMUL_PROT32, 0, LCALL_80);
	gdt();
	put_call_gate(0x80, 0x08, 0xff2345, 4, 0, 3);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x2345 && w.regs[R_SP] == 0x7ffc &&
	    get(0x7ffc, 2) == W_CODE + 7 && get(0x7ffe, 2) == 8, "a 16-bit gate pushes words");

	WORLD(EMUL_PROT32, 0, LJMP_80);
	gdt();
	put_call_gate(0x80, 0x08, 0x12345, 12, 0, 3);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x12345 && w.regs[R_SP] == 0x8000,
	    "ljmp through a gate");

	WORLD(EMUL_LONG, 0, "\xff\x1f");	/* lcall *(%rdi) */
	gdt();
	w.regs[R_DI] = 0x2000;
	put(0x2004, 0x80, 2);
	put_call_gate(0x80, 0x48, 0x12345, 12, 0, 0);
	put(GDT + 0x88, 0x7fff, 4);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x7fff00012345 &&
	    get(0x7ff0, 8) == W_CODE + 2 && get(0x7ff8, 8) == 8, "a 64-bit gate");
	w.e.rip = W_CODE;
	put(GDT + 0x88, 0x7fff | 1ULL << 40, 8);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x80), "with a type in its upper half: #GP");
}

static void test_gate_inward(void)
{
	WORLD(EMUL_PROT32, 3, LCALL_80);
	gdt();
	user();
	put_call_gate(0x80, 0x08, 0x12345, 12, 3, 2);
	put(0x8000, 0x11111111, 4);
	put(0x8004, 0x22222222, 4);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x12345 && w.regs[R_SP] == 0x9000 - 24 &&
	    get(0x8ffc, 4) == 0x23 && get(0x8ff8, 4) == 0x8000 &&
	    get(0x8ff4, 4) == 0x22222222 && get(0x8ff0, 4) == 0x11111111 &&
	    get(0x8fec, 4) == 0x1b && get(0x8fe8, 4) == W_CODE + 7 &&
	    w.seg[SEG_CS].selector == 8 && w.seg[SEG_SS].selector == 0x10,
	    "lcall from CPL 3 through a gate takes its arguments along");

	WORLD(EMUL_PROT32, 3, LJMP_80);
	gdt();
	user();
	put_call_gate(0x80, 0x08, 0x12345, 12, 3, 2);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x08), "ljmp from CPL 3 to CPL 0: #GP");

	WORLD(EMUL_PROT32, 3, LCALL_80);
	gdt();
	user();
	put_call_gate(0x80, 0x08, 0x12345, 12, 0, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x80), "a gate for CPL 0: #GP");
	put_call_gate(0x80, 0x08, 0x12345, 12, 3, 0);
	w.mem[GDT + 0x85] &= 0x7f;
	tap(fault_is(emul_run(&w.e), EXC_NP, 0x80), "not present: #NP");
	put_call_gate(0x80, 0x10, 0x12345, 12, 3, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x10), "to data: #GP");
	put_call_gate(0x80, 0x80, 0x12345, 12, 3, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x80), "to a gate: #GP");
	put_call_gate(0x80, 0, 0x12345, 12, 3, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "to null: #GP(0)");
	put_call_gate(0x80, 0x08, 0x12345, 12, 3, 0);
	put(0x32008, 0, 2);
	tap(fault_is(emul_run(&w.e), EXC_TS, 0), "no SS0: #TS");
}

/* --- tasks ------------------------------------------------------------------------------ */

static void tss32(u32 cs, u32 eflags)
{
	static const u8 segs[] = { 0x10, 0, 0x10, 0x10, 0, 0x10 };	/* ES CS SS DS FS GS */
	unsigned int i;

	put(NEW + 0x20, 0x2000, 4);
	put(NEW + 0x24, eflags, 4);
	for (i = 0; i < 8; i++)
		put(NEW + 0x28 + 4 * i, 0x100 * i + 1, 4);
	put(NEW + 0x38, 0xa000, 4);		/* ESP */
	for (i = 0; i < 6; i++)
		put(NEW + 0x48 + 4 * i, segs[i] ? segs[i] : i == 1 ? cs : 0, 4);
	put(NEW + 0x60, 0x70, 4);
}

static bool entered(void)
{
	return w.e.rip == 0x2000 && w.regs[R_CX] == 0x101 && w.regs[R_SP] == 0xa000 &&
	       w.regs[R_DI] == 0x701 && w.seg[SEG_TR].selector == 0x60 &&
	       w.seg[SEG_TR].base == NEW && w.seg[SEG_TR].attr == 0x8b &&
	       w.seg[SEG_LDTR].base == 0x6000 && w.seg[SEG_CS].selector == 8 &&
	       w.seg[SEG_DS].selector == 0x10 && w.seg[SEG_FS].attr & SEG_ATTR_UNUSABLE &&
	       w.seg[SEG_SS].limit == ~0u && w.cr[0] & X86_CR0_TS && w.mem[GDT + 0x65] == 0x8b;
}

static void old_registers(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (i != R_SP)
			w.regs[i] = 0x11111111 * i;
}

static bool saved(u32 eip)
{
	return get(OLD + 0x20, 4) == eip && get(OLD + 0x2c, 4) == 0x11111111 &&
	       get(OLD + 0x38, 4) == 0x8000 && get(OLD + 0x44, 4) == 0x77777777 &&
	       get(OLD + 0x4c, 4) == 8 && get(OLD + 0x50, 4) == 0x10;
}

static void test_jump(void)
{
	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 0x202);
	old_registers();
	tap(emul_run(&w.e) == EMUL_OK && entered() && saved(W_CODE + 7) &&
	    w.mem[GDT + 0x2d] == 0x89 && w.e.rflags == 0x202, "ljmp to a TSS");

	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x80\x00");
	gdt();
	tss32(8, 0x202);
	old_registers();
	put_call_gate(0x80, 0x60, 0, 5, 0, 0);
	tap(emul_run(&w.e) == EMUL_OK && entered() && saved(W_CODE + 7), "ljmp to a task gate");

	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	w.mem[GDT + 0x65] = 0x8b;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0x60), "to a busy one: #GP");
	put_desc(0x60, NEW, 0x66, 0x89);
	tap(fault_is(emul_run(&w.e), EXC_TS, 0x60), "too short: #TS");
	put_desc(0x60, NEW, 0x67, 0x09);
	tap(fault_is(emul_run(&w.e), EXC_NP, 0x60) && !get(OLD + 0x20, 4),
	    "not present: #NP, and nothing was saved");
	put_desc(0x60, NEW, 0x67, 0x89);
	w.page[NEW >> 12] = P_ABSENT;
	tap(emul_run(&w.e) == EMUL_FAULT && w.e.exc.vector == EXC_PF && !w.e.late &&
	    !get(OLD + 0x20, 4) && w.e.rip == W_CODE, "a TSS that is paged out: #PF before");
}

static void test_call_and_return(void)
{
	WORLD(EMUL_PROT32, 0, "\x9a\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 0x2);
	old_registers();
	w.mem[0x2000] = 0xcf;
	w.e.rflags |= X86_EFLAGS_CF;
	tap(emul_run(&w.e) == EMUL_OK && entered() && saved(W_CODE + 7) &&
	    get(NEW, 2) == 0x28 && w.mem[GDT + 0x2d] == 0x8b &&
	    w.e.rflags == (X86_EFLAGS_NT | 2), "lcall to a TSS nests");
	w.e.decoded = false;
	w.e.cr0 = w.cr[0];
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == W_CODE + 7 && w.regs[R_DI] == 0x77777777 &&
	    w.regs[R_SP] == 0x8000 && w.seg[SEG_TR].selector == 0x28 && w.e.rflags == 3 &&
	    w.mem[GDT + 0x65] == 0x89 && w.mem[GDT + 0x2d] == 0x8b &&
	    !(get(NEW + 0x24, 4) & X86_EFLAGS_NT) && get(NEW + 0x20, 4) == 0x2001,
	    "iret with NT goes back");

	WORLD(EMUL_PROT32, 0, "\xcf");
	gdt();
	put(OLD, 0x60, 2);
	w.e.rflags |= X86_EFLAGS_NT;
	tap(fault_is(emul_run(&w.e), EXC_TS, 0x60), "iret to a task that is not busy: #TS");

	WORLD(EMUL_LONG, 0, "\xcf");
	w.e.rflags |= X86_EFLAGS_NT;
	tap(fault_is(emul_run(&w.e), EXC_GP, 0), "iret with NT in IA-32e mode: #GP(0)");
}

static void test_interrupt(void)
{
	struct hv_exception df = { .vector = 8, .has_error = true, .error = 0x55 };
	int rc;

	WORLD(EMUL_PROT32, 0, "");
	gdt();
	tss32(8, 2);
	old_registers();
	put_gate(8, 0x60, 0, 5, 0, 0);
	rc = emul_interrupt(&w.e, 8, EMUL_EV_HARDWARE, &df);
	tap(rc == EMUL_OK && w.regs[R_SP] == 0x9ffc && get(0x9ffc, 4) == 0x55 &&
	    saved(W_CODE) && get(NEW, 2) == 0x28 && w.e.rflags & X86_EFLAGS_NT,
	    "an exception through a task gate leaves its error code there");

	WORLD(EMUL_PROT32, 3, "\xcd\x08");
	gdt();
	user();
	tss32(8, 2);
	put_gate(8, 0x60, 0, 5, 0, 0);
	tap(fault_is(emul_run(&w.e), EXC_GP, 8 * 8 + 2), "int n through one for CPL 0: #GP");
	put_gate(8, 0x60, 0, 5, 3, 0);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x2000 && get(OLD + 0x20, 4) == W_CODE + 2,
	    "int n through one for CPL 3");

	WORLD(EMUL_PROT32, 0, "");
	gdt();
	put_gate(8, 0x28, 0, 5, 0, 0);
	rc = emul_interrupt(&w.e, 8, EMUL_EV_HARDWARE, &df);
	tap(fault_is(rc, EXC_GP, 0x29), "an interrupt to a busy task: #GP with EXT");
}

static void test_late(void)
{
	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(0x100, 2);
	tap(fault_is(emul_run(&w.e), EXC_TS, 0x100) && w.e.late && w.e.rip == 0x2000 &&
	    w.regs[R_CX] == 0x101 && w.seg[SEG_TR].selector == 0x60,
	    "CS beyond the GDT: #TS in the new task");

	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 2);
	put(NEW + 0x60, 0x08, 4);
	tap(fault_is(emul_run(&w.e), EXC_TS, 0x08) && w.e.late, "an LDT that is none: #TS there");

	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 2);
	put(NEW + 0x64, 1, 1);
	tap(emul_run(&w.e) == EMUL_FAULT && w.e.exc.vector == EXC_DB && w.e.late &&
	    w.dr[6] == 0x8000 && entered(), "T in the new TSS: #DB with BT");
}

static void test_formats(void)
{
	unsigned int i;

	/* to a 16-bit task */
	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x68\x00");
	gdt();
	old_registers();
	put(NEW16 + 0x0e, 0x2000, 2);
	put(NEW16 + 0x10, 0x203, 2);
	for (i = 0; i < 8; i++)
		put(NEW16 + 0x12 + 2 * i, 0x100 * i + 1, 2);
	put(NEW16 + 0x22, 0x10, 2);
	put(NEW16 + 0x24, 0x08, 2);
	put(NEW16 + 0x26, 0x10, 2);
	put(NEW16 + 0x28, 0x10, 2);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x2000 && w.e.rflags == 0x203 &&
	    (u16)w.regs[R_BP] == 0x501 && w.seg[SEG_TR].attr == 0x83 && saved(W_CODE + 7) &&
	    w.mem[GDT + 0x6d] == 0x83 && w.seg[SEG_FS].attr & SEG_ATTR_UNUSABLE,
	    "ljmp to a 16-bit TSS");

	/* into virtual-8086 mode */
	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(0x1234, 0x20202);
	tap(emul_run(&w.e) == EMUL_OK && w.seg[SEG_CS].base == 0x12340 &&
	    w.seg[SEG_CS].attr == 0xf3 && w.seg[SEG_FS].attr == 0xf3 &&
	    w.e.rflags & X86_EFLAGS_VM, "ljmp to a task in virtual-8086 mode");
}

static void test_paging(void)
{
	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 2);
	put(NEW + 0x1c, 0x7000, 4);
	w.cr[3] = 0x5000;
	w.e.cr0 |= X86_CR0_PG;
	tap(emul_run(&w.e) == EMUL_OK && w.cr[3] == 0x7000, "CR3 comes from the TSS with paging");

	WORLD(EMUL_PROT32, 0, "\xea\0\0\0\0\x60\x00");
	gdt();
	tss32(8, 2);
	put(NEW + 0x1c, 0x7000, 4);
	w.cr[3] = 0x5000;
	tap(emul_run(&w.e) == EMUL_OK && w.cr[3] == 0x5000, "and only then");
}

static void test_x87(void)
{
	WORLD(EMUL_REAL, 0, "\xdb\xe3");
	w.e.cr0 = X86_CR0_EM;
	tap(fault_is(emul_run(&w.e), EXC_NM, 0), "fninit with CR0.EM: #NM");
	WORLD(EMUL_REAL, 0, "\xd8\xc1");
	tap(emul_run(&w.e) == EMUL_UNKNOWN, "x87 arithmetic is not known");
	w.e.cr0 = X86_CR0_TS;
	tap(fault_is(emul_run(&w.e), EXC_NM, 0), "but #NM with CR0.TS");
	WORLD(EMUL_REAL, 0, "\x9b");
	w.e.cr0 = X86_CR0_EM;
	tap(emul_run(&w.e) == EMUL_OK, "fwait does not heed EM");
	w.e.cr0 = X86_CR0_TS | X86_CR0_MP;
	w.e.rip = W_CODE;
	tap(fault_is(emul_run(&w.e), EXC_NM, 0), "fwait with TS and MP: #NM");

	WORLD(EMUL_PROT32, 3, "\xf1");
	gdt();
	user();
	put_gate(1, 8, 0x1800, 15, 0, 0);
	tap(emul_run(&w.e) == EMUL_OK && w.e.rip == 0x1800 && get(0x8fec, 4) == W_CODE + 1,
	    "int1 does not heed the gate's DPL");
}

int main(void)
{
	test_gate_same();
	test_gate_inward();
	test_jump();
	test_call_and_return();
	test_interrupt();
	test_late();
	test_formats();
	test_paging();
	test_x87();
	return tap_end();
}

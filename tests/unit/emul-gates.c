// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments, gates and tasks in 32-bit protected mode against libunicorn: a GDT of
 * random descriptors, at every privilege. Registers, selectors, flags, TR, LDTR and all
 * of memory must agree, or both must fault, with the same vector.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>
#undef F_LOCK		/* of unistd.h */
#include "emul-world.h"

#define GDT		0x30000u
#define GDT_ENTRIES	24u
#define TSS_OLD		0x32000u
#define TSS_NEW		0x33000u	/* each 0x100 from there on */
#define STACK		0x8000u
#define STUB		0x800u		/* the LRET that leads to the test's privilege */

enum {
	S_CODE0 = 0x08, S_DATA0 = 0x10, S_CODE1 = 0x18, S_DATA1 = 0x20, S_CODE2 = 0x28,
	S_DATA2 = 0x30, S_CODE3 = 0x38, S_DATA3 = 0x40, S_TSS = 0x48, S_RANDOM = 0x50,
};

/* one instruction; what it takes: a selector in AX, in its bytes, or on the stack */
enum source { IN_AX, IN_CODE, ON_STACK, IN_MEMORY, OF_TASK };

struct insn {
	const char *name;
	const char *bytes;
	u8 len;
	u8 source;
};

#define INSN(n, b, s)	{ n, b, sizeof(b) - 1, s }

static const struct insn insns[] = {
	INSN("mov es", "\x8e\xc0", IN_AX), INSN("mov ss", "\x8e\xd0", IN_AX),
	INSN("mov ds", "\x8e\xd8", IN_AX), INSN("mov fs", "\x8e\xe0", IN_AX),
	INSN("mov gs", "\x8e\xe8", IN_AX),
	INSN("lar", "\x0f\x02\xc8", IN_AX), INSN("lsl", "\x0f\x03\xc8", IN_AX),
	INSN("lar16", "\x66\x0f\x02\xc8", IN_AX),
	INSN("verr", "\x0f\x00\xe0", IN_AX), INSN("verw", "\x0f\x00\xe8", IN_AX),
	INSN("arpl", "\x63\xc1", IN_AX), INSN("lldt", "\x0f\x00\xd0", IN_AX),
	INSN("ltr", "\x0f\x00\xd8", IN_AX), INSN("sldt", "\x0f\x00\xc1", IN_AX),
	INSN("str", "\x0f\x00\xc9", IN_AX), INSN("push ds", "\x1e", IN_AX),
	INSN("push fs", "\x0f\xa0", IN_AX), INSN("mov from ss", "\x8c\xd1", IN_AX),
	INSN("pop ds", "\x1f", ON_STACK), INSN("pop ss", "\x17", ON_STACK),
	INSN("pop fs", "\x0f\xa1", ON_STACK), INSN("pop es", "\x07", ON_STACK),
	INSN("lds", "\xc5\x0f", IN_MEMORY), INSN("lss", "\x0f\xb2\x0f", IN_MEMORY),
	INSN("lgs", "\x0f\xb5\x0f", IN_MEMORY),
	INSN("jmp far m", "\xff\x2f", IN_MEMORY), INSN("call far m", "\xff\x1f", IN_MEMORY),
	INSN("jmp far", "\xea\x00\x20\x00\x00", IN_CODE),
	INSN("call far", "\x9a\x00\x20\x00\x00", IN_CODE),
	INSN("ret far", "\xcb", ON_STACK), INSN("ret far n", "\xca\x08\x00", ON_STACK),
	INSN("iret", "\xcf", ON_STACK), INSN("iret from a task", "\xcf", OF_TASK),
};

struct gate_case {
	const struct insn *insn;
	unsigned int cpl;
	u16 sel;
};

struct state {
	bool fault;
	unsigned int vector;
	u32 regs[8], rip, rflags;
	u16 sel[6], tr, ldtr;
};

static uc_engine *uc;
static uc_context *fresh;
static u8 *uc_mem;
static struct state want, got;
static struct gate_case now;
static u8 start_mem[W_SIZE];

static const int uc_regs[8] = {
	UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
	UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI,
};

static const int uc_segs[6] = {
	UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS,
};

/* --- making one ------------------------------------------------------------------- */

static void put_raw(unsigned int sel, u64 raw)
{
	put(GDT + sel, raw, 8);
}

static u16 code_selector(void)
{
	static const u16 sels[] = { S_CODE0, S_CODE0, S_CODE1, S_CODE2, S_CODE3, S_DATA0, 0 };

	return one_in(8) ? 8 * rnd_below(GDT_ENTRIES + 1) : sels[rnd_below(ARRAY_SIZE(sels))];
}

/* a task that can be entered, mostly */
static void put_task(u32 at, bool wide)
{
	static const u16 pairs[4][2] = {
		{ S_CODE0, S_DATA0 }, { S_CODE1 | 1, S_DATA1 | 1 },
		{ S_CODE2 | 2, S_DATA2 | 2 }, { S_CODE3 | 3, S_DATA3 | 3 },
	};
	const u16 *pair = pairs[rnd_below(4)];
	unsigned int word = wide ? 4 : 2, regs = wide ? 0x28 : 0x12, segs = wide ? 0x48 : 0x22;
	unsigned int i;

	put(at, one_in(2) ? S_TSS : 8 * rnd_below(GDT_ENTRIES), word);
	put(at + (wide ? 0x20 : 0x0e), 0x2000, word);
	put(at + (wide ? 0x24 : 0x10), rnd() & (EFL_ARITH | X86_EFLAGS_NT), word);
	for (i = 0; i < 8; i++)
		put(at + regs + i * word, i == R_SP ? 0x7000 : rnd(), word);
	for (i = 0; i < (wide ? 6 : 4); i++) {
		u16 sel = i == SEG_CS ? pair[0] : i == SEG_SS ? pair[1] : S_DATA3 | 3;

		if (one_in(40))
			sel = 8 * rnd_below(GDT_ENTRIES) + rnd_below(4);
		put(at + segs + i * word, one_in(16) && i != SEG_CS ? 0 : sel, word);
	}
	put(at + (wide ? 0x60 : 0x2a), 0, word);
}

static void random_descriptor(unsigned int sel)
{
	static const u8 system[] = { 1, 9, 9, 3, 11, 4, 12, 12, 5, 2, 2 };
	unsigned int type, dpl = rnd_below(4), p = one_in(12) ? 0 : 0x80;
	u32 at = TSS_NEW + 0x100 * (sel / 8);

	if (one_in(2)) {
		/* code or data, of which the code is at 0 and long enough */
		type = rnd_below(16);
		put_desc(sel, type & 8 ? 0 : rnd_below(0x1000), one_in(4) ? 0x2fff : 0xfffff,
			 p | dpl << 5 | 0x10 | type | (one_in(4) ? 0 : 0xc000));
		return;
	}
	type = one_in(8) ? rnd_below(16) : system[rnd_below(ARRAY_SIZE(system))];
	if (type == 4 || type == 12 || type == 5) {
		u16 to = type == 5 ? 8 * rnd_below(GDT_ENTRIES) : code_selector();

		put_raw(sel, 0x2000 | (u64)to << 16 | rnd_below(5) << 32 |
			(u64)(p | dpl << 5 | type) << 40);
		return;
	}
	/* QEMU saves into the old TSS in the format of the new one: emul-tasks has those */
	if (now.insn->source >= IN_CODE && type & 1)
		type |= 8;
	put_desc(sel, at, one_in(16) ? 0x20 : type & 8 ? 0x67 : 0x2b, p | dpl << 5 | type);
	put_task(at, type & 8);
}

static void make_tables(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		put_desc(S_CODE0 + 16 * i, 0, 0xfffff, 0xc09b | i << 5);
		put_desc(S_DATA0 + 16 * i, 0, 0xfffff, 0xc093 | i << 5);
	}
	put_desc(S_TSS, TSS_OLD, 0x67, 0x8b);
	for (i = S_RANDOM; i < 8 * GDT_ENTRIES; i += 8)
		random_descriptor(i);
	for (i = 0; i < 3; i++) {		/* stacks of CPL 0 to 2 */
		put(TSS_OLD + 4 + 8 * i, 0x9000 + 0x800 * i, 4);
		put(TSS_OLD + 8 + 8 * i, one_in(20) ? S_DATA3 : (S_DATA0 + 16 * i) | i, 4);
	}
}

static u16 random_selector(void)
{
	unsigned int rpl = one_in(2) ? now.cpl : rnd_below(4);

	if (one_in(30))
		return rnd();
	if (one_in(3))
		return (8 * rnd_below(S_RANDOM / 8)) | rpl;
	return (8 * rnd_below(GDT_ENTRIES + 1)) | rpl;
}

/* [EIP] CS [EFLAGS] ESP SS, or the selector alone */
static void make_stack(u32 sp)
{
	bool iret = now.insn->bytes[0] == '\xcf';
	bool pop = now.insn->len == 1 || now.insn->bytes[0] == '\x0f';
	unsigned int rpl = now.sel & 3, drop = now.insn->bytes[0] == '\xca' ? 8 : 0;
	u32 at = sp;

	if (pop && !iret && now.insn->bytes[0] != '\xcb') {
		put(at, now.sel, 4);
		return;
	}
	put(at, 0x2000, 4);
	put(at + 4, now.sel, 4);
	at += 8;
	if (iret) {
		put(at, rnd() & (EFL_ARITH | X86_EFLAGS_DF | X86_EFLAGS_AC | X86_EFLAGS_ID |
				 X86_EFLAGS_IOPL | X86_EFLAGS_IF), 4);
		at += 4;
	}
	at += drop;
	put(at, 0x6000, 4);
	put(at + 4, one_in(10) ? random_selector() : (S_DATA0 + 16 * rpl) | rpl, 4);
}

static void make(const struct insn *insn)
{
	static const u16 data[] = { S_DATA0, S_DATA1, S_DATA2, S_DATA3 };
	unsigned int i, cpl = rnd_below(4);
	char code[16];

	now = (struct gate_case){ .insn = insn, .cpl = insn->source == OF_TASK ? 0 : cpl };
	cpl = now.cpl;
	memcpy(code, insn->bytes, insn->len);
	world(EMUL_PROT32, cpl, code, insn->len);
	now.sel = random_selector();
	make_tables();
	w.gdt.limit = 8 * GDT_ENTRIES - 1;
	for (i = 0; i < 6; i++) {
		set_seg(i, S_DATA3 | 3, 0, ~0u, 0xc0f3);
		if (i == SEG_SS)
			set_seg(i, data[cpl] | cpl, 0, ~0u, 0xc093 | cpl << 5);
		else if (i == SEG_CS)
			set_seg(i, (S_CODE0 + 16 * cpl) | cpl, 0, ~0u, 0xc09b | cpl << 5);
	}
	set_seg(SEG_TR, S_TSS, TSS_OLD, 0x67, 0x8b);
	set_seg(SEG_LDTR, 0, 0, 0, SEG_ATTR_UNUSABLE);
	for (i = 0; i < 8; i++)
		w.regs[i] = (u32)rnd();
	w.regs[R_SP] = STACK;
	w.regs[R_DI] = 0x4000;
	w.e.rflags |= rnd() & EFL_ARITH;
	if (insn->source == IN_AX)
		w.regs[R_AX] = (u32)rnd() << 16 | now.sel;
	else if (insn->source == IN_CODE)
		put(W_CODE + insn->len, now.sel, 2);
	else if (insn->source == ON_STACK)
		make_stack(STACK);
	if (insn->source == OF_TASK) {
		w.e.rflags |= X86_EFLAGS_NT;
		put(TSS_OLD, now.sel & ~3, 2);
	}
	put(0x4000, 0x2000, 4);
	put(0x4004, now.sel, 2);
	memset(w.mem + 0x2000, 0x90, 16);
	memcpy(start_mem, w.mem, W_SIZE);
}

/* --- the two of them ----------------------------------------------------------------- */

static void on_exception(uc_engine *engine, uint32_t vector, void *data)
{
	want.fault = true;
	want.vector = vector;
	uc_emu_stop(engine);
}

static u32 reg(int id)
{
	u32 v = 0;

	uc_reg_read(uc, id, &v);
	return v;
}

static void set_reg(int id, u32 v)
{
	uc_reg_write(uc, id, &v);
}

static void read_state(struct state *s)
{
	uc_x86_mmr mmr;
	unsigned int i;

	for (i = 0; i < 8; i++)
		s->regs[i] = reg(uc_regs[i]);
	for (i = 0; i < 6; i++)
		s->sel[i] = reg(uc_segs[i]);
	s->rip = reg(UC_X86_REG_EIP);
	s->rflags = reg(UC_X86_REG_EFLAGS);
	uc_reg_read(uc, UC_X86_REG_TR, &mmr);
	s->tr = mmr.selector;
	uc_reg_read(uc, UC_X86_REG_LDTR, &mmr);
	s->ldtr = mmr.selector;
}

/* privilege cannot be written: an LRET leads there */
static bool enter_privilege(void)
{
	static const u8 data_segs[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	u32 frame[4] = { W_CODE, w.seg[SEG_CS].selector, STACK, w.seg[SEG_SS].selector };
	unsigned int i;

	set_reg(UC_X86_REG_CS, S_CODE0);
	set_reg(UC_X86_REG_SS, S_DATA0);
	for (i = 0; i < ARRAY_SIZE(data_segs); i++)
		set_reg(uc_segs[data_segs[i]], S_DATA3 | 3);
	memcpy(uc_mem + STUB + 16, frame, sizeof(frame));
	uc_mem[STUB] = 0xcb;
	set_reg(UC_X86_REG_ESP, STUB + 16);
	if (now.cpl && uc_emu_start(uc, STUB, ~0u, 0, 1))
		return false;
	memcpy(uc_mem, start_mem, W_SIZE);
	return !now.cpl || reg(UC_X86_REG_EIP) == W_CODE;
}

static bool run_unicorn(void)
{
	uc_x86_mmr gdtr = { .base = GDT, .limit = w.gdt.limit };
	/* not busy: or QEMU takes it for no TSS */
	uc_x86_mmr tr = { .selector = S_TSS, .base = TSS_OLD, .limit = 0x67, .flags = 0x8900 };
	uc_err err;
	unsigned int i;

	memset(&want, 0, sizeof(want));
	uc_context_restore(uc, fresh);
	memcpy(uc_mem, start_mem, W_SIZE);
	uc_ctl_remove_cache(uc, 0, W_SIZE);
	uc_reg_write(uc, UC_X86_REG_GDTR, &gdtr);
	uc_reg_write(uc, UC_X86_REG_TR, &tr);
	if (!enter_privilege() || want.fault)
		return false;
	for (i = 0; i < 8; i++)
		set_reg(uc_regs[i], w.regs[i]);
	set_reg(UC_X86_REG_EFLAGS, w.e.rflags);
	err = uc_emu_start(uc, W_CODE, ~0u, 0, 1);
	want.fault |= err != UC_ERR_OK;
	read_state(&want);
	return true;
}

static int run_emul(void)
{
	unsigned int i;
	int rc = emul_run(&w.e);

	memset(&got, 0, sizeof(got));
	got.fault = rc == EMUL_FAULT;
	got.vector = w.e.exc.vector;
	for (i = 0; i < 8; i++)
		got.regs[i] = w.regs[i];
	for (i = 0; i < 6; i++)
		got.sel[i] = w.seg[i].selector;
	got.rip = w.e.rip;
	got.rflags = w.e.rflags;
	got.tr = w.seg[SEG_TR].selector;
	got.ldtr = w.seg[SEG_LDTR].selector;
	return rc;
}

/* QEMU leaves the accessed bit of code segments alone: emul-system looks at it */
static void mark_accessed(u8 *mem)
{
	unsigned int i;

	for (i = GDT; i < GDT + 8 * GDT_ENTRIES; i += 8)
		mem[i + 5] |= !!(mem[i + 5] & 0x10);
}

/*
 * JMP through a call gate whose code segment is not present: #NP (SDM vol. 2, JMP), but
 * QEMU says #GP.
 */
static bool gate_to_absent(void)
{
	unsigned int type = start_mem[GDT + (now.sel & 0xf8) + 5] & 0x1f;

	return !strncmp(now.insn->name, "jmp far", 7) && (type == 4 || type == 12) &&
	       want.vector == 13 && got.vector == 11;
}

/*
 * A task whose CS is conforming code of a DPL below its RPL: that is legal (SDM vol. 3,
 * table 8-1 "conforming code: DPL <= CPL"), but QEMU says #TS ("XXX: is it correct?").
 */
static bool task_in_conforming(void)
{
	const struct hv_segment *cs = &w.seg[SEG_CS];

	return want.fault && want.vector == 10 && !got.fault && (cs->attr & 4) &&
	       (cs->attr & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT < (cs->selector & 3u);
}

static const char *difference(void)
{
	unsigned int i;

	if (task_in_conforming())
		return NULL;
	if (want.fault != got.fault)
		return "fault";
	if (want.fault)
		return want.vector != got.vector && !gate_to_absent() ? "vector" : NULL;
	if (want.rip != got.rip)
		return "rip";
	if (memcmp(want.regs, got.regs, sizeof(want.regs)))
		return "register";
	/* a call gate to conforming code: QEMU's CS gets its DPL, the manual's CPL */
	for (i = 0; i < 6; i++)
		if ((want.sel[i] ^ got.sel[i]) & (i == SEG_CS ? ~3 : ~0) &&
		    (want.sel[i] | got.sel[i]) & ~3)
			return "selector";
	if (want.tr != got.tr || want.ldtr != got.ldtr)
		return "tr or ldtr";
	mark_accessed(uc_mem);
	mark_accessed(w.mem);
	if (memcmp(uc_mem, w.mem, W_SIZE))
		return "memory";
	return (want.rflags ^ got.rflags) & ~(u32)X86_EFLAGS_RF ? "flags" : NULL;
}

static void report(const char *what, int rc)
{
	unsigned int i, n = 0;
	u64 raw = 0;

	memcpy(&raw, start_mem + GDT + (now.sel & 0xf8), 8);
	printf("# %s differs: %s at CPL %u, selector %x, descriptor %016llx\n", what,
	       now.insn->name, now.cpl, now.sel, raw);
	printf("#  unicorn:  fault %d vector %u rip %x flags %x tr %x ldtr %x\n", want.fault,
	       want.vector, want.rip, want.rflags, want.tr, want.ldtr);
	printf("#  emulator: fault %d vector %u rip %x flags %x tr %x ldtr %x\n", got.fault,
	       got.vector, got.rip, got.rflags, got.tr, got.ldtr);
	printf("#   result %d error %x late %d\n", rc, w.e.exc.error, w.e.late);
	for (i = 0; i < 8; i++)
		if (want.regs[i] != got.regs[i])
			printf("#  register %u: %x, %x\n", i, want.regs[i], got.regs[i]);
	for (i = 0; i < 6; i++)
		if (want.sel[i] != got.sel[i])
			printf("#  segment %u: %x, %x\n", i, want.sel[i], got.sel[i]);
	for (i = 0; i < W_SIZE && n < 4; i++)
		if (uc_mem[i] != w.mem[i] && ++n)
			printf("#  byte %x: %02x, %02x, was %02x\n", i, uc_mem[i], w.mem[i],
			       start_mem[i]);
}

static void compare(const struct insn *insn, unsigned int cases)
{
	unsigned int compared = 0, done = 0, bad = 0, tries;
	const char *what;
	int rc;

	/* a few of them have to get through; of LTR chance lets few */
	for (tries = 0; (compared < cases || done < cases / 250) && tries < 40 * cases &&
	     bad < 3; tries++) {
		make(insn);
		if (!strcmp(insn->name, "ltr") && !(now.sel & ~3))	/* QEMU takes null */
			continue;
		if (!run_unicorn())
			continue;
		rc = run_emul();
		what = rc == EMUL_OK || rc == EMUL_FAULT ? difference() : "result";
		if (what)
			report(what, rc);
		bad += !!what;
		done += rc == EMUL_OK;
		compared++;
	}
	tap(!bad && compared >= cases && done >= cases / 250, "%s: %u cases, %u without a fault",
	    insn->name, compared, done);
}

int main(void)
{
	unsigned int i, cases = rnd_effort(1000);
	uc_hook hook;

	rnd_start();
	uc_mem = mmap(NULL, W_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (uc_open(UC_ARCH_X86, UC_MODE_32, &uc) ||
	    uc_mem_map_ptr(uc, 0, W_SIZE, UC_PROT_ALL, uc_mem)) {
		printf("Bail out! unicorn\n");
		return 1;
	}
	uc_context_alloc(uc, &fresh);
	uc_context_save(uc, fresh);
	uc_hook_add(uc, &hook, UC_HOOK_INTR, on_exception, NULL, 1, 0);
	for (i = 0; i < ARRAY_SIZE(insns); i++)
		compare(&insns[i], cases);
	return tap_end();
}

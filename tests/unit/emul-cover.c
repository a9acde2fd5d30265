// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which form of the opcode table is compared with what: the processor, libunicorn
 * in real, 32-bit protected and 64-bit mode, or directed tests alone, and why.
 */
#include "emul-test.h"

#define TRIES	20		/* chances for a case that can be compared */

static bool in_list(const char *name, const char *const *list, unsigned int n)
{
	while (n--)
		if (!strcmp(name, list[n]))
			return true;
	return false;
}

#define IN(f, list)	in_list((f)->row->name, (list), ARRAY_SIZE(list))

bool form_executed(const struct form *f)
{
	return f->row->exec != exec_unknown && f->row->exec != exec_x87 &&
	       strncmp(f->row->name, "ud", 2);
}

/* rows that user mode on Linux has not, or that change the process */
bool form_in_native(const struct form *f)
{
	static const char *const skip[] = {
		"int", "int1", "int3", "into", "iret", "ret far", "jmp far", "call far", "cpuid",
		"rdtsc", "rdtscp", "mov sreg", "pop fs", "pop gs", "push fs", "push gs", "lss",
		"lfs", "lgs", "lar", "lsl", "verr", "verw", "sldt", "str", "smsw", "sgdt", "sidt",
		"rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase", "clac", "stac", "prefetchw",
		"clwb", "clflush", "invpcid", "ud virt",
	};

	if (f->only_legacy || f->row->exec == exec_unknown || f->row->exec == exec_x87)
		return false;
	if (f->row->flags & F_NO64 && f->map == 0 && f->opcode == 0x62)		/* EVEX */
		return false;
	if (f->map == 0 && (f->opcode & 0xf0) == 0x40)				/* REX */
		return false;
	if (f->map == 0 && (f->opcode & 0xfe) == 0xc6 && f->modrm == 0x38)	/* XBEGIN, XABORT */
		return false;
	return !IN(f, skip);
}

/* rows that need more of a machine than there is, or that QEMU does otherwise */
bool form_in_unicorn(const struct form *f, enum emul_mode mode)
{
	static const char *const system[] = {
		"int", "int1", "int3", "into", "bound", "hlt", "cpuid", "rdtsc", "rdtscp",
		"mov cr", "mov dr", "in", "out", "ins", "outs", "rdmsr", "wrmsr", "lmsw", "smsw",
		"clts", "sgdt", "sidt", "lgdt", "lidt", "invlpg", "invpcid", "invd", "wbinvd",
		"sti", "cli",
		"swapgs", "clac", "stac", "rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase",
		"lldt", "ltr", "sldt", "str", "lar", "lsl", "verr", "verw", "arpl", "ud", "ud0",
		"ud virt",
		/* not in its CPU model; the comparison with the processor has them */
		"prefetchw", "prefetch", "clwb", "clflush", "popcnt", "movbe", "tzcnt", "lzcnt",
		/* it has no pending x87 exceptions */
		"fwait", "fnop", "fneni", "fndisi", "fnsetpm", "fldcw", "fnstcw", "fnstsw",
		"fnclex", "fninit",
	};
	/* without a GDT: emul-gates has them */
	static const char *const segments[] = {
		"mov sreg", "lss", "les", "lds", "lfs", "lgs", "iret", "ret far", "jmp far",
		"call far", "push es", "push cs", "push ss", "push ds", "push fs", "push gs",
		"pop es", "pop ss", "pop ds", "pop fs", "pop gs",
	};

	if (f->row->exec == exec_unknown || f->row->exec == exec_x87 || f->row->flags & F_SSE)
		return false;
	if (mode == EMUL_LONG ? f->only_legacy : f->only_long || f->row->flags & F_64)
		return false;
	if (mode == EMUL_LONG && f->map == 0 && ((f->opcode & 0xf0) == 0x40 || f->opcode == 0x62))
		return false;
	if ((f->opcode & 0xfe) == 0xf6 && f->modrm == 8)	/* TEST by its other name */
		return false;
	if (IN(f, system))
		return false;
	return mode == EMUL_REAL || !IN(f, segments);
}

/* segments, gates and tasks in 32-bit protected mode, over random tables */
bool form_in_gates(const struct form *f)
{
	static const char *const names[] = {
		"lldt", "ltr", "sldt", "str", "lar", "lsl", "verr", "verw", "arpl", "mov sreg",
		"pop es", "pop ss", "pop ds", "pop fs", "lds", "lss", "lgs", "jmp far",
		"call far", "ret far", "iret",
	};

	return !f->only_long && IN(f, names);
}

/* system instructions: their effect is in the ops, not in registers and memory */
const char *form_directed(const struct form *f)
{
	static const char *const system[] = {
		"int", "int1", "int3", "into", "hlt", "cpuid", "rdtsc", "rdtscp", "mov cr",
		"mov dr", "in", "out", "ins", "outs", "rdmsr", "wrmsr", "lmsw", "smsw", "clts",
		"sgdt", "sidt", "lgdt", "lidt", "invlpg", "invpcid", "invd", "wbinvd",
		"sti", "cli",
		"swapgs", "clac", "stac", "rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase", "bound",
	};
	static const char *const hints[] = { "prefetchw", "clwb", "clflush" };

	if (IN(f, system))
		return "system instruction";
	return IN(f, hints) ? "hint" : NULL;
}

u64 compare_form(const char *machine, const struct form *f, unsigned int cases,
		 enum verdict (*one)(const struct form *f))
{
	unsigned int compared = 0, bad = 0, tries;

	for (tries = 0; compared < cases && tries < TRIES * cases && bad < 3; tries++) {
		enum verdict v = one(f);

		compared += v != SKIPPED;
		bad += v == DIFFERS;
	}
	tap(!bad && compared >= cases, "%s: %s, %u cases", machine, form_text(f), compared);
	return compared;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user may write into the files of a VM, right or wrong.
 */
#include <stdio.h>
#include <string.h>
#include "hostile.h"

static const struct { const char *file, *format; } lines[] = {
	{ "irq", "%llu" }, { "irq", "nmi" }, { "irq", "window" },
	{ "debug", "step on" }, { "debug", "step off" }, { "debug", "break %#llx" },
	{ "debug", "clear" }, { "debug", "watch %#llx 4 w" }, { "debug", "watch %#llx 8 rw" },
	{ "memmap", "ram 0xa0000 0x10000" }, { "memmap", "none 0xa0000 0x10000" },
	{ "memmap", "rom 0xe0000 0x10000" }, { "memmap", "none 0x300000 0x100000" },
	{ "memmap", "alias 0x300000 0x100000 0" },
	{ "memmap", "alias 0x400000 0x10000 0x10000" },
	{ "ctl", "reset" }, { "ctl", "pause" }, { "ctl", "resume" }, { "ctl", "resume" },
	{ "regs", "cr3 %#llx" }, { "regs", "rip %#llx" }, { "regs", "cr0 %#llx" },
	{ "regs", "cr4 %#llx" }, { "regs", "efer %#llx" }, { "regs", "rflags %#llx" },
	{ "regs", "cs.attr %#llx" }, { "regs", "ss.attr %#llx" }, { "regs", "tr.attr %#llx" },
	{ "regs", "tr.base %#llx" }, { "regs", "gdtr.base %#llx" }, { "regs", "dr7 %#llx" },
	{ "regs", "cr8 %#llx" },
	{ "msrs", "lstar %#llx" }, { "msrs", "efer %#llx" }, { "msrs", "pat %#llx" },
	{ "msrs", "tsc %#llx" }, { "msrs", "gs_base %#llx" }, { "msrs", "sysenter_eip %#llx" },
	{ "cpuid", "0x7 0x0 %#llx 0xffffffff 0 0" },
	{ "cpuid", "0x1 0x0 %#llx 0xffffffff 0xffffffff 0xffffffff" },
	{ "cpuid", "0x80000001 0x0 %#llx 0xffffffff 0xffffffff 0xffffffff" },
	{ "cpuid", "0x80000008 0x0 %#llx 0 0 0" },
	{ "irq", "window no" }, { "irq", "pending %llu" }, { "irq", "pending none" },
	{ "irq", "nmi no" },
	{ "debug", "clear %#llx" }, { "debug", "int3 on" }, { "debug", "hold on" },
	{ "debug", "int3 off" }, { "debug", "hold off" },
	{ "events", "event exception %llu" }, { "events", "event exception 14 error %#llx" },
	{ "events", "event interrupt %llu" }, { "events", "event soft %llu length 2" },
	{ "events", "event nmi" }, { "events", "event shutdown" }, { "events", "event none" },
	{ "events", "again %llu" }, { "events", "shadow yes" }, { "events", "nmi_blocked yes" },
	{ "events", "nmi_blocked no" }, { "events", "trap yes" },
	{ "events", "pdptr cr3 0x10000 %#llx 0x11001 0 1" },
	{ "events", "pending insn rip 0x60000 gpa %#llx size 4" },
	{ "events", "pending in rip 0x60000 next 0x60001 port 0x80 size 1 count %llu" },
	{ "events", "answer gpa %#llx size 4 data 0x11223344" }, { "events", "pending none" },
};

/**
 * some_line() - a line for a file
 * @c: the chance
 * @value: for those that want one
 * @text: out, with its newline
 * @size: of @text
 *
 * Return: the name of the file.
 */
const char *some_line(struct chance *c, uint64_t value, char *text, size_t size)
{
	unsigned int n = below(c, sizeof(lines) / sizeof(*lines));

	snprintf(text, size - 1, lines[n].format, (unsigned long long)value);
	strcat(text, "\n");
	return lines[n].file;
}

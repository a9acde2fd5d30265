// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documentation/emulator.rst out of the opcode table: without arguments prints it,
 * with the file's name says whether that is up to date.
 */
#include "emul-test.h"

static const char head[] =
".. SPDX-License" "-Identifier: GPL-2.0-only\n"
"\n"
"========================\n"
"The instruction emulator\n"
"========================\n"
"\n"
"``arch/x86/emulate.c`` and ``emul-*.c`` execute one instruction from guest state to\n"
"guest state, through the accessors of ``struct emul_ops`` (``arch/x86/emulate.h``).\n"
"The opcode tables ``emul-table.c`` and ``emul-table2.c`` hold one row a form: its\n"
"operands, what is illegal, and the function that executes it.\n"
"\n"
"This file is printed from the tables: ``make -C tests/unit document``.\n"
"\n"
"What is not emulated, on purpose\n"
"================================\n"
"\n"
"- x87, MMX, AVX and SSE arithmetic; of SSE there are the moves that guests use on\n"
"  device memory.\n"
"- Task switches, call gates and task gates; IRET with NT.\n"
"- The virtual interrupt flag (CR4.VME, CR4.PVI) and 5-level paging's addresses\n"
"  (CR4.LA57): the guest's CPUID does not offer them.\n"
"- System calls by SYSCALL and SYSENTER, and CET.\n"
"\n"
"Where processors differ, it does as Intel's: near branches ignore the 0x66 prefix in\n"
"64-bit mode, and segment loads of null clear the base.\n"
"\n"
"Undefined flags\n"
"===============\n"
"\n"
"Flags that the manuals leave undefined get simple values, not those of a particular\n"
"processor; BSF and BSR of 0 leave the destination alone.\n"
"\n"
"How it is tested\n"
"================\n"
"\n"
"``tests/unit/emul-native`` runs random instances of every form that user mode may execute\n"
"on the processor itself and in the emulator, ``emul-unicorn`` those of real and 32-bit\n"
"protected mode in libunicorn; registers, memory, defined flags and exceptions must\n"
"agree. ``EMUL_SEED`` repeats a run, ``EMUL_EFFORT`` (percent) makes it longer.\n"
"``emul-memory`` and ``emul-system`` are directed tests: devices, batches, faults on the\n"
"way, segments, interrupts, privilege.\n"
"\n";

static const char covered[] =
"Covered instructions\n"
"====================\n"
"\n"
"Opcodes in hexadecimal; a prefix that selects the form stands before it, ``/n`` is the\n"
"reg field of ModRM, ``(m)`` and ``(r)`` are its memory and register forms where they\n"
"differ.\n"
"\n";

static const char lengths[] =
"\n"
"Known by their length only\n"
"==========================\n"
"\n"
"``emul_decode()`` tells where they end, ``emul_run()`` says ``EMUL_UNKNOWN``.\n"
"\n";

static struct form forms[2048];
static unsigned int count;
static bool printed[2048];
static FILE *out;

static int encoding(char *buf, const struct form *f)
{
	static const char *const maps[] = { "", "0f ", "0f 38 ", "0f 3a " };
	int n = 0;

	if (f->pfx > 1)
		n += sprintf(buf + n, "%02x ", f->pfx);
	n += sprintf(buf + n, "%s%02x", maps[f->map], f->opcode);
	if ((f->modrm_mask & 0x3f) == 0x3f)
		n += sprintf(buf + n, " %02x", f->modrm);
	else if (f->modrm_mask & 0x38)
		n += sprintf(buf + n, " /%u", f->modrm >> 3 & 7);
	if (f->modrm_mask & 0xc0 && (f->modrm_mask & 0x3f) != 0x3f)
		n += sprintf(buf + n, f->modrm & 0xc0 ? " (r)" : " (m)");
	return n;
}

/* one opcode after the other of the same name are shown as a range */
static bool follows(const struct form *a, const struct form *b)
{
	return b->opcode == a->opcode + 1 && a->map == b->map && a->pfx <= 1 && b->pfx <= 1 &&
	       !a->modrm_mask && !b->modrm_mask && !strcmp(a->row->name, b->row->name);
}

static void one_name(unsigned int i)
{
	const char *name = forms[i].row->name;
	char item[64];
	int column, n;
	unsigned int k, last;

	column = fprintf(out, "%s", name);
	column += fprintf(out, "%*s", column < 12 ? 12 - column : 1, "");
	for (k = i; k < count; k++) {
		if (printed[k] || strcmp(forms[k].row->name, name))
			continue;
		for (last = k; last + 1 < count && follows(&forms[last], &forms[last + 1]); last++)
			printed[last] = true;
		printed[last] = true;
		n = encoding(item, &forms[k]);
		if (last > k)
			n += sprintf(item + n, "-%02x", forms[last].opcode);
		if (column + n > 92)
			column = fprintf(out, "\n              ") - 1;
		column += fprintf(out, " %s,", item);
		k = last;
	}
	fseek(out, -1, SEEK_CUR);
	fprintf(out, "\n");
}

static void list(bool known)
{
	unsigned int i;

	fprintf(out, "::\n\n");
	for (i = 0; i < count; i++) {
		if (printed[i] || (forms[i].row->exec != exec_unknown) != known ||
		    !strncmp(forms[i].row->name, "ud", 2))
			continue;
		fprintf(out, "  ");
		one_name(i);
	}
}

static void document(void)
{
	count = all_forms(forms, ARRAY_SIZE(forms));
	fputs(head, out);
	fputs(covered, out);
	list(true);
	fputs(lengths, out);
	list(false);
}

int main(int argc, char **argv)
{
	static char want[65536], have[65536];
	FILE *file;

	out = fmemopen(want, sizeof(want) - 1, "w");
	document();
	fclose(out);
	if (argc < 2) {
		fputs(want, stdout);
		return 0;
	}
	file = fopen(argv[1], "r");
	if (file) {
		if (!fread(have, 1, sizeof(have) - 1, file))
			have[0] = '\0';
		fclose(file);
	}
	tap(!strcmp(want, have), "Documentation/emulator.rst is up to date");
	return tap_end();
}

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
"- x87, MMX, AVX and SSE arithmetic; of x87 there is what probes and sets up the unit,\n"
"  of SSE there are the moves that guests use on device memory. With CR0.EM or TS the\n"
"  other x87 instructions are #NM, too; else they end the run with an internal-error\n"
"  exit at CPL 0 to 2, and are #UD at CPL 3.\n"
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
"on the processor itself and in the emulator, ``emul-unicorn`` those of real, 32-bit\n"
"protected and 64-bit mode in libunicorn; registers, memory, defined flags and exceptions\n"
"must agree, in 1000 cases of each form at least. ``emul-gates`` does so with segment\n"
"loads, far transfers, call gates and task switches, over tables of random descriptors\n"
"at every privilege. ``EMUL_SEED`` repeats a run, ``EMUL_EFFORT`` (percent) makes it\n"
"longer. ``emul-memory``, ``emul-system`` and ``emul-tasks`` are directed tests: devices,\n"
"batches, faults on the way, segments, interrupts, privilege, gates and tasks.\n"
"``emul-doc`` fails if a form is in none of these; ``make check-fuzz`` runs random bytes.\n"
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

static bool form_known(const struct form *f)
{
	return f->row->exec != exec_unknown && f->row->exec != exec_x87;
}

static void list(bool known)
{
	unsigned int i;

	fprintf(out, "::\n\n");
	for (i = 0; i < count; i++) {
		if (printed[i] || form_known(&forms[i]) != known ||
		    !strncmp(forms[i].row->name, "ud", 2))
			continue;
		fprintf(out, "  ");
		one_name(i);
	}
}

static const char map_text[] =
"\n"
"All opcodes\n"
"===========\n"
"\n"
"``E``: executed, compared with the processor or libunicorn; ``S``: executed, system\n"
"instructions that directed tests have; ``L``: known by its length; ``U``: #UD; ``P``: a\n"
"prefix or an escape to another table; ``.``: none, ``EMUL_UNKNOWN``. Of a group the\n"
"letter of its first form that has one of these, in this order.\n"
"\n";

static char letter(const struct form *f)
{
	if (!form_known(f))
		return 'L';
	if (!form_executed(f))
		return 'U';
	return form_directed(f) ? 'S' : 'E';
}

static char status(unsigned int map, unsigned int opcode)
{
	static const char order[] = "ESLU";
	static const u8 prefix[] = { 0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67,
				     0xf0, 0xf2, 0xf3 };
	const char *best = NULL, *p;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (forms[i].map != map || forms[i].opcode != opcode)
			continue;
		p = strchr(order, letter(&forms[i]));
		if (!best || p < best)
			best = p;
	}
	if (best)
		return *best;
	if (map ? opcode == 0x38 || opcode == 0x3a : !!memchr(prefix, opcode, sizeof(prefix)))
		return 'P';
	return '.';
}

static void opcode_map(unsigned int map, const char *title)
{
	unsigned int row, column;

	fprintf(out, "%s::\n\n      0 1 2 3 4 5 6 7  8 9 a b c d e f\n", title);
	for (row = 0; row < 16; row++) {
		fprintf(out, "  %x0 ", row);
		for (column = 0; column < 16; column++)
			fprintf(out, "%s%c", column == 8 ? "  " : " ",
				status(map, row * 16 + column));
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
}

/* every form that is executed is compared with something, or says why not */
static void check_cover(void)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const struct form *f = &forms[i];

		if (!form_known(f) || !form_executed(f))
			continue;
		tap(form_in_native(f) || form_in_unicorn(f, EMUL_REAL) ||
		    form_in_unicorn(f, EMUL_PROT32) || form_in_unicorn(f, EMUL_LONG) ||
		    form_in_gates(f) || form_directed(f), "%s is tested", form_text(f));
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
	fputs(map_text, out);
	opcode_map(0, "One byte");
	opcode_map(1, "Two bytes, after 0f");
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
	check_cover();
	tap(!strcmp(want, have), "Documentation/emulator.rst is up to date");
	return tap_end();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols: /proc/kallsyms on stdin to an ELF file on stdout that has these as
 * symbols of a .text that is not in the file. For gdb, where a vmlinux with debug
 * information would be too large.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX	400000

static Elf64_Sym syms[MAX];
static char names[16 << 20];
static size_t n_syms = 1, names_len = 1;
static unsigned long low = ~0ul, high;

static void add(unsigned long at, const char *name, int is_code)
{
	size_t len = strlen(name) + 1;

	if (n_syms == MAX || names_len + len > sizeof(names))
		exit(1);
	syms[n_syms++] = (Elf64_Sym){
		.st_name = names_len,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, is_code ? STT_FUNC : STT_OBJECT),
		.st_shndx = 1, .st_value = at,
	};
	memcpy(names + names_len, name, len);
	names_len += len;
	low = at < low ? at : low;
	high = at > high ? at : high;
}

static void write_elf(void)
{
	static const char strings[] = "\0.text\0.symtab\0.strtab\0.shstrtab";
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
		.e_shoff = sizeof(e), .e_ehsize = sizeof(e), .e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 5, .e_shstrndx = 4,
	};
	size_t at = sizeof(e) + 5 * sizeof(Elf64_Shdr), size = n_syms * sizeof(*syms);
	Elf64_Shdr s[5] = {
		[1] = { 1, SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, low, at, high - low + 4096,
			0, 0, 16, 0 },
		[2] = { 7, SHT_SYMTAB, 0, 0, at, size, 3, 1, 8, sizeof(*syms) },
		[3] = { 15, SHT_STRTAB, 0, 0, at + size, names_len, 0, 0, 1, 0 },
		[4] = { 23, SHT_STRTAB, 0, 0, at + size + names_len, sizeof(strings), 0, 0, 1, 0 },
	};

	fwrite(&e, sizeof(e), 1, stdout);
	fwrite(s, sizeof(s), 1, stdout);
	fwrite(syms, sizeof(*syms), n_syms, stdout);
	fwrite(names, 1, names_len, stdout);
	fwrite(strings, sizeof(strings), 1, stdout);
}

int main(void)
{
	char line[1024], type, name[512];
	unsigned long at;

	while (fgets(line, sizeof(line), stdin))
		/* modules have a third word; theirs are elsewhere */
		if (!strchr(line, '[') && sscanf(line, "%lx %c %511s", &at, &type, name) == 3 &&
		    strchr("tTdDrRbB", type) && at >= 0xffffffff81000000)
			add(at, name, type == 't' || type == 'T');
	write_elf();
	return n_syms < 2 || fflush(stdout) ? 1 : 0;
}

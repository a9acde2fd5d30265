// SPDX-License-Identifier: GPL-2.0-only
/* ELF files, of 32 and 64 bits: segments into guest memory, and notes. */
#include <elf.h>
#include <stdio.h>

#include "boot.h"
#include "vmm.h"

static bool is_64(const struct elf_image *elf)
{
	return elf->file[EI_CLASS] == ELFCLASS64;
}

static bool inside(const struct elf_image *elf, u64 offset, u64 size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

static unsigned int nr_headers(const struct elf_image *elf)
{
	return is_64(elf) ? ((const Elf64_Ehdr *)elf->file)->e_phnum :
			    ((const Elf32_Ehdr *)elf->file)->e_phnum;
}

static u64 header_offset(const struct elf_image *elf)
{
	return is_64(elf) ? ((const Elf64_Ehdr *)elf->file)->e_phoff :
			    ((const Elf32_Ehdr *)elf->file)->e_phoff;
}

/* One program header, in the form of 64 bits */
static Elf64_Phdr header(const struct elf_image *elf, unsigned int i)
{
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (is_64(elf)) {
		memcpy(&wide, elf->file + header_offset(elf) + i * sizeof(wide), sizeof(wide));
		return wide;
	}
	memcpy(&narrow, elf->file + header_offset(elf) + i * sizeof(narrow), sizeof(narrow));
	return (Elf64_Phdr){
		.p_type = narrow.p_type,
		.p_offset = narrow.p_offset,
		.p_vaddr = narrow.p_vaddr,
		.p_paddr = narrow.p_paddr,
		.p_filesz = narrow.p_filesz,
		.p_memsz = narrow.p_memsz,
		.p_align = narrow.p_align,
	};
}

/**
 * elf_check() - is this an x86 program whose headers lie in the file?
 * @elf: the file: at least as long as an ELF header
 * Return: 0, or -1 with a line on stderr
 */
int elf_check(const struct elf_image *elf)
{
	const Elf32_Ehdr *common = (const Elf32_Ehdr *)elf->file;
	u64 entry_size = is_64(elf) ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (memcmp(elf->file, ELFMAG, SELFMAG))
		return boot_error(elf->path, "is no ELF file");
	if (common->e_machine != (is_64(elf) ? EM_X86_64 : EM_386) ||
	    elf->file[EI_DATA] != ELFDATA2LSB)
		return boot_error(elf->path, "is for another processor");
	if (common->e_type != ET_EXEC)
		return boot_error(elf->path, "is not an executable with fixed addresses");
	if (!inside(elf, header_offset(elf), nr_headers(elf) * entry_size))
		return boot_error(elf->path, "is cut short");
	return 0;
}

static u64 entry_of(const struct elf_image *elf)
{
	return is_64(elf) ? ((const Elf64_Ehdr *)elf->file)->e_entry :
			    ((const Elf32_Ehdr *)elf->file)->e_entry;
}

static int load_segment(struct vmm *vm, struct elf_image *elf, const Elf64_Phdr *segment)
{
	u8 *to = vmm_ram(vm, segment->p_paddr, segment->p_memsz);

	if (!inside(elf, segment->p_offset, segment->p_filesz))
		return boot_error(elf->path, "is cut short");
	if (segment->p_filesz > segment->p_memsz || segment->p_paddr >= vm->ram_low_size)
		to = NULL;
	if (!to)
		return boot_error(elf->path, "does not fit into the guest's memory");
	memcpy(to, elf->file + segment->p_offset, segment->p_filesz);
	/* The guest's memory is fresh: what follows in the segment is zero */
	if (segment->p_paddr < elf->low)
		elf->low = segment->p_paddr;
	if (segment->p_paddr + segment->p_memsz > elf->high)
		elf->high = segment->p_paddr + segment->p_memsz;
	return 0;
}

/**
 * elf_load() - put the segments where their physical addresses say
 * @vm: the machine
 * @elf: the file, from elf_check(); its addresses are set. An entry that lies in a
 *	segment's virtual addresses is made physical.
 * Return: 0, or -1 with a line on stderr
 */
int elf_load(struct vmm *vm, struct elf_image *elf)
{
	u64 entry = entry_of(elf);
	unsigned int i;

	elf->low = UINT64_MAX;
	elf->high = 0;
	elf->entry = entry;
	for (i = 0; i < nr_headers(elf); i++) {
		Elf64_Phdr segment = header(elf, i);

		if (segment.p_type != PT_LOAD || !segment.p_memsz)
			continue;
		if (load_segment(vm, elf, &segment))
			return -1;
		if (entry >= segment.p_vaddr && entry - segment.p_vaddr < segment.p_memsz)
			elf->entry = entry - segment.p_vaddr + segment.p_paddr;
	}
	return elf->high ? 0 : boot_error(elf->path, "has nothing to be loaded");
}

/* Name and contents of a note are padded to the same border */
static u64 padded(u64 size, u64 align)
{
	return (size + align - 1) & ~(align - 1);
}

static bool search_notes(const u8 *p, u64 size, u64 align, const char *name, u32 type,
			 u64 *value)
{
	Elf32_Nhdr note;
	u64 desc, next;

	for (; size >= sizeof(note); p += next, size -= next) {
		memcpy(&note, p, sizeof(note));
		desc = sizeof(note) + padded(note.n_namesz, align);
		next = desc + padded(note.n_descsz, align);
		if (next > size)
			return false;
		if (note.n_type != type || note.n_namesz != strlen(name) + 1 ||
		    memcmp(p + sizeof(note), name, note.n_namesz) || note.n_descsz < 4)
			continue;
		*value = note.n_descsz >= 8 ? get64(p + desc) : get32(p + desc);
		return true;
	}
	return false;
}

/**
 * elf_note() - look for a note whose contents are a number
 * @elf: the file, from elf_check()
 * @name: who defined it
 * @type: which of theirs
 * @value: set to the number
 * Return: whether there is one
 */
bool elf_note(const struct elf_image *elf, const char *name, u32 type, u64 *value)
{
	unsigned int i;

	for (i = 0; i < nr_headers(elf); i++) {
		Elf64_Phdr notes = header(elf, i);

		if (notes.p_type == PT_NOTE && inside(elf, notes.p_offset, notes.p_filesz) &&
		    search_notes(elf->file + notes.p_offset, notes.p_filesz,
				 notes.p_align == 8 ? 8 : 4, name, type, value))
			return true;
	}
	return false;
}

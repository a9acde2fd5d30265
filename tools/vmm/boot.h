/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loaders of the kernel formats share. */
#ifndef TOOLS_VMM_BOOT_H
#define TOOLS_VMM_BOOT_H

#include <string.h>

#include "types.h"

struct vmm;

/* One entry of the memory map, as INT 15h and the zero page have it */
struct e820_entry {
	u64 addr;
	u64 size;
	u32 type;
} __attribute__((packed));

#define E820_RAM	1
#define E820_RESERVED	2
#define E820_ENTRIES	5

#define EBDA_ADDR	0x9fc00	/* the end of what is free below 640 KiB */
#define BIOS_ADDR	0xf0000
#define HIGH_ADDR	0x100000

/**
 * struct boot_file - a file that a kernel is given besides its own
 * @path:	of the file
 * @args:	or NULL
 * @addr:	guest physical address of its first byte, once loaded
 * @size:	in bytes
 */
struct boot_file {
	const char *path, *args;
	u64 addr, size;
};

#define BOOT_FILES	32

/**
 * struct elf_image - an ELF file
 * @path:	of the file
 * @file:	its contents
 * @size:	in bytes
 * @low:	lowest guest physical address of a segment, set by elf_load()
 * @high:	end of the highest
 * @entry:	guest physical address of its entry
 */
struct elf_image {
	const char *path;
	const u8 *file;
	u64 size;
	u64 low, high;
	u64 entry;
};

/* boot.c */
int load_kernel(struct vmm *vm);
int boot_error(const char *path, const char *why);
unsigned int boot_memory_map(const struct vmm *vm, struct e820_entry map[E820_ENTRIES]);
int boot_linux_params(struct vmm *vm, char *to, u32 room);
int boot_load_files(struct vmm *vm, u64 from);
int boot_load_file(struct vmm *vm, struct boot_file *file, u64 from, u64 top);
int boot_enter(struct vmm *vm, u64 entry, u32 eax, u32 ebx, u32 esi);

/* elf.c */
int elf_check(const struct elf_image *elf);
int elf_load(struct vmm *vm, struct elf_image *elf);
bool elf_note(const struct elf_image *elf, const char *name, u32 type, u64 *value);

/* the formats */
int load_bzimage(struct vmm *vm);
bool multiboot_find(const u8 *file, u64 size, u32 *offset);
int load_multiboot(struct vmm *vm, struct elf_image *elf, u32 header);
int load_pvh(struct vmm *vm, struct elf_image *elf);

static inline u16 get16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 get64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put32(u8 *p, u32 v)
{
	memcpy(p, &v, sizeof(v));
}

#endif

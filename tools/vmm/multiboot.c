// SPDX-License-Identifier: GPL-2.0-only
/* Enters a kernel as the Multiboot Specification, version 0.6.96, has it. */
#include <stdio.h>

#include "boot.h"
#include "vmm.h"

#define SEARCH		8192	/* the header lies in so much of the file */
#define HEADER_MAGIC	0x1badb002
#define BOOT_MAGIC	0x2badb002

/* Header */
#define WANT_ALIGNED	0x0001
#define WANT_MEMORY	0x0002
#define WANT_VIDEO	0x0004
#define MUST_KNOW	0xffff
#define HAS_ADDRESSES	0x10000

/* Information */
#define GIVES_MEMORY	0x0001
#define GIVES_PARAMS	0x0004
#define GIVES_FILES	0x0008
#define GIVES_MAP	0x0040
#define GIVES_LOADER	0x0200

#define INFO_ADDR	0x10000	/* of the information, if no kernel is there */
#define INFO_MAX	0x20000
#define INFO_FILES	0x100	/* offsets in it */
#define INFO_MAP	0x400
#define INFO_STRINGS	0x800

struct header {
	u32 magic, flags, checksum;
	u32 header_addr, load_addr, load_end, bss_end, entry;	/* with HAS_ADDRESSES */
};

struct info {
	u32 flags, mem_lower, mem_upper, boot_device, params;
	u32 nr_files, files;
	u32 symbols[4];
	u32 map_size, map;
	u32 drives_size, drives, config_table, loader, apm;
};

struct info_file {
	u32 start, end, string, reserved;
};

struct info_map {
	u32 size;	/* of what follows */
	struct e820_entry entry;
} __attribute__((packed));

/* The information while it is put together */
struct builder {
	u8 *at;		/* where we see it */
	u32 addr;	/* where the guest does */
	u32 strings;	/* offset of the next string */
};

/**
 * multiboot_find() - look for the header
 * @file: the kernel
 * @size: in bytes
 * @offset: set to where it is
 * Return: whether there is one
 */
bool multiboot_find(const u8 *file, u64 size, u32 *offset)
{
	u32 at;

	for (at = 0; at + 12 <= SEARCH && at + 12 <= size; at += 4) {
		const u8 *p = file + at;

		if (get32(p) == HEADER_MAGIC && get32(p) + get32(p + 4) + get32(p + 8) == 0) {
			*offset = at;
			return true;
		}
	}
	return false;
}

/* The header itself says what goes where: for files that are not ELF */
static int load_by_header(struct vmm *vm, struct elf_image *elf, u32 offset,
			  const struct header *h)
{
	u64 before = (u64)h->header_addr - h->load_addr, size, memory;
	u8 *to;

	if (h->header_addr < h->load_addr || before > offset)
		return boot_error(elf->path, "has a multiboot header with impossible addresses");
	size = h->load_end ? (u64)h->load_end - h->load_addr : elf->size - (offset - before);
	memory = h->bss_end ? (u64)h->bss_end - h->load_addr : size;
	if (size > elf->size - (offset - before) || memory < size)
		return boot_error(elf->path, "has a multiboot header with impossible addresses");
	to = h->load_addr < vm->ram_low_size ? vmm_ram(vm, h->load_addr, memory) : NULL;
	if (!to)
		return boot_error(elf->path, "does not fit into the guest's memory");
	memcpy(to, elf->file + (offset - before), size);
	elf->low = h->load_addr;
	elf->high = h->load_addr + memory;
	elf->entry = h->entry;
	return 0;
}

static int load_image(struct vmm *vm, struct elf_image *elf, u32 offset)
{
	struct header h = { 0 };
	u64 left = elf->size - offset;

	memcpy(&h, elf->file + offset, left < sizeof(h) ? left : sizeof(h));
	if (h.flags & MUST_KNOW & ~(WANT_ALIGNED | WANT_MEMORY | WANT_VIDEO))
		return boot_error(elf->path, "wants more of a multiboot loader than there is");
	if (h.flags & HAS_ADDRESSES)
		return load_by_header(vm, elf, offset, &h);
	return elf_check(elf) ? -1 : elf_load(vm, elf);
}

/* Append "PATH ARGS"; returns its guest address, or 0 if there is no room */
static u32 add_string(struct builder *b, const char *path, const char *args)
{
	u32 room = INFO_MAX - b->strings, at = b->strings;
	int len = snprintf((char *)b->at + at, room, "%s%s%s", path, args ? " " : "",
			   args ? args : "");

	if (len < 0 || (u32)len >= room)
		return 0;
	b->strings += len + 1;
	return b->addr + at;
}

static int add_files(struct vmm *vm, struct builder *b)
{
	struct info_file *to = (struct info_file *)(b->at + INFO_FILES);
	const struct boot_file *file = vm->config->files;
	unsigned int i;

	for (i = 0; i < vm->config->nr_files; i++, file++) {
		to[i].start = file->addr;
		to[i].end = file->addr + file->size;
		to[i].string = add_string(b, file->path, file->args);
		if (!to[i].string)
			return boot_error(file->path, "has too long arguments");
	}
	return 0;
}

static u32 add_map(struct vmm *vm, struct builder *b)
{
	struct info_map *to = (struct info_map *)(b->at + INFO_MAP);
	struct e820_entry map[E820_ENTRIES];
	unsigned int i, n = boot_memory_map(vm, map);

	for (i = 0; i < n; i++) {
		to[i].size = sizeof(map[i]);
		to[i].entry = map[i];
	}
	return n * sizeof(*to);
}

static int put_info(struct vmm *vm, struct builder *b)
{
	struct info *info = (struct info *)b->at;

	*info = (struct info){
		.flags = GIVES_MEMORY | GIVES_PARAMS | GIVES_MAP | GIVES_LOADER,
		.mem_lower = EBDA_ADDR >> 10,
		.mem_upper = (vm->ram_low_size - HIGH_ADDR) >> 10,
		.params = add_string(b, vm->config->kernel, vm->config->params),
		.nr_files = vm->config->nr_files,
		.files = b->addr + INFO_FILES,
		.map = b->addr + INFO_MAP,
		.map_size = add_map(vm, b),
		.loader = add_string(b, "kvmfs", NULL),
	};
	if (info->nr_files)
		info->flags |= GIVES_FILES;
	if (!info->params || !info->loader)
		return boot_error(vm->config->kernel, "has too long parameters");
	return add_files(vm, b);
}

/**
 * load_multiboot() - load a multiboot kernel and its modules, and set the registers
 * @vm: the machine
 * @elf: the kernel's file
 * @header: offset of the multiboot header in it
 * Return: 0, or -1 with a line on stderr
 */
int load_multiboot(struct vmm *vm, struct elf_image *elf, u32 header)
{
	struct builder b = { .addr = INFO_ADDR, .strings = INFO_STRINGS };
	u64 end;

	if (load_image(vm, elf, header) || boot_load_files(vm, elf->high))
		return -1;
	if (elf->low < INFO_ADDR + INFO_MAX) {
		const struct boot_file *files = vm->config->files;
		unsigned int n = vm->config->nr_files;

		end = n ? files[n - 1].addr + files[n - 1].size : elf->high;
		b.addr = (end + 4095) & ~4095ull;
	}
	b.at = vmm_ram(vm, b.addr, INFO_MAX);
	if (!b.at)
		return boot_error(elf->path, "does not fit into the guest's memory");
	if (put_info(vm, &b))
		return -1;
	return boot_enter(vm, elf->entry, BOOT_MAGIC, b.addr, 0);
}

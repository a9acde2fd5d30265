// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enters an ELF kernel by the PVH protocol, as Xen's documentation (docs/misc/pvh.pandoc
 * and include/public/arch-x86/hvm/start_info.h) has it: an uncompressed Linux
 * (vmlinux) with CONFIG_PVH, and others.
 */
#include "boot.h"
#include "vmm.h"

#define NOTE_PHYS32_ENTRY	18

#define START_MAGIC	0x336ec578

/* Where things lie in guest memory: all where no kernel is */
#define START_ADDR	0x7000
#define FILES_ADDR	0x7100
#define MAP_ADDR	0x7800
#define PARAMS_ADDR	0x20000
#define PARAMS_MAX	0x10000
#define LOWEST_KERNEL	HIGH_ADDR

/* Version 1 */
struct start_info {
	u32 magic, version, flags, nr_files;
	u64 files, params, rsdp, map;
	u32 map_entries, reserved;
};

struct start_file {
	u64 addr, size, args, reserved;
};

struct start_map {
	u64 addr, size;
	u32 type, reserved;
};

static unsigned int put_map(struct vmm *vm)
{
	struct start_map *to = (struct start_map *)(vm->ram_low + MAP_ADDR);
	struct e820_entry map[E820_ENTRIES];
	unsigned int i, n = boot_memory_map(vm, map);

	for (i = 0; i < n; i++)
		to[i] = (struct start_map){ map[i].addr, map[i].size, map[i].type, 0 };
	return n;
}

/* To the top of low memory: what a kernel uses behind its end stays free */
static int put_files(struct vmm *vm, const struct elf_image *elf)
{
	struct start_file *to = (struct start_file *)(vm->ram_low + FILES_ADDR);
	struct boot_file *files = vm->config->files;
	u64 top = vm->ram_low_size;
	unsigned int i;

	for (i = 0; i < vm->config->nr_files; i++) {
		if (boot_load_file(vm, &files[i], elf->high, top))
			return -1;
		top = files[i].addr;
		to[i] = (struct start_file){ .addr = top, .size = files[i].size };
	}
	return 0;
}

/**
 * load_pvh() - load a kernel with a PVH entry, and set the registers
 * @vm: the machine
 * @elf: the kernel
 * Return: 0, or -1 with a line on stderr
 */
int load_pvh(struct vmm *vm, struct elf_image *elf)
{
	struct start_info *info = (struct start_info *)(vm->ram_low + START_ADDR);
	u64 entry;

	if (elf_check(elf))
		return -1;
	if (!elf_note(elf, "Xen", NOTE_PHYS32_ENTRY, &entry))
		return boot_error(elf->path, "has neither a PVH entry nor a multiboot header");
	if (elf_load(vm, elf))
		return -1;
	if (elf->low < LOWEST_KERNEL)
		return boot_error(elf->path, "wants memory below 1 MiB, which is in use");
	if (put_files(vm, elf) ||
	    boot_linux_params(vm, (char *)vm->ram_low + PARAMS_ADDR, PARAMS_MAX))
		return -1;
	*info = (struct start_info){
		.magic = START_MAGIC,
		.version = 1,
		.nr_files = vm->config->nr_files,
		.files = vm->config->nr_files ? FILES_ADDR : 0,
		.params = PARAMS_ADDR,
		.map = MAP_ADDR,
		.map_entries = put_map(vm),
	};
	return boot_enter(vm, entry, 0, START_ADDR, 0);
}

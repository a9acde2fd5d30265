// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a Linux kernel as Documentation/arch/x86/boot.rst has it and enters it
 * by the 32-bit protocol, which every bzImage since 2.6 has, i386 or x86-64.
 * The setup code in its first sectors, which wants a BIOS, is not run, unless it is
 * asked for (--real-mode).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "boot.h"
#include "vmm.h"

/* Where things lie in guest memory */
#define ZERO_PAGE	0x7000
#define PARAMS_ADDR	0x20000
#define PARAMS_MAX	0x10000

/* The setup code: its segment, and where its stack ends and its heap before that */
#define SETUP_ADDR	0x10000
#define SETUP_STACK	0xe000
#define SETUP_HEAP_END	(SETUP_STACK - 0x200)

/* Offsets in the zero page, and in the file for those from 0x1f1 on */
#define OFF_E820_ENTRIES	0x1e8
#define OFF_HEADER		0x1f1
#define OFF_SETUP_SECTS		0x1f1
#define OFF_SYSSIZE		0x1f4
#define OFF_JUMP		0x200
#define OFF_MAGIC		0x202
#define OFF_VERSION		0x206
#define OFF_LOADER		0x210
#define OFF_LOADFLAGS		0x211
#define OFF_CODE32_START	0x214
#define OFF_RAMDISK_IMAGE	0x218
#define OFF_RAMDISK_SIZE	0x21c
#define OFF_HEAP_END_PTR	0x224
#define OFF_CMD_LINE_PTR	0x228
#define OFF_INITRD_MAX		0x22c
#define OFF_RELOCATABLE		0x234
#define OFF_CMDLINE_SIZE	0x238
#define OFF_PREF_ADDRESS	0x258
#define OFF_INIT_SIZE		0x260
#define OFF_E820		0x2d0

#define LOADED_HIGH	0x01
#define CAN_USE_HEAP	0x80

/* The jump behind it says where the header ends; it may not reach into the memory map */
static size_t header_size(const u8 *setup)
{
	size_t end = OFF_MAGIC + setup[OFF_JUMP + 1];

	return (end < OFF_E820 ? end : OFF_E820) - OFF_HEADER;
}

/* Read the setup header of the file into the zero page */
static int read_header(int fd, const char *path, u8 *zero_page)
{
	u8 head[1024];

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head + OFF_MAGIC, "HdrS", 4))
		return boot_error(path, "is not a bzImage");
	if (get16(head + OFF_VERSION) < 0x0204 || !(head[OFF_LOADFLAGS] & LOADED_HIGH))
		return boot_error(path, "is too old a kernel (boot protocol below 2.04)");
	memset(zero_page, 0, 4096);
	memcpy(zero_page + OFF_HEADER, head + OFF_HEADER, header_size(head));
	if (!zero_page[OFF_SETUP_SECTS])
		zero_page[OFF_SETUP_SECTS] = 4;
	return 0;
}

static u64 choose_address(const struct vmm *vm, const u8 *zero_page)
{
	u64 preferred;

	if (get16(zero_page + OFF_VERSION) < 0x020a || !zero_page[OFF_RELOCATABLE])
		return HIGH_ADDR;
	preferred = get64(zero_page + OFF_PREF_ADDRESS);
	if (preferred < HIGH_ADDR ||
	    preferred + get32(zero_page + OFF_INIT_SIZE) > vm->ram_low_size)
		return HIGH_ADDR;
	return preferred;
}

static int read_kernel(struct vmm *vm, int fd, u8 *zero_page, u64 *entry, u64 *end)
{
	const char *path = vm->config->kernel;
	u64 from = (zero_page[OFF_SETUP_SECTS] + 1) * 512ull;
	u64 addr = choose_address(vm, zero_page);
	u64 left = get32(zero_page + OFF_SYSSIZE) * 16ull;
	u8 *to = vm->ram_low + addr;
	ssize_t n;

	if (addr + left > vm->ram_low_size)
		return boot_error(path, "does not fit into the guest's memory");
	*entry = addr;
	*end = addr + left;
	if (get16(zero_page + OFF_VERSION) >= 0x020a &&
	    *end < addr + get32(zero_page + OFF_INIT_SIZE))
		*end = addr + get32(zero_page + OFF_INIT_SIZE);
	while (left) {
		n = pread(fd, to, left, from);
		if (n < 0)
			return boot_error(path, strerror(errno));
		if (!n)		/* the last paragraph may be cut short */
			break;
		to += n;
		from += n;
		left -= n;
	}
	return 0;
}

/* The initrd goes to the top of what the kernel can reach */
static int place_initrd(struct vmm *vm, u8 *zero_page, u64 kernel_end)
{
	struct boot_file *initrd = vm->config->files;
	u64 top = get32(zero_page + OFF_INITRD_MAX) + 1ull;

	if (!vm->config->nr_files)
		return 0;
	if (vm->config->nr_files > 1)
		return boot_error(vm->config->kernel, "takes one file (--initrd), no modules");
	if (top == 1)
		top = 0x38000000;
	if (boot_load_file(vm, initrd, kernel_end, top))
		return -1;
	put32(zero_page + OFF_RAMDISK_IMAGE, initrd->addr);
	put32(zero_page + OFF_RAMDISK_SIZE, initrd->size);
	return 0;
}

static int set_params(struct vmm *vm, u8 *zero_page)
{
	u32 max = 255;

	if (get16(zero_page + OFF_VERSION) >= 0x0206)
		max = get32(zero_page + OFF_CMDLINE_SIZE);
	if (max > PARAMS_MAX - 1)
		max = PARAMS_MAX - 1;
	if (boot_linux_params(vm, (char *)vm->ram_low + PARAMS_ADDR, max + 1))
		return -1;
	put32(zero_page + OFF_CMD_LINE_PTR, PARAMS_ADDR);
	return 0;
}

/* By the 32-bit protocol: the loader itself says what memory there is */
static int enter_kernel(struct vmm *vm, u8 *zero_page, u64 entry)
{
	struct e820_entry map[E820_ENTRIES];

	zero_page[OFF_E820_ENTRIES] = boot_memory_map(vm, map);
	memcpy(zero_page + OFF_E820, map, zero_page[OFF_E820_ENTRIES] * sizeof(map[0]));
	return boot_enter(vm, entry, 0, 0, ZERO_PAGE);
}

/* The setup code goes on after the header, which was patched where it lies */
static int enter_setup(struct vmm *vm, u8 *setup)
{
	struct e820_entry map[E820_ENTRIES];

	bios_load(vm, map, boot_memory_map(vm, map));
	setup[OFF_LOADFLAGS] |= CAN_USE_HEAP;
	setup[OFF_HEAP_END_PTR] = (u8)SETUP_HEAP_END;
	setup[OFF_HEAP_END_PTR + 1] = SETUP_HEAP_END >> 8;
	return bios_enter(vm, (SETUP_ADDR + 512) >> 4, SETUP_ADDR >> 4, SETUP_STACK);
}

/* The rest of the setup sectors: all but the header that read_header() took */
static int read_setup(int fd, const char *path, u8 *setup)
{
	size_t size = (setup[OFF_SETUP_SECTS] + 1) * 512;
	u8 header[OFF_E820 - OFF_HEADER];

	if (size > SETUP_HEAP_END)
		return boot_error(path, "has too long a setup code");
	memcpy(header, setup + OFF_HEADER, sizeof(header));
	if (pread(fd, setup, size, 0) != (ssize_t)size)
		return boot_error(path, "is cut short");
	memcpy(setup + OFF_HEADER, header, header_size(setup));
	return 0;
}

static int read_image(struct vmm *vm, u8 *zero_page, u64 *entry, u64 *end)
{
	const char *path = vm->config->kernel;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return boot_error(path, strerror(errno));
	ret = read_header(fd, path, zero_page);
	if (!ret)
		ret = read_kernel(vm, fd, zero_page, entry, end);
	if (!ret && vm->config->real_mode)
		ret = read_setup(fd, path, zero_page);
	close(fd);
	return ret;
}

/**
 * load_bzimage() - load kernel, initrd and parameters, and set the registers
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int load_bzimage(struct vmm *vm)
{
	bool real = vm->config->real_mode;
	u8 *zero_page = vm->ram_low + (real ? SETUP_ADDR : ZERO_PAGE);
	u64 entry = 0, end = 0;

	if (read_image(vm, zero_page, &entry, &end))
		return -1;
	zero_page[OFF_LOADER] = 0xff;
	put32(zero_page + OFF_CODE32_START, entry);
	if (place_initrd(vm, zero_page, end) || set_params(vm, zero_page))
		return -1;
	return real ? enter_setup(vm, zero_page) : enter_kernel(vm, zero_page, entry);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PC that firmware finds itself at home in: the firmware's image at the reset
 * vector, the sizes in the CMOS memory, and the devices of fwcfg.c, vga.c, ide.c.
 *
 * The image ends at 4 GiB, as ROM; its last 128 KiB are at the end of the first
 * megabyte too, in the shadow RAM of pam.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "bus.h"
#include "chipset.h"
#include "pc.h"
#include "state.h"
#include "vmm.h"

#define SEABIOS_DIR	"/usr/share/seabios"
#define IMAGE_MAX	(16u << 20)
#define LOW_MAX		(128u << 10)
#define ROM_MAX		(256u << 10)
#define BIOS_MEMORY	(4u << 20)

#define DEBUG_PORT	0x402
#define DEBUG_THERE	0xe9
#define A20_PORT	0x92
#define A20_RESET	0x01
#define A20_OPEN	0x02	/* it cannot be closed here */

#define CMOS_EQUIPMENT	0x14
#define CMOS_BASE_KB	0x15
#define CMOS_EXT_KB	0x17
#define CMOS_EXT_KB_2	0x30
#define CMOS_ABOVE_16M	0x34	/* in 64 KiB */
#define CMOS_BOOT_3	0x38
#define CMOS_BOOT_12	0x3d
#define CMOS_ABOVE_4G	0x5b	/* in 64 KiB, three bytes */

static FILE *debugcon;
static u8 port_a20 = A20_OPEN;

/* The image, at its place below 4 GiB */
static u8 *image;
static u64 image_size;

/* Where a file of SeaBIOS is: as named, or, a bare name, where Debian puts it */
static const char *find_file(const char *name, char *path, size_t size)
{
	if (strchr(name, '/') || !access(name, F_OK))
		return name;
	snprintf(path, size, "%s/%s", SEABIOS_DIR, name);
	return access(path, F_OK) ? name : path;
}

static void access_debug(struct bus_region *r, struct vmm *vm, u64 at, u8 *data, u32 size,
			 bool write)
{
	(void)r;
	(void)vm;
	(void)at;
	if (!write)
		*data = DEBUG_THERE;
	else
		fwrite(data, size, 1, debugcon);
}

static void access_a20(struct bus_region *r, struct vmm *vm, u64 at, u8 *data, u32 size,
		       bool write)
{
	(void)r;
	(void)at;
	(void)size;
	if (!write) {
		*data = port_a20;
		return;
	}
	port_a20 = *data;
	if (port_a20 & A20_RESET)
		vm->resetting = true;
}

static int add_debugcon(const char *path)
{
	static struct bus_region region = {
		.addr = DEBUG_PORT, .size = 1, .access = access_debug,
		.name = "what firmware tells of itself",
	};

	debugcon = fopen(path, "we");
	if (!debugcon)
		return boot_error(path, strerror(errno));
	setlinebuf(debugcon);
	return bus_add(BUS_PORT, &region);
}

static void put_cmos16(struct vmm *vm, unsigned int at, u64 value)
{
	if (value > 0xffff)
		value = 0xffff;
	vm->rtc.cmos[at] = value;
	vm->rtc.cmos[at + 1] = value >> 8;
}

/* In the order of the letters: 1 floppy, 2 disk, 3 CD-ROM */
static void put_boot_order(struct vmm *vm, const char *letters)
{
	u8 order[3] = { 0 };
	unsigned int i;

	for (i = 0; i < sizeof(order) && letters[i]; i++)
		order[i] = letters[i] == 'c' ? 2 : 3;
	vm->rtc.cmos[CMOS_BOOT_12] = order[0] | order[1] << 4;
	vm->rtc.cmos[CMOS_BOOT_3] = order[2] << 4 | 1;	/* 1: floppies need no signature */
}

static void fill_cmos(struct vmm *vm)
{
	const struct pc_config *pc = vm->config->pc;
	u64 high = vm->ram_high_size >> 16;

	vm->rtc.cmos[CMOS_EQUIPMENT] = 0x06;	/* coprocessor, mouse port; VGA */
	put_cmos16(vm, CMOS_BASE_KB, 640);
	put_cmos16(vm, CMOS_EXT_KB, (vm->ram_low_size - HIGH_ADDR) >> 10);
	put_cmos16(vm, CMOS_EXT_KB_2, (vm->ram_low_size - HIGH_ADDR) >> 10);
	if (vm->ram_low_size > 16u << 20)
		put_cmos16(vm, CMOS_ABOVE_16M, (vm->ram_low_size - (16u << 20)) >> 16);
	vm->rtc.cmos[CMOS_ABOVE_4G] = high;
	vm->rtc.cmos[CMOS_ABOVE_4G + 1] = high >> 8;
	vm->rtc.cmos[CMOS_ABOVE_4G + 2] = high >> 16;
	put_boot_order(vm, pc->boot ? pc->boot : "cd");
}

static int load_image(struct vmm *vm, const char *path)
{
	const u64 top = 1ull << 32;
	struct stat st;

	if (stat(path, &st))
		return boot_error(path, strerror(errno));
	if (!st.st_size || st.st_size % 4096 || st.st_size > IMAGE_MAX)
		return boot_error(path, "is no firmware: not of whole pages, or over 16 MiB");
	image_size = st.st_size;
	image = vm->be->ops->set_memory(vm->be, top - image_size, image_size, true);
	return image ? load_file(path, image, image_size, NULL) : -1;
}

/* What memory there is; firmware itself takes from it what it needs */
static int tell_memory(struct vmm *vm)
{
	static struct e820_entry map[2];

	map[0] = (struct e820_entry){ 0, vm->ram_low_size, E820_RAM };
	map[1] = (struct e820_entry){ 1ull << 32, vm->ram_high_size, E820_RAM };
	return fwcfg_add_file("etc/e820", map, sizeof(map[0]) * (vm->ram_high_size ? 2 : 1));
}

static int add_video_bios(const struct pc_config *pc)
{
	static u8 rom[ROM_MAX];
	char path[256];
	u64 size;

	if (load_file(find_file(pc->vgabios ? pc->vgabios : "vgabios.bin", path, sizeof(path)),
		      rom, sizeof(rom), &size))
		return -1;
	return fwcfg_add_file("vgaroms/vgabios.bin", rom, size);
}

/**
 * pc_setup() - the devices that the command line asked for
 * @vm: the machine, without a guest yet
 * Return: 0, or -1 with a line on stderr
 */
int pc_setup(struct vmm *vm)
{
	static struct bus_region a20 = {
		.addr = A20_PORT, .size = 1, .access = access_a20, .name = "A20, fast reset",
	};
	const struct pc_config *pc = vm->config->pc;

	if (pc->debugcon && add_debugcon(pc->debugcon))
		return -1;
	if (ide_init(vm, pc->drives))
		return -1;
	if (!pc->bios)
		return 0;
	if (bus_add(BUS_PORT, &a20) || fwcfg_init() || vga_init())
		return boot_error(pc->bios, "a port of the PC is taken");
	kbd_init();
	screen_init(vm);
	return add_video_bios(pc);
}

static void pc_state(struct state *s, struct vmm *vm, void *dev)
{
	(void)vm;
	(void)dev;
	STATE(s, port_a20);
}

/**
 * pc_prepare() - firmware's memory, and what it is told of the machine
 * @vm: the machine, with all its devices
 * Return: 0, or -1 with a line on stderr
 */
int pc_prepare(struct vmm *vm)
{
	static struct device_state state = { .name = "pc", .fields = pc_state };
	const struct pc_config *pc = vm->config->pc;
	char path[256];

	if (vm->ram_low_size < BIOS_MEMORY)
		return boot_error(pc->bios, "needs more memory (-m): 4 MiB");
	fill_cmos(vm);
	if (tell_memory(vm) || pci_init(vm) || pam_init(vm))
		return -1;
	state_add(&state);
	return load_image(vm, find_file(pc->bios, path, sizeof(path)));
}

/**
 * pc_enter() - the processor is at the firmware's first instruction: have it at the end
 * of the first megabyte, too
 * @vm: the machine
 */
void pc_enter(struct vmm *vm)
{
	u32 low = image_size < LOW_MAX ? image_size : LOW_MAX;

	memcpy(vm->ram_low + HIGH_ADDR - low, image + image_size - low, low);
}

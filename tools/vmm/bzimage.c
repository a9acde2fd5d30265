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
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "pci.h"
#include "vmm.h"

/* Where things lie in guest memory */
#define GDT_ADDR	0x6000
#define ZERO_PAGE	0x7000
#define PARAMS_ADDR	0x20000
#define PARAMS_MAX	0x10000
#define BIOS_ADDR	0xf0000
#define HIGH_ADDR	0x100000

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
#define E820_RAM	1
#define E820_RESERVED	2

/*
 * What makes a kernel not look for hardware that is not there. io_delay=none
 * spares an exit to port 0x80 after every access to the old chips.
 */
#define DEFAULT_PARAMS \
	"console=ttyS0 nolapic acpi=off io_delay=none 8250.nr_uarts=1 " \
	"i8042.noaux i8042.nokbd reboot=k panic=-1"

static u16 get16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u64 get64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, sizeof(v));
}

static int bad(const char *path, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", path, why);
	return -1;
}

/* Read the setup header of the file into the zero page */
static int read_header(int fd, const char *path, u8 *zero_page)
{
	u8 head[1024];
	size_t end;

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head + OFF_MAGIC, "HdrS", 4))
		return bad(path, "is not a bzImage");
	if (get16(head + OFF_VERSION) < 0x0204 || !(head[OFF_LOADFLAGS] & LOADED_HIGH))
		return bad(path, "is too old a kernel (boot protocol below 2.04)");
	end = OFF_MAGIC + head[OFF_JUMP + 1];
	memset(zero_page, 0, 4096);
	memcpy(zero_page + OFF_HEADER, head + OFF_HEADER, end - OFF_HEADER);
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
		return bad(path, "does not fit into the guest's memory");
	*entry = addr;
	*end = addr + left;
	if (get16(zero_page + OFF_VERSION) >= 0x020a &&
	    *end < addr + get32(zero_page + OFF_INIT_SIZE))
		*end = addr + get32(zero_page + OFF_INIT_SIZE);
	while (left) {
		n = pread(fd, to, left, from);
		if (n < 0)
			return bad(path, strerror(errno));
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
	const char *path = vm->config->initrd;
	u64 top = get32(zero_page + OFF_INITRD_MAX) + 1ull;
	u64 addr, size;
	int fd;

	if (!path)
		return 0;
	if (top == 1)
		top = 0x38000000;
	if (top > vm->ram_low_size)
		top = vm->ram_low_size;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bad(path, strerror(errno));
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	if (size > top || (top - size) < kernel_end)
		return bad(path, "does not fit into the guest's memory");
	addr = (top - size) & ~4095ull;
	if (load_file(path, vm->ram_low + addr, top - addr, &size))
		return -1;
	put32(zero_page + OFF_RAMDISK_IMAGE, addr);
	put32(zero_page + OFF_RAMDISK_SIZE, size);
	return 0;
}

/*
 * The kernel's own calibration by the i8254 is good to 500 ppm, so tell it the
 * frequency of the TSC as the host's clock sees it.
 */
static unsigned long tsc_khz(void)
{
	struct timespec wait = { .tv_nsec = 2 * 1000 * 1000 };
	u64 t0 = event_now(), c0 = __rdtsc(), t1, c1;

	nanosleep(&wait, NULL);
	t1 = event_now();
	c1 = __rdtsc();
	return t1 > t0 ? (c1 - c0) * 1000000ull / (t1 - t0) : 0;
}

static int set_params(struct vmm *vm, u8 *zero_page)
{
	const char *extra = vm->config->params ? vm->config->params : "";
	char *to = (char *)vm->ram_low + PARAMS_ADDR;
	u32 max = 255;
	int len;

	if (get16(zero_page + OFF_VERSION) >= 0x0206)
		max = get32(zero_page + OFF_CMDLINE_SIZE);
	if (max > PARAMS_MAX - 1)
		max = PARAMS_MAX - 1;
	len = snprintf(to, max + 1, "%s %s tsc_early_khz=%lu %s", DEFAULT_PARAMS,
		       pci_present() ? "pci=conf1" : "pci=off", tsc_khz(), extra);
	if (len < 0 || (u32)len > max)
		return bad(vm->config->kernel, "the kernel parameters are too long for it");
	put32(zero_page + OFF_CMD_LINE_PTR, PARAMS_ADDR);
	return 0;
}

static unsigned int make_e820(const struct vmm *vm, struct e820_entry map[5])
{
	map[0] = (struct e820_entry){ 0, EBDA_ADDR, E820_RAM };
	map[1] = (struct e820_entry){ EBDA_ADDR, 0xa0000 - EBDA_ADDR, E820_RESERVED };
	map[2] = (struct e820_entry){ BIOS_ADDR, HIGH_ADDR - BIOS_ADDR, E820_RESERVED };
	map[3] = (struct e820_entry){ HIGH_ADDR, vm->ram_low_size - HIGH_ADDR, E820_RAM };
	map[4] = (struct e820_entry){ 1ull << 32, vm->ram_high_size, E820_RAM };
	return vm->ram_high_size ? 5 : 4;
}

static void set_segment(u64 *seg, u16 selector, u16 attr)
{
	/* In the order of the register list: base, limit, selector, attr */
	seg[0] = 0;
	seg[1] = 0xffffffff;
	seg[2] = selector;
	seg[3] = attr;
}

/* Flat protected mode without paging, as the 32-bit protocol asks */
static int set_entry(struct vmm *vm, u64 entry)
{
	static const u64 gdt[] = { 0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
	u64 regs[KVM_REG_SLOTS];
	unsigned int seg;

	memcpy(vm->ram_low + GDT_ADDR, gdt, sizeof(gdt));
	if (vm->be->ops->get_regs(vm->be, regs))
		return -1;
	set_segment(regs + REG(CS_BASE), 0x10, 0xc09b);
	for (seg = REG(ES_BASE); seg <= REG(GS_BASE); seg += REG(CS_BASE) - REG(ES_BASE))
		if (seg != REG(CS_BASE))
			set_segment(regs + seg, 0x18, 0xc093);
	regs[REG(GDTR_BASE)] = GDT_ADDR;
	regs[REG(GDTR_LIMIT)] = sizeof(gdt) - 1;
	regs[REG(CR0)] |= 1;		/* PE */
	regs[REG(RIP)] = entry;
	regs[REG(RSI)] = ZERO_PAGE;
	regs[REG(RBP)] = 0;
	regs[REG(RDI)] = 0;
	regs[REG(RBX)] = 0;
	regs[REG(RFLAGS)] = 2;
	return vm->be->ops->set_regs(vm->be, regs);
}

/* By the 32-bit protocol: the loader itself says what memory there is */
static int enter_kernel(struct vmm *vm, u8 *zero_page, u64 entry)
{
	struct e820_entry map[5];

	zero_page[OFF_E820_ENTRIES] = make_e820(vm, map);
	memcpy(zero_page + OFF_E820, map, zero_page[OFF_E820_ENTRIES] * sizeof(map[0]));
	return set_entry(vm, entry);
}

/* The setup code goes on after the header, which was patched where it lies */
static int enter_setup(struct vmm *vm, u8 *setup)
{
	struct e820_entry map[5];

	bios_load(vm, map, make_e820(vm, map));
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
		return bad(path, "has too long a setup code");
	memcpy(header, setup + OFF_HEADER, sizeof(header));
	if (pread(fd, setup, size, 0) != (ssize_t)size)
		return bad(path, "is cut short");
	memcpy(setup + OFF_HEADER, header, OFF_MAGIC + setup[OFF_JUMP + 1] - OFF_HEADER);
	return 0;
}

static int read_image(struct vmm *vm, u8 *zero_page, u64 *entry, u64 *end)
{
	const char *path = vm->config->kernel;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return bad(path, strerror(errno));
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
	u64 entry, end;
	int ret;

	if (vm->ram_low_size < 2 * HIGH_ADDR)
		return bad(vm->config->kernel, "needs more memory (-m)");
	if (read_image(vm, zero_page, &entry, &end))
		return -1;
	zero_page[OFF_LOADER] = 0xff;
	put32(zero_page + OFF_CODE32_START, entry);
	if (place_initrd(vm, zero_page, end) || set_params(vm, zero_page))
		return -1;
	ret = real ? enter_setup(vm, zero_page) : enter_kernel(vm, zero_page, entry);
	if (ret)
		fprintf(stderr, "kvmfs: registers: %s\n", strerror(errno));
	return ret;
}

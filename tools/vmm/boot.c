// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boots a kernel without firmware: finds out of what format it is, and has what the
 * formats share: memory map, parameters, more files, and the entry in flat
 * protected mode, which all of them ask for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "boot.h"
#include "pci.h"
#include "vmm.h"

#define GDT_ADDR	0xff000		/* where no kernel looks for free memory */

#define SHORTEST	64		/* an ELF header */

/*
 * What makes a kernel not look for hardware that is not there. io_delay=none
 * spares an exit to port 0x80 after every access to the old chips.
 */
#define DEFAULT_PARAMS \
	"nolapic acpi=off io_delay=none 8250.nr_uarts=1 " \
	"i8042.noaux i8042.nokbd reboot=k"

/**
 * boot_error() - one line on stderr about a file
 * @path: of the file
 * @why: what is wrong with it
 * Return: -1
 */
int boot_error(const char *path, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", path, why);
	return -1;
}

/**
 * boot_memory_map() - what memory there is
 * @vm: the machine
 * @map: filled in
 * Return: the number of entries
 */
unsigned int boot_memory_map(const struct vmm *vm, struct e820_entry map[E820_ENTRIES])
{
	map[0] = (struct e820_entry){ 0, EBDA_ADDR, E820_RAM };
	map[1] = (struct e820_entry){ EBDA_ADDR, 0xa0000 - EBDA_ADDR, E820_RESERVED };
	map[2] = (struct e820_entry){ BIOS_ADDR, HIGH_ADDR - BIOS_ADDR, E820_RESERVED };
	map[3] = (struct e820_entry){ HIGH_ADDR, vm->ram_low_size - HIGH_ADDR, E820_RAM };
	map[4] = (struct e820_entry){ 1ull << 32, vm->ram_high_size, E820_RAM };
	return vm->ram_high_size ? 5 : 4;
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

/**
 * boot_linux_params() - the command line of a Linux kernel
 * @vm: the machine
 * @to: where to put it, with a final 0
 * @room: bytes there
 * Return: 0, or -1 with a line on stderr
 */
int boot_linux_params(struct vmm *vm, char *to, u32 room)
{
	const char *extra = vm->config->params ? vm->config->params : "";
	int len = snprintf(to, room, "console=%s %s%s %s tsc_early_khz=%lu%s %s",
			   vm->tty ? vm->tty : "ttyS0", DEFAULT_PARAMS,
			   vm->config->no_reboot ? " panic=-1" : "",
			   pci_present() ? "pci=conf1" : "pci=off", tsc_khz(), vm->params, extra);

	vm->linux_params = to;
	if (len < 0 || (u32)len >= room)
		return boot_error(vm->config->kernel,
				  "the kernel parameters are too long for it");
	return 0;
}

/**
 * boot_load_file() - a file into low memory, as high as possible
 * @vm: the machine
 * @file: which; its @addr and @size are set
 * @from: not below that guest physical address
 * @top: nor above that
 * Return: 0, or -1 with a line on stderr
 */
int boot_load_file(struct vmm *vm, struct boot_file *file, u64 from, u64 top)
{
	struct stat st;

	if (stat(file->path, &st))
		return boot_error(file->path, strerror(errno));
	if (top > vm->ram_low_size)
		top = vm->ram_low_size;
	file->size = st.st_size;
	if (file->size > top || ((top - file->size) & ~4095ull) < from)
		return boot_error(file->path, "does not fit into the guest's memory");
	file->addr = (top - file->size) & ~4095ull;
	return load_file(file->path, vm->ram_low + file->addr, top - file->addr, &file->size);
}

/**
 * boot_load_files() - all the files of the configuration, from an address up
 * @vm: the machine
 * @from: guest physical address
 * Return: 0, or -1 with a line on stderr
 */
int boot_load_files(struct vmm *vm, u64 from)
{
	struct boot_file *file = vm->config->files;
	unsigned int i;

	for (i = 0; i < vm->config->nr_files; i++, file++) {
		file->addr = (from + 4095) & ~4095ull;
		if (file->addr >= vm->ram_low_size)
			return boot_error(file->path, "does not fit into the guest's memory");
		if (load_file(file->path, vm->ram_low + file->addr,
			      vm->ram_low_size - file->addr, &file->size))
			return -1;
		from = file->addr + file->size;
	}
	return 0;
}

static void set_segment(u64 *seg, u16 selector, u16 attr)
{
	/* In the order of the register list: base, limit, selector, attr */
	seg[0] = 0;
	seg[1] = 0xffffffff;
	seg[2] = selector;
	seg[3] = attr;
}

/**
 * boot_enter() - set the registers to enter flat protected mode without paging
 * @vm: the machine
 * @entry: guest physical address of the first instruction
 * @eax: what the kernel finds in EAX
 * @ebx: ... EBX
 * @esi: ... ESI
 * Return: 0, or -1 with a line on stderr
 */
int boot_enter(struct vmm *vm, u64 entry, u32 eax, u32 ebx, u32 esi)
{
	static const u64 gdt[] = { 0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
	u64 regs[KVM_REG_SLOTS];
	unsigned int seg;

	memcpy(vm->ram_low + GDT_ADDR, gdt, sizeof(gdt));
	if (vm->be->ops->get_regs(vm->be, regs))
		goto fail;
	set_segment(regs + REG(CS_BASE), 0x10, 0xc09b);
	for (seg = REG(ES_BASE); seg <= REG(GS_BASE); seg += REG(CS_BASE) - REG(ES_BASE))
		if (seg != REG(CS_BASE))
			set_segment(regs + seg, 0x18, 0xc093);
	regs[REG(GDTR_BASE)] = GDT_ADDR;
	regs[REG(GDTR_LIMIT)] = sizeof(gdt) - 1;
	regs[REG(CR0)] |= 1;		/* PE */
	regs[REG(RIP)] = entry;
	regs[REG(RAX)] = eax;
	regs[REG(RBX)] = ebx;
	regs[REG(RSI)] = esi;
	regs[REG(RBP)] = 0;
	regs[REG(RDI)] = 0;
	regs[REG(RFLAGS)] = 2;
	if (!vm->be->ops->set_regs(vm->be, regs))
		return 0;
fail:
	fprintf(stderr, "kvmfs: registers: %s\n", strerror(errno));
	return -1;
}

static int load_elf(struct vmm *vm, const u8 *file, u64 size)
{
	struct elf_image elf = { .path = vm->config->kernel, .file = file, .size = size };
	u32 header;

	if (multiboot_find(file, size, &header))
		return load_multiboot(vm, &elf, header);
	if (memcmp(file, "\177ELF", 4))
		return boot_error(elf.path, "is no kernel that is known here: neither bzImage, "
				  "nor ELF, nor multiboot");
	return load_pvh(vm, &elf);
}

static bool is_bzimage(const u8 *file, u64 size)
{
	return size > 1024 && !memcmp(file + 0x202, "HdrS", 4);
}

/**
 * load_kernel() - load the kernel and its files, and set the registers
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int load_kernel(struct vmm *vm)
{
	const char *path = vm->config->kernel;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	u8 *file;
	int ret;

	if (vm->ram_low_size < 2 * HIGH_ADDR)
		return boot_error(path, "needs more memory (-m)");
	if (fd < 0 || fstat(fd, &st))
		return boot_error(path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		return boot_error(path, strerror(EISDIR));
	}
	if (!S_ISREG(st.st_mode) || st.st_size < SHORTEST)
		return boot_error(path, "is too short for a kernel");
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return boot_error(path, strerror(errno));
	if (is_bzimage(file, st.st_size))
		ret = load_bzimage(vm);
	else if (vm->config->real_mode)
		ret = boot_error(path, "has no setup code for --real-mode: it is no bzImage");
	else
		ret = load_elf(vm, file, st.st_size);
	munmap(file, st.st_size);
	return ret;
}

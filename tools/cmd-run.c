// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs run: the command line of the monitor. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "vmm/boot.h"
#include "vmm/device.h"
#include "vmm/pc.h"
#include "vmm/restore.h"
#include "vmm/vmm.h"

#define DEFAULT_MEMORY		(256ull << 20)
#define DEFAULT_EXIT_PORT	0xf4	/* where qemu has its isa-debug-exit */

static const char usage[] =
"usage: kvmfs run -k KERNEL [OPTION...]\n"
"       kvmfs run --cdrom FILE | --disk FILE [OPTION...]\n"
"\n"
"Boots a kernel in a new virtual machine, whose serial console is this terminal;\n"
"or starts what is on a disk by firmware, with the terminal for screen and\n"
"keyboard.\n"
"Ctrl-a x ends it, Ctrl-a h tells more.\n"
"\n"
"  -k, --kernel FILE    the kernel: a bzImage, an ELF image with a PVH entry (a\n"
"                       Linux vmlinux has it) or a multiboot image (also as the\n"
"                       first argument)\n"
"  -i, --initrd FILE    initial ram disk; to a multiboot kernel, its first module\n"
"      --hda, --hdb FILE\n"
"                       a disk for old systems (IDE): a raw image\n"
"      --module FILE[,ARGS]\n"
"                       one more file for a multiboot or PVH kernel\n"
"  -p, --params STR     more kernel parameters (also --append)\n"
"  -m, --mem SIZE       memory, in MiB or with K, M, G (256M)\n"
"  -n, --name NAME      of the virtual machine: its directory, or a path\n"
"      --balloon[=report]\n"
"                       a memory balloon, for kvmfs balloon; with report, the\n"
"                       guest gives back what it has free by itself\n"
"      --bios FILE      firmware to start instead of a kernel, for one that is on\n"
"                       a disk; bios-256k.bin (SeaBIOS) if there is a drive\n"
"                       and no kernel\n"
"      --boot cd        where it looks first: c the disk, d the CD-ROM\n"
"      --cdrom FILE     an image in a CD-ROM drive (IDE)\n"
"      --console serial|screen|virtio\n"
"                       what this terminal is: the serial port, or text screen\n"
"                       and keyboard, as with --bios, or a virtio console (hvc0)\n"
"      --debugcon FILE  gets what the firmware tells of itself (port 0x402)\n"
"      --cpuid FILE     what CPUID tells the guest, in the form of the file cpuid\n"
"  -d, --disk FILE[,ro] a disk: a raw image or a block device; may be repeated\n"
"      --dry-run        print the machine (memory, devices, files, command line)\n"
"                       and do not run it\n"
"      --exit-port PORT a byte written there ends the guest with that exit\n"
"                       code (0xf4; 0 for none)\n"
"      --flat FILE[@ADDRESS]\n"
"                       instead of a kernel, a raw image that is entered in real\n"
"                       mode at ADDRESS (0x7c00) below 1 MiB\n"
"      --gdb ADDRESS    let gdb connect: tcp:[HOST]:PORT or unix:PATH;\n"
"                       see `kvmfs gdb --help'\n"
"  -S, --stopped        wait for gdb, or for `kvmfs resume'\n"
"      --net user[,hostfwd=tcp::PORT-:PORT] | tap=NAME | macvtap=NAME | fd=N\n"
"                       a network card, with [,mac=MAC]; may be repeated\n"
"      --no-reboot      a guest that reboots ends the machine\n"
"      --pci            a PCI bus, even if no device is on it\n"
"      --real-mode      enter the kernel at its 16-bit setup code, with a BIOS\n"
"      --restore FILE   instead of a kernel, what `kvmfs save' has saved\n"
"      --rng            random numbers of the host for the guest\n"
"      --share DIR[,tag=TAG]\n"
"                       a directory for the guest: mount -t virtiofs host /mnt\n"
"      --vhost-user blk,socket=PATH | fs,socket=PATH,tag=TAG\n"
"                       a device that another process serves\n"
"      --virtio-transport pci|mmio\n"
"                       where virtio devices are (pci)\n"
"      --vsock CID      sockets between guest and host (vhost_vsock)\n"
"  -v, --verbose        tell how many exits there were\n"
"  -h, --help           this text\n"
"\n"
"A guest that reboots starts again. The exit code is 0 when it powers off, halts,\n"
"or reboots with --no-reboot; its own on the exit port; and 1 when it crashes the\n"
"machine.\n";

enum {
	OPT_CONSOLE = 256,
	OPT_CPUID,
	OPT_DRY_RUN,
	OPT_EXIT_PORT,
	OPT_FLAT,
	OPT_GDB,
	OPT_MODULE,
	OPT_NO_REBOOT,
	OPT_PCI,
	OPT_REAL_MODE,
	OPT_RESTORE,
	OPT_VIRTIO,
	OPT_BIOS,		/* to OPT_BOOT: set_pc() */
	OPT_VGABIOS,
	OPT_DEBUGCON,
	OPT_CDROM,
	OPT_HDA,
	OPT_HDB,
	OPT_BOOT,
	OPT_DEVICE = 512,	/* and a kind of device */
};

static const struct option options[] = {
	{ "kernel", required_argument, NULL, 'k' },
	{ "initrd", required_argument, NULL, 'i' },
	{ "params", required_argument, NULL, 'p' },
	{ "append", required_argument, NULL, 'p' },
	{ "mem", required_argument, NULL, 'm' },
	{ "memory", required_argument, NULL, 'm' },
	{ "name", required_argument, NULL, 'n' },
	{ "bios", required_argument, NULL, OPT_BIOS },
	{ "firmware", required_argument, NULL, OPT_BIOS },
	{ "vgabios", required_argument, NULL, OPT_VGABIOS },
	{ "debugcon", required_argument, NULL, OPT_DEBUGCON },
	{ "cdrom", required_argument, NULL, OPT_CDROM },
	{ "hda", required_argument, NULL, OPT_HDA },
	{ "hdb", required_argument, NULL, OPT_HDB },
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "balloon", optional_argument, NULL, OPT_DEVICE + DEVICE_BALLOON },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "cpuid", required_argument, NULL, OPT_CPUID },
	{ "disk", required_argument, NULL, OPT_DEVICE + DEVICE_DISK },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "exit-port", required_argument, NULL, OPT_EXIT_PORT },
	{ "flat", required_argument, NULL, OPT_FLAT },
	{ "gdb", required_argument, NULL, OPT_GDB },
	{ "stopped", no_argument, NULL, 'S' },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "net", required_argument, NULL, OPT_DEVICE + DEVICE_NET },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "pci", no_argument, NULL, OPT_PCI },
	{ "real-mode", no_argument, NULL, OPT_REAL_MODE },
	{ "rng", no_argument, NULL, OPT_DEVICE + DEVICE_RNG },
	{ "share", required_argument, NULL, OPT_DEVICE + DEVICE_SHARE },
	{ "vhost-user", required_argument, NULL, OPT_DEVICE + DEVICE_VHOST_USER },
	{ "restore", required_argument, NULL, OPT_RESTORE },
	{ "virtio-transport", required_argument, NULL, OPT_VIRTIO },
	{ "vsock", required_argument, NULL, OPT_DEVICE + DEVICE_VSOCK },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* A bare number is MiB, as everywhere; whole pages are wanted */
static int set_memory(struct vmm_config *config, const char *text)
{
	uint64_t size;

	if (parse_size(text, &size))
		return complain("%s: not a size", text);
	if (text[strspn(text, "0123456789")] == '\0' && size <= MAX_MEMORY >> 20)
		size <<= 20;
	if (size < MIN_MEMORY || size > MAX_MEMORY || size % 4096)
		return complain("%s: memory must be 64K to 1T, in whole pages", text);
	config->memory = size;
	return 0;
}

static int set_exit_port(struct vmm_config *config, const char *text)
{
	uint64_t port;

	if (parse_number(text, &port) || port > 0xffff)
		return complain("%s: not a port number", text);
	config->exit_port = port;
	return 0;
}

static int set_flat(struct vmm_config *config, char *text)
{
	char *at = strrchr(text, '@');
	uint64_t addr = 0x7c00;

	if (at) {
		if (parse_number(at + 1, &addr) || addr > 0xfffff)
			return complain("%s: not an address below 1 MiB", at + 1);
		*at = '\0';
	}
	config->flat = text;
	config->flat_addr = addr;
	return 0;
}

/* The initrd is the first of them */
static int add_file(struct vmm_config *config, char *text, bool module)
{
	static struct boot_file files[BOOT_FILES];
	static bool has_initrd;
	unsigned int at = config->nr_files;
	char *args = module ? strchr(text, ',') : NULL;

	if (at == BOOT_FILES || (!module && has_initrd))
		return complain("%s: one file too many", text);
	if (!module) {
		memmove(files + 1, files, at * sizeof(*files));
		has_initrd = true;
		at = 0;
	}
	if (args)
		*args++ = '\0';
	files[at] = (struct boot_file){ .path = text, .args = args };
	config->files = files;
	config->nr_files++;
	return 0;
}

static int set_console(struct vmm_config *config, const char *text)
{
	config->pc->screen = !strcmp(text, "screen");
	config->serial = !config->pc->screen;
	if (!strcmp(text, "virtio"))
		return device_option(config, DEVICE_CONSOLE, NULL);
	if (strcmp(text, "stdio") && strcmp(text, "serial") && !config->pc->screen)
		return complain("%s: no such console; there are serial, screen and virtio", text);
	return 0;
}

static int set_virtio(struct vmm_config *config, const char *text)
{
	config->virtio_mmio = !strcmp(text, "mmio");
	if (!config->virtio_mmio && strcmp(text, "pci"))
		return complain("%s: no such transport; there are pci and mmio", text);
	return 0;
}

/* Firmware, and what is for it: the file, or a choice */
static int set_pc(struct pc_config *pc, int opt)
{
	switch (opt) {
	case OPT_BIOS:
		pc->bios = optarg;
		return 0;
	case OPT_VGABIOS:
		pc->vgabios = optarg;
		return 0;
	case OPT_DEBUGCON:
		pc->debugcon = optarg;
		return 0;
	case OPT_CDROM:
		pc->drives[PC_CDROM] = optarg;
		return 0;
	case OPT_HDA:
		pc->drives[0] = optarg;
		return 0;
	case OPT_HDB:
		pc->drives[1] = optarg;
		return 0;
	default:
		if (!*optarg || strspn(optarg, "cd") != strlen(optarg) || strlen(optarg) > 2)
			return complain("%s: no boot order; c is the disk, d the CD-ROM", optarg);
		pc->boot = optarg;
		return 0;
	}
}

static int set_option(struct vmm_config *config, int opt)
{
	switch (opt) {
	case 'k':
		config->kernel = optarg;
		return 0;
	case 'i':
		return add_file(config, optarg, false);
	case 'p':
		config->params = optarg;
		return 0;
	case 'm':
		return set_memory(config, optarg);
	case 'n':
		config->name = optarg;
		return 0;
	case 'v':
		config->verbose = true;
		return 0;
	case 'd':
		return device_option(config, DEVICE_DISK, optarg);
	case OPT_VIRTIO:
		return set_virtio(config, optarg);
	case OPT_CONSOLE:
		return set_console(config, optarg);
	case OPT_CPUID:
		config->cpuid = optarg;
		return 0;
	case OPT_DRY_RUN:
		config->dry_run = true;
		return 0;
	case OPT_EXIT_PORT:
		return set_exit_port(config, optarg);
	case OPT_FLAT:
		return set_flat(config, optarg);
	case OPT_BIOS ... OPT_BOOT:
		return set_pc(config->pc, opt);
	case OPT_GDB:
		config->gdb = optarg;
		return 0;
	case 'S':
		config->stopped = true;
		return 0;
	case OPT_MODULE:
		return add_file(config, optarg, true);
	case OPT_NO_REBOOT:
		config->no_reboot = true;
		return 0;
	case OPT_PCI:
		config->pci = true;
		return 0;
	case OPT_REAL_MODE:
		config->real_mode = true;
		return 0;
	case OPT_RESTORE:
		config->restore = optarg;
		return 0;
	default:
		return opt < OPT_DEVICE ? -1 : device_option(config, opt - OPT_DEVICE, optarg);
	}
}

static bool has_disk(const struct vmm_config *config)
{
	const struct pc_config *pc = config->pc;
	const struct device_option *device = config->devices;

	while (device && device->kind != DEVICE_DISK)
		device = device->next;
	return device || pc->drives[0] || pc->drives[1] || pc->drives[PC_CDROM];
}

/* A drive and no kernel: firmware is to find one. Its console is the screen */
static int choose_start(struct vmm_config *config)
{
	struct pc_config *pc = config->pc;
	int n = !!config->kernel + !!config->flat + (pc->bios || config->restore);

	if (!n && has_disk(config)) {
		pc->bios = SEABIOS;
		n = 1;
	}
	if (n != 1)
		return complain("one kernel (-k FILE), firmware (--bios FILE) or flat image is "
				"wanted; try `kvmfs run --help'");
	if (pc->screen && !pc->bios)
		return complain("--console screen is for firmware (--bios) alone");
	if (pc->bios && !config->serial)
		pc->screen = true;
	return 0;
}

int cmd_run(int argc, char **argv)
{
	static struct pc_config pc;
	struct vmm_config config = {
		.pc = &pc,
		.memory = DEFAULT_MEMORY,
		.exit_port = DEFAULT_EXIT_PORT,
	};
	int opt;

	while ((opt = next_option(argc, argv, "k:i:p:m:n:d:Svh", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (set_option(&config, opt))
			return 2;
	}
	if (optind < argc && !config.kernel)
		config.kernel = argv[optind++];
	if (optind < argc) {
		complain("%s: unexpected argument", argv[optind]);
		return 2;
	}
	if (config.restore && restore_open(&config))
		return EXIT_FAILURE;
	if (choose_start(&config))
		return 2;
	return vmm_main(&config);
}

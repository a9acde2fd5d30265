// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loaders of kernels on any file, bzImage by both entries: nothing is written outside
 * of guest memory, and what starts is inside.
 *
 * An input: a byte of flags, then the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* it says what is wrong with each of them */
static FILE *nowhere;
#undef stderr
#define stderr nowhere

#include "vmm/load.c"
#include "vmm/boot.c"
#include "vmm/elf.c"
#include "vmm/bzimage.c"
#undef PARAMS_ADDR
#include "vmm/pvh.c"
#include "vmm/multiboot.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define RAM	(4u << 20)

static u64 regs_now[KVM_REG_SLOTS];

static int get_regs(struct backend *be, u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	memset(regs, 0, KVM_REG_SLOTS * sizeof(*regs));
	return 0;
}

static int set_regs(struct backend *be, const u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	memcpy(regs_now, regs, sizeof(regs_now));
	return 0;
}

bool pci_present(void)
{
	return false;
}

void progress(const char *what, uint64_t done, uint64_t total)
{
	(void)what;
	(void)done;
	(void)total;
}

void *vmm_ram(const struct vmm *vm, u64 gpa, u64 size)
{
	return gpa < vm->ram_low_size && size <= vm->ram_low_size - gpa ? vm->ram_low + gpa : NULL;
}

u64 event_now(void)
{
	static u64 now;

	return now += 2000000;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nowhere = fopen("/dev/null", "w");
	return 0;
}

static void load(const char *path, unsigned int flags, u8 *ram)
{
	static const struct backend_ops ops = { .get_regs = get_regs, .set_regs = set_regs };
	static struct backend be = { .ops = &ops };
	struct boot_file initrd = { .path = path, .args = flags & 32 ? "args" : NULL };
	struct vmm_config config = {
		.kernel = path,
		.files = &initrd,
		.nr_files = flags & 2 ? 1 : 0,
		.params = flags & 4 ? "quiet" : NULL,
		.real_mode = flags & 1,
	};
	struct vmm vm = {
		.be = &be, .config = &config, .ram_low = ram,
		.ram_low_size = flags & 8 ? RAM / 2 : RAM,
		.ram_high_size = flags & 16 ? RAM : 0,
	};

	if (!load_kernel(&vm) &&
	    regs_now[REG(CS_BASE)] + regs_now[REG(RIP)] >= vm.ram_low_size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	u8 *ram;
	int fd;

	if (!size)
		return 0;
	fd = memfd_create("kernel", 0);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ram = malloc(data[0] & 8 ? RAM / 2 : RAM);
	load(path, data[0], ram);
	free(ram);
	close(fd);
	return 0;
}

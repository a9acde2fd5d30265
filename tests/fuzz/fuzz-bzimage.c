// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader of kernels on any file, by both entries: nothing is written outside of
 * guest memory, and what starts is inside.
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
#include "vmm/bzimage.c"

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
	struct vmm_config config = {
		.kernel = path,
		.initrd = flags & 2 ? path : NULL,
		.params = flags & 4 ? "quiet" : NULL,
		.real_mode = flags & 1,
	};
	struct vmm vm = {
		.be = &be, .config = &config, .ram_low = ram,
		.ram_low_size = flags & 8 ? RAM / 4 : RAM,
		.ram_high_size = flags & 16 ? RAM : 0,
	};

	if (!load_bzimage(&vm) &&
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
	ram = malloc(data[0] & 8 ? RAM / 4 : RAM);
	load(path, data[0], ram);
	free(ram);
	close(fd);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Files into guest memory, and the start of a flat image in real mode. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "vmm.h"

#define CHUNK		(8ull << 20)	/* what is read between two looks at the clock */

static int read_all(int fd, const char *path, u8 *to, u64 size)
{
	u64 total = size;
	ssize_t n;

	while (size) {
		n = read(fd, to, size < CHUNK ? size : CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return -1;
		}
		to += n;
		size -= n;
		progress(path, total - size, total);
	}
	return 0;
}

/**
 * load_file() - read a whole file
 * @path: of the file
 * @to: where to put it
 * @room: how much may be written there
 * @size: set to the size of the file, if it is not NULL
 * Return: 0, or -1 with a line on stderr
 */
int load_file(const char *path, void *to, u64 room, u64 *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret = -1;

	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "kvmfs: %s: %s\n", path, strerror(errno));
	} else if ((u64)st.st_size > room) {
		fprintf(stderr, "kvmfs: %s: does not fit into the guest's memory\n", path);
	} else if (read_all(fd, path, to, st.st_size)) {
		fprintf(stderr, "kvmfs: %s: %s\n", path, strerror(errno));
	} else {
		if (size)
			*size = st.st_size;
		ret = 0;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

/**
 * load_flat() - load the flat image and enter it as a boot sector is entered
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int load_flat(struct vmm *vm)
{
	u32 addr = vm->config->flat_addr;
	u64 regs[KVM_REG_SLOTS];

	if (addr >= vm->ram_low_size || addr > 0xfffff) {
		fprintf(stderr, "kvmfs: %#x: no place for a flat image\n", addr);
		return -1;
	}
	if (load_file(vm->config->flat, vm->ram_low + addr, vm->ram_low_size - addr, NULL))
		return -1;
	if (vm->be->ops->get_regs(vm->be, regs)) {
		perror("kvmfs: registers");
		return -1;
	}
	/* Within the first 64 KiB 0:addr, above it addr/16:addr%16 */
	regs[REG(CS_SELECTOR)] = addr < 0x10000 ? 0 : addr >> 4;
	regs[REG(CS_BASE)] = regs[REG(CS_SELECTOR)] << 4;
	regs[REG(RIP)] = addr - regs[REG(CS_BASE)];
	regs[REG(RSP)] = addr < 0x10000 ? addr : 0x7c00;
	if (vm->be->ops->set_regs(vm->be, regs)) {
		perror("kvmfs: registers");
		return -1;
	}
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* Guest memory: its map, its bytes, and which pages were written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static int write_region(int vm, const char *type, uint64_t gpa, uint64_t size)
{
	char line[64];

	snprintf(line, sizeof(line), "%s 0x%llx 0x%llx\n", type, (unsigned long long)gpa,
		 (unsigned long long)size);
	return kvmfs_write_text(vm, "memmap", line);
}

/**
 * kvmfs_set_memory() - put RAM into a VM
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_memory(int vm, uint64_t gpa, uint64_t size)
{
	return write_region(vm, "ram", gpa, size);
}

/**
 * kvmfs_set_rom() - put memory into a VM that the guest cannot write
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_rom(int vm, uint64_t gpa, uint64_t size)
{
	return write_region(vm, "rom", gpa, size);
}

/**
 * kvmfs_set_alias() - show memory of a VM at a second address
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages
 * @target: where the memory is, in whole pages
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_alias(int vm, uint64_t gpa, uint64_t size, uint64_t target)
{
	char line[96];

	snprintf(line, sizeof(line), "alias 0x%llx 0x%llx 0x%llx\n", (unsigned long long)gpa,
		 (unsigned long long)size, (unsigned long long)target);
	return kvmfs_write_text(vm, "memmap", line);
}

/**
 * kvmfs_lend_memory() - let a VM use memory of this process
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages
 * @at: of the process, at a page's beginning
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_lend_memory(int vm, uint64_t gpa, uint64_t size, void *at)
{
	char line[96];

	snprintf(line, sizeof(line), "user 0x%llx 0x%llx 0x%lx\n", (unsigned long long)gpa,
		 (unsigned long long)size, (unsigned long)at);
	return kvmfs_write_text(vm, "memmap", line);
}

/**
 * kvmfs_lend_file() - let a VM use a file of this process
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages
 * @fd: the file, which is mapped into this process; rom if it is open for reading alone
 * @offset: in the file, in whole pages
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_lend_file(int vm, uint64_t gpa, uint64_t size, int fd, uint64_t offset)
{
	char line[112];

	snprintf(line, sizeof(line), "file 0x%llx 0x%llx %d 0x%llx\n", (unsigned long long)gpa,
		 (unsigned long long)size, fd, (unsigned long long)offset);
	return kvmfs_write_text(vm, "memmap", line);
}

/**
 * kvmfs_unset_memory() - remove regions of a VM
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: in whole pages; no region may stick out
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_unset_memory(int vm, uint64_t gpa, uint64_t size)
{
	return write_region(vm, "none", gpa, size);
}

/**
 * kvmfs_map_mem() - map guest memory into this process
 * @vm: the VM's directory
 * @gpa: guest physical address, in whole pages
 * @size: bytes
 * Return: the address, or MAP_FAILED and errno
 */
KVMFS_API void *kvmfs_map_mem(int vm, uint64_t gpa, size_t size)
{
	int fd = openat(vm, "mem", O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, gpa);
	lib_close(fd);
	return p;
}

/**
 * kvmfs_dirty() - which pages of guest memory were written
 * @fd: the file dirty, open for reading since before they were
 * @gpa: of the first page, a multiple of 8 pages
 * @bits: a bit for each page, from bit 0 of the first byte on; they are cleared there
 * @n: bytes of @bits
 * Return: bytes that were read, fewer than @n at the end of memory, or -1 and errno
 */
KVMFS_API ssize_t kvmfs_dirty(int fd, uint64_t gpa, void *bits, size_t n)
{
	if (gpa & 0x7fff) {
		errno = EINVAL;
		return -1;
	}
	return pread(fd, bits, n, gpa >> 15);
}

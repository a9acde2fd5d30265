/* SPDX-License-Identifier: GPL-2.0-only */
/* A VM of a few instructions, by the system call; includes come before. */
#ifndef SMALL_VM_H
#define SMALL_VM_H

static void put(int fd, const char *name, const char *text)
{
	int f = openat(fd, name, O_WRONLY);

	if (f < 0 || write(f, text, strlen(text)) < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(f);
}

/* 1 MiB with @code at 0x1000, and what is written to regs; what kvm_create() returns */
static int small_vm(const char *path, unsigned int flags, const char *code, size_t len,
		    const char *regs)
{
	int fd = syscall(__NR_kvm_create, path, flags, 0700), mem;

	if (fd < 0)
		return fd;
	put(fd, "memmap", "ram 0 1M\n");
	mem = openat(fd, "mem", O_RDWR);
	if (pwrite(mem, code, len, 0x1000) != (ssize_t)len)
		printf("# mem: %s\n", strerror(errno));
	close(mem);
	put(fd, "regs", regs);
	return fd;
}

#endif

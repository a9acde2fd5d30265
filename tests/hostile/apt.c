// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on the file that is meant for them, mostly with arguments that are: what any
 * call on any descriptor hardly ever comes to. The list of functions that were never
 * reached (tests/cover) says what is missing here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "users.h"

#define PAGE	0x1000U

/* a file of a VM, or of its second vCPU */
static int open_in(const char *file, int flags)
{
	char path[256];

	vm_path(path, sizeof(path));
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s/%s",
		 one_in(c(), 5) ? "/cpu1" : "", file);
	return open(path, flags | O_NONBLOCK);
}

/**
 * do_line() - the right line into the right file: so that there is something to break
 */
void do_line(void)
{
	uint64_t value = one_in(c(), 3) ? below(c(), 300) : chance_next(c()) >> below(c(), 64);
	char text[256];
	const char *file = some_line(c(), value, text, sizeof(text));
	int fd;

	if (one_in(c(), 80)) {
		file = "ctl";
		strcpy(text, "kill\n");
	}
	fd = open_in(file, O_WRONLY);
	if (fd < 0)
		return;
	syscall(SYS_write, fd, text, strlen(text));
	keep(fd);
}

/**
 * do_window() - registers as numbers
 */
void do_window(void)
{
	int fd = open_in("regs", O_RDWR), n;
	uint64_t value[4];
	off_t at;

	for (n = below(c(), 8); n >= 0; n--) {
		at = KVM_REG_OFFSET(below(c(), KVM_REG_SLOTS + 1));
		pread(fd, value, 8 * (1 + below(c(), 4)), at);
		if (one_in(c(), 4))
			value[0] = chance_next(c()) >> below(c(), 64);
		if (!one_in(c(), 3))
			pwrite(fd, value, 8 * (1 + below(c(), 4)), at);
	}
	keep(fd);
}

/* one byte is another, or the end is missing, or lines are there twice */
static ssize_t spoil(char *text, ssize_t len, size_t size)
{
	switch (below(c(), 3)) {
	case 0:
		text[below(c(), len)] = one_in(c(), 2) ? '0' + below(c(), 10) : chance_next(c());
		return len;
	case 1:
		return below(c(), len);
	default:
		if (2 * (size_t)len > size)
			return len;
		memcpy(text + len, text, len);
		return 2 * len;
	}
}

/**
 * do_carry() - the state of a vCPU, whole or not quite, to the same one or another
 */
void do_carry(void)
{
	static const char *const state[] = { "events", "events", "events", "regs", "msrs", "irq",
					     "fpregs", "debug", "cpuid", "memmap", "exit", "stat" };
	static __thread char text[0x8000];
	const char *file = PICK(c(), state);
	int from = open_in(file, O_RDONLY), to = open_in(file, O_WRONLY);
	ssize_t len = read(from, text, sizeof(text));

	if (len > 0 && one_in(c(), 2))
		len = spoil(text, len, sizeof(text));
	if (len > 0)
		syscall(SYS_write, to, text, len);
	keep(from);
	keep(to);
}

static off_t some_page(unsigned int n)
{
	return (off_t)PAGE * below(c(), n);
}

/**
 * do_store() - guest memory: pieces of it go and come, and are looked for
 */
void do_store(void)
{
	static const int modes[] = { FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				     FALLOC_FL_KEEP_SIZE };
	int fd = open_in("mem", O_RDWR), dirty = open_in("dirty", O_RDONLY);
	off_t at = some_page(0x400);
	char bytes[0x1800] = "";

	switch (below(c(), 6)) {
	case 0:
		fallocate(fd, PICK(c(), modes), at, some_page(0x100));
		break;
	case 1:
		ftruncate(fd, at);
		break;
	case 2:
		lseek(fd, at, one_in(c(), 2) ? SEEK_DATA : SEEK_HOLE);
		break;
	case 3:
		pwrite(fd, bytes, below(c(), sizeof(bytes)), at - below(c(), 0x100));
		break;
	case 4:
		pread(fd, bytes, below(c(), sizeof(bytes)), at - below(c(), 0x100));
		break;
	default:
		pread(dirty, bytes, 1 + below(c(), 256), below(c(), 64));
	}
	keep(fd);
	keep(dirty);
}

/**
 * do_lend() - memory of this process becomes the guest's, with what was there
 */
void do_lend(void)
{
	static const unsigned int places[] = { HOLE, ALIAS, DATA, TABLES, CODE, STACK - 0x8000,
					       0x3f0000 };
	unsigned int start = PICK(c(), places), size = PAGE * (1 + below(c(), 16));
	int fd = memfd_create("lent", 0), map = open_in("memmap", O_WRONLY);
	int mem = open_in("mem", O_RDWR);
	char line[128];
	char *at;

	/* a piece of it is not there at times */
	if (ftruncate(fd, one_in(c(), 8) ? PAGE : size))
		goto out;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, one_in(c(), 2) ? MAP_SHARED : MAP_PRIVATE,
		  fd, 0);
	if (at == MAP_FAILED)
		goto out;
	/* not by our own accesses: another thread may have punched it */
	pread(mem, at, size, start);
	if (one_in(c(), 2))
		snprintf(line, sizeof(line), "user %#x %#x %#llx\n", start, size,
			 (unsigned long long)(uintptr_t)at);
	else
		snprintf(line, sizeof(line), "file %#x %#x %d 0\n", start, size, fd);
	keep_map(at, size);
	syscall(SYS_write, map, line, strlen(line));
	pwrite(mem, line, strlen(line), start + below(c(), size));
out:
	keep(fd);
	keep(map);
	keep(mem);
}

/* an answer in words, by the file */
static void run_by_file(int fd)
{
	static const char *const lines[] = { "", "data 0x11", "data 0x11223344", "data hex:11",
					     "data hex:1122", "return", "window", "inject 32" };
	const char *line = PICK(c(), lines);

	syscall(SYS_write, fd, line, strlen(line));
}

/**
 * do_rounds() - a vCPU runs and runs, as one that somebody serves
 */
void do_rounds(void)
{
	int dir = open_in(".", O_RDONLY | O_DIRECTORY), file = openat(dir, "run", O_WRONLY);
	struct kvm_exit x = {};
	uint64_t word;
	unsigned int n;

	for (n = 1 + below(c(), 24); n; n--) {
		word = chance_next(c());
		memcpy(x.data, &word, sizeof(word));
		x.request = one_in(c(), 6) ? below(c(), 8) : 0;
		x.vector = below(c(), 256);
		if (one_in(c(), 8))
			run_by_file(file);
		else
			syscall(__NR_kvm_run, dir, &x, sizeof(x));
	}
	keep(file);
	keep(dir);
}

/**
 * do_empty() - the kernel takes back what it can, if we may ask for that
 */
void do_empty(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0)
		return;
	syscall(SYS_write, fd, "6", 1);	/* slabs, and not a word in the log */
	close(fd);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools/savefile.c with a machine's directory that is played: it says which names are
 * asked for, and takes what is written. Nothing but the files of a machine may be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ensure.h"

#define FD_MEM		4000
#define FD_FILE		4001
#define DIRECTORY	4002

static int dir_openat(int dir, const char *name, int flags);
static int dir_mkdirat(int dir, const char *name, mode_t mode);
static int dir_faccessat(int dir, const char *name, int mode, int flags);
static int dir_close(int fd);
static ssize_t dir_write(int fd, const void *from, size_t size);
static ssize_t dir_pwrite(int fd, const void *from, size_t size, off_t at);

#define openat dir_openat
#define mkdirat dir_mkdirat
#define faccessat dir_faccessat
#define close dir_close
#define write dir_write
#define pwrite dir_pwrite
#include "savefile.c"

static unsigned int opened;

/* cpuN, as the file system itself would write it; returns what follows */
static const char *behind_cpu(const char *name)
{
	char number[16];
	unsigned int n;
	int len;

	if (sscanf(name, "cpu%u", &n) != 1 || n >= 256)
		return NULL;
	len = snprintf(number, sizeof(number), "cpu%u", n);
	return strncmp(name, number, len) ? NULL : name + len;
}

static int dir_openat(int dir, const char *name, int flags)
{
	static const char * const files[] = {
		"/cpuid", "/msrs", "/regs", "/fpregs", "/irq", "/events",
	};
	const char *rest = behind_cpu(name);
	unsigned int i;

	ENSURE(dir == DIRECTORY && !(flags & O_CREAT));
	if ((flags & O_ACCMODE) == O_RDONLY) {
		errno = ENOENT;
		return -1;
	}
	opened++;
	if (!strcmp(name, "mem"))
		return FD_MEM;
	if (!strcmp(name, "memmap"))
		return FD_FILE;
	for (i = 0; rest && i < ARRAY_SIZE(files); i++)
		if (!strcmp(rest, files[i]))
			return FD_FILE;
	ENSURE(!"a file that is none of a machine's");
	return -1;
}

static int dir_mkdirat(int dir, const char *name, mode_t mode)
{
	const char *rest = behind_cpu(name);

	(void)mode;
	ENSURE(dir == DIRECTORY && rest && !*rest);
	return 0;
}

static int dir_faccessat(int dir, const char *name, int mode, int flags)
{
	(void)mode;
	(void)flags;
	ENSURE(dir == DIRECTORY);
	return strcmp(name, "cpu0") ? -1 : 0;
}

static int dir_close(int fd)
{
	ENSURE(fd == FD_MEM || fd == FD_FILE);
	ENSURE(opened);
	opened--;
	return 0;
}

/* Each byte is looked at, for ASan's sake */
static ssize_t take(const uint8_t *from, size_t size)
{
	size_t i;
	uint8_t sum = 0;

	for (i = 0; i < size; i++)
		sum += from[i];
	__asm__ volatile("" : : "r" (sum));
	return size;
}

static ssize_t dir_write(int fd, const void *from, size_t size)
{
	ENSURE(fd == FD_FILE);
	return take(from, size);
}

/* There are 4 MiB of memory */
static ssize_t dir_pwrite(int fd, const void *from, size_t size, off_t at)
{
	ENSURE(fd == FD_MEM);
	if (at < 0 || at > (4 << 20) || (off_t)size > (4 << 20) - at) {
		errno = ENXIO;
		return -1;
	}
	return take(from, size);
}

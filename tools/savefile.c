// SPDX-License-Identifier: GPL-2.0-only
/*
 * One file with all of a virtual machine. It is made of parts, each with a line of text
 * in front of its bytes:
 *
 *	kvmfs-save 1
 *	devices SIZE		what the monitor says of its devices; SIZE 0: there is none
 *	file NAME SIZE		a file of the VM, or of a vCPU: cpu1/regs
 *	mem START SIZE		a part of guest memory; what is not there is zero
 *	end
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"
#include "savefile.h"

#define MAGIC		"kvmfs-save 1\n"
#define MAX_FILE	(1 << 20)
#define MAX_CPUS	256
#define CHUNK		(64 << 10)

/* Of each vCPU; events last, since writing regs ends what is pending */
static const char * const cpu_files[] = {
	"cpuid", "msrs", "regs", "fpregs", "irq", "events",
};

static int complain_file(const char *name)
{
	return complain("%s: %s", name, strerror(errno));
}

static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = -1;

	while (fd >= 0 && len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += n;
	if (fd >= 0)
		close(fd);
	return n < 0 ? complain_file(name) : (ssize_t)len;
}

static int write_part(FILE *to, const char *name, const char *buf, size_t len)
{
	fprintf(to, "file %s %zu\n", name, len);
	return fwrite(buf, 1, len, to) == len ? 0 : complain("the file: %s", strerror(errno));
}

static int save_file(int vm, const char *name, char *buf, FILE *to)
{
	ssize_t len = read_file(vm, name, buf, MAX_FILE);

	return len < 0 ? -1 : write_part(to, name, buf, len);
}

static int save_cpus(int vm, char *buf, FILE *to)
{
	unsigned int cpu, i;
	char name[64];

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		snprintf(name, sizeof(name), "cpu%u", cpu);
		if (faccessat(vm, name, F_OK, 0))
			continue;
		for (i = 0; i < ARRAY_SIZE(cpu_files); i++) {
			snprintf(name, sizeof(name), "cpu%u/%s", cpu, cpu_files[i]);
			if (save_file(vm, name, buf, to))
				return -1;
		}
	}
	return 0;
}

static bool is_zero(const char *buf, size_t len)
{
	return !*buf && !memcmp(buf, buf + 1, len - 1);
}

static int save_extent(int mem, off_t at, off_t end, char *buf, FILE *to)
{
	size_t part;

	for (; at < end; at += part) {
		part = end - at < CHUNK ? end - at : CHUNK;
		if (pread(mem, buf, part, at) != (ssize_t)part)
			return complain_file("mem");
		if (is_zero(buf, part))
			continue;
		fprintf(to, "mem 0x%jx %zu\n", (uintmax_t)at, part);
		if (fwrite(buf, 1, part, to) != part)
			return complain("the file: %s", strerror(errno));
	}
	return 0;
}

static int save_memory(int vm, char *buf, FILE *to)
{
	int mem = openat(vm, "mem", O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat st;
	off_t at = 0, end;

	if (mem < 0 || fstat(mem, &st))
		return complain_file("mem");
	while (!ret && (at = lseek(mem, at, SEEK_DATA)) >= 0) {
		end = lseek(mem, at, SEEK_HOLE);
		if (end < 0)
			end = st.st_size;
		ret = save_extent(mem, at, end, buf, to);
		at = end;
		progress("saving memory", at, st.st_size);
	}
	progress("saving memory", st.st_size, st.st_size);
	close(mem);
	return ret;
}

/**
 * savefile_write() - save a machine
 * @vm: directory descriptor; it is paused
 * @devices: what its monitor says, or ""
 * @to: the file
 * Return: 0, or -1 with a line on stderr
 */
int savefile_write(int vm, const char *devices, FILE *to)
{
	char *buf = malloc(MAX_FILE);
	int ret = -1;

	if (!buf)
		return complain("%s", strerror(errno));
	fprintf(to, MAGIC "devices %zu\n%s", strlen(devices), devices);
	if (!save_file(vm, "memmap", buf, to) && !save_cpus(vm, buf, to) &&
	    !save_memory(vm, buf, to)) {
		fputs("end\n", to);
		ret = fflush(to) ? complain("the file: %s", strerror(errno)) : 0;
	}
	free(buf);
	return ret;
}

/* The file that is read */
static const char *path;

static int bad(void)
{
	return complain("%s: this is no file of `kvmfs save', or not all of it", path);
}

/**
 * savefile_devices() - the first part of a file, what the monitor has said
 * @from: the file, at its beginning
 * @name: its name, for messages; stays the caller's
 * Return: that, to be freed; NULL with a line on stderr
 */
char *savefile_devices(FILE *from, const char *name)
{
	char line[128], *text;
	size_t size;

	path = name;
	if (!fgets(line, sizeof(line), from) || strcmp(line, MAGIC) ||
	    !fgets(line, sizeof(line), from) || sscanf(line, "devices %zu", &size) != 1 ||
	    size > MAX_FILE) {
		bad();
		return NULL;
	}
	text = calloc(1, size + 1);
	if (text && fread(text, 1, size, from) == size)
		return text;
	free(text);
	bad();
	return NULL;
}

static int write_whole(int dir, const char *name, const char *buf, size_t len)
{
	int flags = strcmp(name, "memmap") ? 0 : O_TRUNC;
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | flags);
	ssize_t n = fd < 0 ? -1 : write(fd, buf, len);

	/* a long text is one whole only when the file is closed */
	if (fd >= 0 && close(fd))
		n = -1;
	return n == (ssize_t)len ? 0 : complain_vm(dir, "%s", name);
}

/* The directories of further vCPUs come to be with their first file */
static int make_cpu(int vm, const char *name)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "%.*s", (int)strcspn(name, "/"), name);
	if (!strchr(name, '/') || !faccessat(vm, dir, F_OK, 0))
		return 0;
	return mkdirat(vm, dir, 0700) ? complain_file(dir) : 0;
}

/* A name that this program writes, and no other */
static bool is_known(const char *name)
{
	unsigned int cpu, i;
	char own[64];

	if (!strcmp(name, "memmap"))
		return true;
	if (sscanf(name, "cpu%u", &cpu) != 1 || cpu >= MAX_CPUS)
		return false;
	for (i = 0; i < ARRAY_SIZE(cpu_files); i++) {
		snprintf(own, sizeof(own), "cpu%u/%s", cpu, cpu_files[i]);
		if (!strcmp(name, own))
			return true;
	}
	return false;
}

/* Lines that lend this process's own memory: a file, whosever it is, shall not have them */
static bool lends(const char *map, size_t size)
{
	return memmem(map, size, "user", 4) || memmem(map, size, "file", 4);
}

static int read_part(int vm, FILE *from, const char *name, size_t size, char *buf, bool with_map)
{
	if (size > MAX_FILE || !is_known(name) || fread(buf, 1, size, from) != size)
		return bad();
	if (!with_map && !strcmp(name, "memmap"))
		return 0;
	if (!strcmp(name, "memmap") && lends(buf, size))
		return complain("%s: a process lent memory to that machine, which cannot be restored",
				path);
	return make_cpu(vm, name) ? -1 : write_whole(vm, name, buf, size);
}

static int read_memory(int vm, int mem, FILE *from, uint64_t at, size_t size, char *buf)
{
	if (size > CHUNK || fread(buf, 1, size, from) != size)
		return bad();
	if (pwrite(mem, buf, size, at) != (ssize_t)size)
		return complain_vm(vm, "mem");
	return 0;
}

static int read_parts(int vm, int mem, FILE *from, char *buf, bool with_map)
{
	char line[128], name[64];
	uint64_t at;
	size_t size;
	int ret = 0;

	while (!ret) {
		if (!fgets(line, sizeof(line), from))
			return bad();
		if (!strcmp(line, "end\n"))
			return 0;
		if (sscanf(line, "file %63s %zu", name, &size) == 2)
			ret = read_part(vm, from, name, size, buf, with_map);
		else if (sscanf(line, "mem %" SCNx64 " %zu", &at, &size) == 2)
			ret = read_memory(vm, mem, from, at, size, buf);
		else
			ret = bad();
	}
	return ret;
}

/**
 * savefile_read() - make a machine what was saved
 * @vm: directory descriptor; new, its memory all zeros
 * @from: the file, behind savefile_devices()
 * @with_map: its memory map too; else it has that already
 * Return: 0, or -1 with a line on stderr
 */
int savefile_read(int vm, FILE *from, bool with_map)
{
	int mem = openat(vm, "mem", O_RDWR | O_CLOEXEC), ret = -1;
	char *buf = malloc(MAX_FILE);

	if (mem < 0 || !buf)
		complain_file("mem");
	else
		ret = read_parts(vm, mem, from, buf, with_map);
	free(buf);
	if (mem >= 0)
		close(mem);
	return ret;
}

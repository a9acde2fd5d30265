// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm-kvmfs.c: a virtual machine by kvmfs's own means, without libkvmfs: the two
 * system calls, or mkdir and the file `run`, and openat.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "vm.h"

struct vm {
	char path[PATH_MAX];
	int dir, run, exit, irq;
	int files, attached;
	void *memory;
	size_t size;
	char error[512];
};

static int make(struct vm *vm, const struct vm_options *o)
{
	snprintf(vm->path, sizeof(vm->path), "%s/%s", o->mount, o->name);
	vm->files = o->files;
	if (o->attach && !o->files) {
		vm->dir = open(vm->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return vm->dir;
	}
	if (!o->files) {
		vm->dir = syscall(__NR_kvm_create, vm->path, 0, 0700);
		if (vm->dir >= 0 || errno != ENOSYS)
			return vm->dir;
		vm->files = 1;
	}
	if (!o->attach && mkdir(vm->path, 0700))
		return -1;
	vm->dir = open(vm->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	vm->run = openat(vm->dir, "run", O_WRONLY);
	vm->exit = openat(vm->dir, "exit", O_RDONLY);
	return vm->run < 0 || vm->exit < 0 ? -1 : 0;
}

struct vm *vm_open(const struct vm_options *o)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int fd;

	if (!vm || make(vm, o) < 0)
		return NULL;
	vm->irq = openat(vm->dir, "irq", O_RDWR);
	fd = openat(vm->dir, "mem", O_RDWR);
	if (vm->irq < 0 || fd < 0 || (!o->attach && ftruncate(fd, o->memory)))
		return NULL;
	vm->attached = o->attach;
	vm->size = o->memory;
	vm->memory = mmap(NULL, vm->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);
	close(fd);
	return vm->memory == MAP_FAILED ? NULL : vm;
}

void vm_close(struct vm *vm)
{
	munmap(vm->memory, vm->size);
	close(vm->irq);
	if (vm->files) {
		close(vm->run);
		close(vm->exit);
	}
	if (vm->files || vm->attached)
		rmdir(vm->path);
	close(vm->dir);
	free(vm);
}

void *vm_memory(struct vm *vm)
{
	return vm->memory;
}

const char *vm_error(struct vm *vm)
{
	int saved = errno, fd = openat(vm->dir, "status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, vm->error, sizeof(vm->error) - 1);

	vm->error[n < 0 ? 0 : n] = 0;
	close(fd);
	errno = saved;
	return vm->error;
}

static int write_file(struct vm *vm, const char *name, const void *data,
		      size_t len)
{
	int fd = openat(vm->dir, name, O_WRONLY), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, data, len);
	saved = errno;
	close(fd);
	errno = n < 0 ? saved : EIO;
	return n == (ssize_t)len ? 0 : -1;
}

int vm_write_regs(struct vm *vm, const char *text)
{
	return write_file(vm, "regs", text, strlen(text));
}

int vm_debug(struct vm *vm, const char *text)
{
	return write_file(vm, "debug", text, strlen(text));
}

/* leaf 7, EBX bit 10; a line is the leaf, the subleaf and four registers */
int vm_add_invpcid(struct vm *vm)
{
	static char old[16384], data[16384 + 16];
	int fd = openat(vm->dir, "cpuid", O_RDONLY), at = 0;
	ssize_t n = fd < 0 ? -1 : read(fd, old, sizeof(old) - 1);
	unsigned int r[6];

	close(fd);
	if (n <= 0)
		return -1;
	for (const char *line = strtok(old, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%x %x %x %x %x %x", r, r + 1, r + 2, r + 3, r + 4, r + 5) != 6)
			continue;
		if (r[0] == 7 && !r[1])
			r[3] |= 1u << 10;
		at += snprintf(data + at, sizeof(data) - at, "0x%x 0x%x 0x%x 0x%x 0x%x 0x%x\n",
			       r[0], r[1], r[2], r[3], r[4], r[5]);
	}
	return write_file(vm, "cpuid", data, at);
}

int vm_irq(struct vm *vm, const void *what, size_t len)
{
	return write(vm->irq, what, len) == (ssize_t)len ? 0 : -1;
}

int vm_roundtrip(struct vm *vm)
{
	static const char *const names[] = {
		"events", "regs", "fpregs", "msrs", "irq", "cpuid", "debug",
	};
	static char data[65536];

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = openat(vm->dir, names[i], O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof(data));

		close(fd);
		if (n <= 0 || write_file(vm, names[i], data, n))
			return -1;
	}
	return 0;
}

/* --- running ------------------------------------------------------------- */

static const char *const reasons[] = {
	[KVMFS_EXIT_IO] = "io", [KVMFS_EXIT_MMIO] = "mmio",
	[KVMFS_EXIT_HLT] = "hlt", [KVMFS_EXIT_IRQ_WINDOW] = "irq-window",
	[KVMFS_EXIT_DEBUG] = "debug", [KVMFS_EXIT_SHUTDOWN] = "shutdown",
	[KVMFS_EXIT_HYPERCALL] = "hypercall", [KVMFS_EXIT_MSR] = "msr",
	[KVMFS_EXIT_FAIL_ENTRY] = "fail-entry",
	[KVMFS_EXIT_ERROR] = "internal-error",
};

static int parse_reason(const char *word)
{
	for (unsigned int i = 1; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (!strcmp(word, reasons[i]))
			return i;
	return 0;
}

/* 0x1234, a number, or hex:00ff12..., bytes in their order */
static void parse_data(struct kvm_exit *x, const char *text)
{
	unsigned long long v = strtoull(text, NULL, 0);
	unsigned int byte;

	if (strncmp(text, "hex:", 4)) {
		memcpy(x->data, &v, sizeof(v));
		return;
	}
	text += 4;
	for (int i = 0; i < KVM_EXIT_DATA && sscanf(text, "%2x", &byte) == 1; i++) {
		x->data[i] = byte;
		text += 2;
	}
}

static void parse_pair(struct kvm_exit *x, const char *name, const char *value)
{
	unsigned long long v = strtoull(value, NULL, 0);

	if (!strcmp(name, "data"))
		parse_data(x, value);
	else if (!strcmp(name, "port"))
		x->io.port = v;
	else if (!strcmp(name, "count"))
		x->io.count = v;
	else if (!strcmp(name, "gpa"))
		x->mmio.gpa = v;
	else if (!strcmp(name, "size") && x->reason == KVMFS_EXIT_IO)
		x->io.size = v;
	else if (!strcmp(name, "size"))
		x->mmio.size = v;
	else if (!strcmp(name, "rip"))
		x->debug.rip = v;
	else if (!strcmp(name, "dr6"))
		x->debug.dr6 = v;
	else if (!strcmp(name, "if"))
		x->state |= v ? KVMFS_STATE_IF : 0;
	else if (!strcmp(name, "ready"))
		x->state |= v ? KVMFS_STATE_IRQ_READY : 0;
}

/* A line of `exit`: io out port 0x3f8 size 1 count 1 data 0x41 if 0 ready 0 */
static int parse_exit(char *line, struct kvm_exit *x)
{
	char *save, *word = strtok_r(line, " \n", &save), *value;
	int write;

	memset(x->raw, 0, sizeof(x->raw));
	x->state = 0;
	x->reason = word ? parse_reason(word) : 0;
	if (x->reason == KVMFS_EXIT_IO || x->reason == KVMFS_EXIT_MMIO) {
		word = strtok_r(NULL, " \n", &save);
		write = word && (!strcmp(word, "out") || !strcmp(word, "write"));
		if (x->reason == KVMFS_EXIT_IO)
			x->io.write = write;
		else
			x->mmio.write = write;
	}
	while ((word = strtok_r(NULL, " \n", &save)) &&
	       (value = strtok_r(NULL, " \n", &save)))
		parse_pair(x, word, value);
	return x->reason ? (int)x->reason : -1;
}

/* How many bytes the last exit asked for */
static unsigned int wanted(const struct kvm_exit *x)
{
	if (x->reason == KVMFS_EXIT_IO && !x->io.write)
		return x->io.size * x->io.count;
	return x->reason == KVMFS_EXIT_MMIO && !x->mmio.write ? x->mmio.size : 0;
}

/* What the next run is told: what was read, and what is asked for */
static int compose_run(const struct kvm_exit *x, char *text, size_t size)
{
	unsigned int bytes = wanted(x);
	int n = 0;

	if (bytes)
		n = snprintf(text, size, "data hex:");
	for (unsigned int i = 0; i < bytes; i++)
		n += snprintf(text + n, size - n, "%02x", x->data[i]);
	if (x->request & KVMFS_REQ_INJECT)
		n += snprintf(text + n, size - n, " inject %u", x->vector);
	if (x->request & KVMFS_REQ_IRQ_WINDOW)
		n += snprintf(text + n, size - n, " window");
	return n + snprintf(text + n, size - n, n ? "\n" : "run\n");
}

int vm_last_exit(struct vm *vm, struct kvm_exit *x)
{
	static char line[3 * KVM_EXIT_DATA];
	int fd = openat(vm->dir, "exit", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	close(fd);
	if (n < 0)
		return -1;
	line[n] = 0;
	return strcmp(line, "none\n") ? parse_exit(line, x) : 0;
}

int vm_run(struct vm *vm, struct kvm_exit *x)
{
	static char line[3 * KVM_EXIT_DATA];
	int n;

	if (!vm->files)
		return sse_syscall(__NR_kvm_run, vm->dir, (long)x, sizeof(*x));
	n = compose_run(x, line, sizeof(line));
	if (sse_syscall(SYS_write, vm->run, (long)line, n) < 0)
		return -1;
	x->reason = 0;
	n = pread(vm->exit, line, sizeof(line) - 1, 0);
	if (n < 0)
		return -1;
	line[n] = 0;
	return parse_exit(line, x);
}

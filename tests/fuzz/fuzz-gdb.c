// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb's stub with anything at the other end of the connection: tools/gdb, on a machine that is
 * played. What it answers is packets with right sums, what it asks of the machine is inside
 * of its memory, and a session leaves no breakpoint behind.
 *
 * An input: a byte for the machine, then packets with newlines between them; these get their
 * frame here, but for those that begin with a !, whose rest is sent as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvmfs.h>

#include "ensure.h"

#define FD_MEM		6000
#define FD_STATUS	6001
#define FD_LINK		6002
#define FD_VM		6003
#define FD_CPU		6010

#define CPUS		2
#define RAM		65536
#define STREAM		65536

static int gdb_openat(int dir, const char *name, int flags);
static int gdb_close(int fd);
static ssize_t gdb_read(int fd, void *to, size_t size);
static ssize_t gdb_write(int fd, const void *from, size_t size);
static ssize_t gdb_pread(int fd, void *to, size_t size, off_t at);
static ssize_t gdb_pwrite(int fd, const void *from, size_t size, off_t at);
static int gdb_poll(struct pollfd *fds, nfds_t n, int timeout);

#define openat gdb_openat
#define close gdb_close
#define read gdb_read
#define write gdb_write
#define pread gdb_pread
#define pwrite gdb_pwrite
#define poll gdb_poll
#define SIZE POINTS_SIZE
#include "gdb/points.c"
#undef SIZE
#include "gdb/walk.c"
#include "gdb/vm.c"
#include "gdb/link.c"
#define find find_reg
#define add add_text
#include "gdb/regs.c"
#undef find
#undef add
#include "gdb/stub.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the connection ---------------------------- */

static uint8_t stream[STREAM];
static size_t stream_at, stream_size;
static bool said_ok;		/* the last answer is this */

static ssize_t gdb_read(int fd, void *to, size_t size)
{
	size_t n = stream_size - stream_at;

	ENSURE(fd == FD_LINK);
	if (n > size)
		n = size;
	memcpy(to, stream + stream_at, n);
	stream_at += n;
	return n;
}

/* Acknowledgements, or one packet whole */
static ssize_t gdb_write(int fd, const void *from, size_t size)
{
	const uint8_t *p = from;
	unsigned int sum = 0, want;
	char digits[3] = "";
	size_t i;

	ENSURE(fd == FD_LINK && size);
	if (size == 1) {
		ENSURE(*p == '+' || *p == '-');
		return 1;
	}
	ENSURE(size >= 4 && *p == '$' && p[size - 3] == '#');
	for (i = 1; i < size - 3; i++) {
		ENSURE(p[i] != '$' && p[i] != '#');
		sum += p[i];
	}
	memcpy(digits, p + size - 2, 2);
	ENSURE(sscanf(digits, "%2x", &want) == 1 && want == (sum & 0xff));
	said_ok = size == 6 && !memcmp(p, "$OK", 3);
	return size;
}

static int gdb_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	(void)timeout;
	ENSURE(n == 2);
	fds[0].revents = stream_at < stream_size ? POLLIN : 0;
	return 1;
}

/* --- the machine ---------------------------- */

static uint8_t ram[RAM];
static uint64_t cpu_regs[CPUS][KVM_REG_SLOTS];
static uint8_t fpregs[832];
static char debug_text[CPUS][256];
static unsigned int open_files, running, exits;

static int gdb_openat(int dir, const char *name, int flags)
{
	(void)flags;
	ENSURE(dir == FD_VM);
	open_files++;
	if (!strcmp(name, "mem"))
		return FD_MEM;
	ENSURE(!strcmp(name, "status"));
	return FD_STATUS;
}

static int gdb_close(int fd)
{
	ENSURE(fd >= FD_MEM && fd < FD_CPU + CPUS && open_files);
	open_files--;
	return 0;
}

static bool is_inside(size_t size, off_t at)
{
	return at >= 0 && at < RAM && size <= (size_t)(RAM - at);
}

/* What runs is paused by something after some looks */
static ssize_t read_status(char *to, size_t size)
{
	const char *text = running ? "state running\n" : "state paused\n";

	running -= !!running;
	exits += !running;
	ENSURE(strlen(text) <= size);
	memcpy(to, text, strlen(text));
	return strlen(text);
}

static ssize_t gdb_pread(int fd, void *to, size_t size, off_t at)
{
	if (fd == FD_STATUS)
		return read_status(to, size);
	ENSURE(fd == FD_MEM);
	if (!is_inside(size, at)) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, ram + at, size);
	return size;
}

static ssize_t gdb_pwrite(int fd, const void *from, size_t size, off_t at)
{
	ENSURE(fd == FD_MEM);
	if (!is_inside(size, at)) {
		errno = EFAULT;
		return -1;
	}
	memcpy(ram + at, from, size);
	return size;
}

static unsigned int cpu_of(int dir)
{
	ENSURE(dir >= FD_CPU && dir < FD_CPU + CPUS);
	return dir - FD_CPU;
}

int kvmfs_vcpu(int vm, unsigned int n)
{
	ENSURE(vm == FD_VM);
	errno = ENOENT;
	if (n >= CPUS)
		return -1;
	open_files++;
	return FD_CPU + n;
}

ssize_t kvmfs_read_text(int dir, const char *file, char *text, size_t size)
{
	int n = snprintf(text, size, "%s", strcmp(file, "debug") ? "some text\n" :
			 debug_text[cpu_of(dir)]);

	ENSURE(n < (int)size);
	return n;
}

/* Points are kept as the file debug shows them: four, each a line */
static int add_point(char *text, const char *line, size_t len)
{
	unsigned int lines = 0;
	const char *p;

	for (p = text; *p; p++)
		lines += *p == '\n';
	errno = EINVAL;
	if (lines == 4 || strlen(text) + len >= sizeof(debug_text[0]))
		return -1;
	strncat(text, line, len);
	return 0;
}

/* What the file would refuse is refused as a whole */
int kvmfs_write_text(int dir, const char *file, const char *text)
{
	char now[sizeof(debug_text[0])];
	size_t len;

	strcpy(now, debug_text[cpu_of(dir)]);
	ENSURE(!strcmp(file, "debug") || !strcmp(file, "events"));
	for (; *text; text += len) {
		len = strcspn(text, "\n") + 1;
		ENSURE(text[len - 1] == '\n');
		if (!strncmp(text, "clear\n", len))
			*now = '\0';
		else if ((!strncmp(text, "break ", 6) || !strncmp(text, "watch ", 6)) &&
			 add_point(now, text, len))
			return -1;
	}
	strcpy(debug_text[cpu_of(dir)], now);
	return 0;
}

int kvmfs_stat(int dir, const char *name, uint64_t *value)
{
	cpu_of(dir);
	ENSURE(!strcmp(name, "user_exits"));
	*value = exits;
	return 0;
}

int kvmfs_ctl(int vm, const char *command)
{
	ENSURE(vm == FD_VM);
	if (!strcmp(command, "resume"))
		running = 2;
	else
		running = 0;
	return 0;
}

int kvmfs_last_exit(int vcpu, struct kvm_exit *exit)
{
	memset(exit, 0, sizeof(*exit));
	exit->reason = KVMFS_EXIT_DEBUG;
	exit->debug.vector = cpu_of(vcpu) ? 3 : 1;
	exit->debug.dr6 = exits;
	exit->debug.rip = exits << 4;
	return 0;
}

static uint64_t *reg_at(int vcpu, unsigned int reg, size_t n)
{
	unsigned int slot = (reg - KVM_REG_WINDOW) / 8;

	ENSURE(reg % 8 == 0 && slot + n <= KVM_REG_SLOTS);
	return &cpu_regs[cpu_of(vcpu)][slot];
}

int kvm_get_regs(int vcpu, unsigned int reg, uint64_t *values, size_t n)
{
	memcpy(values, reg_at(vcpu, reg, n), n * sizeof(*values));
	return 0;
}

int kvm_set_regs(int vcpu, unsigned int reg, const uint64_t *values, size_t n)
{
	memcpy(reg_at(vcpu, reg, n), values, n * sizeof(*values));
	return 0;
}

int kvm_get_reg(int vcpu, unsigned int reg, uint64_t *value)
{
	return kvm_get_regs(vcpu, reg, value, 1);
}

int kvm_set_reg(int vcpu, unsigned int reg, uint64_t value)
{
	return kvm_set_regs(vcpu, reg, &value, 1);
}

ssize_t kvmfs_get_fpregs(int vcpu, void *image, size_t size)
{
	cpu_of(vcpu);
	ENSURE(size >= sizeof(fpregs));
	memcpy(image, fpregs, sizeof(fpregs));
	return sizeof(fpregs);
}

int kvmfs_set_fpregs(int vcpu, const void *image, size_t size)
{
	cpu_of(vcpu);
	ENSURE(size == sizeof(fpregs));
	memcpy(fpregs, image, size);
	return 0;
}

int has_monitor(int vm)
{
	return vm != FD_VM;
}

int ask_monitor(int vm, const char *line, FILE *to)
{
	(void)vm;
	(void)line;
	(void)to;
	return 0;
}

/* --- inputs ---------------------------- */

/* Tables that lead all over memory and out of it, and code without an INT3 */
static void make_machine(uint8_t how)
{
	unsigned int i;

	for (i = 0; i < RAM; i++)
		ram[i] = i % 8 == 0 ? 0x67 : i % 8 == 1 ? (i >> 3 & 0x1f) << 4 : 0;
	memset(cpu_regs, 0, sizeof(cpu_regs));
	for (i = 0; i < CPUS; i++) {
		*reg_at(FD_CPU + i, KVM_REG_CR0, 1) = how & 1 ? 0x80000011 : 0x11;
		*reg_at(FD_CPU + i, KVM_REG_CR4, 1) = (how & 2 ? 0x20 : 0x10) |
						       (how & 4 ? 0x1000 : 0);
		*reg_at(FD_CPU + i, KVM_REG_EFER, 1) = how & 8 ? 0x500 : 0;
		*reg_at(FD_CPU + i, KVM_REG_CR3, 1) = 0x1000;
		debug_text[i][0] = '\0';
	}
	memset(fpregs, 0, sizeof(fpregs));
	running = 0;
	exits = 0;
	open_files = 0;
}

static void put_stream(const uint8_t *p, size_t size)
{
	if (size > STREAM - stream_size)
		size = STREAM - stream_size;
	memcpy(stream + stream_size, p, size);
	stream_size += size;
}

static void put_packet(const uint8_t *p, size_t size)
{
	unsigned int sum = 0;
	char end[4];
	size_t i;

	for (i = 0; i < size; i++)
		sum += p[i];
	snprintf(end, sizeof(end), "#%02x", sum & 0xff);
	put_stream((const uint8_t *)"$", 1);
	put_stream(p, size);
	put_stream((const uint8_t *)end, 3);
}

static void put_packets(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	size_t n;

	stream_at = 0;
	stream_size = 0;
	for (; size; data += n, size -= n) {
		end = memchr(data, '\n', size);
		n = end ? (size_t)(end - data) : size;
		if (n && *data == '!')
			put_stream(data + 1, n - 1);
		else
			put_packet(data, n);
		n += !!end;
	}
}

/* In each page of memory: whether there is a breakpoint */
static unsigned int count_int3(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < RAM; i++)
		n += ram[i] == INT3;
	return n;
}

static const enum gdb_arch archs[] = { ARCH_AUTO, ARCH_I386, ARCH_X86_64, ARCH_AUTO };

/* Registers are written whole: as many digits as they have */
static bool is_all_of_it(const char *packet, bool long_mode)
{
	uint8_t bytes[GDB_REG_MAX];
	struct gdb_regs r = { 0 };
	size_t want = 0, size;
	char *equals;
	unsigned int n;

	if (*packet == 'P') {
		want = 2 * regs_get(long_mode, &r, strtoul(packet + 1, &equals, 16), bytes);
		packet = equals;
	} else {
		for (n = 0; (size = regs_get(long_mode, &r, n, bytes)); n++)
			want += 2 * size;
	}
	packet++;
	return strlen(packet) == want &&
	       strspn(packet, "0123456789abcdefABCDEF") == want;
}

/* One packet alone, with bytes in it that are what they are */
static void check_registers(const uint8_t *data, size_t size, uint8_t how)
{
	enum gdb_arch arch = archs[how >> 4 & 3];
	bool long_mode = arch == ARCH_X86_64 || (how & 8 && arch == ARCH_AUTO);
	char packet[1024];

	if (!said_ok || !size || size >= sizeof(packet) || (*data != 'G' && *data != 'P') ||
	    memchr(data, '\n', size) || memchr(data, '}', size) || memchr(data, '#', size) ||
	    memchr(data, '$', size))
		return;
	memcpy(packet, data, size);
	packet[size] = '\0';
	ENSURE(is_all_of_it(packet, long_mode));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	if (!size)
		return 0;
	make_machine(*data);
	said_ok = false;
	put_packets(data + 1, size - 1);
	ENSURE(!gdb_session(FD_VM, archs[*data >> 4 & 3], FD_LINK, FD_LINK));
	ENSURE(!open_files);
	check_registers(data + 1, size - 1, *data);
	for (i = 0; i < CPUS; i++)
		ENSURE(!debug_text[i][0]);
	/* who may write memory may write an INT3 of its own */
	if (!memchr(data, 'M', size) && !memchr(data, 'X', size))
		ENSURE(!count_int3());
	return 0;
}

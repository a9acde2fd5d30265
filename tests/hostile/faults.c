// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile-faults [-d MOUNT] [-n MAX]: each allocation, and each copy from and to user space,
 * of a few stories fails once: the first, the second, and so on, until a story is told
 * without a failure. On kernels with fault injection (/proc/thread-self/fail-nth).
 *
 * A story must end with an error or well, never with something in between: what it made
 * can be removed, and the same story without faults goes well right after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "hostile.h"

static const char *mount = "/sys/fs/kvmfs";
static char path[256], sub[300];
static int nth = -1;		/* /proc/thread-self/fail-nth */
static long arm;		/* fail the so manieth from now on; 0: none */

static int tests, failures;

static void ok(int good, const char *name, long n)
{
	failures += !good;
	printf("%sok %d - %s: %ld faults\n", good ? "" : "not ", ++tests, name, n);
	fflush(stdout);
}

/* from here on the kernel counts this thread's allocations */
static void begin(void)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld", arm);

	if (pwrite(nth, text, n, 0) != n)
		arm = 0;
}

/* Return: whether the fault has happened */
static int end(void)
{
	char text[24] = "";
	int hit;

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	hit = arm && !atol(text);
	if (pwrite(nth, "0", 1, 0) != 1)
		hit = 0;
	return hit;
}

/* --- stories: 0, or -1 ---------------------------------------------------------------- */

static const unsigned char code[] = {
	0xb8, 0x00, 0x20, 0x8e, 0xd8,		/* mov $0x2000, %ax; mov %ax, %ds */
	0xa2, 0x00, 0x00,			/* mov %al, 0 */
	0xa2, 0x00, 0x10,			/* mov %al, 0x1000 */
	0x0f, 0xa2,				/* cpuid */
	0xe6, 0x80,				/* out %al, $0x80 */
	0xf4,					/* hlt */
};

static int put(int dir, const char *name, const char *text)
{
	return kvmfs_write_text(dir, name, text);
}

static int prepare(int vm)
{
	int mem = openat(vm, "mem", O_RDWR), ret;

	ret = mem < 0 || put(vm, "memmap", "ram 0 1M\n") ||
	      pwrite(mem, code, sizeof(code), 0x1000) != sizeof(code) ||
	      put(vm, "regs", "cs.base 0\ncs.selector 0\nrip 0x1000\n");
	close(mem);
	return ret ? -1 : 0;
}

/* till it halts; a failed allocation is not the guest's end */
static int run(int vm)
{
	static struct kvm_exit x;
	int i, reason;

	for (i = 0; i < 8; i++) {
		reason = syscall(__NR_kvm_run, vm, &x, sizeof(x));
		if (reason == KVMFS_EXIT_HLT)
			return 0;
		if (reason < 0)
			return -1;
	}
	errno = EPROTO;
	return -1;
}

static int create(void)
{
	int vm = syscall(__NR_kvm_create, path, 0, 0700);

	if (vm < 0)
		return -1;
	close(vm);
	return 0;
}

static int whole_life(void)
{
	int vm = syscall(__NR_kvm_create, path, 0, 0700), ret;

	if (vm < 0)
		return -1;
	ret = prepare(vm) || run(vm);
	close(vm);
	return ret ? -1 : 0;
}

static int by_files(void)
{
	int vm, ret = -1;

	if (mkdir(path, 0700))
		return -1;
	vm = open(path, O_RDONLY | O_DIRECTORY);
	if (vm >= 0 && !prepare(vm) && !put(vm, "run", "run\n") && !put(vm, "run", "run\n"))
		ret = 0;
	close(vm);
	return rmdir(path) || ret ? -1 : 0;
}

static int second_cpu(void)
{
	int vm = syscall(__NR_kvm_create, path, 0, 0700), cpu = -1, ret;

	if (vm < 0)
		return -1;
	ret = prepare(vm) || (cpu = syscall(__NR_kvm_create, sub, 0, 0700)) < 0 ||
	      put(cpu, "regs", "cs.base 0\ncs.selector 0\nrip 0x1000\n") || run(cpu);
	close(cpu);
	close(vm);
	return ret ? -1 : 0;
}

/* a mapping of its memory, a hole, its dirty pages */
static int memory(void)
{
	int vm = syscall(__NR_kvm_create, path, 0, 0700), mem = -1, dirty = -1, ret;
	char bits[32], *at = MAP_FAILED;

	if (vm < 0)
		return -1;
	ret = prepare(vm) || (mem = openat(vm, "mem", O_RDWR)) < 0 ||
	      (dirty = openat(vm, "dirty", O_RDONLY)) < 0 ||
	      (at = kvmfs_map_mem(vm, 0, 1 << 20)) == MAP_FAILED ||
	      run(vm) || pread(dirty, bits, sizeof(bits), 0) != sizeof(bits) ||
	      fallocate(mem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0x20000, 0x2000) ||
	      put(vm, "memmap", "ram 2M 1M\nalias 4M 64K 0\n");
	if (at != MAP_FAILED)
		munmap(at, 1 << 20);
	close(dirty);
	close(mem);
	close(vm);
	return ret ? -1 : 0;
}

/* each file is read, and what can be written is written back */
static int snapshot(void)
{
	static const char *const names[] = { "regs", "fpregs", "msrs", "cpuid", "events", "irq",
					     "debug", "memmap", "status", "stat", "capabilities" };
	static char text[65536];
	int vm = syscall(__NR_kvm_create, path, 0, 0700), ret;
	unsigned int i;

	if (vm < 0)
		return -1;
	ret = prepare(vm) || run(vm);
	for (i = 0; !ret && i < sizeof(names) / sizeof(*names); i++) {
		int fd = openat(vm, names[i], i < 8 ? O_RDWR : O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

		ret = n < 0 || (i < 8 && pwrite(fd, text, n, 0) != n);
		close(fd);
	}
	close(vm);
	return ret ? -1 : 0;
}

/* the guest writes to both, from real mode */
static int touch_lent(int vm)
{
	static const unsigned char code[] = {
		0xb8, 0x00, 0x20, 0x8e, 0xd8,		/* mov $0x2000, %ax; mov %ax, %ds */
		0xa2, 0x00, 0x00, 0xa2, 0x00, 0x10,	/* mov %al, 0; mov %al, 0x1000 */
		0xb8, 0x00, 0x30, 0x8e, 0xd8,		/* mov $0x3000, %ax; mov %ax, %ds */
		0xa2, 0x00, 0x00, 0xf4,			/* mov %al, 0; hlt */
	};
	int mem = openat(vm, "mem", O_RDWR);
	int ret = mem < 0 || pwrite(mem, code, sizeof(code), 0x1000) != sizeof(code) ||
		  put(vm, "regs", "cs.base 0\ncs.selector 0\nrip 0x1000\n") || run(vm);

	close(mem);
	return ret;
}

/* memory of this process as the guest's */
static int lend(void)
{
	char *at = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int vm = syscall(__NR_kvm_create, path, 0, 0700), fd, ret;

	if (vm < 0)
		return -1;
	fd = memfd_create("lent", 0);
	ret = fd < 0 || ftruncate(fd, 0x4000) || put(vm, "memmap", "ram 0 64K\n") ||
	      kvmfs_lend_memory(vm, 0x20000, 0x4000, at) ||
	      kvmfs_lend_file(vm, 0x30000, 0x4000, fd, 0) || touch_lent(vm);
	close(fd);
	close(vm);
	munmap(at, 0x4000);
	return ret ? -1 : 0;
}

static const struct { const char *name; int (*tell)(void); } stories[] = {
	{ "kvm_create", create }, { "create and run", whole_life }, { "mkdir and run", by_files },
	{ "a second vCPU", second_cpu }, { "mem", memory }, { "a snapshot", snapshot },
	{ "lent memory", lend },
};

/* --- the whole ------------------------------------------------------------------------- */

/* a guest that a fault made run astray must not run for ever */
static void on_alarm(int sig)
{
	(void)sig;
}

/* the kernel's log says what it was that it complains of */
static void announce(const char *name, long n)
{
	int fd = open("/dev/kmsg", O_WRONLY);
	char text[80];
	int len = snprintf(text, sizeof(text), "<7>hostile: %s, fault %ld\n", name, n);

	if (fd >= 0 && write(fd, text, len) != len)
		printf("# the kernel's log takes nothing\n");
	close(fd);
}

/* returns the faults that there were, or -1 */
static long try_all(const char *name, int (*tell)(void), long max)
{
	long n;

	for (n = 1; n <= max; n++) {
		int ret, hit;

		announce(name, n);
		alarm(60);
		arm = n;
		begin();
		ret = tell();
		hit = end();
		arm = 0;
		/* what it could not remove itself */
		rmdir(path);
		if (ret && !hit) {
			printf("# fault %ld: %s though nothing failed\n", n, strerror(errno));
			return -1;
		}
		if (!access(path, F_OK) || tell()) {
			printf("# after fault %ld: %s\n", n, strerror(errno));
			return -1;
		}
		if (!hit)
			return n - 1;
	}
	return max;
}

static void allow(const char *what, const char *file, const char *value)
{
	char name[128];
	int fd;

	snprintf(name, sizeof(name), "/sys/kernel/debug/%s/%s", what, file);
	fd = open(name, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(fd);
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_alarm };
	long max = 2000, n;
	unsigned int i;
	int c;

	while ((c = getopt(argc, argv, "d:n:")) != -1) {
		if (c == 'd')
			mount = optarg;
		else if (c == 'n')
			max = atol(optarg);
		else
			return 2;
	}
	snprintf(path, sizeof(path), "%s/faults", mount);
	snprintf(sub, sizeof(sub), "%s/cpu1", path);
	sigaction(SIGALRM, &act, NULL);
	nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (nth < 0) {
		printf("1..0 # SKIP this kernel has no fault injection\n");
		return 0;
	}
	/* allocations that may sleep, of one page, of user memory: all */
	allow("failslab", "ignore-gfp-wait", "N");
	allow("fail_page_alloc", "ignore-gfp-wait", "N");
	allow("fail_page_alloc", "ignore-gfp-highmem", "N");
	allow("fail_page_alloc", "min-order", "0");
	allow("failslab", "verbose", "0");
	allow("fail_page_alloc", "verbose", "0");
	allow("fail_usercopy", "verbose", "0");
	for (i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		n = try_all(stories[i].name, stories[i].tell, max);
		ok(n >= 0, stories[i].name, n);
	}
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

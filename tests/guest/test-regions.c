// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-regions: memory that a process lends to its VM (user and file regions of memmap)
 * stays the process's: both see each other's writes at once, and whatever happens to
 * that memory happens to the guest too.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define PAGE	4096
#define SIZE	(16 * PAGE)
#define GPA	0x10000		/* of what is lent; ds.base */
#define READ	0x1000		/* mov (%bx), %al; hlt */
#define WRITE	0x1010		/* mov %al, (%bx); hlt */
/* 1: incl (%bx); mov 4(%bx), %eax; inc %eax; mov %eax, 8(%bx); jmp 1b */
#define COUNT	0x1020

static char path[256];
static int vm, mem, regs;
static struct kvm_exit x;

static int put(const char *name, const char *text)
{
	int f = openat(vm, name, O_WRONLY), ret;

	ret = write(f, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(f);
	return ret;
}

static int says(const char *name, const char *what)
{
	static char text[8192];
	int f = openat(vm, name, O_RDONLY);
	ssize_t n = read(f, text, sizeof(text) - 1);

	close(f);
	text[n < 0 ? 0 : n] = 0;
	return !!strstr(text, what);
}

/* --- a VM that does one thing at a time --------------------------------------------- */

static void machine(unsigned int flags)
{
	vm = syscall(__NR_kvm_create, path, flags, 0700);
	if (vm < 0 || put("memmap", "ram 0 64K\n"))
		printf("# %s: %s\n", path, strerror(errno));
	mem = openat(vm, "mem", O_RDWR);
	regs = openat(vm, "regs", O_RDWR);
	pwrite(mem, "\x8a\x07\xf4", 3, READ);
	pwrite(mem, "\x88\x07\xf4", 3, WRITE);
	pwrite(mem, "\x66\xff\x07\x66\x8b\x47\x04\x66\x40\x66\x89\x47\x08\xeb\xf1", 15, COUNT);
	put("regs", "cs.base 0\ncs.selector 0\nds.base 0x10000\nds.selector 0x1000\n");
}

static void leave(void)
{
	close(regs);
	close(mem);
	close(vm);
}

static int run(unsigned int rip, unsigned int at, unsigned int al)
{
	char text[100];

	snprintf(text, sizeof(text), "rip %#x\nrbx %#x\nrax %#x\n", rip, at, al);
	if (put("regs", text))
		printf("# regs: %s\n", strerror(errno));
	x.request = 0;
	return syscall(__NR_kvm_run, vm, &x, sizeof(x));
}

/* what the guest reads there, or -errno */
static int peek(unsigned int at)
{
	unsigned long long rax = 0;

	if (run(READ, at, 0xee) != KVMFS_EXIT_HLT)
		return -errno;
	pread(regs, &rax, 8, KVM_REG_RAX);
	return rax & 0xff;
}

/* 0, or -errno */
static int poke(unsigned int at, unsigned char value)
{
	return run(WRITE, at, value) == KVMFS_EXIT_HLT ? 0 : -errno;
}

static int lend(void *at)
{
	char text[100];

	snprintf(text, sizeof(text), "user %#x %#x %#lx\n", GPA, SIZE, (unsigned long)at);
	return put("memmap", text);
}

static int lend_file(int fd, unsigned int offset)
{
	char text[100];

	snprintf(text, sizeof(text), "file %#x %#x %d %#x\n", GPA, SIZE, fd, offset);
	return put("memmap", text);
}

static unsigned char *memory(void)
{
	return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- user -------------------------------------------------------------------------------- */

static void test_user(void)
{
	unsigned char *m = memory(), *other = memory(), b = 0x77;
	char line[100];

	machine(0);
	m[5] = 0x41;
	ok(!lend(m), "a process lends its memory");
	snprintf(line, sizeof(line), "user 0x10000 0x10000 %#lx\n", (unsigned long)m);
	ok(says("memmap", line), "memmap shows the region");
	ok(peek(5) == 0x41, "the guest reads it");
	ok(!poke(6, 0x42) && m[6] == 0x42, "the process sees what the guest writes");
	m[7] = 0x43;
	ok(peek(7) == 0x43, "and the guest what the process does");
	ok(pread(mem, &b, 1, GPA + 7) == 1 && b == 0x43, "mem reads it");
	b = 0x78;
	ok(pwrite(mem, &b, 1, GPA + PAGE) == 1 && m[PAGE] == 0x78, "mem writes it");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mem, GPA) != MAP_FAILED, "mem maps there");
	ok(fallocate(mem, 0, GPA, PAGE) && errno == EOPNOTSUPP, "fallocate there: EOPNOTSUPP");
	ok(!put("memmap", "alias 0x40000 64K 64K\n") && pread(mem, &b, 1, 0x40005) == 1 &&
	   b == 0x41, "an alias shows it");
	ok(put("memmap", "none 64K 64K\n") && errno == EINVAL, "and keeps it");
	put("memmap", "none 0x40000 64K\n");
	other[5] = 0x51;
	ok(!lend(other) && peek(5) == 0x51, "other memory in its place");
	ok(m[5] == 0x41 && !poke(5, 0x52) && m[5] == 0x41 && other[5] == 0x52,
	   "leaves the first alone");
	ok(!put("memmap", "ram 64K 64K\n") && peek(5) == 0, "the VM's own in its place: empty");
	ok(other[5] == 0x52, "what was lent stays");
	ok(lend((void *)(1ul << 40)) && errno == EINVAL && says("status", "no memory there"),
	   "nothing there to be lent: EINVAL and why");
	ok(lend((void *)-SIZE) && errno == EINVAL, "the kernel's: EINVAL");
	leave();
	munmap(m, SIZE);
	munmap(other, SIZE);
}

static void test_changes(void)
{
	unsigned char *m = memory(), *away;

	machine(0);
	lend(m);
	memset(m, 0x11, SIZE);
	ok(peek(0) == 0x11 && peek(PAGE) == 0x11, "pages in use");
	madvise(m, PAGE, MADV_DONTNEED);
	ok(peek(0) == 0, "MADV_DONTNEED: empty for the guest too");
	m[0] = 0x12;
	ok(peek(0) == 0x12, "and what the process has then is what it sees");
	ok(peek(PAGE) == 0x11, "the page beside stays");

	mprotect(m, PAGE, PROT_NONE);
	ok(peek(0) == -EIO, "mprotect(PROT_NONE): EIO");
	ok(says("status", "memory at 0x10000"), "and a sentence");
	ok(poke(0, 1) == -EIO, "writing as well");
	mprotect(m, PAGE, PROT_READ | PROT_WRITE);
	ok(m[0] == 0x12 && peek(0) == 0x12, "it comes back");

	away = mremap(m + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ok(away != MAP_FAILED && peek(PAGE) == -EIO, "mremap: what is moved away is gone");
	mmap(m + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	     -1, 0);
	ok(!poke(PAGE, 0x22) && m[PAGE] == 0x22 && away[0] == 0x11,
	   "something else at that address is the guest's then");
	munmap(m + 2 * PAGE, PAGE);
	ok(peek(2 * PAGE) == -EIO && peek(3 * PAGE) == 0x11, "munmap: a page is gone");
	leave();
	munmap(m, SIZE);
}

static void *counter(void *ret)
{
	*(int *)ret = run(COUNT, 8, 0);
	if (*(int *)ret < 0)
		*(int *)ret = -errno;
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

/* whether the guest counts there */
static int counts(volatile unsigned int *at)
{
	unsigned int was = *at;
	int i;

	for (i = 0; i < 20000 && *at == was; i++)
		usleep(1000);
	return *at != was;
}

/* whether the guest, which only reads what is at 1, sees it and writes one more to 2 */
static int answers(volatile unsigned int *at, unsigned int value)
{
	int i;

	at[1] = value;
	for (i = 0; i < 20000 && at[2] != value + 1; i++)
		usleep(1000);
	return at[2] == value + 1;
}

static void test_running(void)
{
	unsigned char *m = memory();
	volatile unsigned int *at = (volatile unsigned int *)(m + 8);
	struct sigaction a = { .sa_handler = nothing };
	pthread_t thread;
	int i, ret = 0, good = 1;

	sigaction(SIGUSR1, &a, NULL);
	machine(0);
	lend(m);
	pthread_create(&thread, NULL, counter, &ret);
	ok(counts(at), "a guest counts in lent memory");
	for (i = 0; i < 100 && good; i++) {
		madvise(m, PAGE, MADV_DONTNEED);
		good &= counts(at);
	}
	ok(good, "and goes on while that is dropped, again and again");
	for (i = 1; i < 100 && good; i++)
		good &= answers(at, i << 20);
	ok(good, "it sees what the process writes, and answers");
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	ok(ret == -EINTR, "a signal ends it");
	pthread_create(&thread, NULL, counter, &ret);
	counts(at);
	munmap(m, SIZE);
	pthread_join(thread, NULL);
	ok(ret == -EIO, "munmap under the running guest ends it");
	leave();
}

/* a private mapping after fork: the parent's guest sees the parent's memory alone */
static void test_fork(void)
{
	unsigned char *m = memory();
	int to[2], from[2], status;
	char c = 0;
	pid_t pid;

	pipe(to);
	pipe(from);
	machine(0);
	lend(m);
	m[0] = 1;
	peek(0);
	pid = fork();
	if (!pid) {
		m[0] = 2;
		write(from[1], &c, 1);
		read(to[0], &c, 1);
		_exit(m[0] == 2 && m[1] == 0 ? 0 : 1);
	}
	read(from[0], &c, 1);
	ok(m[0] == 1 && peek(0) == 1, "what a child writes is not the guest's");
	ok(!poke(1, 3) && m[1] == 3, "what the guest writes is the parent's");
	write(to[1], &c, 1);
	waitpid(pid, &status, 0);
	ok(!status, "and not the child's");
	m[2] = 9;
	ok(peek(2) == 9, "parent and guest still share");
	leave();
	munmap(m, SIZE);
}

/* --- file -------------------------------------------------------------------------------- */

static void test_file(void)
{
	int fd = memfd_create("lent", 0), ro;
	char b = 0x31, line[100];

	ftruncate(fd, 2 * SIZE);
	pwrite(fd, &b, 1, SIZE + 3);
	machine(0);
	ok(!lend_file(fd, SIZE), "a process lends a file");
	snprintf(line, sizeof(line), "file 0x10000 0x10000 %d 0x10000\n", fd);
	ok(says("memmap", line), "memmap shows the region");
	ok(peek(3) == 0x31, "the guest reads it");
	b = 0;
	ok(!poke(4, 0x32) && pread(fd, &b, 1, SIZE + 4) == 1 && b == 0x32, "and writes it");
	b = 0x33;
	pwrite(fd, &b, 1, SIZE + 5);
	ok(peek(5) == 0x33, "write(2) is seen at once");
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, SIZE, PAGE);
	ok(peek(3) == 0, "a hole is punched");
	poke(PAGE, 0x34);
	ftruncate(fd, SIZE + PAGE);
	ok(peek(PAGE) == -EIO && peek(0) == 0, "truncated: EIO behind the end alone");
	ftruncate(fd, 2 * SIZE);
	ok(peek(PAGE) == 0, "and zeros when it grows again");
	snprintf(line, sizeof(line), "/proc/self/fd/%d", fd);
	ro = open(line, O_RDONLY);
	b = 0x35;
	pwrite(fd, &b, 1, 0);
	ok(!lend_file(ro, 0) && peek(0) == 0x35, "a descriptor for reading");
	ok(run(WRITE, 0, 1) == KVMFS_EXIT_MMIO, "is rom to the guest");
	ok(pwrite(mem, &b, 1, GPA) == -1 && errno == EACCES, "and to mem");
	close(ro);
	close(fd);
	ok(peek(0) == 0x35, "the descriptor may be closed");
	ok(lend_file(999, 0) && errno == EINVAL && says("status", "no such open file"),
	   "no such descriptor: EINVAL and why");
	leave();
}

/* --- what the kernel does with it ----------------------------------------------------------- */

/* pages of @m that are swapped out, by bit 62 of pagemap */
static int swapped(void *m)
{
	unsigned long long e[SIZE / PAGE];
	int fd = open("/proc/self/pagemap", O_RDONLY), n = 0, i;

	if (pread(fd, e, sizeof(e), (unsigned long)m / PAGE * 8) != sizeof(e))
		memset(e, 0, sizeof(e));
	close(fd);
	for (i = 0; i < SIZE / PAGE; i++)
		n += e[i] >> 62 & 1;
	return n;
}

static void test_swap(void)
{
	unsigned char *m = memory();
	char text[200] = "";
	int i, good = 1, fd = open("/proc/swaps", O_RDONLY);

	i = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (i <= 0 || !strstr(text, "/dev/")) {
		skip("pages in use are swapped out", "no swap");
		skip("and their contents come back", "no swap");
		return;
	}
	machine(0);
	lend(m);
	for (i = 0; i < SIZE / PAGE; i++)
		good &= !poke(i * PAGE, 0x60 + i);
	for (i = 0; i < 50 && swapped(m) < SIZE / PAGE; i++) {
		madvise(m, SIZE, MADV_PAGEOUT);
		usleep(20000);
	}
	ok(good && swapped(m) == SIZE / PAGE, "pages in use are swapped out");
	for (i = 0; i < SIZE / PAGE; i++)
		good &= peek(i * PAGE) == 0x60 + i;
	ok(good, "and their contents come back");
	leave();
	munmap(m, SIZE);
}

static long number(const char *file)
{
	char text[40] = "";
	int fd = open(file, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	return atol(text);
}

static int set(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY), ret = write(fd, text, strlen(text));

	close(fd);
	return ret < 0;
}

static void test_ksm(void)
{
	unsigned char *m = memory();
	int i;

	if (set("/sys/kernel/mm/ksm/run", "1")) {
		skip("pages in use are merged", "no KSM");
		skip("and parted when the guest writes one", "no KSM");
		return;
	}
	set("/sys/kernel/mm/ksm/sleep_millisecs", "10");
	machine(0);
	lend(m);
	memset(m, 0x5c, SIZE);
	for (i = 0; i < SIZE / PAGE; i++)
		peek(i * PAGE);
	madvise(m, SIZE, MADV_MERGEABLE);
	for (i = 0; i < 300 && number("/sys/kernel/mm/ksm/pages_sharing") <= 0; i++)
		usleep(20000);
	ok(number("/sys/kernel/mm/ksm/pages_sharing") > 0, "pages in use are merged");
	ok(!poke(0, 1) && m[0] == 1 && m[PAGE] == 0x5c && peek(PAGE) == 0x5c &&
	   peek(3 * PAGE) == 0x5c, "and parted when the guest writes one");
	set("/sys/kernel/mm/ksm/run", "2");
	leave();
	munmap(m, SIZE);
}

/* 2 MiB at 2 MiB, whose beginning an alias shows at GPA */
static int lend_large(const char *line)
{
	return put("memmap", line) || put("memmap", "alias 64K 64K 2M\n");
}

static void test_collapse(void)
{
	const size_t large = 2 << 20;
	unsigned char *m = mmap(NULL, 2 * large, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char line[100];
	unsigned int i, good = 1;

	m += -(unsigned long)m & (large - 1);
	madvise(m, large, MADV_NOHUGEPAGE);
	memset(m, 0x44, large);
	madvise(m, large, MADV_HUGEPAGE);
	machine(0);
	snprintf(line, sizeof(line), "user 2M 2M %#lx\n", (unsigned long)m);
	good &= !lend_large(line);
	for (i = 0; i < 16; i++)
		good &= !poke(i * PAGE, 0x45);
	ok(good, "pages in use, small ones");
	if (madvise(m, large, MADV_COLLAPSE) && errno == EINVAL)
		skip("become a huge page", "no huge pages");
	else
		ok(!madvise(m, large, MADV_COLLAPSE), "become a huge page");
	for (i = 0; i < 16; i++) {
		good &= peek(i * PAGE) == 0x45 && peek(i * PAGE + 1) == 0x44;
		m[i * PAGE] = 0x46;
		good &= peek(i * PAGE) == 0x46;
		good &= !poke(i * PAGE + 1, 0x47) && m[i * PAGE + 1] == 0x47;
	}
	ok(good, "and are what they were, and shared");
	leave();
	munmap(m, large);
}

static void test_hugetlb(void)
{
	int fd = memfd_create("huge", 4 /* MFD_HUGETLB */);
	char line[100], b = 0x48;
	unsigned char *m;

	set("/proc/sys/vm/nr_hugepages", "4");
	if (fd < 0 || ftruncate(fd, 2 << 20) || number("/proc/sys/vm/nr_hugepages") < 1) {
		skip("a file of hugetlbfs", "no such pages");
		return;
	}
	machine(0);
	snprintf(line, sizeof(line), "file 2M 2M %d 0\n", fd);
	m = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(!lend_large(line) && !poke(PAGE + 1, 0x49) && m[PAGE + 1] == 0x49 &&
	   pwrite(mem, &b, 1, GPA + 2 * PAGE) == 1 && m[2 * PAGE] == 0x48,
	   "a file of hugetlbfs");
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 2 << 20);
	ok(peek(PAGE + 1) == 0, "a hole in it");
	leave();
	close(fd);
}

/* --- the VM outlives the process --------------------------------------------------------- */

static void test_exit(void)
{
	int status;
	char b;
	pid_t pid = fork();

	if (!pid) {
		unsigned char *m = memory();

		machine(KVM_CREATE_PERSIST);
		m[0] = 0x21;
		_exit(!lend(m) && peek(0) == 0x21 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(!status, "a process lends to a persistent VM and ends");
	vm = open(path, O_RDONLY | O_DIRECTORY);
	mem = openat(vm, "mem", O_RDWR);
	regs = openat(vm, "regs", O_RDWR);
	ok(peek(0) == -EIO && says("status", "has ended"), "its memory is gone: EIO, and why");
	ok(pread(mem, &b, 1, GPA) == -1 && errno == EIO, "reading mem: EIO");
	ok(pread(mem, &b, 1, READ) == 1, "the VM's own is there");
	ok(!put("memmap", "ram 64K 64K\n") && peek(0) == 0, "memory of its own in that place");
	ok(!rmdir(path), "rmdir");
	leave();
}

static void test_opener(void)
{
	unsigned char *m = memory();
	char text[100];
	int fd, status;
	pid_t pid;

	machine(0);
	fd = openat(vm, "memmap", O_WRONLY);
	snprintf(text, sizeof(text), "user %#x %#x %#lx\n", GPA, SIZE, (unsigned long)m);
	pid = fork();
	if (!pid)
		_exit(write(fd, text, strlen(text)) < 0 && errno == EINVAL ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(!status, "who got the open file from another cannot be made to lend");
	close(fd);
	leave();
	munmap(m, SIZE);
}

int main(int argc, char **argv)
{
	snprintf(path, sizeof(path), "%s/test-regions", argc > 1 ? argv[1] : "/sys/fs/kvmfs");
	test_user();
	test_changes();
	test_running();
	test_fork();
	test_file();
	test_swap();
	test_ksm();
	test_collapse();
	test_hugetlb();
	test_exit();
	test_opener();
	printf("1..%d\n", tests);
	return failures != 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-files DIR: the files of a fresh VM's directory, as far as a shell cannot
 * show it: mappings, holes, poll, O_NONBLOCK, signals, what a running vCPU forbids.
 * For the real mount and for FUSE. Ends with the directory gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tap.h"

#define PAGE		4096
#define END		0x500000	/* of the higher of two regions of 1 MiB */
#define HOLE		0x200000
#define FUSE_MAGIC	0x65735546

static int dir, on_fuse;
static const char *path;

static int fails(long ret, int error)
{
	if (ret == -1 && errno == error)
		return 1;
	printf("# %ld, %s\n", ret, ret < 0 ? strerror(errno) : "no error");
	return 0;
}

static long put(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY);
	long ret = write(fd, text, strlen(text));
	int saved = errno;

	close(fd);
	errno = saved;
	return ret;
}

static const char *get(const char *name)
{
	static char buf[8192];
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static void snooze(void)
{
	nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
}

/* real mode at 0x1000 */
static void start(int mem, const char *code, size_t n)
{
	pwrite(mem, code, n, 0x1000);
	put("regs", "cs.base 0\ncs.selector 0\nrip 0x1000\nds.base 0\nrflags 2\n");
}

#define LOOP	"\xeb\xfe"			/* jmp . */
#define POKE	"\xc6\x06\x00\x20\x5a\xf4"	/* movb $0x5a, 0x2000; hlt */

/* --- mem ------------------------------------------------------------------ */

static sigjmp_buf bus;

static void on_bus(int sig)
{
	(void)sig;
	siglongjmp(bus, 1);
}

static int touch_dies(volatile char *p)
{
	signal(SIGBUS, on_bus);
	if (!sigsetjmp(bus, 1)) {
		*p;
		return 0;
	}
	signal(SIGBUS, SIG_DFL);
	return 1;
}

static void test_map(int mem)
{
	int other = openat(dir, "mem", O_RDWR);
	char *a = mmap(NULL, END, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	char *b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0x2000);
	char buf[8];

	if (!ok(a != MAP_FAILED && b != MAP_FAILED, "mem is mapped twice"))
		return;
	strcpy(a + 0x2000, "mapped");
	ok(pread(mem, buf, 7, 0x2000) == 7 && !strcmp(buf, "mapped"),
	   "read(2) sees what a mapping wrote");
	ok(!strcmp(b, "mapped"), "so does another mapping");
	ok(pwrite(other, "written", 8, 0x2000) == 8 && !strcmp(a + 0x2000, "written"),
	   "a mapping sees what write(2) wrote");
	memcpy(a + 0x1000, POKE, sizeof(POKE) - 1);
	put("regs", "cs.base 0\ncs.selector 0\nrip 0x1000\nds.base 0\nrflags 2\n");
	put("run", "run\n");
	ok(!strncmp(get("exit"), "hlt", 3), "the guest runs what a mapping wrote");
	ok(a[0x2000] == 0x5a && b[0] == 0x5a, "mappings see what the guest wrote");
	ok(pread(mem, buf, 1, 0x2000) == 1 && buf[0] == 0x5a, "and so does read(2)");
	if (on_fuse)
		skip("a hole in a mapping: SIGBUS", "FUSE maps its page cache, which has no holes");
	else
		ok(touch_dies(a + HOLE), "a hole in a mapping: SIGBUS");
	munmap(a, END);
	munmap(b, PAGE);
	close(other);
}

static long blocks(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : st.st_blocks;
}

static void test_holes(int mem)
{
	char buf[2 * PAGE] = "";
	long before;

	put("memmap", "none 0x400000 1M\nram 0x400000 1M\n");
	ftruncate(mem, 0);
	put("memmap", "ram 0 1M\nram 0x400000 1M\n");
	ok(fails(lseek(mem, 0, SEEK_DATA), ENXIO), "nothing was touched: no data");
	before = blocks(mem);
	ok(pwrite(mem, "x", 1, 0x3000) == 1 && lseek(mem, 0, SEEK_DATA) == 0x3000,
	   "SEEK_DATA finds the page");
	ok(blocks(mem) == before + 8, "st_blocks counts it");
	ok(lseek(mem, 0x3000, SEEK_HOLE) == 0x4000, "SEEK_HOLE finds its end");
	pwrite(mem, "x", 1, 0x400000);
	ok(lseek(mem, 0x4000, SEEK_DATA) == 0x400000, "SEEK_DATA crosses a hole of the map");
	ok(lseek(mem, HOLE, SEEK_HOLE) == HOLE, "a hole of the map is one");
	ok(fails(lseek(mem, END, SEEK_HOLE), ENXIO), "there is nothing behind the end");
	ok(!fallocate(mem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0x3000, PAGE) &&
	   pread(mem, buf, 1, 0x3000) == 1 && !buf[0], "a punched hole reads as zero");
	ok(lseek(mem, 0, SEEK_DATA) == 0x400000 && blocks(mem) == before + 8,
	   "and its memory is given back");
	ok(!fallocate(mem, 0, 0x8000, 2 * PAGE) && blocks(mem) == before + 24,
	   "fallocate allocates");
	ok(fails(fallocate(mem, 0, HOLE, PAGE), ENXIO), "but not in a hole: ENXIO");
	ok(fails(fallocate(mem, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP),
	   "other modes: EOPNOTSUPP");
	ok(fails(pwrite(mem, buf, 1, HOLE), ENXIO), "write to a hole: ENXIO");
	ok(fails(pwrite(mem, buf, 1, END), ENXIO), "and behind the end");
	ok(pwrite(mem, buf, sizeof(buf), END - PAGE) == PAGE, "a write ends where memory does");
	ok(pread(mem, buf, sizeof(buf), END - PAGE) == PAGE, "and so does a read");
}

/* --- poll ------------------------------------------------------------------- */

static short polled(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void *wait_for_news(void *arg)
{
	struct pollfd p = { *(int *)arg, POLLIN, 0 };

	return (void *)(long)(poll(&p, 1, 20000) == 1 && p.revents & POLLIN);
}

static void drain(int fd)
{
	char buf[4096];

	lseek(fd, 0, SEEK_SET);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void test_poll(int mem)
{
	int exit_fd = openat(dir, "exit", O_RDONLY), status = openat(dir, "status", O_RDONLY);
	pthread_t thread;
	void *woken;

	drain(exit_fd);
	drain(status);
	ok(!(polled(exit_fd) & POLLIN), "exit, read: nothing new");
	ok(!(polled(status) & POLLIN), "status, read: nothing new");
	pthread_create(&thread, NULL, wait_for_news, &exit_fd);
	snooze();
	start(mem, "\xf4", 1);
	put("run", "run\n");
	pthread_join(thread, &woken);
	ok(!!woken, "a run wakes who polls exit");
	ok(polled(exit_fd) & POLLIN, "it is readable");
	drain(exit_fd);
	ok(!(polled(exit_fd) & POLLIN), "till it is read");
	drain(status);
	pthread_create(&thread, NULL, wait_for_news, &status);
	snooze();
	ok(fails(put("regs", "nonsense 1\n"), EINVAL), "an error");
	pthread_join(thread, &woken);
	ok(!!woken, "wakes who polls status");
	close(exit_fd);
	close(status);
}

static void test_irq(void)
{
	int irq = openat(dir, "irq", O_RDWR | O_NONBLOCK);

	ok(polled(irq) & POLLOUT, "irq: there is room");
	ok(write(irq, "32\n", 3) == 3, "a vector");
	ok(!(polled(irq) & POLLOUT), "then there is none");
	ok(fails(write(irq, "33\n", 3), EAGAIN), "with O_NONBLOCK: EAGAIN");
	close(irq);
}

/* --- texts -------------------------------------------------------------------- */

static void test_texts(void)
{
	unsigned long long rax = 0;
	int fd = openat(dir, "regs", O_RDWR), tries = 200;

	ok(pwrite(fd, "\x88\x77\x66\x55\x44\x33\x22\x11", 8, 0x10000000) == 8 &&
	   pread(fd, &rax, 8, 0x10000000) == 8 && rax == 0x1122334455667788,
	   "the binary window of regs");
	close(fd);
	fd = openat(dir, "memmap", O_WRONLY | O_APPEND);
	ok(write(fd, "ram 0x800000 64K\n", 17) == 17 && !close(fd) &&
	   strstr(get("memmap"), "ram 0x0 ") && strstr(get("memmap"), "ram 0x800000 "),
	   "O_APPEND adds to memmap");
	close(openat(dir, "memmap", O_WRONLY | O_TRUNC));
	/* FUSE tells of the last close(2) when it has returned */
	while (on_fuse && get("memmap")[0] && tries--)
		snooze();
	ok(!get("memmap")[0], "O_TRUNC and nothing written: memmap is empty");
	put("memmap", "ram 0 1M\n");
}

/* --- a vCPU that runs ------------------------------------------------------------ */

static void on_alarm(int sig)
{
	(void)sig;
}

static void test_signal(int mem)
{
	struct sigaction act = { .sa_handler = on_alarm };

	start(mem, LOOP, 2);
	sigaction(SIGALRM, &act, NULL);
	alarm(1);
	ok(fails(put("run", "run\n"), EINTR), "a signal ends a run: EINTR");
	ok(strstr(get("regs"), "rip 0x0000000000001000") != NULL, "and loses nothing");
}

static pid_t run_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		put("run", "run\n");
		_exit(0);
	}
	while (!strstr(get("status"), "state running"))
		snooze();
	return pid;
}

static void test_running(int mem)
{
	int run = openat(dir, "run", O_WRONLY);
	struct stat st;
	pid_t pid;

	start(mem, LOOP, 2);
	pid = run_child();
	ok(fails(rmdir(path), EBUSY), "rmdir while a vCPU runs: EBUSY");
	ok(fails(put("regs", "rax 1\n"), EBUSY), "writing regs: EBUSY");
	ok(fails(put("run", "run\n"), EBUSY), "a second run: EBUSY");
	ok(fails(ftruncate(mem, 0), EBUSY), "truncate: EBUSY");
	ok(strstr(get("regs"), "rip 0x0000000000001000") != NULL, "reading regs works");
	ok(!strncmp(get("status"), "state running", 13), "and it still runs");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(!rmdir(path), "rmdir when it was killed");
	ok(stat(path, &st) && errno == ENOENT, "it is gone");
	ok(!fstat(mem, &st), "an open file stays");
	ok(fails(write(run, "run\n", 4), ENODEV), "but nothing runs any more: ENODEV");
	close(run);
}

int main(int argc, char **argv)
{
	struct statfs fs;
	int mem;

	path = argc == 2 ? argv[1] : "";
	dir = open(path, O_RDONLY | O_DIRECTORY);
	if (dir < 0 || fstatfs(dir, &fs)) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		return 1;
	}
	on_fuse = fs.f_type == FUSE_MAGIC;
	put("memmap", "ram 0 1M\nram 0x400000 1M\n");
	mem = openat(dir, "mem", O_RDWR);
	test_map(mem);
	test_holes(mem);
	test_poll(mem);
	test_texts();
	test_irq();
	test_signal(mem);
	test_running(mem);
	printf("1..%d\n", tests);
	return failures != 0;
}

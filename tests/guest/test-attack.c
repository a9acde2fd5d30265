// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-attack MOUNT: what a user of a mount tries in order to have more than was given, or
 * to leave others waiting. On the real mount alone; as root, which may have
 * userfaultfd(2) stop the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "tap.h"

#define PAGE	4096
#define PATIENCE	30000		/* ms that nothing here takes, on any machine */

static int dir;
static char path[256];

static void put(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(fd);
}

static void machine(const char *ram)
{
	if (mkdir(path, 0700))
		printf("# %s: %s\n", path, strerror(errno));
	dir = open(path, O_RDONLY | O_DIRECTORY);
	put("memmap", ram);
}

static void no_machine(void)
{
	close(dir);
	if (rmdir(path))
		printf("# %s: %s\n", path, strerror(errno));
}

/* whether a child ends by itself, or by the signal that it was sent */
static int ends(pid_t pid, int *status)
{
	int i;

	for (i = 0; i < PATIENCE / 10; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return 1;
		usleep(10000);
	}
	return 0;
}

/* --- mappings of mem ------------------------------------------------------------- */

static sigjmp_buf trap;

static void on_fault(int sig)
{
	siglongjmp(trap, sig);
}

static int touch_dies(volatile char *p)
{
	int sig = sigsetjmp(trap, 1);

	if (!sig)
		*p = 1;
	return sig;
}

/* the kernel maps the vm_file of a mapping anew, and not mem: past the map and its rights */
static void test_remap(void)
{
	char *rw, *ro;
	int mem, reader;

	machine("ram 0 1M\n");
	mem = openat(dir, "mem", O_RDWR);
	reader = openat(dir, "mem", O_RDONLY);
	rw = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	ro = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
	*rw = 7;
	syscall(SYS_remap_file_pages, rw, PAGE, 0, 0x4000000 / PAGE, 0);
	ok(*rw == 7 || touch_dies(rw), "remap_file_pages: no memory that memmap has not");
	ok(mprotect(ro, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES,
	   "who may read mem maps it for reading");
	syscall(SYS_remap_file_pages, ro, PAGE, 0, 0, 0);
	ok(mprotect(ro, PAGE, PROT_READ | PROT_WRITE), "nor for more by remap_file_pages");
	ok(madvise(ro, PAGE, MADV_REMOVE), "and removes nothing");
	munmap(rw, PAGE);
	munmap(ro, PAGE);
	close(reader);
	close(mem);
	no_machine();
}

#define MUCH	(8 << 20)

static char *much;
static volatile int removing;

static void *remove_it(void *unused)
{
	removing = 1;
	madvise(much, MUCH, MADV_REMOVE);
	return unused;
}

/* a VM that goes while its memory is given back: what its end frees is still in use */
static void test_remove(void)
{
	pthread_t thread;
	int i, mem;

	for (i = 0; i < 6; i++) {
		machine("ram 0 8M\n");
		mem = openat(dir, "mem", O_RDWR);
		much = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, mem, 0);
		close(mem);
		close(dir);
		removing = 0;
		pthread_create(&thread, NULL, remove_it, NULL);
		while (!removing)
			sched_yield();
		usleep(100 * i);
		munmap(much, MUCH);
		rmdir(path);
		pthread_join(thread, NULL);
	}
	ok(access(path, F_OK) && errno == ENOENT, "VMs that go while their memory is removed");
}

/* --- who waits can be killed --------------------------------------------------------- */

static volatile int enough;

static void *read_regs(void *unused)
{
	int regs = openat(dir, "regs", O_RDONLY);
	char text[8192];

	while (!enough)
		pread(regs, text, sizeof(text), 0);
	close(regs);
	return unused;
}

static void await_running(void)
{
	char text[256];
	int i, fd;

	for (i = 0; i < PATIENCE / 10; i++) {
		fd = openat(dir, "status", O_RDONLY);
		text[read(fd, text, sizeof(text) - 1)] = '\0';
		close(fd);
		if (!strncmp(text, "state running", 13))
			break;
		usleep(10000);
	}
}

static pid_t run_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		put("run", "run\n");
		_exit(0);
	}
	await_running();
	return pid;
}

/* each stops the vCPU for a moment, and all of them together do so without end */
static void test_readers(void)
{
	pthread_t threads[6];
	unsigned int i;
	pid_t pid;
	int mem;

	machine("ram 0 1M\n");
	mem = openat(dir, "mem", O_RDWR);
	pwrite(mem, "\xeb\xfe", 2, 0x1000);		/* jmp . */
	close(mem);
	put("regs", "cs.base 0\ncs.selector 0\nrip 0x1000\n");
	pid = run_child();
	for (i = 0; i < sizeof(threads) / sizeof(*threads); i++)
		pthread_create(&threads[i], NULL, read_regs, NULL);
	usleep(200000);
	kill(pid, SIGKILL);
	ok(ends(pid, NULL), "who runs a vCPU can be killed while others read its registers");
	enough = 1;
	for (i = 0; i < sizeof(threads) / sizeof(*threads); i++)
		pthread_join(threads[i], NULL);
	no_machine();
}

/* a page that nobody brings: the kernel waits for it as for any slow memory */
static char *slow_page(int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (unsigned long)at;
	range.range.len = PAGE;
	if (*uffd < 0 || ioctl(*uffd, UFFDIO_API, &api) || ioctl(*uffd, UFFDIO_REGISTER, &range))
		return NULL;
	return at;
}

struct slow_write {
	int fd;
	char *page;
};

static void *write_slowly(void *arg)
{
	struct slow_write *w = arg;

	write(w->fd, w->page, 16);
	return NULL;
}

/* @done: a child's work on the descriptor that another writes to from slow memory */
static void wait_beside(const char *name, void (*done)(int fd))
{
	static const char zeros[PAGE] = "";
	struct uffdio_copy copy = { .src = (unsigned long)zeros, .len = PAGE };
	struct slow_write w;
	pthread_t thread;
	char msg[sizeof(struct uffd_msg)];
	int uffd;
	pid_t pid;

	w.page = slow_page(&uffd);
	if (!w.page) {
		skip(name, "no userfaultfd here");
		return;
	}
	machine("ram 0 1M\n");
	w.fd = openat(dir, "memmap", O_RDWR);
	pthread_create(&thread, NULL, write_slowly, &w);
	read(uffd, msg, sizeof(msg));		/* it is in there */
	pid = fork();
	if (!pid) {
		done(w.fd);
		_exit(0);
	}
	usleep(200000);
	kill(pid, SIGKILL);
	ok(ends(pid, NULL), name);
	copy.dst = (unsigned long)w.page;
	ioctl(uffd, UFFDIO_COPY, &copy);
	pthread_join(thread, NULL);
	munmap(w.page, PAGE);
	close(uffd);
	close(w.fd);
	no_machine();
}

static void do_close(int fd)
{
	close(fd);
}

static void do_truncate(int fd)
{
	ftruncate(fd, 0);
}

/* --- rights --------------------------------------------------------------------------- */

#define NOBODY	65534

static void set_guest(const char *code, size_t n)
{
	int mem = openat(dir, "mem", O_RDWR);

	pwrite(mem, code, n, 0x1000);
	close(mem);
	put("regs", "cs.base 0\ncs.selector 0\nds.base 0\nrip 0x1000\nrflags 2\n");
}

static int run(int fd)
{
	static struct kvm_exit x;

	return syscall(__NR_kvm_run, fd, &x, sizeof(x));
}

/* the status of a child that is somebody else */
static int as_nobody(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		_exit(fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_opened(void)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	return run(fd) == -1 ? errno : 0;
}

static int run_given(void)
{
	return run(dir) == -1 ? errno : 0;
}

/* registers are where both kinds of call look for their arguments */
static long int80(int fd, struct kvm_exit *x)
{
	long ret = __NR_kvm_run;

	asm volatile("int $0x80" : "+a"(ret)
		     : "b"((long)fd), "c"(x), "d"(sizeof(*x)), "D"((long)fd), "S"(x)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static void test_rights(void)
{
	static struct kvm_exit x;

	machine("ram 0 1M\n");
	chmod(path, 0755);
	set_guest("\xf4\xeb\xfd", 3);		/* hlt; jmp */
	ok(as_nobody(run_opened) == EACCES, "kvm_run by who may not write run: EACCES");
	ok(as_nobody(run_given) == 0, "but by who was given a descriptor that may");
	if (sigsetjmp(trap, 1))
		skip("a 32-bit call", "this kernel has none");
	else
		ok(int80(dir, &x) == -ENOSYS, "kvm_run as a 32-bit call: ENOSYS");
	no_machine();
}

/* the VM's life hangs on a descriptor; another process runs it when that is closed */
static void test_owner_goes(void)
{
	int owner = syscall(__NR_kvm_create, path, 0, 0700), status = -1;
	pid_t pid;

	dir = open(path, O_RDONLY | O_DIRECTORY);
	put("memmap", "ram 0 1M\n");
	set_guest("\xeb\xfe", 2);
	pid = fork();
	if (!pid) {
		close(owner);
		_exit(run(dir) == -1 ? errno : 0);
	}
	await_running();
	close(owner);
	ok(access(path, F_OK) && errno == ENOENT, "a VM goes with its descriptor while it runs");
	if (!ok(ends(pid, &status) && WIFEXITED(status) && WEXITSTATUS(status) == ENODEV,
		"who runs it gets ENODEV"))
		kill(pid, SIGKILL);
	close(dir);
}

/* what the guest has in its TLB and tables is not what was given back */
static void test_punch(void)
{
	int mem, i, good = 1;
	char b;

	machine("ram 0 1M\n");
	mem = openat(dir, "mem", O_RDWR);
	for (i = 0; i < 4 && good; i++) {
		pwrite(mem, "\x5a", 1, 0x2000);
		set_guest("\xa0\x00\x20\xfe\x06\x00\x20\xf4", 8);	/* mov; incb; hlt */
		good = run(dir) == KVMFS_EXIT_HLT && pread(mem, &b, 1, 0x2000) == 1 && b == 0x5b;
		fallocate(mem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0x2000, PAGE);
		set_guest("\xa0\x00\x20\xfe\x06\x00\x20\xf4", 8);
		good &= run(dir) == KVMFS_EXIT_HLT && pread(mem, &b, 1, 0x2000) == 1 && b == 1;
	}
	ok(good, "a page that was punched out is gone for the guest, too");
	close(mem);
	no_machine();
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	snprintf(path, sizeof(path), "%s/attack", argc == 2 ? argv[1] : ".");
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	test_rights();
	test_owner_goes();
	test_punch();
	test_remap();
	test_remove();
	test_readers();
	wait_beside("who closes a descriptor that another writes to can be killed", do_close);
	wait_beside("who truncates it can, too", do_truncate);
	printf("1..%d\n", tests);
	return failures != 0;
}

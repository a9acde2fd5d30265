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

#define PAGE	4096
#define PATIENCE	30000		/* ms that nothing here takes, on any machine */

static int tests, failures, dir;
static char path[256];

static int ok(int good, const char *name)
{
	int saved = errno;

	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	if (!good)
		printf("# errno: %s\n", strerror(saved));
	fflush(stdout);
	return good;
}

static void skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, name, why);
}

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
static int ends(pid_t pid)
{
	int i;

	for (i = 0; i < PATIENCE / 10; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
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

static pid_t run_child(void)
{
	pid_t pid = fork();
	char text[256];
	int i, fd;

	if (!pid) {
		put("run", "run\n");
		_exit(0);
	}
	for (i = 0; i < PATIENCE / 10; i++) {
		fd = openat(dir, "status", O_RDONLY);
		text[read(fd, text, sizeof(text) - 1)] = '\0';
		close(fd);
		if (!strncmp(text, "state running", 13))
			break;
		usleep(10000);
	}
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
	ok(ends(pid), "who runs a vCPU can be killed while others read its registers");
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
	ok(ends(pid), name);
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

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	snprintf(path, sizeof(path), "%s/attack", argc == 2 ? argv[1] : ".");
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	test_remap();
	test_remove();
	test_readers();
	wait_beside("who closes a descriptor that another writes to can be killed", do_close);
	wait_beside("who truncates it can, too", do_truncate);
	printf("1..%d\n", tests);
	return failures != 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-pause: what a pause means for kvm_run(), and who is told of a change of state:
 * poll and inotify on status.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "tap.h"

static char path[256];
static int vm, watch, status_fd;

static int put(const char *name, const char *text)
{
	int fd = openat(vm, name, O_WRONLY), ret;

	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

static const char *get(const char *name)
{
	static char text[8192];
	int fd = openat(vm, name, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

/* --- who is told ---------------------------------------------------------------- */

/* whether inotify and poll have told of a change; forgets it */
static void told(const char *what)
{
	char events[4096], text[512], name[128];
	struct pollfd p = { .fd = watch, .events = POLLIN };
	struct pollfd s = { .fd = status_fd, .events = POLLIN };

	snprintf(name, sizeof(name), "inotify tells of %s", what);
	ok(poll(&p, 1, 5000) == 1 && read(watch, events, sizeof(events)) > 0, name);
	snprintf(name, sizeof(name), "poll tells of %s", what);
	ok(poll(&s, 1, 5000) == 1 && (s.revents & POLLIN), name);
	if (pread(status_fd, text, sizeof(text), 0) <= 0)
		ok(0, "status can be read");
}

static void not_told(const char *what)
{
	struct pollfd p[2] = { { .fd = watch, .events = POLLIN },
			       { .fd = status_fd, .events = POLLIN } };

	ok(poll(p, 2, 200) == 0, what);
}

static void test_told(void)
{
	char file[300];

	snprintf(file, sizeof(file), "%s/status", path);
	status_fd = openat(vm, "status", O_RDONLY);
	get("status");
	watch = inotify_init1(IN_NONBLOCK);
	ok(inotify_add_watch(watch, file, IN_MODIFY) >= 0, "status is watched");
	pread(status_fd, file, 10, 0);
	not_told("nothing happens, nobody is told");
	put("ctl", "pause\n");
	told("pause");
	put("ctl", "resume\n");
	told("resume");
	put("regs", "nonsense 1\n");
	told("an error");
	put("ctl", "reset\n");
	told("reset");
	put("regs", "rax 1\n");
	not_told("a change of registers is none of status");
}

/* --- runs in a pause ---------------------------------------------------------------- */

static struct kvm_exit x;
static int ret, error;

static void *runner(void *unused)
{
	(void)unused;
	ret = syscall(__NR_kvm_run, vm, &x, sizeof(x));
	error = errno;
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static pthread_t start(void)
{
	pthread_t t;

	ret = 1000;
	pthread_create(&t, NULL, runner, NULL);
	usleep(100000);
	return t;
}

/* at 0x1000: @code; @regs besides */
static void load(const char *code, size_t n, const char *regs)
{
	int mem = openat(vm, "mem", O_RDWR);

	pwrite(mem, code, n, 0x1000);
	close(mem);
	put("regs", "cs.base 0\ncs.selector 0\nrip 0x1000\nss.base 0\nrsp 0x8000\nrflags 2\n");
	put("regs", regs);
	memset(&x, 0, sizeof(x));
}

static void test_runs(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	pthread_t t;

	sigaction(SIGUSR1, &a, NULL);
	/* in $0x60, %al; mov %al, %bl; in $0x61, %al; hlt */
	load("\xe4\x60\x88\xc3\xe4\x61\xf4", 7, "rax 0\nrbx 0\n");
	runner(NULL);
	ok(ret == KVMFS_EXIT_IO && x.io.port == 0x60, "an IN");
	x.data[0] = 0x11;
	put("ctl", "pause\n");
	t = start();
	ok(ret == 1000, "its answer waits in a pause");
	ok(strstr(get("regs"), "rax 0x0000000000000000") != NULL, "and changes nothing");
	/* "insn" where the emulator runs real mode */
	ok(strstr(get("events"), "pending in") != NULL &&
	   strstr(get("events"), " rip 0x1000 ") != NULL, "it is still pending");
	pthread_kill(t, SIGUSR1);
	pthread_join(t, NULL);
	ok(ret == -1 && error == EINTR, "a signal ends the wait: EINTR");
	ok(strstr(get("events"), "pending in") != NULL &&
	   strstr(get("events"), " rip 0x1000 ") != NULL, "which loses nothing");
	t = start();
	put("ctl", "resume\n");
	pthread_join(t, NULL);
	ok(ret == KVMFS_EXIT_IO && x.io.port == 0x61, "after it, the answer counts");
	ok(strstr(get("regs"), "rbx 0x0000000000000011") != NULL, "and has arrived");

	/* another question while the answer waits */
	x.data[0] = 0x22;
	x.request = KVMFS_REQ_INJECT;
	x.vector = 0x20;
	put("ctl", "pause\n");
	t = start();
	ok(!put("events", "pending in rip 0x1004 next 0x1006 port 0x99 size 2 count 1\n"),
	   "what is pending is replaced");
	put("ctl", "resume\n");
	pthread_join(t, NULL);
	ok(ret == KVMFS_EXIT_IO && x.io.port == 0x99 && x.io.size == 2 && !x.io.write,
	   "the run returns with the new question");
	ok(x.request == KVMFS_REQ_INJECT, "and has not taken the vector");
	x.request = 0;
	memcpy(x.data, "\x34\x12", 2);
	runner(NULL);
	ok(ret == KVMFS_EXIT_HLT, "it is answered");
	ok(strstr(get("regs"), "rax 0x0000000000001234") != NULL, "and the answer arrives");
	ok(access(path, F_OK) == 0, "the VM is there");

	told("all the pauses meanwhile");
	load("\xeb\xfe", 2, "rax 0\n");
	t = start();
	not_told("a run begins, which is no news");
	ok(!put("ctl", "kill\n"), "kill");
	pthread_join(t, NULL);
	ok(ret == -1 && error == ENODEV, "ends a run with ENODEV");
	told("kill");
}

/* --- whom it disturbs ------------------------------------------------------------------ */

/* interrupts that the second processor got because another one had something for it to do */
static long calls(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[512];
	long n = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " CAL: %*d %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

#define PAUSES	2000

/* how many more there are for writing @first and "resume" that often */
static long calls_of(const char *first)
{
	long before = calls();
	int i;

	for (i = 0; i < PAUSES; i++) {
		put("ctl", first);
		put("ctl", "resume\n");
	}
	return calls() - before;
}

/* some kernels have interrupts of that kind for any write */
static void test_others(void)
{
	cpu_set_t first, all;
	long pauses, others;

	if (calls() < 0) {
		printf("ok %d - pauses # SKIP one processor\n", ++tests);
		return;
	}
	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	others = calls_of("resume\n");
	pauses = calls_of("pause\n");
	sched_setaffinity(0, sizeof(all), &all);
	printf("# %ld interrupts, %ld without a pause\n", pauses, others);
	ok(pauses - others < PAUSES / 2, "pausing a VM that does not run disturbs no other processor");
}

int main(int argc, char **argv)
{
	snprintf(path, sizeof(path), "%s/test-pause", argc > 1 ? argv[1] : "/sys/fs/kvmfs");
	vm = syscall(__NR_kvm_create, path, 0, 0700);
	ok(vm >= 0, "kvm_create");
	put("memmap", "ram 0 1M\n");
	load("\xf4", 1, "rax 0\n");
	test_others();
	runner(NULL);		/* the first run is told of, too */
	test_told();
	test_runs();
	close(vm);
	ok(access(path, F_OK) && errno == ENOENT, "a killed VM goes like any other");
	printf("1..%d\n", tests);
	return failures != 0;
}

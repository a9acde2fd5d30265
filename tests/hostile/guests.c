// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile-guests [-d MOUNT] [-s SEED] [-n COUNT] [-x EXITS] [-t TICKS] [-c VCPUS] [-v]:
 * run COUNT guests, made from SEED, SEED + 1, ..., none of which can be trusted, and
 * their users, who do at random what a user may. Ends with status 0 if each of them could
 * be stopped and no error came up that none of this may cause. Whether the host is well
 * besides what host.c sees is for the caller to find out.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "hostile.h"
#include "../guest/vm.h"

static struct {
	const char *mount;
	uint64_t seed;
	unsigned long count, exits, ticks, cpus;
	bool verbose;
} options = { "/sys/fs/kvmfs", 1, 100, 150, 10, 2, false };

static unsigned long reasons[16], errors[256], refused;
static uint64_t inside[4];
static const char *const counters[] = { "exits", "page_faults", "emulated", "exceptions_injected" };
static int kmsg = -1;

struct cpu {
	struct guest *g;
	struct chance c;
	int vm, dir, mem;
	bool done;
};

/* --- users --------------------------------------------------------------------- */

/* what was read of some guest's file, and is written to another's at times */
static struct {
	char text[16384];
	ssize_t len;
} stash[4];

static const char *const state_files[] = { "events", "regs", "msrs", "irq", "fpregs", "debug",
					   "cpuid", "exit", "stat", "status", "memmap" };

static void carry(struct cpu *u)
{
	unsigned int n = below(&u->c, 4);
	const char *name = state_files[n];
	int fd = openat(u->dir, name, one_in(&u->c, 2) ? O_RDONLY : O_WRONLY);

	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		stash[n].len = read(fd, stash[n].text, sizeof(stash[n].text));
	else if (stash[n].len > 0 && write(fd, stash[n].text, stash[n].len) < 0)
		errors[0]++;
	close(fd);
}

static void read_all(struct cpu *u)
{
	char text[8192];
	unsigned int i;

	for (i = 0; i < sizeof(state_files) / sizeof(*state_files); i++) {
		int fd = openat(u->dir, state_files[i], O_RDONLY);

		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
}

static void line(struct cpu *u)
{
	uint64_t value = one_in(&u->c, 2) ? some_value(u->g) : below(&u->c, 300);
	char text[128];
	const char *file = some_line(&u->c, value, text, sizeof(text));
	int dir = strcmp(file, "memmap") && strcmp(file, "ctl") ? u->dir : u->vm;

	if (kvmfs_write_text(dir, file, text))
		refused++;
}

static void memory(struct cpu *u)
{
	struct guest *g = u->g;
	uint64_t at = 0x1000ULL * below(&u->c, RAM >> 12);
	char bits[64];
	int fd;

	switch (below(&u->c, 5)) {
	case 0:
		fallocate(u->mem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
			  0x1000 * (1 + below(&u->c, 32)));
		break;
	case 1:
		madvise(g->mem + at, 0x1000, MADV_DONTNEED);
		break;
	case 2:
		fd = openat(u->vm, "dirty", O_RDONLY);
		if (read(fd, bits, sizeof(bits)) < 0)
			errors[0]++;
		close(fd);
		break;
	case 3:
		if (pwrite(u->mem, &at, 8, some_address(g)) < 0)
			errors[0]++;
		break;
	default:
		if (g->mode >= TWO_LEVEL)
			spoil_tables(g, 3);
	}
}

static void meddle(struct cpu *u)
{
	switch (below(&u->c, 6)) {
	case 0:
		carry(u);
		break;
	case 1:
		read_all(u);
		break;
	case 2:
		memory(u);
		break;
	default:
		line(u);
	}
}

/* --- running ----------------------------------------------------------------------- */

static int put_state(struct guest *g, int dir)
{
	static __thread char text[8192];

	if (make_state(g, text, sizeof(text)))
		return -1;
	if (!kvmfs_write_text(dir, "regs", text))
		return 0;
	/* one register of any value was one too many */
	refused++;
	return kvmfs_write_text(dir, "regs", "rip 0x60000\ncs.base 0\n");
}

/* one that has come to its end goes on elsewhere in its code, with tables as new, or not */
static bool revive(struct cpu *u)
{
	struct guest again = *u->g;
	char text[32];
	uint64_t start;

	again.c.state = chance_next(&u->c);
	if (one_in(&u->c, 2))
		make_tables(&again);
	if (put_state(&again, u->dir))
		return false;
	memcpy(&start, again.mem + RESTARTS + 8 + 8 * below(&u->c, 64), 8);
	snprintf(text, sizeof(text), "rip %#llx\n", (unsigned long long)start);
	if (kvmfs_write_text(u->dir, "regs", text))
		refused++;
	return true;
}

/* false: this guest is over */
static bool after(struct cpu *u, struct kvm_exit *x, int reason, unsigned int *ticks)
{
	if (reason < 0) {
		errors[errno & 255]++;
		if (errno == EINTR)	/* perhaps in a loop without end */
			return --*ticks && (one_in(&u->c, 2) || revive(u));
		/* what a user, or a state that a user gave, may well lead to */
		return errno == EAGAIN || (errno == EINVAL && one_in(&u->c, 2) && --*ticks);
	}
	reasons[reason & 15]++;
	if (reason == KVMFS_EXIT_SHUTDOWN || reason == KVMFS_EXIT_ERROR ||
	    reason == KVMFS_EXIT_FAIL_ENTRY)
		return one_in(&u->c, 8) || revive(u);
	if (reason == KVMFS_EXIT_HLT && !(x->state & KVMFS_STATE_IF))
		return one_in(&u->c, 2) || revive(u);
	return true;
}

static void *run(void *arg)
{
	static const size_t sizes[] = { sizeof(struct kvm_exit), KVM_EXIT_SIZE_MIN, 128 };
	struct cpu *u = arg;
	struct kvm_exit x = { };
	unsigned int ticks = options.ticks, n;
	uint64_t word;
	int reason;

	for (n = 0; n < options.exits; n++) {
		if (one_in(&u->c, 12))
			meddle(u);
		word = chance_next(&u->c);
		memcpy(x.data, &word, 8);
		x.request = one_in(&u->c, 6) ? below(&u->c, 4) : 0;
		x.vector = below(&u->c, 256);
		reason = sse_syscall(__NR_kvm_run, u->dir, (long)&x,
				     one_in(&u->c, 4) ? PICK(&u->c, sizes) : sizes[0]);
		if (!after(u, &x, reason, &ticks))
			break;
	}
	u->done = true;
	return NULL;
}

static void on_tick(int sig)
{
	(void)sig;
}

static void start_ticks(void)
{
	struct itimerval every = { { 0, 4000 }, { 0, 4000 } };
	struct sigaction act = { .sa_handler = on_tick };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static int fail(const char *what)
{
	printf("not ok - seed %llu: %s: %s\n", (unsigned long long)options.seed, what,
	       strerror(errno));
	return -1;
}

static int fill(struct guest *g, int vm)
{
	if (kvmfs_write_text(vm, "memmap", "ram 0 0xa0000\nram 0xb0000 0x30000\n"
			     "rom 0xe0000 0x10000\nram 0xf0000 0x110000\n"
			     "alias 0x300000 0x10000 0x10000\nalias 0x360000 0x10000 0x60000\n"))
		return fail("memmap");
	g->mem = kvmfs_map_mem(vm, 0, RAM);
	if (g->mem == MAP_FAILED)
		return fail("mmap");
	g->mode = below(&g->c, MODES);
	g->user = g->mode != REAL && one_in(&g->c, 4);
	make_tables(g);
	make_system(g);
	make_code(g);
	return 0;
}

/* both processors run the same code in the same memory */
static int run_cpus(struct guest *g, struct cpu *cpus, unsigned int n)
{
	pthread_t thread;
	unsigned int i;
	uint64_t value;

	if (n > 1 && pthread_create(&thread, NULL, run, &cpus[1]))
		return fail("pthread_create");
	run(&cpus[0]);
	if (n > 1) {
		/* a tick interrupts one thread, and mostly this one */
		while (!cpus[1].done) {
			pthread_kill(thread, SIGALRM);
			usleep(1000);
		}
		pthread_join(thread, NULL);
	}
	munmap(g->mem, RAM);
	for (i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (!kvmfs_stat(cpus[0].dir, counters[i], &value))
			inside[i] += value;
	return 0;
}

static int one_guest(uint64_t seed)
{
	struct guest g = { .c = { seed } };
	struct cpu cpus[2] = { };
	unsigned int n = 1, i;
	char path[256];
	int vm, ret;

	snprintf(path, sizeof(path), "%s/hostile-%d", options.mount, getpid());
	vm = kvm_create(path, 0, 0700);
	if (vm < 0)
		return fail("kvm_create");
	ret = fill(&g, vm);
	if (!ret && options.cpus > 1 && one_in(&g.c, 4))
		n = 2;
	strcat(path, "/cpu1");
	for (i = 0; !ret && i < n; i++) {
		cpus[i] = (struct cpu){ .g = &g, .c = { chance_next(&g.c) }, .vm = vm,
					.dir = i ? kvm_create(path, 0, 0700) : vm,
					.mem = openat(vm, "mem", O_RDWR) };
		if (cpus[i].dir < 0 || put_state(&g, cpus[i].dir))
			ret = fail("regs");
	}
	if (!ret)
		ret = run_cpus(&g, cpus, n);
	for (i = 0; i < n; i++) {
		close(cpus[i].mem);
		if (i)
			close(cpus[i].dir);
	}
	close(vm);
	return ret;
}

/* --- the whole ---------------------------------------------------------------------- */

/* the kernel's log says which guest it was that it complains of */
static void announce(uint64_t seed)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "<7>hostile: seed %llu\n", (unsigned long long)seed);

	if (kmsg >= 0 && write(kmsg, text, n) != n)
		kmsg = -1;
	if (options.verbose)
		printf("# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
}

static void report(unsigned long n)
{
	static const char *const names[] = { "-", "io", "mmio", "hlt", "irq-window", "debug",
					     "shutdown", "hypercall", "msr", "fail-entry",
					     "internal-error" };
	unsigned int i;

	printf("# %lu guests, seeds %llu to %llu:", n, (unsigned long long)options.seed - n,
	       (unsigned long long)options.seed - 1);
	for (i = 1; i < sizeof(names) / sizeof(*names); i++)
		if (reasons[i])
			printf(" %s %lu", names[i], reasons[i]);
	for (i = 1; i < 256; i++)
		if (errors[i])
			printf(" %s %lu", strerrorname_np(i), errors[i]);
	printf(" refused %lu\n# in the kernel:", refused);
	for (i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		printf(" %s %llu", counters[i], (unsigned long long)inside[i]);
	printf("\n");
}

static int parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "d:s:n:x:t:c:v")) != -1) {
		switch (c) {
		case 'd':
			options.mount = optarg;
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			options.count = strtoul(optarg, NULL, 0);
			break;
		case 'x':
			options.exits = strtoul(optarg, NULL, 0);
			break;
		case 't':
			options.ticks = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			options.cpus = strtoul(optarg, NULL, 0);
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned long n;
	int bad = 0;

	if (parse(argc, argv)) {
		fprintf(stderr, "usage: %s [-d MOUNT] [-s SEED] [-n COUNT] [-x EXITS] [-t TICKS] "
			"[-c VCPUS] [-v]\n", argv[0]);
		return 2;
	}
	kmsg = open("/dev/kmsg", O_WRONLY);
	if (!host_check(true))
		return fail("host_check") ? 2 : 0;
	start_ticks();
	for (n = 0; n < options.count && !bad; n++, options.seed++) {
		announce(options.seed);
		bad = one_guest(options.seed);
		if (!bad && (n % 64 == 63 || n == options.count - 1) && !host_check(false))
			bad = fail("the host is not as it was, after this or one of 63 before it");
	}
	report(n);
	/* of memory there is enough, and a VM whose directory is there is not dead */
	for (n = 0; n < 256; n++)
		if (errors[n] && n && n != EINTR && n != EAGAIN && n != EINVAL)
			bad = fail(strerrorname_np(n));
	return bad ? 1 : 0;
}

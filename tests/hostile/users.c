// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile-users [-s SEED] [-t SECONDS] [-p PROCESSES] MOUNT[:UID[:MAX_VMS:MAX_MEM]]...:
 * processes of several tenants, each of some threads, make random system calls (calls.c)
 * on their mounts. They pass descriptors to each other, and are killed and stopped at
 * any moment. Ends with status 0 if everything can be removed then, and the limits of
 * the mounts were kept.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "users.h"

#define THREADS		3
#define MAX_TENANTS	4
#define MAX_USERS	32

static struct {
	uint64_t seed;
	unsigned long seconds, processes;
} options = { 1, 10, 4 };

static struct tenant {
	char mount[128];
	unsigned int uid, max_vms;
	unsigned long long max_mem;
} tenants[MAX_TENANTS];

static unsigned int n_tenants;
static unsigned long *all_calls;		/* of all processes */

struct user me;
__thread struct player *self;

/* --- a process --------------------------------------------------------------------- */

static void on_signal(int sig)
{
	struct player *p = self;

	if (sig == SIGALRM || !p || !p->trap) {
		if (sig != SIGALRM)
			_exit(1);
		return;
	}
	siglongjmp(*p->trap, 1);
}

static void *thread(void *arg)
{
	struct player p = { .c = { (uintptr_t)arg } };

	self = &p;
	for (;;) {
		play();
		__atomic_add_fetch(all_calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void become(const struct tenant *t)
{
	struct rlimit files = { 256, 256 };
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < N_FDS; i++)
		me.fds[i] = -1;
	me.mount = t->mount;
	if (t->uid && (setgid(t->uid) || setuid(t->uid)))
		_exit(1);
}

static void user(const struct tenant *t, uint64_t seed)
{
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } };
	struct sigaction act = { .sa_handler = on_signal };
	struct chance c = { seed };
	pthread_t threads[THREADS];
	unsigned int i;

	become(t);
	sigaction(SIGALRM, &act, NULL);
	act.sa_flags = SA_NODEFER;
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	setitimer(ITIMER_REAL, &every, NULL);
	for (i = 1; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, (void *)(uintptr_t)chance_next(&c));
	thread((void *)(uintptr_t)chance_next(&c));
}

/* --- the one who starts and kills them ------------------------------------------------ */

static pid_t start(unsigned int n, uint64_t seed)
{
	pid_t pid = fork();

	if (!pid) {
		/* of another tenant's mount at times: permissions keep it out */
		user(&tenants[n % n_tenants], seed);
		_exit(0);
	}
	return pid;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* where the threads of a process are that does not die, if the kernel says so */
static void show_stacks(pid_t pid)
{
	char path[512], text[4096];
	struct dirent *e;
	ssize_t n;
	DIR *d;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stack", pid, e->d_name);
		fd = open(path, O_RDONLY);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (n > 0)
			printf("# thread %s is in\n%.*s", e->d_name, (int)n, text);
		close(fd);
	}
	if (d)
		closedir(d);
	fflush(stdout);
}

/* waits till a process that was killed is gone, and says so if that takes its time */
static void wait_for(pid_t pid)
{
	double begin = now();
	bool told = false;

	while (!waitpid(pid, NULL, WNOHANG)) {
		if (!told && now() > begin + 3) {
			told = true;
			show_stacks(pid);
		}
		usleep(1000);
	}
	if (told)
		printf("# it took %d s to die\n", (int)(now() - begin));
}

/* returns how many were started */
static unsigned long torment(struct chance *c)
{
	double end = now() + options.seconds;
	pid_t pids[MAX_USERS];
	unsigned long started = 0;
	unsigned int i;

	for (i = 0; i < options.processes; i++, started++)
		pids[i] = start(i, chance_next(c));
	while (now() < end) {
		usleep(1000 * below(c, 150));
		i = below(c, options.processes);
		switch (below(c, 3)) {
		case 0:
			kill(pids[i], SIGSTOP);
			usleep(1000 * below(c, 50));
			kill(pids[i], SIGCONT);
			break;
		default:
			kill(pids[i], SIGKILL);
			wait_for(pids[i]);
			pids[i] = start(i, chance_next(c));
			started++;
		}
	}
	for (i = 0; i < options.processes; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return started;
}

/* --- afterwards ---------------------------------------------------------------------- */

static unsigned long long ram_of(const char *vm)
{
	unsigned long long sum = 0, start, size;
	char path[600], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/memmap", vm);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "r%*[ao]m %llx %llx", &start, &size) == 2)
			sum += size;
	if (f)
		fclose(f);
	return sum;
}

/* what is left of a tenant: within its limits, and it can go */
static int clear(const struct tenant *t)
{
	unsigned long long sum = 0;
	unsigned int n = 0, bad = 0;
	struct dirent *e;
	char path[512];
	DIR *d = opendir(t->mount);

	while (d && (e = readdir(d))) {
		if (e->d_name[0] != 'u')
			continue;
		snprintf(path, sizeof(path), "%s/%s", t->mount, e->d_name);
		sum += ram_of(path);
		n++;
	}
	if (t->max_vms && n > t->max_vms)
		bad = printf("not ok - %s has %u VMs\n", t->mount, n);
	if (t->max_mem && sum > t->max_mem)
		bad = printf("not ok - %s has %llu bytes\n", t->mount, sum);
	for (n = 0; n < N_NAMES; n++) {
		snprintf(path, sizeof(path), "%s/u%u", t->mount, n);
		if (rmdir(path) && errno != ENOENT)
			bad = printf("not ok - %s cannot be removed: %s\n", path, strerror(errno));
	}
	if (d)
		closedir(d);
	return !!bad;
}

static int parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:t:p:")) != -1) {
		switch (c) {
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			options.seconds = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			options.processes = strtoul(optarg, NULL, 0);
			break;
		default:
			return -1;
		}
	}
	for (; optind < argc && n_tenants < MAX_TENANTS; optind++) {
		struct tenant *t = &tenants[n_tenants++];

		sscanf(argv[optind], "%127[^:]:%u:%u:%llu", t->mount, &t->uid, &t->max_vms,
		       &t->max_mem);
	}
	return n_tenants && options.processes <= MAX_USERS ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct chance c;
	unsigned long started;
	unsigned int i;
	int bad = 0;

	if (parse(argc, argv)) {
		fprintf(stderr, "usage: %s [-s SEED] [-t SECONDS] [-p PROCESSES] "
			"MOUNT[:UID[:MAX_VMS:MAX_MEM]]...\n", argv[0]);
		return 2;
	}
	all_calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all_calls == MAP_FAILED || socketpair(AF_UNIX, SOCK_DGRAM, 0, me.mail)) {
		perror("hostile-users");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c.state = options.seed;
	started = torment(&c);
	/* with the descriptors that nobody took */
	close(me.mail[0]);
	close(me.mail[1]);
	for (i = 0; i < n_tenants; i++)
		bad |= clear(&tenants[i]);
	printf("# seed %llu: %lu processes made %lu calls\n", (unsigned long long)options.seed,
	       started, *all_calls);
	return bad;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile-storm [-s SEED] [-n STEPS] [-p PROCESSES] [-w SUSPEND] COMMAND...: that many
 * processes at a time, each one of the COMMANDs (of sh), to which at random happens what
 * happens to processes: they are stopped, killed and started anew, sent to other
 * processors; processors go and come back, caches are emptied, and (SUSPEND, a command)
 * the machine sleeps. Ends with status 0 if each that came to its end came to a good one,
 * and what was asked of the machine worked.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hostile.h"

#define MAX_PROCESSES	16
#define CPU_ONLINE	"/sys/devices/system/cpu/cpu%u/online"

static struct {
	uint64_t seed;
	unsigned long steps, processes;
	const char *suspend;
	char **commands;
	unsigned int n_commands;
} options = { .seed = 1, .steps = 300, .processes = 5 };

static struct process {
	pid_t pid;
	unsigned int slot;
	const char *command;
	bool stopped;
} processes[MAX_PROCESSES];

static struct { unsigned long started, ended, killed, stopped, moved, offline, slept; } count;
static unsigned int cpus;
static int bad;

static void output(const struct process *p, char *path, size_t size)
{
	snprintf(path, size, "/tmp/storm-%u", p->slot);
}

static void start(struct process *p, struct chance *c)
{
	char path[64];
	int fd;

	p->command = options.commands[below(c, options.n_commands)];
	p->stopped = false;
	count.started++;
	p->pid = fork();
	if (p->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	output(p, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	/* a name that no other has, for who needs one */
	snprintf(path, sizeof(path), "storm-%lu", count.started);
	setenv("NAME", path, 1);
	execl("/bin/sh", "sh", "-c", p->command, NULL);
	_exit(127);
}

/* @p came to its end by itself */
static void judge(const struct process *p, int status)
{
	char path[64], command[128];

	count.ended++;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	bad = 1;
	printf("not ok - %s: wait status %#x\n", p->command, status);
	fflush(stdout);
	output(p, path, sizeof(path));
	snprintf(command, sizeof(command), "sed 's/^/# /' %s | tail -n 20", path);
	if (system(command))
		printf("# no output\n");
}

/* those that ended are followed by others */
static void look(struct chance *c)
{
	unsigned int i;
	int status;

	for (i = 0; i < options.processes; i++) {
		if (waitpid(processes[i].pid, &status, WNOHANG) <= 0)
			continue;
		judge(&processes[i], status);
		start(&processes[i], c);
	}
}

/* --- what happens to them -------------------------------------------------------------- */

static void stop_or_go(struct process *p)
{
	kill(p->pid, p->stopped ? SIGCONT : SIGSTOP);
	p->stopped = !p->stopped;
	count.stopped++;
}

/* it may just have ended by itself */
static void end(struct process *p)
{
	int status;

	kill(p->pid, SIGKILL);
	if (waitpid(p->pid, &status, 0) < 0 ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		count.killed++;
	else
		judge(p, status);
}

static void move(struct process *p, struct chance *c)
{
	unsigned int cpu = below(c, cpus + 1), i;
	cpu_set_t set;

	CPU_ZERO(&set);
	for (i = 0; i < cpus; i++)
		if (cpu == cpus || i == cpu)
			CPU_SET(i, &set);
	/* one that is offline is refused */
	count.moved += !sched_setaffinity(p->pid, sizeof(set), &set);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

/* 0 or 1 as it should be; the first processor stays */
static void set_online(unsigned int cpu, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_ONLINE, cpu);
	if (!write_file(path, value))
		return;
	bad = 1;
	printf("not ok - processor %u: %s to online: %s\n", cpu, value, strerror(errno));
}

static void processor(struct chance *c)
{
	unsigned int cpu = 1 + below(c, cpus - 1);

	set_online(cpu, "0");
	usleep(1000 * below(c, 20));
	set_online(cpu, "1");
	count.offline++;
}

static void empty(struct chance *c)
{
	const char *file = one_in(c, 2) ? "/proc/sys/vm/drop_caches" : "/proc/sys/vm/compact_memory";

	/* there may be no compaction */
	if (write_file(file, "1") && errno != ENOENT)
		printf("# %s: %s\n", file, strerror(errno));
}

static void sleep_once(void)
{
	count.slept++;
	if (!system(options.suspend))
		return;
	bad = 1;
	printf("not ok - %s failed\n", options.suspend);
}

static void step(struct chance *c)
{
	struct process *p = &processes[below(c, options.processes)];

	switch (below(c, 12)) {
	case 0: case 1: case 2: case 3:
		stop_or_go(p);
		break;
	case 4: case 5:
		end(p);
		start(p, c);
		break;
	case 6: case 7: case 8:
		move(p, c);
		break;
	case 9: case 10:
		if (cpus > 1)
			processor(c);
		break;
	default:
		if (options.suspend && one_in(c, 8))
			sleep_once();
		else
			empty(c);
	}
	usleep(1000 * below(c, 60));
}

/* --- the whole --------------------------------------------------------------------------- */

static int parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:n:p:w:")) != -1) {
		if (c == 's')
			options.seed = strtoull(optarg, NULL, 0);
		else if (c == 'n')
			options.steps = strtoul(optarg, NULL, 0);
		else if (c == 'p')
			options.processes = strtoul(optarg, NULL, 0);
		else if (c == 'w')
			options.suspend = optarg;
		else
			return -1;
	}
	options.commands = argv + optind;
	options.n_commands = argc - optind;
	return options.n_commands && options.processes && options.processes <= MAX_PROCESSES ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct chance c;
	unsigned long i;

	if (parse(argc, argv)) {
		fprintf(stderr, "usage: %s [-s SEED] [-n STEPS] [-p PROCESSES] [-w SUSPEND] COMMAND...\n",
			argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	cpus = sysconf(_SC_NPROCESSORS_CONF);
	c.state = options.seed;
	for (i = 0; i < options.processes; i++) {
		processes[i].slot = i;
		start(&processes[i], &c);
	}
	for (i = 0; i < options.steps; i++) {
		step(&c);
		look(&c);
	}
	for (i = 0; i < options.processes; i++)
		end(&processes[i]);
	printf("# seed %llu: %lu started, %lu came to an end, %lu killed; %lu stops and goes, "
	       "%lu moves; a processor went %lu times, the machine slept %lu times\n",
	       (unsigned long long)options.seed, count.started, count.ended, count.killed,
	       count.stopped, count.moved, count.offline, count.slept);
	return bad;
}

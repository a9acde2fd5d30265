// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs trace: the module's tracepoints for one machine, with the instructions. It makes an
 * instance of its own in tracefs, so that nobody else's tracing is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "command.h"

#define TRACEFS		"/sys/kernel/tracing"
#define CACHE		1024		/* instructions that are remembered */

static const char usage[] =
"usage: kvmfs trace [-e EVENT,...] [-n COUNT] [-p TID] VM\n"
"\n"
"Shows what a virtual machine that runs does, as it does it: why it exits, and\n"
"the instruction that was the reason. Needs root, and costs the guest time.\n"
"\n"
"  -e, --event LIST    of entry, exit, inject, fault, zap and flush (exit,inject)\n"
"  -n, --count COUNT   so many lines, then end; else Ctrl-c ends it\n"
"  -p, --tid TID       the thread that runs it, if it is no `kvmfs run'\n"
"  -h, --help          this text\n";

static const struct option options[] = {
	{ "event", required_argument, NULL, 'e' },
	{ "count", required_argument, NULL, 'n' },
	{ "tid", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char * const events[] = { "entry", "exit", "inject", "fault", "zap", "flush" };

struct trace {
	int vm;
	uint64_t tid, count;
	bool wanted[ARRAY_SIZE(events)];
	char dir[64];
};

static volatile bool done;

static void on_signal(int sig)
{
	(void)sig;
	done = true;
}

/* A file of the instance; 0, or -1 and errno */
static int set(const struct trace *t, const char *file, const char *text)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t->dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int begin(struct trace *t)
{
	char file[64], tid[32];
	size_t i;

	snprintf(t->dir, sizeof(t->dir), TRACEFS "/instances/kvmfs-%d", (int)getpid());
	if (mkdir(t->dir, 0700)) {
		if (errno == ENOENT)
			return complain("tracefs is not mounted; as root: "
					"mount -t tracefs tracefs " TRACEFS);
		return complain(TRACEFS "/instances: %s%s", strerror(errno),
				errno == EACCES || errno == EPERM ? "; only root may" : "");
	}
	snprintf(tid, sizeof(tid), "%" PRIu64, t->tid);
	if (set(t, "set_event_pid", tid))
		return complain("%s: %s", tid, strerror(errno));
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(file, sizeof(file), "events/kvmfs/kvmfs_%s/enable", events[i]);
		if (t->wanted[i] && set(t, file, "1"))
			return complain("%s: %s", file, strerror(errno));
	}
	return 0;
}

/*
 * What is at @rip; remembered, because asking stops the guest, which the trace would show. A
 * guest that puts something else there is shown what was.
 */
static const char *instruction(int vm, uint64_t rip)
{
	static struct {
		uint64_t rip;
		bool known;
		char text[CODE_TEXT];
	} cache[CACHE];
	unsigned int slot = (rip ^ rip >> 10) % CACHE;

	if (!cache[slot].known || cache[slot].rip != rip) {
		code_rip(vm, rip, cache[slot].text);
		cache[slot].rip = rip;
		cache[slot].known = true;
	}
	return cache[slot].text;
}

/* "  kvmfs-512     [000] ....1   130.246: kvmfs_exit: vcpu 0 ... rip 0x...": from the time on */
static bool show(const struct trace *t, char *line)
{
	char *event = strstr(line, ": kvmfs_"), *time = event, *rip;

	if (!event)
		return false;
	while (time > line && time[-1] != ' ')
		time--;
	line[strcspn(line, "\n")] = '\0';
	rip = strstr(event, " rip 0x");
	printf("%.*s %s", (int)(event - time), time, event + 8);
	if (rip)
		printf("  # %s", instruction(t->vm, strtoull(rip + 5, NULL, 16)));
	putchar('\n');
	fflush(stdout);
	return true;
}

static int follow(const struct trace *t)
{
	uint64_t left = t->count;
	char path[128], *line = NULL;
	size_t room = 0;
	FILE *from;

	snprintf(path, sizeof(path), "%s/trace_pipe", t->dir);
	from = fopen(path, "re");
	if (!from)
		return complain("%s: %s", path, strerror(errno));
	while (!done && (!t->count || left) && getline(&line, &room, from) > 0)
		left -= show(t, line);
	free(line);
	fclose(from);
	return 0;
}

static int trace(struct trace *t)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	struct sigaction action = { .sa_handler = on_signal };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &action, NULL);
	ret = begin(t);
	if (!ret)
		ret = follow(t);
	rmdir(t->dir);		/* with all that is in it */
	return ret;
}

static int set_events(struct trace *t, char *list)
{
	char *word;
	size_t i;

	memset(t->wanted, 0, sizeof(t->wanted));
	while ((word = strsep(&list, ","))) {
		for (i = 0; i < ARRAY_SIZE(events) && strcmp(word, events[i]); i++)
			;
		if (i == ARRAY_SIZE(events))
			return complain("%s: no such event; there are entry, exit, inject, fault, "
					"zap, flush", word);
		t->wanted[i] = true;
	}
	return 0;
}

static int set_option(struct trace *t, int opt)
{
	switch (opt) {
	case 'e':
		return set_events(t, optarg);
	case 'n':
		if (parse_number(optarg, &t->count) || !t->count)
			return complain("%s: not a number of lines", optarg);
		return 0;
	case 'p':
		if (parse_number(optarg, &t->tid) || !t->tid)
			return complain("%s: not a thread", optarg);
		return 0;
	default:
		return -1;
	}
}

int cmd_trace(int argc, char **argv)
{
	struct trace t = { .wanted = { [1] = true, [2] = true } };
	int opt;

	while ((opt = next_option(argc, argv, "e:n:p:h", options)) >= 0) {
		if (opt == 'h')
			return print_help(usage, argv[0]);
		if (set_option(&t, opt))
			return 2;
	}
	if (optind + 1 != argc) {
		complain("a virtual machine is wanted; try `kvmfs trace --help'");
		return 2;
	}
	t.vm = open_vm(argv[optind]);
	if (t.vm < 0)
		return EXIT_FAILURE;
	if (!t.tid)
		t.tid = monitor_pid(t.vm);
	if (t.tid == (uint64_t)-1) {
		complain("%s: it is run by no `kvmfs run'; --tid says which thread runs it",
			 argv[optind]);
		return EXIT_FAILURE;
	}
	return trace(&t) ? EXIT_FAILURE : EXIT_SUCCESS;
}

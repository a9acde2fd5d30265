// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs stat: the counters of one VM, or of all, once or live. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"

static const char usage[] =
"usage: kvmfs stat [-a] [-i SECONDS] [-n COUNT] [-c] [VM...]\n"
"\n"
"Shows the counters of a virtual machine, all its vCPUs together, or of a vCPU\n"
"(VM/cpu1). Of several machines, or of all if none is named, a line each shows\n"
"how often a second they exit, and why.\n"
"\n"
"  -a, --all               counters that are zero too\n"
"  -i, --interval SECONDS  again and again: how much a second (1 without a VM)\n"
"  -n, --count COUNT       so many times, then end\n"
"  -c, --csv               a line of values a second with commas, for logs\n"
"  -h, --help              this text\n";

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'n' },
	{ "csv", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

#define MAX_COUNTERS	128
#define MAX_VMS		256
#define MAX_CPUS	256

/* What the command line chose */
struct choice {
	int all, csv;
	uint64_t interval, count;
};

struct counters {
	size_t n;
	char name[MAX_COUNTERS][32];
	unsigned long long value[MAX_COUNTERS];
};

/* One machine, now and when it was looked at before */
struct watched {
	char name[256];
	int seen;		/* it is there now */
	int known;		/* @old is true */
	struct counters now, old;
};

/* The columns of the table of several machines */
static const char * const columns[] = {
	"exits", "io", "mmio", "hlt", "page_faults", "emulated", "irqs_injected",
	"host_interrupts",
};

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return b->tv_sec - a->tv_sec + (b->tv_nsec - a->tv_nsec) / 1e9;
}

static void add_counter(struct counters *c, const char *name, unsigned long long value)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->name[i], name))
			break;
	if (i == MAX_COUNTERS)
		return;
	if (i == c->n) {
		snprintf(c->name[i], sizeof(c->name[i]), "%s", name);
		c->value[c->n++] = 0;
	}
	c->value[i] += value;
}

static int add_file(int dir, const char *file, struct counters *c)
{
	char text[16384], *line, *rest, *space;

	if (kvmfs_read_text(dir, file, text, sizeof(text)) < 0)
		return -1;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		space = strchr(line, ' ');
		if (!space)
			continue;
		*space = '\0';
		add_counter(c, line, strtoull(space + 1, NULL, 0));
	}
	return 0;
}

/* The VM's own and the boot vCPU's, and those of further vCPUs */
static int read_counters(int vm, struct counters *c)
{
	unsigned int cpu;
	char file[32];

	c->n = 0;
	if (add_file(vm, "stat", c))
		return -1;
	for (cpu = 1; cpu < MAX_CPUS; cpu++) {
		snprintf(file, sizeof(file), "cpu%u/stat", cpu);
		if (!faccessat(vm, file, F_OK, 0))
			add_file(vm, file, c);
	}
	return 0;
}

static unsigned long long find(const struct counters *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->name[i], name))
			return c->value[i];
	return 0;
}

/* How much a second; what a counter has lost with a vCPU is nothing */
static double rate(const struct watched *w, const char *name, double seconds)
{
	unsigned long long now = find(&w->now, name), old = find(&w->old, name);

	return now > old ? (now - old) / seconds : 0;
}

static void look(struct watched *w)
{
	char path[4096];
	int vm;

	w->old = w->now;
	w->known = w->seen;
	w->seen = 0;
	if (!vm_path(w->name, path, sizeof(path)))
		return;
	vm = kvmfs_open(path);
	if (vm < 0)
		return;
	w->seen = !read_counters(vm, &w->now);
	close(vm);
}

/* --- what is printed -------------------------------------------------------------- */

static void print_once(const struct watched *w, int all)
{
	size_t i;

	for (i = 0; i < w->now.n; i++)
		if (w->now.value[i] || all)
			printf("%-24s %15llu\n", w->now.name[i], w->now.value[i]);
}

static void print_one(const struct watched *w, int all, double seconds)
{
	size_t i;

	printf("%-24s %15s %15s\n", w->name, "TOTAL", "A SECOND");
	for (i = 0; i < w->now.n; i++)
		if (w->now.value[i] || all)
			printf("%-24s %15llu %15.0f\n", w->now.name[i], w->now.value[i],
			       rate(w, w->now.name[i], seconds));
}

static void print_table(const struct watched *w, size_t n, double seconds)
{
	size_t i, c;

	printf("%-16s", "A SECOND");
	for (c = 0; c < ARRAY_SIZE(columns); c++)
		printf(" %*s", (int)(strlen(columns[c]) > 9 ? strlen(columns[c]) : 9), columns[c]);
	putchar('\n');
	for (i = 0; i < n; i++) {
		if (!w[i].seen || !w[i].known)
			continue;
		printf("%-16s", printable(w[i].name));
		for (c = 0; c < ARRAY_SIZE(columns); c++)
			printf(" %*.0f",
			       (int)(strlen(columns[c]) > 9 ? strlen(columns[c]) : 9),
			       rate(&w[i], columns[c], seconds));
		putchar('\n');
	}
}

/* All machines have the same counters; the names are those of the first */
static void print_csv(const struct watched *w, size_t n, double seconds)
{
	static struct counters header;
	size_t i, c;

	for (i = 0; i < n && !header.n; i++) {
		if (!w[i].seen)
			continue;
		header = w[i].now;
		printf("time,vm");
		for (c = 0; c < header.n; c++)
			printf(",%s", header.name[c]);
		putchar('\n');
	}
	for (i = 0; i < n; i++) {
		if (!w[i].seen || !w[i].known)
			continue;
		printf("%lld,%s", (long long)time(NULL), printable(w[i].name));
		for (c = 0; c < header.n; c++)
			printf(",%.0f", rate(&w[i], header.name[c], seconds));
		putchar('\n');
	}
}

/* --- again and again ----------------------------------------------------------------- */

static int add_vm(struct watched *w, size_t *n, const char *name)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (!strcmp(w[i].name, name))
			return 0;
	if (*n == MAX_VMS || strlen(name) >= sizeof(w->name))
		return complain("%s: too many machines, or too long a name", name);
	memset(&w[*n], 0, sizeof(*w));
	strcpy(w[(*n)++].name, name);
	return 0;
}

/* Those that have come since the last time, too */
static int add_all(struct watched *w, size_t *n)
{
	const struct dirent *entry;
	char mount[4096];
	DIR *dir;

	if (kvmfs_mount_point(mount, sizeof(mount)))
		return complain("it is not mounted; try: mount -t kvmfs kvmfs /sys/fs/kvmfs");
	dir = opendir(mount);
	if (!dir)
		return complain("%s: %s", mount, strerror(errno));
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_vm(w, n, entry->d_name);
	closedir(dir);
	return 0;
}

static void print(const struct choice *choice, const struct watched *w, size_t n, int single,
		  double seconds)
{
	if (choice->csv)
		print_csv(w, n, seconds);
	else if (single)
		print_one(w, choice->all, seconds);
	else
		print_table(w, n, seconds);
	fflush(stdout);
}

static int watch(const struct choice *choice, struct watched *w, size_t n, int everything)
{
	struct timespec before, now;
	uint64_t round;
	size_t i, there;

	clock_gettime(CLOCK_MONOTONIC, &before);
	for (round = 0; !choice->count || round <= choice->count; round++) {
		if (everything && add_all(w, &n))
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		for (i = 0, there = 0; i < n; i++) {
			look(&w[i]);
			there += w[i].seen;
		}
		if (!there && !everything)
			return round ? 0 : complain("%s: no such machine", w[0].name);
		if (round && isatty(STDOUT_FILENO) && !choice->csv)
			fputs("\033[H\033[J", stdout);
		if (round)
			print(choice, w, n, n == 1 && !everything, seconds_between(&before, &now));
		before = now;
		if (!choice->count || round < choice->count)
			sleep(choice->interval);
	}
	return 0;
}

static int stat_vms(struct choice *choice, char **names, size_t n_names)
{
	struct watched *w = calloc(MAX_VMS, sizeof(*w));
	size_t n = 0, i;
	int ret = w ? 0 : complain("%s", strerror(errno)), vm;

	for (i = 0; i < n_names && !ret; i++) {
		vm = open_vm(names[i]);		/* says what is wrong with it */
		ret = vm < 0 ? -1 : add_vm(w, &n, names[i]);
		if (vm >= 0)
			close(vm);
	}
	if (!ret && n == 1 && !choice->interval && !choice->csv && !choice->count) {
		look(w);
		print_once(w, choice->all);
	} else if (!ret) {
		choice->interval += !choice->interval;
		ret = watch(choice, w, n, !n_names);
	}
	free(w);
	return ret;
}

static int take_number(uint64_t *number, const char *what)
{
	if (!parse_number(optarg, number) && *number && *number < 1000000)
		return 0;
	return complain("%s: not a number of %s", optarg, what);
}

int cmd_stat(int argc, char **argv)
{
	struct choice choice = { 0 };
	int opt;

	while ((opt = next_option(argc, argv, "ai:n:ch", options)) >= 0) {
		switch (opt) {
		case 'a':
			choice.all = 1;
			break;
		case 'c':
			choice.csv = 1;
			break;
		case 'i':
			if (take_number(&choice.interval, "seconds"))
				return 2;
			break;
		case 'n':
			if (take_number(&choice.count, "times"))
				return 2;
			break;
		case 'h':
			return print_help(usage, argv[0]);
		default:
			return 2;
		}
	}
	return stat_vms(&choice, argv + optind, argc - optind) ? EXIT_FAILURE : EXIT_SUCCESS;
}

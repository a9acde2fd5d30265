// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the host a guest could leave changed, and a process can see: registers of
 * each CPU, and memory that nobody writes.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hostile.h"

#define MEMORY		(4 << 20)
#define MAX_CPUS	8

static const uint32_t msrs[] = {
	0x1b, 0x3a, 0x48, 0x174, 0x175, 0x176, 0x17a, 0x1a0, 0x1d9, 0x200, 0x250, 0x277, 0x2ff,
	0x3f1, 0x6e0, 0xda0, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
	0xc0000103, 0xc0010010, 0xc0010015, 0xc0010114, 0xc001001f, 0xc0011029, 0xc0010117,
};

#define N_MSRS		(sizeof(msrs) / sizeof(*msrs))

struct cpu_state {
	bool there;			/* it may come and go */
	uint64_t msr[N_MSRS];
	uint8_t gdtr[10], idtr[10];
	uint64_t smsw, str, sldt;
	uint16_t fcw;
	uint32_t mxcsr;
	uint16_t ds, es, fs, gs;
};

static struct cpu_state before[MAX_CPUS], now[MAX_CPUS];
static unsigned int n_cpus;

static void read_msrs(unsigned int cpu, uint64_t *to)
{
	char path[64];
	unsigned int i;
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	fd = open(path, O_RDONLY);
	for (i = 0; fd >= 0 && i < N_MSRS; i++)
		if (pread(fd, &to[i], 8, msrs[i]) != 8)
			to[i] = 0xdeadbeef;	/* this CPU has it not */
	close(fd);
}

static bool is_online(unsigned int cpu)
{
	char path[64];
	bool online;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_RDONLY);
	/* the first one may have no such file: it always is */
	online = fd < 0 || (read(fd, path, 1) == 1 && path[0] == '1');
	close(fd);
	return online;
}

/* UMIP makes some of them the same always: no harm */
static void read_registers(struct cpu_state *s)
{
	asm volatile("sgdt %0; sidt %1" : "=m"(s->gdtr), "=m"(s->idtr));
	asm volatile("smsw %0; str %1; sldt %2" : "=r"(s->smsw), "=r"(s->str), "=r"(s->sldt));
	asm volatile("fnstcw %0; stmxcsr %1" : "=m"(s->fcw), "=m"(s->mxcsr));
	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		     : "=m"(s->ds), "=m"(s->es), "=m"(s->fs), "=m"(s->gs));
	/* CR0.TS comes and goes with the host's own use of the FPU */
	s->smsw &= ~8ULL;
}

static void look(struct cpu_state *s)
{
	cpu_set_t old, set;
	unsigned int cpu;

	memset(s, 0, MAX_CPUS * sizeof(*s));
	sched_getaffinity(0, sizeof(old), &old);
	for (cpu = 0; cpu < n_cpus; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			continue;
		read_msrs(cpu, s[cpu].msr);
		read_registers(&s[cpu]);
		s[cpu].there = is_online(cpu);
	}
	sched_setaffinity(0, sizeof(old), &old);
}

static bool compare(unsigned int cpu)
{
	const struct cpu_state *a = &before[cpu], *b = &now[cpu];
	unsigned int i;

	if (!a->there || !b->there || !memcmp(a, b, sizeof(*a)))
		return true;
	printf("# CPU %u has changed\n", cpu);
	for (i = 0; i < N_MSRS; i++)
		if (a->msr[i] != b->msr[i])
			printf("# MSR %#x: %#llx, was %#llx\n", msrs[i],
			       (unsigned long long)b->msr[i], (unsigned long long)a->msr[i]);
	printf("# smsw %#llx str %#llx fcw %#x mxcsr %#x, were %#llx %#llx %#x %#x\n",
	       (unsigned long long)b->smsw, (unsigned long long)b->str, b->fcw, b->mxcsr,
	       (unsigned long long)a->smsw, (unsigned long long)a->str, a->fcw, a->mxcsr);
	return false;
}

/**
 * host_check() - that the host is as it was
 * @first: remember how it is, instead
 *
 * Return: false, and comments that say what has changed.
 */
bool host_check(bool first)
{
	static uint32_t *memory;
	bool good = true;
	unsigned int i;

	if (first) {
		n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
		if (n_cpus > MAX_CPUS)
			n_cpus = MAX_CPUS;
		memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (memory == MAP_FAILED)
			return false;
		for (i = 0; i < MEMORY / 4; i++)
			memory[i] = i * 2654435761u;
		look(before);
		return true;
	}
	look(now);
	for (i = 0; i < n_cpus; i++)
		good &= compare(i);
	for (i = 0; i < MEMORY / 4; i++) {
		if (memory[i] == i * 2654435761u)
			continue;
		printf("# memory of the host has changed at offset %#x\n", i * 4);
		return false;
	}
	return good;
}

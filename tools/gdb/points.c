// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints: INT3 in memory, as many as one likes, and the four of the processor,
 * which watch data too, by the file debug of each vCPU.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdb.h"
#include "kvmfs.h"

#define INT3	0xcc

/* of the packets Z and z */
enum { Z_SOFT, Z_HARD, Z_WRITE, Z_READ, Z_ACCESS };

static struct gdb_soft *find_soft(const struct gdb_vm *g, uint64_t gva)
{
	const struct gdb_soft *s;

	for (s = g->soft; s < g->soft + GDB_SOFT; s++)
		if (s->used && s->gva == gva)
			return (struct gdb_soft *)s;
	return NULL;
}

bool point_is_soft(const struct gdb_vm *g, uint64_t at)
{
	return find_soft(g, at);
}

static int insert_soft(struct gdb_vm *g, int cpu, uint64_t at)
{
	static const uint8_t int3 = INT3;
	struct gdb_soft *s;

	if (find_soft(g, at))
		return 0;
	for (s = g->soft; s < g->soft + GDB_SOFT && s->used; s++)
		;
	if (s == g->soft + GDB_SOFT) {
		errno = ENOSPC;
		return -1;
	}
	if (walk(g, cpu, at, &s->gpa) || pread(g->mem, &s->old, 1, s->gpa) != 1 ||
	    pwrite(g->mem, &int3, 1, s->gpa) != 1)
		return -1;
	s->gva = at;
	s->used = true;
	return 0;
}

/* What the guest has written there since is left alone */
static void remove_soft(struct gdb_vm *g, struct gdb_soft *s)
{
	uint8_t now;

	if (pread(g->mem, &now, 1, s->gpa) == 1 && now == INT3 &&
	    pwrite(g->mem, &s->old, 1, s->gpa) != 1)
		perror("kvmfs: a breakpoint stays in memory");
	s->used = false;
}

/* On all vCPUs; lines of the file debug */
static int tell_all(struct gdb_vm *g, const char *line)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < g->n_cpus; i++)
		if (kvmfs_write_text(g->cpu[i], "debug", line))
			ret = -1;
	return ret;
}

/* All points of a vCPU but those at @at, packed: point_hit() counts them */
static int drop_hard(int cpu, uint64_t at)
{
	char text[512], lines[600] = "clear\n", kind[8], *line, *rest;
	unsigned long long a;

	if (vm_file(cpu, "debug", text, sizeof(text)))
		return -1;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%7s 0x%llx", kind, &a) == 2 && a != at)
			sprintf(lines + strlen(lines), "%s\n", line);
	return kvmfs_write_text(cpu, "debug", lines);
}

/**
 * point_remove() - the packet z
 * @g: the machine, which stands still
 * @kind: see point_insert()
 * @at: see point_insert()
 * Return: 0, or -1 and errno
 */
int point_remove(struct gdb_vm *g, unsigned int kind, uint64_t at)
{
	struct gdb_soft *s = kind == Z_SOFT ? find_soft(g, at) : NULL;
	unsigned int i;
	int ret = 0;

	if (s)
		remove_soft(g, s);
	for (i = 0; i < g->n_cpus && kind != Z_SOFT; i++)
		ret |= drop_hard(g->cpu[i], at);
	return ret;
}

static int insert_hard(struct gdb_vm *g, unsigned int kind, uint64_t at, unsigned int len)
{
	char line[64];

	if (kind == Z_HARD)
		snprintf(line, sizeof(line), "break 0x%llx\n", (unsigned long long)at);
	else	/* the processor has none for reads alone */
		snprintf(line, sizeof(line), "watch 0x%llx %u %s\n", (unsigned long long)at, len,
			 kind == Z_WRITE ? "w" : "rw");
	if (!tell_all(g, line))
		return 0;
	/* EINVAL: no room, or not a multiple of its length */
	point_remove(g, kind, at);
	errno = EINVAL;
	return -1;
}

/**
 * point_insert() - the packet Z
 * @g: the machine, which stands still
 * @cpu: whose page tables count
 * @kind: 0 INT3, 1 breakpoint, 2-4 watchpoints
 * @at: linear address
 * @len: of a watchpoint, 1, 2, 4 or 8 bytes
 * Return: 0, or -1 and errno
 */
int point_insert(struct gdb_vm *g, int cpu, unsigned int kind, uint64_t at, unsigned int len)
{
	if (kind == Z_SOFT)
		return insert_soft(g, cpu, at);
	return insert_hard(g, kind, at, len);
}

/**
 * point_remove_all() - leave no trace
 * @g: the machine, which stands still
 */
void point_remove_all(struct gdb_vm *g)
{
	struct gdb_soft *s;

	for (s = g->soft; s < g->soft + GDB_SOFT; s++)
		if (s->used)
			remove_soft(g, s);
	tell_all(g, "step off\nclear\n");
}

/**
 * point_hit() - which of the processor's points it was
 * @cpu: directory descriptor of the vCPU
 * @dr6: of the exit
 * @e: out: why and address
 * Return: false if it was none, but a step
 */
bool point_hit(int cpu, uint64_t dr6, struct gdb_event *e)
{
	char text[512], *line, *rest, kind[8];
	unsigned long long at;
	unsigned int i = 0;

	if (!(dr6 & 0xf) || vm_file(cpu, "debug", text, sizeof(text)))
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%7s 0x%llx", kind, &at) != 2)
			continue;
		/* they are listed, and armed, in this order */
		if (dr6 >> i++ & 1) {
			e->why = *kind == 'w' ? STOP_WATCH : STOP_HARD;
			e->address = at;
			return true;
		}
	}
	return false;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that is debugged: by `hold on' and `int3 on' in the file debug of its
 * vCPUs, what is hit pauses it, whoever runs it. See kvmfs(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdb.h"
#include "kvmfs.h"

#define X86_DB	1
#define X86_BP	3

/**
 * vm_file() - a text file, whole
 * @dir: of a VM or vCPU
 * @file: its name
 * @text: where to
 * @size: of @text
 * Return: 0, or -1 and errno
 */
int vm_file(int dir, const char *file, char *text, size_t size)
{
	return kvmfs_read_text(dir, file, text, size) < 0 ? -1 : 0;
}

static void close_cpus(struct gdb_vm *g)
{
	while (g->n_cpus)
		close(g->cpu[--g->n_cpus]);
}

static int open_cpus(struct gdb_vm *g)
{
	unsigned int id;
	int cpu;

	close_cpus(g);
	for (id = 0; id < GDB_CPUS; id++) {
		cpu = kvmfs_vcpu(g->vm, id);
		if (cpu < 0)
			continue;
		g->id[g->n_cpus] = id;
		g->stepping[g->n_cpus] = false;
		g->cpu[g->n_cpus++] = cpu;
	}
	return g->n_cpus ? 0 : -1;
}

/**
 * vm_stop() - pause it, and wait until it stands still
 * @g: the machine
 */
int vm_stop(struct gdb_vm *g)
{
	int ret;

	do {
		ret = kvmfs_ctl(g->vm, "pause");
	} while (ret && errno == EINTR && !gdb_quit);
	return ret;
}

static int arm(struct gdb_vm *g)
{
	unsigned int i;

	for (i = 0; i < g->n_cpus; i++)
		if (kvmfs_write_text(g->cpu[i], "debug", "int3 on\nhold on\n"))
			return -1;
	return 0;
}

/**
 * vm_attach() - begin to debug a machine; it stands still then
 * @g: filled
 * @dir: directory descriptor; stays the caller's
 * @arch: what gdb is told
 */
int vm_attach(struct gdb_vm *g, int dir, enum gdb_arch arch)
{
	uint64_t efer;

	memset(g, 0, sizeof(*g));
	g->vm = dir;
	g->mem = openat(dir, "mem", O_RDWR | O_CLOEXEC);
	g->status = openat(dir, "status", O_RDONLY | O_CLOEXEC);
	if (g->mem < 0 || g->status < 0 || open_cpus(g) || vm_stop(g) || arm(g) ||
	    kvm_get_reg(g->cpu[0], KVM_REG_EFER, &efer)) {
		vm_detach(g);
		return -1;
	}
	g->long_mode = arch == ARCH_AUTO ? efer >> 10 & 1 : arch == ARCH_X86_64;
	return 0;
}

/**
 * vm_detach() - leave no trace, and let it run
 * @g: of vm_attach()
 */
void vm_detach(struct gdb_vm *g)
{
	unsigned int i;
	int err = errno;

	if (g->n_cpus && !vm_stop(g)) {
		point_remove_all(g);
		for (i = 0; i < g->n_cpus; i++)
			kvmfs_write_text(g->cpu[i], "debug", "int3 off\nhold off\n");
	}
	kvmfs_ctl(g->vm, "resume");
	close_cpus(g);
	close(g->mem);
	close(g->status);
	errno = err;
}

/* An interrupt that waits would make every step one into its handler */
static void shadow(int cpu)
{
	uint64_t flags;

	if (!kvm_get_reg(cpu, KVM_REG_RFLAGS, &flags) && (flags & 1 << 9))
		kvmfs_write_text(cpu, "events", "shadow yes\n");
}

/**
 * vm_go() - resume it; vCPUs that are @stepping do one instruction
 * @g: the machine, which stands still
 */
int vm_go(struct gdb_vm *g)
{
	unsigned int i;

	for (i = 0; i < g->n_cpus; i++) {
		if (kvmfs_write_text(g->cpu[i], "debug",
				     g->stepping[i] ? "step on\n" : "step off\n"))
			return -1;
		if (g->stepping[i])
			shadow(g->cpu[i]);
		kvmfs_stat(g->cpu[i], "user_exits", &g->exits[i]);
	}
	return kvmfs_ctl(g->vm, "resume");
}

/* The debug exit that vCPU number @i has come to since vm_go() */
static bool new_exit(struct gdb_vm *g, unsigned int i, struct kvm_exit *exit)
{
	uint64_t exits;

	return !kvmfs_stat(g->cpu[i], "user_exits", &exits) && exits != g->exits[i] &&
	       !kvmfs_last_exit(g->cpu[i], exit) && exit->reason == KVMFS_EXIT_DEBUG;
}

/* An INT3 that is not ours is the guest's: it gets it when it goes on */
static bool is_ours(struct gdb_vm *g, unsigned int i, uint64_t rip)
{
	uint64_t base = 0;

	if (!g->long_mode)
		kvm_get_reg(g->cpu[i], KVM_REG_CS_BASE, &base);
	if (point_is_soft(g, rip + base))
		return true;
	kvmfs_write_text(g->cpu[i], "events", "event soft 3 length 1\n");
	return false;
}

static void explain(struct gdb_vm *g, unsigned int i, const struct kvm_exit *exit,
		    struct gdb_event *e)
{
	e->cpu = i;
	if (exit->debug.vector == X86_BP) {
		if (is_ours(g, i, exit->debug.rip))
			e->why = STOP_SOFT;
	} else if (!point_hit(g->cpu[i], exit->debug.dr6, e)) {
		e->why = STOP_STEP;
	}
}

/**
 * vm_stopped() - whether, and why, it stands still
 * @g: the machine, after vm_go()
 * @e: out
 * @stay: it shall not go on
 *
 * An INT3 of the guest's own is no stop: it is given to it, and it goes on.
 *
 * Return: false if it runs
 */
bool vm_stopped(struct gdb_vm *g, struct gdb_event *e, bool stay)
{
	char text[512] = "state dead\n";
	bool foreign = false;
	struct kvm_exit exit;
	unsigned int i;
	ssize_t n;

	n = pread(g->status, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 11] = '\0';
	*e = (struct gdb_event){ .why = STOP_GONE };
	if (!strncmp(text, "state dead\n", 11) || !strncmp(text, "state killed\n", 13))
		return true;
	if (strncmp(text, "state paused\n", 13))
		return false;
	vm_stop(g);
	e->why = STOP_OTHERS;
	for (i = 0; i < g->n_cpus && e->why == STOP_OTHERS; i++) {
		if (!new_exit(g, i, &exit))
			continue;
		explain(g, i, &exit, e);
		foreign |= e->why == STOP_OTHERS;
	}
	if (stay || !foreign || e->why != STOP_OTHERS)
		return true;
	vm_go(g);
	return false;
}

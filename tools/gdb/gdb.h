/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gdb's remote protocol for a virtual machine, by its files alone: for one's own and
 * for one that somebody else runs. stub.c answers packets; link.c moves them; vm.c
 * stops, steps and resumes; points.c, regs.c and walk.c are what their names say.
 */
#ifndef TOOLS_GDB_GDB_H
#define TOOLS_GDB_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvmfs.h>

#define GDB_PACKET	0x4000		/* longest packet, either way */
#define GDB_CPUS	256

/**
 * struct gdb_link - a connection to gdb
 * @in:		read from there
 * @out:	written there; the same for a socket
 * @no_ack:	gdb has asked for no acknowledgements
 * @have:	bytes in @buf
 * @buf:	read and not looked at yet
 */
struct gdb_link {
	int in, out;
	bool no_ack;
	size_t have;
	uint8_t buf[GDB_PACKET];
};

int link_receive(struct gdb_link *l, char *packet, size_t size);
int link_send(struct gdb_link *l, const char *packet, size_t len);
int link_interrupted(struct gdb_link *l);

/* A breakpoint in memory: an INT3 where @old was */
struct gdb_soft {
	bool used;
	uint8_t old;
	uint64_t gva, gpa;
};

#define GDB_SOFT	256

/**
 * struct gdb_vm - the machine that is debugged
 * @vm:		directory descriptor
 * @mem, @status: files of it
 * @n_cpus:	how many vCPUs there are
 * @cpu:	their directories; @id: their numbers
 * @exits:	their user_exits when the machine was resumed last
 * @stepping:	which of them step
 * @physical:	addresses of memory are physical ones
 * @long_mode:	gdb was told of a 64-bit machine
 * @soft:	breakpoints in memory
 */
struct gdb_vm {
	int vm, mem, status;
	unsigned int n_cpus;
	int cpu[GDB_CPUS];
	unsigned int id[GDB_CPUS];
	uint64_t exits[GDB_CPUS];
	bool stepping[GDB_CPUS];
	bool physical, long_mode;
	struct gdb_soft soft[GDB_SOFT];
};

/* Why the machine stands still */
enum gdb_stop { STOP_ASKED, STOP_OTHERS, STOP_STEP, STOP_SOFT, STOP_HARD, STOP_WATCH, STOP_GONE };

/**
 * struct gdb_event - a stop
 * @why:	it stopped
 * @cpu:	index of the vCPU, for STOP_STEP and those behind it
 * @address:	STOP_WATCH: of the watchpoint
 */
struct gdb_event {
	enum gdb_stop why;
	unsigned int cpu;
	uint64_t address;
};

/* What gdb is told that the machine is; ARCH_AUTO: as it is when gdb comes */
enum gdb_arch { ARCH_AUTO, ARCH_I386, ARCH_X86_64 };

/* vm.c: 0, or -1 and errno, where nothing else is said */
int vm_attach(struct gdb_vm *g, int dir, enum gdb_arch arch);
void vm_detach(struct gdb_vm *g);
int vm_stop(struct gdb_vm *g);
int vm_go(struct gdb_vm *g);
bool vm_stopped(struct gdb_vm *g, struct gdb_event *e, bool stay);
int vm_file(int dir, const char *file, char *text, size_t size);

/* walk.c */
int walk(struct gdb_vm *g, int cpu, uint64_t gva, uint64_t *gpa);
int walk_read(struct gdb_vm *g, int cpu, uint64_t at, void *buf, size_t n);
int walk_write(struct gdb_vm *g, int cpu, uint64_t at, const void *buf, size_t n);

/* points.c: kinds are those of the packets Z and z */
int point_insert(struct gdb_vm *g, int cpu, unsigned int kind, uint64_t at, unsigned int len);
int point_remove(struct gdb_vm *g, unsigned int kind, uint64_t at);
void point_remove_all(struct gdb_vm *g);
bool point_is_soft(const struct gdb_vm *g, uint64_t at);
bool point_hit(int cpu, uint64_t dr6, struct gdb_event *e);

/* regs.c */
#define GDB_REG_MAX	16		/* bytes of the largest */
struct gdb_regs {
	uint64_t regs[KVM_REG_SLOTS];
	uint8_t fx[512];
};

size_t regs_xml(bool long_mode, char *xml, size_t size);
unsigned int regs_count(bool long_mode);
size_t regs_get(bool long_mode, const struct gdb_regs *r, unsigned int n, uint8_t *bytes);
size_t regs_set(bool long_mode, struct gdb_regs *r, unsigned int n, const uint8_t *bytes);
int regs_load(int cpu, struct gdb_regs *r);
int regs_store(int cpu, const struct gdb_regs *r, const struct gdb_regs *old);

/* stub.c */
int gdb_session(int dir, enum gdb_arch arch, int in, int out);
extern volatile bool gdb_quit;

/* listen.c */
int gdb_listen(const char *address, enum gdb_arch *arch);
int gdb_accept(int listener);

#endif

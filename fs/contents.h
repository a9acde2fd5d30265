/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of the files: what stands in THE TABLE (files.c) and what its
 * callbacks get. Everything here works on kernel buffers and knows no VFS, so
 * that the same code serves the mount, the FUSE harness and the unit tests.
 */
#ifndef KVMFS_CONTENTS_H
#define KVMFS_CONTENTS_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include "arch/x86/hv.h"

#define KVMFS_TEXT_MAX	65536	/* longest text that a file takes, bytes */

struct kvmfs_cpu;

/**
 * struct kvmfs_vm - a VM as its files see it
 * @core:	the VM of the core
 * @lock:	guards @cpus and changes of @map; taken before @map_sem
 * @map_sem:	guards @map and @n_map; held for reading while a page is mapped
 * @map:	copy of the memory map, in order of addresses
 * @n_map:	regions in @map
 * @grown:	@map is what writing to ``mem`` made of an empty one
 * @cpus:	its vCPUs by number, NULL where there is none; not counted
 * @ran:	a vCPU ran once
 * @killed:	by ``ctl``: nothing runs any more, but it is still there
 * @dead:	removed: nothing runs any more, open files stay readable
 */
struct kvmfs_vm {
	struct vm *core;
	struct mutex lock;
	struct rw_semaphore map_sem;
	struct mem_region *map;
	unsigned int n_map;
	bool grown;
	struct kvmfs_cpu *cpus[VM_MAX_VCPUS];
	bool ran;
	bool killed;
	bool dead;
};

/**
 * struct kvmfs_cpu - what every file is of: a vCPU, the boot vCPU for a VM's own
 * @vm:		its VM
 * @vcpu:	the vCPU of the core
 * @id:		its number; 0 is the boot vCPU, whose directory is the VM's
 * @dead:	its directory was removed
 */
struct kvmfs_cpu {
	struct kvmfs_vm *vm;
	struct vcpu *vcpu;
	unsigned int id;
	bool dead;
};

/* --- text.c: making and reading texts -------------------------------- */

/**
 * struct text - a buffer that grows as it is printed to
 * @buf:	the bytes, kvmalloc()ed
 * @len:	of them in use
 * @room:	size of @buf
 * @err:	-ENOMEM once it could not grow
 */
struct text {
	char *buf;
	size_t len;
	size_t room;
	int err;
};

__printf(2, 3) void text_printf(struct text *t, const char *fmt, ...);
void text_bytes(struct text *t, const void *p, size_t n);
void text_hex(struct text *t, const void *p, size_t n);
void text_free(struct text *t);

/**
 * struct input - what was written to a file, taken apart line by line
 * @cpu:	of the file
 * @file:	its name, for the sentence in ``status``
 * @buf:	the bytes; followed by a NUL that is not part of them
 * @len:	of them
 * @add:	continues what the file holds: not at offset 0, or with O_APPEND
 * @trunc:	the file was opened with O_TRUNC and this is the first write
 * @own:	who writes is who opened the file
 * @next:	what input_line() looks at next
 * @word:	what input_word() looks at next
 * @line:	number of the current line
 */
struct input {
	struct kvmfs_cpu *cpu;
	const char *file;
	char *buf;
	size_t len;
	bool add;
	bool trunc;
	bool own;
	char *next;
	char *word;
	unsigned int line;
};

bool input_line(struct input *in);
char *input_word(struct input *in);
int input_end(struct input *in);
int input_u64(struct input *in, u64 *v);
int input_size(struct input *in, u64 *v);
int input_bool(struct input *in, const char *no, const char *yes, bool *v);
__printf(2, 3) int input_fail(struct input *in, const char *fmt, ...);
int text_u64(const char *s, u64 *v);
int text_unhex(const char *s, void *p, size_t room, size_t *n);

/* --- files.c: the table ---------------------------------------------- */

/* struct kvmfs_file.flags */
#define KVMFS_OF_VM	(1 << 0)	/* stands in the VM's directory alone */
#define KVMFS_PUBLIC	(1 << 1)	/* may be read by who may list the directory */
#define KVMFS_MEM	(1 << 2)	/* guest memory; not a text */
#define KVMFS_EVENTS	(1 << 3)	/* no file position: writes are messages */
#define KVMFS_WAIT	(1 << 4)	/* a write waits for room, see ->room */
#define KVMFS_CLEARS	(1 << 5)	/* truncation to 0 is a write of nothing */

/**
 * struct kvmfs_file - one row of the table
 * @name:	of the file
 * @mode:	0600, 0400 or 0200: what can be done with it at all. Also what cannot be
 *		changed is 0600, so that its owner can copy a directory back
 * @flags:	KVMFS_OF_VM ...
 * @show:	prints the contents; NULL: reads as empty
 * @store:	takes a whole write, checks all of it, then applies all of it;
 *		-EINVAL after input_fail(). NULL: what is written is ignored, so
 *		that a copy of a directory can be copied back
 * @complete:	a write of @in->len bytes may be stored (binary files); NULL: text
 * @size:	of what @show will print, where that is cheaper than printing
 * @seq:	rises when there is something new to read; NULL: always readable
 * @room:	a write would not have to wait; NULL: never does
 * @open:	somebody opens it for reading; 0 or -errno. NULL: nothing to be done
 * @close:	undoes @open
 * @read:	gives @n bytes at offset @off, which exist, each time from the VM itself
 *		instead of a snapshot that @show prints
 * @unread:	they did not reach the reader
 * @window:	first offset of the binary window, 0: none
 * @get:	reads @n bytes at offset @off of the window
 * @put:	writes them
 */
struct kvmfs_file {
	const char *name;
	u16 mode;
	u16 flags;
	int (*show)(struct kvmfs_cpu *c, struct text *t);
	int (*store)(struct kvmfs_cpu *c, struct input *in);
	bool (*complete)(struct kvmfs_cpu *c, const struct input *in);
	u64 (*size)(struct kvmfs_cpu *c);
	u64 (*seq)(struct kvmfs_cpu *c);
	bool (*room)(struct kvmfs_cpu *c);
	int (*open)(struct kvmfs_cpu *c);
	void (*close)(struct kvmfs_cpu *c);
	void (*read)(struct kvmfs_cpu *c, u64 off, u8 *buf, size_t n);
	void (*unread)(struct kvmfs_cpu *c, u64 off, const u8 *buf, size_t n);
	u64 window;
	u64 window_size;
	int (*get)(struct kvmfs_cpu *c, u64 off, void *buf, size_t n);
	int (*put)(struct kvmfs_cpu *c, u64 off, const void *buf, size_t n);
};

extern const struct kvmfs_file kvmfs_files[];
extern const unsigned int kvmfs_n_files;

#define KVMFS_MAX_FILES	32	/* rows in the table, at most */

const struct kvmfs_file *kvmfs_find(const char *name, size_t len, bool of_vm);
bool kvmfs_may_store(const struct kvmfs_file *row, struct kvmfs_cpu *c,
		     const struct input *in);
int kvmfs_store(const struct kvmfs_file *row, struct kvmfs_cpu *c,
		struct input *in);

/* --- one line a content file ----------------------------------------- */

int regs_show(struct kvmfs_cpu *c, struct text *t);
int regs_store(struct kvmfs_cpu *c, struct input *in);
u64 regs_size(struct kvmfs_cpu *c);
int regs_get(struct kvmfs_cpu *c, u64 off, void *buf, size_t n);
int regs_put(struct kvmfs_cpu *c, u64 off, const void *buf, size_t n);

int fpregs_show(struct kvmfs_cpu *c, struct text *t);
int fpregs_store(struct kvmfs_cpu *c, struct input *in);
bool fpregs_complete(struct kvmfs_cpu *c, const struct input *in);
u64 fpregs_size(struct kvmfs_cpu *c);

int msrs_show(struct kvmfs_cpu *c, struct text *t);
int msrs_store(struct kvmfs_cpu *c, struct input *in);

int cpuid_show(struct kvmfs_cpu *c, struct text *t);
int cpuid_store(struct kvmfs_cpu *c, struct input *in);

int irq_show(struct kvmfs_cpu *c, struct text *t);
int irq_store(struct kvmfs_cpu *c, struct input *in);
bool irq_room(struct kvmfs_cpu *c);

int events_show(struct kvmfs_cpu *c, struct text *t);
int events_store(struct kvmfs_cpu *c, struct input *in);

int debug_show(struct kvmfs_cpu *c, struct text *t);
int debug_store(struct kvmfs_cpu *c, struct input *in);

u64 dirty_size(struct kvmfs_cpu *c);
int dirty_open(struct kvmfs_cpu *c);
void dirty_close(struct kvmfs_cpu *c);
void dirty_read(struct kvmfs_cpu *c, u64 off, u8 *buf, size_t n);
void dirty_unread(struct kvmfs_cpu *c, u64 off, const u8 *buf, size_t n);

int ctl_store(struct kvmfs_cpu *c, struct input *in);

int run_store(struct kvmfs_cpu *c, struct input *in);
int exit_show(struct kvmfs_cpu *c, struct text *t);
u64 exit_seq(struct kvmfs_cpu *c);

int memmap_show(struct kvmfs_cpu *c, struct text *t);
int memmap_store(struct kvmfs_cpu *c, struct input *in);

int status_show(struct kvmfs_cpu *c, struct text *t);
void status_started(struct kvmfs_vm *vm);

/* a run ended so that there is a new sentence in ``status`` */
static inline bool status_run_failed(long ret)
{
	return ret > KVMFS_EXIT_MSR || (ret < 0 && ret != -EINTR);
}

int stat_show(struct kvmfs_cpu *c, struct text *t);
int capabilities_show(struct kvmfs_cpu *c, struct text *t);

/* --- mem.c: guest memory, as far as it is not pages ------------------ */

/**
 * struct mem_piece - a run of guest addresses that is all one thing
 * @len:	bytes from the address that was looked up
 * @hole:	nothing is there
 * @alias:	it is shown by an alias region
 * @lent:	it is memory of some process's, and not in the store
 * @back:	where its bytes are kept, as an offset of the backing store
 */
struct mem_piece {
	u64 len;
	bool hole;
	bool alias;
	bool lent;
	u64 back;
};

void kvmfs_mem_find(struct kvmfs_vm *vm, u64 gpa, struct mem_piece *p);
u64 kvmfs_mem_end(struct kvmfs_vm *vm);
u64 mem_size(struct kvmfs_cpu *c);
int kvmfs_mem_set_map(struct kvmfs_vm *vm, struct mem_region *map, unsigned int n);
int kvmfs_mem_resize(struct kvmfs_vm *vm, u64 size);
int kvmfs_mem_grow(struct kvmfs_vm *vm, u64 end);
void kvmfs_free_map(struct mem_region *map, unsigned int n);
int kvmfs_claim_all(struct kvmfs_vm *vm);
void kvmfs_release_all(struct kvmfs_vm *vm);

/* --- what the surroundings (mount or harness) give to the contents --- */

/* the sum of the region sizes is to become @bytes: 0 or -ENOSPC; @vm->lock held */
int kvmfs_mem_reserve(struct kvmfs_vm *vm, u64 bytes);
/* forget the bytes [start, end) of the backing store, mappings of them included */
void kvmfs_mem_discard(struct kvmfs_vm *vm, u64 start, u64 end);
/**
 * struct lent_mem - memory that a process lends: a ``user`` or ``file`` region
 * @file:	which of the two
 * @gpa:	first guest physical address
 * @size:	bytes
 * @address:	where it is in the process's address space
 * @fd:		@file: the descriptor, as it was given
 * @offset:	@file: of the first byte in it
 * @rom:	the process itself may not write it
 */
struct lent_mem {
	bool file;
	u64 gpa;
	u64 size;
	u64 address;
	u64 fd;
	u64 offset;
	bool rom;
};

/*
 * The calling process lends what @want says: counted, or ERR_PTR, with the reason in
 * @why. The region has it as mem_region.lent.
 */
struct lent_mem *kvmfs_lend(struct kvmfs_vm *vm, const struct lent_mem *want,
			    const char **why);
void kvmfs_lent_get(struct lent_mem *l);
void kvmfs_lent_put(struct lent_mem *l);
/* something that ``status`` shows has changed */
void kvmfs_status_changed(struct kvmfs_vm *vm);
u64 status_seq(struct kvmfs_cpu *c);
/* the vCPU came back from the guest: wake who polls */
void kvmfs_cpu_exited(struct kvmfs_cpu *c);
/* how the two system calls are there: "no", "kprobe" or "native" */
const char *kvmfs_calls(void);

#endif /* KVMFS_CONTENTS_H */

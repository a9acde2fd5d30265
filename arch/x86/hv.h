/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core (arch/) offers to the file system (fs/) and to the system
 * calls (syscalls/). Nothing here knows files, and nothing here is AMD or Intel.
 */
#ifndef KVMFS_HV_H
#define KVMFS_HV_H

#include <linux/container_of.h>
#include <linux/types.h>
#include <linux/kvmfs.h>

struct page;
struct vm;
struct vcpu;

#define VM_MAX_VCPUS	256
#define VM_MAX_REGIONS	64
#define VM_MAX_GPA	(1ULL << 40)	/* guest physical addresses end here, bytes */
#define VM_ERROR_LEN	256		/* longest sentence in ``status``, with NUL */

/* --- guest memory ------------------------------------------------------- */

enum mem_type { MEM_RAM, MEM_ROM, MEM_ALIAS };

/**
 * struct mem_region - one line of ``memmap``
 * @gpa:	first guest physical address, page aligned
 * @size:	bytes, page aligned, not 0
 * @type:	MEM_RAM, MEM_ROM (guest writes are MMIO exits), MEM_ALIAS
 * @target:	for MEM_ALIAS: the gpa in a ram or rom region that it shows
 * @lent:	NULL, or the process's memory that this is instead of the VM's own: to the
 *		core only a word that get_page() is given. Not for MEM_ALIAS
 */
struct mem_region {
	u64 gpa;
	u64 size;
	enum mem_type type;
	u64 target;
	void *lent;
};

/**
 * struct vm_backing - where guest pages come from
 * @get_page:	page that backs the gpa @index << PAGE_SHIFT, allocated on first
 *		touch and charged to the caller's cgroup; a reference is taken.
 *		May sleep. ERR_PTR(-ENOMEM), ... on failure. @lent is the region's; it may
 *		have been replaced meanwhile, and then whatever comes is not used. The
 *		reference of what is lent is given back at once: who gives such pages
 *		must call vm_invalidate_begin() before one goes, whyever it does
 * @priv:	for get_page()
 * @linear:	the pages of a large folio back consecutive frames, so who has one has
 *		them all (as in a page cache; not so in somebody's address space, so it
 *		does not count for regions that are lent)
 */
struct vm_backing {
	struct page *(*get_page)(void *priv, void *lent, pgoff_t index);
	void *priv;
	bool linear;
};

/* --- virtual machines: vm.c -------------------------------------------- */

int hv_init(void);		/* module load: choose the vendor, 0 even if none fits */
void hv_exit(void);
const char *hv_why_not(void);	/* NULL, or why no VM can run on this CPU */
size_t hv_describe(char *buf, size_t size);	/* text of ``capabilities`` */

/* which MMU a VM gets */
enum vm_paging { PAGING_AUTO, PAGING_SHADOW, PAGING_NESTED };

bool hv_has_nested(void);		/* PAGING_NESTED works on this CPU */
struct vm *vm_create(const struct vm_backing *backing, enum vm_paging paging);
void vm_destroy(struct vm *vm);		/* no vCPU runs, no reference is left */

int vm_set_map(struct vm *vm, const struct mem_region *map, unsigned int n);
unsigned int vm_get_map(struct vm *vm, struct mem_region *map);	/* up to VM_MAX_REGIONS */

/*
 * Around anything that takes pages away from @backing (truncate, punch hole):
 * begin forgets every use of the gpa range [start, end) and keeps new ones from
 * appearing until end. Both may sleep, but wait for nothing and allocate nothing, so
 * that mmu notifiers can call them. See Documentation/locking.rst.
 */
void vm_invalidate_begin(struct vm *vm, u64 start, u64 end);
void vm_invalidate_end(struct vm *vm, u64 start, u64 end);
/* after host software wrote guest memory by write(2), or took it away: what the MMU
 * made of page tables there is dropped, and the pages count as written
 */
void vm_memory_written(struct vm *vm, u64 start, u64 end);

/*
 * Guest memory by address, for regions that are lent. May sleep, hold no lock that is
 * taken under an mmap_lock. 0; -ENXIO: a hole, or (writing) rom; or get_page()'s errno.
 */
int vm_mem_read(struct vm *vm, u64 gpa, void *buf, unsigned int n);
int vm_mem_write(struct vm *vm, u64 gpa, const void *buf, unsigned int n);

/*
 * Pause: on return no vCPU runs, nor will until resume; who runs one waits in
 * vcpu_run(). Meanwhile they can be claimed as if nobody ran them.
 */
int vm_pause(struct vm *vm);		/* 0 or -EINTR: see there */
void vm_resume(struct vm *vm);
bool vm_is_paused(struct vm *vm);

/**
 * vm_set_notify() - whom to tell when a vCPU has paused the VM (vcpu_debug.hold)
 * @vm: the VM, which has no vCPUs yet
 * @fn: called with @priv in the vCPU's thread; may sleep, must not touch vCPUs
 * @priv: for @fn
 */
void vm_set_notify(struct vm *vm, void (*fn)(void *priv), void *priv);

/*
 * Between start and stop, which nest, it is noted which pages the guest, the emulator
 * or vm_memory_written() wrote. Reading gives a bit for each page, and clears it.
 */
int vm_dirty_start(struct vm *vm);	/* 0 or -ENOMEM */
void vm_dirty_stop(struct vm *vm);
void vm_dirty_read(struct vm *vm, u64 gfn, u8 *buf, size_t n);

/* the sentence in ``status``; printf-like, without a newline */
__printf(2, 3) void vm_error(struct vm *vm, const char *fmt, ...);
void vm_get_error(struct vm *vm, char buf[VM_ERROR_LEN]);

/* --- virtual CPUs: vcpu.c ------------------------------------------------ */

struct vcpu *vcpu_create(struct vm *vm, unsigned int id);	/* in reset state */
void vcpu_destroy(struct vcpu *v);

/**
 * vcpu_kill() - its directory is gone: it must not run any more
 * @v: the vCPU
 *
 * Every vcpu_run() of it, one under way included, soon returns -ENODEV. Does
 * not wait for that; may be called by any thread.
 */
void vcpu_kill(struct vcpu *v);

/**
 * vcpu_reset() - the state after RESET; what user space set up (cpuid, debug) stays
 * @v: claimed
 */
void vcpu_reset(struct vcpu *v);

/**
 * struct vcpu_io - what a run takes and gives; around what vcpu_exit() returns
 * @size:	bytes of @exit that the last run has filled, and of which the head may be
 *		sparse: only @details words behind ->vector
 * @details:	64-bit words
 * @wants:	bytes of exit.data that the next run looks at: the answer to a read
 * @exit:	the struct itself
 */
struct vcpu_io {
	u32 size;
	u32 details;
	u32 wants;
	struct kvm_exit exit;
};

static inline struct vcpu_io *vcpu_io(const struct kvm_exit *x)
{
	return container_of((struct kvm_exit *)x, struct vcpu_io, exit);
}

/*
 * One run:
 *	vcpu_begin_run()	-EBUSY if another thread runs it, -EOPNOTSUPP for the kernel's
 *	fill vcpu_exit(v)->request, ->vector, and ->data for vcpu_io()->wants bytes
 *	vcpu_run()		exit reason > 0, or -EINTR, -EINVAL, -ENODEV, -ENOMEM ...
 *	copy vcpu_io()->size bytes out
 *	vcpu_end_run()
 * @max_data caps what one string I/O exit moves (bytes, 8 to KVM_EXIT_DATA).
 */
int vcpu_begin_run(struct vcpu *v);
struct kvm_exit *vcpu_exit(struct vcpu *v);
unsigned int vcpu_wants(struct vcpu *v);
int vcpu_run(struct vcpu *v, unsigned int max_data);
void vcpu_end_run(struct vcpu *v);
bool vcpu_is_running(struct vcpu *v);
u64 vcpu_exit_count(struct vcpu *v);	/* rises at each return of vcpu_run() with an exit */

/*
 * State access. vcpu_freeze() stops a running vCPU at an instruction boundary
 * and holds it until vcpu_thaw(): for readers. vcpu_claim() is for writers:
 * -EBUSY if it runs and is not paused. Between either pair the functions below may be called.
 */
int vcpu_freeze(struct vcpu *v);	/* 0 or -EINTR */
void vcpu_thaw(struct vcpu *v);
int vcpu_claim(struct vcpu *v);
void vcpu_release(struct vcpu *v);

/* registers by slot of KVM_REG_LIST; set is all or nothing, *why on -EINVAL */
void vcpu_get_regs(struct vcpu *v, u64 regs[KVM_REG_SLOTS]);
int vcpu_set_regs(struct vcpu *v, const u64 regs[KVM_REG_SLOTS], const char **why);

/* the XSAVE image (standard format): size in bytes is fixed for the host */
unsigned int vcpu_fpu_size(struct vcpu *v);
int vcpu_get_fpu(struct vcpu *v, void *buf, unsigned int size);
int vcpu_set_fpu(struct vcpu *v, const void *buf, unsigned int size);

struct msr_name { u32 index; const char *name; };
const struct msr_name *hv_msr_table(unsigned int *n);	/* what ``msrs`` lists */
int vcpu_get_msr(struct vcpu *v, u32 index, u64 *value);
int vcpu_set_msr(struct vcpu *v, u32 index, u64 value);	/* -EINVAL: not a legal value */

struct cpuid_entry { u32 leaf, subleaf, eax, ebx, ecx, edx; };
#define VCPU_MAX_CPUID	64
unsigned int vcpu_get_cpuid(struct vcpu *v, struct cpuid_entry *e);	/* VCPU_MAX_CPUID of room */
int vcpu_set_cpuid(struct vcpu *v, const struct cpuid_entry *e, unsigned int n, const char **why);

/* interrupts; these may be called whether or not the vCPU runs, from any thread */
int vcpu_irq(struct vcpu *v, u32 type, u32 vector);	/* KVM_IRQ_*; -EAGAIN: one waits already */
bool vcpu_irq_room(struct vcpu *v);		/* vcpu_irq(KVM_IRQ_VECTOR) would succeed */
struct vcpu_irq_state { int vector; bool nmi, window_asked, window_open; }; /* vector -1: none */
void vcpu_get_irq(struct vcpu *v, struct vcpu_irq_state *s);
/* makes some of that so, whatever it was: @which is a set of these bits */
#define IRQ_SET_VECTOR	1
#define IRQ_SET_NMI	2
#define IRQ_SET_WINDOW	4
void vcpu_set_irq(struct vcpu *v, const struct vcpu_irq_state *s, unsigned int which);

/**
 * vcpu_set_notify() - whom to tell when the waiting vector was taken
 * @v: a vCPU that never ran yet
 * @fn: called with @priv after vcpu_irq_room() became true; may be called with
 *	interrupts off, and does not sleep
 * @priv: for @fn
 */
void vcpu_set_notify(struct vcpu *v, void (*fn)(void *priv), void *priv);

/* what enters with the guest at its next entry */
enum event_kind {
	EVENT_NONE, EVENT_EXCEPTION, EVENT_IRQ, EVENT_NMI, EVENT_SOFT, EVENT_SHUTDOWN,
};

/* what the last exit asked for: nothing, port input, or a read of an instruction */
enum pending_kind { PENDING_NONE, PENDING_IN, PENDING_EMUL };

#define VCPU_MAX_ANSWERS	16

/* what a device read of the instruction under way gave */
struct io_answer {
	u64 addr;
	u8 size;
	u8 data[8];
};

/**
 * struct vcpu_events - what a vCPU is in the middle of
 * @event:	what was about to be delivered
 * @vector:	of @event
 * @has_error:	EVENT_EXCEPTION: with @error as error code
 * @error:	likewise
 * @insn_len:	EVENT_SOFT: bytes of the INT n
 * @again:	vector of an interrupt whose delivery was cut short, or -1
 * @shadow:	of STI or MOV SS: no interrupt before the next instruction
 * @nmi_blocked: an NMI handler runs
 * @trap:	a debug exit follows the last exit
 * @pdptr:	the next two are there: PAE paging
 * @pdptr_cr3:	the CR3 that @pdpte were loaded with
 * @pdpte:	as the processor has them; memory may have others meanwhile
 * @pending:	what the next run completes
 * @mmio:	... it is a read of @size bytes at @gpa, else @count times @size at @port
 * @rip:	... of the instruction
 * @next:	... PENDING_IN: where it ends
 * @port:	see @mmio
 * @size:	see @mmio
 * @count:	see @mmio
 * @gpa:	see @mmio
 * @n_answers:	PENDING_EMUL: earlier reads of the instruction, in @answer
 * @answer:	likewise
 */
struct vcpu_events {
	enum event_kind event;
	u8 vector;
	bool has_error;
	u32 error;
	u8 insn_len;
	s16 again;
	bool shadow, nmi_blocked, trap;
	bool pdptr;
	u64 pdptr_cr3;
	u64 pdpte[4];
	enum pending_kind pending;
	bool mmio;
	u64 rip, next;
	u16 port;
	u8 size;
	u32 count;
	u64 gpa;
	unsigned int n_answers;
	struct io_answer answer[VCPU_MAX_ANSWERS];
};

void vcpu_get_events(struct vcpu *v, struct vcpu_events *e);
int vcpu_set_events(struct vcpu *v, const struct vcpu_events *e, const char **why);

/* host's own debugging, beside the guest's debug registers */
enum debug_kind { DEBUG_BREAK, DEBUG_WATCH_W, DEBUG_WATCH_RW };
struct debug_point { u64 gva; u8 len; u8 kind; u8 used; };
/**
 * struct vcpu_debug - what ``debug`` says
 * @step:	a debug exit after each instruction
 * @int3:	INT3 is a debug exit, in front of it, with vector 3
 * @hold:	a debug exit pauses the VM instead of ending the run, see debug_exit()
 * @point:	breakpoints and watchpoints
 */
struct vcpu_debug { bool step, int3, hold; struct debug_point point[4]; };
void vcpu_get_debug(struct vcpu *v, struct vcpu_debug *d);
int vcpu_set_debug(struct vcpu *v, const struct vcpu_debug *d);

/* --- counters: X(field, text name) ---------------------------------------- */

#define VCPU_STAT_LIST(X)					\
	X(exits, "exits")					\
	X(user_exits, "user_exits")				\
	X(io, "io")						\
	X(mmio, "mmio")						\
	X(hlt, "hlt")						\
	X(cpuid, "cpuid")					\
	X(msr, "msr")						\
	X(cr, "cr_access")					\
	X(dr, "dr_access")					\
	X(exception, "exceptions")				\
	X(page_fault, "page_faults")				\
	X(page_fault_guest, "page_faults_guest")		\
	X(emulated, "emulated")					\
	X(invlpg, "invlpg")					\
	X(host_irq, "host_interrupts")				\
	X(host_nmi, "host_nmis")				\
	X(irq_window, "irq_windows")				\
	X(irq_injected, "irqs_injected")			\
	X(nmi_injected, "nmis_injected")			\
	X(exc_injected, "exceptions_injected")			\
	X(tlb_flush, "tlb_flushes")				\
	X(signals, "signals")					\
	X(other, "other_exits")

#define VM_STAT_LIST(X)						\
	X(mem_pages, "memory_pages")				\
	X(shadow_pages, "shadow_pages")				\
	X(shadow_created, "shadow_created")			\
	X(shadow_zapped, "shadow_zapped")			\
	X(shadow_recycled, "shadow_recycled")			\
	X(pte_writes, "pte_writes")				\
	X(flooded, "shadow_flooded")				\
	X(prefetched, "ptes_prefetched")			\
	X(unsync, "shadow_unsync")				\
	X(large, "large_leaves")				\
	X(remote_flushes, "remote_flushes")			\
	X(reclaimed, "pages_reclaimed")

#define HV_STAT_FIELD(field, name)	u64 field;
struct vcpu_stat { VCPU_STAT_LIST(HV_STAT_FIELD) };
struct vm_stat { VM_STAT_LIST(HV_STAT_FIELD) };

void vcpu_get_stat(struct vcpu *v, struct vcpu_stat *s);
void vm_get_stat(struct vm *vm, struct vm_stat *s);

#endif /* KVMFS_HV_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core (arch/) offers to the file system (fs/) and to the system
 * calls (syscalls/). Nothing here knows files, and nothing here is AMD or Intel.
 */
#ifndef KVMFS_HV_H
#define KVMFS_HV_H

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
 */
struct mem_region {
	u64 gpa;
	u64 size;
	enum mem_type type;
	u64 target;
};

/**
 * struct vm_backing - where guest pages come from
 * @get_page:	page that backs the gpa @index << PAGE_SHIFT, allocated on first
 *		touch and charged to the caller's cgroup; a reference is taken.
 *		May sleep. ERR_PTR(-ENOMEM), ... on failure.
 * @priv:	for get_page()
 */
struct vm_backing {
	struct page *(*get_page)(void *priv, pgoff_t index);
	void *priv;
};

/* --- virtual machines: vm.c -------------------------------------------- */

int hv_init(void);		/* module load: choose the vendor, 0 even if none fits */
void hv_exit(void);
const char *hv_why_not(void);	/* NULL, or why no VM can run on this CPU */
size_t hv_describe(char *buf, size_t size);	/* text of ``capabilities`` */

struct vm *vm_create(const struct vm_backing *backing);
void vm_destroy(struct vm *vm);		/* no vCPU runs, no reference is left */

int vm_set_map(struct vm *vm, const struct mem_region *map, unsigned int n);
unsigned int vm_get_map(struct vm *vm, struct mem_region *map);	/* up to VM_MAX_REGIONS */

/*
 * Around anything that takes pages away from @backing (truncate, punch hole):
 * begin forgets every use of the gpa range [start, end) and keeps new ones from
 * appearing until end. Both may sleep. See Documentation/locking.rst.
 */
void vm_invalidate_begin(struct vm *vm, u64 start, u64 end);
void vm_invalidate_end(struct vm *vm, u64 start, u64 end);
/* after host software wrote guest memory by write(2): drops shadows of tables there */
void vm_memory_written(struct vm *vm, u64 start, u64 end);

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

/*
 * One run:
 *	vcpu_begin_run()	-EBUSY if another thread runs it
 *	fill vcpu_exit(v)->request, ->vector, and ->data for vcpu_wants() bytes
 *	vcpu_run()		exit reason > 0, or -EINTR, -EINVAL, -ENODEV, -ENOMEM ...
 *	copy vcpu_exit_size() bytes out
 *	vcpu_end_run()
 * @max_data caps what one string I/O exit moves (bytes, 8 to KVM_EXIT_DATA).
 */
int vcpu_begin_run(struct vcpu *v);
struct kvm_exit *vcpu_exit(struct vcpu *v);
unsigned int vcpu_wants(struct vcpu *v);
int vcpu_run(struct vcpu *v, unsigned int max_data);
unsigned int vcpu_exit_size(struct vcpu *v);
void vcpu_end_run(struct vcpu *v);
bool vcpu_is_running(struct vcpu *v);
u64 vcpu_exit_count(struct vcpu *v);	/* rises at each return of vcpu_run() with an exit */

/*
 * State access. vcpu_freeze() stops a running vCPU at an instruction boundary
 * and holds it until vcpu_thaw(): for readers. vcpu_claim() is for writers:
 * -EBUSY if it runs. Between either pair the functions below may be called.
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

/**
 * vcpu_set_notify() - whom to tell when the waiting vector was taken
 * @v: a vCPU that never ran yet
 * @fn: called with @priv after vcpu_irq_room() became true; may be called with
 *	interrupts off, and does not sleep
 * @priv: for @fn
 */
void vcpu_set_notify(struct vcpu *v, void (*fn)(void *priv), void *priv);

/* host's own debugging, beside the guest's debug registers */
enum debug_kind { DEBUG_BREAK, DEBUG_WATCH_W, DEBUG_WATCH_RW };
struct debug_point { u64 gva; u8 len; u8 kind; u8 used; };
struct vcpu_debug { bool step; struct debug_point point[4]; };
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
	X(remote_flushes, "remote_flushes")			\
	X(reclaimed, "pages_reclaimed")

#define HV_STAT_FIELD(field, name)	u64 field;
struct vcpu_stat { VCPU_STAT_LIST(HV_STAT_FIELD) };
struct vm_stat { VM_STAT_LIST(HV_STAT_FIELD) };

void vcpu_get_stat(struct vcpu *v, struct vcpu_stat *s);
void vm_get_stat(struct vm *vm, struct vm_stat *s);

#endif /* KVMFS_HV_H */

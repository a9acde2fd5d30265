/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the core: struct vm, struct vcpu, and the vendor's table of
 * operations. Vendor code (svm/, vmx/) and the MMU include this; fs/ does not.
 */
#ifndef KVMFS_VCPU_H
#define KVMFS_VCPU_H

#include <linux/types.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/atomic.h>
#include <linux/percpu.h>
#include <asm/fpu/types.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include "arch/x86/hv.h"
#include "arch/x86/emulate.h"
#include "arch/x86/mmu/mmu.h"

/* v->requests: bits that the run loop serves before the next entry */
enum {
	REQ_TLB_FLUSH,		/* hardware TLB of this vCPU is stale */
	REQ_MMU_RELOAD,		/* its root was taken away */
	REQ_EVENT,		/* look for something to inject */
	REQ_STOP,		/* somebody wants to sample it: leave the guest */
	REQ_PAUSE,		/* its VM is, or was, paused: see pause_wait() */
	REQ_DEAD,		/* its directory is gone; never cleared */
};

/* what the guest waits for at its next entry; one at most */
struct vcpu_event {
	enum event_kind kind;
	struct hv_exception exc;	/* vector for all kinds */
	u8 insn_len;			/* EVENT_SOFT: INT n, INT3, INTO */
};

/* neutral decoding of an exit */
enum exit_kind {
	EXIT_NOTHING,		/* served by the vendor, or spurious */
	EXIT_HOST_IRQ,
	EXIT_HOST_NMI,
	EXIT_EXCEPTION,		/* .exc; #PF has gva in exc.cr2 */
	EXIT_IRQ_WINDOW,
	EXIT_NMI_WINDOW,
	EXIT_CPUID,
	EXIT_HLT,
	EXIT_INVLPG,
	EXIT_INVPCID,
	EXIT_IO,		/* neither INS nor OUTS, and next_rip is known */
	EXIT_CR,
	EXIT_DR,
	EXIT_MSR,
	EXIT_HYPERCALL,
	EXIT_WBINVD,		/* and INVD */
	EXIT_RDTSC,
	EXIT_XSETBV,
	EXIT_SHUTDOWN,
	EXIT_UD,		/* an instruction that this guest does not have */
	EXIT_GP,		/* one that it must not use */
	EXIT_EMULATE,		/* let the emulator do it */
	EXIT_TASK_SWITCH,
	EXIT_USER,			/* v->exit is filled */
	EXIT_NESTED_FAULT,	/* nested paging: gpa and access in .fault */
	EXIT_FAIL,		/* entry refused: vm_error() says why */
};

struct hv_exitinfo {
	enum exit_kind kind;
	bool shadow;		/* the instruction was in an interrupt shadow, now over */
	bool code64;		/* where next_rip is 0, and for #PF: it was 64-bit code, */
	u64 la;			/* and rip's linear address */
	u64 next_rip;		/* 0: not known, to be found by decoding */
	union {
		struct hv_exception exc;
		struct { u16 port; u8 size; bool in; } io;
		struct { bool write; } msr;
		/* known: decoded. A write of @val (CLTS, LMSW too), or a read into regs[reg] */
		struct { bool known, write; u8 nr, reg; u64 val; } cr;
		struct { bool known; u64 gva; } invlpg;
		/* @page: in the guest's page itself, not in one of its tables */
		struct { u64 gpa; u32 access; bool page; } fault;
		struct { u64 code, info[2]; } fail;
	};
};

/* debug registers after RESET, and their bits that are always 1 (SDM vol. 3, 18.2) */
#define DR6_RESET	0xffff0ff0u
#define DR7_RESET	0x400u

/* vendor->blocked(): why an interrupt or NMI cannot be delivered now */
#define BLOCK_SHADOW	1	/* STI or MOV SS */
#define BLOCK_NMI	2	/* an NMI handler runs */

/**
 * struct insn_io - device accesses of the one instruction that is being emulated
 *
 * An instruction that reads a device ends the run, and starts again from its
 * beginning when user space has answered: then the answers so far are found here.
 * @used of the @have answers were consumed in this attempt.
 */
struct insn_io {
	struct io_answer answer[VCPU_MAX_ANSWERS];
	u8 have, used;
	bool string_in;			/* the answer is in exit->data, a whole REP INS */
};

/**
 * struct quick - an instruction that the emulator had decoded, see quick.c
 * @rip:	where it was
 * @bytes, @mask: and which it is
 * @insn:	what it does
 */
struct quick {
	u64 rip;
	u64 bytes[2], mask[2];
	struct emul_simple insn;
};

#define QUICK_SLOTS	8

/**
 * struct mmio_hint - the device page that was accessed last
 *
 * A TLB of one entry for what can have no spte: it saves walking the guest's
 * tables twice for each device access, and is dropped whenever the guest flushes
 * or changes how it translates, or its memory map (@seq) changes.
 */
struct mmio_hint {
	bool valid;
	bool write;		/* the walk was for a write */
	bool hole, no_write;	/* a read, a write there was none of memory: quick_seen() */
	u64 gva, gpa;		/* of the page */
	unsigned long seq;	/* vm_mmu.seq when it was walked */
};

/**
 * struct vcpu_code - where the code is that exited last: mmu_code()
 * @page:	linear address of the page
 * @host:	of it, NULL: not known
 * @n:		with nested paging: entries of the guest's tables on the way there
 * @way:	and where they are, and what they were; those above @n lead to a 0
 * @cr3, @mode:	where the way begins, and its kind
 */
struct vcpu_code {
	u64 page;
	const u8 *host;
	unsigned int n;
	struct { const u64 *at; u64 pte; } way[4];
	u64 cr3;
	enum mmu_mode mode;
};

#define EVENTS_NONE	0x00000000ffffffffULL	/* vcpu.waiting */

/* vcpu.switches: of no thread. A thread that was never scheduled out has 0 */
#define NOT_LOADED	(~0UL)

/**
 * struct vcpu - one virtual CPU
 * @lock:	held by the thread that runs it or touches its state
 * @requests:	REQ_* bits, set by anybody
 * @in_guest:	between the last check of @requests and the exit; with @cpu it tells
 *		vcpu_kick() whom to interrupt
 *
 * cr0, cr3, cr4, efer and the like are what the guest believes. regs[] and rip,
 * rflags are always current outside of vendor->run(). So are the former: with shadow
 * paging since each change of them is an exit, with nested paging (@nested) since
 * vendor->run() gives cr_seen() what the guest has made of them.
 */
struct vcpu {
	/* hot: touched at each exit */
	u64 regs[16];
	u64 rip, rflags;
	u64 cr0, cr2, cr3, cr4, cr8, efer;
	unsigned long requests;
	bool in_guest;
	bool been_out;			/* of the inner loop since it ran; whoever asks clears it */
	union {				/* what waits: EVENTS_NONE, or event_prepare() looks */
		struct {
			s16 irq_vector;		/* from user space, or -1 */
			s16 irq_again;		/* was cut short by an exception, or -1 */
			bool nmi_pending;
			bool window_asked;	/* through ``irq``: till it was reported */
			bool window_run;	/* by KVMFS_REQ_IRQ_WINDOW: in this run */
			bool unused;
		};
		u64 waiting;
	};
	struct hv_exitinfo x;		/* of this exit */
	bool check_entry;		/* ask vendor->can_enter() */
	bool traps;			/* debug_before() and _after() have work to do */
	bool cr_dirty;			/* control registers must be pushed to the vendor */
	bool dr_dirty;			/* likewise what traps */
	bool pdptr_stale;		/* PAE: load the PDPTEs before entry */
	bool nested;			/* nested paging: the guest changes CR0, CR3 by itself */
	bool invpcid;			/* CPUID says that the guest has that instruction */
	bool fpu_inside;		/* the processor has the guest's FPU registers */
	int cpu;			/* where it runs, or ran last */
	unsigned long switches;		/* of its thread, when it was loaded last; or NOT_LOADED */
	int error;			/* errno of a MMU_ERROR or EMUL_ERROR */
	struct vcpu_event event;
	struct vcpu_code code;
	struct vcpu_mmu mmu;
	struct vm *vm;
	unsigned int id;
	struct vcpu_stat stat;

	struct mutex lock;
	struct task_struct *runner;
	atomic_t freeze;		/* readers that wait for, or have, a stopped vCPU */
	bool parked;			/* its runner waits in pause_wait(), without @lock */
	wait_queue_head_t waitq;	/* its runner, while others have the vCPU */

	/* interrupts from user space */
	spinlock_t irq_lock;
	void (*notify_room)(void *priv);
	void *notify_priv;

	/* the last exit, and what the next run completes */
	struct kvm_exit *exit;
	unsigned int exit_size;
	u64 exit_count;
	enum pending_kind pending;
	bool ask_again;			/* the exit was replaced while a run waited: report it */
	u64 pending_rip, pending_next;
	unsigned int max_data;		/* bytes that a string I/O exit may move */
	struct insn_io io;
	/* the page that an instruction under emulation faulted on, already walked */
	bool hint_valid;
	u32 hint_access;
	u64 hint_gva, hint_gpa;
	struct mmio_hint mmio;
	struct quick quick[QUICK_SLOTS];
	const struct emul_simple *load;	/* a device read that quick_answer() may end */
	u64 unshadow_rip;		/* where a page table was given up last */

	/* registers not in the hot part */
	u64 dr[4], dr6, dr7;
	u64 hw_dr7;			/* what DR7 is while the guest runs */
	u64 watch_hits;			/* of DR6, by the instruction under emulation */
	bool step_due;			/* a debug exit comes after the one just reported */
	bool step_over_tf;		/* TF was the guest's own when a step began */
	u64 xcr0;
	u64 msr_store[8];		/* MSRs that only remember, see msr.c */
	s64 tsc_offset;			/* from power_tsc() to the guest's */
	u64 tsc_lost;			/* of power_tsc_lost, what the hardware block knows */
	/* PDPTEs from ``events``, for when this CR3 is loaded; see cr_load_pdptrs() */
	struct { bool there; u64 cr3, pdpte[4]; } given;
	struct vcpu_debug debug;
	struct fxregs_state *fpu;	/* the guest's; [1] is the thread's while it runs */
	unsigned int n_cpuid;
	struct cpuid_entry *cpuid;
	struct emul *emul;

	void *vendor;			/* of svm/ or vmx/ */
};

/**
 * struct vm - one virtual machine
 * @lock:	guards vcpu[], the memory map and @error
 * @paused:	no vCPU runs: see pause.c
 * @pause_wait:	who pauses waits here until they have stopped
 * @notify_held: told with @held_priv that a vCPU has paused the others and itself
 */
struct vm {
	struct mutex lock;
	bool paused;
	wait_queue_head_t pause_wait;
	void (*notify_held)(void *priv);
	void *held_priv;
	struct vcpu *vcpu[VM_MAX_VCPUS];
	unsigned int n_vcpus;
	struct vm_mmu mmu;
	const struct mmu_ops *mmu_ops;
	spinlock_t error_lock;
	char error[VM_ERROR_LEN];
};

/**
 * struct vendor_ops - SVM or VMX; chosen once at load, const
 *
 * @probe:	NULL if this CPU can run guests, else why not (a sentence)
 * @setup:	once, at load: read capabilities, allocate; @teardown undoes it
 * @cpu_on:	switch the extension on, on this CPU, interrupts off; -EBUSY if
 *		somebody else (kvm.ko) uses it. @cpu_off: idempotent, any context
 * @cpu_emergency_off: the same when the kernel has crashed: also as an NMI, also with guest
 *		state in the processor, and without a thought for what comes after
 * @vcpu_init:	allocate the hardware's block and put the guest-visible reset
 *		state into it; @vcpu_free
 * @can_enter:	when v->check_entry was set, interrupts on: false if the processor does
 *		not run the guest as it is now, and the emulator must. NULL: it always does
 * @load:	the thread was scheduled since the last entry, perhaps onto another
 *		CPU (preemption and interrupts off). False: not ready, turn once more
 * @stay:	the thread leaves the inner loop and goes on with this run: it may be
 *		scheduled, with state of the guest's in the processor (interrupts off). May be NULL
 * @unload:	the thread ends its run, or lets others look: no guest state but the
 *		hardware block's may stay in the processor (interrupts off). May be NULL
 * @run:	interrupts off: run the guest till it exits, return with the host's state
 *		back and interrupts still off. v->regs, rip, rflags in and out; v->event is
 *		what was cut short by the exit (IDT vectoring). Says what the exit was
 * @nested:	format of tables from gpa to hpa; NULL if there is no nested paging
 * @can_invpcid: whether guests can have INVPCID on a CPU that has it: the vendor sees to it
 *		that it is an exit with shadow paging, and with nested paging unless
 *		v->invpcid. NULL: they cannot
 * @push_cr:	take v->cr0, cr3, cr4, efer, invpcid, mmu.root_hpa into the hardware block
 * @set_tsc_offset: v->tsc_offset or v->tsc_lost changed: their sum into the hardware block
 * @update_traps: v->hw_dr7, v->dr6 or v->debug.int3 changed: put them into the hardware
 *		block. With int3, INT3 is an exit: EXIT_EXCEPTION, or EXIT_EMULATE
 * @inject:	arm v->event for the next entry
 * @open_window: exit as soon as an interrupt (@nmi: NMI) can be taken
 * @blocked:	BLOCK_* bits; @set_blocked sets them
 * @flush_tlb:	of this vCPU, all (at next entry); @flush_gva of one address
 * @code:	true if the guest runs 64-bit code; else @base is that of its code segment
 * @get_msr, @set_msr: of the few that the hardware block holds; -ENOENT: not mine
 */
struct vendor_ops {
	const char *name;
	const char *(*probe)(void);
	int (*setup)(void);
	void (*teardown)(void);
	int (*cpu_on)(void);
	void (*cpu_off)(void);
	void (*cpu_emergency_off)(void);
	int (*vcpu_init)(struct vcpu *v);
	void (*vcpu_free)(struct vcpu *v);
	bool (*can_enter)(struct vcpu *v);
	bool (*load)(struct vcpu *v);
	void (*stay)(struct vcpu *v);
	void (*unload)(struct vcpu *v);
	void (*run)(struct vcpu *v, struct hv_exitinfo *x);
	const struct nested_format *(*nested)(void);
	bool (*can_invpcid)(void);
	void (*push_cr)(struct vcpu *v);
	void (*update_traps)(struct vcpu *v);
	void (*inject)(struct vcpu *v);
	void (*open_window)(struct vcpu *v, bool nmi);
	unsigned int (*blocked)(struct vcpu *v);
	void (*set_blocked)(struct vcpu *v, unsigned int block);
	void (*flush_tlb)(struct vcpu *v);
	void (*flush_gva)(struct vcpu *v, u64 gva);
	void (*get_segment)(struct vcpu *v, int seg, struct hv_segment *s);
	void (*set_segment)(struct vcpu *v, int seg, const struct hv_segment *s);
	void (*get_table)(struct vcpu *v, bool idt, struct hv_table *t);
	void (*set_table)(struct vcpu *v, bool idt, const struct hv_table *t);
	unsigned int (*cpl)(struct vcpu *v);
	bool (*code)(struct vcpu *v, u64 *base);
	int (*get_msr)(struct vcpu *v, u32 index, u64 *val);
	int (*set_msr)(struct vcpu *v, u32 index, u64 val);
	void (*set_tsc_offset)(struct vcpu *v);
};

extern const struct vendor_ops svm_ops;
extern const struct vendor_ops vmx_ops;
extern const struct vendor_ops *vendor;		/* NULL: no VM can run here */

/*
 * With nested paging: whether the guest's tables lead to v->code as they did. The
 * pages that they are in have not moved: that would have been a flush.
 */
static inline bool mmu_same_way(const struct vcpu *v)
{
	const struct vcpu_code *c = &v->code;
	u64 diff = (v->cr3 ^ c->cr3) | (v->mmu.mode ^ c->mode);

	diff |= READ_ONCE(*c->way[0].at) ^ c->way[0].pte;
	diff |= READ_ONCE(*c->way[1].at) ^ c->way[1].pte;
	diff |= READ_ONCE(*c->way[2].at) ^ c->way[2].pte;
	diff |= READ_ONCE(*c->way[3].at) ^ c->way[3].pte;
	return !diff;
}

/**
 * mmu_code() - where the instruction at a linear address is
 * @v: the vCPU, just out of the guest: v->in_guest is still set, interrupts are off
 * @la: linear address
 *
 * Return: the byte there and the rest of its page, or NULL.
 */
static inline const u8 *mmu_code(struct vcpu *v, u64 la)
{
	const struct vcpu_code *c = &v->code;

	if (likely(c->host && (la & PAGE_MASK) == c->page) && (!v->nested || mmu_same_way(v)))
		return c->host + (la & ~PAGE_MASK);
	return mmu_find_code(v, la);
}

/* the instruction at v->rip is done, and with it a @shadow; the next one is at @next */
static inline void insn_done(struct vcpu *v, bool shadow, u64 next)
{
	v->rip = next;
	v->rflags &= ~(u64)X86_EFLAGS_RF;
	if (unlikely(shadow))
		vendor->set_blocked(v, vendor->blocked(v) & ~BLOCK_SHADOW);
}

static_assert(offsetof(struct vcpu, unused) + 1 == offsetof(struct vcpu, waiting) + 8);

static inline bool gva_is_canonical(u64 gva)
{
	return (s64)(gva << 16) >> 16 == (s64)gva;
}

/* --- one line a file: who offers what --------------------------------------- */

/* power.c: the extension on all CPUs while there is a VM */
int power_init(void);
void power_exit(void);
int power_get(void);			/* first user switches it on; may sleep */
void power_put(void);
DECLARE_PER_CPU(bool, power_on);
extern u64 power_tsc_lost;		/* what suspends took from the host's TSC, in its units */

static inline u64 power_tsc(void)	/* the host's TSC, as if it never began anew */
{
	return rdtsc() + READ_ONCE(power_tsc_lost);
}

static inline bool power_is_on(void)	/* on this CPU; interrupts off */
{
	return this_cpu_read(power_on);
}

/* run.c */
void run_init(void);

/* begins an exit to user space, KVMFS_EXIT_*: the caller fills the rest of v->exit, and returns 1 */
static inline void run_exit(struct vcpu *v, u32 reason)
{
	v->exit->reason = reason;
	v->exit_size = KVM_EXIT_HEAD;
}

void run_report_sizes(struct vcpu *v);
void run_forget_exit(struct vcpu *v);
void run_note_exit(struct vcpu *v);
void run_exit_mmio(struct vcpu *v, u64 gpa, u8 size, bool write);

/* pause.c */
int pause_wait(struct vcpu *v);
void pause_run_ends(struct vm *vm);
void pause_begin(struct vm *vm);

/* exits.c: 0: go on, 1: v->exit is for user space, or -errno */
int exit_handle(struct vcpu *v, struct hv_exitinfo *x);
bool exit_handle_fast(struct vcpu *v, struct hv_exitinfo *x);

static inline bool exit_may_be_fast(const struct hv_exitinfo *x)
{
	const u32 kinds = BIT(EXIT_CPUID) | BIT(EXIT_MSR) | BIT(EXIT_EXCEPTION) |
			  BIT(EXIT_NESTED_FAULT) | BIT(EXIT_CR);

	return (BIT(x->kind) & kinds) || (x->kind == EXIT_INVLPG && !x->invlpg.known);
}

/* an exit that goes to user space as it is: exit_handle() returns 1 */
static inline bool exit_ends_run(const struct hv_exitinfo *x)
{
	return x->kind == EXIT_IO || x->kind == EXIT_USER;
}

/* insn.c: the emulator on this vCPU */
int insn_init(struct vcpu *v);
int insn_emulate(struct vcpu *v);	/* as exit_handle() */
int insn_resume(struct vcpu *v);	/* after user space answered a read */
int insn_instead(struct vcpu *v);	/* of the processor: v->event, or one instruction */
void insn_trap_behind(struct vcpu *v);
int insn_trap(struct vcpu *v);
u64 insn_next(struct vcpu *v);		/* rip after the instruction at rip; 0: unknown */
bool insn_is_int3(struct vcpu *v);
void insn_forget(struct vcpu *v);	/* registers were changed from outside */

/* whether something may trap behind the instruction that was just done */
static inline bool insn_traps(const struct vcpu *v)
{
	return unlikely((v->rflags & X86_EFLAGS_TF) || v->traps);
}

/* #DB if TF is set; as exit_handle() */
static inline int insn_trap_step(struct vcpu *v)
{
	return insn_traps(v) ? insn_trap(v) : 0;
}

/* the same where v->exit already holds this instruction's exit: the trap follows it */
static inline void insn_trap_later(struct vcpu *v)
{
	if (insn_traps(v))
		insn_trap_behind(v);
}

/* quick.c */
void quick_learn(struct vcpu *v);
void quick_seen(struct vcpu *v, u64 gpa, bool write);
bool quick_device(struct vcpu *v, struct hv_exitinfo *x, u64 gpa, bool write);
bool quick_answer(struct vcpu *v);
void quick_refine(struct vcpu *v, struct hv_exitinfo *x);

/* event.c */
void event_reset(struct vcpu *v);
void event_exception(struct vcpu *v, const struct hv_exception *exc);
void event_fault(struct vcpu *v, u8 vector);		/* without an error code */
void event_gp(struct vcpu *v, u32 error);
int event_prepare(struct vcpu *v);	/* before entry; as exit_handle() */
bool event_irq_ready(struct vcpu *v);

/* cr.c: 0 or -EINVAL, which for the guest is #GP */
bool cr3_set_quick(struct vcpu *v, u64 val);
int cr_set(struct vcpu *v, unsigned int nr, u64 val);	/* 0, 2, 3, 4, 8 */
u64 cr_get(struct vcpu *v, unsigned int nr);
void cr_invpcid(struct vcpu *v, unsigned int type, u16 pcid, u64 gva);
int efer_set(struct vcpu *v, u64 val);
void cr_seen(struct vcpu *v, u64 cr0, u64 cr3, u64 cr4, u64 efer);
const char *cr_check(struct vcpu *v, u64 cr0, u64 cr4, u64 efer);
bool cr_load_pdptrs(struct vcpu *v);
bool cr_get_pdptrs(struct vcpu *v, u64 *cr3, u64 pdpte[4]);
void cr_give_pdptrs(struct vcpu *v, u64 cr3, const u64 pdpte[4]);
bool cpu_long_mode(struct vcpu *v);	/* 64-bit code segment in long mode */

/* cpuid.c, msr.c */
void cpuid_default(struct vcpu *v);
const struct cpuid_entry *cpuid_find(const struct vcpu *v, u32 leaf, u32 subleaf);
void cpuid_query(struct vcpu *v, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
bool cpuid_has(struct vcpu *v, u32 leaf, int reg, u32 bit);	/* reg 0-3: eax ... edx */
void msr_reset(struct vcpu *v);
int msr_read(struct vcpu *v, u32 index, u64 *val);		/* -EINVAL: #GP */
int msr_write(struct vcpu *v, u32 index, u64 val);

/* fpu.c */
int fpu_init(struct vcpu *v);
void fpu_free(struct vcpu *v);
void fpu_reset(struct vcpu *v);
void fpu_load(void);
void fpu_enter(struct vcpu *v);
void fpu_leave(struct vcpu *v);

/*
 * The thread's registers, or the guest's in a run, are in the processor; interrupts
 * are off
 */
static inline void fpu_own(void)
{
	if (unlikely(test_thread_flag(TIF_NEED_FPU_LOAD)))
		fpu_load();
}

/* regs.c, debug.c */
void regs_reset(struct vcpu *v);
void debug_update(struct vcpu *v);		/* dr7 or v->debug changed */
void debug_before(struct vcpu *v);		/* interrupts off, around the guest */
void debug_after(struct vcpu *v);
bool debug_code(struct vcpu *v);
void debug_data(struct vcpu *v, u64 la, unsigned int n, bool write);
bool debug_is_hosts(const struct vcpu *v);
int debug_trap(struct vcpu *v, const struct hv_exception *exc);
int debug_exit(struct vcpu *v);
bool debug_int3(struct vcpu *v);
int debug_int3_exit(struct vcpu *v);

/* --- vcpu.c ------------------------------------------------------------- */

/*
 * Whether this process has an LDT: another of its threads may replace that at any time. An IPI,
 * without a switch of threads, loads the new one, and the old one is freed.
 */
static inline bool has_ldt(void)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return READ_ONCE(current->mm->context.ldt);
#else
	return false;
#endif
}

/* sets REQ_* @req and gets the vCPU out of guest mode, without waiting */
void vcpu_request(struct vcpu *v, int req);
/* sets @req on all vCPUs of @vm and waits until none still runs the guest with the
 * old state; under mmu_lock, interrupts on */
void vm_request_all(struct vm *vm, int req);

#endif /* KVMFS_VCPU_H */

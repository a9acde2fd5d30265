/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of vmx/ alone. "SDM" is the Intel 64 manual in an edition
 * where the VMCS is chapter 25 of volume 3 and VM entries are chapter 27.
 */
#ifndef KVMFS_VMX_H
#define KVMFS_VMX_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/user-return-notifier.h>
#include <asm/desc_defs.h>
#include <asm/msr-index.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/vmx/field.h"

/**
 * struct vmx_caps - what this processor can, and the controls made of it
 * @revision:	identifier of the VMCS format (SDM vol. 3, A.1)
 * @pin, @cpu, @cpu2, @exit, @entry: controls as a guest starts with them
 * @vpid:	TLB tags; then @invvpid_addr says whether one address can be flushed
 * @load_efer:	EFER is switched by controls, else by the MSR areas
 * @load_perf:	IA32_PERF_GLOBAL_CTRL is switched by controls
 * @ept:	IA32_VMX_EPT_VPID_CAP if guests can have nested paging, else 0
 * @cr0_fixed0:	and the like: bits that must be 1 (0), and that may be 1 (1)
 */
struct vmx_caps {
	u32 revision;
	u32 pin, cpu, cpu2, exit, entry;
	bool vpid, invvpid_addr;
	bool load_efer, load_perf;
	u64 ept;
	u64 cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
};

extern struct vmx_caps vmx_caps;

/* a VMXON region or VMCS, SDM vol. 3, 25.2; the rest of the page is the processor's */
struct vmx_region {
	u32 revision;
	u32 abort;
};

/* one entry of a VM-entry or VM-exit MSR area: SDM vol. 3, 25.7.2 */
struct vmx_msr {
	u32 index;
	u32 reserved;
	u64 value;
};

static_assert(sizeof(struct vmx_msr) == 16);

/* system call MSRs: guests have their own, the host needs its only in user mode */
enum { SYSCALL_STAR, SYSCALL_LSTAR, SYSCALL_CSTAR, SYSCALL_MASK, SYSCALL_COUNT };

/* x->known and x->dirty: bits 0-7 are the segments */
#define CACHE_BLOCK	BIT(8)		/* interruptibility state */

#define REASON_NONE	0xffffffffu	/* the guest was not entered */

/**
 * struct vmx_vcpu - what vmx/ keeps for a vCPU
 * @v:		the vCPU
 * @vmcs:	its control structure, one page, at @vmcs_pa
 * @cpu:	where that is active, or -1; changes with interrupts off on that CPU
 * @loaded:	in the list of what is active there
 * @launched:	VMLAUNCH was done since it became active
 * @host_rsp:	what HOST_RSP holds
 * @known:	bits of what in @seg and @block is up to date
 * @dirty:	bits of what of it must be written before the next entry
 * @seg:	guest segments, with access rights as in the ABI, which are VMX's own
 * @block:	interruptibility state, SDM vol. 3, 25.4.2
 * @unfit:	0: the processor takes the guest's segments, 1: it does not, -1: look
 * @cpu_ctl, @cpu2_ctl, @entry_ctl: controls that change, as the VMCS has them; @cpu2_ctl with
 *		nested paging alone
 * @hw_*:	guest state as the VMCS has it, to save VMWRITEs
 * @cr0_shadow, @cr4_shadow, @efer_shadow: the guest's values that @hw_* were made of
 * @host_*:	host state likewise; some of it for @host_cpu
 * @vpid:	TLB tag, 0 if there are none
 * @flush:	the tag's translations must go before the next entry
 * @flush_cpu:	where the guest ran last: elsewhere they are as good as unknown
 * @syscall:	the guest's system call MSRs
 * @syscall_stale: they must be put into the processor if the guest uses them
 * @kernel_gs:	the guest's KERNEL_GS_BASE, unless @here
 * @here:	the processor has guest state that only matters to user mode: that
 *		MSR, and what a VM exit spoils; host_put() ends it
 * @sched:	calls host_put() when the thread is scheduled out, if @sched_on
 * @reason, @intr_info: of the last exit
 */
struct vmx_vcpu {
	struct vcpu *v;
	struct vmx_region *vmcs;
	u64 vmcs_pa;
	int cpu;
	struct list_head loaded;
	bool launched;
	u64 host_rsp;

	u32 known, dirty;
	struct hv_segment seg[SEG_COUNT];
	u32 block;
	s8 unfit;
	u32 cpu_ctl, cpu2_ctl, entry_ctl;
	u64 hw_rip, hw_rsp, hw_rflags;
	u64 hw_cr0, hw_cr3, hw_cr4, hw_efer;
	u64 cr0_shadow, cr4_shadow, efer_shadow;
	u64 host_cr3, host_cr4, host_debugctl, host_perf;

	u16 vpid;
	bool flush;
	int flush_cpu;

	u64 syscall[SYSCALL_COUNT];
	bool syscall_stale;
	u64 kernel_gs, host_kernel_gs;
	bool here;
	bool sched_on;
	struct preempt_notifier sched;
	u16 host_ds, host_es, host_fs, host_gs;
	u64 host_fs_base;
	int host_cpu;
	struct vmx_msr efer_area[2];	/* guest's, host's */

	u32 reason, intr_info;
};

/**
 * struct vmx_cpu - what vmx/ keeps for a CPU
 * @region:	for VMXON
 * @on:		VMXON was done
 * @now:	whose VMCS is current
 * @loaded:	all that are active
 * @guest:	the vCPU that ran here last
 * @syscall:	what the system call MSRs hold
 * @host_syscall: what they hold in user mode
 * @user:	puts the host's back, if @user_on
 * @gdt:	what GDTR holds but within an exit
 */
struct vmx_cpu {
	struct vmx_region *region;
	bool on;
	struct vmx_vcpu *now;
	struct list_head loaded;
	struct vcpu *guest;
	u64 syscall[SYSCALL_COUNT], host_syscall[SYSCALL_COUNT];
	struct user_return_notifier user;
	bool user_on;
	struct desc_ptr gdt;
};

DECLARE_PER_CPU(struct vmx_cpu, vmx_cpu);

/* @x: just left; its VMCS is current */
static inline bool vmx_code64(const struct vmx_vcpu *x)
{
	return (x->hw_efer & EFER_LMA) && (vmread32(GUEST_CS_AR_BYTES) & SEG_ATTR_L);
}

/* secondary controls of every entry; with VPIDs enabled, 0 is none (SDM vol. 3, 27.2.1.1) */
static inline u32 vmx_cpu2(const struct vmx_vcpu *x)
{
	return x->vpid ? vmx_caps.cpu2 : vmx_caps.cpu2 & ~SECONDARY_EXEC_ENABLE_VPID;
}

static inline struct vmx_vcpu *to_vmx(struct vcpu *v)
{
	return v->vendor;
}

/* what this CPU keeps of an active VMCS goes to memory, and it is active no more */
static inline void vmcs_write_back(struct vmx_vcpu *x)
{
	asm volatile("vmclear %0" : : "m" (x->vmcs_pa) : "cc", "memory");
}

static inline bool vmcs_is_current(const struct vmx_vcpu *x)
{
	return this_cpu_read(vmx_cpu.now) == x;
}

/* caps.c: NULL, or what is missing (a sentence) */
const char *caps_read(struct vmx_caps *c);

/* setup.c: what belongs to the machine */
const char *vmx_probe(void);
int vmx_setup(void);
void vmx_teardown(void);
int vmx_cpu_on(void);
void vmx_cpu_off(void);
void vmx_cpu_emergency_off(void);
extern unsigned long vmx_msr_bitmap_pa;

/*
 * vmcs.c: which VMCS is where. Between vmcs_get() and vmcs_put() @v's is current
 * on this CPU and interrupts are off. False: VMX is off for good, a reboot.
 */
bool vmcs_get(struct vcpu *v, unsigned long *flags);
void vmcs_put(unsigned long flags);
bool vmcs_make_current(struct vmx_vcpu *x);	/* interrupts off; false: active elsewhere */
void vmcs_clear(struct vmx_vcpu *x);		/* interrupts on */
void vmcs_clear_here(struct vmx_vcpu *x);	/* interrupts off */
void vmcs_flush_tag(struct vmx_vcpu *x);
void vmcs_flush_tag_gva(struct vmx_vcpu *x, u64 gva);

/* state.c: guest state in the VMCS */
void state_init(struct vcpu *v);
void state_write(struct vcpu *v);		/* before entry */
void vmx_push_cr(struct vcpu *v);
void state_push_cr04(struct vcpu *v, u64 cr0, u64 cr4);
void vmx_get_segment(struct vcpu *v, int seg, struct hv_segment *out);
void vmx_set_segment(struct vcpu *v, int seg, const struct hv_segment *in);
void vmx_get_table(struct vcpu *v, bool idt, struct hv_table *t);
void vmx_set_table(struct vcpu *v, bool idt, const struct hv_table *t);
unsigned int vmx_cpl(struct vcpu *v);
bool vmx_code(struct vcpu *v, u64 *base);
int vmx_get_msr(struct vcpu *v, u32 index, u64 *val);
int vmx_set_msr(struct vcpu *v, u32 index, u64 val);
void vmx_update_traps(struct vcpu *v);
void vmx_set_tsc_offset(struct vcpu *v);

/* host.c: host state in the VMCS, and what VMX does not switch */
void host_init(struct vmx_vcpu *x);		/* what never changes */
void host_load(struct vmx_vcpu *x);		/* of this CPU and thread */
void host_put(struct vmx_vcpu *x);
void host_load_syscall_msrs(struct vmx_vcpu *x);

/* l1d.c */
extern enum l1d_when { L1D_NEVER, L1D_COND, L1D_ALWAYS } l1d_when;
int l1d_setup(void);
void l1d_teardown(void);
void l1d_flush(struct vcpu *v);

/* v->been_out tells that more than the inner loop ran since the guest was left */
static inline bool l1d_flush_is_due(const struct vcpu *v)
{
	return v->been_out ? l1d_when != L1D_NEVER : l1d_when == L1D_ALWAYS;
}

void host_cpu_on(struct vmx_cpu *c);
void host_cpu_off(struct vmx_cpu *c);

/* inject.c: events and what holds them back */
void vmx_inject(struct vcpu *v);
void inject_recover(struct vcpu *v, u32 info);
void vmx_open_window(struct vcpu *v, bool nmi);
void inject_close_window(struct vmx_vcpu *x, bool nmi);
unsigned int vmx_blocked(struct vcpu *v);
void vmx_set_blocked(struct vcpu *v, unsigned int block);
void inject_iret_faulted(struct vmx_vcpu *x);
void inject_read_block(struct vmx_vcpu *x);
void inject_write_block(struct vcpu *v);

/* exit.c */
void vmx_decode(struct vcpu *v, struct hv_exitinfo *x);

/* ept.c: nested paging; of a vCPU that has it, but for the first three */
void ept_read(struct vmx_caps *c, u32 cpu_must);
void ept_setup(void);
void ept_flush_all(void);
const struct nested_format *vmx_nested(void);
void ept_init(struct vmx_vcpu *x);
void ept_flush(const struct vcpu *v);
void ept_push_cr(struct vcpu *v);
void ept_pull_cr(struct vcpu *v, u64 cr3, u64 cr4);
void ept_decode(struct vcpu *v, struct hv_exitinfo *x);

/* check.c: NULL, or which check of VM entry the guest's state does not pass */
const char *check_segments(struct vcpu *v);
const char *check_guest(struct vcpu *v);

/* enter.S: 0 after a VM exit, 1 if the entry instruction failed (SDM vol. 3, 31.2) */
int vmx_enter_guest(u64 *regs, u64 *host_rsp, bool launched);
void vmx_exit_to_here(void);

#endif /* KVMFS_VMX_H */

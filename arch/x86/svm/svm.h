/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of svm/ alone. */
#ifndef KVMFS_SVM_H
#define KVMFS_SVM_H

#include <linux/build_bug.h>
#include <linux/percpu.h>
#include <asm/svm.h>
#include "arch/x86/vcpu.h"

/* offsets that APM vol. 2, appendix B gives; ours to check, the kernel's to keep */
static_assert(offsetof(struct vmcb, control.exit_code) == 0x070);
static_assert(offsetof(struct vmcb, control.event_inj) == 0x0a8);
static_assert(offsetof(struct vmcb, control.next_rip) == 0x0c8);
static_assert(offsetof(struct vmcb, save.cpl) == 0x4cb);
static_assert(offsetof(struct vmcb, save.efer) == 0x4d0);
static_assert(offsetof(struct vmcb, save.rip) == 0x578);
static_assert(offsetof(struct vmcb, save.rax) == 0x5f8);
static_assert(offsetof(struct vmcb, save.cr2) == 0x640);

/**
 * struct svm_vcpu - what svm/ keeps for a vCPU
 * @vmcb:	its control block, one page
 * @vmcb_pa:	physical address of @vmcb
 * @asid:	the TLB tag that it has on CPU @asid_cpu
 * @asid_generation: of the CPU when @asid was given
 * @need_flush:	take a new tag at the next entry
 * @window:	the interrupt window is open (V_IRQ is a lure)
 * @nmi_blocked: an NMI handler runs in the guest, till its IRET
 * @iret_step:	the IRET at @iret_rip is being stepped over
 * @iret_tf:	and the guest steps too
 */
struct svm_vcpu {
	struct vmcb *vmcb;
	u64 vmcb_pa;
	u64 asid_generation;
	u32 asid;
	int asid_cpu;
	bool need_flush;
	bool window;
	bool nmi_blocked;
	bool iret_step, iret_tf;
	u64 iret_rip;
};

/**
 * struct svm_cpu - what svm/ keeps for a CPU
 * @hsave:	VMRUN keeps the host here (VM_HSAVE_PA)
 * @host:	where VMSAVE keeps the rest of the host's state
 * @host_pa:	its physical address
 * @guest:	the vCPU that ran here last
 * @generation:	rises when all tags were used up
 * @next_asid:	the tag to be given next, above @max_asid if there is none
 * @max_asid:	the last tag that the processor has
 * @on:		SVM was switched on here, by us
 */
struct svm_cpu {
	struct page *hsave;
	struct page *host;
	u64 host_pa;
	struct vcpu *guest;
	u64 generation;
	u32 next_asid, max_asid;
	bool on;
};

DECLARE_PER_CPU(struct svm_cpu, svm_cpu);

static inline struct svm_vcpu *to_svm(struct vcpu *v)
{
	return v->vendor;
}

static inline struct vmcb *to_vmcb(struct vcpu *v)
{
	return to_svm(v)->vmcb;
}

/* bit 9 of the packed attributes is L; it counts in long mode only (4.8.1) */
static inline bool svm_code64(const struct vmcb_save_area *s)
{
	return (s->efer & EFER_LMA) && (s->cs.attrib & BIT(9));
}

static inline void svm_intercept(struct vmcb *vmcb, unsigned int bit, bool on)
{
	u32 *word = &vmcb->control.intercepts[bit / 32];

	if (on)
		*word |= 1u << (bit % 32);
	else
		*word &= ~(1u << (bit % 32));
}

/* physical address for VMSAVE and VMLOAD of the host, on this CPU */
static inline u64 svm_host_page(void)
{
	return this_cpu_read(svm_cpu.host_pa);
}

static inline bool svm_asid_is_current(const struct svm_vcpu *s)
{
	return s->asid_generation == this_cpu_read(svm_cpu.generation);
}

/* setup.c: what belongs to the machine */
const char *svm_probe(void);
const struct nested_format *svm_nested(void);
int svm_setup(void);
void svm_teardown(void);
int svm_cpu_on(void);
void svm_cpu_off(void);
void svm_cpu_emergency_off(void);
void svm_new_asid(struct svm_vcpu *s);
void svm_distrust_asids(struct svm_vcpu *s);
bool svm_guest_changed(struct vcpu *v);
void svm_forget_guest(struct vcpu *v);
extern unsigned long svm_iopm_pa, svm_msrpm_pa;

/* vmcb.c: guest state in the control block */
void svm_reset_vmcb(struct vcpu *v);
void svm_push_cr(struct vcpu *v);
void svm_pull_cr(struct vcpu *v);
void svm_get_segment(struct vcpu *v, int seg, struct hv_segment *out);
void svm_set_segment(struct vcpu *v, int seg, const struct hv_segment *in);
void svm_get_table(struct vcpu *v, bool idt, struct hv_table *t);
void svm_set_table(struct vcpu *v, bool idt, const struct hv_table *t);
int svm_get_msr(struct vcpu *v, u32 index, u64 *val);
int svm_set_msr(struct vcpu *v, u32 index, u64 val);
void svm_update_traps(struct vcpu *v);
void svm_set_tsc_offset(struct vcpu *v);

/* exit.c: what ended the guest, and what was under way */
void svm_decode(struct vcpu *v, struct hv_exitinfo *x);
void svm_recover(struct vcpu *v);

/* enter.S */
void svm_enter_guest(u64 vmcb_pa, u64 *regs, u64 host_pa);

#endif /* KVMFS_SVM_H */

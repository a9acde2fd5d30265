// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended page tables (SDM vol. 3, 29.3): nested paging as Intel has it. It is used
 * together with "unrestricted guest" alone, so that real mode and the like, which
 * have no page tables, run on the processor as well.
 *
 * Of the control registers the guest then has CR3 and CR4.PGE for itself. A write that
 * changes anything else in CR0 or CR4 is still seen: the processor would take bits that
 * CPUID denies the guest, and CR0.PG has to be in the entry controls as well.
 */
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vmx/vmx.h"

/* IA32_VMX_EPT_VPID_CAP, SDM vol. 3, A.10 */
#define CAP_WALK_4	BIT_ULL(6)
#define CAP_WB		BIT_ULL(14)
#define CAP_2M		BIT_ULL(16)
#define CAP_1G		BIT_ULL(17)
#define CAP_INVEPT	BIT_ULL(20)
#define CAP_AD		BIT_ULL(21)
#define CAP_SINGLE	BIT_ULL(25)
#define CAP_ALL		BIT_ULL(26)
#define CAP_NEEDED	(CAP_WALK_4 | CAP_WB | CAP_INVEPT | CAP_SINGLE | CAP_ALL)

/* EPTP, table 25-9 */
#define EPTP_WB		6
#define EPTP_WALK_4	(3 << 3)
#define EPTP_AD		BIT_ULL(6)

/* an entry, tables 29-3 to 29-7 */
#define EPT_R		BIT_ULL(0)
#define EPT_W		BIT_ULL(1)
#define EPT_X		BIT_ULL(2)
#define EPT_WB		(6ULL << 3)
#define EPT_IPAT	BIT_ULL(6)	/* the guest's PAT does not count */
#define EPT_LARGE	BIT_ULL(7)
#define EPT_A		BIT_ULL(8)
#define EPT_D		BIT_ULL(9)

/* the qualification of an EPT violation, table 28-7 */
#define VIOLATION_WRITE	BIT(1)
#define VIOLATION_PAGE	(BIT(7) | BIT(8))	/* in the guest's page, not in a table */

/* what shadow paging needs to see, and nested does not */
#define CPU_SHADOW	(CPU_BASED_INVLPG_EXITING | CPU_BASED_CR3_LOAD_EXITING | \
			 CPU_BASED_CR3_STORE_EXITING)
#define CPU2_NESTED	(SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_UNRESTRICTED_GUEST)

static struct nested_format ept = {
	.levels = 4,
	.table = EPT_R | EPT_W | EPT_X,
	.leaf = EPT_R | EPT_X | EPT_WB | EPT_IPAT,
	.write = EPT_W,
	.large = EPT_LARGE,
	.pdptes_kept = true,
};

/**
 * ept_read() - what this CPU offers
 * @c: out: @c->ept, its capabilities, or 0 if nested paging cannot be had
 * @cpu_must: processor-based controls that cannot be 0
 */
void ept_read(struct vmx_caps *c, u32 cpu_must)
{
	u64 cap, cpu2;

	c->ept = 0;
	if (!(c->cpu & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) || (cpu_must & CPU_SHADOW))
		return;
	rdmsrl(MSR_IA32_VMX_PROCBASED_CTLS2, cpu2);
	if ((cpu2 >> 32 & CPU2_NESTED) != CPU2_NESTED)
		return;
	rdmsrl(MSR_IA32_VMX_EPT_VPID_CAP, cap);
	if ((cap & CAP_NEEDED) == CAP_NEEDED)
		c->ept = cap;
}

/**
 * vmx_nested() - the format of EPT on this machine
 *
 * Return: it, or NULL.
 */
const struct nested_format *vmx_nested(void)
{
	return vmx_caps.ept ? &ept : NULL;
}

/**
 * ept_setup() - once, when capabilities are known
 */
void ept_setup(void)
{
	ept.max_large = !(vmx_caps.ept & CAP_2M) ? 1 : vmx_caps.ept & CAP_1G ? 3 : 2;
	/*
	 * A guest that changes the size of a page in its own tables can bring the processor to
	 * a machine check (CVE-2018-12207), but not where ours are small.
	 */
	if (boot_cpu_has_bug(X86_BUG_ITLB_MULTIHIT) && !cpu_mitigations_off())
		ept.max_large = 1;
	ept.accessed = vmx_caps.ept & CAP_AD ? EPT_A : 0;
	ept.dirty = vmx_caps.ept & CAP_AD ? EPT_D : 0;
}

static u64 ept_pointer(const struct vcpu *v)
{
	return v->mmu.root_hpa | EPTP_WB | EPTP_WALK_4 |
	       (vmx_caps.ept & CAP_AD ? EPTP_AD : 0);
}

/* INVPCID is no exit here, so that a guest without it must be denied it */
static void push_cpu2(struct vmx_vcpu *x)
{
	u32 cpu2 = vmx_cpu2(x) | CPU2_NESTED;

	if (!x->v->invpcid)
		cpu2 &= ~SECONDARY_EXEC_ENABLE_INVPCID;
	if (x->cpu2_ctl != cpu2)
		vmwrite32(SECONDARY_VM_EXEC_CONTROL, x->cpu2_ctl = cpu2);
}

/**
 * ept_init() - make a new VMCS one of nested paging
 * @x: its VMCS is current, and set up for shadow paging
 */
void ept_init(struct vmx_vcpu *x)
{
	x->cpu_ctl &= ~CPU_SHADOW;
	vmwrite32(CPU_BASED_VM_EXEC_CONTROL, x->cpu_ctl);
	vmwrite_nat(CR4_GUEST_HOST_MASK, ~(u64)X86_CR4_PGE);
	vmwrite64(EPT_POINTER, ept_pointer(x->v));
	push_cpu2(x);
}

/* SDM vol. 3, 31.3, INVEPT */
static void drop(u64 type, u64 eptp)
{
	struct { u64 eptp, zero; } desc = { eptp, 0 };

	asm volatile("invept %0, %1" : : "m" (desc), "r" (type) : "cc", "memory");
}

/**
 * ept_flush() - drop what this CPU remembers of a VM's tables
 * @v: about to be entered
 *
 * Flushing its tag does not reach guest-physical mappings (29.4.3.1), and without a
 * tag an entry does not either.
 */
void ept_flush(const struct vcpu *v)
{
	drop(VMX_EPT_EXTENT_CONTEXT, ept_pointer(v));
}

/**
 * ept_flush_all() - drop everything, of whoever was here before
 */
void ept_flush_all(void)
{
	if (vmx_caps.ept)
		drop(VMX_EPT_EXTENT_GLOBAL, 0);
}

static void write_pdptes(const struct vcpu *v)
{
	vmwrite64(GUEST_PDPTR0, v->mmu.pdptr[0]);
	vmwrite64(GUEST_PDPTR1, v->mmu.pdptr[1]);
	vmwrite64(GUEST_PDPTR2, v->mmu.pdptr[2]);
	vmwrite64(GUEST_PDPTR3, v->mmu.pdptr[3]);
}

/**
 * ept_push_cr() - control registers, which are the guest's own but for a few bits
 * @v: its VMCS is current
 *
 * With an unrestricted guest CR0.PE and PG need not be set (24.8).
 */
void ept_push_cr(struct vcpu *v)
{
	struct vmx_vcpu *x = to_vmx(v);
	u64 cr0 = v->cr0 & ~(u64)(X86_CR0_CD | X86_CR0_NW);
	/* without MCE a machine check in the guest would be a shutdown of the machine */
	u64 cr4 = v->cr4 | (x->host_cr4 & X86_CR4_MCE);

	cr0 |= vmx_caps.cr0_fixed0 & ~(u64)(X86_CR0_PE | X86_CR0_PG);
	cr0 &= vmx_caps.cr0_fixed1;
	cr4 = (cr4 | vmx_caps.cr4_fixed0) & vmx_caps.cr4_fixed1;
	state_push_cr04(v, cr0, cr4);
	if (x->hw_cr3 != v->cr3) {
		vmwrite_nat(GUEST_CR3, x->hw_cr3 = v->cr3);
		/* loaded by an entry, it does not flush a tag (29.4.3.1) */
		x->flush = true;
	}
	if (v->mmu.mode == MMU_PAE)
		write_pdptes(v);
	push_cpu2(x);
}

/**
 * ept_pull_cr() - what the guest has made of those that it has for itself
 * @v: just left
 * @cr3: what the processor has now
 * @cr4: likewise
 *
 * They are other ones than before, or the guest uses PAE paging.
 */
void ept_pull_cr(struct vcpu *v, u64 cr3, u64 cr4)
{
	struct vmx_vcpu *x = to_vmx(v);

	x->hw_cr3 = cr3;
	x->hw_cr4 = cr4;
	if (v->mmu.mode == MMU_PAE) {
		v->mmu.pdptr[0] = vmread64(GUEST_PDPTR0);
		v->mmu.pdptr[1] = vmread64(GUEST_PDPTR1);
		v->mmu.pdptr[2] = vmread64(GUEST_PDPTR2);
		v->mmu.pdptr[3] = vmread64(GUEST_PDPTR3);
	}
	cr_seen(v, v->cr0, x->hw_cr3,
		(v->cr4 & ~(u64)X86_CR4_PGE) | (x->hw_cr4 & X86_CR4_PGE), v->efer);
}

/**
 * ept_decode() - an EPT violation
 * @v: just left
 * @x: out
 *
 * Whether a table of the guest's or the page itself was looked for is the same to us.
 */
void ept_decode(struct vcpu *v, struct hv_exitinfo *x)
{
	u64 q = vmread_nat(EXIT_QUALIFICATION);

	/* bit 12 means the same here and there: 28.2.3 */
	to_vmx(v)->intr_info = q & INTR_INFO_UNBLOCK_NMI;
	inject_iret_faulted(to_vmx(v));
	x->kind = EXIT_NESTED_FAULT;
	x->fault.gpa = vmread64(GUEST_PHYSICAL_ADDRESS);
	x->fault.access = q & VIOLATION_WRITE ? PF_W : 0;
	x->fault.page = (q & VIOLATION_PAGE) == VIOLATION_PAGE;
	x->code64 = vmx_code64(to_vmx(v));
	x->la = v->rip;
}

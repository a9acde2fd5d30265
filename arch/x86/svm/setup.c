// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVM of the machine: finding it, switching it on and off on a CPU, the
 * permission maps that all guests share, and the TLB tags (ASIDs) of each CPU.
 */
#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include "arch/x86/svm/svm.h"

#define IOPM_ORDER	2	/* 12 KiB are needed (APM vol. 2, 15.10.1) */
#define MSRPM_ORDER	1	/* 8 KiB (15.11) */

DEFINE_PER_CPU(struct svm_cpu, svm_cpu);
static unsigned long *iopm, *msrpm;
unsigned long svm_iopm_pa, svm_msrpm_pa;

const char *svm_probe(void)
{
	u64 vm_cr;

	if (!boot_cpu_has(X86_FEATURE_SVM))
		return "this processor has no SVM";
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return "this machine is itself a guest with encrypted memory";
	/* the processor would take control blocks and tables as they are in memory, encrypted */
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return "the host encrypts its memory: boot it with mem_encrypt=off";
	if (rdmsrl_safe(MSR_VM_CR, &vm_cr))
		return "the processor announces SVM but has no VM_CR";
	if (vm_cr & BIT(4))	/* SVMDIS, 15.30.1 */
		return "the firmware has switched SVM off (VM_CR.SVMDIS)";
	return NULL;
}

/*
 * The host's own format (APM vol. 2, 15.25.5): all nested walks are those of a user, who
 * may write if the guest's own tables let it.
 */
static struct nested_format npt = {
	.table = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED,
	.leaf = _PAGE_PRESENT | _PAGE_USER,
	.write = _PAGE_RW,
	.large = _PAGE_PSE,
	.accessed = _PAGE_ACCESSED,
	.dirty = _PAGE_DIRTY,
};

const struct nested_format *svm_nested(void)
{
	return boot_cpu_has(X86_FEATURE_NPT) ? &npt : NULL;
}

/* lets the guest read and write @msr by itself: two bits each (15.11) */
static void msr_pass(u32 msr)
{
	static const u32 base[] = { 0, 0xc0000000, 0xc0010000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(base); i++) {
		if (msr < base[i] || msr >= base[i] + 0x2000)
			continue;
		clear_bit(2 * (0x2000 * i + msr - base[i]), msrpm);
		clear_bit(2 * (0x2000 * i + msr - base[i]) + 1, msrpm);
	}
}

/* the MSRs that VMLOAD and VMSAVE switch: the guest cannot harm the host in them */
static const u32 pass_through[] = {
	MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
	MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
};

static void cpu_free(unsigned int cpu)
{
	struct svm_cpu *c = per_cpu_ptr(&svm_cpu, cpu);

	if (c->hsave)
		__free_page(c->hsave);
	if (c->host)
		__free_page(c->host);
	c->hsave = NULL;
	c->host = NULL;
}

static int cpu_alloc(unsigned int cpu)
{
	struct svm_cpu *c = per_cpu_ptr(&svm_cpu, cpu);

	c->hsave = alloc_page(GFP_KERNEL | __GFP_ZERO);
	c->host = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!c->hsave || !c->host)
		return -ENOMEM;
	c->host_pa = page_to_phys(c->host);
	c->max_asid = cpuid_ebx(SVM_CPUID_FUNC) - 1;
	c->next_asid = c->max_asid + 1;
	return 0;
}

void svm_teardown(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		cpu_free(cpu);
	free_pages((unsigned long)iopm, IOPM_ORDER);
	free_pages((unsigned long)msrpm, MSRPM_ORDER);
	iopm = NULL;
	msrpm = NULL;
}

int svm_setup(void)
{
	unsigned int cpu, i;

	iopm = (unsigned long *)__get_free_pages(GFP_KERNEL, IOPM_ORDER);
	msrpm = (unsigned long *)__get_free_pages(GFP_KERNEL, MSRPM_ORDER);
	if (!iopm || !msrpm)
		goto nomem;
	memset(iopm, 0xff, PAGE_SIZE << IOPM_ORDER);
	memset(msrpm, 0xff, PAGE_SIZE << MSRPM_ORDER);
	for (i = 0; i < ARRAY_SIZE(pass_through); i++)
		msr_pass(pass_through[i]);
	npt.levels = pgtable_l5_enabled() ? 5 : 4;
	npt.max_large = boot_cpu_has(X86_FEATURE_GBPAGES) ? 3 : 2;
	svm_iopm_pa = __pa(iopm);
	svm_msrpm_pa = __pa(msrpm);
	for_each_possible_cpu(cpu)
		if (cpu_alloc(cpu))
			goto nomem;
	return 0;
nomem:
	svm_teardown();
	return -ENOMEM;
}

/* EFER.SVME and VM_HSAVE_PA: APM vol. 2, 15.4 and 15.30.4 */
int svm_cpu_on(void)
{
	struct svm_cpu *c = this_cpu_ptr(&svm_cpu);
	u64 efer;

	rdmsrl(MSR_EFER, efer);
	if (efer & EFER_SVME)
		return -EBUSY;
	wrmsrl(MSR_EFER, efer | EFER_SVME);
	wrmsrl(MSR_VM_HSAVE_PA, page_to_phys(c->hsave));
	c->generation++;
	c->next_asid = c->max_asid + 1;
	c->guest = NULL;
	c->on = true;
	return 0;
}

/* in an NMI, perhaps: what was interrupted does not go on */
void svm_cpu_emergency_off(void)
{
	u64 efer;

	wrmsrl(MSR_VM_HSAVE_PA, 0);
	rdmsrl(MSR_EFER, efer);
	if (efer & EFER_SVME) {
		/* STGI first: a crash may come here with GIF clear (15.17) */
		asm volatile("stgi" : : : "memory");
		wrmsrl(MSR_EFER, efer & ~EFER_SVME);
	}
}

void svm_cpu_off(void)
{
	struct svm_cpu *c = this_cpu_ptr(&svm_cpu);

	if (!c->on)
		return;
	c->on = false;
	svm_cpu_emergency_off();
}

/*
 * A TLB tag that no earlier guest of this CPU has used: the cheapest flush where
 * there is no flush-by-ASID (15.15, 15.16). When they are used up, all are flushed.
 */
void svm_new_asid(struct svm_vcpu *s)
{
	struct svm_cpu *c = this_cpu_ptr(&svm_cpu);

	s->vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	if (c->next_asid > c->max_asid) {
		c->generation++;
		c->next_asid = 1;
		s->vmcb->control.tlb_ctl = TLB_CONTROL_FLUSH_ALL_ASID;
	}
	s->asid = c->next_asid++;
	s->asid_generation = c->generation;
	s->vmcb->control.asid = s->asid;
}

/*
 * VMRUN has refused @s: nobody says that the flush that it was to begin with was done. So this
 * tag, and those that this CPU gives from here on, wait for another one.
 */
void svm_distrust_asids(struct svm_vcpu *s)
{
	struct svm_cpu *c = this_cpu_ptr(&svm_cpu);

	s->need_flush = true;
	c->next_asid = c->max_asid + 1;
}

/* true if another vCPU ran on this CPU since: predictors are then cleared */
bool svm_guest_changed(struct vcpu *v)
{
	struct svm_cpu *c = this_cpu_ptr(&svm_cpu);

	if (c->guest == v)
		return false;
	c->guest = v;
	return true;
}

/* @v goes away: its address may be a new vCPU's, which must not pass for it */
void svm_forget_guest(struct vcpu *v)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		cmpxchg(&per_cpu(svm_cpu, cpu).guest, v, NULL);
}

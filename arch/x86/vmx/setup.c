// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX of the machine: finding it, VMXON and VMXOFF on a CPU (SDM vol. 3, 24.7 and
 * 24.8), and the MSR bitmap that all guests share.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/perf_event.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>
#include "arch/x86/vmx/vmx.h"

DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu);
struct vmx_caps vmx_caps;
static u8 *msr_bitmap;
unsigned long vmx_msr_bitmap_pa;

/* IA32_FEATURE_CONTROL: 0: VMXON will work, 1: once we have set it, -1: never */
static int feature_control(void)
{
	u64 val;

	if (rdmsrl_safe(MSR_IA32_FEAT_CTL, &val))
		return -1;
	if (!(val & FEAT_CTL_LOCKED))
		return 1;
	return val & FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX ? 0 : -1;
}

const char *vmx_probe(void)
{
	/* Linux hides the feature where the firmware has locked it away */
	if (!boot_cpu_has(X86_FEATURE_VMX)) {
		if (boot_cpu_data.cpuid_level >= 1 && (cpuid_ecx(1) & BIT(5)))
			return "the firmware has switched VMX off (IA32_FEATURE_CONTROL)";
		return "this processor has neither VMX nor SVM";
	}
	if (feature_control() < 0)
		return "the firmware has switched VMX off (IA32_FEATURE_CONTROL)";
#ifdef X86_FEATURE_FRED
	if (cpu_feature_enabled(X86_FEATURE_FRED))
		return "the host uses FRED, which VMX does not switch here: boot it with fred=off";
#endif
	return caps_read(&vmx_caps);
}

/*
 * The bitmap has four parts of 1 KiB: read low, read high, write low, write high
 * (SDM vol. 3, 25.6.9). These are the registers that a guest may have for itself:
 * VMX switches them, but for KERNEL_GS_BASE, which host_load() does.
 */
static void msr_pass(u32 msr)
{
	unsigned int part = msr & 0xc0000000 ? 1024 : 0;

	msr &= 0x1fff;
	msr_bitmap[part + msr / 8] &= ~(1u << msr % 8);
	msr_bitmap[2048 + part + msr / 8] &= ~(1u << msr % 8);
}

static const u32 pass_through[] = {
	MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
};

void vmx_teardown(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(vmx_cpu, cpu).region);
		per_cpu(vmx_cpu, cpu).region = NULL;
	}
	l1d_teardown();
	free_page((unsigned long)msr_bitmap);
	msr_bitmap = NULL;
	preempt_notifier_dec();
}

int vmx_setup(void)
{
	unsigned int cpu, i;

	ept_setup();
	preempt_notifier_inc();
	msr_bitmap = (u8 *)__get_free_page(GFP_KERNEL);
	if (!msr_bitmap || l1d_setup())
		goto nomem;
	memset(msr_bitmap, 0xff, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(pass_through); i++)
		msr_pass(pass_through[i]);
	vmx_msr_bitmap_pa = __pa(msr_bitmap);
	for_each_possible_cpu(cpu) {
		struct vmx_cpu *c = per_cpu_ptr(&vmx_cpu, cpu);

		INIT_LIST_HEAD(&c->loaded);
		c->region = (struct vmx_region *)get_zeroed_page(GFP_KERNEL);
		if (!c->region)
			goto nomem;
		c->region->revision = vmx_caps.revision;
	}
	return 0;
nomem:
	vmx_teardown();
	return -ENOMEM;
}

/* VMXON, SDM vol. 3, 31.3 */
static int enter_root(u64 pa)
{
	bool failed = false;

	asm goto("1: vmxon %0\n\t"
		 "jbe %l[refused]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (pa) : "cc", "memory" : refused, fault);
	return 0;
refused:
	failed = true;
fault:
	pr_err_ratelimited("kvmfs: VMXON %s\n", failed ? "failed" : "faulted");
	return -EIO;
}

/* VMXOFF; a reboot may have done it already: then it is #UD */
static void leave_root(void)
{
	asm goto("1: vmxoff\n\t"
		 _ASM_EXTABLE(1b, %l[off])
		 : : : "cc", "memory" : off);
off:
	return;
}

/* translations of whoever used the tags before are not ours */
static void flush_all_tags(void)
{
	struct { u64 vpid, gva; } desc = { };

	if (vmx_caps.vpid)
		asm volatile("invvpid %0, %1"
			     : : "m" (desc), "r" ((u64)VMX_VPID_EXTENT_ALL_CONTEXT) : "cc");
	ept_flush_all();
}

int vmx_cpu_on(void)
{
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);
	struct vmx_caps caps;
	const char *why;
	int ret;

	/* the one sign of another hypervisor that there is */
	if (__read_cr4() & X86_CR4_VMXE)
		return -EBUSY;
	why = caps_read(&caps);
	if (why || memcmp(&caps, &vmx_caps, sizeof(caps))) {
		pr_err_ratelimited("kvmfs: VMX of CPU %d is not like the first one's: %s\n",
				   smp_processor_id(), why ?: "other capabilities");
		return -EIO;
	}
	if (feature_control() == 1)
		wrmsrl(MSR_IA32_FEAT_CTL, FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX);
	intel_pt_handle_vmx(1);
	cr4_set_bits_irqsoff(X86_CR4_VMXE);
	ret = enter_root(__pa(c->region));
	if (ret) {
		cr4_clear_bits_irqsoff(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		return ret;
	}
	flush_all_tags();
	host_cpu_on(c);
	c->guest = NULL;
	c->on = true;
	return 0;
}

void vmx_cpu_off(void)
{
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);
	struct vmx_vcpu *x, *next;
	unsigned long flags;

	if (!c->on)
		return;
	local_irq_save(flags);
	/* VMXOFF does not write back what is cached of a VMCS: SDM vol. 3, 25.11.1 */
	list_for_each_entry_safe(x, next, &c->loaded, loaded)
		vmcs_clear_here(x);
	c->on = false;
	leave_root();
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
	intel_pt_handle_vmx(0);
	host_cpu_off(c);
	local_irq_restore(flags);
}

/*
 * In an NMI, perhaps, which may have come while the list was changed; what was interrupted
 * does not go on. What the processor keeps of a VMCS goes to memory, for who looks at that
 * later.
 */
void vmx_cpu_emergency_off(void)
{
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);
	struct vmx_vcpu *x;

	if (!(__read_cr4() & X86_CR4_VMXE))
		return;
	list_for_each_entry(x, &c->loaded, loaded)
		vmcs_write_back(x);
	leave_root();
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
}

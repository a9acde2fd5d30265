// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's side of the switch: the host-state area (SDM vol. 3, 25.5 and 28.5),
 * and what VMX leaves to us.
 *
 * Some registers mean nothing to the kernel, only to user mode: the system call
 * MSRs, KERNEL_GS_BASE, the limits of TR and GDTR, and segment selectors that a VM
 * exit cannot load. The guest's values (or the spoilt ones) stay in the processor
 * from exit to exit, until the thread is scheduled out, or ends its run: then
 * host_put() is called, and the first four are seen to when user mode is near.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/mmu_context.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/segment.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include "arch/x86/vmx/vmx.h"

static const u32 syscall_index[SYSCALL_COUNT] = {
	[SYSCALL_STAR] = MSR_STAR,
	[SYSCALL_LSTAR] = MSR_LSTAR,
	[SYSCALL_CSTAR] = MSR_CSTAR,
	[SYSCALL_MASK] = MSR_SYSCALL_MASK,
};

/* --- system call MSRs ------------------------------------------------------- */

static void set_syscall_msrs(struct vmx_cpu *c, const u64 val[SYSCALL_COUNT])
{
	unsigned int i;

	for (i = 0; i < SYSCALL_COUNT; i++) {
		if (c->syscall[i] == val[i])
			continue;
		wrmsrl(syscall_index[i], val[i]);
		c->syscall[i] = val[i];
	}
}

static void restore_syscall_msrs(struct vmx_cpu *c)
{
	if (!c->user_on)
		return;
	c->user_on = false;
	user_return_notifier_unregister(&c->user);
	set_syscall_msrs(c, c->host_syscall);
}

/* any thread returns to user mode on this CPU */
static void on_user_return(struct user_return_notifier *n)
{
	unsigned long flags;

	local_irq_save(flags);
	restore_syscall_msrs(container_of(n, struct vmx_cpu, user));
	local_irq_restore(flags);
}

/**
 * host_load_syscall_msrs() - the guest's system call MSRs go into the processor
 * @x: about to be entered; interrupts off
 *
 * Without SYSCALL enabled the guest cannot tell whose they are.
 */
void host_load_syscall_msrs(struct vmx_vcpu *x)
{
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);

	x->syscall_stale = false;
	if (!(x->hw_efer & EFER_SCE))
		return;
	set_syscall_msrs(c, x->syscall);
	if (c->user_on)
		return;
	c->user_on = true;
	user_return_notifier_register(&c->user);
}

/**
 * host_cpu_on() - remember what user mode needs on this CPU
 * @c: this CPU's; interrupts off
 */
void host_cpu_on(struct vmx_cpu *c)
{
	unsigned int i;

	c->user.on_user_return = on_user_return;
	c->gdt.size = GDT_SIZE - 1;
	c->gdt.address = (unsigned long)get_current_gdt_ro();
	for (i = 0; i < SYSCALL_COUNT; i++) {
		rdmsrl(syscall_index[i], c->host_syscall[i]);
		c->syscall[i] = c->host_syscall[i];
	}
}

/**
 * host_cpu_off() - and put it back
 * @c: this CPU's; interrupts off
 */
void host_cpu_off(struct vmx_cpu *c)
{
	restore_syscall_msrs(c);
}

/* --- the host-state area ------------------------------------------------------ */

/**
 * host_init() - host state that is the same for all threads and CPUs
 * @x: its VMCS is current
 */
void host_init(struct vmx_vcpu *x)
{
	struct desc_ptr idt;
	u64 val;

	vmwrite_nat(HOST_CR0, read_cr0() & ~X86_CR0_TS);
	x->host_cr3 = __read_cr3();
	vmwrite_nat(HOST_CR3, x->host_cr3);
	x->host_cr4 = __read_cr4();
	vmwrite_nat(HOST_CR4, x->host_cr4);
	vmwrite16(HOST_CS_SELECTOR, __KERNEL_CS);
	vmwrite16(HOST_SS_SELECTOR, __KERNEL_DS);
	vmwrite16(HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8);
	store_idt(&idt);
	vmwrite_nat(HOST_IDTR_BASE, idt.address);
	rdmsrl(MSR_IA32_SYSENTER_CS, val);
	vmwrite32(HOST_IA32_SYSENTER_CS, val);
	rdmsrl(MSR_IA32_SYSENTER_EIP, val);
	vmwrite_nat(HOST_IA32_SYSENTER_EIP, val);
	if (vmx_caps.load_efer) {
		rdmsrl(MSR_EFER, val);
		vmwrite64(HOST_IA32_EFER, val);
	}
	if (vmx_caps.load_perf)
		vmwrite64(HOST_IA32_PERF_GLOBAL_CTRL, 0);
	/* what load_thread() believes to be there */
	vmwrite16(HOST_DS_SELECTOR, 0);
	vmwrite16(HOST_ES_SELECTOR, 0);
	vmwrite16(HOST_FS_SELECTOR, 0);
	vmwrite16(HOST_GS_SELECTOR, 0);
	vmwrite_nat(HOST_FS_BASE, 0);
	vmwrite_nat(HOST_RSP, 0);
	vmwrite_nat(HOST_RIP, (unsigned long)vmx_exit_to_here);
}

/* these never change on a CPU */
static void load_cpu(struct vmx_vcpu *x)
{
	unsigned int cpu = smp_processor_id();
	struct cpu_entry_area *area;
	u64 val;

	if (likely(x->host_cpu == cpu))
		return;
	x->host_cpu = cpu;
	area = get_cpu_entry_area(cpu);
	vmwrite_nat(HOST_TR_BASE, (unsigned long)&area->tss.x86_tss);
	vmwrite_nat(HOST_GDTR_BASE, (unsigned long)get_current_gdt_ro());
	rdmsrl(MSR_GS_BASE, val);
	vmwrite_nat(HOST_GS_BASE, val);
	rdmsrl(MSR_IA32_SYSENTER_ESP, val);
	vmwrite_nat(HOST_IA32_SYSENTER_ESP, val);
}

/* an exit loads no selector with RPL or TI set (SDM vol. 3, 27.2.3): null in their place */
static __always_inline void put_selector(u32 field, u16 *have, u16 selector)
{
	if (likely(*have == selector))
		return;
	*have = selector;
	vmwrite16(field, selector & 7 ? 0 : selector);
}

static __always_inline u64 fs_base_now(void)
{
	return static_cpu_has(X86_FEATURE_FSGSBASE) ? rdfsbase() : __rdmsr(MSR_FS_BASE);
}

/* several times an exit: without the tracepoints that rdmsrl() and wrmsrl() have */
static __always_inline void write_kernel_gs(u64 val)
{
	native_wrmsr(MSR_KERNEL_GS_BASE, (u32)val, val >> 32);
}

static void load_thread(struct vmx_vcpu *x)
{
	u16 ds, es, fs, gs;
	u64 fs_base;

	savesegment(ds, ds);
	savesegment(es, es);
	savesegment(fs, fs);
	savesegment(gs, gs);
	put_selector(HOST_DS_SELECTOR, &x->host_ds, ds);
	put_selector(HOST_ES_SELECTOR, &x->host_es, es);
	put_selector(HOST_FS_SELECTOR, &x->host_fs, fs);
	put_selector(HOST_GS_SELECTOR, &x->host_gs, gs);
	fs_base = fs_base_now();
	if (unlikely(x->host_fs_base != fs_base))
		vmwrite_nat(HOST_FS_BASE, x->host_fs_base = fs_base);
	x->host_kernel_gs = __rdmsr(MSR_KERNEL_GS_BASE);
	write_kernel_gs(x->kernel_gs);
	x->here = true;
}

/**
 * host_load() - host state of this CPU and thread
 * @x: its VMCS is current; interrupts off, @x->here is false
 */
void host_load(struct vmx_vcpu *x)
{
	load_cpu(x);
	load_thread(x);
	host_load_syscall_msrs(x);
}

/*
 * An exit leaves no LDT at all (SDM vol. 3, 28.5.2). That of the process, which is another one
 * if a thread has replaced it meanwhile, is described in this CPU's GDT.
 */
static void reload_ldt(void)
{
	if (unlikely(has_ldt()))
		asm volatile("lldt %w0" : : "q" (GDT_ENTRY_LDT * 8));
}

/* selectors that the exits could not load; loading one sets its base */
static void reload_segments(struct vmx_vcpu *x)
{
	if (x->host_ds & 7)
		loadsegment(ds, x->host_ds);
	if (x->host_es & 7)
		loadsegment(es, x->host_es);
	if (x->host_fs & 7) {
		loadsegment(fs, x->host_fs);
		wrmsrl(MSR_FS_BASE, x->host_fs_base);
	}
	if (x->host_gs & 7)
		load_gs_index(x->host_gs);
}

/**
 * host_put() - nothing of the guest stays in the processor
 * @x: that this thread ran on this CPU; @x->here is set
 *
 * Context: interrupts off.
 */
void host_put(struct vmx_vcpu *x)
{
	x->here = false;
	x->kernel_gs = __rdmsr(MSR_KERNEL_GS_BASE);
	reload_ldt();
	if (unlikely((x->host_ds | x->host_es | x->host_fs | x->host_gs) & 7))
		reload_segments(x);
	write_kernel_gs(x->host_kernel_gs);
	/* an exit leaves 0x67 and 0xffff for limits: SDM vol. 3, 28.5.2 and 28.5.3 */
	if (unlikely(test_thread_flag(TIF_IO_BITMAP)))
		invalidate_tss_limit();
	else
		this_cpu_write(__tss_limit_invalid, true);
	native_load_gdt(&this_cpu_ptr(&vmx_cpu)->gdt);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VMCS is where (SDM vol. 3, 25.1 and 25.11). The processor keeps parts of
 * an active VMCS to itself until VMCLEAR, which only the CPU can do where it is
 * active; and only one at a time is current, for VMREAD and VMWRITE.
 *
 * Guest state is looked at by any thread that holds v->lock, on any CPU. So each
 * access but those in the run loop with interrupts off stands between vmcs_get()
 * and vmcs_put(), which mostly find the VMCS where they want it.
 */
#include <linux/kernel.h>
#include <linux/smp.h>
#include "arch/x86/vmx/vmx.h"

void field_error(const char *what, u32 field)
{
	WARN_ONCE(1, "kvmfs: %s of field %#x failed\n", what, field);
}

/**
 * vmcs_clear_here() - write back what this CPU keeps of a VMCS
 * @x: active here
 *
 * Context: interrupts off.
 */
void vmcs_clear_here(struct vmx_vcpu *x)
{
	vmcs_write_back(x);
	list_del(&x->loaded);
	x->launched = false;
	if (this_cpu_read(vmx_cpu.now) == x)
		this_cpu_write(vmx_cpu.now, NULL);
	/* pairs with vmcs_make_current() of another CPU: all above is done */
	smp_store_release(&x->cpu, -1);
}

static void clear_ipi(void *data)
{
	struct vmx_vcpu *x = data;

	if (x->cpu == smp_processor_id())
		vmcs_clear_here(x);
}

/**
 * vmcs_clear() - make a VMCS inactive wherever it is
 * @x: of a vCPU whose lock is held
 *
 * Context: interrupts on.
 */
void vmcs_clear(struct vmx_vcpu *x)
{
	int cpu = READ_ONCE(x->cpu);

	/* a CPU that went away has cleared what it had */
	if (cpu >= 0)
		smp_call_function_single(cpu, clear_ipi, x, 1);
}

/**
 * vmcs_make_current() - VMPTRLD
 * @x: of a vCPU whose lock is held
 *
 * Context: interrupts off.
 * Return: false if it is active on another CPU, or VMX is off.
 */
bool vmcs_make_current(struct vmx_vcpu *x)
{
	struct vmx_cpu *c = this_cpu_ptr(&vmx_cpu);
	/* pairs with vmcs_clear_here() */
	int cpu = smp_load_acquire(&x->cpu);

	if (!c->on || (cpu >= 0 && cpu != smp_processor_id()))
		return false;
	if (cpu < 0) {
		x->cpu = smp_processor_id();
		list_add(&x->loaded, &c->loaded);
		/* whoever was going to run it must load host state of this CPU first */
		x->v->switches = NOT_LOADED;
	}
	asm volatile("vmptrld %0" : : "m" (x->vmcs_pa) : "cc", "memory");
	c->now = x;
	return true;
}

/**
 * vmcs_get() - make a vCPU's VMCS accessible
 * @v: the vCPU, locked
 * @flags: for vmcs_put()
 *
 * Context: any but interrupts off, unless it is current here already.
 * Return: true with interrupts off; false if VMX is off.
 */
bool vmcs_get(struct vcpu *v, unsigned long *flags)
{
	struct vmx_vcpu *x = to_vmx(v);

	for (;;) {
		local_irq_save(*flags);
		if (likely(vmcs_is_current(x)) || vmcs_make_current(x))
			return true;
		if (!this_cpu_read(vmx_cpu.on)) {
			local_irq_restore(*flags);
			return false;
		}
		local_irq_restore(*flags);
		if (WARN_ON_ONCE(irqs_disabled()))
			return false;
		vmcs_clear(x);
	}
}

void vmcs_put(unsigned long flags)
{
	local_irq_restore(flags);
}

/* SDM vol. 3, 31.3, INVVPID */
static void flush_tag(u64 type, u64 vpid, u64 gva)
{
	struct { u64 vpid, gva; } desc = { vpid, gva };

	asm volatile("invvpid %0, %1" : : "m" (desc), "r" (type) : "cc", "memory");
}

/**
 * vmcs_flush_tag() - drop all translations of a vCPU on this CPU
 * @x: about to be entered
 */
void vmcs_flush_tag(struct vmx_vcpu *x)
{
	x->flush = false;
	/* without tags each entry and exit flushes everything */
	if (x->vpid)
		flush_tag(VMX_VPID_EXTENT_SINGLE_CONTEXT, x->vpid, 0);
	if (x->v->nested)
		ept_flush(x->v);
}

/**
 * vmcs_flush_tag_gva() - drop the translation of one address
 * @x: of a vCPU whose lock is held
 * @gva: canonical
 *
 * What another CPU may have is dropped when the vCPU goes there again.
 */
void vmcs_flush_tag_gva(struct vmx_vcpu *x, u64 gva)
{
	unsigned long flags;

	if (!x->vpid || x->flush)
		return;
	local_irq_save(flags);
	if (vmx_caps.invvpid_addr && this_cpu_read(vmx_cpu.on) &&
	    x->flush_cpu == smp_processor_id() && gva_is_canonical(gva))
		flush_tag(VMX_VPID_EXTENT_INDIVIDUAL_ADDR, x->vpid, gva);
	else
		x->flush = true;
	local_irq_restore(flags);
}

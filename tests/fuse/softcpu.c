// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor of a machine without any: a processor that never enters a guest, so
 * that the run loop gives each instruction to the emulator. What is left for the
 * vendor is to keep segments, tables and MSRs, and the FPU's registers.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/irqflags.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/processor-flags.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/work.h"

struct soft_vcpu {
	struct hv_segment seg[SEG_COUNT];
	struct hv_table gdt, idt;
	u64 star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	unsigned int blocked;
	u64 nmi_at;		/* instructions emulated when an NMI was delivered */
};

static struct soft_vcpu *to_soft(struct vcpu *v)
{
	return v->vendor;
}

/* --- what power.c, work.c and peek.c are about does not exist here ------- */

int power_init(void) { return 0; }
void power_exit(void) { }
int power_get(void) { return 0; }
void power_put(void) { }
bool power_on = true;
u64 power_tsc_lost;
int work_init(void) { return 0; }
void work_exit(void) { }
int work_do(void) { return signal_pending(current) ? -EINTR : 0; }

/* no processor has just fetched it */
const u8 *mmu_find_code(struct vcpu *v, u64 la)
{
	return NULL;
}

bool mmu_peek_code(struct vcpu *v, u64 la, void *buf, unsigned int n)
{
	return false;
}

static const char *soft_probe(void) { return NULL; }
static int soft_setup(void) { return 0; }
static void soft_nothing(void) { }
static void soft_ignore(struct vcpu *v) { }
static void soft_open_window(struct vcpu *v, bool nmi) { }
static void soft_flush_gva(struct vcpu *v, u64 gva) { }
static bool soft_load(struct vcpu *v) { return true; }
static bool soft_can_invpcid(void) { return true; }
static bool soft_can_enter(struct vcpu *v) { return false; }
static void soft_run(struct vcpu *v, struct hv_exitinfo *x) { }

static int soft_vcpu_init(struct vcpu *v)
{
	v->vendor = kzalloc(sizeof(struct soft_vcpu), GFP_KERNEL);
	return v->vendor ? 0 : -ENOMEM;
}

static void soft_vcpu_free(struct vcpu *v)
{
	kfree(v->vendor);
}

/* --- state ----------------------------------------------------------------- */

static void soft_get_segment(struct vcpu *v, int seg, struct hv_segment *s)
{
	*s = to_soft(v)->seg[seg];
}

static void soft_set_segment(struct vcpu *v, int seg, const struct hv_segment *s)
{
	to_soft(v)->seg[seg] = *s;
}

static void soft_get_table(struct vcpu *v, bool idt, struct hv_table *t)
{
	*t = idt ? to_soft(v)->idt : to_soft(v)->gdt;
}

static void soft_set_table(struct vcpu *v, bool idt, const struct hv_table *t)
{
	*(idt ? &to_soft(v)->idt : &to_soft(v)->gdt) = *t;
}

/* the DPL of SS is the CPL: SDM vol. 3, 24.4.1 */
static unsigned int soft_cpl(struct vcpu *v)
{
	if (!(v->cr0 & X86_CR0_PE))
		return 0;
	if (v->rflags & X86_EFLAGS_VM)
		return 3;
	return (to_soft(v)->seg[SEG_SS].attr & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT;
}

static bool soft_code(struct vcpu *v, u64 *base)
{
	const struct hv_segment *cs = &to_soft(v)->seg[SEG_CS];

	if ((v->efer & EFER_LMA) && (cs->attr & SEG_ATTR_L))
		return true;
	*base = cs->base;
	return false;
}

/* the last instruction was IRET, even one that faulted: SDM vol. 3, 6.7.1 */
static bool was_iret(struct vcpu *v)
{
	const struct emul_insn *i = &v->emul->insn;

	return v->stat.emulated != to_soft(v)->nmi_at && !i->map && i->opcode == 0xcf;
}

static unsigned int soft_blocked(struct vcpu *v)
{
	struct soft_vcpu *s = to_soft(v);

	if ((s->blocked & BLOCK_NMI) && was_iret(v))
		s->blocked &= ~BLOCK_NMI;
	return s->blocked;
}

static void soft_set_blocked(struct vcpu *v, unsigned int block)
{
	struct soft_vcpu *s = to_soft(v);

	if (block & ~s->blocked & BLOCK_NMI)
		s->nmi_at = v->stat.emulated;
	s->blocked = block;
}

static u64 *soft_msr(struct vcpu *v, u32 index)
{
	struct soft_vcpu *s = to_soft(v);

	switch (index) {
	case MSR_STAR:			return &s->star;
	case MSR_LSTAR:			return &s->lstar;
	case MSR_CSTAR:			return &s->cstar;
	case MSR_SYSCALL_MASK:		return &s->sfmask;
	case MSR_KERNEL_GS_BASE:	return &s->kernel_gs_base;
	case MSR_FS_BASE:		return &s->seg[SEG_FS].base;
	case MSR_GS_BASE:		return &s->seg[SEG_GS].base;
	case MSR_IA32_SYSENTER_CS:	return &s->sysenter_cs;
	case MSR_IA32_SYSENTER_ESP:	return &s->sysenter_esp;
	case MSR_IA32_SYSENTER_EIP:	return &s->sysenter_eip;
	}
	return NULL;
}

static int soft_get_msr(struct vcpu *v, u32 index, u64 *val)
{
	const u64 *p = soft_msr(v, index);

	if (p)
		*val = *p;
	return p ? 0 : -ENOENT;
}

static int soft_set_msr(struct vcpu *v, u32 index, u64 val)
{
	u64 *p = soft_msr(v, index);

	if (p)
		*p = val;
	return p ? 0 : -ENOENT;
}

const struct vendor_ops soft_ops = {
	.name = "software",
	.probe = soft_probe,
	.setup = soft_setup,
	.teardown = soft_nothing,
	.cpu_on = soft_setup,
	.cpu_off = soft_nothing,
	.vcpu_init = soft_vcpu_init,
	.vcpu_free = soft_vcpu_free,
	.can_enter = soft_can_enter,
	.load = soft_load,
	.run = soft_run,
	.can_invpcid = soft_can_invpcid,
	.push_cr = soft_ignore,
	.update_traps = soft_ignore,
	.inject = soft_ignore,
	.open_window = soft_open_window,
	.blocked = soft_blocked,
	.set_blocked = soft_set_blocked,
	.flush_tlb = soft_ignore,
	.flush_gva = soft_flush_gva,
	.get_segment = soft_get_segment,
	.set_segment = soft_set_segment,
	.get_table = soft_get_table,
	.set_table = soft_set_table,
	.cpl = soft_cpl,
	.code = soft_code,
	.get_msr = soft_get_msr,
	.set_msr = soft_set_msr,
	.set_tsc_offset = soft_ignore,
};

/* --- the FPU ---------------------------------------------------------------- */

/*
 * In the kernel no code but a guest's uses these registers, here every memcpy() does.
 * So what "is in the processor" is kept aside, and is there with interrupts off only.
 */
static __thread struct fxregs_state kept, ours;
static __thread bool is_kept;

void local_irq_disable(void)
{
	if (!is_kept) {
		asm volatile("fxsaveq %0" : "=m" (kept));
		is_kept = true;
	}
	asm volatile("fxsaveq %0; fxrstorq %1" : "=m" (ours) : "m" (kept));
}

void local_irq_enable(void)
{
	asm volatile("fxsaveq %0; fxrstorq %1" : "=m" (kept) : "m" (ours));
}

/* --- the processor that CPUID tells of ---------------------------------------- */

struct cpuinfo_x86 boot_cpu_data;
unsigned int tsc_khz;

__attribute__((constructor)) static void find_host(void)
{
	u32 a, b, c, d;

	__cpuid(0, a, b, c, d);
	boot_cpu_data.x86_vendor = b == signature_INTEL_ebx ? X86_VENDOR_INTEL : X86_VENDOR_AMD;
	__cpuid(1, a, b, c, d);
	boot_cpu_data.x86 = (a >> 8 & 15) + ((a >> 8 & 15) == 15 ? a >> 20 & 0xff : 0);
}

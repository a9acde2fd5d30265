// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers. There is one set in the processor and three who want it: the
 * host's own breakpoints, the guest's, and those that somebody put into the file
 * ``debug``. The last ones go before the guest's while they are there.
 */
#include <linux/hw_breakpoint.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vcpu.h"

#define DR7_ANY		0xffu		/* one of L0-3, G0-3 */

static bool host_points(const struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(v->debug.point); i++)
		if (v->debug.point[i].used)
			return true;
	return false;
}

/* DR7 for the points in v->debug; SDM vol. 3, 18.2.4 */
static u64 host_dr7(const struct vcpu *v)
{
	static const u8 len_code[9] = { [1] = 0, [2] = 1, [4] = 3, [8] = 2 };
	static const u8 rw_code[] = {
		[DEBUG_BREAK] = 0, [DEBUG_WATCH_W] = 1, [DEBUG_WATCH_RW] = 3,
	};
	u64 dr7 = DR7_RESET;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(v->debug.point); i++) {
		const struct debug_point *p = &v->debug.point[i];

		if (!p->used)
			continue;
		dr7 |= 2u << (2 * i);
		dr7 |= (u64)(rw_code[p->kind] | len_code[p->len] << 2) << (16 + 4 * i);
	}
	return dr7;
}

/**
 * debug_update() - the guest's DR7 or v->debug changed
 * @v: the vCPU
 */
void debug_update(struct vcpu *v)
{
	v->hw_dr7 = host_points(v) ? host_dr7(v) : v->dr7;
	v->traps = (v->hw_dr7 & DR7_ANY) || v->debug.step;
	v->dr_dirty = true;
}

static void load_addresses(struct vcpu *v)
{
	bool host = host_points(v);
	unsigned long a[4];
	unsigned int i;

	/* the addresses are not to be watched in the host: they may be its own stack's */
	if (unlikely(hw_breakpoint_active()))
		set_debugreg(0UL, 7);
	for (i = 0; i < 4; i++)
		a[i] = host ? v->debug.point[i].gva : v->dr[i];
	set_debugreg(a[0], 0);
	set_debugreg(a[1], 1);
	set_debugreg(a[2], 2);
	set_debugreg(a[3], 3);
}

/* DR7 itself is switched by the hardware, the addresses are not; debug_after() undoes it */
void debug_before(struct vcpu *v)
{
	if (unlikely(v->hw_dr7 & DR7_ANY))
		load_addresses(v);
	if (unlikely(v->debug.step)) {
		v->step_over_tf = v->rflags & X86_EFLAGS_TF;
		v->rflags |= X86_EFLAGS_TF;
	}
}

void debug_after(struct vcpu *v)
{
	if (unlikely(v->hw_dr7 & DR7_ANY) && hw_breakpoint_active())
		hw_breakpoint_restore();
	if (unlikely(v->debug.step) && !v->step_over_tf)
		v->rflags &= ~(u64)X86_EFLAGS_TF;
}

/* bits of the enabled points that [@la, @la + @n) hits, of those R/W codes in @kinds */
static u64 points_at(const struct vcpu *v, u64 la, unsigned int n, unsigned int kinds)
{
	static const u8 len[] = { 1, 2, 8, 4 };
	bool host = host_points(v);
	unsigned int i;
	u64 hits = 0;

	for (i = 0; i < 4; i++) {
		unsigned int how = v->hw_dr7 >> (16 + 4 * i) & 0xf;
		u64 at = host ? v->debug.point[i].gva : v->dr[i];

		if (!(v->hw_dr7 >> (2 * i) & 3) || !(kinds >> (how & 3) & 1))
			continue;
		at &= ~(u64)(len[how >> 2] - 1);
		if (la < at + len[how >> 2] && at < la + n)
			hits |= BIT(i);
	}
	return hits;
}

/**
 * debug_code() - the emulator is about to do what the processor would: breakpoints
 * @v: the vCPU, at the beginning of an instruction
 *
 * SDM vol. 3, 18.3.1.1.
 * Return: true if there is one at rip: a fault, whose bits are in v->dr6.
 */
bool debug_code(struct vcpu *v)
{
	u64 base, hits;
	u64 la = v->rip;

	if (likely(!(v->hw_dr7 & DR7_ANY)) || (v->rflags & X86_EFLAGS_RF))
		return false;
	if (!vendor->code(v, &base))
		la = (u32)(la + base);
	hits = points_at(v, la, 1, BIT(0));
	v->dr6 |= hits;
	v->dr_dirty |= !!hits;
	return hits;
}

/**
 * debug_data() - the emulator accesses memory: watchpoints
 * @v: the vCPU
 * @la: linear address
 * @n: bytes
 * @write: or read
 *
 * What is hit is collected in v->watch_hits: it traps after the instruction (SDM
 * vol. 3, 18.3.1.2).
 */
void debug_data(struct vcpu *v, u64 la, unsigned int n, bool write)
{
	if (unlikely(v->hw_dr7 & DR7_ANY))
		v->watch_hits |= points_at(v, la, n, write ? BIT(1) | BIT(3) : BIT(3));
}

/**
 * debug_is_hosts() - whose the #DB in v->dr6 is
 * @v: the vCPU
 *
 * Return: true: of the one who steps or watches through ``debug``; false: the guest's.
 */
bool debug_is_hosts(const struct vcpu *v)
{
	return (v->debug.step && (v->dr6 & DR_STEP)) ||
	       (host_points(v) && (v->dr6 & DR_TRAP_BITS));
}

/**
 * debug_trap() - a #DB: whose is it?
 * @v: the vCPU; v->dr6 is the processor's
 * @exc: as decoded
 *
 * The one who steps or watches through ``debug``, or else the guest gets it.
 * Return: as exit_handle().
 */
int debug_trap(struct vcpu *v, const struct hv_exception *exc)
{
	if (debug_is_hosts(v))
		return debug_exit(v);
	event_exception(v, exc);
	return 0;
}

/*
 * The exit is for the one who debugs. With v->debug.hold, who runs the vCPU sees
 * nothing of it: he waits in a pause, until the other has looked and resumes.
 */
static int report(struct vcpu *v, u64 dr6, u32 vector)
{
	struct vm *vm = v->vm;

	run_exit(v, KVMFS_EXIT_DEBUG);
	v->exit->debug.dr6 = dr6;
	v->exit->debug.rip = v->rip;
	v->exit->debug.vector = vector;
	v->exit->debug.reserved = 0;
	if (!v->debug.hold)
		return 1;
	run_report_sizes(v);
	run_note_exit(v);
	pause_begin(vm);
	if (vm->notify_held)
		vm->notify_held(vm->held_priv);
	return 0;
}

/**
 * debug_int3() - whether the instruction at rip is an INT3 that is the host's
 * @v: the vCPU, in a run; interrupts on
 */
bool debug_int3(struct vcpu *v)
{
	return unlikely(v->debug.int3) && insn_is_int3(v);
}

/**
 * debug_int3_exit() - report an INT3 that is the host's; rip stays in front of it
 * @v: the vCPU
 *
 * Return: as exit_handle().
 */
int debug_int3_exit(struct vcpu *v)
{
	return report(v, DR6_RESET, X86_TRAP_BP);
}

/**
 * debug_exit() - report v->dr6 to the one who debugs from outside
 * @v: the vCPU
 *
 * Return: as exit_handle().
 */
int debug_exit(struct vcpu *v)
{
	u64 dr6 = v->dr6;

	/* the guest did not see it happen; going on must not hit the same again */
	v->dr6 = DR6_RESET;
	v->dr_dirty = true;
	v->rflags |= X86_EFLAGS_RF;
	return report(v, dr6, X86_TRAP_DB);
}

/**
 * vcpu_get_debug() - what ``debug`` shows
 * @v: frozen or claimed
 * @d: out
 */
void vcpu_get_debug(struct vcpu *v, struct vcpu_debug *d)
{
	*d = v->debug;
}

/**
 * vcpu_set_debug() - step, break and watch from outside of the guest
 * @v: claimed
 * @d: the whole new setting
 *
 * Return: 0, or -EINVAL: a length other than 1, 2, 4, 8, a breakpoint longer than
 * 1, an address that is not a multiple of the length, or not canonical.
 */
int vcpu_set_debug(struct vcpu *v, const struct vcpu_debug *d)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(d->point); i++) {
		const struct debug_point *p = &d->point[i];

		if (!p->used)
			continue;
		if (p->kind > DEBUG_WATCH_RW || !p->len || p->len > 8 ||
		    (p->len & (p->len - 1)) || (p->gva & (p->len - 1)) ||
		    (p->kind == DEBUG_BREAK && p->len != 1) ||
		    !gva_is_canonical(p->gva))
			return -EINVAL;
	}
	v->debug = *d;
	debug_update(v);
	return 0;
}

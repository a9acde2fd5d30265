// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's FPU and SSE registers, and the thread's own in their place.
 *
 * A guest has no CR4.OSXSAVE, so that x87 and XMM is all it can read or change;
 * the upper halves of wider registers, masks, tiles, PKRU stay the thread's, in the
 * processor, untouched. So FXSAVE and FXRSTOR do, when the guest is first entered in
 * a run, and at its end. In between the kernel takes the guest's registers for the
 * thread's: it saves and restores them with the rest when it schedules, or uses the FPU itself.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include "arch/x86/vcpu.h"

/* after FNINIT, and after RESET, which leaves the registers valid: SDM vol. 3, table 10-1 */
#define FCW_INIT	0x037f
#define FCW_RESET	0x0040
#define FTW_RESET	0x00ff
#define MXCSR_INIT	0x1f80

/**
 * struct fpu_image - what ``fpregs`` shows: XSAVE's standard format (SDM vol. 1, 13.4)
 * @legacy:	as FXSAVE writes it
 * @have:	XSTATE_BV: 1: x87, 2: SSE; what is not there is in its initial state
 * @compacted:	XCOMP_BV: 0
 * @zero:	the rest of the header
 */
struct fpu_image {
	struct fxregs_state legacy;
	u64 have;
	u64 compacted;
	u64 zero[6];
};

static_assert(sizeof(struct fpu_image) == 576);
static_assert(sizeof(struct fxregs_state) == 512);

static void reset_x87(struct fxregs_state *fx)
{
	memset(fx, 0, offsetof(struct fxregs_state, mxcsr));
	memset(fx->st_space, 0, sizeof(fx->st_space));
	fx->cwd = FCW_INIT;
}

/**
 * fpu_init() - room for both, and the guest's as after RESET
 * @v: a new vCPU
 *
 * Return: 0 or -ENOMEM.
 */
int fpu_init(struct vcpu *v)
{
	/* one object of 1 KiB: aligned to 16 bytes, as the processor wants it */
	v->fpu = kzalloc(2 * sizeof(*v->fpu), GFP_KERNEL_ACCOUNT);
	if (!v->fpu)
		return -ENOMEM;
	fpu_reset(v);
	return 0;
}

void fpu_free(struct vcpu *v)
{
	kfree(v->fpu);
}

/**
 * fpu_reset() - as after RESET
 * @v: claimed
 */
void fpu_reset(struct vcpu *v)
{
	memset(v->fpu, 0, sizeof(*v->fpu));
	v->fpu->cwd = FCW_RESET;
	v->fpu->twd = FTW_RESET;
	v->fpu->mxcsr = MXCSR_INIT;
}

/* the rest of fpu_own() */
void fpu_load(void)
{
	switch_fpu_return();
}

static __always_inline void exchange(struct fxregs_state *out, const struct fxregs_state *in)
{
	static const u32 nothing;

	fpu_own();
	asm volatile("fxsaveq %0" : "=m" (*out));
	/* older AMD processors leave the last x87 instruction's address behind */
	if (static_cpu_has_bug(X86_BUG_FXSAVE_LEAK))
		asm volatile("fnclex\n\temms\n\tfildl %0" : : "m" (nothing));
	asm volatile("fxrstorq %0" : : "m" (*in));
}

/**
 * fpu_enter() - the guest's registers are in the processor from here on
 * @v: in a run; interrupts are off
 */
void fpu_enter(struct vcpu *v)
{
	if (v->fpu_inside) {
		fpu_own();
		return;
	}
	exchange(v->fpu + 1, v->fpu);
	v->fpu_inside = true;
}

/**
 * fpu_leave() - the thread's are
 * @v: with @v->fpu_inside; interrupts are off
 */
void fpu_leave(struct vcpu *v)
{
	exchange(v->fpu, v->fpu + 1);
	v->fpu_inside = false;
}

/* the bits that FXRSTOR takes without #GP: SDM vol. 1, 11.6.6 */
static u32 mxcsr_mask(void)
{
	struct fxregs_state fx __aligned(16);

	asm volatile("fxsaveq %0" : "=m" (fx));
	return fx.mxcsr_mask ?: 0xffbf;
}

/* --- the image ------------------------------------------------------------------ */

/**
 * vcpu_fpu_size() - bytes of the image in ``fpregs``
 * @v: the vCPU
 *
 * Return: bytes; the same for all vCPUs of all machines.
 */
unsigned int vcpu_fpu_size(struct vcpu *v)
{
	return sizeof(struct fpu_image);
}

/**
 * vcpu_get_fpu() - the image in XSAVE's standard format
 * @v: frozen or claimed
 * @buf: out
 * @size: vcpu_fpu_size()
 *
 * Return: 0 or -EINVAL.
 */
int vcpu_get_fpu(struct vcpu *v, void *buf, unsigned int size)
{
	struct fpu_image *image = buf;

	if (size != sizeof(*image))
		return -EINVAL;
	memset(image, 0, sizeof(*image));
	image->legacy = *v->fpu;
	image->have = XFEATURE_MASK_FPSSE;
	return 0;
}

/**
 * vcpu_set_fpu() - replace x87 and SSE registers
 * @v: claimed
 * @buf: image in XSAVE's standard format
 * @size: vcpu_fpu_size()
 *
 * Return: 0 or -EINVAL (reserved MXCSR bits, unknown components): nothing changed.
 */
int vcpu_set_fpu(struct vcpu *v, const void *buf, unsigned int size)
{
	const struct fpu_image *image = buf;

	if (size != sizeof(*image) || (image->have & ~XFEATURE_MASK_FPSSE) ||
	    image->compacted || memchr_inv(image->zero, 0, sizeof(image->zero)) ||
	    (image->legacy.mxcsr & ~mxcsr_mask()))
		return -EINVAL;
	*v->fpu = image->legacy;
	if (!(image->have & XFEATURE_MASK_FP))
		reset_x87(v->fpu);
	if (!(image->have & XFEATURE_MASK_SSE))
		memset(v->fpu->xmm_space, 0, sizeof(v->fpu->xmm_space));
	return 0;
}

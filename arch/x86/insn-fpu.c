// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's accessors of the guest's FPU registers. They are in the processor
 * after fpu_enter(): read and written through an image of FXSAVE.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/insn.h"

static void save(struct emul *e, struct fxregs_state *fx)
{
	fpu_enter(e->ctx);
	asm volatile("fxsaveq %0" : "=m" (*fx));
}

static void restore(const struct fxregs_state *fx)
{
	asm volatile("fxrstorq %0" : : "m" (*fx));
}

int insn_get_xmm(struct emul *e, unsigned int n, void *val)
{
	struct fxregs_state fx __aligned(16);

	local_irq_disable();
	save(e, &fx);
	local_irq_enable();
	memcpy(val, &fx.xmm_space[4 * n], 16);
	return EMUL_OK;
}

int insn_set_xmm(struct emul *e, unsigned int n, const void *val)
{
	struct fxregs_state fx __aligned(16);

	local_irq_disable();
	save(e, &fx);
	memcpy(&fx.xmm_space[4 * n], val, 16);
	restore(&fx);
	local_irq_enable();
	return EMUL_OK;
}

int insn_get_x87(struct emul *e, struct emul_x87 *x)
{
	struct fxregs_state fx __aligned(16);

	local_irq_disable();
	save(e, &fx);
	local_irq_enable();
	x->cw = fx.cwd;
	x->sw = fx.swd;
	x->tag = fx.twd;
	return EMUL_OK;
}

int insn_set_x87(struct emul *e, const struct emul_x87 *x)
{
	struct fxregs_state fx __aligned(16);

	local_irq_disable();
	save(e, &fx);
	fx.cwd = x->cw;
	fx.swd = x->sw;
	fx.twd = x->tag;
	if (x->reset) {
		fx.fop = 0;
		fx.rip = 0;
		fx.rdp = 0;
	}
	restore(&fx);
	local_irq_enable();
	return EMUL_OK;
}

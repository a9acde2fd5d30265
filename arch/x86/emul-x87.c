// SPDX-License-Identifier: GPL-2.0-only
/*
 * x87: the instructions that control the unit (SDM vol. 1, chapter 8). Setup code
 * asks with them whether there is one; arithmetic is for processors.
 */
#include "emul-core.h"

#define CW_RESET	0x37f
#define CW_BITS		0x1f7f		/* bit 6 reads as 1, bits 13 to 15 as 0 */
#define EXCEPTIONS	0x3f		/* in both words: a mask, a flag */
#define SW_ES		0x80		/* an unmasked one is pending; B is its copy */
#define SW_B		0x8000
#define SW_SF		0x40

#define EXC_MF		16

static int get(struct emul *e, struct emul_x87 *x)
{
	if (e->cr0 & (X86_CR0_EM | X86_CR0_TS))
		return emul_raise(e, EXC_NM);
	x->reset = false;
	return e->ops->get_x87 ? e->ops->get_x87(e, x) : EMUL_UNKNOWN;
}

/* those without "N" look at pending exceptions; without NE that is the PIC's affair */
static int get_waiting(struct emul *e, struct emul_x87 *x)
{
	int rc = get(e, x);

	if (!rc && x->sw & SW_ES && e->cr0 & X86_CR0_NE)
		return emul_raise(e, EXC_MF);
	return rc;
}

/* any other x87 instruction: #NM as the processor has it, else the caller must know */
int exec_x87(struct emul *e)
{
	if (e->cr0 & (X86_CR0_EM | X86_CR0_TS))
		return emul_raise(e, EXC_NM);
	return EMUL_UNKNOWN;
}

/* FWAIT: TS counts with MP only, EM does not */
int exec_wait(struct emul *e)
{
	struct emul_x87 x;
	int rc;

	if ((e->cr0 & X86_CR0_TS) && (e->cr0 & X86_CR0_MP))
		return emul_raise(e, EXC_NM);
	if (!e->ops->get_x87)
		return EMUL_OK;
	rc = e->ops->get_x87(e, &x);
	if (!rc && x.sw & SW_ES && e->cr0 & X86_CR0_NE)
		return emul_raise(e, EXC_MF);
	return rc;
}

int exec_fninit(struct emul *e)
{
	static const struct emul_x87 reset = { .cw = CW_RESET, .reset = true };
	struct emul_x87 x;
	int rc = get(e, &x);

	return rc ? rc : e->ops->set_x87(e, &reset);
}

int exec_fclex(struct emul *e)
{
	struct emul_x87 x;
	int rc = get(e, &x);

	if (rc)
		return rc;
	x.sw &= ~(SW_B | SW_ES | SW_SF | EXCEPTIONS);
	return e->ops->set_x87(e, &x);
}

/* FNOP waits; FNENI, FNDISI and FNSETPM do nothing since the 387 */
int exec_fnop(struct emul *e)
{
	struct emul_x87 x;

	return e->insn.opcode == 0xd9 ? get_waiting(e, &x) : get(e, &x);
}

/* a new mask may make an old exception pending, or hide it */
int exec_fldcw(struct emul *e)
{
	struct emul_x87 x;
	u64 val;
	int rc = get_waiting(e, &x);

	if (!rc)
		rc = emul_load(e, e->insn.seg, e->insn.ea, 2, &val);
	if (rc)
		return rc;
	x.cw = (val & CW_BITS) | 0x40;
	x.sw &= ~(SW_B | SW_ES);
	if (x.sw & ~x.cw & EXCEPTIONS)
		x.sw |= SW_B | SW_ES;
	return e->ops->set_x87(e, &x);
}

int exec_fstcw(struct emul *e)
{
	struct emul_x87 x;
	int rc = get(e, &x);

	return rc ? rc : emul_store(e, e->insn.seg, e->insn.ea, 2, x.cw);
}

/* to memory, or to AX */
int exec_fstsw(struct emul *e)
{
	struct emul_x87 x;
	int rc = get(e, &x);

	if (rc)
		return rc;
	if (e->insn.mem)
		return emul_store(e, e->insn.seg, e->insn.ea, 2, x.sw);
	emul_set_reg(e, R_AX, 2, x.sw);
	return EMUL_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * System instructions that do not transfer control: flags, control and debug
 * registers, MSRs, descriptor-table registers, CPUID, HLT.
 */
#include "emul-core.h"

#define CR4_TSD		BIT(2)
#define CR4_UMIP	BIT(11)
#define CR4_FSGSBASE	BIT(16)
#define CR4_PCIDE	BIT(17)
#define CR4_SMAP	BIT(21)

#define MSR_GS_BASE_KERNEL	0xc0000102
#define MSR_AUX			0xc0000103

int exec_nop(struct emul *e)
{
	return EMUL_OK;
}

int exec_ud(struct emul *e)
{
	return emul_raise(e, EXC_UD);
}

/* rows for emul_decode() alone */
int exec_unknown(struct emul *e)
{
	return EMUL_UNKNOWN;
}

/* --- flags ------------------------------------------------------------------ */

/* CLC, STC, CLD, STD: row->arg is the bit number, plus 0x80 to set it */
int exec_flag(struct emul *e)
{
	u8 arg = e->insn.row->arg;

	if (arg & 0x80)
		e->flags |= BIT(arg & 31);
	else
		e->flags &= ~(u64)BIT(arg & 31);
	return EMUL_OK;
}

int exec_cmc(struct emul *e)
{
	e->flags ^= X86_EFLAGS_CF;
	return EMUL_OK;
}

/* SDM 2A, CLI; CR4.VME and CR4.PVI are not offered */
static bool may_change_if(const struct emul *e)
{
	if (e->mode == EMUL_VM86)
		return EFL_IOPL(e->flags) == 3;
	return e->cpl <= EFL_IOPL(e->flags);
}

int exec_cli(struct emul *e)
{
	if (!may_change_if(e))
		return emul_raise_code(e, EXC_GP, 0);
	e->flags &= ~(u64)X86_EFLAGS_IF;
	return EMUL_OK;
}

int exec_sti(struct emul *e)
{
	if (!may_change_if(e))
		return emul_raise_code(e, EXC_GP, 0);
	e->sti_shadow = !(e->flags & X86_EFLAGS_IF);
	e->flags |= X86_EFLAGS_IF;
	return EMUL_OK;
}

/* CLAC, STAC (row->arg) */
int exec_ac(struct emul *e)
{
	if (e->cpl || !(e->ops->get_cr(e, 4) & CR4_SMAP))
		return emul_raise(e, EXC_UD);
	if (e->insn.row->arg)
		e->flags |= X86_EFLAGS_AC;
	else
		e->flags &= ~(u64)X86_EFLAGS_AC;
	return EMUL_OK;
}

/* --- control and debug registers -------------------------------------------- */

/* MOV to and from CR and DR have operands of the mode's size */
static unsigned int wide(const struct emul *e)
{
	return e->mode == EMUL_LONG ? 8 : 4;
}

static bool bad_cr(const struct emul *e)
{
	return !(BIT(e->insn.reg) & (BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(8)));
}

/* a register that is not there is #UD even at the wrong privilege */
static int check_cr(struct emul *e, bool bad)
{
	if (bad)
		return emul_raise(e, EXC_UD);
	return e->cpl ? emul_raise_code(e, EXC_GP, 0) : EMUL_OK;
}

int exec_mov_from_cr(struct emul *e)
{
	int rc = check_cr(e, bad_cr(e));

	if (!rc)
		emul_set_reg(e, e->insn.rm, wide(e), e->ops->get_cr(e, e->insn.reg));
	return rc;
}

int exec_mov_to_cr(struct emul *e)
{
	int rc = check_cr(e, bad_cr(e));

	return rc ? rc : e->ops->set_cr(e, e->insn.reg, emul_reg(e, e->insn.rm, wide(e)));
}

int exec_mov_from_dr(struct emul *e)
{
	u64 val;
	int rc = check_cr(e, e->insn.reg > 7);

	if (!rc)
		rc = e->ops->get_dr(e, e->insn.reg, &val);
	if (!rc)
		emul_set_reg(e, e->insn.rm, wide(e), val);
	return rc;
}

int exec_mov_to_dr(struct emul *e)
{
	int rc = check_cr(e, e->insn.reg > 7);

	return rc ? rc : e->ops->set_dr(e, e->insn.reg, emul_reg(e, e->insn.rm, wide(e)));
}

int exec_clts(struct emul *e)
{
	return e->ops->set_cr(e, 0, e->ops->get_cr(e, 0) & ~(u64)X86_CR0_TS);
}

/* changes PE, MP, EM, TS, and never clears PE */
int exec_lmsw(struct emul *e)
{
	u64 cr0 = e->ops->get_cr(e, 0);

	return e->ops->set_cr(e, 0, (cr0 & ~0xeULL) | (e->src.val & 0xf));
}

/* SGDT, SIDT, SLDT, SMSW and STR in user mode: SDM 3A, 2.5 "UMIP" */
static int umip(struct emul *e)
{
	if (e->cpl && emul_protected(e) && e->ops->get_cr(e, 4) & CR4_UMIP)
		return emul_raise_code(e, EXC_GP, 0);
	return EMUL_OK;
}

/* registers take the operand size, memory 2 bytes */
static int store_word(struct emul *e, u64 val)
{
	return emul_store_rm(e, e->insn.mem ? 2 : e->insn.opsize, val);
}

int exec_smsw(struct emul *e)
{
	int rc = umip(e);

	return rc ? rc : store_word(e, e->ops->get_cr(e, 0));
}

/* SLDT, STR: row->arg is the segment */
int exec_store_selector(struct emul *e)
{
	struct hv_segment s;
	int rc = umip(e);

	e->ops->get_segment(e, e->insn.row->arg, &s);
	return rc ? rc : store_word(e, s.selector);
}

/* SGDT, SIDT (row->arg) */
int exec_store_table(struct emul *e)
{
	unsigned int n = 2 + wide(e);
	struct hv_table t;
	u8 buf[10];
	u64 la;
	int rc;

	rc = umip(e);
	if (!rc)
		rc = emul_linear(e, e->insn.seg, e->insn.ea, n, ACC_WRITE, &la);
	if (rc)
		return rc;
	e->ops->get_table(e, e->insn.row->arg, &t);
	memcpy(buf, &t.limit, 2);
	memcpy(buf + 2, &t.base, 8);
	return emul_write(e, la, buf, n, 0);
}

/* LGDT, LIDT (row->arg) */
int exec_load_table(struct emul *e)
{
	unsigned int n = 2 + wide(e);
	struct hv_table t = {};
	u8 buf[10];
	u64 la;
	int rc;

	rc = emul_linear(e, e->insn.seg, e->insn.ea, n, ACC_READ, &la);
	if (!rc)
		rc = emul_read(e, la, buf, n, 0);
	if (rc)
		return rc;
	memcpy(&t.limit, buf, 2);
	memcpy(&t.base, buf + 2, n - 2);
	if (e->insn.opsize == 2 && e->mode != EMUL_LONG)
		t.base &= 0xffffff;
	if (e->mode == EMUL_LONG && !emul_canonical(t.base))
		return emul_raise_code(e, EXC_GP, 0);
	e->ops->set_table(e, e->insn.row->arg, &t);
	return EMUL_OK;
}

/* --- the rest ----------------------------------------------------------------- */

int exec_invlpg(struct emul *e)
{
	struct hv_segment s = {};
	u64 la = e->insn.ea;

	if (e->mode != EMUL_LONG || e->insn.seg >= SEG_FS) {
		e->ops->get_segment(e, e->insn.seg, &s);
		la += s.base;
	}
	if (e->mode != EMUL_LONG)
		la = (u32)la;
	if (emul_canonical(la))
		e->ops->invlpg(e, la);
	return EMUL_OK;
}

/* whether CPUID has it: leaf 7, EBX bit 10 */
static bool has_invpcid(struct emul *e)
{
	u32 a = 7, b, c = 0, d;

	if (!e->ops->invpcid)
		return false;
	e->ops->cpuid(e, &a, &b, &c, &d);
	return b & BIT(10);
}

/* SDM 2A, INVPCID: a PCID and an address in memory, the type in a register */
int exec_invpcid(struct emul *e)
{
	u64 type = emul_reg(e, e->insn.reg, wide(e)), la, desc[2];
	int rc;

	if (!has_invpcid(e))
		return emul_raise(e, EXC_UD);
	if (e->cpl)
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_linear(e, e->insn.seg, e->insn.ea, sizeof(desc), ACC_READ, &la);
	if (!rc)
		rc = emul_read(e, la, desc, sizeof(desc), 0);
	if (rc)
		return rc;
	if (type > 3 || desc[0] >> 12 || (!type && !emul_canonical(desc[1])) ||
	    (type < 2 && desc[0] && !(e->ops->get_cr(e, 4) & CR4_PCIDE)))
		return emul_raise_code(e, EXC_GP, 0);
	e->ops->invpcid(e, type, desc[0], desc[1]);
	return EMUL_OK;
}

int exec_wbinvd(struct emul *e)
{
	return e->ops->wbinvd ? e->ops->wbinvd(e) : EMUL_OK;
}

int exec_hlt(struct emul *e)
{
	int rc = e->ops->hlt(e);

	e->done = rc == EMUL_EXIT;
	return rc;
}

int exec_cpuid(struct emul *e)
{
	u32 a = e->regs[R_AX], b = e->regs[R_BX], c = e->regs[R_CX], d = e->regs[R_DX];

	e->ops->cpuid(e, &a, &b, &c, &d);
	emul_put_reg(e, R_AX, a);
	emul_put_reg(e, R_BX, b);
	emul_put_reg(e, R_CX, c);
	emul_put_reg(e, R_DX, d);
	return EMUL_OK;
}

static void put_dx_ax(struct emul *e, u64 val)
{
	emul_put_reg(e, R_AX, (u32)val);
	emul_put_reg(e, R_DX, val >> 32);
}

/* RDTSC, RDTSCP (row->arg) */
int exec_rdtsc(struct emul *e)
{
	u64 aux;
	int rc;

	if (e->cpl && e->ops->get_cr(e, 4) & CR4_TSD)
		return emul_raise_code(e, EXC_GP, 0);
	if (e->insn.row->arg) {
		rc = e->ops->get_msr(e, MSR_AUX, &aux);
		if (rc)
			return emul_raise(e, EXC_UD);
		emul_put_reg(e, R_CX, (u32)aux);
	}
	put_dx_ax(e, e->ops->rdtsc(e));
	return EMUL_OK;
}

int exec_rdmsr(struct emul *e)
{
	u64 val;
	int rc = e->ops->get_msr(e, e->regs[R_CX], &val);

	if (!rc)
		put_dx_ax(e, val);
	return rc;
}

int exec_wrmsr(struct emul *e)
{
	u64 val = (u32)e->regs[R_AX] | e->regs[R_DX] << 32;

	return e->ops->set_msr(e, e->regs[R_CX], val);
}

int exec_swapgs(struct emul *e)
{
	struct hv_segment gs;
	u64 base;
	int rc;

	rc = e->ops->get_msr(e, MSR_GS_BASE_KERNEL, &base);
	if (rc)
		return rc;
	e->ops->get_segment(e, SEG_GS, &gs);
	rc = e->ops->set_msr(e, MSR_GS_BASE_KERNEL, gs.base);
	if (rc)
		return rc;
	gs.base = base;
	return e->ops->set_segment(e, SEG_GS, &gs);
}

/* RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE: row->arg is the segment, plus 0x80 to write */
int exec_fsgsbase(struct emul *e)
{
	unsigned int seg = e->insn.row->arg & 0x7f, size = e->insn.opsize;
	struct hv_segment s;

	if (!(e->ops->get_cr(e, 4) & CR4_FSGSBASE))
		return emul_raise(e, EXC_UD);
	e->ops->get_segment(e, seg, &s);
	if (!(e->insn.row->arg & 0x80)) {
		emul_set_reg(e, e->insn.rm, size, s.base);
		return EMUL_OK;
	}
	s.base = emul_reg(e, e->insn.rm, size);
	if (!emul_canonical(s.base))
		return emul_raise_code(e, EXC_GP, 0);
	return e->ops->set_segment(e, seg, &s);
}

int exec_xlat(struct emul *e)
{
	u64 ea = (e->regs[R_BX] + (u8)e->regs[R_AX]) & emul_mask(e->insn.adsize), val;
	int rc = emul_load(e, e->insn.seg, ea, 1, &val);

	if (!rc)
		emul_set_reg(e, R_AX, 1, val);
	return rc;
}

int exec_bound(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	s64 index = emul_sext(emul_reg(e, e->insn.reg, size), size);
	u64 low, high, ea = e->insn.ea;
	int rc;

	rc = emul_load(e, e->insn.seg, ea, size, &low);
	if (!rc)
		rc = emul_load(e, e->insn.seg, (ea + size) & emul_mask(e->insn.adsize),
			       size, &high);
	if (rc)
		return rc;
	if (index < emul_sext(low, size) || index > emul_sext(high, size))
		return emul_raise(e, EXC_BR);
	return EMUL_OK;
}

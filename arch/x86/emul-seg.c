// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment registers and the descriptors behind them (SDM 3A, 3.4, 5.4 to 5.6).
 */
#include "emul-core.h"

#define TYPE_LDT	2
#define TYPE_TSS16	1
#define TYPE_TSS32	9	/* the 64-bit one too */

static bool is_null(u16 sel)
{
	return !(sel & ~3);
}

/**
 * emul_read_desc() - the 8 bytes of a descriptor
 * @e: the instruction
 * @sel: selector; its index and TI count
 * @vector: exception if it is outside of its table
 * @d: the result
 */
int emul_read_desc(struct emul *e, u16 sel, u8 vector, struct emul_desc *d)
{
	struct hv_segment ldt;
	struct hv_table gdt;
	u64 base;
	u32 limit;

	if (sel & 4) {
		e->ops->get_segment(e, SEG_LDTR, &ldt);
		if (ldt.attr & SEG_ATTR_UNUSABLE)
			return emul_raise_code(e, vector, sel & ~3);
		base = ldt.base;
		limit = ldt.limit;
	} else {
		e->ops->get_table(e, false, &gdt);
		base = gdt.base;
		limit = gdt.limit;
	}
	if ((sel | 7u) > limit)
		return emul_raise_code(e, vector, sel & ~3);
	d->la = base + (sel & ~7u);
	if (!emul_lma(e))
		d->la = (u32)d->la;
	d->raw[1] = 0;
	return emul_read(e, d->la, d->raw, 8, EMUL_USER_IMPLICIT_SYSTEM);
}

/* the upper half of a system descriptor in IA-32e mode */
int emul_read_desc_high(struct emul *e, u16 sel, struct emul_desc *d)
{
	struct hv_table gdt;

	e->ops->get_table(e, false, &gdt);
	if ((sel | 7u) + 8 > gdt.limit)
		return emul_raise_code(e, EXC_GP, sel & ~3);
	return emul_read(e, d->la + 8, &d->raw[1], 8, EMUL_USER_IMPLICIT_SYSTEM);
}

/* set bits of the type in memory: accessed, busy */
int emul_mark_desc(struct emul *e, struct emul_desc *d, u8 type_bits)
{
	u8 access = (u8)(d->raw[0] >> 40) | type_bits;

	if ((u8)(d->raw[0] >> 40) == access)
		return EMUL_OK;
	d->raw[0] |= (u64)type_bits << 40;
	return emul_write(e, d->la + 5, &access, 1, EMUL_USER_IMPLICIT_SYSTEM);
}

void emul_parse_desc(struct hv_segment *s, u16 sel, const struct emul_desc *d)
{
	u64 raw = d->raw[0];

	s->selector = sel;
	s->attr = raw >> 40 & 0xf0ff;
	s->base = (raw >> 16 & 0xffffff) | (raw >> 56 & 0xff) << 24 | d->raw[1] << 32;
	s->limit = (raw & 0xffff) | (raw >> 48 & 0xf) << 16;
	if (s->attr & SEG_ATTR_G)
		s->limit = s->limit << 12 | 0xfff;
}

/**
 * emul_real_segment() - what a load makes of a segment without descriptors
 * @e: the instruction
 * @seg: the register
 * @sel: new selector
 * @s: the result
 *
 * Real mode keeps limit and attributes, as processors do: that is how "big real
 * mode" works. Virtual-8086 mode sets them (SDM 3B, 21.2.1).
 */
void emul_real_segment(struct emul *e, unsigned int seg, u16 sel, struct hv_segment *s)
{
	e->ops->get_segment(e, seg, s);
	if (e->mode == EMUL_VM86) {
		s->limit = 0xffff;
		s->attr = 0xf3;
	} else if (s->attr & SEG_ATTR_UNUSABLE) {
		s->limit = 0xffff;
		s->attr = 0x93;
	}
	s->selector = sel;
	s->base = (u32)sel << 4;
}

/**
 * emul_check_stack() - a descriptor for SS
 * @e: the instruction
 * @sel: not null
 * @cpl: that RPL and DPL must have
 * @vector: of faults other than "not present"
 * @ss: the segment
 * @d: its descriptor, to be marked as accessed
 */
int emul_check_stack(struct emul *e, u16 sel, unsigned int cpl, u8 vector,
		     struct hv_segment *ss, struct emul_desc *d)
{
	int rc;

	if (is_null(sel))
		return emul_raise_code(e, vector, 0);
	rc = emul_read_desc(e, sel, vector, d);
	if (rc)
		return rc;
	emul_parse_desc(ss, sel, d);
	if ((sel & 3) != cpl || emul_dpl(ss) != cpl || !(ss->attr & SEG_ATTR_S) ||
	    (ss->attr & (ATTR_CODE | ATTR_RW)) != ATTR_RW)
		return emul_raise_code(e, vector, sel & ~3);
	if (!(ss->attr & SEG_ATTR_P))
		return emul_raise_code(e, EXC_SS, sel & ~3);
	ss->attr |= ATTR_ACCESSED;
	return EMUL_OK;
}

static int null_segment(struct emul *e, unsigned int seg, u16 sel)
{
	struct hv_segment s = { .selector = sel, .attr = SEG_ATTR_UNUSABLE };

	if (seg == SEG_SS) {
		if (e->mode != EMUL_LONG || e->cpl == 3 || (sel & 3) != e->cpl)
			return emul_raise_code(e, EXC_GP, 0);
		s.attr |= e->cpl << SEG_ATTR_DPL_SHIFT;
	}
	return e->ops->set_segment(e, seg, &s);
}

/* SDM 2B, MOV: DS, ES, FS and GS take data and readable code that CPL and RPL may use */
static int check_data(struct emul *e, u16 sel, struct hv_segment *s, struct emul_desc *d)
{
	u32 kind;
	int rc;

	rc = emul_read_desc(e, sel, EXC_GP, d);
	if (rc)
		return rc;
	emul_parse_desc(s, sel, d);
	kind = s->attr & (ATTR_CODE | ATTR_RW);
	if (!(s->attr & SEG_ATTR_S) || kind == ATTR_CODE)
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if ((s->attr & (ATTR_CODE | ATTR_CONFORMING)) != (ATTR_CODE | ATTR_CONFORMING) &&
	    ((sel & 3) > emul_dpl(s) || e->cpl > emul_dpl(s)))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if (!(s->attr & SEG_ATTR_P))
		return emul_raise_code(e, EXC_NP, sel & ~3);
	s->attr |= ATTR_ACCESSED;
	return EMUL_OK;
}

/**
 * emul_set_segment() - load a segment register other than CS, with all checks
 * @e: the instruction
 * @seg: SEG_*
 * @sel: selector
 */
int emul_set_segment(struct emul *e, unsigned int seg, u16 sel)
{
	struct hv_segment s;
	struct emul_desc d;
	int rc;

	if (!emul_protected(e)) {
		emul_real_segment(e, seg, sel, &s);
		return e->ops->set_segment(e, seg, &s);
	}
	if (is_null(sel))
		return null_segment(e, seg, sel);
	if (seg == SEG_SS)
		rc = emul_check_stack(e, sel, e->cpl, EXC_GP, &s, &d);
	else
		rc = check_data(e, sel, &s, &d);
	if (!rc)
		rc = emul_mark_desc(e, &d, ATTR_ACCESSED);
	return rc ? rc : e->ops->set_segment(e, seg, &s);
}

/* --- instructions --------------------------------------------------------------- */

int exec_push_seg(struct emul *e)
{
	struct hv_segment s;

	e->ops->get_segment(e, e->insn.row->arg, &s);
	return emul_push(e, s.selector, e->insn.opsize);
}

int exec_pop_seg(struct emul *e)
{
	unsigned int seg = e->insn.row->arg;
	u64 sel;
	int rc;

	rc = emul_pop(e, &sel, e->insn.opsize);
	if (rc)
		return rc;
	e->ss_shadow = seg == SEG_SS;
	return emul_set_segment(e, seg, sel);
}

int exec_mov_from_seg(struct emul *e)
{
	struct hv_segment s;

	if (e->insn.reg > SEG_GS)
		return emul_raise(e, EXC_UD);
	e->ops->get_segment(e, e->insn.reg, &s);
	return emul_store_rm(e, e->insn.mem ? 2 : e->insn.opsize, s.selector);
}

int exec_mov_to_seg(struct emul *e)
{
	if (e->insn.reg > SEG_GS || e->insn.reg == SEG_CS)
		return emul_raise(e, EXC_UD);
	e->ss_shadow = e->insn.reg == SEG_SS;
	return emul_set_segment(e, e->insn.reg, e->src.val);
}

/* LES, LDS, LSS, LFS, LGS: row->arg is the segment */
int exec_load_far(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 offset, sel, ea = e->insn.ea;
	int rc;

	rc = emul_load(e, e->insn.seg, ea, size, &offset);
	if (!rc)
		rc = emul_load(e, e->insn.seg, (ea + size) & emul_mask(e->insn.adsize), 2, &sel);
	if (rc)
		return rc;
	emul_set_reg(e, e->insn.reg, size, offset);
	return emul_set_segment(e, e->insn.row->arg, sel);
}

/* LLDT and LTR: a system descriptor of @type in the GDT */
static int load_system(struct emul *e, unsigned int seg, u16 sel, u32 type, u8 mark)
{
	struct hv_segment s;
	struct emul_desc d;
	int rc;

	if (sel & 4)
		return emul_raise_code(e, EXC_GP, sel & ~3);
	rc = emul_read_desc(e, sel, EXC_GP, &d);
	if (rc)
		return rc;
	emul_parse_desc(&s, sel, &d);
	if (s.attr & SEG_ATTR_S ||
	    ((s.attr & SEG_ATTR_TYPE) != type &&
	     (type != TYPE_TSS32 || emul_lma(e) || (s.attr & SEG_ATTR_TYPE) != TYPE_TSS16)))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if (!(s.attr & SEG_ATTR_P))
		return emul_raise_code(e, EXC_NP, sel & ~3);
	if (emul_lma(e)) {
		rc = emul_read_desc_high(e, sel, &d);
		if (rc)
			return rc;
	}
	emul_parse_desc(&s, sel, &d);
	if (!emul_canonical(s.base))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	rc = emul_mark_desc(e, &d, mark);
	s.attr |= mark;
	return rc ? rc : e->ops->set_segment(e, seg, &s);
}

int exec_lldt(struct emul *e)
{
	struct hv_segment s = { .selector = e->src.val, .attr = SEG_ATTR_UNUSABLE };

	if (is_null(e->src.val))
		return e->ops->set_segment(e, SEG_LDTR, &s);
	return load_system(e, SEG_LDTR, e->src.val, TYPE_LDT, 0);
}

/* the busy bit is set in the table and in TR */
int exec_ltr(struct emul *e)
{
	if (is_null(e->src.val))
		return emul_raise_code(e, EXC_GP, 0);
	return load_system(e, SEG_TR, e->src.val, TYPE_TSS32, 2);
}

/*
 * LAR, LSL, VERR and VERW ask whether they could see a descriptor; ZF answers.
 * @types: system types that this instruction accepts, by bit.
 */
static int look(struct emul *e, u16 sel, u32 types, struct hv_segment *s, u64 *raw, bool *ok)
{
	struct emul_desc d;
	int rc;

	*ok = false;
	if (is_null(sel))
		return EMUL_OK;
	rc = emul_read_desc(e, sel, EXC_GP, &d);
	if (rc)		/* outside of the table is no fault here, a page fault is one */
		return rc == EMUL_FAULT && e->exc.vector == EXC_GP ? EMUL_OK : rc;
	emul_parse_desc(s, sel, &d);
	*raw = d.raw[0];
	if (!(s->attr & SEG_ATTR_S) && !(types & BIT(s->attr & SEG_ATTR_TYPE)))
		return EMUL_OK;
	*ok = true;
	if ((s->attr & (SEG_ATTR_S | ATTR_CODE | ATTR_CONFORMING)) !=
	    (SEG_ATTR_S | ATTR_CODE | ATTR_CONFORMING))
		*ok = e->cpl <= emul_dpl(s) && (sel & 3) <= emul_dpl(s);
	return EMUL_OK;
}

static void set_zf(struct emul *e, bool on)
{
	e->flags &= ~(u64)X86_EFLAGS_ZF;
	if (on)
		e->flags |= X86_EFLAGS_ZF;
}

int exec_lar(struct emul *e)
{
	u32 types = emul_lma(e) ? BIT(2) | BIT(9) | BIT(11) | BIT(12) :
		    BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(9) | BIT(11) | BIT(12);
	struct hv_segment s;
	u64 raw;
	bool ok;
	int rc;

	rc = look(e, e->src.val, types, &s, &raw, &ok);
	if (rc)
		return rc;
	set_zf(e, ok);
	if (ok)
		emul_set_reg(e, e->insn.reg, e->insn.opsize, raw >> 32 & 0xf0ff00);
	return EMUL_OK;
}

int exec_lsl(struct emul *e)
{
	u32 types = emul_lma(e) ? BIT(2) | BIT(9) | BIT(11) :
		    BIT(1) | BIT(2) | BIT(3) | BIT(9) | BIT(11);
	struct hv_segment s;
	u64 raw;
	bool ok;
	int rc;

	rc = look(e, e->src.val, types, &s, &raw, &ok);
	if (rc)
		return rc;
	set_zf(e, ok);
	if (ok)
		emul_set_reg(e, e->insn.reg, e->insn.opsize, s.limit);
	return EMUL_OK;
}

/* VERR, VERW (row->arg) */
int exec_verify(struct emul *e)
{
	struct hv_segment s;
	u64 raw;
	bool ok;
	int rc;

	rc = look(e, e->src.val, 0, &s, &raw, &ok);
	if (rc)
		return rc;
	if (ok && e->insn.row->arg)
		ok = (s.attr & (ATTR_CODE | ATTR_RW)) == ATTR_RW;
	else if (ok)
		ok = (s.attr & (ATTR_CODE | ATTR_RW)) != ATTR_CODE;
	set_zf(e, ok);
	return EMUL_OK;
}

int exec_arpl(struct emul *e)
{
	unsigned int rpl = e->src.val & 3;

	set_zf(e, (e->dst.val & 3) < rpl);
	if (e->flags & X86_EFLAGS_ZF)
		e->dst.val = (e->dst.val & ~3ULL) | rpl;
	return EMUL_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control transfer between segments: far jumps, calls and returns, through call
 * gates too, and IRET (SDM 2A: JMP, CALL, RET, IRET; 3A, 5.8).
 */
#include "emul-core.h"

/**
 * emul_check_rip() - may control go to this place in a code segment?
 * @e: the instruction
 * @cs: the new code segment
 * @rip: offset in it
 */
int emul_check_rip(struct emul *e, const struct hv_segment *cs, u64 rip)
{
	bool ok;

	if (emul_lma(e) && cs->attr & SEG_ATTR_L)
		ok = emul_canonical(rip);
	else
		ok = rip <= cs->limit;
	return ok ? EMUL_OK : emul_raise_code(e, EXC_GP, 0);
}

/**
 * emul_check_code() - read a descriptor that CS is to be loaded from
 * @e: the instruction
 * @sel: its selector
 * @cs: the segment
 * @d: the descriptor
 *
 * Checks what all transfers have in common, all but privilege and presence.
 * Return: EMUL_UNKNOWN for gates and TSSs, which jumps and calls may go to.
 */
int emul_check_code(struct emul *e, u16 sel, struct hv_segment *cs, struct emul_desc *d)
{
	int rc;

	if (!(sel & ~3))
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_read_desc(e, sel, EXC_GP, d);
	if (rc)
		return rc;
	emul_parse_desc(cs, sel, d);
	if (!(cs->attr & SEG_ATTR_S)) {
		u32 type = cs->attr & SEG_ATTR_TYPE;
		u32 gates = emul_lma(e) ? BIT(12) : BIT(1) | BIT(4) | BIT(5) | BIT(9) | BIT(12);

		if (BIT(type) & gates)
			return EMUL_UNKNOWN;
		return emul_raise_code(e, EXC_GP, sel & ~3);
	}
	if (!(cs->attr & ATTR_CODE))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if (emul_lma(e) && (cs->attr & (SEG_ATTR_L | SEG_ATTR_DB)) == (SEG_ATTR_L | SEG_ATTR_DB))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	cs->attr |= ATTR_ACCESSED;
	return EMUL_OK;
}

static int check_present(struct emul *e, const struct hv_segment *cs)
{
	if (cs->attr & SEG_ATTR_P)
		return EMUL_OK;
	return emul_raise_code(e, EXC_NP, cs->selector & ~3);
}

/* the target of a jump or call, which keeps CPL; @cs->selector gets it as RPL */
static int check_jump(struct emul *e, u16 sel, u64 rip, struct hv_segment *cs,
		      struct emul_desc *d)
{
	bool ok;
	int rc;

	rc = emul_check_code(e, sel, cs, d);
	if (rc)
		return rc;
	if (cs->attr & ATTR_CONFORMING)
		ok = emul_dpl(cs) <= e->cpl;
	else
		ok = (sel & 3) <= e->cpl && emul_dpl(cs) == e->cpl;
	if (!ok)
		return emul_raise_code(e, EXC_GP, sel & ~3);
	rc = check_present(e, cs);
	if (!rc)
		rc = emul_check_rip(e, cs, rip);
	cs->selector = (sel & ~3) | e->cpl;
	return rc;
}

static int set_cs(struct emul *e, const struct hv_segment *cs, struct emul_desc *d, u64 rip)
{
	int rc = EMUL_OK;

	if (emul_protected(e))
		rc = emul_mark_desc(e, d, ATTR_ACCESSED);
	if (rc)
		return rc;
	e->next_rip = rip;
	return e->ops->set_segment(e, SEG_CS, cs);
}

/* offset and selector: immediate, or in memory for the forms with ModRM */
static int far_pointer(struct emul *e, u64 *rip, u16 *sel)
{
	unsigned int size = e->insn.opsize;
	u64 val = 0;
	int rc;

	*rip = e->insn.imm;
	*sel = e->insn.imm2;
	if (!e->insn.mem)
		return EMUL_OK;
	rc = emul_load(e, e->insn.seg, e->insn.ea, size, rip);
	if (!rc)
		rc = emul_load(e, e->insn.seg, (e->insn.ea + size) & emul_mask(e->insn.adsize),
			       2, &val);
	*sel = val;
	return rc;
}

/* --- call gates: SDM 3A, 5.8.3 to 5.8.5 -------------------------------------------- */

#define GATE_CALL16	4
#define GATE_TASK	5
#define GATE_CALL	12	/* 32 bits, 64 in IA-32e mode */

struct call_gate {
	u64 rip;
	u16 sel;
	unsigned int size;	/* of what is pushed */
	unsigned int params;	/* of that size, copied to an inner stack */
};

/* the gate or TSS descriptor @d that @sel names may be used by this code */
static int check_system(struct emul *e, u16 sel, const struct hv_segment *s)
{
	if (emul_dpl(s) < e->cpl || emul_dpl(s) < (sel & 3))
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if (!(s->attr & SEG_ATTR_P))
		return emul_raise_code(e, EXC_NP, sel & ~3);
	return EMUL_OK;
}

static int read_call_gate(struct emul *e, u16 sel, struct emul_desc *d, struct call_gate *g)
{
	u64 raw = d->raw[0];
	int rc;

	if (emul_lma(e)) {
		rc = emul_read_desc_high(e, sel, d);
		if (rc)
			return rc;
		if (d->raw[1] >> 40 & 31)
			return emul_raise_code(e, EXC_GP, sel & ~3);
	}
	g->size = (raw >> 40 & 15) == GATE_CALL16 ? 2 : emul_lma(e) ? 8 : 4;
	g->params = emul_lma(e) ? 0 : raw >> 32 & 31;
	g->sel = raw >> 16;
	g->rip = raw & 0xffff;
	if (g->size > 2)
		g->rip |= raw >> 48 << 16 | d->raw[1] << 32;
	return EMUL_OK;
}

/* the code segment behind a gate; only a call may go to a more privileged one */
static int check_gate_target(struct emul *e, const struct call_gate *g, bool call,
			     struct hv_segment *cs, struct emul_desc *d)
{
	int rc = emul_check_code(e, g->sel, cs, d);
	bool bad;

	if (rc && rc != EMUL_UNKNOWN)
		return rc;
	bad = rc == EMUL_UNKNOWN || emul_dpl(cs) > e->cpl ||
	      (!call && !(cs->attr & ATTR_CONFORMING) && emul_dpl(cs) != e->cpl) ||
	      (emul_lma(e) && !(cs->attr & SEG_ATTR_L));
	if (bad)
		return emul_raise_code(e, EXC_GP, g->sel & ~3);
	return check_present(e, cs);
}

/* SS:rSP of the caller and the arguments that lie there go to the inner stack */
static int push_caller(struct emul *e, struct emul_stack *s, const struct call_gate *g)
{
	unsigned int n = g->params, width = emul_stack_size(e);
	struct hv_segment ss;
	u64 val, sp;
	int rc;

	e->ops->get_segment(e, SEG_SS, &ss);
	rc = emul_push_on(e, s, ss.selector, g->size);
	if (!rc)
		rc = emul_push_on(e, s, e->regs[R_SP], g->size);
	while (!rc && n--) {
		sp = (e->regs[R_SP] + n * g->size) & emul_mask(width);
		rc = emul_load(e, SEG_SS, sp, g->size, &val);
		if (!rc)
			rc = emul_push_on(e, s, val, g->size);
	}
	return rc;
}

static int call_inward(struct emul *e, const struct call_gate *g, struct hv_segment *cs,
		       struct emul_desc *d, unsigned int cpl)
{
	struct emul_stack s = { .switched = true, .width = 8 };
	struct hv_segment old;
	int rc;

	rc = emul_lma(e) ? emul_tss64_stack(e, cpl, 0, &s) : emul_tss_stack(e, cpl, &s);
	if (!rc)
		rc = emul_check_rip(e, cs, g->rip);
	if (!rc)
		rc = push_caller(e, &s, g);
	e->ops->get_segment(e, SEG_CS, &old);
	if (!rc)
		rc = emul_push_on(e, &s, old.selector, g->size);
	if (!rc)
		rc = emul_push_on(e, &s, e->next_rip, g->size);
	if (!rc)
		rc = set_cs(e, cs, d, g->rip);
	if (!rc)
		rc = e->ops->set_segment(e, SEG_SS, &s.ss);
	emul_put_reg(e, R_SP, s.sp);
	return rc;
}

static int push_return(struct emul *e, unsigned int size)
{
	struct hv_segment cs;
	int rc;

	e->ops->get_segment(e, SEG_CS, &cs);
	rc = emul_push(e, cs.selector, size);
	return rc ? rc : emul_push(e, e->next_rip, size);
}

static int through_gate(struct emul *e, u16 sel, struct emul_desc *d, bool call)
{
	unsigned int cpl = e->cpl;
	struct call_gate g;
	struct hv_segment cs;
	struct emul_desc code;
	int rc;

	rc = read_call_gate(e, sel, d, &g);
	if (!rc)
		rc = check_gate_target(e, &g, call, &cs, &code);
	if (rc)
		return rc;
	if (!(cs.attr & ATTR_CONFORMING))
		cpl = emul_dpl(&cs);
	cs.selector = (g.sel & ~3) | cpl;
	if (cpl < e->cpl)
		return call_inward(e, &g, &cs, &code, cpl);
	rc = emul_check_rip(e, &cs, g.rip);
	if (!rc && call)
		rc = push_return(e, g.size);
	return rc ? rc : set_cs(e, &cs, &code, g.rip);
}

/* --- far jumps and calls --------------------------------------------------------- */

/* a jump or call to a call gate, a task gate or a TSS */
static int to_system(struct emul *e, u16 sel, const struct hv_segment *s, struct emul_desc *d,
		     bool call)
{
	u32 type = s->attr & SEG_ATTR_TYPE;
	int rc = check_system(e, sel, s);

	if (rc)
		return rc;
	if (type == GATE_CALL || type == GATE_CALL16)
		return through_gate(e, sel, d, call);
	if (type == GATE_TASK)
		sel = d->raw[0] >> 16;
	return emul_task_switch(e, sel, call ? EMUL_TASK_CALL : EMUL_TASK_JMP, NULL);
}

static int go_far(struct emul *e, bool call)
{
	struct hv_segment cs;
	struct emul_desc d;
	u16 sel;
	u64 rip;
	int rc;

	rc = far_pointer(e, &rip, &sel);
	if (rc)
		return rc;
	if (emul_protected(e)) {
		rc = check_jump(e, sel, rip, &cs, &d);
		if (rc == EMUL_UNKNOWN)
			return to_system(e, sel, &cs, &d, call);
	} else {
		emul_real_segment(e, SEG_CS, sel, &cs);
		rc = emul_check_rip(e, &cs, rip);
	}
	if (!rc && call)
		rc = push_return(e, e->insn.opsize);
	return rc ? rc : set_cs(e, &cs, &d, rip);
}

int exec_jmp_far(struct emul *e)
{
	return go_far(e, false);
}

int exec_call_far(struct emul *e)
{
	return go_far(e, true);
}

/* --- returns ------------------------------------------------------------------- */

/* the target of a return, at the privilege that RPL names */
static int check_return(struct emul *e, u16 sel, u64 rip, struct hv_segment *cs,
			struct emul_desc *d)
{
	unsigned int rpl = sel & 3;
	bool ok;
	int rc;

	rc = emul_check_code(e, sel, cs, d);
	if (rc == EMUL_UNKNOWN)		/* gates are no target of a return */
		return emul_raise_code(e, EXC_GP, sel & ~3);
	if (rc)
		return rc;
	if (cs->attr & ATTR_CONFORMING)
		ok = emul_dpl(cs) <= rpl;
	else
		ok = emul_dpl(cs) == rpl;
	if (rpl < e->cpl || !ok)
		return emul_raise_code(e, EXC_GP, sel & ~3);
	rc = check_present(e, cs);
	return rc ? rc : emul_check_rip(e, cs, rip);
}

/*
 * Segments that the less privileged code must not keep become null (SDM 3A, 5.8.6)
 */
static int drop_segments(struct emul *e, unsigned int cpl)
{
	static const u8 segs[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	struct hv_segment s;
	unsigned int n;
	int rc;

	for (n = 0; n < ARRAY_SIZE(segs); n++) {
		e->ops->get_segment(e, segs[n], &s);
		if (s.attr & SEG_ATTR_UNUSABLE || emul_dpl(&s) >= cpl ||
		    (s.attr & (ATTR_CODE | ATTR_CONFORMING)) == (ATTR_CODE | ATTR_CONFORMING))
			continue;
		s.selector = 0;
		s.attr |= SEG_ATTR_UNUSABLE;
		rc = e->ops->set_segment(e, segs[n], &s);
		if (rc)
			return rc;
	}
	return EMUL_OK;
}

/* the outer stack of a return; null is allowed to 64-bit code above CPL 3 */
static int check_outer_stack(struct emul *e, u16 sel, const struct hv_segment *cs,
			     struct hv_segment *ss, struct emul_desc *d)
{
	unsigned int cpl = cs->selector & 3;

	d->la = 0;
	if (sel & ~3)
		return emul_check_stack(e, sel, cpl, EXC_GP, ss, d);
	if (!emul_lma(e) || !(cs->attr & SEG_ATTR_L) || cpl == 3 || sel != cpl)
		return emul_raise_code(e, EXC_GP, 0);
	*ss = (struct hv_segment){
		.selector = sel,
		.attr = SEG_ATTR_UNUSABLE | cpl << SEG_ATTR_DPL_SHIFT,
	};
	return EMUL_OK;
}

/* bytes of a stack pointer in @ss under code in @cs */
static unsigned int stack_width(struct emul *e, const struct hv_segment *cs,
				const struct hv_segment *ss)
{
	if (emul_lma(e) && cs->attr & SEG_ATTR_L)
		return 8;
	return ss->attr & SEG_ATTR_DB ? 4 : 2;
}

/* pop SS:rSP and go to @cs:@rip with it; @drop more bytes of arguments go first */
static int return_outer(struct emul *e, const struct hv_segment *cs, struct emul_desc *cs_desc,
			u64 rip, unsigned int drop)
{
	unsigned int size = e->insn.opsize, width;
	struct hv_segment ss;
	struct emul_desc d;
	u64 sp, sel;
	int rc;

	rc = emul_pop(e, &sp, size);
	if (!rc)
		rc = emul_pop(e, &sel, size);
	if (!rc)
		rc = check_outer_stack(e, sel, cs, &ss, &d);
	if (!rc && d.la)
		rc = emul_mark_desc(e, &d, ATTR_ACCESSED);
	if (!rc)
		rc = set_cs(e, cs, cs_desc, rip);
	if (!rc)
		rc = e->ops->set_segment(e, SEG_SS, &ss);
	if (!rc)
		rc = drop_segments(e, cs->selector & 3);
	if (rc)
		return rc;
	width = stack_width(e, cs, &ss);
	emul_put_reg(e, R_SP, emul_merge(e->regs[R_SP], sp + drop, width));
	return EMUL_OK;
}

int exec_ret_far(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	struct hv_segment cs;
	struct emul_desc d;
	u64 rip, sel;
	int rc;

	rc = emul_pop(e, &rip, size);
	if (!rc)
		rc = emul_pop(e, &sel, size);
	if (rc)
		return rc;
	emul_drop_stack(e, e->insn.imm);
	if (!emul_protected(e)) {
		emul_real_segment(e, SEG_CS, sel, &cs);
		rc = emul_check_rip(e, &cs, rip);
		return rc ? rc : set_cs(e, &cs, &d, rip);
	}
	rc = check_return(e, sel, rip, &cs, &d);
	if (rc)
		return rc;
	if ((sel & 3) > e->cpl)
		return return_outer(e, &cs, &d, rip, e->insn.imm);
	return set_cs(e, &cs, &d, rip);
}

/* --- IRET -------------------------------------------------------------------------- */

static int iret_real(struct emul *e, u64 rip, u16 sel, u64 flags)
{
	struct hv_segment cs;
	u64 keep = e->mode == EMUL_VM86 ? X86_EFLAGS_IOPL : 0;
	int rc;

	emul_real_segment(e, SEG_CS, sel, &cs);
	rc = emul_check_rip(e, &cs, rip);
	if (rc)
		return rc;
	/* in virtual-8086 mode IOPL is 3, so IF may change: SDM 3B, 21.2.7 */
	e->flags = emul_new_flags(e, flags, e->insn.opsize, keep ? 3 : 0, X86_EFLAGS_RF);
	return set_cs(e, &cs, NULL, rip);
}

/* to virtual-8086 mode: ESP, SS, ES, DS, FS and GS follow on the stack */
static int iret_vm86(struct emul *e, u64 rip, u16 sel, u64 flags)
{
	static const u8 order[] = { SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	u64 esp, val[ARRAY_SIZE(order)];
	struct hv_segment s = { .limit = 0xffff, .attr = 0xf3 };
	unsigned int n;
	int rc;

	rc = emul_pop(e, &esp, 4);
	for (n = 0; !rc && n < ARRAY_SIZE(order); n++)
		rc = emul_pop(e, &val[n], 4);
	if (rc)
		return rc;
	if (rip > 0xffff)
		return emul_raise_code(e, EXC_GP, 0);
	s.selector = sel;
	s.base = (u32)sel << 4;
	rc = e->ops->set_segment(e, SEG_CS, &s);
	for (n = 0; !rc && n < ARRAY_SIZE(order); n++) {
		s.selector = val[n];
		s.base = (u32)s.selector << 4;
		rc = e->ops->set_segment(e, order[n], &s);
	}
	e->flags = emul_new_flags(e, flags, 4, 0, X86_EFLAGS_RF | X86_EFLAGS_VM |
				  X86_EFLAGS_VIF | X86_EFLAGS_VIP);
	e->next_rip = rip;
	emul_put_reg(e, R_SP, (u32)esp);
	return rc;
}

static int iret_protected(struct emul *e, u64 rip, u16 sel, u64 flags)
{
	unsigned int cpl = e->cpl;
	struct hv_segment cs;
	struct emul_desc d;
	u64 extra = X86_EFLAGS_RF;
	int rc;

	rc = check_return(e, sel, rip, &cs, &d);
	if (rc)
		return rc;
	if (!cpl)
		extra |= X86_EFLAGS_VIF | X86_EFLAGS_VIP;
	e->flags = emul_new_flags(e, flags, e->insn.opsize, cpl, extra);
	if ((sel & 3) > cpl || e->mode == EMUL_LONG)
		return return_outer(e, &cs, &d, rip, 0);
	return set_cs(e, &cs, &d, rip);
}

int exec_iret(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 rip, sel, flags;
	int rc;

	if (e->mode == EMUL_VM86 && EFL_IOPL(e->flags) < 3)
		return emul_raise_code(e, EXC_GP, 0);
	if (emul_protected(e) && e->flags & X86_EFLAGS_NT)
		return emul_lma(e) ? emul_raise_code(e, EXC_GP, 0) : emul_task_return(e);
	rc = emul_pop(e, &rip, size);
	if (!rc)
		rc = emul_pop(e, &sel, size);
	if (!rc)
		rc = emul_pop(e, &flags, size);
	if (rc)
		return rc;
	if (!emul_protected(e))
		return iret_real(e, rip, sel, flags);
	if (size == 4 && flags & X86_EFLAGS_VM && !e->cpl && !emul_lma(e))
		return iret_vm86(e, rip, sel, flags);
	return iret_protected(e, rip, sel, flags);
}


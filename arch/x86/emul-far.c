// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control transfer between segments: far jumps, calls and returns, IRET (SDM 2A:
 * JMP, CALL, RET, IRET; 3A, 5.8), and the delivery of interrupts and exceptions
 * through the IVT or the IDT (3A, 6.10 to 6.14, 21.1.4).
 *
 * Call gates, task gates, TSS descriptors and IRET with NT are EMUL_UNKNOWN: no
 * system that is met here uses them.
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
 * Return: EMUL_UNKNOWN for system descriptors that are not handled.
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
	u64 val;
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

/* where a far jump or call leads: the checked segment */
static int far_target(struct emul *e, u64 *rip, struct hv_segment *cs, struct emul_desc *d)
{
	u16 sel;
	int rc;

	rc = far_pointer(e, rip, &sel);
	if (rc)
		return rc;
	if (emul_protected(e))
		return check_jump(e, sel, *rip, cs, d);
	emul_real_segment(e, SEG_CS, sel, cs);
	return emul_check_rip(e, cs, *rip);
}

int exec_jmp_far(struct emul *e)
{
	struct hv_segment cs;
	struct emul_desc d;
	u64 rip;
	int rc = far_target(e, &rip, &cs, &d);

	return rc ? rc : set_cs(e, &cs, &d, rip);
}

int exec_call_far(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 ret = e->next_rip, rip;
	struct hv_segment cs, old;
	struct emul_desc d;
	int rc;

	rc = far_target(e, &rip, &cs, &d);
	if (rc)
		return rc;
	e->ops->get_segment(e, SEG_CS, &old);
	rc = emul_push(e, old.selector, size);
	if (!rc)
		rc = emul_push(e, ret, size);
	return rc ? rc : set_cs(e, &cs, &d, rip);
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
		return emul_lma(e) ? emul_raise_code(e, EXC_GP, 0) : EMUL_UNKNOWN;
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

/* --- interrupts and exceptions ------------------------------------------------------ */

/* a stack that is not that of the registers yet */
struct stack {
	struct hv_segment ss;
	u64 sp;
	unsigned int width;	/* bytes of sp that count */
	bool switched;
};

/* an entry of the IDT */
struct gate {
	u64 rip;
	u16 sel;
	u8 type, dpl, ist;
	bool present;
};

/* error code of a fault about an IDT entry: SDM 3A, 6.13 */
static u32 idt_code(u8 vector, bool external)
{
	return vector * 8u | 2 | external;
}

static int deliver_real(struct emul *e, u8 vector)
{
	struct hv_segment cs, old;
	struct hv_table idt;
	u32 entry = 0;
	int rc;

	e->ops->get_table(e, true, &idt);
	if (vector * 4u + 3 > idt.limit)
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_read(e, idt.base + vector * 4u, &entry, 4, EMUL_USER_IMPLICIT_SYSTEM);
	if (rc)
		return rc;
	e->ops->get_segment(e, SEG_CS, &old);
	rc = emul_push(e, e->flags, 2);
	if (!rc)
		rc = emul_push(e, old.selector, 2);
	if (!rc)
		rc = emul_push(e, e->next_rip, 2);
	if (rc)
		return rc;
	emul_real_segment(e, SEG_CS, entry >> 16, &cs);
	rc = emul_check_rip(e, &cs, (u16)entry);
	if (rc)
		return rc;
	e->next_rip = (u16)entry;
	e->flags &= ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_AC | X86_EFLAGS_RF);
	return e->ops->set_segment(e, SEG_CS, &cs);
}

static int read_gate(struct emul *e, u8 vector, bool external, struct gate *g)
{
	unsigned int size = emul_lma(e) ? 16 : 8;
	struct hv_table idt;
	u64 raw[2] = {};
	int rc;

	e->ops->get_table(e, true, &idt);
	if (vector * size + size - 1 > idt.limit)
		return emul_raise_code(e, EXC_GP, idt_code(vector, external));
	rc = emul_read(e, idt.base + vector * size, raw, size, EMUL_USER_IMPLICIT_SYSTEM);
	if (rc)
		return rc;
	g->rip = (raw[0] & 0xffff) | (raw[0] >> 48) << 16 | raw[1] << 32;
	g->sel = raw[0] >> 16;
	g->type = raw[0] >> 40 & 31;
	g->dpl = raw[0] >> 45 & 3;
	g->present = raw[0] >> 47 & 1;
	g->ist = emul_lma(e) ? raw[0] >> 32 & 7 : 0;
	return EMUL_OK;
}

/* gate types: 16-bit 6 and 7, 32- or 64-bit 14 and 15; odd ones are trap gates */
static int check_gate(struct emul *e, u8 vector, enum emul_event event, struct gate *g)
{
	bool external = event == EMUL_EV_HARDWARE;
	bool known = (g->type & ~1) == 14 || (!emul_lma(e) && (g->type & ~1) == 6);

	if (g->type == 5 && !emul_lma(e))
		return EMUL_UNKNOWN;
	if (!known || (!external && g->dpl < e->cpl))
		return emul_raise_code(e, EXC_GP, idt_code(vector, external));
	if (!g->present)
		return emul_raise_code(e, EXC_NP, idt_code(vector, external));
	if (!(g->type & 8))
		g->rip &= 0xffff;
	return EMUL_OK;
}

/* the handler's code segment, never less privileged than the interrupted code */
static int check_handler(struct emul *e, const struct gate *g, bool external,
			 struct hv_segment *cs, struct emul_desc *d)
{
	int rc = emul_check_code(e, g->sel, cs, d);

	if (rc == EMUL_UNKNOWN || (!rc && emul_dpl(cs) > e->cpl))
		return emul_raise_code(e, EXC_GP, (g->sel & ~3) | external);
	if (rc)
		return rc;
	if (emul_lma(e) && !(cs->attr & SEG_ATTR_L))
		return emul_raise_code(e, EXC_GP, (g->sel & ~3) | external);
	if (!(cs->attr & SEG_ATTR_P))
		return emul_raise_code(e, EXC_NP, (g->sel & ~3) | external);
	return emul_check_rip(e, cs, g->rip);
}

static int read_tss(struct emul *e, const struct hv_segment *tr, u32 at, void *buf, unsigned int n)
{
	if (at + n - 1 > tr->limit)
		return emul_raise_code(e, EXC_TS, tr->selector & ~3);
	return emul_read(e, tr->base + at, buf, n, EMUL_USER_IMPLICIT_SYSTEM);
}

/* SDM 3A, 7.7: RSP0-2 and the IST in the 64-bit TSS; SS becomes null */
static int tss64_stack(struct emul *e, unsigned int cpl, unsigned int ist, struct stack *s)
{
	u32 at = ist ? 0x24 + 8 * (ist - 1) : 4 + 8 * cpl;
	struct hv_segment tr;
	int rc;

	e->ops->get_segment(e, SEG_TR, &tr);
	rc = read_tss(e, &tr, at, &s->sp, 8);
	if (rc)
		return rc;
	s->ss = (struct hv_segment){
		.selector = cpl,
		.attr = SEG_ATTR_UNUSABLE | cpl << SEG_ATTR_DPL_SHIFT,
	};
	return EMUL_OK;
}

/* SDM 3A, 7.2.1 and 7.6 */
static int tss_stack(struct emul *e, unsigned int cpl, struct stack *s)
{
	unsigned int n;
	struct hv_segment tr;
	struct emul_desc d;
	u16 sel = 0;
	int rc;

	e->ops->get_segment(e, SEG_TR, &tr);
	n = tr.attr & 8 ? 4 : 2;	/* a 32- or a 16-bit TSS */
	s->sp = 0;
	rc = read_tss(e, &tr, n + 2 * n * cpl, &s->sp, n);
	if (!rc)
		rc = read_tss(e, &tr, 2 * n + 2 * n * cpl, &sel, 2);
	if (!rc)
		rc = emul_check_stack(e, sel, cpl, EXC_TS, &s->ss, &d);
	if (!rc)
		rc = emul_mark_desc(e, &d, ATTR_ACCESSED);
	s->width = s->ss.attr & SEG_ATTR_DB ? 4 : 2;
	return rc;
}

/* the stack of a handler at @cpl */
static int choose_stack(struct emul *e, unsigned int cpl, unsigned int ist, struct stack *s)
{
	int rc = EMUL_OK;

	s->switched = cpl != e->cpl || e->mode == EMUL_VM86;
	s->width = emul_lma(e) ? 8 : emul_stack_size(e);
	if (emul_lma(e) && (s->switched || ist)) {
		rc = tss64_stack(e, cpl, ist, s);
		s->switched = cpl != e->cpl;
	} else if (s->switched) {
		rc = tss_stack(e, cpl, s);
	} else {
		e->ops->get_segment(e, SEG_SS, &s->ss);
		s->sp = e->regs[R_SP];
	}
	if (emul_lma(e))
		s->sp &= ~15ULL;
	return rc;
}

static int push_on(struct emul *e, struct stack *s, u64 val, unsigned int size)
{
	u64 sp = (s->sp - size) & emul_mask(s->width);
	bool ok;
	u64 la;

	if (emul_lma(e)) {
		ok = emul_canonical(sp);
		la = sp;
	} else {
		u64 last = sp + size - 1, max = s->width == 4 ? 0xffffffff : 0xffff;

		ok = s->ss.attr & 4 ? sp > s->ss.limit && last <= max : last <= s->ss.limit;
		la = (u32)(s->ss.base + sp);
	}
	if (!ok)
		return emul_raise_code(e, EXC_SS, s->switched ? s->ss.selector & ~3 : 0);
	s->sp = emul_merge(s->sp, sp, s->width);
	return emul_write(e, la, &val, size, EMUL_USER_IMPLICIT_SYSTEM);
}

/* what the handler finds: [GS FS DS ES] [SS SP] FLAGS CS IP [error code] */
static int push_frame(struct emul *e, struct stack *s, unsigned int size,
		      const struct hv_exception *exc)
{
	static const u8 order[] = { SEG_GS, SEG_FS, SEG_DS, SEG_ES };
	struct hv_segment seg;
	unsigned int n;
	int rc = EMUL_OK;

	for (n = 0; e->mode == EMUL_VM86 && !rc && n < ARRAY_SIZE(order); n++) {
		e->ops->get_segment(e, order[n], &seg);
		rc = push_on(e, s, seg.selector, size);
	}
	if (!rc && (s->switched || emul_lma(e))) {
		e->ops->get_segment(e, SEG_SS, &seg);
		rc = push_on(e, s, seg.selector, size);
		if (!rc)
			rc = push_on(e, s, e->regs[R_SP], size);
	}
	if (!rc)
		rc = push_on(e, s, e->flags, size);
	e->ops->get_segment(e, SEG_CS, &seg);
	if (!rc)
		rc = push_on(e, s, seg.selector, size);
	if (!rc)
		rc = push_on(e, s, e->next_rip, size);
	if (!rc && exc && exc->has_error)
		rc = push_on(e, s, exc->error, size);
	return rc;
}

/* everything is checked and pushed: the new segments and flags */
static int enter(struct emul *e, const struct gate *g, struct hv_segment *cs, unsigned int cpl,
		 const struct stack *s)
{
	static const u8 data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	const struct hv_segment null = { .attr = SEG_ATTR_UNUSABLE };
	unsigned int n;
	int rc;

	cs->selector = (g->sel & ~3) | cpl;
	rc = e->ops->set_segment(e, SEG_CS, cs);
	if (!rc && s->switched)
		rc = e->ops->set_segment(e, SEG_SS, &s->ss);
	for (n = 0; e->mode == EMUL_VM86 && !rc && n < ARRAY_SIZE(data); n++)
		rc = e->ops->set_segment(e, data[n], &null);
	emul_put_reg(e, R_SP, s->sp);
	e->next_rip = g->rip;
	e->flags &= ~(u64)(X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM);
	if (!(g->type & 1))
		e->flags &= ~(u64)X86_EFLAGS_IF;
	return rc;
}

static int deliver_protected(struct emul *e, u8 vector, enum emul_event event,
			     const struct hv_exception *exc)
{
	bool external = event == EMUL_EV_HARDWARE;
	struct hv_segment cs;
	struct emul_desc d;
	struct stack s = {};
	struct gate g;
	unsigned int cpl, size;
	int rc;

	rc = read_gate(e, vector, external, &g);
	if (!rc)
		rc = check_gate(e, vector, event, &g);
	if (!rc)
		rc = check_handler(e, &g, external, &cs, &d);
	if (rc)
		return rc;
	cpl = cs.attr & ATTR_CONFORMING ? e->cpl : emul_dpl(&cs);
	if (e->mode == EMUL_VM86 && cpl)
		return emul_raise_code(e, EXC_GP, (g.sel & ~3) | external);
	size = emul_lma(e) ? 8 : g.type & 8 ? 4 : 2;
	rc = choose_stack(e, cpl, g.ist, &s);
	if (!rc)
		rc = push_frame(e, &s, size, exc);
	if (!rc)
		rc = emul_mark_desc(e, &d, ATTR_ACCESSED);
	return rc ? rc : enter(e, &g, &cs, cpl, &s);
}

/**
 * emul_deliver() - emul_interrupt() inside an instruction
 * @e: the instruction; the handler returns to e->next_rip
 * @vector: of the table
 * @event: who asks
 * @exc: for an error code, else NULL
 */
int emul_deliver(struct emul *e, u8 vector, enum emul_event event,
		 const struct hv_exception *exc)
{
	if (!(e->cr0 & X86_CR0_PE))
		return deliver_real(e, vector);
	return deliver_protected(e, vector, event, exc);
}

/* INT n, INT3 (row->arg is the vector) */
int exec_int(struct emul *e)
{
	u8 vector = e->insn.row->arg ? e->insn.row->arg : e->insn.imm;

	if (e->mode == EMUL_VM86 && !e->insn.row->arg && EFL_IOPL(e->flags) < 3)
		return emul_raise_code(e, EXC_GP, 0);
	return emul_deliver(e, vector, EMUL_EV_SOFTWARE, NULL);
}

int exec_into(struct emul *e)
{
	if (!(e->flags & X86_EFLAGS_OF))
		return EMUL_OK;
	return emul_deliver(e, EXC_OF, EMUL_EV_SOFTWARE, NULL);
}

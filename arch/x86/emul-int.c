// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delivery of interrupts and exceptions through the IVT or the IDT (SDM 3A,
 * 6.10 to 6.14, 21.1.4), and the stacks of more privileged code.
 */
#include "emul-core.h"

#define GATE_TASK	5

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
	bool known = (g->type & ~1) == 14 ||
		     (!emul_lma(e) && ((g->type & ~1) == 6 || g->type == GATE_TASK));

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
int emul_tss64_stack(struct emul *e, unsigned int cpl, unsigned int ist, struct emul_stack *s)
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
int emul_tss_stack(struct emul *e, unsigned int cpl, struct emul_stack *s)
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
static int choose_stack(struct emul *e, unsigned int cpl, unsigned int ist, struct emul_stack *s)
{
	int rc = EMUL_OK;

	s->switched = cpl != e->cpl || e->mode == EMUL_VM86;
	s->width = emul_lma(e) ? 8 : emul_stack_size(e);
	if (emul_lma(e) && (s->switched || ist)) {
		rc = emul_tss64_stack(e, cpl, ist, s);
		s->switched = cpl != e->cpl;
	} else if (s->switched) {
		rc = emul_tss_stack(e, cpl, s);
	} else {
		e->ops->get_segment(e, SEG_SS, &s->ss);
		s->sp = e->regs[R_SP];
	}
	if (emul_lma(e))
		s->sp &= ~15ULL;
	return rc;
}

int emul_push_on(struct emul *e, struct emul_stack *s, u64 val, unsigned int size)
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
static int push_frame(struct emul *e, struct emul_stack *s, unsigned int size,
		      const struct hv_exception *exc)
{
	static const u8 order[] = { SEG_GS, SEG_FS, SEG_DS, SEG_ES };
	struct hv_segment seg;
	unsigned int n;
	int rc = EMUL_OK;

	for (n = 0; e->mode == EMUL_VM86 && !rc && n < ARRAY_SIZE(order); n++) {
		e->ops->get_segment(e, order[n], &seg);
		rc = emul_push_on(e, s, seg.selector, size);
	}
	if (!rc && (s->switched || emul_lma(e))) {
		e->ops->get_segment(e, SEG_SS, &seg);
		rc = emul_push_on(e, s, seg.selector, size);
		if (!rc)
			rc = emul_push_on(e, s, e->regs[R_SP], size);
	}
	if (!rc)
		rc = emul_push_on(e, s, e->flags, size);
	e->ops->get_segment(e, SEG_CS, &seg);
	if (!rc)
		rc = emul_push_on(e, s, seg.selector, size);
	if (!rc)
		rc = emul_push_on(e, s, e->next_rip, size);
	if (!rc && exc && exc->has_error)
		rc = emul_push_on(e, s, exc->error, size);
	return rc;
}

/* everything is checked and pushed: the new segments and flags */
static int enter(struct emul *e, const struct gate *g, struct hv_segment *cs, unsigned int cpl,
		 const struct emul_stack *s)
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
	struct emul_stack s = {};
	struct gate g;
	unsigned int cpl, size;
	int rc;

	rc = read_gate(e, vector, external, &g);
	if (!rc)
		rc = check_gate(e, vector, event, &g);
	if (!rc && g.type == GATE_TASK)
		return emul_task_switch(e, g.sel, external ? EMUL_TASK_EVENT : EMUL_TASK_INT, exc);
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

/* INT1: delivered as a hardware event, whatever the gate's DPL; DR6 stays (SDM 2A, INT) */
int exec_int1(struct emul *e)
{
	return emul_deliver(e, EXC_DB, EMUL_EV_HARDWARE, NULL);
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

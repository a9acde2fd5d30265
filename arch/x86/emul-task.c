// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware task switches (SDM 3A, chapter 8), between TSSs of 32 and of 16 bits.
 *
 * Everything that can fail in the old task is looked at before anything changes.
 * Then the registers are the new task's, and a fault in the loading of its segments
 * is that of its first instruction: EMUL_FAULT with e->late.
 */
#include "emul-core.h"

#define TYPE_LDT	2
#define TYPE_BUSY	2		/* bit of a TSS descriptor's type */
#define TYPE_32		8		/* likewise */

#define FLAGS_KNOWN	(EFL_ARITH | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | \
			 X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM | \
			 X86_EFLAGS_AC | X86_EFLAGS_VIF | X86_EFLAGS_VIP | X86_EFLAGS_ID)

/* where things are in a TSS: SDM 3A, figures 8-2 and 8-10 */
struct tss_format {
	u8 size, word;
	u8 cr3, ip, flags, regs, segs, ldt, trap;	/* cr3, trap 0: none */
	u8 n_segs;
	u8 saved, saved_end;		/* what a switch writes into the old one */
};

static const struct tss_format tss16 = {
	.size = 44, .word = 2, .ip = 0x0e, .flags = 0x10, .regs = 0x12, .segs = 0x22,
	.ldt = 0x2a, .n_segs = 4, .saved = 0x0e, .saved_end = 0x2a,
};

static const struct tss_format tss32 = {
	.size = 104, .word = 4, .cr3 = 0x1c, .ip = 0x20, .flags = 0x24, .regs = 0x28,
	.segs = 0x48, .ldt = 0x60, .trap = 0x64, .n_segs = 6, .saved = 0x20, .saved_end = 0x60,
};

/* the switch under way */
struct task {
	enum emul_task how;
	u32 ext;			/* EXT of error codes */
	struct hv_segment old_tr, tr;
	struct emul_desc old_desc, desc;
	const struct tss_format *old_format, *format;
	u8 tss[104];			/* the new one */
};

static const struct tss_format *format_of(const struct hv_segment *tr)
{
	return tr->attr & TYPE_32 ? &tss32 : &tss16;
}

static u32 field(const struct task *t, unsigned int at, unsigned int size)
{
	u32 v = 0;

	memcpy(&v, t->tss + at, size);
	return v;
}

static int fault(struct emul *e, const struct task *t, u8 vector, u16 sel)
{
	return emul_raise_code(e, vector, (sel & ~3u) | t->ext);
}

/* --- before anything changes ----------------------------------------------------- */

/* 8.3, steps 2 to 5; the privilege was checked where the gate or descriptor was read */
static int check_tss(struct emul *e, struct task *t, u16 sel)
{
	bool back = t->how == EMUL_TASK_IRET;
	u8 vector = back ? EXC_TS : EXC_GP;
	u32 type;
	int rc;

	if (sel & 4 || !(sel & ~3))
		return fault(e, t, vector, sel);
	rc = emul_read_desc(e, sel, vector, &t->desc);
	if (rc) {
		e->exc.error |= rc == EMUL_FAULT && e->exc.vector == vector ? t->ext : 0;
		return rc;
	}
	emul_parse_desc(&t->tr, sel, &t->desc);
	type = t->tr.attr & (SEG_ATTR_S | SEG_ATTR_TYPE);
	if ((type & ~TYPE_32) != (back ? 1 | TYPE_BUSY : 1))
		return fault(e, t, vector, sel);
	if (!(t->tr.attr & SEG_ATTR_P))
		return fault(e, t, EXC_NP, sel);
	t->format = format_of(&t->tr);
	if (t->tr.limit < t->format->size - 1)
		return fault(e, t, EXC_TS, sel);
	return EMUL_OK;
}

static int probe(struct emul *e, u64 la, unsigned int n)
{
	unsigned int part;
	int rc = EMUL_OK;

	for (; n && !rc; n -= part, la += part) {
		part = min(n, 64u);
		rc = e->ops->write(e, (u32)la, NULL, part, EMUL_PROBE | EMUL_USER_IMPLICIT_SYSTEM);
	}
	return rc;
}

/* step 6: all that is read or written is there */
static int check_memory(struct emul *e, struct task *t)
{
	const struct tss_format *old = t->old_format;
	struct hv_table gdt;
	int rc;

	e->ops->get_table(e, false, &gdt);
	t->old_desc.la = (u32)(gdt.base + (t->old_tr.selector & ~7u));
	rc = emul_read(e, t->old_desc.la, t->old_desc.raw, 8, EMUL_USER_IMPLICIT_SYSTEM);
	if (!rc)
		rc = probe(e, t->old_tr.base + old->saved, old->saved_end - old->saved);
	if (!rc && (t->how == EMUL_TASK_JMP || t->how == EMUL_TASK_IRET))
		rc = probe(e, t->old_desc.la + 5, 1);
	if (!rc && t->how != EMUL_TASK_IRET)
		rc = probe(e, t->desc.la + 5, 1);
	if (!rc && t->how != EMUL_TASK_IRET && t->how != EMUL_TASK_JMP)
		rc = probe(e, t->tr.base, 2);
	if (!rc)
		rc = emul_read(e, (u32)t->tr.base, t->tss, t->format->size / 2,
			       EMUL_USER_IMPLICIT_SYSTEM);
	if (!rc)
		rc = emul_read(e, (u32)(t->tr.base + t->format->size / 2),
			       t->tss + t->format->size / 2, t->format->size / 2,
			       EMUL_USER_IMPLICIT_SYSTEM);
	return rc;
}

/* --- the old task ------------------------------------------------------------------ */

static int save_registers(struct emul *e, const struct task *t)
{
	const struct tss_format *f = t->old_format;
	u64 flags = e->flags;
	struct hv_segment s;
	u8 image[104];
	unsigned int n, size = f->saved_end - f->saved, part;
	int rc;

	if (t->how == EMUL_TASK_IRET)
		flags &= ~(u64)X86_EFLAGS_NT;
	/* the upper halves of the selectors' words are reserved, and stay */
	rc = emul_read(e, (u32)(t->old_tr.base + f->segs), image + f->segs,
		       f->saved_end - f->segs, EMUL_USER_IMPLICIT_SYSTEM);
	memcpy(image + f->ip, &e->next_rip, f->word);
	memcpy(image + f->flags, &flags, f->word);
	for (n = 0; n < 8; n++)
		memcpy(image + f->regs + n * f->word, &e->regs[n], f->word);
	for (n = 0; n < f->n_segs; n++) {
		e->ops->get_segment(e, n, &s);
		memcpy(image + f->segs + n * f->word, &s.selector, 2);
	}
	for (n = 0; n < size && !rc; n += part) {
		part = min(size - n, 64u);
		rc = emul_write(e, (u32)(t->old_tr.base + f->saved + n), image + f->saved + n,
				part, EMUL_USER_IMPLICIT_SYSTEM);
	}
	return rc;
}

static int set_busy(struct emul *e, struct emul_desc *d, bool busy)
{
	u8 access = d->raw[0] >> 40;

	access = busy ? access | TYPE_BUSY : access & ~TYPE_BUSY;
	return emul_write(e, d->la + 5, &access, 1, EMUL_USER_IMPLICIT_SYSTEM);
}

/* steps 7 to 12 */
static int leave_old(struct emul *e, struct task *t)
{
	bool nested = t->how != EMUL_TASK_JMP && t->how != EMUL_TASK_IRET;
	u16 link = t->old_tr.selector;
	int rc = EMUL_OK;

	if (!nested)
		rc = set_busy(e, &t->old_desc, false);
	if (!rc)
		rc = save_registers(e, t);
	if (!rc && nested)
		rc = emul_write(e, (u32)t->tr.base, &link, 2, EMUL_USER_IMPLICIT_SYSTEM);
	if (!rc && t->how != EMUL_TASK_IRET)
		rc = set_busy(e, &t->desc, true);
	return rc;
}

/* --- the new task -------------------------------------------------------------------- */

static int load_ldt(struct emul *e, const struct task *t)
{
	u16 sel = field(t, t->format->ldt, 2);
	struct hv_segment s = { .selector = sel, .attr = SEG_ATTR_UNUSABLE };
	struct emul_desc d;
	int rc;

	e->ops->set_segment(e, SEG_LDTR, &s);
	if (!(sel & ~3))
		return EMUL_OK;
	if (sel & 4)
		return fault(e, t, EXC_TS, sel);
	rc = emul_read_desc(e, sel, EXC_TS, &d);
	if (rc)
		return rc;
	emul_parse_desc(&s, sel, &d);
	if ((s.attr & (SEG_ATTR_S | SEG_ATTR_TYPE)) != TYPE_LDT || !(s.attr & SEG_ATTR_P))
		return fault(e, t, EXC_TS, sel);
	return e->ops->set_segment(e, SEG_LDTR, &s);
}

static int load_code(struct emul *e, const struct task *t, u16 sel, struct hv_segment *s,
		     struct emul_desc *d)
{
	bool ok;
	int rc;

	if (!(sel & ~3))
		return fault(e, t, EXC_TS, sel);
	rc = emul_read_desc(e, sel, EXC_TS, d);
	if (rc)
		return rc;
	emul_parse_desc(s, sel, d);
	ok = (s->attr & (SEG_ATTR_S | ATTR_CODE)) == (SEG_ATTR_S | ATTR_CODE);
	if (s->attr & ATTR_CONFORMING)
		ok &= emul_dpl(s) <= (sel & 3);
	else
		ok &= emul_dpl(s) == (sel & 3);
	if (!ok)
		return fault(e, t, EXC_TS, sel);
	if (!(s->attr & SEG_ATTR_P))
		return fault(e, t, EXC_NP, sel);
	s->attr |= ATTR_ACCESSED;
	return EMUL_OK;
}

static int load_data(struct emul *e, const struct task *t, u16 sel, unsigned int cpl,
		     struct hv_segment *s, struct emul_desc *d)
{
	u32 kind;
	int rc;

	rc = emul_read_desc(e, sel, EXC_TS, d);
	if (rc)
		return rc;
	emul_parse_desc(s, sel, d);
	kind = s->attr & (ATTR_CODE | ATTR_RW);
	if (!(s->attr & SEG_ATTR_S) || kind == ATTR_CODE)
		return fault(e, t, EXC_TS, sel);
	if ((s->attr & (ATTR_CODE | ATTR_CONFORMING)) != (ATTR_CODE | ATTR_CONFORMING) &&
	    ((sel & 3) > emul_dpl(s) || cpl > emul_dpl(s)))
		return fault(e, t, EXC_TS, sel);
	if (!(s->attr & SEG_ATTR_P))
		return fault(e, t, EXC_NP, sel);
	s->attr |= ATTR_ACCESSED;
	return EMUL_OK;
}

static int load_segment(struct emul *e, const struct task *t, unsigned int seg, u16 sel,
			unsigned int cpl)
{
	struct hv_segment s;
	struct emul_desc d;
	int rc;

	if (seg == SEG_CS)
		rc = load_code(e, t, sel, &s, &d);
	else if (seg == SEG_SS)
		rc = emul_check_stack(e, sel, cpl, EXC_TS, &s, &d);
	else if (sel & ~3)
		rc = load_data(e, t, sel, cpl, &s, &d);
	else
		return EMUL_OK;		/* it is null already */
	if (rc) {
		if (rc == EMUL_FAULT && e->exc.vector != EXC_PF)
			e->exc.error |= t->ext;
		return rc;
	}
	rc = emul_mark_desc(e, &d, ATTR_ACCESSED);
	return rc ? rc : e->ops->set_segment(e, seg, &s);
}

/* selectors without descriptors: what a fault on the way finds */
static void bare_segments(struct emul *e, const struct task *t, bool vm86)
{
	const struct tss_format *f = t->format;
	unsigned int n, cpl = field(t, f->segs + SEG_CS * f->word, 2) & 3;
	struct hv_segment s;

	for (n = 0; n <= SEG_GS; n++) {
		s = (struct hv_segment){ .attr = SEG_ATTR_UNUSABLE };
		s.selector = n < f->n_segs ? field(t, f->segs + n * f->word, 2) : 0;
		if (vm86) {
			s.base = (u32)s.selector << 4;
			s.limit = 0xffff;
			s.attr = 0xf3;
		} else if (n == SEG_CS || n == SEG_SS) {
			s.limit = 0xffffffff;
			s.attr = (n == SEG_CS ? 0xc09b : 0xc093) | cpl << SEG_ATTR_DPL_SHIFT;
		}
		e->ops->set_segment(e, n, &s);
	}
}

/* SDM 3A, 8.3: LDTR first, then CS, SS and the rest in the order of the TSS */
static int load_segments(struct emul *e, const struct task *t)
{
	static const u8 order[] = { SEG_CS, SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	const struct tss_format *f = t->format;
	unsigned int n, seg, cpl = field(t, f->segs + SEG_CS * f->word, 2) & 3;
	int rc = load_ldt(e, t);

	for (n = 0; n < ARRAY_SIZE(order) && !rc; n++) {
		seg = order[n];
		if (seg < f->n_segs)
			rc = load_segment(e, t, seg, field(t, f->segs + seg * f->word, 2), cpl);
	}
	return rc;
}

static void load_registers(struct emul *e, const struct task *t)
{
	const struct tss_format *f = t->format;
	unsigned int n;
	u32 v;

	e->next_rip = field(t, f->ip, f->word);
	e->flags = (field(t, f->flags, f->word) & FLAGS_KNOWN) | X86_EFLAGS_FIXED;
	if (t->how != EMUL_TASK_JMP && t->how != EMUL_TASK_IRET)
		e->flags |= X86_EFLAGS_NT;
	for (n = 0; n < 8; n++) {
		v = field(t, f->regs + n * f->word, f->word);
		if (f->word == 2)	/* the upper halves are not defined: as processors do */
			v |= 0xffff0000;
		emul_put_reg(e, n, v);
	}
}

static int push_error(struct emul *e, const struct task *t, const struct hv_exception *exc)
{
	struct emul_stack s = { .sp = e->regs[R_SP] };
	int rc;

	e->ops->get_segment(e, SEG_SS, &s.ss);
	s.width = s.ss.attr & SEG_ATTR_DB ? 4 : 2;
	rc = emul_push_on(e, &s, exc->error, t->format->word);
	if (!rc)
		emul_put_reg(e, R_SP, s.sp);
	return rc;
}

/* steps 13 to 15; what fails from here on does so in the new task */
static int enter_new(struct emul *e, struct task *t, const struct hv_exception *exc)
{
	struct hv_segment cs;
	bool vm86;
	int rc;

	e->late = true;
	t->tr.attr |= TYPE_BUSY;
	rc = e->ops->set_segment(e, SEG_TR, &t->tr);
	load_registers(e, t);
	vm86 = e->flags & X86_EFLAGS_VM;
	bare_segments(e, t, vm86);
	if (!rc)
		rc = e->ops->set_cr(e, 0, e->cr0 | X86_CR0_TS);
	if (!rc && t->format->cr3 && e->cr0 & X86_CR0_PG)
		rc = e->ops->set_cr(e, 3, field(t, t->format->cr3, 4));
	if (!rc)
		rc = vm86 ? load_ldt(e, t) : load_segments(e, t);
	if (!rc && exc && exc->has_error && t->how == EMUL_TASK_EVENT)
		rc = push_error(e, t, exc);
	if (rc)
		return rc;
	e->ops->get_segment(e, SEG_CS, &cs);
	if (e->next_rip > cs.limit)
		return emul_raise_code(e, EXC_GP, 0);
	return EMUL_OK;
}

/* the T flag of a TSS: #DB with DR6.BT before its first instruction */
static int debug_trap(struct emul *e)
{
	u64 dr6;
	int rc = e->ops->get_dr(e, 6, &dr6);

	if (!rc)
		rc = e->ops->set_dr(e, 6, dr6 | BIT(15));
	return rc ? rc : emul_raise(e, EXC_DB);
}

/**
 * emul_task_switch() - continue in another task
 * @e: the instruction, or the event that is delivered; e->next_rip is saved
 * @sel: of the TSS
 * @how: what leads there
 * @exc: of an EMUL_TASK_EVENT, for its error code; else NULL
 *
 * Not in IA-32e mode, which has no task switches.
 */
int emul_task_switch(struct emul *e, u16 sel, enum emul_task how,
		     const struct hv_exception *exc)
{
	struct task t = { .how = how, .ext = how == EMUL_TASK_EVENT };
	int rc;

	e->ops->get_segment(e, SEG_TR, &t.old_tr);
	t.old_format = format_of(&t.old_tr);
	rc = check_tss(e, &t, sel);
	if (!rc && t.old_tr.limit < t.old_format->saved_end - 1)
		rc = fault(e, &t, EXC_TS, t.old_tr.selector);
	if (!rc)
		rc = check_memory(e, &t);
	if (!rc)
		rc = leave_old(e, &t);
	if (!rc)
		rc = enter_new(e, &t, exc);
	if (!rc && t.format->trap && field(&t, t.format->trap, 1) & 1)
		rc = debug_trap(e);
	return rc;
}

/* IRET with NT: to the task that the current TSS names */
int emul_task_return(struct emul *e)
{
	struct hv_segment tr;
	u16 link = 0;
	int rc;

	e->ops->get_segment(e, SEG_TR, &tr);
	rc = emul_read(e, (u32)tr.base, &link, 2, EMUL_USER_IMPLICIT_SYSTEM);
	return rc ? rc : emul_task_switch(e, link, EMUL_TASK_IRET, NULL);
}

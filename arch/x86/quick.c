// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that exit again and again, without the emulator: a device driver's
 * loads and stores, INVLPG, MOV to and from control registers.
 *
 * What the emulator decoded is kept by address. It counts as long as the same
 * bytes are there: they are read each time, by the translation that the processor
 * used a moment ago (mmu_code()). So nobody has to be told about changes.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include "arch/x86/vcpu.h"

static struct quick *slot(struct vcpu *v, u64 rip)
{
	return &v->quick[(rip ^ rip >> 4) % QUICK_SLOTS];
}

/* all that is compared must be in one page */
static bool fits(u64 la)
{
	return (la & ~PAGE_MASK) <= PAGE_SIZE - sizeof_field(struct quick, bytes);
}

/**
 * quick_learn() - the emulator has decoded the instruction at v->rip
 * @v: the vCPU; v->emul has it
 */
void quick_learn(struct vcpu *v)
{
	struct quick *q = slot(v, v->rip);
	struct quick new = { .rip = v->rip };

	if (!fits(v->rip) || !emul_simple(v->emul, &new.insn))
		return;
	memcpy(new.bytes, v->emul->insn.bytes, new.insn.len);
	memset(new.mask, 0xff, new.insn.len);
	*q = new;
}

/**
 * quick_seen() - the instruction at v->rip has met a device
 * @v: the vCPU; v->emul has it
 * @gpa: where
 * @write: or read
 *
 * A fault alone does not tell: rom can be read, and a page table looks like a device as
 * long as it is not mapped.
 */
void quick_seen(struct vcpu *v, u64 gpa, bool write)
{
	struct mmio_hint *m = &v->mmio;

	quick_learn(v);
	if ((gpa & PAGE_MASK) != m->gpa)
		return;
	m->hole |= !write;
	m->no_write |= write;
}

/* what was learnt of the instruction that exited, if it still is that */
static const struct emul_simple *find(struct vcpu *v, const struct hv_exitinfo *x)
{
	const struct quick *q = slot(v, v->rip);
	const u64 *code;

	if (q->rip != v->rip || !x->code64 || !q->insn.kind)
		return NULL;
	code = (const u64 *)mmu_code(v, x->la);
	if (!code || (code[0] & q->mask[0]) != q->bytes[0] ||
	    (code[1] & q->mask[1]) != q->bytes[1])
		return NULL;
	return &q->insn;
}

/* a read: if nothing comes in between, quick_answer() ends it, else the emulator does */
static void begin_load(struct vcpu *v, const struct emul_simple *s)
{
	v->pending = PENDING_EMUL;
	v->pending_rip = v->rip;
	v->io.have = 0;
	v->io.used = 0;
	v->io.string_in = false;
	v->emul->decoded = false;
	v->hint_valid = false;
	v->load = s;
}

/* the fault is that of the instruction's one access, and all of that is in the page */
static bool is_access(struct vcpu *v, const struct hv_exitinfo *x,
		      const struct emul_simple *s, u64 gpa)
{
	u64 la = emul_simple_la(s, v->regs, v->rip);

	if ((la & ~PAGE_MASK) + s->size > PAGE_SIZE)
		return false;
	return x->kind == EXIT_EXCEPTION ? la == x->exc.cr2 : !((la ^ gpa) & ~PAGE_MASK);
}

/**
 * quick_device() - a fault that is a known instruction's access to the last device
 * @v: the vCPU; v->in_guest is still set, interrupts are off
 * @x: its exit
 * @gpa: of the access
 * @write: or read
 *
 * Return: true if v->exit is for user space.
 */
bool quick_device(struct vcpu *v, struct hv_exitinfo *x, u64 gpa, bool write)
{
	const struct emul_simple *s = find(v, x);

	if (!s || s->kind != (write ? SIMPLE_STORE : SIMPLE_LOAD) || !is_access(v, x, s, gpa))
		return false;
	v->stat.page_fault++;
	run_exit_mmio(v, gpa, s->size, write);
	if (s->kind == SIMPLE_LOAD) {
		begin_load(v, s);
		return true;
	}
	*(u64 *)v->exit->data = emul_simple_store(s, v->regs);
	v->exit_size = KVM_EXIT_HEAD + 8;
	v->stat.mmio++;
	insn_done(v, x->shadow, v->rip + s->len);
	return true;
}

/**
 * quick_answer() - user space has answered a read that quick_device() began
 * @v: the vCPU, whose rip has not changed since
 *
 * Return: false if the emulator must do it.
 */
bool quick_answer(struct vcpu *v)
{
	const struct emul_simple *s = v->load;

	v->load = NULL;
	if (!s || insn_traps(v))
		return false;
	emul_simple_load(s, v->regs, *(u64 *)v->exit->data);
	v->stat.mmio++;
	insn_done(v, vendor->blocked(v) & BLOCK_SHADOW, v->rip + s->len);
	return true;
}

/*
 * MOV to or from a control register, which is known by the exit, has a register
 * operand always: 0f 20 or 0f 22, and REX perhaps (SDM vol. 2, MOV).
 */
static void refine_cr(struct vcpu *v, struct hv_exitinfo *x)
{
	const u8 *code = fits(x->la) ? mmu_code(v, x->la) : NULL;
	const u8 *p = code;
	u8 rex = 0;

	if (!code)
		return;
	if (x->code64 && (*p & 0xf0) == 0x40)
		rex = *p++;
	if (p[0] != 0x0f || (p[1] & ~2) != 0x20)
		return;
	x->cr.known = true;
	x->cr.write = p[1] & 2;
	x->cr.nr = (p[2] >> 3 & 7) | (rex & 4) << 1;
	x->cr.reg = (p[2] & 7) | (rex & 1) << 3;
	x->cr.val = x->code64 ? v->regs[x->cr.reg] : (u32)v->regs[x->cr.reg];
	x->next_rip = v->rip + (p + 3 - code);
	if (!x->code64)
		x->next_rip = (u32)x->next_rip;
}

/**
 * quick_refine() - find out what the processor did not tell of an exit
 * @v: the vCPU; v->in_guest is still set, interrupts are off
 * @x: EXIT_CR or EXIT_INVLPG, not known
 *
 * What is not found here, the emulator does.
 */
void quick_refine(struct vcpu *v, struct hv_exitinfo *x)
{
	const struct emul_simple *s;

	if (x->kind == EXIT_CR) {
		refine_cr(v, x);
		return;
	}
	s = find(v, x);
	if (!s || s->kind != SIMPLE_INVLPG)
		return;
	x->invlpg.known = true;
	x->invlpg.gva = emul_simple_la(s, v->regs, v->rip);
	x->next_rip = v->rip + s->len;
}

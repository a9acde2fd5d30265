// SPDX-License-Identifier: GPL-2.0-only
/*
 * String instructions, and ports.
 *
 * With REP an emul_run() does up to EMUL_MAX_REP iterations. After each whole one
 * rSI, rDI and rCX are final; if then something happens, those are committed with rip
 * still at the instruction. INS and OUTS move their whole batch as one.
 */
#include "emul-core.h"

#define PAGE_BYTES	4096u
#define CHUNK		64u	/* bytes, the most that one access of the ops moves */

/* rSI or rDI, cut to the address size */
static u64 string_index(const struct emul *e, unsigned int n)
{
	return e->regs[n] & emul_mask(e->insn.adsize);
}

static void advance(struct emul *e, unsigned int n, unsigned int count)
{
	u64 bytes = (u64)count * e->insn.opsize;

	if (e->rflags & X86_EFLAGS_DF)
		bytes = -bytes;
	emul_set_reg(e, n, e->insn.adsize, e->regs[n] + bytes);
}

static int source(struct emul *e, u64 *val)
{
	return emul_load(e, e->insn.seg, string_index(e, R_SI), e->insn.opsize, val);
}

static int movs(struct emul *e)
{
	u64 val;
	int rc = source(e, &val);

	if (!rc)
		rc = emul_store(e, SEG_ES, string_index(e, R_DI), e->insn.opsize, val);
	if (rc)
		return rc;
	advance(e, R_SI, 1);
	advance(e, R_DI, 1);
	return EMUL_OK;
}

static int stos(struct emul *e)
{
	int rc = emul_store(e, SEG_ES, string_index(e, R_DI), e->insn.opsize, e->regs[R_AX]);

	if (!rc)
		advance(e, R_DI, 1);
	return rc;
}

static int lods(struct emul *e)
{
	u64 val;
	int rc = source(e, &val);

	if (rc)
		return rc;
	emul_set_reg(e, R_AX, e->insn.opsize, val);
	advance(e, R_SI, 1);
	return EMUL_OK;
}

static int cmps(struct emul *e)
{
	u64 a, b;
	int rc;

	/* in the order in which processors fault */
	rc = emul_load(e, SEG_ES, string_index(e, R_DI), e->insn.opsize, &b);
	if (!rc)
		rc = source(e, &a);
	if (rc)
		return rc;
	emul_sub_flags(e, a, b, e->insn.opsize);
	advance(e, R_SI, 1);
	advance(e, R_DI, 1);
	return EMUL_OK;
}

static int scas(struct emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 b;
	int rc = emul_load(e, SEG_ES, string_index(e, R_DI), size, &b);

	if (rc)
		return rc;
	emul_sub_flags(e, emul_reg(e, R_AX, size), b, size);
	advance(e, R_DI, 1);
	return EMUL_OK;
}

/* CMPS and SCAS end at an unequal (REPE) or equal (REPNE) pair */
static bool pair_ends(const struct emul *e)
{
	bool zf = e->flags & X86_EFLAGS_ZF;

	return zf == (e->insn.rep == 0xf2);
}

/* how many iterations in one go: TF wants a trap after each */
static unsigned int batch(const struct emul *e)
{
	return e->rflags & X86_EFLAGS_TF ? 1 : EMUL_MAX_REP;
}

/* whole iterations are final, whatever comes after them */
static void keep(struct emul *e)
{
	e->dirty = 0;
}

/*
 * An iteration ended with @rc. It is lost, those before it stay, with the flags
 * from before the instruction (SDM 2A, CMPS). The next emul_run() meets the same
 * fault or exit first, and has nothing to commit with it.
 */
static int stop(struct emul *e, int rc, unsigned int done)
{
	emul_undo(e);
	if (!done)
		return rc;
	e->next_rip = e->rip;
	e->flags = e->rflags;
	return EMUL_AGAIN;
}

static int repeat(struct emul *e, int (*step)(struct emul *e), bool compares)
{
	unsigned int done, max = batch(e), size = e->insn.adsize;
	u64 count;
	int rc;

	for (done = 0; done < max; done++) {
		count = emul_reg(e, R_CX, size);
		if (!count)
			return EMUL_OK;
		rc = step(e);
		if (rc)
			return stop(e, rc, done);
		emul_set_reg(e, R_CX, size, count - 1);
		keep(e);
		if (count == 1 || (compares && pair_ends(e)))
			return EMUL_OK;
		if (e->exit)
			break;
	}
	e->next_rip = e->rip;
	return EMUL_AGAIN;
}

static int string(struct emul *e, int (*step)(struct emul *e), bool compares)
{
	return e->insn.rep ? repeat(e, step, compares) : step(e);
}

int exec_movs(struct emul *e)
{
	return string(e, movs, false);
}

int exec_stos(struct emul *e)
{
	return string(e, stos, false);
}

int exec_lods(struct emul *e)
{
	return string(e, lods, false);
}

int exec_cmps(struct emul *e)
{
	return string(e, cmps, true);
}

int exec_scas(struct emul *e)
{
	return string(e, scas, true);
}

/* --- ports ------------------------------------------------------------------ */

/* the I/O permission bitmap of the TSS (SDM vol. 1, 19.5.2) */
static int io_bitmap(struct emul *e, u16 port, unsigned int size)
{
	struct hv_segment tr;
	u16 base = 0, bits = 0;
	int rc;

	e->ops->get_segment(e, SEG_TR, &tr);
	if (tr.attr & SEG_ATTR_UNUSABLE || !(tr.attr & 8) || tr.limit < 0x67)
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_read(e, tr.base + 0x66, &base, 2, EMUL_USER_IMPLICIT_SYSTEM);
	if (rc)
		return rc;
	if (base + port / 8 + 1u > tr.limit)
		return emul_raise_code(e, EXC_GP, 0);
	rc = emul_read(e, tr.base + base + port / 8, &bits, 2, EMUL_USER_IMPLICIT_SYSTEM);
	if (rc)
		return rc;
	if (bits >> (port & 7) & (BIT(size) - 1))
		return emul_raise_code(e, EXC_GP, 0);
	return EMUL_OK;
}

/**
 * emul_io_check() - may this code touch the port?
 * @e: the instruction
 * @port: first port
 * @size: bytes
 */
int emul_io_check(struct emul *e, u16 port, unsigned int size)
{
	if (!(e->cr0 & X86_CR0_PE))
		return EMUL_OK;
	if (e->mode != EMUL_VM86 && e->cpl <= EFL_IOPL(e->rflags))
		return EMUL_OK;
	if (e->ops->io_allowed)
		return e->ops->io_allowed(e, port, size);
	return io_bitmap(e, port, size);
}

/* operand size of port instructions ends at 4 bytes */
static unsigned int io_size(const struct emul *e)
{
	return min_t(unsigned int, e->insn.opsize, 4);
}

/* the port of IN and OUT: DX (row->arg) or an immediate */
static u16 io_port(const struct emul *e)
{
	return e->insn.row->arg ? e->regs[R_DX] : e->insn.imm;
}

int exec_in(struct emul *e)
{
	unsigned int size = io_size(e);
	u64 val = 0;
	int rc;

	rc = emul_io_check(e, io_port(e), size);
	if (!rc)
		rc = e->ops->io_in(e, io_port(e), size, 1, &val);
	if (!rc)
		emul_set_reg(e, R_AX, size, val);
	return rc;
}

static int queue_out(struct emul *e, u16 port, unsigned int size, unsigned int count,
		     const void *buf)
{
	int rc = e->ops->io_out(e, port, size, count, buf);

	if (rc == EMUL_EXIT) {
		e->exit = true;
		return EMUL_OK;
	}
	return rc;
}

int exec_out(struct emul *e)
{
	unsigned int size = io_size(e);
	int rc;

	rc = emul_io_check(e, io_port(e), size);
	if (rc)
		return rc;
	return queue_out(e, io_port(e), size, 1, &e->regs[R_AX]);
}

/*
 * How many elements from @ea on are moved together: they stay in one page and
 * below the wrap of the index register, else it is one.
 */
static unsigned int io_batch(const struct emul *e, u64 ea, u64 la, u64 count)
{
	unsigned int size = e->insn.opsize;
	u64 n = min_t(unsigned int, e->io_max, EMUL_IO_BUF) / size;
	u64 wrap = emul_mask(e->insn.adsize) - ea;

	if (e->rflags & (X86_EFLAGS_DF | X86_EFLAGS_TF))
		return 1;
	n = min(n, count);
	n = min_t(u64, n, (PAGE_BYTES - (la & (PAGE_BYTES - 1))) / size);
	if (wrap < EMUL_IO_BUF)
		n = min_t(u64, n, (wrap + 1) / size);
	return max_t(u64, n, 1);
}

/* REP: what is left to do; 1 without it */
static u64 io_count(const struct emul *e)
{
	return e->insn.rep ? emul_reg(e, R_CX, e->insn.adsize) : 1;
}

/* where @e->io_buf goes or comes from: checks, linear address, size of the batch */
static int io_memory(struct emul *e, unsigned int seg, unsigned int reg, unsigned int acc,
		     u64 *la, unsigned int *n)
{
	unsigned int size = e->insn.opsize;
	u64 ea = string_index(e, reg);
	int rc;

	rc = emul_linear(e, seg, ea, size, acc, la);
	if (rc)
		return rc;
	*n = io_batch(e, ea, *la, io_count(e));
	/* the last one may be beyond the limit, which the first one is not */
	while (*n > 1 && emul_linear(e, seg, ea, *n * size, acc, la))
		*n /= 2;
	return emul_linear(e, seg, ea, size, acc, la);
}

static int io_done(struct emul *e, unsigned int reg, unsigned int n)
{
	u64 count = io_count(e);

	advance(e, reg, n);
	if (!e->insn.rep)
		return EMUL_OK;
	emul_set_reg(e, R_CX, e->insn.adsize, count - n);
	if (count == n)
		return EMUL_OK;
	e->next_rip = e->rip;
	return EMUL_AGAIN;
}

int exec_ins(struct emul *e)
{
	unsigned int n, size = e->insn.opsize, at, len;
	u16 port = e->regs[R_DX];
	u64 la;
	int rc;

	rc = emul_io_check(e, port, size);
	if (!rc && !io_count(e))
		return EMUL_OK;
	if (!rc)
		rc = io_memory(e, SEG_ES, R_DI, ACC_WRITE, &la, &n);
	/* data taken from a port cannot be put back: let the store fault first */
	if (!rc)
		rc = emul_write(e, la, NULL, size, EMUL_PROBE);
	if (!rc)
		rc = e->ops->io_in(e, port, size, n, e->io_buf);
	for (at = 0; !rc && at < n * size; at += len) {
		len = min(n * size - at, CHUNK);
		rc = emul_write(e, la + at, e->io_buf + at, len, 0);
	}
	return rc ? rc : io_done(e, R_DI, n);
}

int exec_outs(struct emul *e)
{
	unsigned int n, size = e->insn.opsize, at, len;
	u16 port = e->regs[R_DX];
	u64 la;
	int rc;

	rc = emul_io_check(e, port, size);
	if (!rc && !io_count(e))
		return EMUL_OK;
	if (!rc)
		rc = io_memory(e, e->insn.seg, R_SI, ACC_READ, &la, &n);
	for (at = 0; !rc && at < n * size; at += len) {
		len = min(n * size - at, CHUNK);
		rc = emul_read(e, la + at, e->io_buf + at, len, 0);
	}
	if (!rc)
		rc = queue_out(e, port, size, n, e->io_buf);
	return rc ? rc : io_done(e, R_SI, n);
}

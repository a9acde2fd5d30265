// SPDX-License-Identifier: GPL-2.0-only
/*
 * SSE moves between XMM registers and memory: what guests use on frame buffers
 * and device memory. No arithmetic, no AVX, no MMX.
 */
#include "emul-core.h"

enum { SSE_LOAD, SSE_STORE };	/* row->arg */

static int get_xmm(struct emul *e, unsigned int n, u64 v[2])
{
	return e->ops->get_xmm ? e->ops->get_xmm(e, n, v) : EMUL_UNKNOWN;
}

static int set_xmm(struct emul *e, unsigned int n, const u64 v[2])
{
	return e->ops->set_xmm ? e->ops->set_xmm(e, n, v) : EMUL_UNKNOWN;
}

static int move(struct emul *e, bool aligned)
{
	const struct emul_insn *i = &e->insn;
	bool store = i->row->arg == SSE_STORE;
	unsigned int acc = store ? ACC_WRITE : ACC_READ;
	u64 v[2] = {}, la;
	int rc;

	if (!i->mem) {
		rc = get_xmm(e, store ? i->reg : i->rm, v);
		return rc ? rc : set_xmm(e, store ? i->rm : i->reg, v);
	}
	if (aligned)
		rc = emul_linear16(e, acc, &la);
	else
		rc = emul_linear(e, i->seg, i->ea, 16, acc, &la);
	if (rc)
		return rc;
	if (store) {
		rc = get_xmm(e, i->reg, v);
		return rc ? rc : emul_write(e, la, v, 16, 0);
	}
	rc = emul_read(e, la, v, 16, 0);
	return rc ? rc : set_xmm(e, i->reg, v);
}

/* MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA */
int exec_sse_aligned(struct emul *e)
{
	return move(e, true);
}

/* MOVUPS, MOVUPD, MOVDQU, LDDQU */
int exec_sse_unaligned(struct emul *e)
{
	return move(e, false);
}

/* MOVSS, MOVSD (row->imm is none; 4 or 8 bytes by the prefix) */
int exec_sse_scalar(struct emul *e)
{
	const struct emul_insn *i = &e->insn;
	unsigned int n = i->rep == 0xf3 ? 4 : 8;
	bool store = i->row->arg == SSE_STORE;
	u64 v[2] = {}, old[2];
	int rc;

	if (i->mem) {
		if (store) {
			rc = get_xmm(e, i->reg, v);
			return rc ? rc : emul_store(e, i->seg, i->ea, n, v[0]);
		}
		rc = emul_load(e, i->seg, i->ea, n, &v[0]);
		return rc ? rc : set_xmm(e, i->reg, v);
	}
	/* between registers the rest of the destination stays */
	rc = get_xmm(e, store ? i->reg : i->rm, v);
	if (!rc)
		rc = get_xmm(e, store ? i->rm : i->reg, old);
	if (rc)
		return rc;
	old[0] = (old[0] & ~emul_mask(n)) | (v[0] & emul_mask(n));
	return set_xmm(e, store ? i->rm : i->reg, old);
}

/* MOVLPS, MOVHPS and the PD forms: 8 bytes of memory; row->arg 2 and 3: the high half */
int exec_sse_half(struct emul *e)
{
	const struct emul_insn *i = &e->insn;
	unsigned int high = i->row->arg >> 1;
	u64 v[2], val;
	int rc;

	rc = get_xmm(e, i->reg, v);
	if (rc)
		return rc;
	if ((i->row->arg & 1) == SSE_STORE)
		return emul_store(e, i->seg, i->ea, 8, v[high]);
	rc = emul_load(e, i->seg, i->ea, 8, &val);
	if (rc)
		return rc;
	v[high] = val;
	return set_xmm(e, i->reg, v);
}

/* MOVD, MOVQ between XMM and a general register or memory */
int exec_sse_movd(struct emul *e)
{
	const struct emul_insn *i = &e->insn;
	unsigned int n = i->opsize == 8 ? 8 : 4;
	u64 v[2] = {};
	int rc;

	if (i->row->arg == SSE_STORE) {
		rc = get_xmm(e, i->reg, v);
		return rc ? rc : emul_store_rm(e, n, v[0]);
	}
	rc = emul_load_rm(e, n, &v[0]);
	return rc ? rc : set_xmm(e, i->reg, v);
}

/* MOVQ between XMM and XMM or memory; the high half becomes 0 */
int exec_sse_movq(struct emul *e)
{
	const struct emul_insn *i = &e->insn;
	bool store = i->row->arg == SSE_STORE;
	u64 v[2] = {};
	int rc;

	if (i->mem && store) {
		rc = get_xmm(e, i->reg, v);
		return rc ? rc : emul_store(e, i->seg, i->ea, 8, v[0]);
	}
	if (i->mem)
		rc = emul_load(e, i->seg, i->ea, 8, &v[0]);
	else
		rc = get_xmm(e, store ? i->reg : i->rm, v);
	v[1] = 0;
	return rc ? rc : set_xmm(e, !i->mem && store ? i->rm : i->reg, v);
}

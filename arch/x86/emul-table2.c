// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two- and three-byte opcodes (SDM 2D, tables) and their groups
 * (table A-6). SSE rows stand where guests use them on memory.
 */
#include "emul-table.h"

#define PREFIX	(F_MODRM | G_PFX)

enum { LOAD, STORE };

#define SSE(n, x, f, a)	ROW(n, x, F_SSE | F_MODRM | (f), O_NONE, O_NONE, IMM_NONE, a)
#define MMX(n)		LENGTH(n, F_MODRM)

static const struct emul_row group6[8] = {
	ROW("sldt", exec_store_selector, F_MODRM | F_PROT, O_NONE, O_NONE, IMM_NONE, SEG_LDTR),
	ROW("str", exec_store_selector, F_MODRM | F_PROT, O_NONE, O_NONE, IMM_NONE, SEG_TR),
	ROW("lldt", exec_lldt, F_MODRM | F_PROT | F_PRIV, O_NONE, O_EW),
	ROW("ltr", exec_ltr, F_MODRM | F_PROT | F_PRIV, O_NONE, O_EW),
	ROW("verr", exec_verify, F_MODRM | F_PROT, O_NONE, O_EW, IMM_NONE, 0),
	ROW("verw", exec_verify, F_MODRM | F_PROT, O_NONE, O_EW, IMM_NONE, 1),
	ROW("ud", exec_ud, F_MODRM),
	ROW("ud", exec_ud, F_MODRM),
};

/* guests have neither VMX nor SVM, and no CR4.OSXSAVE */
#define VIRT		ROW("ud virt", exec_ud, F_MODRM)

static const struct emul_row group7_0[8] = { NONE, [1 ... 4] = VIRT, [5 ... 7] = NONE };

static const struct emul_row group7_1[8] = {
	LENGTH("monitor", F_MODRM),
	LENGTH("mwait", F_MODRM),
	ROW("clac", exec_ac, F_MODRM),
	ROW("stac", exec_ac, F_MODRM, O_NONE, O_NONE, IMM_NONE, 1),
};

static const struct emul_row group7_2[8] = {
	LENGTH("xgetbv", F_MODRM),
	VIRT,		/* XSETBV */
	NONE, NONE,
	VIRT,		/* VMFUNC */
};

static const struct emul_row group7_3[8] = { TIMES8(VIRT) };

static const struct emul_row group7_7[8] = {
	ROW("swapgs", exec_swapgs, F_MODRM | F_64 | F_PRIV),
	ROW("rdtscp", exec_rdtsc, F_MODRM, O_NONE, O_NONE, IMM_NONE, 1),
	LENGTH("monitorx", F_MODRM),
	LENGTH("mwaitx", F_MODRM),
};

static const struct emul_row group7_mem[8] = {
	ROW("sgdt", exec_store_table, F_MODRM, O_NONE, O_NONE, IMM_NONE, 0),
	ROW("sidt", exec_store_table, F_MODRM, O_NONE, O_NONE, IMM_NONE, 1),
	ROW("lgdt", exec_load_table, F_MODRM | F_PRIV, O_NONE, O_NONE, IMM_NONE, 0),
	ROW("lidt", exec_load_table, F_MODRM | F_PRIV, O_NONE, O_NONE, IMM_NONE, 1),
	ROW("smsw", exec_smsw, F_MODRM),
	NONE,
	ROW("lmsw", exec_lmsw, F_MODRM | F_PRIV, O_NONE, O_EW),
	ROW("invlpg", exec_invlpg, F_MODRM | F_PRIV),
};

static const struct emul_row group7_reg[8] = {
	GROUP(group7_0, F_MODRM | G_RM),
	GROUP(group7_1, F_MODRM | G_RM),
	GROUP(group7_2, F_MODRM | G_RM),
	GROUP(group7_3, F_MODRM | G_RM),
	ROW("smsw", exec_smsw, F_MODRM),
	NONE,
	ROW("lmsw", exec_lmsw, F_MODRM | F_PRIV, O_NONE, O_EW),
	GROUP(group7_7, F_MODRM | G_RM),
};

static const struct emul_row group7[2] = {
	GROUP(group7_mem, F_MODRM | G_REG),
	GROUP(group7_reg, F_MODRM | G_REG),
};

static const struct emul_row group8[8] = {
	[0 ... 3] = ROW("ud", exec_ud, F_MODRM),
	ROW("bt", exec_bt, F_R | F_MODRM, O_E, O_I, IMM_UB),
	ROW("bts", exec_bts, RMW | F_MODRM, O_E, O_I, IMM_UB),
	ROW("btr", exec_btr, RMW | F_MODRM, O_E, O_I, IMM_UB),
	ROW("btc", exec_btc, RMW | F_MODRM, O_E, O_I, IMM_UB),
};

static const struct emul_row group9[8] = {
	NONE,
	ROW("cmpxchg8b", exec_cmpxchg8b, F_MODRM | F_MEM | F_LOCK),
};

static const struct emul_row group15_mem[8] = {
	LENGTH("fxsave", F_MODRM),
	LENGTH("fxrstor", F_MODRM),
	LENGTH("ldmxcsr", F_MODRM),
	LENGTH("stmxcsr", F_MODRM),
	LENGTH("xsave", F_MODRM),
	LENGTH("xrstor", F_MODRM),
	ROW("clwb", exec_nop, F_MODRM),
	ROW("clflush", exec_nop, F_MODRM),
};

#define BASE(n, a) ROW(n, exec_fsgsbase, F_MODRM | F_64, O_NONE, O_NONE, IMM_NONE, a)

static const struct emul_row group15_f3[8] = {
	BASE("rdfsbase", SEG_FS),
	BASE("rdgsbase", SEG_GS),
	BASE("wrfsbase", 0x80 | SEG_FS),
	BASE("wrgsbase", 0x80 | SEG_GS),
};

static const struct emul_row group15_np[8] = {
	NONE, NONE, NONE, NONE, NONE,
	ROW("lfence", exec_nop, F_MODRM),
	ROW("mfence", exec_nop, F_MODRM),
	ROW("sfence", exec_nop, F_MODRM),
};

static const struct emul_row group15_reg[4] = {
	GROUP(group15_np, F_MODRM | G_REG),
	NONE,
	GROUP(group15_f3, F_MODRM | G_REG),
	NONE,
};

static const struct emul_row group15[2] = {
	GROUP(group15_mem, F_MODRM | G_REG),
	GROUP(group15_reg, PREFIX),
};

/* --- SSE, by prefix: none, 66, F3, F2 ------------------------------------------ */

static const struct emul_row rows_0f10[4] = {
	SSE("movups", exec_sse_unaligned, 0, LOAD),
	SSE("movupd", exec_sse_unaligned, 0, LOAD),
	SSE("movss", exec_sse_scalar, 0, LOAD),
	SSE("movsd", exec_sse_scalar, 0, LOAD),
};

static const struct emul_row rows_0f11[4] = {
	SSE("movups", exec_sse_unaligned, 0, STORE),
	SSE("movupd", exec_sse_unaligned, 0, STORE),
	SSE("movss", exec_sse_scalar, 0, STORE),
	SSE("movsd", exec_sse_scalar, 0, STORE),
};

#define HALF(id, n, a)							\
	static const struct emul_row id##_mem[4] = {			\
		SSE(n "s", exec_sse_half, F_MEM, a),			\
		SSE(n "d", exec_sse_half, F_MEM, a),			\
		NONE, NONE,						\
	};								\
	static const struct emul_row id[2] = { GROUP(id##_mem, PREFIX), NONE }

HALF(rows_0f12, "movlp", LOAD);
HALF(rows_0f13, "movlp", STORE);
HALF(rows_0f16, "movhp", 2 | LOAD);
HALF(rows_0f17, "movhp", 2 | STORE);

static const struct emul_row rows_0f28[4] = {
	SSE("movaps", exec_sse_aligned, 0, LOAD),
	SSE("movapd", exec_sse_aligned, 0, LOAD),
};

static const struct emul_row rows_0f29[4] = {
	SSE("movaps", exec_sse_aligned, 0, STORE),
	SSE("movapd", exec_sse_aligned, 0, STORE),
};

static const struct emul_row rows_0f2b[4] = {
	SSE("movntps", exec_sse_aligned, F_MEM, STORE),
	SSE("movntpd", exec_sse_aligned, F_MEM, STORE),
};

static const struct emul_row rows_0f6e[4] = {
	MMX("movd mmx"), SSE("movd", exec_sse_movd, 0, LOAD),
};

static const struct emul_row rows_0f6f[4] = {
	MMX("movq mmx"),
	SSE("movdqa", exec_sse_aligned, 0, LOAD),
	SSE("movdqu", exec_sse_unaligned, 0, LOAD),
};

static const struct emul_row rows_0f7e[4] = {
	MMX("movd mmx"),
	SSE("movd", exec_sse_movd, 0, STORE),
	SSE("movq", exec_sse_movq, 0, LOAD),
};

static const struct emul_row rows_0f7f[4] = {
	MMX("movq mmx"),
	SSE("movdqa", exec_sse_aligned, 0, STORE),
	SSE("movdqu", exec_sse_unaligned, 0, STORE),
};

static const struct emul_row rows_0fd6[4] = { NONE, SSE("movq", exec_sse_movq, 0, STORE) };

static const struct emul_row rows_0fe7[4] = {
	MMX("movntq mmx"), SSE("movntdq", exec_sse_aligned, F_MEM, STORE),
};

static const struct emul_row rows_0ff0[4] = {
	NONE, NONE, NONE, SSE("lddqu", exec_sse_unaligned, F_MEM, LOAD),
};

/* --- bits, by prefix ------------------------------------------------------------ */

static const struct emul_row rows_0fb8[4] = {
	NONE, NONE, ROW("popcnt", exec_popcnt, F_W | F_MODRM, O_G, O_E), NONE,
};

static const struct emul_row rows_0fc3[4] = {
	ROW("movnti", exec_mov, F_W | F_MODRM | F_MEM | F_MIN4, O_E, O_G),
	[1 ... 3] = ROW("ud", exec_ud, F_MODRM),
};

#define SCAN(n, x)	ROW(n, x, F_MODRM, O_NONE, O_E)
#define COUNT(n, x)	ROW(n, x, F_W | F_MODRM, O_G, O_E)

static const struct emul_row rows_0fbc[4] = {
	SCAN("bsf", exec_bsf), SCAN("bsf", exec_bsf),
	COUNT("tzcnt", exec_tzcnt), SCAN("bsf", exec_bsf),
};

static const struct emul_row rows_0fbd[4] = {
	SCAN("bsr", exec_bsr), SCAN("bsr", exec_bsr),
	COUNT("lzcnt", exec_lzcnt), SCAN("bsr", exec_bsr),
};

#define LOAD_FAR(n, s)	ROW(n, exec_load_far, F_MODRM | F_MEM, O_NONE, O_NONE, IMM_NONE, s)
#define BITS(n, x, f)	ROW(n, x, F_BITS | F_MODRM | (f), O_E, O_G)
#define MOV_CR(n, x)	ROW(n, x, F_MODRM | F_NOMEM)

#define UD		ROW("ud", exec_ud, 0)	/* in every processor that is met */

const struct emul_row emul_two_byte[256] = {
	[0x00] = GROUP(group6, F_MODRM | G_REG),
	[0x01] = GROUP(group7, F_MODRM | G_MOD),
	[0x02] = ROW("lar", exec_lar, F_MODRM | F_PROT, O_NONE, O_EW),
	[0x03] = ROW("lsl", exec_lsl, F_MODRM | F_PROT, O_NONE, O_EW),
	[0x04] = UD,
	[0x05] = LENGTH("syscall", 0),
	[0x06] = ROW("clts", exec_clts, F_PRIV),
	[0x07] = LENGTH("sysret", 0),
	[0x08] = ROW("invd", exec_wbinvd, F_PRIV),
	[0x09] = ROW("wbinvd", exec_wbinvd, F_PRIV),
	[0x0a] = UD,
	[0x0b] = ROW("ud2", exec_ud, 0),
	[0x0c] = UD,
	[0x0d] = ROW("prefetchw", exec_nop, F_MODRM),
	[0x10] = GROUP(rows_0f10, PREFIX),
	[0x11] = GROUP(rows_0f11, PREFIX),
	[0x12] = GROUP(rows_0f12, F_MODRM | G_MOD),
	[0x13] = GROUP(rows_0f13, F_MODRM | G_MOD),
	[0x16] = GROUP(rows_0f16, F_MODRM | G_MOD),
	[0x17] = GROUP(rows_0f17, F_MODRM | G_MOD),
	[0x18] = ROW("prefetch", exec_nop, F_MODRM),
	[0x19 ... 0x1f] = ROW("nop", exec_nop, F_MODRM),
	[0x20] = MOV_CR("mov cr", exec_mov_from_cr),
	[0x21] = MOV_CR("mov dr", exec_mov_from_dr),
	[0x22] = MOV_CR("mov cr", exec_mov_to_cr),
	[0x23] = MOV_CR("mov dr", exec_mov_to_dr),
	[0x24 ... 0x27] = UD,		/* test registers of the 486 */
	[0x28] = GROUP(rows_0f28, PREFIX),
	[0x29] = GROUP(rows_0f29, PREFIX),
	[0x2b] = GROUP(rows_0f2b, PREFIX),
	[0x30] = ROW("wrmsr", exec_wrmsr, F_PRIV),
	[0x31] = ROW("rdtsc", exec_rdtsc, 0),
	[0x32] = ROW("rdmsr", exec_rdmsr, F_PRIV),
	[0x33] = LENGTH("rdpmc", 0),
	[0x34] = LENGTH("sysenter", 0),
	[0x35] = LENGTH("sysexit", 0),
	[0x36] = UD,
	[0x39] = UD,
	[0x3b ... 0x3f] = UD,
	[0x40 ... 0x4f] = ROW("cmovcc", exec_cmovcc, F_R | F_W | F_MODRM, O_G, O_E),
	[0x6e] = GROUP(rows_0f6e, PREFIX),
	[0x6f] = GROUP(rows_0f6f, PREFIX),
	[0x77] = LENGTH("emms", 0),
	[0x78] = LENGTH("vmread", F_MODRM),
	[0x79] = LENGTH("vmwrite", F_MODRM),
	[0x7e] = GROUP(rows_0f7e, PREFIX),
	[0x7f] = GROUP(rows_0f7f, PREFIX),
	[0x80 ... 0x8f] = ROW("jcc", exec_jcc, F_F64, O_NONE, O_NONE, IMM_Z),
	[0x90 ... 0x9f] = ROW("setcc", exec_setcc, F_W | F_MODRM | F_B, O_E),
	[0xa0] = ROW("push fs", exec_push_seg, F_D64, O_NONE, O_NONE, IMM_NONE, SEG_FS),
	[0xa1] = ROW("pop fs", exec_pop_seg, F_D64, O_NONE, O_NONE, IMM_NONE, SEG_FS),
	[0xa2] = ROW("cpuid", exec_cpuid, 0),
	[0xa3] = BITS("bt", exec_bt, F_R),
	[0xa4] = ROW("shld", exec_shld, F_R | F_W | F_MODRM, O_E, O_G, IMM_UB, 1),
	[0xa5] = ROW("shld", exec_shld, F_R | F_W | F_MODRM, O_E, O_G),
	[0xa6 ... 0xa7] = UD,
	[0xa8] = ROW("push gs", exec_push_seg, F_D64, O_NONE, O_NONE, IMM_NONE, SEG_GS),
	[0xa9] = ROW("pop gs", exec_pop_seg, F_D64, O_NONE, O_NONE, IMM_NONE, SEG_GS),
	[0xaa] = LENGTH("rsm", 0),
	[0xab] = BITS("bts", exec_bts, RMW),
	[0xac] = ROW("shrd", exec_shrd, F_R | F_W | F_MODRM, O_E, O_G, IMM_UB, 1),
	[0xad] = ROW("shrd", exec_shrd, F_R | F_W | F_MODRM, O_E, O_G),
	[0xae] = GROUP(group15, F_MODRM | G_MOD),
	[0xaf] = ROW("imul", exec_imul, F_R | F_W | F_MODRM, O_G, O_E),
	[0xb0] = ROW("cmpxchg", exec_cmpxchg, RMW | F_MODRM | F_B, O_E, O_G),
	[0xb1] = ROW("cmpxchg", exec_cmpxchg, RMW | F_MODRM, O_E, O_G),
	[0xb2] = LOAD_FAR("lss", SEG_SS),
	[0xb3] = BITS("btr", exec_btr, RMW),
	[0xb4] = LOAD_FAR("lfs", SEG_FS),
	[0xb5] = LOAD_FAR("lgs", SEG_GS),
	[0xb6] = ROW("movzx", exec_mov, F_W | F_MODRM, O_G, O_EB),
	[0xb7] = ROW("movzx", exec_mov, F_W | F_MODRM, O_G, O_EW),
	[0xb8] = GROUP(rows_0fb8, PREFIX),
	[0xb9] = ROW("ud1", exec_ud, F_MODRM),
	[0xba] = GROUP(group8, F_MODRM | G_REG),
	[0xbb] = BITS("btc", exec_btc, RMW),
	[0xbc] = GROUP(rows_0fbc, PREFIX),
	[0xbd] = GROUP(rows_0fbd, PREFIX),
	[0xbe] = ROW("movsx", exec_movsx, F_W | F_MODRM, O_G, O_EB),
	[0xbf] = ROW("movsx", exec_movsx, F_W | F_MODRM, O_G, O_EW),
	[0xc0] = ROW("xadd", exec_xadd, RMW | F_MODRM | F_B, O_E, O_G),
	[0xc1] = ROW("xadd", exec_xadd, RMW | F_MODRM, O_E, O_G),
	[0xc3] = GROUP(rows_0fc3, PREFIX),
	[0xc7] = GROUP(group9, F_MODRM | G_REG),
	[0xc8 ... 0xcf] = ROW("bswap", exec_bswap, F_R | F_W, O_Z),
	[0xd6] = GROUP(rows_0fd6, PREFIX),
	[0xe7] = GROUP(rows_0fe7, PREFIX),
	[0xf0] = GROUP(rows_0ff0, PREFIX),
	[0xff] = ROW("ud0", exec_ud, F_MODRM),
};

/* --- three bytes: few enough for a switch ----------------------------------------- */

static const struct emul_row rows_0f382a[4] = {
	NONE, SSE("movntdqa", exec_sse_aligned, F_MEM, LOAD),
};

static const struct emul_row rows_0f3882[4] = {
	NONE, ROW("invpcid", exec_invpcid, F_MODRM | F_MEM),
};

/* F2 makes CRC32 of them */
static const struct emul_row rows_0f38f0[4] = {
	ROW("movbe", exec_movbe, F_W | F_MODRM | F_MEM, O_G, O_E),
	ROW("movbe", exec_movbe, F_W | F_MODRM | F_MEM, O_G, O_E),
};

static const struct emul_row rows_0f38f1[4] = {
	ROW("movbe", exec_movbe, F_W | F_MODRM | F_MEM, O_E, O_G),
	ROW("movbe", exec_movbe, F_W | F_MODRM | F_MEM, O_E, O_G),
};

static const struct emul_row row_0f382a = GROUP(rows_0f382a, PREFIX);
static const struct emul_row row_0f3882 = GROUP(rows_0f3882, PREFIX);
static const struct emul_row row_0f38f0 = GROUP(rows_0f38f0, PREFIX);
static const struct emul_row row_0f38f1 = GROUP(rows_0f38f1, PREFIX);
static const struct emul_row row_none = NONE;

const struct emul_row *emul_three_byte(u8 map, u8 opcode)
{
	if (map == 2) {
		switch (opcode) {
		case 0x2a:
			return &row_0f382a;
		case 0x82:
			return &row_0f3882;
		case 0xf0:
			return &row_0f38f0;
		case 0xf1:
			return &row_0f38f1;
		}
	}
	return &row_none;
}

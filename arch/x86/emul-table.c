// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one-byte opcodes (SDM 2D, table A-2) and their groups (table A-6).
 */
#include "emul-table.h"

/* the six forms of an ALU instruction; @f: how dst is used */
#define ALU(n, x, f)						\
	ROW(n, x, (f) | F_MODRM | F_B, O_E, O_G),		\
	ROW(n, x, (f) | F_MODRM, O_E, O_G),			\
	ROW(n, x, ((f) & ~F_LOCK) | F_MODRM | F_B, O_G, O_E),	\
	ROW(n, x, ((f) & ~F_LOCK) | F_MODRM, O_G, O_E),		\
	ROW(n, x, ((f) & ~F_LOCK) | F_B, O_A, O_I, IMM_B),	\
	ROW(n, x, ((f) & ~F_LOCK), O_A, O_I, IMM_Z)

#define PUSH_SEG(n, s)	ROW(n, exec_push_seg, F_NO64, O_NONE, O_NONE, IMM_NONE, s)
#define POP_SEG(n, s)	ROW(n, exec_pop_seg, F_NO64, O_NONE, O_NONE, IMM_NONE, s)

/* group 1: an ALU instruction with an immediate */
#define GROUP1(f, i)							\
	ROW("add", exec_add, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("or", exec_or, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("adc", exec_adc, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("sbb", exec_sbb, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("and", exec_and, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("sub", exec_sub, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("xor", exec_xor, RMW | F_MODRM | (f), O_E, O_I, i),		\
	ROW("cmp", exec_cmp, F_R | F_MODRM | (f), O_E, O_I, i)

static const struct emul_row group1_eb_ib[8] = { GROUP1(F_B, IMM_B) };
static const struct emul_row group1_eb_ib_no64[8] = { GROUP1(F_B | F_NO64, IMM_B) };
static const struct emul_row group1_ev_iz[8] = { GROUP1(0, IMM_Z) };
static const struct emul_row group1_ev_ib[8] = { GROUP1(0, IMM_B) };

/* group 2: shifts and rotates; /6 is an alias of SHL in all processors */
#define GROUP2(f, s, i)							\
	ROW("rol", exec_rol, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("ror", exec_ror, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("rcl", exec_rcl, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("rcr", exec_rcr, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("shl", exec_shl, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("shr", exec_shr, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("shl", exec_shl, F_R | F_W | F_MODRM | (f), O_E, s, i),	\
	ROW("sar", exec_sar, F_R | F_W | F_MODRM | (f), O_E, s, i)

static const struct emul_row group2_eb_ib[8] = { GROUP2(F_B, O_I, IMM_UB) };
static const struct emul_row group2_ev_ib[8] = { GROUP2(0, O_I, IMM_UB) };
static const struct emul_row group2_eb_1[8] = { GROUP2(F_B, O_1, IMM_NONE) };
static const struct emul_row group2_ev_1[8] = { GROUP2(0, O_1, IMM_NONE) };
static const struct emul_row group2_eb_cl[8] = { GROUP2(F_B, O_CL, IMM_NONE) };
static const struct emul_row group2_ev_cl[8] = { GROUP2(0, O_CL, IMM_NONE) };

#define GROUP3(f, i)							\
	ROW("test", exec_test, F_R | F_MODRM | (f), O_E, O_I, i),		\
	ROW("test", exec_test, F_R | F_MODRM | (f), O_E, O_I, i),		\
	ROW("not", exec_not, RMW | F_MODRM | (f), O_E),			\
	ROW("neg", exec_neg, RMW | F_MODRM | (f), O_E),			\
	ROW("mul", exec_mul, F_R | F_MODRM | (f), O_E),			\
	ROW("imul", exec_imul1, F_R | F_MODRM | (f), O_E),		\
	ROW("div", exec_div, F_R | F_MODRM | (f), O_E),			\
	ROW("idiv", exec_idiv, F_R | F_MODRM | (f), O_E)

static const struct emul_row group3_eb[8] = { GROUP3(F_B, IMM_B) };
static const struct emul_row group3_ev[8] = { GROUP3(0, IMM_Z) };

static const struct emul_row group4[8] = {
	ROW("inc", exec_inc, RMW | F_MODRM | F_B, O_E),
	ROW("dec", exec_dec, RMW | F_MODRM | F_B, O_E),
	[2 ... 7] = ROW("ud", exec_ud, F_MODRM),
};

static const struct emul_row group5[8] = {
	ROW("inc", exec_inc, RMW | F_MODRM, O_E),
	ROW("dec", exec_dec, RMW | F_MODRM, O_E),
	ROW("call", exec_call_rm, F_MODRM | F_F64, O_NONE, O_E),
	ROW("call far", exec_call_far, F_MODRM | F_MEM),
	ROW("jmp", exec_jmp_rm, F_MODRM | F_F64, O_NONE, O_E),
	ROW("jmp far", exec_jmp_far, F_MODRM | F_MEM),
	ROW("push", exec_push, F_MODRM | F_D64, O_NONE, O_E),
	ROW("ud", exec_ud, F_MODRM),
};

static const struct emul_row group1a[8] = {
	ROW("pop", exec_pop_rm, F_MODRM | F_D64),
	[1 ... 7] = LENGTH("xop", F_MODRM),
};

static const struct emul_row group11_eb[8] = {
	ROW("mov", exec_mov, F_W | F_MODRM | F_B, O_E, O_I, IMM_B),
	[1 ... 7] = ROW("ud", exec_ud, F_MODRM | F_B, O_NONE, O_NONE, IMM_B),
};

static const struct emul_row group11_ev[8] = {
	ROW("mov", exec_mov, F_W | F_MODRM, O_E, O_I, IMM_Z),
	[1 ... 7] = ROW("ud", exec_ud, F_MODRM, O_NONE, O_NONE, IMM_Z),
};

static const struct emul_row arpl_movsxd[2] = {
	ROW("arpl", exec_arpl, F_R | F_W | F_MODRM | F_PROT, O_EW, O_G),
	ROW("movsxd", exec_movsx, F_W | F_MODRM, O_G, O_ED),
};

/* with a register operand, and in 64-bit mode, these are VEX prefixes */
static const struct emul_row les_mem[2] = {
	ROW("les", exec_load_far, F_MODRM, O_NONE, O_NONE, IMM_NONE, SEG_ES),
	NONE,
};

static const struct emul_row lds_mem[2] = {
	ROW("lds", exec_load_far, F_MODRM, O_NONE, O_NONE, IMM_NONE, SEG_DS),
	NONE,
};

static const struct emul_row les[2] = { GROUP(les_mem, F_MODRM | G_MOD), NONE };
static const struct emul_row lds[2] = { GROUP(lds_mem, F_MODRM | G_MOD), NONE };

/*
 * x87: what is said to the unit as a whole, which is how code asks whether there
 * is one. Its other instructions are known by their length.
 */
#define X87(n, x)	ROW(n, x, F_MODRM)
#define LENGTH87	ROW("x87", exec_x87, F_MODRM)

static const struct emul_row group_d9_mem[8] = {
	[0 ... 4] = LENGTH87,
	X87("fldcw", exec_fldcw),
	LENGTH87,
	X87("fnstcw", exec_fstcw),
};

static const struct emul_row group_d9_d0[8] = {
	X87("fnop", exec_fnop), [1 ... 7] = LENGTH87,
};

static const struct emul_row group_d9_reg[8] = {
	[0 ... 1] = LENGTH87,
	GROUP(group_d9_d0, F_MODRM | G_RM),
	[3 ... 7] = LENGTH87,
};

static const struct emul_row group_db_e0[8] = {
	X87("fneni", exec_fnop),	/* of the 8087 */
	X87("fndisi", exec_fnop),
	X87("fnclex", exec_fclex),
	X87("fninit", exec_fninit),
	X87("fnsetpm", exec_fnop),	/* of the 287 */
	[5 ... 7] = LENGTH87,
};

static const struct emul_row group_db_mem[8] = { TIMES8(LENGTH87) };
static const struct emul_row group_db_reg[8] = {
	[0 ... 3] = LENGTH87,
	GROUP(group_db_e0, F_MODRM | G_RM),
	[5 ... 7] = LENGTH87,
};

static const struct emul_row group_dd_mem[8] = {
	[0 ... 6] = LENGTH87,
	X87("fnstsw", exec_fstsw),
};

static const struct emul_row group_dd_reg[8] = { TIMES8(LENGTH87) };

static const struct emul_row group_df_mem[8] = { TIMES8(LENGTH87) };

static const struct emul_row group_df_e0[8] = {
	X87("fnstsw", exec_fstsw), [1 ... 7] = LENGTH87,
};

static const struct emul_row group_df_reg[8] = {
	[0 ... 3] = LENGTH87,
	GROUP(group_df_e0, F_MODRM | G_RM),
	[5 ... 7] = LENGTH87,
};

#define MEM_OR_REG(g)	{ GROUP(g##_mem, F_MODRM | G_REG), GROUP(g##_reg, F_MODRM | G_REG) }

static const struct emul_row group_d9[2] = MEM_OR_REG(group_d9);
static const struct emul_row group_db[2] = MEM_OR_REG(group_db);
static const struct emul_row group_dd[2] = MEM_OR_REG(group_dd);
static const struct emul_row group_df[2] = MEM_OR_REG(group_df);

const struct emul_row emul_one_byte[256] = {
	/* 00 */
	ALU("add", exec_add, RMW), PUSH_SEG("push es", SEG_ES), POP_SEG("pop es", SEG_ES),
	ALU("or", exec_or, RMW), PUSH_SEG("push cs", SEG_CS), NONE,
	/* 10 */
	ALU("adc", exec_adc, RMW), PUSH_SEG("push ss", SEG_SS), POP_SEG("pop ss", SEG_SS),
	ALU("sbb", exec_sbb, RMW), PUSH_SEG("push ds", SEG_DS), POP_SEG("pop ds", SEG_DS),
	/* 20 */
	ALU("and", exec_and, RMW), NONE, ROW("daa", exec_daa, F_NO64),
	ALU("sub", exec_sub, RMW), NONE, ROW("das", exec_das, F_NO64),
	/* 30 */
	ALU("xor", exec_xor, RMW), NONE, ROW("aaa", exec_aaa, F_NO64),
	ALU("cmp", exec_cmp, F_R), NONE, ROW("aas", exec_aas, F_NO64),
	/* 40: REX in 64-bit mode */
	TIMES8(ROW("inc", exec_inc, F_R | F_W, O_Z)),
	TIMES8(ROW("dec", exec_dec, F_R | F_W, O_Z)),
	/* 50 */
	TIMES8(ROW("push", exec_push, F_D64, O_NONE, O_Z)),
	TIMES8(ROW("pop", exec_pop, F_D64 | F_W, O_Z)),
	/* 60 */
	ROW("pusha", exec_pusha, F_NO64),
	ROW("popa", exec_popa, F_NO64),
	ROW("bound", exec_bound, F_NO64 | F_MODRM | F_MEM),
	GROUP(arpl_movsxd, F_MODRM | G_MODE),
	NONE, NONE, NONE, NONE,
	ROW("push", exec_push, F_D64, O_NONE, O_I, IMM_Z),
	ROW("imul", exec_imul, F_W | F_MODRM, O_G, O_E, IMM_Z, 1),
	ROW("push", exec_push, F_D64, O_NONE, O_I, IMM_B),
	ROW("imul", exec_imul, F_W | F_MODRM, O_G, O_E, IMM_B, 1),
	ROW("ins", exec_ins, F_STR | F_B),
	ROW("ins", exec_ins, F_STR),
	ROW("outs", exec_outs, F_STR | F_B),
	ROW("outs", exec_outs, F_STR),
	/* 70 */
	TIMES16(ROW("jcc", exec_jcc, F_F64, O_NONE, O_NONE, IMM_B)),
	/* 80 */
	GROUP(group1_eb_ib, F_MODRM | G_REG),
	GROUP(group1_ev_iz, F_MODRM | G_REG),
	GROUP(group1_eb_ib_no64, F_MODRM | G_REG),
	GROUP(group1_ev_ib, F_MODRM | G_REG),
	ROW("test", exec_test, F_R | F_MODRM | F_B, O_E, O_G),
	ROW("test", exec_test, F_R | F_MODRM, O_E, O_G),
	ROW("xchg", exec_xchg, RMW | F_XLOCK | F_MODRM | F_B, O_E, O_G),
	ROW("xchg", exec_xchg, RMW | F_XLOCK | F_MODRM, O_E, O_G),
	ROW("mov", exec_mov, F_W | F_MODRM | F_B, O_E, O_G),
	ROW("mov", exec_mov, F_W | F_MODRM, O_E, O_G),
	ROW("mov", exec_mov, F_W | F_MODRM | F_B, O_G, O_E),
	ROW("mov", exec_mov, F_W | F_MODRM, O_G, O_E),
	ROW("mov sreg", exec_mov_from_seg, F_MODRM),
	ROW("lea", exec_lea, F_W | F_MODRM | F_MEM, O_G),
	ROW("mov sreg", exec_mov_to_seg, F_MODRM, O_NONE, O_EW),
	GROUP(group1a, F_MODRM | G_REG),
	/* 90 */
	ROW("nop", exec_nop_xchg, 0),
	TIMES4(ROW("xchg", exec_xchg, F_R | F_W, O_Z, O_A)),
	ROW("xchg", exec_xchg, F_R | F_W, O_Z, O_A),
	ROW("xchg", exec_xchg, F_R | F_W, O_Z, O_A),
	ROW("xchg", exec_xchg, F_R | F_W, O_Z, O_A),
	ROW("cbw", exec_cbw, 0),
	ROW("cwd", exec_cwd, 0),
	ROW("call far", exec_call_far, F_NO64, O_NONE, O_NONE, IMM_FAR),
	ROW("fwait", exec_wait, 0),
	ROW("pushf", exec_pushf, F_D64),
	ROW("popf", exec_popf, F_D64),
	ROW("sahf", exec_sahf, 0),
	ROW("lahf", exec_lahf, 0),
	/* a0 */
	ROW("mov", exec_mov, F_W | F_B, O_A, O_O, IMM_A),
	ROW("mov", exec_mov, F_W, O_A, O_O, IMM_A),
	ROW("mov", exec_mov, F_W | F_B, O_O, O_A, IMM_A),
	ROW("mov", exec_mov, F_W, O_O, O_A, IMM_A),
	ROW("movs", exec_movs, F_STR | F_B),
	ROW("movs", exec_movs, F_STR),
	ROW("cmps", exec_cmps, F_STR | F_B),
	ROW("cmps", exec_cmps, F_STR),
	ROW("test", exec_test, F_R | F_B, O_A, O_I, IMM_B),
	ROW("test", exec_test, F_R, O_A, O_I, IMM_Z),
	ROW("stos", exec_stos, F_STR | F_B),
	ROW("stos", exec_stos, F_STR),
	ROW("lods", exec_lods, F_STR | F_B),
	ROW("lods", exec_lods, F_STR),
	ROW("scas", exec_scas, F_STR | F_B),
	ROW("scas", exec_scas, F_STR),
	/* b0 */
	TIMES8(ROW("mov", exec_mov, F_W | F_B, O_Z, O_I, IMM_B)),
	TIMES8(ROW("mov", exec_mov, F_W, O_Z, O_I, IMM_V)),
	/* c0 */
	GROUP(group2_eb_ib, F_MODRM | G_REG),
	GROUP(group2_ev_ib, F_MODRM | G_REG),
	ROW("ret", exec_ret, F_F64, O_NONE, O_NONE, IMM_W),
	ROW("ret", exec_ret, F_F64),
	GROUP(les, F_MODRM | G_MODE),
	GROUP(lds, F_MODRM | G_MODE),
	GROUP(group11_eb, F_MODRM | G_REG),
	GROUP(group11_ev, F_MODRM | G_REG),
	ROW("enter", exec_enter, F_D64, O_NONE, O_NONE, IMM_W_B),
	ROW("leave", exec_leave, F_D64),
	ROW("ret far", exec_ret_far, 0, O_NONE, O_NONE, IMM_W),
	ROW("ret far", exec_ret_far, 0),
	ROW("int3", exec_int, 0, O_NONE, O_NONE, IMM_NONE, EXC_BP),
	ROW("int", exec_int, 0, O_NONE, O_NONE, IMM_UB),
	ROW("into", exec_into, F_NO64),
	ROW("iret", exec_iret, 0),
	/* d0 */
	GROUP(group2_eb_1, F_MODRM | G_REG),
	GROUP(group2_ev_1, F_MODRM | G_REG),
	GROUP(group2_eb_cl, F_MODRM | G_REG),
	GROUP(group2_ev_cl, F_MODRM | G_REG),
	ROW("aam", exec_aam, F_NO64, O_NONE, O_NONE, IMM_UB),
	ROW("aad", exec_aad, F_NO64, O_NONE, O_NONE, IMM_UB),
	ROW("salc", exec_salc, F_NO64),
	ROW("xlat", exec_xlat, 0),
	LENGTH87, GROUP(group_d9, F_MODRM | G_MOD), LENGTH87,
	GROUP(group_db, F_MODRM | G_MOD), LENGTH87, GROUP(group_dd, F_MODRM | G_MOD),
	LENGTH87, GROUP(group_df, F_MODRM | G_MOD),
	/* e0 */
	ROW("loopne", exec_loop, F_F64, O_NONE, O_NONE, IMM_B),
	ROW("loope", exec_loop, F_F64, O_NONE, O_NONE, IMM_B),
	ROW("loop", exec_loop, F_F64, O_NONE, O_NONE, IMM_B),
	ROW("jcxz", exec_jcxz, F_F64, O_NONE, O_NONE, IMM_B),
	ROW("in", exec_in, F_B, O_NONE, O_NONE, IMM_UB),
	ROW("in", exec_in, 0, O_NONE, O_NONE, IMM_UB),
	ROW("out", exec_out, F_B, O_NONE, O_NONE, IMM_UB),
	ROW("out", exec_out, 0, O_NONE, O_NONE, IMM_UB),
	ROW("call", exec_call, F_F64, O_NONE, O_NONE, IMM_Z),
	ROW("jmp", exec_jmp, F_F64, O_NONE, O_NONE, IMM_Z),
	ROW("jmp far", exec_jmp_far, F_NO64, O_NONE, O_NONE, IMM_FAR),
	ROW("jmp", exec_jmp, F_F64, O_NONE, O_NONE, IMM_B),
	ROW("in", exec_in, F_B, O_NONE, O_NONE, IMM_NONE, 1),
	ROW("in", exec_in, 0, O_NONE, O_NONE, IMM_NONE, 1),
	ROW("out", exec_out, F_B, O_NONE, O_NONE, IMM_NONE, 1),
	ROW("out", exec_out, 0, O_NONE, O_NONE, IMM_NONE, 1),
	/* f0 */
	NONE,
	ROW("int1", exec_int1, 0),
	NONE, NONE,
	ROW("hlt", exec_hlt, F_PRIV),
	ROW("cmc", exec_cmc, 0),
	GROUP(group3_eb, F_MODRM | G_REG),
	GROUP(group3_ev, F_MODRM | G_REG),
	ROW("clc", exec_flag, 0, O_NONE, O_NONE, IMM_NONE, 0),
	ROW("stc", exec_flag, 0, O_NONE, O_NONE, IMM_NONE, 0x80),
	ROW("cli", exec_cli, 0),
	ROW("sti", exec_sti, 0),
	ROW("cld", exec_flag, 0, O_NONE, O_NONE, IMM_NONE, 10),
	ROW("std", exec_flag, 0, O_NONE, O_NONE, IMM_NONE, 0x80 | 10),
	GROUP(group4, F_MODRM | G_REG),
	GROUP(group5, F_MODRM | G_REG),
};

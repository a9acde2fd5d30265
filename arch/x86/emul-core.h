/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of the emulator share: rows of the opcode table, access to
 * registers, memory and segments. Functions that can fail return enum
 * emul_result; executors do too, and may change guest state at any time before
 * they fail: registers are restored, the rest is staged (see emulate.c).
 */
#ifndef KVMFS_EMUL_CORE_H
#define KVMFS_EMUL_CORE_H

#include <linux/types.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "emulate.h"

enum { R_AX, R_CX, R_DX, R_BX, R_SP, R_BP, R_SI, R_DI };

enum {
	EXC_DE = 0, EXC_DB = 1, EXC_BP = 3, EXC_OF = 4, EXC_BR = 5, EXC_UD = 6, EXC_NM = 7,
	EXC_DF = 8, EXC_TS = 10, EXC_NP = 11, EXC_SS = 12, EXC_GP = 13, EXC_PF = 14, EXC_AC = 17,
};

#define EFL_ARITH	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | \
			 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)
#define EFL_IOPL(f)	(((f) >> 12) & 3)

#define EMUL_NO_SEG	0xff
#define EMUL_NO_REG	0xff
#define EMUL_RIP_BASE	0xfe

/* --- rows of the opcode table: emul-table*.c ----------------------------- */

/* operands, by the letters of the SDM, vol. 2, A.2.1 */
enum emul_form {
	O_NONE,
	O_E, O_EB, O_EW,	/* ModRM.rm, of operand size or 1 or 2 bytes */
	O_ED,			/* the same, 4 bytes at most */
	O_G,			/* ModRM.reg */
	O_A,			/* accumulator */
	O_Z,			/* register in the low bits of the opcode */
	O_O,			/* memory, its offset is the immediate */
	O_I,			/* immediate */
	O_1, O_CL,		/* shift counts */
};

enum emul_imm {
	IMM_NONE,
	IMM_B,			/* one byte, sign-extended */
	IMM_UB,			/* one byte */
	IMM_W,			/* two bytes */
	IMM_Z,			/* operand size, at most 4 bytes, sign-extended */
	IMM_V,			/* operand size */
	IMM_A,			/* address size */
	IMM_FAR,		/* offset of operand size, then selector in imm2 */
	IMM_W_B,		/* two bytes, then one in imm2 */
};

/* flags of a row */
#define F_MODRM		BIT(0)
#define F_B		BIT(1)	/* operand size is one byte */
#define F_R		BIT(2)	/* dst is read */
#define F_W		BIT(3)	/* dst is written */
#define F_LOCK		BIT(4)	/* LOCK is allowed with dst in memory */
#define F_XLOCK		BIT(5)	/* and implied */
#define F_NO64		BIT(6)	/* #UD in 64-bit mode */
#define F_64		BIT(7)	/* #UD outside of it */
#define F_D64		BIT(8)	/* 64-bit operands by default there */
#define F_F64		BIT(9)	/* whatever the prefixes say */
#define F_PRIV		BIT(10)	/* CPL 0, else #GP(0) */
#define F_PROT		BIT(11)	/* #UD in real and virtual-8086 mode */
#define F_MEM		BIT(12)	/* #UD with a register operand */
#define F_REG		BIT(13)	/* #UD with a memory operand */
#define F_NOMEM		BIT(14)	/* ModRM always names a register (CR and DR moves) */
#define F_BITS		BIT(15)	/* dst in memory is a bit string, src an index into it */
#define F_SSE		BIT(16)	/* subject to CR0.TS, CR0.EM, CR4.OSFXSR */
#define F_STR		BIT(17)	/* string instruction: REP counts */
#define F_MIN4		BIT(18)	/* operands of 4 bytes at least */

/* how a row is chosen further; then @exec is not used */
#define G_REG		BIT(24)	/* by ModRM.reg */
#define G_RM		BIT(25)	/* by ModRM.rm */
#define G_MOD		BIT(26)	/* memory, register */
#define G_PFX		BIT(27)	/* none, 66, F3, F2 */
#define G_MODE		BIT(28)	/* other modes, 64-bit mode */
#define G_ANY		(G_REG | G_RM | G_MOD | G_PFX | G_MODE)

struct emul_row {
	union {
		int (*exec)(struct emul *e);
		const struct emul_row *group;
	};
	const char *name;	/* NULL: not in the table */
	u32 flags;
	u8 dst, src;		/* enum emul_form */
	u8 imm;			/* enum emul_imm */
	u8 arg;			/* of the executor's choice */
};

extern const struct emul_row emul_one_byte[256];
extern const struct emul_row emul_two_byte[256];
const struct emul_row *emul_three_byte(u8 map, u8 opcode);

/* --- sizes ---------------------------------------------------------------- */

static inline u64 emul_mask(unsigned int size)
{
	return ~0ULL >> (64 - 8 * size);
}

static inline u64 emul_top(unsigned int size)
{
	return 1ULL << (8 * size - 1);
}

static inline s64 emul_sext(u64 val, unsigned int size)
{
	unsigned int shift = 64 - 8 * size;

	return (s64)(val << shift) >> shift;
}

/* @val in the low @size bytes of @old, as a register write does (32 bits clear the rest) */
static inline u64 emul_merge(u64 old, u64 val, unsigned int size)
{
	if (size >= 4)
		return val & emul_mask(size);
	return (old & ~emul_mask(size)) | (val & emul_mask(size));
}

/* --- exceptions ----------------------------------------------------------- */

int emul_raise(struct emul *e, u8 vector);
int emul_raise_code(struct emul *e, u8 vector, u32 code);

/* --- registers: emul-mem.c ------------------------------------------------ */

/* AH, CH, DH, BH are byte registers 4 to 7 unless there is a REX prefix */
static inline bool emul_is_high(const struct emul *e, unsigned int n, unsigned int size)
{
	return size == 1 && (n & ~3u) == 4 && !e->insn.rex;
}

static inline u64 emul_reg(const struct emul *e, unsigned int n, unsigned int size)
{
	if (emul_is_high(e, n, size))
		return (u8)(e->regs[n - 4] >> 8);
	return e->regs[n] & emul_mask(size);
}

/* all 64 bits; the old value is kept for emul_undo() */
static inline void emul_put_reg(struct emul *e, unsigned int n, u64 val)
{
	if (!(e->dirty & BIT(n))) {
		e->undo[n] = e->regs[n];
		e->dirty |= BIT(n);
	}
	e->regs[n] = val;
}

void emul_set_reg(struct emul *e, unsigned int n, unsigned int size, u64 val);
void emul_undo(struct emul *e);

/* --- memory: emul-mem.c --------------------------------------------------- */

/* what an access is for */
#define ACC_READ	0
#define ACC_WRITE	BIT(0)
#define ACC_RMW		BIT(1)	/* read now, written later */

int emul_linear(struct emul *e, unsigned int seg, u64 ea, unsigned int n,
		unsigned int acc, u64 *la);
int emul_linear16(struct emul *e, unsigned int acc, u64 *la);
int emul_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags);
int emul_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags);
int emul_swap(struct emul *e, u64 la, const void *old, const void *new, unsigned int n,
	      bool *swapped);
int emul_load(struct emul *e, unsigned int seg, u64 ea, unsigned int n, u64 *val);
int emul_store(struct emul *e, unsigned int seg, u64 ea, unsigned int n, u64 val);
u64 emul_ea(struct emul *e);

unsigned int emul_stack_size(struct emul *e);
int emul_push(struct emul *e, u64 val, unsigned int size);
int emul_pop(struct emul *e, u64 *val, unsigned int size);

/* operands in ModRM.rm for executors that fetch and store on their own */
int emul_load_rm(struct emul *e, unsigned int n, u64 *val);
int emul_store_rm(struct emul *e, unsigned int n, u64 val);

static inline bool emul_canonical(u64 la)
{
	return (u64)((s64)(la << 16) >> 16) == la;
}

/* --- modes ---------------------------------------------------------------- */

static inline bool emul_protected(const struct emul *e)
{
	return e->mode >= EMUL_PROT16;
}

/* IA-32e mode: 64-bit or compatibility */
static inline bool emul_lma(const struct emul *e)
{
	return e->efer & BIT(10);
}

int emul_io_check(struct emul *e, u16 port, unsigned int size);

/* --- near control transfer: emul-flow.c -------------------------------------- */

int emul_set_rip(struct emul *e, u64 rip);	/* in the same code segment, checked */
void emul_drop_stack(struct emul *e, unsigned int n);
u64 emul_new_flags(struct emul *e, u64 val, unsigned int size, unsigned int cpl, u64 extra);

/* --- segments: emul-seg.c ---------------------------------------------------- */

/* type bits of a code or data descriptor */
#define ATTR_CODE	8
#define ATTR_CONFORMING	4
#define ATTR_RW		2	/* data: writable, code: readable */
#define ATTR_ACCESSED	1

static inline unsigned int emul_dpl(const struct hv_segment *s)
{
	return (s->attr & SEG_ATTR_DPL) >> SEG_ATTR_DPL_SHIFT;
}

/* a descriptor where it lies; raw[1] for the 16-byte ones of IA-32e mode */
struct emul_desc {
	u64 raw[2];
	u64 la;
};

int emul_read_desc(struct emul *e, u16 sel, u8 vector, struct emul_desc *d);
int emul_mark_desc(struct emul *e, struct emul_desc *d, u8 type_bits);
void emul_parse_desc(struct hv_segment *s, u16 sel, const struct emul_desc *d);
int emul_read_desc_high(struct emul *e, u16 sel, struct emul_desc *d);
int emul_set_segment(struct emul *e, unsigned int seg, u16 sel);
int emul_check_stack(struct emul *e, u16 sel, unsigned int cpl, u8 vector,
		     struct hv_segment *ss, struct emul_desc *d);
void emul_real_segment(struct emul *e, unsigned int seg, u16 sel, struct hv_segment *s);

/* --- far control transfer: emul-far.c, emul-int.c, emul-task.c ------------------ */

/* a stack that is not that of the registers yet */
struct emul_stack {
	struct hv_segment ss;
	u64 sp;
	unsigned int width;	/* bytes of sp that count */
	bool switched;
};

int emul_tss_stack(struct emul *e, unsigned int cpl, struct emul_stack *s);
int emul_tss64_stack(struct emul *e, unsigned int cpl, unsigned int ist, struct emul_stack *s);
int emul_push_on(struct emul *e, struct emul_stack *s, u64 val, unsigned int size);

/* what leads to a task */
enum emul_task {
	EMUL_TASK_JMP,
	EMUL_TASK_CALL,
	EMUL_TASK_INT,		/* INT n, INT3, INTO through a task gate */
	EMUL_TASK_EVENT,	/* an interrupt or exception through one */
	EMUL_TASK_IRET,		/* with NT */
};

int emul_task_switch(struct emul *e, u16 sel, enum emul_task how,
		     const struct hv_exception *exc);
int emul_task_return(struct emul *e);

int emul_check_code(struct emul *e, u16 sel, struct hv_segment *cs, struct emul_desc *d);
int emul_check_rip(struct emul *e, const struct hv_segment *cs, u64 rip);
int emul_deliver(struct emul *e, u8 vector, enum emul_event event,
		 const struct hv_exception *exc);

/* --- ALU ------------------------------------------------------------------- */

void emul_logic_flags(struct emul *e, u64 r, unsigned int size);
bool emul_condition(const struct emul *e, unsigned int cc);
u64 emul_sub_flags(struct emul *e, u64 a, u64 b, unsigned int size);

#include "emul-ops.h"

#endif /* KVMFS_EMUL_CORE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction emulator: one instruction, from guest state to guest state,
 * through a table of accessors. It knows no VM, no vCPU and no vendor, so that
 * user space compiles it as it is.
 */
#ifndef KVMFS_EMULATE_H
#define KVMFS_EMULATE_H

#include <linux/types.h>

struct emul;
struct emul_row;

/* segment registers in encoding order, then the two system ones */
enum { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR, SEG_COUNT };

/* attr: as in the ABI header (bits of a descriptor, 16 = unusable) */
#define SEG_ATTR_TYPE		0x000f
#define SEG_ATTR_S		0x0010
#define SEG_ATTR_DPL		0x0060
#define SEG_ATTR_DPL_SHIFT	5
#define SEG_ATTR_P		0x0080
#define SEG_ATTR_AVL		0x1000
#define SEG_ATTR_L		0x2000
#define SEG_ATTR_DB		0x4000
#define SEG_ATTR_G		0x8000
#define SEG_ATTR_UNUSABLE	0x10000

struct hv_segment {
	u64 base;
	u32 limit;		/* in bytes, after scaling by G */
	u16 selector;
	u32 attr;
};

/* gdtr and idtr */
struct hv_table {
	u64 base;
	u16 limit;
};

struct hv_exception {
	u8 vector;
	bool has_error;
	u32 error;
	u64 cr2;		/* for #PF */
};

/* the control part of the x87 state, as FXSAVE has it */
struct emul_x87 {
	u16 cw, sw;
	u8 tag;			/* a bit for each register that is not empty */
	bool reset;		/* set_x87(): the opcode and the pointers become 0, too */
};

enum emul_result {
	EMUL_OK,		/* done: registers, rip and rflags are the new ones */
	EMUL_FAULT,		/* e->exc is to be injected; nothing else changed */
	EMUL_EXIT,		/* user space must act; then run the same again, or,
				 * if e->done is set, the instruction is finished
				 */
	EMUL_AGAIN,		/* e.g. REP: progress was committed, enter the guest again */
	EMUL_UNKNOWN,		/* not an instruction that the emulator knows */
	EMUL_ERROR,		/* host trouble (-ENOMEM and the like) in e->error */
};

enum emul_mode { EMUL_REAL, EMUL_VM86, EMUL_PROT16, EMUL_PROT32, EMUL_LONG };

/* access flags of read and write */
#define EMUL_USER_IMPLICIT_SYSTEM 1	/* tables, TSS: supervisor access at any CPL */
#define EMUL_FOR_WRITE		2	/* read(): written next, so fault as a write */
#define EMUL_PROBE		4	/* write(): would it fault? moves nothing, @buf is NULL */

/**
 * struct emul_ops - how the emulator reaches guest state
 *
 * The memory accessors take linear addresses, at most 64 bytes, may cross a
 * page, and return EMUL_OK, EMUL_FAULT (having filled e->exc), EMUL_EXIT (MMIO
 * data that only user space has) or EMUL_ERROR. read() after user space
 * answered gives the data when the same instruction runs again; write() of
 * MMIO queues the data and returns EMUL_EXIT after which the instruction counts
 * as done (the emulator sets e->done and commits before it returns EMUL_EXIT).
 * An emul_run() that ends otherwise (a later access faulted) drops what was queued.
 * cmpxchg() is atomic against other CPUs; *swapped says whether it stored. The
 * operand was read() with EMUL_FOR_WRITE before; on MMIO it acts as write().
 * io_in() fills @count elements of @size bytes or returns EMUL_EXIT; io_out()
 * queues and returns EMUL_EXIT (treated like an MMIO write) or EMUL_OK.
 * All other accessors return EMUL_OK or EMUL_FAULT.
 */
struct emul_ops {
	/* @n: in, wanted, never across a page; out, got, > 0 */
	int (*fetch)(struct emul *e, u64 la, void *buf, unsigned int *n);
	int (*read)(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags);
	int (*write)(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags);
	int (*cmpxchg)(struct emul *e, u64 la, const void *old, const void *new,
		       unsigned int n, bool *swapped);
	int (*io_in)(struct emul *e, u16 port, unsigned int size, unsigned int count,
		     void *buf);
	int (*io_out)(struct emul *e, u16 port, unsigned int size, unsigned int count,
		      const void *buf);
	/* TSS bitmap when CPL > IOPL; NULL: the emulator looks at the TSS itself */
	int (*io_allowed)(struct emul *e, u16 port, unsigned int size);
	void (*get_segment)(struct emul *e, int seg, struct hv_segment *s);
	int (*set_segment)(struct emul *e, int seg, const struct hv_segment *s);
	void (*get_table)(struct emul *e, bool idt, struct hv_table *t);
	void (*set_table)(struct emul *e, bool idt, const struct hv_table *t);
	u64 (*get_cr)(struct emul *e, int cr);
	int (*set_cr)(struct emul *e, int cr, u64 val);
	int (*get_dr)(struct emul *e, int dr, u64 *val);
	int (*set_dr)(struct emul *e, int dr, u64 val);
	int (*get_msr)(struct emul *e, u32 msr, u64 *val);
	int (*set_msr)(struct emul *e, u32 msr, u64 val);
	void (*cpuid)(struct emul *e, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
	u64 (*rdtsc)(struct emul *e);
	void (*invlpg)(struct emul *e, u64 la);
	/* operands were checked; NULL: #UD */
	void (*invpcid)(struct emul *e, unsigned int type, u16 pcid, u64 la);
	int (*hlt)(struct emul *e);		/* EMUL_EXIT, the instruction being done */
	int (*wbinvd)(struct emul *e);
	/* SSE registers for moves that reach MMIO: 16 bytes of xmm @n; NULL where absent */
	int (*get_xmm)(struct emul *e, unsigned int n, void *val);
	int (*set_xmm)(struct emul *e, unsigned int n, const void *val);
	/* what the x87 control instructions see; NULL where absent */
	int (*get_x87)(struct emul *e, struct emul_x87 *x);
	int (*set_x87)(struct emul *e, const struct emul_x87 *x);
};

/* what emul_simple() tells */
enum { SIMPLE_NONE, SIMPLE_STORE, SIMPLE_LOAD, SIMPLE_INVLPG };

/**
 * struct emul_simple - an instruction between one register and memory
 * @kind:	SIMPLE_*
 * @len:	of the instruction, bytes
 * @size:	of what is in memory, bytes
 * @to:		of what a load changes, bytes; 4 clears the upper half
 * @sign:	a load extends the sign, else zeros
 * @reg:	0-15; 0xff: @imm is stored
 * @base, @index, @scale, @disp, @adsize: the address, see struct emul_insn
 */
struct emul_simple {
	u8 kind, len, size, to;
	bool sign;
	u8 reg, base, index, scale, adsize;
	s64 disp;
	u64 imm;
};

#define EMUL_MAX_INSN	15
#define EMUL_MAX_REP	1024	/* iterations of a string instruction in one emul_run() */

#define EMUL_IO_BUF	4096	/* bytes that one string I/O moves at most */

/* an operand as it is used: private to emul*.c */
struct emul_operand {
	u64 val;
	u64 la;				/* of a memory operand */
	u8 kind;			/* enum emul_kind */
	u8 size;
	u8 reg;
};

/* a decoded instruction: private to emul*.c */
struct emul_insn {
	u8 bytes[16];
	/* those that every instruction resets stand together */
	u8 fetched;			/* of bytes[] */
	u8 pos;				/* the next byte to decode */
	u8 rex, rep, lock, opprefix, adprefix;
	u8 map;				/* 0: one byte, 1: 0f, 2: 0f38, 3: 0f3a */
	u8 override;			/* segment of a prefix, 0xff: none */
	u8 seg;				/* segment of the memory operand */
	u8 base, index, scale;		/* registers of the address, 0xff: none, 0xfe: rip */
	bool mem;			/* rm is memory */
	u8 opcode;
	u8 opsize;			/* 1, 2, 4, 8 */
	s64 disp;
	u64 imm;
	u64 imm2;
	u8 adsize;			/* 2, 4, 8 */
	u8 modrm, mod, reg, rm;
	u64 ea;				/* effective address, before the segment */
	const struct emul_row *row;	/* of the opcode table */
};

/**
 * struct emul - one instruction being emulated
 *
 * The caller sets everything down to @io_max once a vCPU or before each
 * instruction, and clears @decoded whenever rip, mode or code may have changed
 * since the last emul_run(); the rest is the emulator's. The decoded form is kept
 * so that the same instruction can be run again after an exit without fetching
 * it a second time. An instruction that loads CS, CR0 or EFER does so through the
 * ops alone: @cr0, @efer, @mode and @cpl are for the caller to renew.
 */
struct emul {
	const struct emul_ops *ops;
	void *ctx;			/* of the caller, for ops */
	u64 *regs;			/* 16, in encoding order: rax rcx rdx rbx rsp ... */
	u64 rip;
	u64 rflags;
	u64 cr0;			/* cached for mode checks */
	u64 efer;
	enum emul_mode mode;
	u8 cpl;
	unsigned int io_max;		/* bytes of one string I/O exit, <= EMUL_IO_BUF */

	/* results */
	struct hv_exception exc;
	int error;
	bool decoded;
	bool done;			/* with EMUL_EXIT: see above */
	bool late;			/* with EMUL_FAULT: it is that of a task just entered:
					 * registers, rip and rflags are the new ones
					 */
	bool sti_shadow;		/* STI ran: one more instruction without interrupts */
	bool ss_shadow;			/* MOV SS / POP SS likewise */
	bool wrote_rsp;			/* for callers that track */
	u8 len;				/* of the instruction, bytes */

	/* the rest is private to emul*.c */
	bool exit;			/* a write was queued for user space */
	u32 dirty;			/* registers written, old values in undo[] */
	u64 next_rip;			/* rip and rflags once the instruction is done */
	u64 flags;
	struct emul_operand src, dst;
	struct emul_insn insn;
	u64 undo[16];
	u8 io_buf[EMUL_IO_BUF] __aligned(8);
};

/**
 * emul_run() - emulate the instruction at e->rip
 * @e: state in, state out
 *
 * Return: enum emul_result. On EMUL_OK (and EMUL_EXIT with @e->done, and
 * EMUL_AGAIN) e->regs, e->rip and e->rflags are the new ones; in all other cases
 * they are untouched (but see @late). EMUL_AGAIN: a repeated string instruction came to its batch
 * limit, or met a fault or an exit after whole iterations. e->regs has the
 * progress, e->rip still points at it; what the op that stopped it asked for is
 * forgotten and will be asked again, first thing, by the next emul_run().
 */
int emul_run(struct emul *e);

/**
 * emul_decode() - fetch and decode only
 * @e: state in; e->insn and e->len out
 *
 * For backends that need the length of an instruction that exited. Some that
 * emul_run() does not know still have a length here (Documentation/emulator.rst).
 * Return: EMUL_OK, EMUL_FAULT, EMUL_UNKNOWN or EMUL_ERROR.
 */
int emul_decode(struct emul *e);

bool emul_simple(const struct emul *e, struct emul_simple *s);
u64 emul_simple_la(const struct emul_simple *s, const u64 *regs, u64 rip);
void emul_simple_load(const struct emul_simple *s, u64 *regs, u64 val);
u64 emul_simple_store(const struct emul_simple *s, const u64 *regs);

/* how an event came about, for emul_interrupt() */
enum emul_event {
	EMUL_EV_HARDWARE,		/* external interrupt, NMI, exception */
	EMUL_EV_SOFTWARE,		/* INT n, INT3, INTO: the gate's DPL counts */
};

/**
 * emul_interrupt() - deliver an event through the IVT or the IDT
 * @e: state in, state out; e->rip is what the handler returns to
 * @vector: of the table
 * @event: who asks
 * @exc: for an exception's error code, else NULL
 *
 * For guests whose processor cannot do it (real mode without unrestricted guest),
 * and for a software vCPU. What to do about an exception on the way (EMUL_FAULT),
 * e.g. making it a double fault, is the caller's.
 * Return: as emul_run().
 */
int emul_interrupt(struct emul *e, u8 vector, enum emul_event event,
		   const struct hv_exception *exc);

#endif /* KVMFS_EMULATE_H */

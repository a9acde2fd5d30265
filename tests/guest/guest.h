/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h: what a test guest in C has. A guest is a flat image at GUEST_BASE,
 * started in 32-bit protected mode without paging; lib.S brings it to main()
 * in the mode that it is compiled for: flat 32-bit without paging, or 64-bit
 * with the first 4 GiB mapped one to one.
 *
 * A guest prints TAP on port 0xe9 and ends by writing its status to port 0xf4,
 * so the same image also runs on plain QEMU (-kernel, -debugcon,
 * isa-debug-exit). The other ports are those of guestrun, see devices.h.
 */
#ifndef GUEST_H
#define GUEST_H

#define GUEST_BASE	0x10000
#define SEL_CODE	0x08
#define SEL_DATA	0x10
#define SEL_UCODE	0x1b
#define SEL_UDATA	0x23
#define SEL_TSS		0x28
#define SEL_CODE16	0x38
#define SEL_DATA16	0x40
#define SEL_CODE32	0x48
#define SEL_LDT		0x50

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>
#include "devices.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned long word;	/* as wide as a register */

#define IS64		(sizeof(word) == 8)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		((word)1 << (n))

#define CR0_PE	BIT(0)
#define CR0_MP	BIT(1)
#define CR0_TS	BIT(3)
#define CR0_WP	BIT(16)
#define CR0_PG	BIT(31)
#define CR4_DE	BIT(3)
#define CR4_PSE	BIT(4)
#define CR4_PAE	BIT(5)
#define CR4_PGE	BIT(7)
#define CR4_OSFXSR BIT(9)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define FLAG_TF	BIT(8)
#define FLAG_IF	BIT(9)
#define FLAG_DF	BIT(10)
#define FLAG_RF	BIT(16)
#define FLAG_AC	BIT(18)
#define MSR_EFER 0xc0000080
#define EFER_SCE 1
#define EFER_NXE (1 << 11)

/* What a trap leaves on the stack, lowest address first (see lib.S) */
struct frame {
#ifdef __x86_64__
	word r15, r14, r13, r12, r11, r10, r9, r8;
#endif
	word di, si, bp, bx, dx, cx, ax;
	word vector, error;
	word ip, cs, flags, sp, ss;	/* 32 bits: sp and ss from user mode only */
};

/* The last exception that catch() or user() ended with */
struct caught {
	word vector, error, cr2, ip, cs, flags, dr6;
};

#define NOTHING	256	/* caught.vector of a catch() without an exception */
#define BACK	0x40	/* caught.vector of a user() that returned by INT 0x40 */

extern struct caught caught;
extern void (*handler[256])(struct frame *);
extern u64 idt[];

/* catch: call fn(arg); the vector that it died of, or NOTHING */
word catch(void (*fn)(word), word arg);
/* user: the same at CPL 3 with the stack at sp; BACK if it did INT 0x40 */
word user(word fn, word arg, word sp);
void throw(struct frame *f) __attribute__((noreturn));

int main(void);
void print(const char *format, ...);
void ok(int good, const char *format, ...);
void skip(const char *why, const char *name);
void done(void) __attribute__((noreturn));
void set_gate(unsigned int vector, void *to, unsigned int dpl);
void *copy(void *to, const void *from, size_t n);
void *fill(void *to, int byte, size_t n);
int same(const void *a, const void *b, size_t n);
u32 random32(void);
int on_tcg(void);	/* plain QEMU, with faults of its own */
int on_emulated_svm(void);	/* QEMU around the host, with some more */

/* Memory that the linker does not know: guests place things from here on */
#define FREE_MEMORY	0x100000

#define DEFINE_IO(name, type, suffix)					\
static inline void out##name(u16 port, type value)			\
{									\
	asm volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port));	\
}									\
static inline type in##name(u16 port)					\
{									\
	type value;							\
	asm volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port));	\
	return value;							\
}
DEFINE_IO(b, u8, "b")
DEFINE_IO(w, u16, "w")
DEFINE_IO(l, u32, "l")

#define DEFINE_REG(reg)							\
static inline word get_##reg(void)					\
{									\
	word value;							\
	asm volatile("mov %%" #reg ", %0" : "=r"(value) : : "memory");	\
	return value;							\
}									\
static inline void set_##reg(word value)				\
{									\
	asm volatile("mov %0, %%" #reg : : "r"(value) : "memory");	\
}
DEFINE_REG(cr0)
DEFINE_REG(cr2)
DEFINE_REG(cr3)
DEFINE_REG(cr4)
DEFINE_REG(dr0)
DEFINE_REG(dr1)
DEFINE_REG(dr2)
DEFINE_REG(dr3)
DEFINE_REG(dr6)
DEFINE_REG(dr7)

static inline void invlpg(word address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline u64 rdmsr(u32 index)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(index));
	return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 index, u64 value)
{
	asm volatile("wrmsr" : : "c"(index), "a"((u32)value),
		     "d"((u32)(value >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return lo | (u64)hi << 32;
}

static inline void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	asm volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
		     : "a"(leaf), "c"(sub));
}

static inline word get_flags(void)
{
	word value;

	asm volatile("pushf; pop %0" : "=r"(value) : : "memory");
	return value;
}

static inline void set_flags(word value)
{
	asm volatile("push %0; popf" : : "r"(value) : "memory", "cc");
}

#endif /* !__ASSEMBLER__ */
#endif /* GUEST_H */

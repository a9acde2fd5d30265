/* SPDX-License-Identifier: LGPL-2.1-or-later WITH Linux-syscall-note */
/*
 * kvmfs: the binary interface of the two system calls and of the binary
 * windows in a virtual machine's files. Everything else is text; see kvmfs(5).
 */
#ifndef _UAPI_LINUX_KVMFS_H
#define _UAPI_LINUX_KVMFS_H

#include <linux/types.h>

/*
 * System call numbers on x86-64. They lie in the range (387-423) that the
 * kernel's table promises never to hand out.
 */
#define __NR_kvm_create		390
#define __NR_kvm_run		391

/* kvm_create() flags */
#define KVM_CREATE_PERSIST	(1u << 0)	/* lives until rmdir, not until close */

/* What ended kvm_run(): its return value, and kvm_exit.reason */
#define KVMFS_EXIT_IO		1	/* port input or output */
#define KVMFS_EXIT_MMIO		2	/* access to a hole, or a write to rom */
#define KVMFS_EXIT_HLT		3	/* the guest executed HLT */
#define KVMFS_EXIT_IRQ_WINDOW	4	/* an interrupt can be taken now */
#define KVMFS_EXIT_DEBUG	5	/* single step, breakpoint or watchpoint */
#define KVMFS_EXIT_SHUTDOWN	6	/* triple fault */
#define KVMFS_EXIT_HYPERCALL	7	/* VMCALL or VMMCALL, where asked for */
#define KVMFS_EXIT_MSR		8	/* unknown MSR, where asked for */
#define KVMFS_EXIT_FAIL_ENTRY	9	/* the processor refused the guest's state */
#define KVMFS_EXIT_ERROR	10	/* internal error: an instruction not emulated */

/* kvm_exit.state: set at every return of kvm_run() */
#define KVMFS_STATE_IF		(1u << 0)	/* the guest's RFLAGS.IF */
#define KVMFS_STATE_IRQ_READY	(1u << 1)	/* a vector given now is taken at once */

/* kvm_exit.request: asked of the next kvm_run(), which clears INJECT when it took it */
#define KVMFS_REQ_IRQ_WINDOW	(1u << 0)	/* return when an interrupt can be taken */
#define KVMFS_REQ_INJECT	(1u << 1)	/* deliver .vector; it must be takeable */
#define KVMFS_REQ_RETURN	(1u << 2)	/* complete what is pending, then EINTR */
#define KVMFS_REQ_ALL		(KVMFS_REQ_IRQ_WINDOW | KVMFS_REQ_INJECT | KVMFS_REQ_RETURN)

#define KVM_EXIT_DATA		4096		/* most bytes that one exit moves */

/**
 * struct kvm_exit - what kvm_run() reports, and what the next one reads back
 * @reason:	out: KVMFS_EXIT_*
 * @state:	out: KVMFS_STATE_*
 * @request:	in: KVMFS_REQ_*, to be zeroed before the first run. The kernel clears
 *		KVMFS_REQ_INJECT once the vector is taken and leaves the rest alone
 * @vector:	in: 0-255, with KVMFS_REQ_INJECT
 * @io:		@count elements of @size (1, 2, 4) bytes at @port, in @data
 * @mmio:	@size (1-64) bytes at guest physical address @gpa, in @data
 * @debug:	@dr6 as the processor reports it, @rip, and the vector (1 or 3)
 * @hypercall:	RAX, RBX, RCX, RDX, RSI of the guest
 * @msr:	RDMSR or WRMSR of @index
 * @fail:	the vendor's exit code and two words of detail, see ``status``
 * @data:	the bytes of an io or mmio exit. For reads (@write == 0) the
 *		caller fills them before the next kvm_run().
 *
 * The struct is extensible: kvm_run() takes its size. A smaller @data only
 * makes string I/O come in smaller parts.
 */
struct kvm_exit {
	__u32 reason;
	__u32 state;
	__u32 request;
	__u32 vector;
	union {
		struct {
			__u16 port;
			__u8 size;
			__u8 write;
			__u32 count;
		} io;
		struct {
			__u64 gpa;
			__u8 size;
			__u8 write;
			__u8 reserved[6];
		} mmio;
		struct {
			__u64 dr6;
			__u64 rip;
			__u32 vector;
			__u32 reserved;
		} debug;
		struct {
			__u64 rax, rbx, rcx, rdx, rsi;
		} hypercall;
		struct {
			__u32 index;
			__u32 write;
			__u64 value;
		} msr;
		struct {
			__u64 code;
			__u64 info[2];
		} fail;
		__u64 raw[6];
	};
	__u8 data[KVM_EXIT_DATA];
};

#define KVM_EXIT_HEAD		64	/* bytes before data */
#define KVM_EXIT_SIZE_MIN	72	/* the least size that kvm_run() takes */

/* A binary packet written to ``irq`` */
struct kvm_irq {
	__u32 type;		/* KVM_IRQ_* */
	__u32 vector;		/* 0-255 for KVM_IRQ_VECTOR, else 0 */
};

#define KVM_IRQ_VECTOR		1
#define KVM_IRQ_NMI		2
#define KVM_IRQ_WINDOW		3	/* ask for an irq-window exit */

/*
 * Registers. KVM_REG_LIST is the one table of them: X(NAME, "text name", slot).
 * Register NAME is eight bytes at offset KVM_REG_NAME of the file ``regs``;
 * adjacent ones can be read and written together.
 *
 * Segment attributes have the layout of bits 8-23 of a descriptor's second
 * word: type 0-3, S 4, DPL 5-6, P 7, AVL 12, L 13, D/B 14, G 15; bit 16 set
 * means unusable (a null selector was loaded).
 */
#define KVM_REG_SEG_LIST(X, NAME, name, slot)		\
	X(NAME##_BASE, name ".base", slot)		\
	X(NAME##_LIMIT, name ".limit", (slot) + 1)	\
	X(NAME##_SELECTOR, name ".selector", (slot) + 2)\
	X(NAME##_ATTR, name ".attr", (slot) + 3)

#define KVM_REG_LIST(X)				\
	X(RAX, "rax", 0)			\
	X(RCX, "rcx", 1)			\
	X(RDX, "rdx", 2)			\
	X(RBX, "rbx", 3)			\
	X(RSP, "rsp", 4)			\
	X(RBP, "rbp", 5)			\
	X(RSI, "rsi", 6)			\
	X(RDI, "rdi", 7)			\
	X(R8, "r8", 8)				\
	X(R9, "r9", 9)				\
	X(R10, "r10", 10)			\
	X(R11, "r11", 11)			\
	X(R12, "r12", 12)			\
	X(R13, "r13", 13)			\
	X(R14, "r14", 14)			\
	X(R15, "r15", 15)			\
	X(RIP, "rip", 16)			\
	X(RFLAGS, "rflags", 17)			\
	X(CR0, "cr0", 18)			\
	X(CR2, "cr2", 19)			\
	X(CR3, "cr3", 20)			\
	X(CR4, "cr4", 21)			\
	X(CR8, "cr8", 22)			\
	X(EFER, "efer", 23)			\
	X(DR0, "dr0", 24)			\
	X(DR1, "dr1", 25)			\
	X(DR2, "dr2", 26)			\
	X(DR3, "dr3", 27)			\
	X(DR6, "dr6", 28)			\
	X(DR7, "dr7", 29)			\
	X(XCR0, "xcr0", 30)			\
	KVM_REG_SEG_LIST(X, ES, "es", 32)	\
	KVM_REG_SEG_LIST(X, CS, "cs", 36)	\
	KVM_REG_SEG_LIST(X, SS, "ss", 40)	\
	KVM_REG_SEG_LIST(X, DS, "ds", 44)	\
	KVM_REG_SEG_LIST(X, FS, "fs", 48)	\
	KVM_REG_SEG_LIST(X, GS, "gs", 52)	\
	KVM_REG_SEG_LIST(X, LDTR, "ldtr", 56)	\
	KVM_REG_SEG_LIST(X, TR, "tr", 60)	\
	X(GDTR_BASE, "gdtr.base", 64)		\
	X(GDTR_LIMIT, "gdtr.limit", 65)		\
	X(IDTR_BASE, "idtr.base", 66)		\
	X(IDTR_LIMIT, "idtr.limit", 67)

#define KVM_REG_SLOTS		68		/* slot 31 is reserved and reads 0 */
#define KVM_REG_WINDOW		0x10000000	/* where the binary window starts */
#define KVM_REG_OFFSET(slot)	(KVM_REG_WINDOW + 8 * (slot))

#define KVM_REG_ENUM(NAME, name, slot)	KVM_REG_##NAME = KVM_REG_OFFSET(slot),
enum { KVM_REG_LIST(KVM_REG_ENUM) };
#undef KVM_REG_ENUM

#endif /* _UAPI_LINUX_KVMFS_H */

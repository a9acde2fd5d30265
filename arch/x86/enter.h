/* SPDX-License-Identifier: GPL-2.0-only */
/* What both world switches, svm/enter.S and vmx/enter.S, do with a guest's registers. */
#ifndef KVMFS_ENTER_H
#define KVMFS_ENTER_H

/* the offset of register @n, by its number in instructions, in an array of all */
#define R(n)	(8 * (n))
#define RAX	0
#define RCX	1
#define RDX	2
#define RBX	3
#define RBP	5
#define RSI	6
#define RDI	7

/* all but RAX, RSP, RSI and RDI; each vendor's code needs some of these for itself */
.macro LOAD_REGS from
	mov	R(RCX)(\from), %rcx
	mov	R(RDX)(\from), %rdx
	mov	R(RBX)(\from), %rbx
	mov	R(RBP)(\from), %rbp
	mov	R(8)(\from), %r8
	mov	R(9)(\from), %r9
	mov	R(10)(\from), %r10
	mov	R(11)(\from), %r11
	mov	R(12)(\from), %r12
	mov	R(13)(\from), %r13
	mov	R(14)(\from), %r14
	mov	R(15)(\from), %r15
.endm

.macro STORE_REGS to
	mov	%rcx, R(RCX)(\to)
	mov	%rdx, R(RDX)(\to)
	mov	%rbx, R(RBX)(\to)
	mov	%rbp, R(RBP)(\to)
	mov	%r8,  R(8)(\to)
	mov	%r9,  R(9)(\to)
	mov	%r10, R(10)(\to)
	mov	%r11, R(11)(\to)
	mov	%r12, R(12)(\to)
	mov	%r13, R(13)(\to)
	mov	%r14, R(14)(\to)
	mov	%r15, R(15)(\to)
.endm

#endif

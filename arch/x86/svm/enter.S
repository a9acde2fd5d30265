/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch. Everything between CLGI and STGI runs with interrupts and
 * NMIs held back, because from the first VMLOAD to the last GS, FS, TR and the
 * system call MSRs are the guest's. APM vol. 2, 15.5 (VMRUN), 15.17 (GIF).
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>

#define R(n)	(8 * (n))
#define RCX	1
#define RDX	2
#define RBX	3
#define RBP	5
#define RSI	6
#define RDI	7

/* each kernel names the step after VM-exit that its mitigations need */
#ifdef UNTRAIN_RET_VM
# define KVMFS_UNTRAIN	UNTRAIN_RET_VM
#else
# define KVMFS_UNTRAIN	UNTRAIN_RET
#endif

.section .noinstr.text, "ax"

/*
 * void svm_enter_guest(u64 vmcb_pa, u64 *regs, u64 host_pa)
 * RAX, RSP, RIP and RFLAGS of the guest are in its VMCB. @host_pa is this CPU's
 * page that VMSAVE filled for this thread. Interrupts are off before and after.
 */
SYM_FUNC_START(svm_enter_guest)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	%rsi
	mov	%rdi, %rax

	clgi
	vmload	%rax

	mov	R(RCX)(%rsi), %rcx
	mov	R(RDX)(%rsi), %rdx
	mov	R(RBX)(%rsi), %rbx
	mov	R(RBP)(%rsi), %rbp
	mov	R(RDI)(%rsi), %rdi
	mov	R(8)(%rsi), %r8
	mov	R(9)(%rsi), %r9
	mov	R(10)(%rsi), %r10
	mov	R(11)(%rsi), %r11
	mov	R(12)(%rsi), %r12
	mov	R(13)(%rsi), %r13
	mov	R(14)(%rsi), %r14
	mov	R(15)(%rsi), %r15
	mov	R(RSI)(%rsi), %rsi

	/* a physical interrupt ends the guest if the host's IF is set (15.21.1) */
	sti
	VM_CLEAR_CPU_BUFFERS
	vmrun	%rax
	cli

	/* RAX is again the VMCB's address; all else is still the guest's */
	vmsave	%rax
	mov	(%rsp), %rax
	mov	%rcx, R(RCX)(%rax)
	mov	%rdx, R(RDX)(%rax)
	mov	%rbx, R(RBX)(%rax)
	mov	%rbp, R(RBP)(%rax)
	mov	%rsi, R(RSI)(%rax)
	mov	%rdi, R(RDI)(%rax)
	mov	%r8,  R(8)(%rax)
	mov	%r9,  R(9)(%rax)
	mov	%r10, R(10)(%rax)
	mov	%r11, R(11)(%rax)
	mov	%r12, R(12)(%rax)
	mov	%r13, R(13)(%rax)
	mov	%r14, R(14)(%rax)
	mov	%r15, R(15)(%rax)
	mov	8(%rsp), %rax
	vmload	%rax

	/* nothing predicted by the guest may steer the host from here on */
	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT
	KVMFS_UNTRAIN

	/* and no guest value may be left for the host to speculate with */
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d

	/* the callee-saved ones are overwritten by these */
	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	stgi
	RET
SYM_FUNC_END(svm_enter_guest)

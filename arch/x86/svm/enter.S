/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch. Everything between CLGI and STGI runs with interrupts and
 * NMIs held back, because from the first VMLOAD to the last GS, FS, TR and the
 * system call MSRs are the guest's. APM vol. 2, 15.5 (VMRUN), 15.17 (GIF).
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include "../enter.h"

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

	LOAD_REGS %rsi
	mov	R(RDI)(%rsi), %rdi
	mov	R(RSI)(%rsi), %rsi

	/* a physical interrupt ends the guest if the host's IF is set (15.21.1) */
	sti
	VM_CLEAR_CPU_BUFFERS
	vmrun	%rax
	cli

	/* RAX is again the VMCB's address; all else is still the guest's */
	vmsave	%rax
	mov	(%rsp), %rax
	STORE_REGS %rax
	mov	%rsi, R(RSI)(%rax)
	mov	%rdi, R(RDI)(%rax)
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

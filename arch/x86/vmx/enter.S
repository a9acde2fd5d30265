/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch. VMX saves and loads RSP, RIP, RFLAGS, segments and control
 * registers by itself; the other registers are switched here. SDM vol. 3, 27 and
 * 28.5. The order of what comes after the exit is that of the kernel's hardening
 * guide: no RET before the return stack is safe.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#define R(n)	(8 * (n))
#define RAX	0
#define RCX	1
#define RDX	2
#define RBX	3
#define RBP	5
#define RSI	6
#define RDI	7
#define FIELD_HOST_RSP	0x6c14

.section .noinstr.text, "ax"

/*
 * int vmx_enter_guest(u64 *regs, u64 *host_rsp, bool launched)
 * The VMCS is current and interrupts are off. Returns 0 after a VM exit, 1 if
 * the instruction failed. RSP of the guest (regs[4]) is in the VMCS.
 */
SYM_FUNC_START(vmx_enter_guest)
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi

	/* mostly the stack is as deep as the last time */
	cmp	%rsp, (%rsi)
	je	1f
	mov	%rsp, (%rsi)
	mov	$FIELD_HOST_RSP, %eax
	vmwrite	%rsp, %rax
1:
	/* into CF, which the moves and VERW (ZF) leave alone */
	bt	$0, %edx

	mov	R(RAX)(%rdi), %rax
	mov	R(RCX)(%rdi), %rcx
	mov	R(RDX)(%rdi), %rdx
	mov	R(RBX)(%rdi), %rbx
	mov	R(RBP)(%rdi), %rbp
	mov	R(RSI)(%rdi), %rsi
	mov	R(8)(%rdi), %r8
	mov	R(9)(%rdi), %r9
	mov	R(10)(%rdi), %r10
	mov	R(11)(%rdi), %r11
	mov	R(12)(%rdi), %r12
	mov	R(13)(%rdi), %r13
	mov	R(14)(%rdi), %r14
	mov	R(15)(%rdi), %r15
	mov	R(RDI)(%rdi), %rdi

	CLEAR_CPU_BUFFERS
	jnc	.Llaunch
	UNWIND_HINT_SAVE
.Lresume:
	vmresume
	jmp	.Lfailed
.Llaunch:
	vmlaunch
	jmp	.Lfailed

	/* VMX may be off, in a reboot */
	_ASM_EXTABLE(.Lresume, .Lfailed)
	_ASM_EXTABLE(.Llaunch, .Lfailed)

/* HOST_RIP */
SYM_INNER_LABEL_ALIGN(vmx_exit_to_here, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR
	push	%rdi
	mov	8(%rsp), %rdi
	mov	%rax, R(RAX)(%rdi)
	mov	%rcx, R(RCX)(%rdi)
	mov	%rdx, R(RDX)(%rdi)
	mov	%rbx, R(RBX)(%rdi)
	mov	%rbp, R(RBP)(%rdi)
	mov	%rsi, R(RSI)(%rdi)
	mov	%r8,  R(8)(%rdi)
	mov	%r9,  R(9)(%rdi)
	mov	%r10, R(10)(%rdi)
	mov	%r11, R(11)(%rdi)
	mov	%r12, R(12)(%rdi)
	mov	%r13, R(13)(%rdi)
	mov	%r14, R(14)(%rdi)
	mov	%r15, R(15)(%rdi)
	pop	%rax
	mov	%rax, R(RDI)(%rdi)
	xor	%ebx, %ebx

.Lclear:
	/* no guest value may be left for the host to speculate with; RBX is the result */
	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%ebp, %ebp
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d

	/* nor may what the guest left in the predictors steer the host */
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE

	/* legacy IBRS protects only after it was written again; guests cannot change it */
	ALTERNATIVE "jmp .Librs_done", "", X86_FEATURE_KERNEL_IBRS
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	rdmsr
	wrmsr
.Librs_done:
	CLEAR_BRANCH_HISTORY_VMEXIT

	mov	%ebx, %eax
	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	RET

.Lfailed:
	mov	$1, %ebx
	jmp	.Lclear
SYM_FUNC_END(vmx_enter_guest)

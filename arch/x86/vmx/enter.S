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
#include "../enter.h"

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

	LOAD_REGS %rdi
	mov	R(RAX)(%rdi), %rax
	mov	R(RSI)(%rdi), %rsi
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
	STORE_REGS %rdi
	mov	%rax, R(RAX)(%rdi)
	mov	%rsi, R(RSI)(%rdi)
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

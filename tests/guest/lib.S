/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib.S: start and traps of the guests in C, for 32 and for 64 bits.
 */
#include "guest.h"

#ifdef __x86_64__
#define WORD 8
#define AX %rax
#define SP %rsp
#else
#define WORD 4
#define AX %eax
#define SP %esp
#endif

	.section .start, "ax"
	.code32
	.globl _start
_start:
	jmp	start32

	/* A Multiboot header, so that QEMU's -kernel loads the image too */
	.balign	4
multiboot:
	.long	0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
	.long	multiboot, _start, _edata, _end, start32

	.text
	.code32
start32:
	cli
	cld
	mov	$stack_top, %esp
	lgdt	gdt_pointer
	ljmp	$SEL_CODE32, $1f
1:	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
#ifdef __x86_64__
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	mov	$boot_pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
#endif
	ljmp	$SEL_CODE, $start_mode

#ifdef __x86_64__
	.code64
#else
	.code32
#endif
start_mode:
	mov	$tss, AX
	mov	%ax, gdt + SEL_TSS + 2
	shr	$16, %eax
	mov	%al, gdt + SEL_TSS + 4
	mov	%ah, gdt + SEL_TSS + 7
	mov	$SEL_TSS, %eax
	ltr	%ax
	call	make_idt
	lidt	idt_pointer
	call	main
	call	done

/*
 * Traps: 256 entries of 16 bytes, each leaving an error code (or 0) and the
 * vector.
 */
	.balign	16
	.globl	trap_entries
trap_entries:
	vector = 0
	.rept	256
	.balign	16
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
	.else
	push	$0
	.endif
#ifdef __x86_64__
	pushq	$vector
#else
	pushl	$vector
#endif
	jmp	trap_common
	vector = vector + 1
	.endr

trap_common:
#ifdef __x86_64__
	push %rax; push %rcx; push %rdx; push %rbx; push %rbp; push %rsi; push %rdi
	push %r8; push %r9; push %r10; push %r11; push %r12; push %r13; push %r14; push %r15
	mov	%rsp, %rdi
	cld
	call	trap
	pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8
	pop %rdi; pop %rsi; pop %rbp; pop %rbx; pop %rdx; pop %rcx; pop %rax
	add	$16, %rsp
	iretq
#else
	push %eax; push %ecx; push %edx; push %ebx; push %ebp; push %esi; push %edi
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	push	%esp
	cld
	call	trap
	add	$4, %esp
	pop %edi; pop %esi; pop %ebp; pop %ebx; pop %edx; pop %ecx; pop %eax
	add	$8, %esp
	iret
#endif

/* word catch(void (*fn)(word), word arg) */
	.globl	catch, user, throw
catch:
#ifdef __x86_64__
	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
	pushf
	push	catch_sp
	mov	%rsp, catch_sp
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
#else
	push %ebx; push %ebp; push %esi; push %edi
	pushf
	push	catch_sp
	mov	%esp, catch_sp
	mov	28(%esp), %eax
	mov	32(%esp), %edi
	push	%edi
	call	*%eax
	add	$4, %esp
#endif
	mov	$256, %eax
catch_out:
	pop	catch_sp
	popf
#ifdef __x86_64__
	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
#else
	pop %edi; pop %esi; pop %ebp; pop %ebx
#endif
	ret

/* void throw(struct frame *): back into the innermost catch() or user() */
throw:
	mov	catch_sp, SP
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	caught, AX
	jmp	catch_out

/* word user(word fn, word arg, word sp) */
user:
#ifdef __x86_64__
	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
	pushf
	push	catch_sp
	mov	%rsp, catch_sp
	mov	%rsp, tss + 4
	push	$SEL_UDATA
	push	%rdx
	pushf
	push	$SEL_UCODE
	push	%rdi
	mov	%rsi, %rdi
	iretq
#else
	push %ebx; push %ebp; push %esi; push %edi
	pushf
	push	catch_sp
	mov	%esp, catch_sp
	mov	%esp, tss + 4
	mov	28(%esp), %eax
	mov	32(%esp), %edi
	mov	36(%esp), %edx
	mov	$SEL_UDATA, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	push	$SEL_UDATA
	push	%edx
	pushf
	push	$SEL_UCODE
	push	%eax
	iret
#endif

	.data
	.balign	8
	.globl	gdt, tss, gdt_pointer, idt_pointer, catch_sp
gdt:
	.quad	0
#ifdef __x86_64__
	.quad	0x00af9b000000ffff	/* SEL_CODE */
#else
	.quad	0x00cf9b000000ffff
#endif
	.quad	0x00cf93000000ffff	/* SEL_DATA */
#ifdef __x86_64__
	.quad	0x00affb000000ffff	/* SEL_UCODE */
#else
	.quad	0x00cffb000000ffff
#endif
	.quad	0x00cff3000000ffff	/* SEL_UDATA */
	.quad	0x0000890000000067	/* SEL_TSS; the base is filled in */
	.quad	0
	.quad	0x00009b000000ffff	/* SEL_CODE16 */
	.quad	0x000093000000ffff	/* SEL_DATA16 */
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
	.quad	0, 0			/* SEL_LDT, for who wants one */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt, 0
idt_pointer:
	.word	256 * 2 * WORD - 1
	.long	idt, 0
	.balign	16
tss:
	.long	0, 0, SEL_DATA
	.fill	0x66 - 12, 1, 0
	.word	0x68			/* no I/O bitmap */
catch_sp:
	.quad	0

#ifdef __x86_64__
	.balign	4096
	.globl	boot_pml4
boot_pml4:
	.quad	boot_pdpt + 7
	.fill	511, 8, 0
boot_pdpt:
	.quad	boot_pd + 7, boot_pd + 0x1007, boot_pd + 0x2007, boot_pd + 0x3007
	.fill	508, 8, 0
boot_pd:
	page = 0
	.rept	2048
	.quad	page * 0x200000 + 0x87
	page = page + 1
	.endr
#endif

	.bss
	.balign	16
	.globl	idt
idt:
	.fill	256 * 2 * WORD, 1, 0
	.balign	4096
stack:
	.fill	8192, 1, 0
stack_top:

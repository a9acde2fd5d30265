/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * real.S: starts in real mode and goes through every mode and back: real,
 * 16-bit and 32-bit protected, 2-level paging with PSE, PAE, long and
 * compatibility mode, and down again; big real mode; string I/O, interrupts
 * and MMIO from real mode.
 *
 * The image is at 0x10000 with CS = DS = ES = 0x1000. Tables are at 0x20000.
 */
#include "devices.h"

#define CODE32	0x18
#define DATA32	0x20
#define CODE64	0x28
#define PD	0x20000		/* 2-level directory */
#define PDPT	0x21000		/* PAE and long */
#define PDS	0x22000		/* four of them */
#define PML4	0x26000
#define SCRATCH	0x30000		/* what each mode writes to */

	.section .start, "ax"
	.code16
	.globl _start
_start:
	jmp	start

#include "real.h"

start:
	cld
	call	test_real
	call	test_string
	call	test_interrupt
	call	test_protected16
	call	test_big_real
	mov	$0, %bl			/* 32-bit without paging */
	call	climb
	result	"protected mode and back"
	mov	$1, %bl
	call	climb
	result	"2-level paging with 4 MiB pages and back"
	mov	$2, %bl
	call	climb
	result	"PAE and back"
	mov	$3, %bl
	call	climb
	result	"long mode and back"
	mov	$20, %cx
again:
	push	%cx
	mov	%cl, %bl
	and	$3, %bl
	call	climb
	pop	%cx
	jnz	1f
	loop	again
	cmp	%ax, %ax
1:	result	"twenty more times in turn"
	call	test_vm86
	jmp	finish

/* --- real mode ------------------------------------------------------------------ */

test_real:
	mov	$0x3000, %ax
	mov	%ax, %fs
	movw	$0x1234, %fs:0x10
	mov	$0x2fff, %ax
	mov	%ax, %gs
	cmpw	$0x1234, %gs:0x20
	jne	1f
	push	$0x5678
	pop	%ax
	cmp	$0x5678, %ax
	jne	1f
	mov	%cr0, %eax
	test	$1, %al
	jnz	1f
	smsw	%ax
	test	$1, %al
1:	result	"segments, stack and CR0 in real mode"
	ret

test_string:
	mov	$PORT_FIFO_LEN, %dx
	xor	%eax, %eax
	out	%eax, %dx
	mov	$0x3000, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	$0x100, %di
	mov	$300, %cx
1:	mov	%cl, (%di)		/* 300 bytes that differ */
	inc	%di
	loop	1b
	mov	$PORT_FIFO, %dx
	mov	$0x100, %si
	mov	$300, %cx
	rep outsb
	cmp	$0x100 + 300, %si
	jne	9f
	mov	$0xff00, %di		/* up to the segment's end */
	mov	$128, %cx
	rep insw
	test	%di, %di
	jnz	9f
	mov	$11, %cx
	mov	$0x800, %di
	rep insl
	mov	$0x100, %si
	mov	$0xff00, %di
	mov	$128, %cx
	repe cmpsw
	jne	9f
	mov	$0x800, %di
	mov	$11, %cx
	repe cmpsl
9:	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	result	"string I/O in real mode"
	ret

on_int:
	push	%ax
	mov	%cs:inner - _start, %ax
	inc	%ax
	mov	%ax, %cs:inner - _start
	pop	%ax
	iret

test_interrupt:
	xor	%ax, %ax
	mov	%ax, %fs
	movw	$on_int - _start, %fs:0x61 * 4
	movw	$SEG, %fs:0x61 * 4 + 2
	movw	$on_int - _start, %fs:0
	movw	$SEG, %fs:2
	movw	$0, inner - _start
	int	$0x61
	int	$0x61
	cmpw	$2, inner - _start
	result	"INT n in real mode"
	movl	%fs:6 * 4, %eax
	movw	$on_ud - _start, %fs:6 * 4
	movw	$SEG, %fs:6 * 4 + 2
	movw	$0, inner - _start
	ud2
	mov	%eax, %fs:6 * 4
	cmpw	$1, inner - _start
	result	"#UD in real mode"
	ret

on_ud:
	push	%bp
	mov	%sp, %bp
	addw	$2, 2(%bp)		/* over the UD2 */
	pop	%bp
	jmp	on_int

/* --- 16-bit protected mode --------------------------------------------------------- */

test_protected16:
	protect
	ljmp	$CODE16, $(1f - _start)
1:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ds:magic - _start, %ecx
	unprotect
	ljmp	$SEG, $(1f - _start)
1:	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	cmp	$0x600dc0de, %ecx
	result	"16-bit protected mode"
	ret

/* segments with a 4 GiB limit stay so in real mode; the device is up there */
test_big_real:
	protect
	mov	$DATA32, %ax
	mov	%ax, %fs
	unprotect
	mov	$MMIO_BASE, %ebx
	movl	$0x12345678, %fs:(%ebx)
	movb	$0x9a, %fs:1(%ebx)
	movw	%fs:1(%ebx), %ax
	cmp	$0x349a, %ax
	jne	1f
	addl	$0x11, %fs:(%ebx)
	cmpl	$0x12349a89, %fs:(%ebx)
	jne	1f
	mov	$0x200000, %ebx
	movl	$0xcafe, %fs:(%ebx)
	cmpl	$0xcafe, %fs:(%ebx)
1:	pushf
	xor	%ax, %ax
	mov	%ax, %fs
	popf
	result	"big real mode, RAM and MMIO"
	ret

/* --- up to the mode in BL, and down; ZF if all was well ------------------------------ */

climb:
	mov	%sp, real_sp - _start
	mov	%bl, mode - _start
	movl	$0, seen - _start
	protect
	ljmpl	$CODE32, $1f
	.code32
1:	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x1f000, %esp
	movl	$0x11111111, SCRATCH
	movzbl	mode, %ebx
	cmp	$1, %ebx
	jb	down
	je	paging2
	call	make_pae
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	cmp	$3, %ebx
	je	long_mode

	mov	$PDPT, %eax
	mov	%eax, %cr3
	call	enable
	cmpl	$0x11111111, SCRATCH + 0x40000000
	jne	bad
	movl	$0x22222222, SCRATCH + 0x40000000
	call	disable
	cmpl	$0x22222222, SCRATCH
	jne	bad
	jmp	down

paging2:
	mov	$PD, %edi
	xor	%ecx, %ecx
1:	mov	%ecx, %eax
	shl	$22, %eax
	mov	$0x83, %al
	mov	%eax, (%edi, %ecx, 4)
	inc	%ecx
	cmp	$1024, %ecx
	jne	1b
	movl	$0x83, PD + 0x100 * 4	/* 0x40000000 is the first 4 MiB again */
	mov	%cr4, %eax
	or	$0x10, %eax
	mov	%eax, %cr4
	mov	$PD, %eax
	mov	%eax, %cr3
	call	enable
	cmpl	$0x11111111, SCRATCH + 0x40000000
	jne	bad
	movl	$0x33333333, SCRATCH + 0x40000000
	call	disable
	cmpl	$0x33333333, SCRATCH
	jne	bad
	jmp	down

long_mode:
	movl	$PDPT + 3, PML4
	movl	$0, PML4 + 4
	mov	$PML4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	call	enable
	rdmsr
	test	$0x400, %eax		/* LMA */
	jz	bad
	cmpl	$0x11111111, SCRATCH + 0x40000000	/* compatibility mode */
	jne	bad
	ljmp	$CODE64, $1f
	.code64
1:	mov	$0x1122334455667788, %rax
	mov	%rax, %r15
	mov	$SCRATCH + 0x40000000, %ebx
	mov	%r15, 8(%rbx)
	lea	magic(%rip), %rdx
	cmpl	$0x600dc0de, (%rdx)
	setz	%r14b
	push	%r15
	pop	%r13
	ljmpl	*to32(%rip)
	.code32
2:	call	disable
	mov	$0xc0000080, %ecx
	rdmsr
	test	$0x400, %eax
	jnz	bad
	and	$~0x100, %eax
	wrmsr
	cmpl	$0x55667788, SCRATCH + 8
	jne	bad
	cmpl	$0x11223344, SCRATCH + 12
	jne	bad
	jmp	down

bad:	movl	$1, seen
	mov	%cr0, %eax
	btr	$31, %eax
	mov	%eax, %cr0
down:
	mov	%cr4, %eax
	and	$~0x30, %eax
	mov	%eax, %cr4
	ljmp	$CODE16, $(1f - _start)
	.code16
1:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	unprotect
	ljmp	$SEG, $(1f - _start)
1:	xor	%ax, %ax
	mov	%ax, %ss
	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	real_sp - _start, %sp
	cmpl	$0, seen - _start
	ret

	.code32
to32:	.long	2b
	.word	CODE32

enable:
	mov	%cr0, %eax
	bts	$31, %eax
	mov	%eax, %cr0
	jmp	1f
1:	ret

disable:
	mov	%cr0, %eax
	btr	$31, %eax
	mov	%eax, %cr0
	jmp	1f
1:	ret

/* 4 GiB one to one in 2 MiB pages, but 0x40000000 is the first 2 MiB again */
make_pae:
	mov	$PDPT, %edi
	mov	$4096 / 4, %ecx
	xor	%eax, %eax
	rep stosl
	mov	$PDPT, %edi
	mov	$PDS, %edx
	mov	$4, %ecx
1:	mov	%edx, %eax
	mov	$1, %al
	cmp	$3, %ebx
	jne	2f
	mov	$3, %al
2:	mov	%eax, (%edi)
	add	$4096, %edx
	add	$8, %edi
	loop	1b
	mov	$PDS, %edi
	xor	%ecx, %ecx
1:	mov	%ecx, %eax
	shl	$21, %eax
	mov	$0x83, %al
	mov	%eax, (%edi, %ecx, 8)
	movl	$0, 4(%edi, %ecx, 8)
	inc	%ecx
	cmp	$2048, %ecx
	jne	1b
	movl	$0x83, PDS + 0x1000
	ret

/* --- virtual 8086 mode --------------------------------------------------------------- */

	.code16
test_vm86:
	mov	%sp, real_sp - _start
	movl	$0, seen - _start
	protect
	ljmpl	$CODE32, $1f
	.code32
1:	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x1f000, %esp
	lidt	idt_pointer
	mov	$tss, %eax
	mov	%ax, gdt_tss + 2
	shr	$16, %eax
	mov	%al, gdt_tss + 4
	movb	$0x89, gdt_tss + 5
	mov	$gdt_tss - gdt, %eax
	ltr	%ax
	pushl	$0			/* GS, FS, DS, ES, SS */
	pushl	$0
	pushl	$0x3000
	pushl	$0x3000
	pushl	$0x3000
	pushl	$0x8000
	pushl	$0x20002		/* VM */
	pushl	$SEG
	pushl	$in_vm86 - _start
	iret
	.code16
in_vm86:
	mov	$0x4321, %ax
	mov	%ax, 0x40
	push	%ax
	pop	%bx
	mov	%bx, 0x42
	ud2				/* #UD to the monitor */
	.code32
vm86_back:				/* from #UD: EIP, CS, EFLAGS, ESP, SS ... */
	testl	$0x20000, 8(%esp)
	jz	1f
	cmpl	$SEG, 4(%esp)
	jne	1f
	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	cmpl	$0x43214321, 0x30040
	je	2f
1:	mov	$DATA32, %eax
	mov	%eax, %ds
	movl	$1, seen
2:	lidt	real_idt
	ljmp	$CODE16, $(1f - _start)
	.code16
1:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	unprotect
	ljmp	$SEG, $(1f - _start)
1:	xor	%ax, %ax
	mov	%ax, %ss
	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	real_sp - _start, %sp
	cmpl	$0, seen - _start
	result	"virtual 8086 mode, left by an exception"
	ret

/* --- data ------------------------------------------------------------------------------ */


	.balign	8
gdt:	.quad	0
	.quad	0x00009b010000ffff	/* CODE16, base 0x10000 */
	.quad	0x000093010000ffff	/* DATA16 */
	.quad	0x00cf9b000000ffff	/* CODE32 */
	.quad	0x00cf93000000ffff	/* DATA32 */
	.quad	0x00af9b000000ffff	/* CODE64 */
gdt_tss:
	.quad	0x0000890000000067
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
idt:	.fill	6, 8, 0
	.word	vm86_back - _start	/* its high half is the 1 below */
	.word	CODE32
	.word	0x8e00, 1	
idt_end:
idt_pointer:
	.word	idt_end - idt - 1
	.long	idt
real_idt:
	.word	0x3ff
	.long	0
	.balign	4
tss:	.long	0, 0x1f000, DATA32
	.fill	0x68 - 12, 1, 0
magic:	.long	0x600dc0de
seen:	.long	0
real_sp: .word	0
inner:	.word	0
mode:	.byte	0

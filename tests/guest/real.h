/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests in real mode have in common: the start, from real mode or from
 * Multiboot, which goes to `start` with all segments but SS at the image, and the
 * report, in real mode alone. They have a `gdt_pointer` that leads to CODE16 and DATA16.
 *
 * The image is at 0x10000 with CS = DS = ES = 0x1000.
 */
#define SEG	0x1000
#define CODE16	0x08
#define DATA16	0x10

	/* for plain QEMU: come from Multiboot's protected mode to real mode */
	.balign	4
multiboot:
	.long	0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
	.long	multiboot, _start, _edata, _end, from_multiboot

	.code32
from_multiboot:
	lgdt	gdt_pointer
	ljmp	$CODE16, $(1f - _start)
	.code16
1:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	%cr0, %eax
	and	$~1, %eax
	mov	%eax, %cr0
	ljmp	$SEG, $(1f - _start)
1:	xor	%ax, %ax
	mov	%ax, %ss
	mov	$0xfff0, %sp
	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	jmp	start

	.macro	result name
	/* ZF: good */
	call	report
	.asciz	"\name"
	.endm

	.macro	protect
	cli
	lgdtl	gdt_pointer - _start
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	.endm

	.macro	unprotect
	mov	%cr0, %eax
	and	$~1, %al
	mov	%eax, %cr0
	.endm

/* the plan, and out */
finish:
	mov	$plan - _start, %si
	call	puts
	mov	tests - _start, %ax
	call	number
	mov	$10, %al
	out	%al, $PORT_CHAR
	mov	failed - _start, %al
	out	%al, $PORT_EXIT
1:	cli
	hlt
	jmp	1b

/* the name follows the call */
report:
	pop	%si
	jz	1f
	movb	$1, failed - _start
	push	%si
	mov	$not - _start, %si
	call	puts
	pop	%si
1:	push	%si
	mov	$okay - _start, %si
	call	puts
	incw	tests - _start
	mov	tests - _start, %ax
	call	number
	mov	$dash - _start, %si
	call	puts
	pop	%si
	call	puts
	mov	$10, %al
	out	%al, $PORT_CHAR
	push	%si
	ret

puts:					/* %cs:(%si) */
1:	mov	%cs:(%si), %al
	inc	%si
	test	%al, %al
	jz	2f
	out	%al, $PORT_CHAR
	jmp	1b
2:	ret

number:					/* %ax, below 100 */
	mov	$10, %dl
	div	%dl
	mov	%ah, %dh
	test	%al, %al
	jz	1f
	add	$'0', %al
	out	%al, $PORT_CHAR
1:	mov	%dh, %al
	add	$'0', %al
	out	%al, $PORT_CHAR
	ret

tests:	.word	0
failed:	.byte	0
plan:	.asciz	"1.."
not:	.asciz	"not "
okay:	.asciz	"ok "
dash:	.asciz	" - "


/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bios.S: a boot sector for save-bios.sh. Round after round, it reads a sector of its disk and
 * looks whether it is the right one, and writes a dot on the screen; until x is typed. How often
 * it has started is at 0x602, the rounds at 0x600.
 */
	.code16
	.globl _start
_start:	ljmp $0, $1f
1:	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $0x7c00, %sp
	mov %dl, drive
	incb 0x602
	movw $0, 0x600

round:	incw 0x600
	mov 0x600, %ax
	and $7, %al
	mov %al, %ch
	add $2, %al			/* sectors 2 to 9 begin with their numbers less 2 */
	mov %al, %cl
	push %cx
	mov $0, %ch
	mov $0x0201, %ax
	xor %dh, %dh
	mov drive, %dl
	mov $0x8000, %bx
	int $0x13
	pop %cx
	jc wrong
	cmp 0x8000, %ch
	jne wrong
	mov $0x0e2e, %ax
	mov $7, %bx
	int $0x10
	mov $1, %ah
	int $0x16
	jz round
	mov $0, %ah
	int $0x16
	cmp $'x', %al
	jne round
	mov $42, %al
	out %al, $0xf4
wrong:	mov $7, %al
	out %al, $0xf4
	hlt

drive:	.byte 0
	.org 510
	.word 0xaa55
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	.byte \n
	.fill 511, 1, 0xee
	.endr

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bios.S: a boot sector for reset-bios.sh: it counts in the second sector of its disk, prints
 * the number and resets the machine, each time another way; the fourth time it ends.
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
	mov $0x02, %ah
	call sector
	incb 0x8000
	mov $0x03, %ah
	call sector
	mov 0x8000, %al
	add $'0', %al
	mov $0x3f8, %dx
	out %al, %dx

	cmpb $2, 0x8000
	jb triple
	je fast
	cmpb $3, 0x8000
	je keyboard
	mov $42, %al
	out %al, $0xf4
triple:	lidt nothing
	int3
fast:	in $0x92, %al
	or $1, %al
	out %al, $0x92
	hlt
keyboard:
	mov $0xfe, %al
	out %al, $0x64
	hlt

sector:	mov $1, %al
	mov $2, %cx
	xor %dh, %dh
	mov drive, %dl
	mov $0x8000, %bx
	int $0x13
	jnc 1f
	mov $7, %al
	out %al, $0xf4
1:	ret

nothing: .word 0, 0, 0
drive:	.byte 0
	.org 510
	.word 0xaa55

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ways.S: the guest of reset.sh, a flat image in real mode. It counts in RAM, which RESET
 * does not touch, writes the number, and resets the machine: each time another way. Before
 * that it looks whether devices are as they were the first time, and leaves them changed.
 */
	.code16
	.set count, 0x500
	.set pic, 0x501			/* what was found the first time */
	.set uart, 0x502

	.globl _start
_start:	xor %ax, %ax
	mov %ax, %ds
	mov $0x3fb, %dx			/* the UART's LCR: it must still send */
	in %dx, %al
	mov %al, %bl
	mov $3, %al
	out %al, %dx
	incb count
	mov count, %al
	add $'0', %al
	mov $0x3f8, %dx
	out %al, %dx

	in $0x21, %al			/* the mask of the i8259 */
	cmpb $1, count
	jne again
	mov %al, pic
	mov %bl, uart
	mov $0x40, %al			/* CMOS memory: the battery keeps it */
	out %al, $0x70
	mov $0x5a, %al
	out %al, $0x71
	jmp leave
again:	cmp pic, %al
	jne wrong
	cmp uart, %bl
	jne wrong
	mov $0x40, %al
	out %al, $0x70
	in $0x71, %al
	cmp $0x5a, %al
	jne wrong

leave:	mov pic, %al
	not %al
	out %al, $0x21
	cmpb $2, count
	jb by_keyboard
	je by_register
	cmpb $3, count
	je by_output_port
	mov $42, %al
	out %al, $0xf4
wrong:	mov $1, %al
	out %al, $0xf4
	hlt

by_keyboard:
	mov $0xfe, %al
	out %al, $0x64
	hlt
by_register:
	mov $0x02, %al
	mov $0xcf9, %dx
	out %al, %dx
	mov $0x06, %al
	out %al, %dx
	hlt
by_output_port:
	mov $0xd1, %al
	out %al, $0x64
	mov $0, %al
	out %al, $0x60
	hlt

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BIOS of a few services, for the real-mode setup code of a kernel: it lies at
 * F000:0000. What it does not know returns with CF set, as on a PC; text goes to the
 * serial line, which stands for the screen. Data behind the label `bios_e820` is filled
 * by the monitor: number of entries (16 bits), then entries of 20 bytes.
 */

#define COM1		0x3f8
#define SMAP		0x534d4150
#define MEM_KB		639		/* below the EBDA at 0x9fc00 */

	.section .rodata
	.globl	bios_start, bios_end, bios_vectors, bios_e820
	.balign	16
	.code16
bios_start:

/* CF as the caller will see it: FLAGS lie above BP, IP and CS */
	.macro	return_cf set
	push	%bp
	mov	%sp, %bp
	.if	\set
	orb	$1, 6(%bp)
	.else
	andb	$~1, 6(%bp)
	.endif
	pop	%bp
	iret
	.endm

unknown:				/* of no meaning here: leaves all as it is */
	iret

failed:
	mov	$0x86, %ah		/* function not supported */
	return_cf 1

/* --- INT 10h: the screen --------------------------------------------------------- */

int10:
	cmp	$0x0e, %ah
	je	putchar
	cmp	$0x03, %ah
	je	cursor
	cmp	$0x0f, %ah
	je	get_mode
	iret

putchar:
	push	%ax
	push	%dx
	mov	$COM1, %dx
	out	%al, %dx
	pop	%dx
	pop	%ax
	iret

cursor:					/* top left, a line at its bottom */
	xor	%dx, %dx
	mov	$0x0607, %cx
	iret

get_mode:				/* 80 columns of coloured text, page 0 */
	mov	$0x5003, %ax
	xor	%bh, %bh
	iret

/* --- INT 11h, 12h: equipment, memory in KiB ------------------------------------------ */

int11:
	mov	$0x0022, %ax		/* an x87, 80x25 in colour */
	iret

int12:
	mov	$MEM_KB, %ax
	iret

/* --- INT 13h: no disks ------------------------------------------------------------------ */

int13:
	mov	$0x01, %ah
	return_cf 1

/* --- INT 15h: the machine ------------------------------------------------------------------ */

int15:
	cmp	$0xe820, %ax
	je	e820
	cmp	$0xe801, %ax
	je	e801
	cmp	$0x88, %ah
	je	extended
	cmp	$0x24, %ah		/* A20 is always open */
	je	good
	cmp	$0xec00, %ax		/* it intends to use long mode */
	je	good
	jmp	failed

good:
	xor	%ah, %ah
	return_cf 0

/* EBX: which entry; ES:DI, ECX: where to, how much */
e820:
	cmp	$SMAP, %edx
	jne	failed
	cmp	$20, %ecx
	jb	failed
	cmp	%cs:bios_e820 - bios_start, %bx
	jae	failed
	push	%ds
	push	%si
	push	%di
	push	%cs
	pop	%ds
	imul	$20, %bx, %si
	add	$bios_e820 - bios_start + 2, %si
	mov	$10, %cx
	cld
	rep movsw
	pop	%di
	pop	%si
	pop	%ds
	inc	%bx
	cmp	%cs:bios_e820 - bios_start, %bx
	jb	1f
	xor	%ebx, %ebx		/* that was the last one */
1:	mov	$SMAP, %eax
	mov	$20, %ecx
	return_cf 0

/* KiB from 1 to 16 MiB, 64 KiB above: e820 is the truth, this is for old kernels */
e801:
	mov	$0x3c00, %ax
	xor	%bx, %bx
	mov	%ax, %cx
	mov	%bx, %dx
	return_cf 0

extended:
	mov	$0x3c00, %ax
	return_cf 0

/* --- INT 16h: no keys; INT 1Ah: no PCI, no ticks ----------------------------------------------- */

int16:
	xor	%ax, %ax
	iret

int1a:
	test	%ah, %ah
	jnz	failed
	xor	%cx, %cx
	xor	%dx, %dx
	xor	%al, %al
	return_cf 0

/* --- what the monitor makes the interrupt vector table of: number, offset; ends with 0 ------- */

	.balign	4
bios_vectors:
	.word	0x10, int10 - bios_start
	.word	0x11, int11 - bios_start
	.word	0x12, int12 - bios_start
	.word	0x13, int13 - bios_start
	.word	0x15, int15 - bios_start
	.word	0x16, int16 - bios_start
	.word	0x1a, int1a - bios_start
	.word	0, unknown - bios_start	/* all others */
bios_e820:
	.word	0
	.fill	8 * 20, 1, 0
bios_end:

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bios.S: 16-bit code as a BIOS, DOS and boot loaders have it: services by INT, far
 * calls, string moves in both directions, deep frames, BCD, probing for processors and
 * coprocessors, faults and traps through the IVT, interrupts and HLT, unreal mode, the
 * megabyte that does not wrap; then call gates and tasks on the way.
 *
 * The image is at 0x10000. 0x30000 is for data, 0x40000 for more.
 */
#include "devices.h"

#define CODE32	0x18
#define DATA32	0x20
#define USER32	0x28
#define UDATA32	0x30
#define TSS1	0x38
#define TSS2	0x40
#define GATE	0x48
#define TASK	0x50

	.section .start, "ax"
	.code16
	.globl _start
_start:
	jmp	start

#include "real.h"

	.macro	vector n, handler
	movw	$\handler - _start, %fs:4 * \n
	movw	$SEG, %fs:4 * \n + 2
	.endm

start:
	cld
	xor	%ax, %ax
	mov	%ax, %fs
	call	test_services
	call	test_far
	call	test_strings
	call	test_frames
	call	test_decimal
	call	test_flow
	call	test_processor
	call	test_coprocessor
	call	test_faults
	call	test_step
	call	test_limit
	call	test_megabyte
	call	test_ports
	call	test_interrupt
	call	test_unreal
	call	test_lmsw
	call	test_gate
	call	test_task
	jmp	finish

/* --- services: CF of the FLAGS on the stack is the answer -------------------------------- */

service:			/* AH 1: AX = BX + CX; 2: asks itself; else CF */
	cmp	$1, %ah
	je	1f
	cmp	$2, %ah
	je	2f
	push	%bp
	mov	%sp, %bp
	orb	$1, 6(%bp)
	pop	%bp
	iret
1:	mov	%bx, %ax
	add	%cx, %ax
	clc
	lret	$2
2:	mov	$1, %ah
	int	$0x60
	inc	%ax
	iret

test_services:
	vector	0x60, service
	mov	$0x1200, %bx
	mov	$0x34, %cx
	mov	$0x01ff, %ax
	stc
	int	$0x60
	jc	9f
	cmp	$0x1234, %ax
	jne	9f
	mov	$0x0200, %ax
	int	$0x60
	cmp	$0x1235, %ax
	jne	9f
	mov	$0x7700, %ax
	clc
	int	$0x60
	jnc	8f
	/* IF is off in the handler and comes back */
	pushf
	pop	%ax
	test	$0x200, %ax
	jmp	9f
8:	or	$1, %al
9:	result	"services by INT, nested, with CF"
	ret

/* --- far calls ------------------------------------------------------------------------------ */

far_sum:			/* the sum of two words on the stack, which it takes away */
	push	%bp
	mov	%sp, %bp
	mov	6(%bp), %ax
	add	8(%bp), %ax
	pop	%bp
	lret	$4

test_far:
	mov	%sp, %dx
	push	$0x1000
	push	$0x0234
	lcall	$SEG, $far_sum - _start
	cmp	$0x1234, %ax
	jne	9f
	push	$0x2000
	push	$0x0345
	lcall	*far_pointer - _start
	cmp	$0x2345, %ax
	jne	9f
	/* the same place by another segment */
	push	$3
	push	$4
	lcall	$SEG + 0x10, $far_sum - _start - 0x100
	cmp	$7, %ax
	jne	9f
	cmp	%dx, %sp
	jne	9f
	ljmp	*jump_pointer - _start
8:	or	$1, %al
9:	result	"far calls and jumps"
	ret
landing:
	cmp	%ax, %ax
	jmp	9b

/* --- strings ----------------------------------------------------------------------------------- */

test_strings:
	mov	$0x3000, %ax
	mov	%ax, %es
	mov	%ax, %ds
	mov	$0x100, %di
	mov	$64, %cx
	xor	%al, %al
1:	stosb
	inc	%al
	loop	1b
	/* overlapping, upwards and downwards */
	mov	$0x100, %si
	mov	$0x108, %di
	mov	$8, %cx
	rep movsb
	cmpw	$0x0100, 0x108
	jne	9f
	cmpb	$0x10, 0x110
	jne	9f
	std
	mov	$0x13f, %si
	mov	$0x143, %di
	mov	$32, %cx
	rep movsb
	cld
	cmpl	$0x3f3e3d3c, 0x140
	jne	9f
	cmpl	$0x27262524, 0x128
	jne	9f
	/* with an override, and 32 bits in a 16-bit segment */
	mov	$source - _start, %si
	mov	$0x200, %di
	mov	$4, %cx
	rep movsl %cs:(%si), %es:(%di)
	cmpl	$0x44444444, 0x20c
	jne	9f
	mov	$0x200, %di
	mov	$0x33, %al
	mov	$16, %cx
	repne scasb
	cmp	$0x209, %di
	jne	9f
	cmp	$7, %cx
9:	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	result	"string moves"
	ret

/* --- frames ---------------------------------------------------------------------------------------- */

/* level 2 sees the variable of level 1 through the display that ENTER copied */
inner:
	enter	$0x10, $2
	mov	-2(%bp), %bx		/* the frame of level 1 */
	mov	%ss:-8(%bx), %ax
	leave
	ret

outer:
	enter	$0x3000, $1
	movw	$0x55aa, -8(%bp)
	movb	$1, -0x3000(%bp)
	mov	%bp, %cx
	call	inner
	cmp	%cx, %bp
	jne	1f
	cmpb	$1, -0x3000(%bp)
	jne	1f
	cmp	$0x55aa, %ax
1:	leave
	ret

test_frames:
	mov	$0x1234, %bp
	mov	%sp, %dx
	call	outer
	jne	9f
	cmp	$0x1234, %bp
	jne	9f
	cmp	%sp, %dx
	jne	9f
	/* PUSHA and POPA, of 16 and of 32 bits */
	mov	$0x11112222, %edi
	pushal
	xor	%edi, %edi
	popal
	cmp	$0x11112222, %edi
	jne	9f
	pusha
	xor	%edi, %edi
	popa
	cmp	$0x2222, %edi
9:	result	"deep frames"
	ret

/* --- decimal ------------------------------------------------------------------------------------------ */

test_decimal:
	mov	$0x47, %al
	add	$0x38, %al
	daa
	cmp	$0x85, %al
	jne	9f
	sub	$0x47, %al
	das
	cmp	$0x38, %al
	jne	9f
	mov	$0x0008, %ax
	add	$0x05, %al
	aaa
	cmp	$0x0103, %ax
	jne	9f
	aad
	cmp	$13, %ax
	jne	9f
	mov	$97, %al
	aam
	cmp	$0x0907, %ax
	jne	9f
	mov	$hex - _start, %bx
	mov	$11, %al
	xlat
	cmp	$'B', %al
	jne	9f
	stc
	.byte	0xd6			/* SALC */
	cmp	$0xff, %al
9:	result	"decimal arithmetic and XLAT"
	ret

/* --- loops ------------------------------------------------------------------------------------------------ */

test_flow:
	xor	%ax, %ax
	mov	$10, %cx
1:	inc	%ax
	cmp	$4, %ax
	loopne	1b
	cmp	$6, %cx
	jne	9f
	mov	$0x10002, %ecx		/* CX counts */
2:	inc	%ax
	loop	2b
	cmp	$0x10000, %ecx
	jne	9f
	jcxz	3f
	jmp	9f
3:	addr32 jcxz 8f			/* JECXZ: not 0 */
	cmp	$6, %ax
	jne	9f
	bound	%ax, bounds - _start
	cmp	%ax, %ax
	jmp	9f
8:	or	$1, %al
9:	result	"loops"
	ret

/* --- what processor is it? --------------------------------------------------------------------------------- */

test_processor:
	pushf
	pop	%ax
	mov	%ax, %cx
	and	$0x0fff, %ax		/* an 8086 has bits 12 to 15 set always */
	push	%ax
	popf
	pushf
	pop	%ax
	test	$0x8000, %ax
	jnz	9f
	mov	%cx, %ax
	or	$0x7000, %ax		/* a 286 in real mode has them clear always */
	push	%ax
	popf
	pushf
	pop	%ax
	and	$0xf000, %ax
	cmp	$0x7000, %ax
	jne	9f
	push	%cx
	popf
	pushfl				/* AC is there since the 486, ID with CPUID */
	pop	%eax
	mov	%eax, %ecx
	xor	$0x240000, %eax
	pushl	%eax
	popfl
	pushfl
	pop	%eax
	pushl	%ecx
	popfl
	xor	%ecx, %eax
	cmp	$0x240000, %eax
	jne	9f
	xor	%eax, %eax
	cpuid
	test	%eax, %eax
	jz	8f
	cmp	%eax, %eax
	jmp	9f
8:	or	$1, %al
9:	result	"probing for the processor"
	ret

test_coprocessor:
	mov	%cr0, %eax
	and	$~0xe, %al		/* no EM, TS, MP */
	mov	%eax, %cr0
	movw	$0x5a5a, status - _start
	fninit
	fnstsw	status - _start
	cmpw	$0, status - _start
	jne	9f
	fnstcw	status - _start
	mov	status - _start, %ax
	and	$0x103f, %ax
	cmp	$0x3f, %ax
	jne	9f
	movw	$0x27f, status - _start
	fldcw	status - _start
	fwait
	mov	$-1, %ax
	fnstsw	%ax
	test	%ax, %ax
	jnz	9f
	fnstcw	status - _start
	cmpw	$0x27f, status - _start
	fnclex
9:	result	"probing for the coprocessor"
	ret

/* --- faults and traps ------------------------------------------------------------------------------------------ */

	/* counts, and goes on at `after` */
	.macro	handler name
\name:	push	%bp
	mov	%sp, %bp
	push	%ax
	mov	%cs:after - _start, %ax
	mov	%ax, 2(%bp)
	pop	%ax
	pop	%bp
	incw	%cs:count - _start
	iret
	.endm

	handler	on_fault

on_trap:
	incw	%cs:count - _start
	iret

test_faults:
	vector	0, on_fault
	vector	4, on_trap
	vector	5, on_fault
	vector	3, on_trap
	movw	$0, count - _start
	movw	$1f - _start, after - _start
	mov	$0x100, %ax
	xor	%bl, %bl
	div	%bl
1:	movw	$2f - _start, after - _start
	mov	$100, %ax
	bound	%ax, bounds - _start
2:	int3
	mov	$0x7f, %al
	inc	%al
	into
	xor	%al, %al
	into				/* no overflow */
	cmpw	$4, count - _start
	result	"#DE, #BR, INT3, INTO"
	ret

on_step:
	push	%bp
	mov	%sp, %bp
	incw	%cs:count - _start
	cmpw	$3, %cs:count - _start
	jb	1f
	andb	$~1, 7(%bp)		/* TF off */
1:	pop	%bp
	iret

test_step:
	vector	1, on_step
	movw	$0, count - _start
	xor	%ax, %ax
	pushf
	pop	%cx
	or	$0x100, %cx
	push	%cx
	popf
	inc	%ax			/* a trap follows each */
	inc	%ax
	inc	%ax
	inc	%ax
	inc	%ax
	cmpw	$3, count - _start
	jne	9f
	cmp	$5, %ax
9:	result	"single steps"
	ret

/* ZF: an Intel processor. QEMU, which is AMD's, has no limits and no task switch exits. */
intel:	xor	%eax, %eax
	cpuid
	cmp	$0x6c65746e, %ecx	/* "ntel" */
	ret

/* beyond 64 KiB: #GP, or #SS for the stack */
test_limit:
	call	intel
	je	1f
	cmp	%ax, %ax
	result	"the limit of a segment # SKIP not on this processor"
	ret
1:
	vector	13, on_fault
	vector	12, on_fault
	movw	$0, count - _start
	movw	$1f - _start, after - _start
	mov	0xffff, %ax
1:	movw	$2f - _start, after - _start
	mov	$0x10000, %ebx
	mov	%cs:(%ebx), %al
2:	movw	$3f - _start, after - _start
	mov	$0xffff, %bp
	mov	(%bp), %ax
3:	cmpw	$3, count - _start
	result	"the limit of a segment"
	ret

/* --- memory -------------------------------------------------------------------------------------------------------- */

/* FFFF:0510 is above the first megabyte and not at 0:0500: A20 is open */
test_megabyte:
	mov	$0xffff, %ax
	mov	%ax, %es
	movw	$0x1111, %fs:0x500
	movw	$0x2222, %es:0x510
	cmpw	$0x1111, %fs:0x500
	jne	9f
	cmpw	$0x2222, %es:0x510
9:	mov	$SEG, %ax
	mov	%ax, %es
	result	"the megabyte does not wrap"
	ret

/* --- devices ---------------------------------------------------------------------------------------------------------- */

test_ports:
	mov	$PORT_BYTES, %dx
	mov	$0x11, %al		/* as one sets up an i8259 */
	out	%al, %dx
	inc	%dx
	mov	$0x08, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$0x08, %al
	jne	9f
	dec	%dx
	in	%dx, %ax
	cmp	$0x0811, %ax
	jne	9f
	mov	$PORT_BYTES + 4, %dx
	mov	$0x12345678, %eax
	out	%eax, %dx
	inc	%dx
	in	%dx, %al
	cmp	$0x56, %al
	jne	9f
	mov	$PORT_BYTES + 8, %dx
	mov	$0xabcd, %ax
	out	%ax, %dx
	in	%dx, %eax
	cmp	$0xabcd, %ax
9:	result	"port I/O of all sizes"
	ret

on_irq:
	push	%ax
	incw	%cs:count - _start
	mov	$0x20, %al		/* an EOI to nobody */
	out	%al, $0x20
	pop	%ax
	iret

test_interrupt:
	vector	0x70, on_irq
	movw	$0, count - _start
	sti
	mov	$PORT_IRQ, %dx
	mov	$IRQ_TEXT + 0x70, %ax
	out	%ax, %dx
	nop
	cmpw	$1, count - _start
	jne	9f
	mov	$IRQ_TEXT + IRQ_AT_HLT + 0x70, %ax
	out	%ax, %dx
	hlt
	cmpw	$2, count - _start
	jne	9f
	/* none while IF is off, one when it comes on, after one more instruction */
	cli
	mov	$IRQ_TEXT + 0x70, %ax
	out	%ax, %dx
	nop
	cmpw	$2, count - _start
	jne	9f
	sti
	nop
	nop
	cmpw	$3, count - _start
9:	pushf
	cli
	popf
	cli
	result	"interrupts and HLT"
	ret

/* --- unreal mode: all data segments of 4 GiB ---------------------------------------------------------------------------- */

test_unreal:
	protect
	mov	$DATA32, %ax
	mov	%ax, %ds
	mov	%ax, %es
	unprotect
	xor	%ax, %ax		/* the limit stays when the base changes */
	mov	%ax, %ds
	mov	%ax, %es
	mov	$0x200000, %edi
	mov	$0x10000, %esi
	mov	$0x400, %ecx
	addr32 rep movsl
	cmp	$0x201000, %edi
	jne	9f
	mov	$0x200000, %edi
	mov	$0x10000, %esi
	mov	$0x400, %ecx
	addr32 repe cmpsl
	jne	9f
	mov	$0x300000, %ebx
	movl	$0x12345678, (%ebx)
	mov	$0x3000, %ax		/* base 0x30000 */
	mov	%ax, %ds
	cmpl	$0x12345678, -0x30000(%ebx)
	jne	9f
	lock incl -0x30000(%ebx)
	cmpl	$0x12345679, %es:(%ebx)
9:	pushf
	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	popf
	result	"unreal mode"
	ret

/* as the 286 did it: LMSW goes there and not back */
test_lmsw:
	cli
	lgdt	gdt_pointer - _start
	smsw	%ax
	or	$1, %al
	lmsw	%ax
	ljmp	$CODE16, $1f - _start
1:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%cs, %bx
	xor	%ax, %ax
	lmsw	%ax			/* does nothing to PE */
	smsw	%dx
	unprotect
	ljmp	$SEG, $1f - _start
1:	mov	$SEG, %ax
	mov	%ax, %ds
	cmp	$CODE16, %bx
	jne	9f
	not	%dx
	test	$1, %dl
9:	result	"LMSW"
	ret

/* --- gates and tasks: for a while in 32 bits -------------------------------------------------------------------------------- */

	.macro	climb
	mov	%sp, real_sp - _start
	protect
	ljmpl	$CODE32, $7f
	.code32
7:	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x1f000, %esp
	mov	$TSS1, %eax
	movb	$0x89, gdt + TSS1 + 5
	ltr	%ax
	.endm

	.macro	descend
	ljmp	$CODE16, $(7f - _start)
	.code16
7:	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	unprotect
	ljmp	$SEG, $7f - _start
7:	xor	%ax, %ax
	mov	%ax, %ss
	mov	%ax, %fs
	mov	$SEG, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	real_sp - _start, %sp
	.endm

/* CPL 3 calls CPL 0 through a gate that takes two arguments along, which goes back */
test_gate:
	climb
	movl	$0, seen
	mov	%esp, kernel_esp
	pushl	$UDATA32 + 3
	pushl	$0x1e000
	pushl	$USER32 + 3
	pushl	$1f
	lret
1:	pushl	$0x1111
	pushl	$0x2222
	lcall	$GATE + 3, $0
	cmp	$0x1e000, %esp
	jne	2f
	mov	%cs, %eax
	and	$3, %eax
	cmp	$3, %eax
	jne	2f
	incl	%ds:seen		/* DS is null or of CPL 3: #GP if it were not */
2:	lcall	$GATE + 3, $1		/* to stay */

through_gate:
	mov	$DATA32, %eax
	mov	%eax, %ds
	cmpl	$0, seen
	jne	3f
	cmpl	$0x1111, 12(%esp)
	jne	4f
	cmpl	$0x2222, 8(%esp)
	jne	4f
	movl	$1, seen
	mov	$UDATA32 + 3, %eax
	mov	%eax, %ds
	lret	$8
3:	incl	seen
4:	mov	kernel_esp, %esp
	descend
	cmpl	$3, seen - _start
	result	"a call gate to more privilege, and back"
	ret

/* CALL to a task, and IRET back */
test_task:
	call	intel
	je	1f
	cmp	%eax, %eax
	result	"hardware tasks # SKIP not on this processor"
	ret
1:	climb
	movl	$0, seen
	movb	$0x89, gdt + TSS2 + 5
	movl	$task2, tss2 + 0x20
	movl	$2, tss2 + 0x24
	movl	$0x1d000, tss2 + 0x38
	movl	$0xbeef, tss2 + 0x34	/* EBX */
	movl	$DATA32, tss2 + 0x48
	movl	$CODE32, tss2 + 0x4c
	movl	$DATA32, tss2 + 0x50
	movl	$DATA32, tss2 + 0x54
	mov	$0x1234, %ebx
	lcall	$TSS2, $0		/* nests: IRET comes back */
	cmp	$0x1234, %ebx
	jne	2f
	incl	seen
	lcall	$TASK, $0		/* the same through a gate; it goes on after its IRET */
	cmp	$0x1234, %ebx
	jne	2f
	incl	seen
	str	%ax
	cmp	$TSS1, %ax
	jne	2f
	mov	%cr0, %eax
	test	$8, %al			/* TS */
	jz	2f
	clts
	incl	seen
2:	descend
	cmpl	$0x103, seen - _start
	result	"hardware tasks"
	ret

	.code32
task2:	cmp	$0xbeef, %ebx
	jne	1f
	addl	$0x80, seen
1:	str	%ax
	cmp	$TSS2, %ax
	jne	1f
	pushf
	testl	$0x4000, (%esp)		/* NT */
	popl	%eax
	jz	1f
	iret
	jmp	task2
1:	movl	$0xbad, seen
	iret
	jmp	1b
	.code16

/* --- data ------------------------------------------------------------------------------ */

	.balign	8
gdt:	.quad	0
	.quad	0x00009b010000ffff	/* CODE16, base 0x10000 */
	.quad	0x000093010000ffff	/* DATA16 */
	.quad	0x00cf9b000000ffff	/* CODE32 */
	.quad	0x00cf93000000ffff	/* DATA32 */
	.quad	0x00cffb000000ffff	/* USER32 */
	.quad	0x00cff3000000ffff	/* UDATA32 */
	.word	0x67, tss1 - _start, 0x8901, 0
	.word	0x67, tss2 - _start, 0x8901, 0
	.word	through_gate - _start, CODE32, 0xec02, 1
	.word	0, TSS2, 0x8500, 0
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
	.balign	4
tss1:	.long	0, 0x1c000, DATA32
	.fill	0x68 - 12, 1, 0
tss2:	.fill	0x68, 1, 0
seen:	.long	0
kernel_esp: .long 0
source:	.long	0x11111111, 0x22222222, 0x33333333, 0x44444444
far_pointer: .word far_sum - _start, SEG
jump_pointer: .word landing - _start, SEG
bounds:	.word	-5, 10
real_sp: .word	0
count:	.word	0
after:	.word	0
status:	.word	0
hex:	.ascii	"0123456789ABCDEF"

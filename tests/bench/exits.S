/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of the exit benchmark: 64-bit code, loaded at 1 MiB, its tables made
 * by bench-exits.c. Each test runs COUNT times between two RDTSC, in ROUNDS
 * rounds, since a timer tick of the host in between costs the emulator's clock
 * milliseconds; the least difference goes to RESULTS, 8 bytes each, in the order
 * of the names in bench-exits.c.
 */
#define COUNT	100
#define ROUNDS	20
#define RESULTS	0x90000
#define DEVICE	0xd0000000	/* a hole */
#define WINDOW	0x400000	/* mapped by 4 KiB pages, 128 of them */
#define PTES	0x74000		/* their table */
#define PDE	0x72010		/* its entry in the directory */
#define PML4E	0x70000

	.macro begin
	mov	$ROUNDS, %ebp
	movq	$-1, (%r13)
5:	mov	$COUNT, %r15d
	lfence
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, %r14
	.balign	16
	.endm

	.macro end label
	dec	%r15d
	jnz	\label
	lfence
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	%r14, %rax
	cmp	(%r13), %rax
	jae	6f
	mov	%rax, (%r13)
6:	dec	%ebp
	jnz	5b
	add	$8, %r13
	.endm

	.macro touch pages
	mov	$WINDOW, %rbx
	mov	$\pages, %ecx
9:	incb	(%rbx)
	add	$4096, %rbx
	dec	%ecx
	jnz	9b
	.endm

	.code64
	.globl	_start
_start:
	mov	$RESULTS, %r13d
	mov	$DEVICE, %r12d
	touch	128

	begin			/* what the loop itself costs */
1:	end	1b

	begin			/* cpuid */
1:	xor	%eax, %eax
	xor	%ecx, %ecx
	cpuid
	end	1b

	begin			/* rdmsr of one that nobody passes through: PAT */
1:	mov	$0x277, %ecx
	rdmsr
	end	1b

	begin			/* out */
1:	out	%al, $0x99
	end	1b

	begin			/* in */
1:	in	$0x99, %al
	end	1b

	begin			/* mmio write */
1:	mov	%eax, (%r12)
	end	1b

	begin			/* mmio read */
1:	mov	(%r12), %eax
	end	1b

	begin			/* touch 64 pages, nothing else: to subtract */
1:	touch	64
	end	1b

	mov	%cr3, %rsi
	lea	0x10000(%rsi), %rdi
	mov	%rdi, %cr3
	touch	64
	begin			/* CR3 switch, touch 64 pages */
1:	mov	%rsi, %rax
	xchg	%rsi, %rdi
	mov	%rax, %cr3
	touch	64
	end	1b
	mov	$0x70000, %eax
	mov	%rax, %cr3

	begin			/* invlpg and touch */
1:	invlpg	WINDOW
	incb	WINDOW
	end	1b

	mov	PTES + 8, %r11
	begin			/* map, touch, unmap, invlpg of one PTE */
1:	mov	%r11, PTES + 8
	incb	WINDOW + 0x1000
	movq	$0, PTES + 8
	invlpg	WINDOW + 0x1000
	end	1b
	mov	%r11, PTES + 8

	mov	PDE, %r11
	begin			/* write to a PDE in use, touch */
1:	mov	%r11, PDE
	incb	WINDOW
	end	1b

	mov	PML4E, %r11
	begin			/* write to a PML4E in use, touch */
1:	mov	%r11, PML4E
	incb	WINDOW
	end	1b

	out	%al, $0xf4
	hlt

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of the exit benchmark: 64-bit code, loaded at 1 MiB, its tables made
 * by bench-exits.c, which also has the list of the tests in their order, with the
 * same counts. Each test runs COUNT times between two RDTSC, in ROUNDS rounds, and
 * the least difference goes to RESULTS, 8 bytes each: a timer tick of the host in
 * between costs 4,000 instructions and more, whenever another process has its
 * turn. There is one each 4,000,000 instructions in QEMU, each 200,000 in Bochs.
 */
#define COUNT	20
#define ROUNDS	100
#define RESULTS	0x90000
#define LAPS	0x91000		/* least times of the parts of a long round */
#define DEVICE	0xd0000000	/* a hole */
#define WINDOW	0x400000	/* mapped by 4 KiB pages, 1024 of them */
#define PTES	0x74000		/* their two tables */
#define PDE	0x72010		/* the first one's entry in the directory */
#define PML4E	TABLES0
#define FLAGS	0x63		/* P, RW, A, D */
#define TABLES0	0x70000		/* where CR3 points, and the other tables, of the same pages */
#define TABLES1	0x80000
#define FRESH	0x1000000	/* COUNT * ROUNDS pages that nobody touched yet */
#define IDT	0x7000
#define BULK	1000		/* pages */
#define LAP	25		/* pages of a lap */
#define LAPS_OF_BULK	(3 * BULK / LAP + 1)

	/* count rounds, setup: a subroutine that runs before each, not counted */
	.macro begin count=COUNT, rounds=ROUNDS, setup
	mov	$\rounds, %ebp
	movq	$-1, (%r13)
5:
	.ifnb \setup
	call	\setup
	.endif
	mov	$\count, %r15d
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

	.macro reload
	mov	%cr3, %rax
	mov	%rax, %cr3
	.endm

	/* A PTE is written, CR3 loaded, each of two in turn with a PCID of its own */
	.macro pcid_switch top_bits
	mov	$(\top_bits << 60 | TABLES0 | 1), %rsi
	mov	$(\top_bits << 60 | TABLES1 | 2), %rdi
	mov	%rsi, %cr3
	mov	PTES, %r11
	begin
1:	mov	%r11, PTES
	mov	%rsi, %rax
	xchg	%rsi, %rdi
	mov	%rax, %cr3
	touch	64
	end	1b
	.endm

	.macro on_fault handler		/* all code lies within 64 KiB */
	movw	$(\handler - _start), IDT + 14 * 16
	.endm

	/* One lap is over: its least time goes to (%rdi), the next one begins */
	.macro lap
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, %rax
	sub	%r14, %rax
	mov	%rdx, %r14
	cmp	(%rdi), %rax
	jae	8f
	mov	%rax, (%rdi)
8:	add	$8, %rdi
	.endm

	/* \insns for each of BULK pages, with %rbx, %r10, %r9 as window_base has them */
	.macro each_page insns:vararg
	call	window_base
	mov	$(BULK / LAP), %r15d
2:	mov	$LAP, %ecx
3:	\insns
	add	$4096, %r9
	add	$8, %r10
	add	$4096, %rbx
	dec	%ecx
	jnz	3b
	lap
	dec	%r15d
	jnz	2b
	.endm

	/*
	 * Map BULK pages, touch them, unmap them, the last by \unmap for each, then do
	 * \insns. This is longer than a tick, so each lap of LAP pages has a least
	 * time of its own, and their sum is the result.
	 */
	.macro bulk unmap, insns:vararg
	mov	$LAPS, %edi
	mov	$LAPS_OF_BULK, %ecx
	mov	$-1, %rax
	rep stosq
	mov	$20, %ebp
1:	mov	$LAPS, %edi
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, %r14
	each_page mov	%r9, (%r10)
	each_page incb	(%rbx)
	each_page \unmap
	\insns
	lap
	dec	%ebp
	jnz	1b
	mov	$LAPS, %edi
	mov	$LAPS_OF_BULK, %ecx
	xor	%eax, %eax
1:	add	(%rdi), %rax
	add	$8, %rdi
	dec	%ecx
	jnz	1b
	mov	%rax, (%r13)
	add	$8, %r13
	.endm

	.macro unmap_flush
	movq	$0, (%r10)
	invlpg	(%rbx)
	.endm

	.macro unmap_only
	movq	$0, (%r10)
	.endm

	.code64
	.globl	_start
_start:				/* the benchmark */
	jmp	bench
	.org	0x10		/* the end at once: the life of a VM */
	out	%al, $0xf4
	hlt
	.org	0x20		/* write to %rcx pages from 0 on, and change nothing */
	xor	%ebx, %ebx
1:	orb	$0, (%rbx)
	add	$4096, %rbx
	dec	%rcx
	jnz	1b
	out	%al, $0xf4
	hlt

	.org	0x40
skip_fault:			/* over the two bytes of incb (%rbx) */
	add	$8, %rsp
	addq	$2, (%rsp)
	iretq

map_fault:			/* what pf-demand's page is to be */
	mov	%r9, (%r10)
	add	$8, %rsp
	iretq

	.org	0x80		/* vector 0x20 */
interrupt:
	iretq

/* %rbx, %r10, %r9: the first page of the window, its PTE, what maps it */
window_base:
	mov	$WINDOW, %ebx
	mov	$PTES, %r10d
	mov	$(WINDOW | FLAGS), %r9d
	ret

/* COUNT pages of the window become what %r9 says; no TLB knows them */
.macro remap
	mov	$COUNT, %ecx
	mov	$PTES, %edi
1:	movq	$0, (%rdi)
	add	$8, %rdi
	dec	%ecx
	jnz	1b
	reload
	mov	$COUNT, %ecx
	mov	$PTES, %edi
1:	mov	%r9, (%rdi)
	add	$4096, %r9
	add	$8, %rdi
	dec	%ecx
	jnz	1b
	reload
	mov	$WINDOW, %ebx
	ret
.endm

remap_same:
	mov	$(WINDOW | FLAGS), %r9d
remap_next:
	remap

unmap:
	call	window_base
	mov	$COUNT, %ecx
	mov	$PTES, %edi
	xor	%eax, %eax
	rep stosq
	reload
	ret

restore:
	call	window_base
	mov	$1024, %ecx
1:	mov	%r9, (%r10)
	add	$4096, %r9
	add	$8, %r10
	dec	%ecx
	jnz	1b
	reload
	ret

bench:
	mov	$RESULTS, %r13d
	mov	$DEVICE, %r12d
	touch	1024

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

	sti
	begin			/* out, which user space answers with an interrupt */
1:	out	%al, $0x98
	end	1b

	begin			/* hlt, ended by an interrupt from user space */
1:	hlt
	end	1b
	cli

	on_fault skip_fault
	begin	setup=unmap	/* #PF that is the guest's own affair */
1:	incb	(%rbx)
	end	1b

	on_fault map_fault
	begin	setup=unmap	/* #PF, after which the guest maps the page */
1:	incb	(%rbx)
	add	$4096, %rbx
	add	$4096, %r9
	add	$8, %r10
	end	1b

	begin	setup=remap_same	/* first touch after the guest mapped it */
1:	incb	(%rbx)
	add	$4096, %rbx
	end	1b

	mov	$(FRESH | FLAGS), %r9d
	begin	setup=remap_next	/* first touch of memory */
1:	incb	(%rbx)
	add	$4096, %rbx
	end	1b
	call	restore

	begin			/* touch 64 pages, nothing else: to compare */
1:	touch	64
	end	1b

	mov	%cr3, %rsi
	lea	(TABLES1 - TABLES0)(%rsi), %rdi
	mov	%rdi, %cr3
	touch	128
	begin			/* CR3 switch, touch 64 pages */
1:	mov	%rsi, %rax
	xchg	%rsi, %rdi
	mov	%rax, %cr3
	touch	64
	end	1b
	begin			/* CR3 switch, touch 100 pages */
1:	mov	%rsi, %rax
	xchg	%rsi, %rdi
	mov	%rax, %cr3
	touch	100
	end	1b
	mov	$TABLES0, %eax
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

	bulk	unmap_flush
	bulk	unmap_only, reload
	call	restore

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

	/* the last two are not run where there are no PCIDs */
	movq	$-1, (%r13)
	movq	$-1, 8(%r13)
	mov	$1, %eax
	cpuid
	bt	$17, %ecx
	jnc	4f
	mov	%cr4, %rax
	bts	$17, %rax
	mov	%rax, %cr4
	pcid_switch 0
	pcid_switch 8

4:	out	%al, $0xf4
	hlt

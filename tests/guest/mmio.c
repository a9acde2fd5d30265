// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio.c: many forms of instructions with an operand where no RAM is. Each is
 * done twice, on RAM by the processor and on the device by the hypervisor; the
 * results, the flags and the memory must be the same. Runs on guestrun alone.
 */
#include "guest.h"

#define DEVICE	((u8 *)(word)MMIO_BASE)
#define RAM	((u8 *)0x300000)
#define EDGE	((u8 *)RAM_SIZE)	/* RAM below, the device above */
#define FLAGS	0x8d5			/* CF PF AF ZF SF OF */

struct state {
	u64 ax, cx, dx;		/* in and out */
	word flags;
};

typedef void form(u8 *at, struct state *s);

/* AX, CX and DX come from and go to s; the operand is at (BX) */
#define FORM(name, insn)						\
static void name(u8 *at, struct state *s)				\
{									\
	word ax = s->ax, cx = s->cx, dx = s->dx, flags;			\
									\
	asm volatile("push %4\npopf\n" insn "\npushf\npop %3"		\
		     : "+a"(ax), "+c"(cx), "+d"(dx), "=&r"(flags)	\
		     : "r"(s->flags), "b"(at) : "memory", "cc");	\
	s->ax = ax;							\
	s->cx = cx;							\
	s->dx = dx;							\
	s->flags = flags;						\
}

#ifdef __x86_64__
#define B "(%%rbx)"
#define FORMS64(X)							\
	X(f_movq_to, "mov %%rax, " B)		X(f_movq_from, "mov " B ", %%rax") \
	X(f_movqi, "movq $-5, " B)		X(f_addq_to, "add %%rax, " B)	\
	X(f_orq_from, "or " B ", %%rcx")	X(f_incq, "incq " B)		\
	X(f_xchgq, "xchg %%rdx, " B)		X(f_cmpxchgq, "lock cmpxchg %%rdx, " B) \
	X(f_xaddq, "lock xadd %%rcx, " B)	X(f_movzbq, "movzbq " B ", %%rax") \
	X(f_movswq, "movswq " B ", %%rax")	X(f_movslq, "movslq " B ", %%rax") \
	X(f_notq, "notq " B)			X(f_r8, "mov " B ", %%r8\nmov %%r8, 8" B) \
	X(f_sil, "push %%rsi\nmov " B ", %%sil\nmov %%sil, 1" B "\npop %%rsi")			\
	X(f_btsq, "btsq $40, " B)		X(f_shlq, "shlq $3, " B)
#else
#define B "(%%ebx)"
#define FORMS64(X)							\
	X(f_abs, "mov %%eax, %%es:" B)		X(f_incdec, "decl " B)
#endif

#define FORMS(X)							\
	X(f_movb_to, "mov %%al, " B)		X(f_movb_from, "mov " B ", %%cl") \
	X(f_movah_to, "mov %%ah, " B)		X(f_movah_from, "mov " B ", %%dh") \
	X(f_movw_to, "mov %%ax, " B)		X(f_movw_from, "mov " B ", %%dx") \
	X(f_movl_to, "mov %%eax, " B)		X(f_movl_from, "mov " B ", %%edx") \
	X(f_movbi, "movb $0x81, " B)		X(f_movwi, "movw $0x8281, " B)	\
	X(f_movli, "movl $0x84838281, " B)	X(f_disp8, "mov 3" B ", %%eax")	\
	X(f_disp32, "mov 0x123" B ", %%eax")	X(f_index, "mov " INDEX ", %%eax") \
	X(f_movzbl, "movzbl " B ", %%eax")	X(f_movzwl, "movzwl " B ", %%eax") \
	X(f_movsbl, "movsbl " B ", %%eax")	X(f_movswl, "movswl " B ", %%eax") \
	X(f_movzbw, "movzbw " B ", %%ax")	X(f_movsbw, "movsbw " B ", %%ax") \
	X(f_addb_to, "add %%al, " B)		X(f_addb_from, "add " B ", %%al") \
	X(f_addw_to, "add %%ax, " B)		X(f_addl_to, "add %%eax, " B)	\
	X(f_addl_from, "add " B ", %%eax")	X(f_addli, "addl $0x7fffffff, " B) \
	X(f_addl8, "addl $-3, " B)		X(f_adcl, "adc %%eax, " B)	\
	X(f_sbbl, "sbb " B ", %%eax")		X(f_subl, "sub %%ecx, " B)	\
	X(f_orb, "or %%cl, " B)			X(f_orl, "or %%ecx, " B)	\
	X(f_orbi, "orb $0x10, " B)		X(f_andl, "and " B ", %%ecx")	\
	X(f_andbi, "andb $0xfe, " B)		X(f_andl_to, "lock and %%ecx, " B) \
	X(f_xorl, "xor %%edx, " B)		X(f_xorw, "xor %%dx, " B)	\
	X(f_cmpl, "cmp %%eax, " B)		X(f_cmpbi, "cmpb $0x12, " B)	\
	X(f_cmpl_from, "cmp " B ", %%ecx")	X(f_testl, "test %%eax, " B)	\
	X(f_testbi, "testb $0x40, " B)		X(f_testli, "testl $0x400000, " B) \
	X(f_incb, "incb " B)			X(f_incl, "incl " B)		\
	X(f_decw, "decw " B)			X(f_lock_dec, "lock decl " B)	\
	X(f_notl, "notl " B)			X(f_negl, "negl " B)		\
	X(f_notb, "notb " B)			X(f_negw, "negw " B)		\
	X(f_xchgb, "xchg %%al, " B)		X(f_xchgl, "xchg %%eax, " B)	\
	X(f_cmpxchgl, "lock cmpxchg %%ecx, " B)	X(f_cmpxchgb, "cmpxchg %%cl, " B) \
	X(f_xaddl, "lock xadd %%edx, " B)	X(f_btl, "btl $5, " B)		\
	X(f_btsl, "lock btsl $9, " B)		X(f_btrl, "btrl $3, " B)	\
	X(f_btcl, "btcl $31, " B)		X(f_shll, "shll $4, " B)	\
	X(f_sarw, "sarw $1, " B)		X(f_rolb, "rolb %%cl, " B)	\
	X(f_push, "push" PW " " B "\npop %%" AX)	X(f_pop, "push %%" DX "\npop" PW " " B) \
	X(f_movs_from, MOVS("mov %%" BX ", %%" SI, "lea f_scratch, %%" DI, "l") \
	  "mov f_scratch, %%eax")					\
	X(f_movs_to, MOVS("lea f_pattern, %%" SI, "mov %%" BX ", %%" DI, "l")) \
	X(f_movsb3, REP("lea f_pattern, %%" SI, "mov %%" BX ", %%" DI, "movsb", "7")) \
	X(f_movsw3, REP("lea f_pattern, %%" SI, "mov %%" BX ", %%" DI, "movsw", "5")) \
	X(f_repfrom, REP("mov %%" BX ", %%" SI, "lea f_scratch, %%" DI, "movsl", "4") \
	  "mov f_scratch+12, %%eax")					\
	X(f_stosb, REP("", "mov %%" BX ", %%" DI, "stosb", "9"))	\
	X(f_stosl, REP("", "mov %%" BX ", %%" DI, "stosl", "3"))	\
	X(f_lodsw, MOVSX("mov %%" BX ", %%" SI, "lodsw"))		\
	X(f_cmpsb, MOVSX("mov %%" BX ", %%" SI "\nlea f_pattern, %%" DI, "cmpsb")) \
	X(f_scasl, MOVSX("mov %%" BX ", %%" DI, "scasl"))		\
	X(f_nonmem, "imul " B ", %%eax")	X(f_setz, "setz " B)		\
	X(f_cmov, "cmovc " B ", %%edx")		X(f_mull, "mull " B)		\
	FORMS64(X)

#ifdef __x86_64__
#define PW "q"
#define AX "rax"
#define BX "rbx"
#define DX "rdx"
#define SI "rsi"
#define DI "rdi"
#define CX "rcx"
#define INDEX "4(%%rbx, %%rcx, 2)"
#define SAVE "push %%rsi\npush %%rdi\npush %%rcx\n"
#define BACK_ "pop %%rcx\npop %%rdi\npop %%rsi\n"
#else
#define PW "l"
#define AX "eax"
#define BX "ebx"
#define DX "edx"
#define SI "esi"
#define DI "edi"
#define CX "ecx"
#define INDEX "4(%%ebx, %%ecx, 2)"
#define SAVE "push %%esi\npush %%edi\npush %%ecx\n"
#define BACK_ "pop %%ecx\npop %%edi\npop %%esi\n"
#endif
#define MOVS(si, di, suffix) SAVE si "\n" di "\nmovs" suffix "\n" BACK_
#define MOVSX(regs, insn) SAVE regs "\n" insn "\n" BACK_
#define REP(si, di, insn, n) SAVE si "\n" di "\nmov $" n ", %%ecx\nrep " insn "\n" BACK_

u8 f_scratch[64], f_pattern[64];

FORMS(FORM)

#define ROW(name, insn)	{ insn, name },
static const struct { const char *text; form *run; } forms[] = { FORMS(ROW) };

/* the bytes that the forms may touch: offsets of longs, 0 ends */
static const u16 touched[] = {
	4, 8, 12, 16, 20, 24, 28, 32, 36, 0x120, 0x124, 0x128, 0
};

static void start(u8 *at, struct state *s, u32 seed)
{
	u32 x = seed * 2654435761u + 12345;

	*(volatile u32 *)at = x;
	for (unsigned int i = 0; touched[i]; i++) {
		x = x * 1664525 + 1013904223;
		*(volatile u32 *)(at + touched[i]) = x;
	}
	fill(f_scratch, 0, sizeof(f_scratch));
	for (unsigned int i = 0; i < sizeof(f_pattern); i++)
		f_pattern[i] = i * 5 + seed;
	/* sometimes AX is what is there, for CMPXCHG and CMP */
	s->ax = seed & 1 ? x : *(u32 *)at;
	s->cx = 0x0000000f & x;
	s->dx = x ^ 0x55aa55aa;
	if (seed & 2)
		s->ax |= (u64)x << 32;
	s->flags = 2 | (seed & 1) | (seed & 4 ? 0x40 : 0);
}

static int same_memory(const u8 *a, const u8 *b)
{
	int good = *(volatile u32 *)a == *(volatile u32 *)b;

	for (unsigned int i = 0; touched[i]; i++)
		good &= *(volatile u32 *)(a + touched[i]) ==
			*(volatile u32 *)(b + touched[i]);
	return good;
}

static int one(unsigned int i, u8 *device, u32 seed)
{
	struct state a, b;
	u8 *ram = RAM + ((word)device & 0xfff);

	start(ram, &a, seed);
	forms[i].run(ram, &a);
	start(device, &b, seed);
	forms[i].run(device, &b);
	if (a.ax == b.ax && a.cx == b.cx && a.dx == b.dx &&
	    !((a.flags ^ b.flags) & FLAGS) && same_memory(ram, device))
		return 1;
	print("# %s: ax %q %q cx %q %q dx %q %q flags %x %x memory %q %q\n",
	      forms[i].text, a.ax, b.ax, a.cx, b.cx, a.dx, b.dx, a.flags,
	      b.flags, *(u64 *)ram, *(u64 *)device);
	return 0;
}

static void test_forms(u8 *device, const char *where)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		int good = 1;

		for (u32 seed = 0; seed < 4 && good; seed++)
			good = one(i, device, seed);
		failed += !good;
	}
	ok(!failed, "%d forms of instructions, %s", (u32)ARRAY_SIZE(forms), where);
}

/* what the device sees: one access of the right size and place */
static void test_sizes(void)
{
	int good;

	inl(PORT_MMIO_COUNT);
	*(volatile u8 *)(DEVICE + 3) = 1;
	good = inl(PORT_MMIO_COUNT) == 1 && inl(PORT_MMIO_SIZE) == 0x101 &&
	       inl(PORT_MMIO_GPA) == MMIO_BASE + 3;
	ok(good, "a byte's write is one exit");
	*(volatile u16 *)(DEVICE + 4) = 1;
	good = inl(PORT_MMIO_COUNT) == 1 && inl(PORT_MMIO_SIZE) == 0x102;
	*(volatile u32 *)(DEVICE + 8) = 1;
	good &= inl(PORT_MMIO_COUNT) == 1 && inl(PORT_MMIO_SIZE) == 0x104;
	(void)*(volatile u32 *)(DEVICE + 12);
	good &= inl(PORT_MMIO_COUNT) == 1 && inl(PORT_MMIO_SIZE) == 4 &&
		inl(PORT_MMIO_GPA) == MMIO_BASE + 12;
	ok(good, "words and longs are one exit each");
#ifdef __x86_64__
	*(volatile u64 *)(DEVICE + 16) = 1;
	ok(inl(PORT_MMIO_COUNT) == 1 && inl(PORT_MMIO_SIZE) == 0x108,
	   "eight bytes are one exit");
#endif
}

static void test_hole(void)
{
	ok(*(volatile u32 *)(word)0xe0000000 == 0xffffffff,
	   "where no device answers, all bits are set");
}

int main(void)
{
	test_sizes();
	test_forms(DEVICE, "aligned");
	test_forms(DEVICE + 0x103, "unaligned");
	test_forms(DEVICE + 0x1000 - 2, "across two pages of the device");
	test_forms(EDGE - 2, "across the end of RAM");
	test_hole();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator against the processor: every form that user mode can execute, at
 * random, in 64-bit mode. Each case runs as real code, which ends at an INT3 or at
 * a fault, and in emul_run() over the same memory. Registers, defined flags,
 * memory, and the exception with its error code must agree.
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#undef F_LOCK		/* of unistd.h */
#include "emul-test.h"

#define CODE	0x10000000ULL
#define DATA	0x10010000ULL	/* between pages that are not there */
#define SIZE	0x2000u
#define GS_BASE	0x1000ULL
#define NO_INSN	1000		/* outcome: went on */

struct outcome {
	unsigned int vector;
	u32 error;
	u64 cr2;
	u64 rip, rflags;
	u64 regs[16];
	u64 xmm[16][2];
	struct emul_x87 x87;
	u8 data[SIZE];
};

/* for the trampoline, below 2 GiB: addressed without a register */
struct bridge {
	u64 regs[16];		/* 0 */
	u64 rflags;		/* 128 */
	u64 rip;		/* 136 */
	u64 host_rsp;		/* 144 */
	u64 pad;
	u64 xmm[16][2];		/* 160 */
	u32 x87[7];		/* 416: an environment for FLDENV */
};

#define BRIDGE	0x10100000
static struct bridge *const bridge = (struct bridge *)BRIDGE;
static struct outcome hard, soft;
static u8 before[SIZE];

void bridge_enter(void);
void bridge_leave(void);

#define S_(x) #x
#define S(x) S_(x)
#define AT(n) "(" S(BRIDGE) "+" #n ")"
#define XMM(n) "movups " AT(160 + 16 * n) ", %xmm" #n "\n"

asm(".text\n"
	".globl bridge_enter\n"
	"bridge_enter:\n"
	"push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"mov %rsp, " AT(144) "\n"
	XMM(0) XMM(1) XMM(2) XMM(3) XMM(4) XMM(5) XMM(6) XMM(7)
	XMM(8) XMM(9) XMM(10) XMM(11) XMM(12) XMM(13) XMM(14) XMM(15)
	"fldenv " AT(416) "\n"
	"pushq " AT(128) "\n popfq\n"
	"mov " AT(0) ", %rax\n mov " AT(8) ", %rcx\n mov " AT(16) ", %rdx\n"
	"mov " AT(24) ", %rbx\n mov " AT(32) ", %rsp\n mov " AT(40) ", %rbp\n"
	"mov " AT(48) ", %rsi\n mov " AT(56) ", %rdi\n mov " AT(64) ", %r8\n"
	"mov " AT(72) ", %r9\n mov " AT(80) ", %r10\n mov " AT(88) ", %r11\n"
	"mov " AT(96) ", %r12\n mov " AT(104) ", %r13\n mov " AT(112) ", %r14\n"
	"mov " AT(120) ", %r15\n"
	"jmp *" AT(136) "\n"
	".globl bridge_leave\n"
	"bridge_leave:\n"
	"fninit\n"
	"pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"ret\n");

/* the end of every case: the state into hard, and back to the caller of bridge_enter() */
static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	static const u8 order[16] = {
		REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
		REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	};
	greg_t *g = ((ucontext_t *)ctx)->uc_mcontext.gregs;
	unsigned int i;

	for (i = 0; i < 16; i++)
		hard.regs[i] = g[order[i]];
	memcpy(hard.xmm, ((ucontext_t *)ctx)->uc_mcontext.fpregs->_xmm, sizeof(hard.xmm));
	hard.x87.cw = ((ucontext_t *)ctx)->uc_mcontext.fpregs->cwd;
	hard.x87.sw = ((ucontext_t *)ctx)->uc_mcontext.fpregs->swd;
	hard.x87.tag = ((ucontext_t *)ctx)->uc_mcontext.fpregs->ftw;
	hard.vector = g[REG_TRAPNO];
	hard.error = g[REG_ERR];
	hard.cr2 = g[REG_CR2];
	hard.rip = g[REG_RIP];
	hard.rflags = g[REG_EFL];
	if (hard.vector == EXC_BP) {
		hard.vector = NO_INSN;
		hard.rip--;
	}
	g[REG_RIP] = (u64)bridge_leave;
	g[REG_RSP] = bridge->host_rsp;
	g[REG_EFL] = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

/* --- the emulator's side: flat memory ------------------------------------------- */

static u64 bad_byte(u64 la, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 a = la + i;

		if (!(a >= CODE && a < CODE + SIZE) && !(a >= DATA && a < DATA + SIZE))
			return a;
	}
	return 0;
}

static int check(struct emul *e, u64 la, unsigned int n, unsigned int write)
{
	u64 bad = bad_byte(la, n);

	if (!bad)
		return EMUL_OK;
	emul_raise_code(e, EXC_PF, 4 | (write ? 2 : 0));
	e->exc.cr2 = bad;
	return EMUL_FAULT;
}

static int do_fetch(struct emul *e, u64 la, void *buf, unsigned int *n)
{
	int rc = check(e, la, *n, 0);

	if (!rc)
		memcpy(buf, (void *)la, *n);
	return rc;
}

static int do_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags)
{
	int rc = check(e, la, n, flags & EMUL_FOR_WRITE);

	if (!rc)
		memcpy(buf, (void *)la, n);
	return rc;
}

static int do_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags)
{
	int rc = check(e, la, n, 1);

	if (!rc && !(flags & EMUL_PROBE))
		memcpy((void *)la, buf, n);
	return rc;
}

static int do_cmpxchg(struct emul *e, u64 la, const void *old, const void *new,
		      unsigned int n, bool *swapped)
{
	int rc = check(e, la, n, 1);

	if (rc)
		return rc;
	*swapped = one_in(4) ? false : !memcmp((void *)la, old, n);
	if (*swapped)
		memcpy((void *)la, new, n);
	return EMUL_OK;
}

static int no_io(struct emul *e, u16 port, unsigned int size)
{
	return emul_raise_code(e, EXC_GP, 0);
}

static void get_segment(struct emul *e, int seg, struct hv_segment *s)
{
	*s = (struct hv_segment){ .limit = ~0u, .base = seg == SEG_GS ? GS_BASE : 0 };
}

static u64 get_cr(struct emul *e, int cr)
{
	return cr == 4 ? X86_CR4_OSFXSR : X86_CR0_PE;
}

static int get_xmm(struct emul *e, unsigned int n, void *val)
{
	memcpy(val, soft.xmm[n], 16);
	return EMUL_OK;
}

static int set_xmm(struct emul *e, unsigned int n, const void *val)
{
	memcpy(soft.xmm[n], val, 16);
	return EMUL_OK;
}

static int get_x87(struct emul *e, struct emul_x87 *x)
{
	*x = soft.x87;
	return EMUL_OK;
}

static int set_x87(struct emul *e, const struct emul_x87 *x)
{
	soft.x87 = *x;
	return EMUL_OK;
}

static const struct emul_ops ops = {
	.fetch = do_fetch, .read = do_read, .write = do_write, .cmpxchg = do_cmpxchg,
	.io_allowed = no_io, .get_segment = get_segment, .get_cr = get_cr,
	.get_xmm = get_xmm, .set_xmm = set_xmm,
	.get_x87 = get_x87, .set_x87 = set_x87,
};

/* --- a case ------------------------------------------------------------------------ */

static void place_code(const struct test_case *c)
{
	memset((void *)(c->rip & ~15ULL), 0xcc, 64);
	memcpy((void *)c->rip, c->bytes, c->len);
}

static void run_hard(const struct test_case *c)
{
	unsigned int i;

	memcpy((void *)DATA, before, SIZE);
	memcpy(bridge->regs, c->regs, sizeof(bridge->regs));
	memcpy(bridge->xmm, c->xmm, sizeof(bridge->xmm));
	/* the full tag word has two bits a register, 3 for an empty one */
	bridge->x87[0] = c->x87.cw;
	bridge->x87[1] = c->x87.sw;
	bridge->x87[2] = 0;
	for (i = 0; i < 8; i++)
		bridge->x87[2] |= c->x87.tag & (1u << i) ? 0 : 3u << 2 * i;
	bridge->rflags = c->rflags;
	bridge->rip = c->rip;
	bridge_enter();
	memcpy(hard.data, (void *)DATA, SIZE);
}

static int run_soft(const struct test_case *c)
{
	static struct emul e;
	unsigned int tries;
	int rc;

	memcpy((void *)DATA, before, SIZE);
	memcpy(soft.regs, c->regs, sizeof(soft.regs));
	memcpy(soft.xmm, c->xmm, sizeof(soft.xmm));
	soft.x87 = c->x87;
	e.ops = &ops;
	e.regs = soft.regs;
	e.rip = c->rip;
	e.rflags = c->rflags;
	e.cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_NE;
	e.efer = 0x500;
	e.mode = EMUL_LONG;
	e.cpl = 3;
	e.decoded = false;
	for (rc = EMUL_AGAIN, tries = 0; rc == EMUL_AGAIN && tries < 100; tries++)
		rc = emul_run(&e);
	soft.vector = rc == EMUL_FAULT ? e.exc.vector : NO_INSN;
	soft.error = e.exc.error;
	soft.cr2 = e.exc.cr2;
	soft.rip = e.rip;
	soft.rflags = e.rflags;
	memcpy(soft.data, (void *)DATA, SIZE);
	return rc;
}

/* jumping worked, fetching there did not: that is the next instruction's fault */
static void next_fault(const struct test_case *c)
{
	if (hard.vector == NO_INSN || hard.rip == c->rip)
		return;
	hard.vector = NO_INSN;
}

static const char *difference(const struct test_case *c)
{
	u64 mask = (EFL_ARITH | X86_EFLAGS_DF | X86_EFLAGS_NT) & ~undefined_flags(c);
	unsigned int i;

	if (hard.vector != soft.vector)
		return "exception";
	if (hard.vector != NO_INSN && hard.vector != EXC_DE && hard.vector != EXC_UD &&
	    hard.vector != 16 &&
	    (hard.error | 1) != (soft.error | 1))	/* P is the host kernel's affair */
		return "error code";
	if (hard.vector == EXC_PF && hard.cr2 != soft.cr2)
		return "cr2";
	if (hard.rip != soft.rip)
		return "rip";
	for (i = 0; i < 16; i++)
		if (hard.regs[i] != soft.regs[i])
			return "register";
	if (memcmp(hard.xmm, soft.xmm, sizeof(hard.xmm)))
		return "xmm";
	if (hard.x87.cw != soft.x87.cw || hard.x87.sw != soft.x87.sw ||
	    hard.x87.tag != soft.x87.tag)
		return "x87";
	if (memcmp(hard.data, soft.data, SIZE))
		return "memory";
	if (hard.vector == NO_INSN && (hard.rflags ^ soft.rflags) & mask)
		return "flags";
	return NULL;
}

static void report(const struct test_case *c, const char *what, int rc)
{
	unsigned int i;

	printf("# %s differs: %s\n", what, case_text(c));
	printf("#  processor: vector %u error %x cr2 %llx rip %llx flags %llx\n", hard.vector,
	       hard.error, hard.cr2, hard.rip, hard.rflags);
	printf("#  emulator:  vector %u error %x cr2 %llx rip %llx flags %llx result %d\n",
	       soft.vector, soft.error, soft.cr2, soft.rip, soft.rflags, rc);
	for (i = 0; i < 16; i++)
		if (hard.regs[i] != soft.regs[i])
			printf("#  reg %u: processor %llx emulator %llx\n", i, hard.regs[i],
			       soft.regs[i]);
	printf("#  x87: processor %x %x %x emulator %x %x %x\n", hard.x87.cw, hard.x87.sw,
	       hard.x87.tag, soft.x87.cw, soft.x87.sw, soft.x87.tag);
	for (i = 0; i < SIZE; i++)
		if (hard.data[i] != soft.data[i]) {
			printf("#  byte %x: processor %02x emulator %02x\n", i, hard.data[i],
			       soft.data[i]);
			break;
		}
}

/* RET and POPF take what chance put on the stack: make it lead somewhere */
static void stack_contents(const struct test_case *c)
{
	u64 sp = c->regs[R_SP] - DATA, val;

	if (sp > SIZE - 8)
		return;
	if (!strcmp(c->row->name, "ret") && !one_in(4)) {
		val = CODE + rnd_below(SIZE);
		if (val - c->rip + 16 < 32)	/* not into itself */
			val ^= 0x400;
		memcpy(before + sp, &val, 8);
	} else if (!strcmp(c->row->name, "popf")) {
		before[sp + 1] &= ~1;		/* TF */
		before[sp + 2] &= ~4;		/* AC */
	}
}

static const struct place place = {
	.mode = EMUL_LONG, .code = CODE, .code_size = SIZE, .data = DATA, .data_size = SIZE,
	.gs_base = GS_BASE, .override = true,
};

/*
 * Where this processor may do otherwise than the emulator, which does as Intel's. @rc
 * is what the emulator said, if it was asked.
 */
static bool differs_on_amd(const struct test_case *c, int rc)
{
	const char *name = c->row->name;
	unsigned int eax, ebx, ecx, edx, count;

	if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx) || ebx != signature_AMD_ebx)
		return false;
	if (vendors_differ(c))
		return true;
	/* LOCK makes CR8 of it: APM vol. 3, MOV CRn */
	if (!strcmp(name, "mov cr") && has_prefix(c, 0xf0))
		return true;
	/* to nowhere: the return address is on the stack already as #GP comes */
	if (!strcmp(name, "call") && rc == EMUL_FAULT && soft.vector == EXC_GP)
		return true;
	if (strcmp(name, "shld") && strcmp(name, "shrd"))
		return false;
	/* more than there is: undefined, APM vol. 3, SHLD */
	count = c->row->imm ? c->bytes[c->len - 1] : c->regs[R_CX];
	return c->opsize == 2 && (count & 31) > 16;
}

static enum verdict one_case(const struct form *f)
{
	struct test_case c;
	const char *what;
	unsigned int i;
	int rc;

	if (!make_case(&c, f, &place) || differs_on_amd(&c, EMUL_OK))
		return SKIPPED;
	for (i = 0; i < 64; i++)
		before[rnd_below(SIZE)] = rnd();
	stack_contents(&c);
	place_code(&c);
	run_hard(&c);
	rc = run_soft(&c);
	next_fault(&c);
	memset((void *)(c.rip & ~15ULL), 0xcc, 64);
	/* it led into itself, and the processor did something else before it noticed */
	if (rc == EMUL_OK && soft.rip - c.rip < c.len)
		return SKIPPED;
	if (differs_on_amd(&c, rc))
		return SKIPPED;
	what = rc == EMUL_OK || rc == EMUL_FAULT ? difference(&c) : "result";
	if (what)
		report(&c, what, rc);
	return what ? DIFFERS : SAME;
}

static void set_up(void)
{
	static u8 stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static const int sigs[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	unsigned int i;

	if (mmap((void *)CODE, SIZE, prot | PROT_EXEC, flags, -1, 0) == MAP_FAILED ||
	    mmap((void *)DATA, SIZE, prot, flags, -1, 0) == MAP_FAILED ||
	    mmap((void *)BRIDGE, 4096, prot, flags, -1, 0) == MAP_FAILED)
		exit(99);
	memset((void *)CODE, 0xcc, SIZE);
	sigaltstack(&ss, NULL);
	for (i = 0; i < ARRAY_SIZE(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
	syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
	for (i = 0; i < SIZE; i++)
		before[i] = rnd();
}

/* the sanitizer is to leave faults to us */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:use_sigaltstack=0";
}

int main(void)
{
	static struct form forms[2048];
	unsigned int n = all_forms(forms, ARRAY_SIZE(forms)), i;
	unsigned int cases = rnd_effort(1000);
	u64 total = 0;

	rnd_start();
	set_up();
	for (i = 0; i < n; i++)
		if (form_in_native(&forms[i]))
			total += compare_form("processor", &forms[i], cases, one_case);
	printf("# %llu cases\n", total);
	return tap_end();
}

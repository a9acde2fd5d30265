// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator against libunicorn, for what the processor will not do in a 64-bit
 * process: real mode with 16- and 32-bit operands, and 32-bit protected mode; 64-bit
 * mode, too, as a second opinion. Both run every form over the same memory;
 * registers, selectors, defined flags and memory must agree, and so must the fact of
 * a fault.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>
#undef F_LOCK		/* of unistd.h */
#include "emul-test.h"

#define PAGE	0x1000u
#define WINDOWS	6		/* one a segment register, as in real mode below 1 MiB */

struct machine {
	const char *name;
	struct place place;
	u64 base[WINDOWS];	/* of the segments, in encoding order */
	uc_engine *uc;
	u8 *code;
	u8 *window[WINDOWS];	/* data at base + place.data */
};

struct outcome {
	bool fault;
	int vector;		/* -1: not known */
	u64 regs[16], rip, rflags;
	u16 sel[WINDOWS];
	u8 data[WINDOWS][PAGE];
};

static uc_context *fresh;	/* drops what unicorn keeps of an exception */
static struct outcome want, got;
static u8 before[WINDOWS][PAGE];
static struct machine *m;

static const int uc_regs[16] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
	UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
	UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};

static const int uc_regs32[8] = {
	UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
	UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI,
};

static const int uc_segs[WINDOWS] = {
	UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS,
};

static bool real(void)
{
	return m->place.mode == EMUL_REAL;
}

static bool wide(void)
{
	return m->place.mode == EMUL_LONG;
}

static unsigned int n_regs(void)
{
	return wide() ? 16 : 8;
}

static int reg_id(unsigned int n)
{
	return wide() ? uc_regs[n] : uc_regs32[n];
}

/* --- unicorn ---------------------------------------------------------------------- */

static void on_exception(uc_engine *uc, uint32_t vector, void *data)
{
	want.fault = true;
	want.vector = vector;
	uc_emu_stop(uc);
}

static void read_state(struct outcome *o)
{
	unsigned int i;
	u64 v;

	for (i = 0; i < n_regs(); i++) {
		v = 0;
		uc_reg_read(m->uc, reg_id(i), &v);
		o->regs[i] = v;
	}
	for (i = 0; i < WINDOWS; i++) {
		v = 0;
		uc_reg_read(m->uc, uc_segs[i], &v);
		o->sel[i] = v;
		memcpy(o->data[i], m->window[i], PAGE);
	}
	v = 0;
	uc_reg_read(m->uc, wide() ? UC_X86_REG_RIP : UC_X86_REG_EIP, &v);
	o->rip = v;
	v = 0;
	uc_reg_read(m->uc, UC_X86_REG_EFLAGS, &v);
	o->rflags = v;
}

static void write_state(const struct test_case *c)
{
	unsigned int i;
	u64 v;

	for (i = 0; i < n_regs(); i++) {
		v = c->regs[i];
		uc_reg_write(m->uc, reg_id(i), &v);
	}
	for (i = 0; real() && i < WINDOWS; i++) {
		v = m->base[i] >> 4;
		uc_reg_write(m->uc, uc_segs[i], &v);
	}
	v = c->rflags;
	uc_reg_write(m->uc, UC_X86_REG_EFLAGS, &v);
}

static void restore_memory(void)
{
	unsigned int i;

	/* flat segments share one */
	for (i = 0; i < (real() ? WINDOWS : 1); i++)
		memcpy(m->window[i], before[i], PAGE);
}

/* the code is followed by HLT, at which unicorn returns */
static void place_code(const struct test_case *c)
{
	memset(m->code, 0xf4, 2 * PAGE);
	memcpy(m->code + (c->rip - m->place.code), c->bytes, c->len);
}

static void run_unicorn(const struct test_case *c)
{
	uc_err err;

	memset(&want, 0, sizeof(want));
	want.vector = -1;
	restore_memory();
	uc_ctl_remove_cache(m->uc, m->base[SEG_CS] + m->place.code,
			    m->base[SEG_CS] + m->place.code + 2 * PAGE);
	uc_context_restore(m->uc, fresh);
	write_state(c);
	err = uc_emu_start(m->uc, m->base[SEG_CS] + c->rip, ~0ULL, 0, 0);
	read_state(&want);
	if (err && err != UC_ERR_FETCH_UNMAPPED && err != UC_ERR_FETCH_PROT)
		want.fault = true;
	else if (!err && !want.fault)	/* at the HLT */
		want.rip--;
}

/* --- the emulator -------------------------------------------------------------------- */

static u8 *host(u64 la, unsigned int write)
{
	u64 at = la - m->base[SEG_CS] - m->place.code;
	unsigned int i;

	if (at < 2 * PAGE)
		return m->code + at;
	for (i = 0; i < WINDOWS; i++)
		if (la - m->base[i] - m->place.data < PAGE)
			return m->window[i] + (la - m->base[i] - m->place.data);
	return NULL;
}

static int check(struct emul *e, u64 la, unsigned int n, unsigned int write)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!host(la + i, write))
			return emul_raise_code(e, EXC_PF, write ? 2 : 0);
	return EMUL_OK;
}

static int do_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags)
{
	unsigned int i;
	int rc = check(e, la, n, 0);

	for (i = 0; !rc && i < n; i++)
		((u8 *)buf)[i] = *host(la + i, 0);
	return rc;
}

static int do_fetch(struct emul *e, u64 la, void *buf, unsigned int *n)
{
	return do_read(e, la, buf, *n, 0);
}

static int do_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags)
{
	unsigned int i;
	int rc = check(e, la, n, 1);

	for (i = 0; !rc && !(flags & EMUL_PROBE) && i < n; i++)
		*host(la + i, 1) = ((const u8 *)buf)[i];
	return rc;
}

static int do_cmpxchg(struct emul *e, u64 la, const void *old, const void *new,
		      unsigned int n, bool *swapped)
{
	*swapped = true;
	return do_write(e, la, new, n, 0);
}

static u16 sel_now[WINDOWS];

static void get_segment(struct emul *e, int seg, struct hv_segment *s)
{
	memset(s, 0, sizeof(*s));
	s->limit = real() ? 0xffff : ~0u;
	s->attr = real() ? 0x93 : seg != SEG_CS ? 0xc093 : wide() ? 0xa09b : 0xc09b;
	if (seg < WINDOWS) {
		s->base = real() ? (u32)sel_now[seg] << 4 : 0;
		s->selector = sel_now[seg];
	}
}

static int set_segment(struct emul *e, int seg, const struct hv_segment *s)
{
	sel_now[seg] = s->selector;
	return EMUL_OK;
}

static u64 get_cr(struct emul *e, int cr)
{
	return cr == 4 ? X86_CR4_OSFXSR : !real();
}

static const struct emul_ops ops = {
	.fetch = do_fetch, .read = do_read, .write = do_write, .cmpxchg = do_cmpxchg,
	.get_segment = get_segment, .set_segment = set_segment, .get_cr = get_cr,
};

static int run_emul(const struct test_case *c)
{
	static struct emul e;
	u64 regs[16];
	unsigned int i, tries;
	int rc;

	restore_memory();
	memcpy(regs, c->regs, sizeof(regs));
	for (i = 0; i < WINDOWS; i++)
		sel_now[i] = real() ? m->base[i] >> 4 : want.sel[i];
	e.ops = &ops;
	e.regs = regs;
	e.rip = c->rip;
	e.rflags = c->rflags;
	e.cr0 = !real();
	e.efer = wide() ? 0x500 : 0;
	e.mode = m->place.mode;
	e.decoded = false;
	for (rc = EMUL_AGAIN, tries = 0; rc == EMUL_AGAIN && tries < 100; tries++)
		rc = emul_run(&e);
	got.fault = rc == EMUL_FAULT;
	got.vector = e.exc.vector;
	got.rip = e.rip;
	got.rflags = e.rflags;
	for (i = 0; i < n_regs(); i++)
		got.regs[i] = wide() ? regs[i] : (u32)regs[i];
	for (i = 0; i < WINDOWS; i++) {
		got.sel[i] = sel_now[i];
		memcpy(got.data[i], m->window[i], PAGE);
	}
	return rc;
}

/* --- a case ------------------------------------------------------------------------ */

/* 32 bits that are not written: QEMU clears the upper half, the processor does not */
static u64 reg_mask(const struct test_case *c)
{
	const char *name = c->row->name;

	if (wide() && c->opsize == 4 && (!strncmp(name, "bs", 2) || !strcmp(name, "cmpxchg")))
		return (u32)~0;
	return ~0ULL;
}

static const char *difference(const struct test_case *c)
{
	u64 mask = (EFL_ARITH | X86_EFLAGS_DF | X86_EFLAGS_IF) & ~undefined_flags(c);
	unsigned int i;

	if (want.fault != got.fault)
		return "fault";
	if (want.fault)		/* unicorn is no authority on what is left then */
		return want.vector >= 0 && want.vector != got.vector ? "vector" : NULL;
	if (want.rip != got.rip)
		return "rip";
	for (i = 0; i < n_regs(); i++)
		if ((want.regs[i] ^ got.regs[i]) & reg_mask(c))
			return "register";
	for (i = 0; i < WINDOWS; i++)
		if (want.sel[i] != got.sel[i])
			return "selector";
	if (memcmp(want.data, got.data, sizeof(want.data)))
		return "memory";
	return (want.rflags ^ got.rflags) & mask ? "flags" : NULL;
}

static void report(const struct test_case *c, const char *what, int rc)
{
	unsigned int i, k;

	printf("# %s: %s differs: %s\n", m->name, what, case_text(c));
	printf("#  unicorn:  fault %d vector %d rip %llx flags %llx\n", want.fault, want.vector,
	       want.rip, want.rflags);
	printf("#  emulator: fault %d vector %d rip %llx flags %llx result %d\n", got.fault,
	       got.vector, got.rip, got.rflags, rc);
	for (i = 0; i < n_regs(); i++)
		if (want.regs[i] != got.regs[i])
			printf("#  reg %u: unicorn %llx emulator %llx\n", i, want.regs[i],
			       got.regs[i]);
	for (i = 0; i < WINDOWS; i++)
		if (want.sel[i] != got.sel[i])
			printf("#  segment %u: unicorn %x emulator %x\n", i, want.sel[i],
			       got.sel[i]);
	for (i = 0; i < WINDOWS; i++)
		for (k = 0; k < PAGE; k++)
			if (want.data[i][k] != got.data[i][k]) {
				printf("#  window %u byte %x: unicorn %02x emulator %02x\n", i, k,
				       want.data[i][k], got.data[i][k]);
				break;
			}
}

static void put_stack(const struct test_case *c, unsigned int at, u64 val, unsigned int n)
{
	u64 sp = (c->regs[R_SP] & (real() ? 0xffff : ~0u)) + at - m->place.data;

	if (sp < PAGE - 8)
		memcpy(before[real() ? SEG_SS : 0] + sp, &val, n);
}

/* returns go into the code; no trap flag, no virtual-8086 mode */
static void stack_contents(const struct test_case *c)
{
	const char *name = c->row->name;
	unsigned int n = c->opsize, k;
	u64 rip = m->place.code + rnd_below(2 * PAGE);

	if (rip - c->rip + 16 < 32)
		rip ^= 0x400;
	if (!strncmp(name, "ret", 3) || !strcmp(name, "iret")) {
		put_stack(c, 0, rip, n);
		put_stack(c, n, m->base[SEG_CS] >> 4, n);
	}
	/* so do indirect jumps of 64 bits, mostly: anywhere is too wild */
	if (wide() && c->has_mem && c->row->src == O_E && c->row->flags & F_F64 &&
	    c->mem - m->place.data < PAGE - 8)
		memcpy(before[0] + (c->mem - m->place.data), &rip, 8);
	if (!strcmp(name, "popf") || !strcmp(name, "iret")) {
		k = strcmp(name, "popf") ? 2 * n : 0;
		put_stack(c, k, rnd() & (EFL_ARITH | X86_EFLAGS_DF), n);
	}
}

/*
 * 64-bit mode: QEMU's near branches heed 66, as AMD's do; its MOVSXD reads 4 bytes,
 * LAHF and SAHF take SP for AH after REX, and REX.R counts in an opcode's extension.
 * The comparison with the processor has all of that.
 */
static bool otherwise(const struct test_case *c)
{
	const char *name = c->row->name;
	bool rex = false;
	unsigned int i;

	if (!wide())
		return false;
	if (vendors_differ(c))
		return true;
	for (i = 0; i < c->len && c->bytes[i] != (c->map ? 0x0f : c->opcode); i++)
		rex |= (c->bytes[i] & 0xf0) == 0x40;
	/* it takes the immediate of a RIP-relative form for a part of what was before */
	if (c->row->imm && !strncmp(name, "sh", 2) && c->has_mem)
		return true;
	if (!rex)
		return false;
	return !strcmp(name, "lahf") || !strcmp(name, "sahf") || c->row->flags & F_MODRM;
}

/* a wrap at 64 KiB is a fault to us and to processors, but not to QEMU */
static bool comparable(const struct test_case *c, int rc)
{
	if (got.fault && (got.vector == EXC_GP || got.vector == EXC_SS) && !want.fault)
		return false;
	/* far pointers from nowhere: their target is code there */
	return rc == EMUL_OK || rc == EMUL_FAULT;
}

static enum verdict one_case(const struct form *f)
{
	struct test_case c;
	const char *what;
	unsigned int i;
	int rc;

	if (!make_case(&c, f, &m->place))
		return SKIPPED;
	if (!strcmp(c.row->name, "bswap") && c.opsize == 2)	/* undefined */
		return SKIPPED;
	/* it sign-extends the immediate, the processor does not */
	if (!strncmp(c.row->name, "ret", 3) && c.row->imm && c.bytes[c.len - 1] & 0x80)
		return SKIPPED;
	if (c.row->flags & F_MEM && !c.has_mem)		/* LCALL of a register aborts QEMU */
		return SKIPPED;
	if (otherwise(&c))
		return SKIPPED;
	for (i = 0; !wide() && i < 8; i++)
		c.regs[i] = (u32)c.regs[i];
	for (i = 0; i < 64; i++)
		before[real() ? rnd_below(WINDOWS) : 0][rnd_below(PAGE)] = rnd();
	stack_contents(&c);
	place_code(&c);
	rc = run_emul(&c);
	if (!got.fault && got.rip - c.rip < c.len)	/* a branch into itself: for ever */
		return SKIPPED;
	run_unicorn(&c);
	rc = run_emul(&c);
	if (!comparable(&c, rc))
		return rc == EMUL_FAULT ? SKIPPED : DIFFERS;
	if (wide() && got.rip >> 32)			/* it goes on there */
		return SKIPPED;
	what = difference(&c);
	if (what)
		report(&c, what, rc);
	return what ? DIFFERS : SAME;
}

static void map(u64 at, u8 *mem, size_t size, u32 prot)
{
	if (uc_mem_map_ptr(m->uc, at, size, prot, mem)) {
		printf("Bail out! uc_mem_map_ptr\n");
		exit(1);
	}
}

static void *pages(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void set_up(void)
{
	uc_hook hook;
	unsigned int i, k;

	if (uc_open(UC_ARCH_X86, real() ? UC_MODE_16 : wide() ? UC_MODE_64 : UC_MODE_32, &m->uc)) {
		printf("Bail out! uc_open\n");
		exit(1);
	}
	uc_context_alloc(m->uc, &fresh);
	uc_context_save(m->uc, fresh);
	m->code = pages(2 * PAGE);
	map(m->base[SEG_CS] + m->place.code, m->code, 2 * PAGE, UC_PROT_ALL);
	for (i = 0; i < WINDOWS; i++) {
		if (!real() && i) {
			m->window[i] = m->window[0];
			continue;
		}
		m->window[i] = pages(PAGE);
		map(m->base[i] + m->place.data, m->window[i], PAGE,
		    UC_PROT_READ | UC_PROT_WRITE);
		for (k = 0; k < PAGE; k++)
			before[i][k] = rnd();
	}
	uc_hook_add(m->uc, &hook, UC_HOOK_INTR, on_exception, NULL, 1, 0);
}

static void run_machine(struct machine *machine)
{
	static struct form forms[2048];
	unsigned int n = all_forms(forms, ARRAY_SIZE(forms)), i;
	unsigned int cases = rnd_effort(1000);
	u64 total = 0;

	m = machine;
	set_up();
	for (i = 0; i < n; i++)
		if (form_in_unicorn(&forms[i], m->place.mode))
			total += compare_form(m->name, &forms[i], cases, one_case);
	printf("# %s: %llu cases\n", m->name, total);
	uc_context_free(fresh);
	uc_close(m->uc);
}

int main(void)
{
	static struct machine machines[] = {
		{
			.name = "real",
			.place = {
				.mode = EMUL_REAL, .code = 0x8000, .code_size = 2 * PAGE,
				.data = 0x2000, .data_size = PAGE, .override = true,
				.no_lock = true,
			},
			.base = { 0x20000, 0x10000, 0x30000, 0x40000, 0x50000, 0x60000 },
		}, {
			.name = "prot32",
			.place = {
				.mode = EMUL_PROT32, .code = 0x10000000, .code_size = 2 * PAGE,
				.data = 0x10010000, .data_size = PAGE, .no_lock = true,
			},
		}, {
			.name = "long",
			.place = {
				.mode = EMUL_LONG, .code = 0x10000000, .code_size = 2 * PAGE,
				.data = 0x10010000, .data_size = PAGE, .no_lock = true,
			},
		},
	};
	unsigned int i;

	rnd_start();
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		run_machine(&machines[i]);
	return tap_end();
}

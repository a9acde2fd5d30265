// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <time.h>
#include "emul-test.h"

unsigned int tap_count, tap_failed;
static u64 state;

void tap(bool ok, const char *fmt, ...)
{
	va_list ap;

	tap_count++;
	tap_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

int tap_end(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

/* xorshift64* */
u64 rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

u64 rnd_below(u64 n)
{
	return rnd() % n;
}

bool one_in(unsigned int n)
{
	return rnd_below(n) == 0;
}

u64 rnd_value(void)
{
	static const u64 edges[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~0ULL,
	};

	switch (rnd_below(4)) {
	case 0:
		return edges[rnd_below(ARRAY_SIZE(edges))];
	case 1:
		return rnd_below(70);
	default:
		return rnd();
	}
}

void rnd_start(void)
{
	const char *s = getenv("EMUL_SEED");

	state = s ? strtoull(s, NULL, 0) : (u64)time(NULL) * 0x9e3779b97f4a7c15ULL;
	printf("# EMUL_SEED=%#llx\n", (unsigned long long)state);
	if (!state)
		state = 1;
}

unsigned int rnd_effort(unsigned int cases)
{
	const char *s = getenv("EMUL_EFFORT");

	return cases * (s ? strtoul(s, NULL, 0) : 100) / 100;
}

const char *case_text(const struct test_case *c)
{
	static char buf[1024];
	int n = 0;
	unsigned int i;

	n += sprintf(buf + n, "%s [", c->row->name);
	for (i = 0; i < c->len; i++)
		n += sprintf(buf + n, " %02x", c->bytes[i]);
	n += sprintf(buf + n, " ] rip %llx flags %llx", c->rip, c->rflags);
	if (c->has_mem)
		n += sprintf(buf + n, " mem %llx", c->mem);
	for (i = 0; i < 16; i++)
		n += sprintf(buf + n, " %u:%llx", i, c->regs[i]);
	return buf;
}

static bool is(const struct test_case *c, const char *names)
{
	const char *p = strstr(names, c->row->name);
	size_t n = strlen(c->row->name);

	return p && (p == names || p[-1] == ' ') && (!p[n] || p[n] == ' ');
}

/* a legacy or REX prefix */
bool has_prefix(const struct test_case *c, u8 prefix)
{
	unsigned int i;

	for (i = 0; i < c->len && c->bytes[i] != (c->map ? 0x0f : c->opcode); i++)
		if (c->bytes[i] == prefix)
			return true;
	return false;
}

/* APM vol. 3, 1.2.1 and MOVSXD; SDM vol. 2, Jcc, CALL, RET, MOVSXD */
bool vendors_differ(const struct test_case *c)
{
	return (c->row->flags & F_F64 || !strcmp(c->row->name, "movsxd")) &&
	       has_prefix(c, 0x66);
}

/* SDM vol. 1, appendix A */
u64 undefined_flags(const struct test_case *c)
{
	const u64 af = X86_EFLAGS_AF, of = X86_EFLAGS_OF, sf = X86_EFLAGS_SF, pf = X86_EFLAGS_PF;
	const u64 zf = X86_EFLAGS_ZF, cf = X86_EFLAGS_CF;
	unsigned int n, bits = 8 * c->opsize;

	if (is(c, "and or xor test"))
		return af;
	if (is(c, "mul imul"))
		return sf | zf | af | pf;
	if (is(c, "div idiv"))
		return EFL_ARITH;
	if (is(c, "bt bts btr btc"))
		return of | sf | af | pf;
	if (is(c, "bsf bsr"))
		return EFL_ARITH & ~zf;
	if (is(c, "tzcnt lzcnt"))
		return of | sf | af | pf;
	if (is(c, "aam aad"))
		return of | af | cf;
	if (is(c, "aaa aas"))
		return of | sf | zf | pf;
	if (is(c, "daa das"))
		return of;
	if (!is(c, "rol ror rcl rcr shl shr sar shld shrd"))
		return 0;
	if (c->row->src == O_1)
		n = 1;
	else if (c->row->imm == IMM_UB)
		n = c->bytes[c->len - 1];
	else
		n = c->regs[R_CX];
	n &= c->opsize == 8 ? 63 : 31;
	if (is(c, "rol ror rcl rcr"))
		return n == 1 ? 0 : of;
	if (!n)
		return 0;
	if (is(c, "shld shrd") && n > bits)
		return EFL_ARITH;
	return af | (n == 1 ? 0 : of) | (is(c, "shl shr") && n >= bits ? cf : 0);
}

const char *form_text(const struct form *f)
{
	static char buf[96];

	sprintf(buf, "%s (map %u opcode %02x pfx %02x modrm %02x)", f->row->name, f->map,
		f->opcode, f->pfx, f->modrm);
	return buf;
}

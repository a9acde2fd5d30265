/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the emulator: TAP, random numbers, and cases made at random out
 * of the opcode table.
 */
#ifndef EMUL_TEST_H
#define EMUL_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emul-core.h"

/* --- TAP and random numbers ------------------------------------------------- */

extern unsigned int tap_count, tap_failed;
__printf(2, 3) void tap(bool ok, const char *fmt, ...);
int tap_end(void);

u64 rnd(void);
u64 rnd_below(u64 n);
u64 rnd_value(void);		/* often a small or an extreme one */
bool one_in(unsigned int n);
void rnd_start(void);		/* EMUL_SEED or the time; prints it */
unsigned int rnd_effort(unsigned int cases);	/* times EMUL_EFFORT percent */

/* --- the guest that a case runs in ---------------------------------------------- */

/* fixed addresses below 1 MiB in real mode, anywhere below 2 GiB otherwise */
struct place {
	enum emul_mode mode;
	u64 code, code_size;
	u64 data, data_size;
	u64 gs_base;
	bool override;		/* other segment prefixes are harmless */
	bool no_lock;		/* no LOCK prefixes */
};

/* one instruction, and the state that it starts from */
struct test_case {
	const struct emul_row *row;
	u8 map, opcode, reg;	/* of the row */
	u8 bytes[24];	/* with all prefixes more than the 15 that a processor takes */
	unsigned int len;
	unsigned int opsize;
	u64 rip, rflags;
	u64 regs[16];
	u64 xmm[16][2];
	struct emul_x87 x87;
	bool has_mem;
	u64 mem;		/* its operand, if has_mem */
};

/* every row of the tables, with an example of the bytes that lead to it */
struct form {
	const struct emul_row *row;
	u8 map, opcode;
	u8 pfx;			/* 0, 66, f3, f2 */
	u8 modrm;		/* bits that matter */
	u8 modrm_mask;
	bool only_long, only_legacy;
};

unsigned int all_forms(struct form *f, unsigned int max);
const char *form_text(const struct form *f);

/* who can tell whether a form is executed rightly */
bool form_executed(const struct form *f);	/* else it has a length only, or is #UD */
bool form_in_native(const struct form *f);
bool form_in_unicorn(const struct form *f, enum emul_mode mode);
bool form_in_gates(const struct form *f);
const char *form_directed(const struct form *f);	/* why only directed tests have it */

/*
 * Random cases of a form, as many as asked for of those that can be compared:
 * @one says what came of one. A TAP line.
 */
enum verdict { SKIPPED, SAME, DIFFERS };
u64 compare_form(const char *machine, const struct form *f, unsigned int cases,
		 enum verdict (*one)(const struct form *f));

bool make_case(struct test_case *c, const struct form *f, const struct place *p);

/* flags that are undefined after the case */
u64 undefined_flags(const struct test_case *c);

bool has_prefix(const struct test_case *c, u8 prefix);

/* 64-bit mode, 66 on a near branch or MOVSXD: AMD obeys it, Intel and the emulator do not */
bool vendors_differ(const struct test_case *c);

const char *case_text(const struct test_case *c);

#endif /* EMUL_TEST_H */

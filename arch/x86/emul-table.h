/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How rows of the opcode tables are written. A row without a name is not in the
 * table; one whose executor is exec_unknown has a length only.
 */
#ifndef KVMFS_EMUL_TABLE_H
#define KVMFS_EMUL_TABLE_H

#include "emul-core.h"

/* ROW(name, executor, flags, dst, src, imm, arg), what is 0 left out at the end */
#define ROW(n, x, ...)	{ { .exec = x }, n, __VA_ARGS__ }
#define GROUP(g, f)	{ { .group = g }, #g, f }
#define LENGTH(n, ...)	ROW(n, exec_unknown, __VA_ARGS__)
#define NONE		{ }

#define RMW		(F_R | F_W | F_LOCK)
#define TIMES4(...)	__VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define TIMES8(...)	TIMES4(__VA_ARGS__), TIMES4(__VA_ARGS__)
#define TIMES16(...)	TIMES8(__VA_ARGS__), TIMES8(__VA_ARGS__)

#endif /* KVMFS_EMUL_TABLE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulator's accessors of the guest's FPU registers: insn-fpu.c.
 */
#ifndef KVMFS_INSN_H
#define KVMFS_INSN_H

#include "arch/x86/emulate.h"

int insn_get_xmm(struct emul *e, unsigned int n, void *val);
int insn_set_xmm(struct emul *e, unsigned int n, const void *val);
int insn_get_x87(struct emul *e, struct emul_x87 *x);
int insn_set_x87(struct emul *e, const struct emul_x87 *x);

#endif /* KVMFS_INSN_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cover.h: read before each source of the module when that is built with
 * KVMFS_COVERAGE=y. What gcc calls in each basic block has the name of the kernel's own
 * function, where that has KCOV; ours is another one.
 */
#ifndef COVER_H
#define COVER_H

asm(".set __sanitizer_cov_trace_pc, kvmfs_cover_pc");

#endif /* COVER_H */

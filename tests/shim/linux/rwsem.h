/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_RWSEM_H
#define KVMFS_SHIM_LINUX_RWSEM_H

#include <assert.h>

struct rw_semaphore { int readers; };	/* -1: a writer */

#define init_rwsem(s)	((void)((s)->readers = 0))
static inline void down_read(struct rw_semaphore *s) { assert(s->readers >= 0); s->readers++; }
static inline void up_read(struct rw_semaphore *s) { assert(s->readers > 0); s->readers--; }
static inline void down_write(struct rw_semaphore *s) { assert(!s->readers); s->readers = -1; }
static inline void up_write(struct rw_semaphore *s) { assert(s->readers == -1); s->readers = 0; }

#endif

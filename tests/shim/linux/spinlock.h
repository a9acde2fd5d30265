/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SPINLOCK_H
#define KVMFS_SHIM_LINUX_SPINLOCK_H

#include <assert.h>
#include <linux/types.h>

/* one thread: a lock is a check that it is used in pairs */
typedef struct { int held; } spinlock_t;

static inline void spin_lock_init(spinlock_t *l) { l->held = 0; }
static inline void spin_lock(spinlock_t *l) { assert(!l->held); l->held = 1; }
static inline bool spin_trylock(spinlock_t *l) { spin_lock(l); return true; }
static inline void spin_unlock(spinlock_t *l) { assert(l->held); l->held = 0; }
#ifndef lockdep_assert_held
#define lockdep_assert_held(l)	assert((l)->held)
#endif
#define spin_needbreak(l)	((void)(l), 0)

#endif

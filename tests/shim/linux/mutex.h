/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_MUTEX_H
#define KVMFS_SHIM_LINUX_MUTEX_H

#include <assert.h>
#include <linux/types.h>

struct mutex { int held; };

#define DEFINE_MUTEX(m)	struct mutex m
static inline void mutex_init(struct mutex *m) { m->held = 0; }
static inline void mutex_lock(struct mutex *m) { assert(!m->held); m->held = 1; }
static inline int mutex_lock_interruptible(struct mutex *m) { mutex_lock(m); return 0; }
static inline void mutex_unlock(struct mutex *m) { assert(m->held); m->held = 0; }
static inline bool mutex_is_locked(const struct mutex *m) { return m->held; }
static inline bool mutex_trylock(struct mutex *m) { return m->held ? false : (m->held = 1); }

#endif

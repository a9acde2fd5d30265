/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_SPINLOCK_H
#define KVMFS_FUSE_LINUX_SPINLOCK_H

#include <pthread.h>
#include <linux/types.h>

/* there are no interrupts here, and who waits may as well sleep */
typedef struct { pthread_mutex_t m; } spinlock_t;

#define DEFINE_SPINLOCK(n)	spinlock_t n = { PTHREAD_MUTEX_INITIALIZER }
static inline void spin_lock_init(spinlock_t *l) { pthread_mutex_init(&l->m, NULL); }
static inline void spin_lock(spinlock_t *l) { pthread_mutex_lock(&l->m); }
static inline bool spin_trylock(spinlock_t *l) { return !pthread_mutex_trylock(&l->m); }
static inline void spin_unlock(spinlock_t *l) { pthread_mutex_unlock(&l->m); }
#define spin_lock_irqsave(l, flags)		((void)((flags) = 0), spin_lock(l))
#define spin_unlock_irqrestore(l, flags)	((void)(flags), spin_unlock(l))
#define spin_needbreak(l)	((void)(l), 0)

#define lockdep_assert_held(l)	((void)(l))

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_MUTEX_H
#define KVMFS_FUSE_LINUX_MUTEX_H

#include <pthread.h>
#include <linux/types.h>

struct mutex { pthread_mutex_t m; };

#define DEFINE_MUTEX(n)	struct mutex n = { PTHREAD_MUTEX_INITIALIZER }
static inline void mutex_init(struct mutex *l) { pthread_mutex_init(&l->m, NULL); }
static inline void mutex_lock(struct mutex *l) { pthread_mutex_lock(&l->m); }
static inline void mutex_unlock(struct mutex *l) { pthread_mutex_unlock(&l->m); }
static inline bool mutex_trylock(struct mutex *l) { return !pthread_mutex_trylock(&l->m); }
static inline bool mutex_is_locked(struct mutex *l)
{
	if (!mutex_trylock(l))
		return true;
	mutex_unlock(l);
	return false;
}

/* whoever holds one of ours leaves it soon */
static inline int mutex_lock_interruptible(struct mutex *l) { mutex_lock(l); return 0; }

#endif

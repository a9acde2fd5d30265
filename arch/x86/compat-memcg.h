/* SPDX-License-Identifier: GPL-2.0-only */
/* compat.h for memcg.c: shrinkers that are called for each cgroup, and their lists. */
#ifndef KVMFS_ARCH_COMPAT_MEMCG_H
#define KVMFS_ARCH_COMPAT_MEMCG_H

#include <linux/list_lru.h>
#include <linux/mutex.h>
#include "arch/x86/compat.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)

/* one that is called for each cgroup that has something in @lru, which is made here */
static inline struct shrinker *compat_shrinker_memcg(compat_shrink_fn count,
						     compat_shrink_fn scan, const char *name,
						     struct list_lru *lru, struct mutex *lock)
{
	struct shrinker *s = shrinker_alloc(SHRINKER_MEMCG_AWARE | SHRINKER_NUMA_AWARE,
					    "%s", name);

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	if (list_lru_init_memcg(lru, s)) {
		shrinker_free(s);
		return NULL;
	}
	shrinker_register(s);
	return s;
}

#else

/* @lock: what both callbacks try to take first; @lru needs the shrinker's number */
static inline struct shrinker *compat_shrinker_memcg(compat_shrink_fn count,
						     compat_shrink_fn scan, const char *name,
						     struct list_lru *lru, struct mutex *lock)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int ret;

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	s->flags = SHRINKER_MEMCG_AWARE | SHRINKER_NUMA_AWARE;
	mutex_lock(lock);
	ret = register_shrinker(s, "%s", name);
	if (!ret && list_lru_init_memcg(lru, s)) {
		mutex_unlock(lock);
		unregister_shrinker(s);
		kfree(s);
		return NULL;
	}
	mutex_unlock(lock);
	if (!ret)
		return s;
	kfree(s);
	return NULL;
}

#endif

/* 6.8 gave the short names to functions that are told the cgroup */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define compat_list_lru_add	list_lru_add_obj
#define compat_list_lru_del	list_lru_del_obj
#else
#define compat_list_lru_add	list_lru_add
#define compat_list_lru_del	list_lru_del
#endif

#endif /* KVMFS_ARCH_COMPAT_MEMCG_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the core meets kernel functions that differ between 6.1 and 6.12. */
#ifndef KVMFS_ARCH_COMPAT_H
#define KVMFS_ARCH_COMPAT_H

#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>

/* threads of the kernel's with a process's memory: before 6.4 io_uring alone had them */
#ifndef PF_USER_WORKER
#define PF_USER_WORKER	PF_IO_WORKER
#endif

typedef unsigned long (*compat_shrink_fn)(struct shrinker *s, struct shrink_control *sc);

/* 6.7 made shrinkers objects of their own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)

static inline struct shrinker *compat_shrinker_register(compat_shrink_fn count,
							compat_shrink_fn scan, const char *name)
{
	struct shrinker *s = shrinker_alloc(0, "%s", name);

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	return s;
}

static inline void compat_shrinker_unregister(struct shrinker *s)
{
	shrinker_free(s);
}

#else

static inline struct shrinker *compat_shrinker_register(compat_shrink_fn count,
							compat_shrink_fn scan, const char *name)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	if (!register_shrinker(s, "%s", name))
		return s;
	kfree(s);
	return NULL;
}

static inline void compat_shrinker_unregister(struct shrinker *s)
{
	unregister_shrinker(s);
	kfree(s);
}

#endif

#endif /* KVMFS_ARCH_COMPAT_H */

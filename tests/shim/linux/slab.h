/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SLAB_H
#define KVMFS_SHIM_LINUX_SLAB_H

#include <stdlib.h>
#include <linux/gfp.h>
#include <linux/kernel.h>

struct kmem_cache { size_t size; };

#define SLAB_ACCOUNT	0

static inline struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
						   int flags, void *ctor)
{
	struct kmem_cache *c = malloc(sizeof(*c));

	(void)name; (void)align; (void)flags; (void)ctor;
	c->size = size;
	return c;
}

static inline void kmem_cache_destroy(struct kmem_cache *c) { free(c); }

static inline void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	return gfp & __GFP_ZERO ? calloc(1, c->size) : malloc(c->size);
}

static inline void kmem_cache_free(struct kmem_cache *c, void *p) { (void)c; free(p); }

#define kcalloc(n, size, gfp)	calloc(n, size)
#define kvcalloc(n, size, gfp)	calloc(n, size)
#define kzalloc(size, gfp)	calloc(1, size)
#define kmalloc(size, gfp)	malloc(size)
#define kvmalloc(size, gfp)	malloc(size)
#define kvzalloc(size, gfp)	calloc(1, size)
#define kvmalloc_array(n, size, gfp)	calloc(n, size)
#define kfree(p)		free((void *)(p))
#define kvfree(p)		free((void *)(p))

#endif

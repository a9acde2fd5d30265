/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SHRINKER_H
#define KVMFS_SHIM_LINUX_SHRINKER_H

#include <stdlib.h>
#include <linux/types.h>

#define SHRINK_EMPTY	(~0ul - 1)
#define SHRINK_STOP	(~0ul)
#define DEFAULT_SEEKS	2

struct shrink_control { unsigned long nr_to_scan; };
struct shrinker {
	unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
	int seeks;
};

#define shrinker_alloc(flags, ...)	((struct shrinker *)calloc(1, sizeof(struct shrinker)))
#define shrinker_register(s)		((void)(s))
#define shrinker_free(s)		free(s)

#endif

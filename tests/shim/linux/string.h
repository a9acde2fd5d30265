/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_STRING_H
#define KVMFS_SHIM_LINUX_STRING_H

#include <errno.h>
#include <string.h>

static inline int match_string(const char *const *array, size_t n, const char *s)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], s))
			return i;
	return -EINVAL;
}

#endif

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

static inline void *memchr_inv(const void *p, int c, size_t n)
{
	const unsigned char *s = p;

	for (; n && *s == (unsigned char)c; n--)
		s++;
	return n ? (void *)s : NULL;
}

#endif

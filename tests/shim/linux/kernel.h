/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_KERNEL_H
#define KVMFS_SHIM_LINUX_KERNEL_H

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/types.h>

#define sizeof_field(t, f)	sizeof(((t *)0)->f)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define min(a, b)		({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)		({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define min3(a, b, c)		min(min(a, b), c)
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define swap(a, b)		do { __typeof__(a) _s = (a); (a) = (b); (b) = _s; } while (0)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, o, n)	__sync_val_compare_and_swap(p, o, n)
#define smp_mb()		__sync_synchronize()
#define smp_mb__after_atomic()	__sync_synchronize()

/* those return what was written, not what there was no room for */
static inline int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	return n < (int)size ? n : (int)size - 1;
}

__printf(3, 4) static inline int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

/* a warning fails the test */
#define WARN_ON_ONCE(c)		({ bool _c = !!(c); if (_c) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); abort(); } _c; })
#define WARN_ON(c)		WARN_ON_ONCE(c)
#define WARN_ONCE(c, ...)	({ bool _c = !!(c); if (_c) { fprintf(stderr, __VA_ARGS__); abort(); } _c; })
#define BUILD_BUG_ON(c)		static_assert(!(c), #c)


#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_BITOPS_H
#define KVMFS_SHIM_LINUX_BITOPS_H

#include <linux/bits.h>

static inline void __set_bit(long n, unsigned long *p) { p[n / 64] |= 1ul << n % 64; }
static inline void __clear_bit(long n, unsigned long *p) { p[n / 64] &= ~(1ul << n % 64); }
static inline bool test_bit(long n, const unsigned long *p) { return p[n / 64] >> n % 64 & 1; }

static inline void set_bit(long n, unsigned long *p)
{
	__atomic_fetch_or(&p[n / 64], 1ul << n % 64, __ATOMIC_SEQ_CST);
}

static inline void clear_bit(long n, unsigned long *p)
{
	__atomic_fetch_and(&p[n / 64], ~(1ul << n % 64), __ATOMIC_SEQ_CST);
}

static inline unsigned long find_next_bit(const unsigned long *p, unsigned long size,
					  unsigned long n)
{
	while (n < size && !test_bit(n, p))
		n++;
	return n;
}

#define for_each_set_bit_from(i, p, size)					\
	for ((i) = find_next_bit(p, size, i); (i) < (size);			\
	     (i) = find_next_bit(p, size, (i) + 1))

#define BITS_TO_LONGS(n)	(((n) + 63) / 64)

static inline void bitmap_set(unsigned long *p, unsigned long from, unsigned long n)
{
	while (n--)
		__set_bit(from++, p);
}

#define for_each_set_bit(i, p, size)						\
	for ((i) = find_next_bit(p, size, 0); (i) < (size);			\
	     (i) = find_next_bit(p, size, (i) + 1))

static inline bool is_power_of_2(unsigned long n) { return n && !(n & (n - 1)); }

#endif

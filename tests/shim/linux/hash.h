/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_HASH_H
#define KVMFS_SHIM_LINUX_HASH_H

#include <linux/types.h>

static inline u32 hash_64(u64 v, unsigned int bits)
{
	return v * 0x61C8864680B583EBull >> (64 - bits);
}

#endif

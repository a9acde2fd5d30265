/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_LIMITS_H
#define KVMFS_SHIM_LINUX_LIMITS_H

#include_next <linux/limits.h>

#define U32_MAX	(~0u)
#define U64_MAX	(~0ull)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_COMPILER_H
#define KVMFS_SHIM_LINUX_COMPILER_H

#include <linux/types.h>

#define fallthrough		__attribute__((fallthrough))

#endif

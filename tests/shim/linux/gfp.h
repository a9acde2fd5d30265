/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_GFP_H
#define KVMFS_SHIM_LINUX_GFP_H

#include <linux/mm.h>

#endif

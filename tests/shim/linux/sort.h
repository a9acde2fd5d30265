/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SORT_H
#define KVMFS_SHIM_LINUX_SORT_H

#include <stdlib.h>

#define sort(base, n, size, cmp, swp)	qsort(base, n, size, cmp)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_CONTAINER_OF_H
#define KVMFS_SHIM_LINUX_CONTAINER_OF_H

#include <stddef.h>

#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))

#endif

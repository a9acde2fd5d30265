/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_ATOMIC_H
#define KVMFS_SHIM_LINUX_ATOMIC_H

typedef struct { int counter; } atomic_t;

#endif

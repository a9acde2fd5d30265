/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_STRING_H
#define KVMFS_SHIM_LINUX_STRING_H

#include <string.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_SMP_H
#define KVMFS_SHIM_LINUX_SMP_H

#include <linux/irqflags.h>

/* there is one CPU */
#define on_each_cpu(fn, arg, wait)	(fn)(arg)

#endif

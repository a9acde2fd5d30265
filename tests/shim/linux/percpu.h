/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_PERCPU_H
#define KVMFS_SHIM_LINUX_PERCPU_H

/* there is one */
#define DECLARE_PER_CPU(t, n)	extern t n
#define DEFINE_PER_CPU(t, n)	t n
#define this_cpu_read(n)	(n)
#define this_cpu_write(n, v)	((void)((n) = (v)))

#endif

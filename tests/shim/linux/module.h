/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_MODULE_H
#define KVMFS_SHIM_LINUX_MODULE_H

#define module_param_named(n, v, t, p)	extern int shim_param_##n
#define MODULE_PARM_DESC(n, s)		extern int shim_param_##n

#endif

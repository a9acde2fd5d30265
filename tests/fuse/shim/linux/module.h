/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_MODULE_H
#define KVMFS_FUSE_LINUX_MODULE_H

#include <linux/init.h>

struct module;
#define THIS_MODULE			((struct module *)NULL)
#define __module_get(m)			((void)(m))
#define module_param_named(n, v, t, p)	extern int shim_param_##n
#define MODULE_PARM_DESC(n, s)		extern int shim_param_##n

#endif

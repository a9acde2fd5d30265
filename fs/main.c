// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: what is made ready in which order, and undone.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include "fs/kvmfs.h"
#include "syscalls/calls.h"

static int __init kvmfs_init(void)
{
	int ret;

	ret = hv_init();
	if (ret)
		return ret;
	ret = kvmfs_super_init();
	if (ret)
		goto err_hv;
	ret = sysfs_create_mount_point(fs_kobj, "kvmfs");
	if (ret)
		goto err_super;
	ret = register_filesystem(&kvmfs_type);
	if (ret)
		goto err_mount_point;
	/* without the two numbers, mkdir and the file run do the same */
	calls_install();
	return 0;
err_mount_point:
	sysfs_remove_mount_point(fs_kobj, "kvmfs");
err_super:
	kvmfs_super_exit();
err_hv:
	hv_exit();
	return ret;
}

static void __exit kvmfs_exit(void)
{
	calls_remove();
	unregister_filesystem(&kvmfs_type);
	sysfs_remove_mount_point(fs_kobj, "kvmfs");
	kvmfs_super_exit();
	hv_exit();
}

module_init(kvmfs_init);
module_exit(kvmfs_exit);
MODULE_DESCRIPTION("A hypervisor as a file system");
MODULE_LICENSE("GPL");
MODULE_ALIAS_FS("kvmfs");

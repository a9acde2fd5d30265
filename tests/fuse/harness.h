/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the parts of the FUSE harness: fuse.c speaks with libfuse, vfs.c is the
 * tree of names, kernel.c what lies below, softcpu.c the processor.
 */
#ifndef KVMFS_FUSE_HARNESS_H
#define KVMFS_FUSE_HARNESS_H

#include <linux/fs.h>
#include "fs/kvmfs.h"

/* kernel.c */
void pages_init(void);
void poll_end(struct file *file);

/* vfs.c; what returns a dentry counts it for the caller, or it is an ERR_PTR */
struct dentry *vfs_root(struct kvmfs_mount *m);
void vfs_end(struct dentry *root, struct kvmfs_mount *m);
void vfs_known(struct dentry *d, long n);
struct dentry *vfs_lookup(struct dentry *dir, const char *name);
struct dentry *vfs_find(struct dentry *dir, const char *name);	/* NULL: nobody has it */
struct dentry *vfs_make(struct dentry *dir, const char *name, umode_t mode, const char *to);
int vfs_remove(struct dentry *dir, const char *name, bool is_dir);
int vfs_iterate(struct file *file, struct dir_context *ctx);
int vfs_open(struct dentry *dentry, unsigned int flags, struct file **filep);
void vfs_release(struct file *file);

/* fuse.c: there is something new, or (not @tell) nobody wants to know any more */
void harness_polled(poll_table *poll, bool tell);

#endif /* KVMFS_FUSE_HARNESS_H */

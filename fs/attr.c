// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners, modes and sizes. Inodes of files come and go, so what chmod and chown
 * made of them is kept in the directory's object.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include "fs/kvmfs.h"

/*
 * What a file may be used for by default: by its owner, for all that it is good
 * for; by a class (group, others) that may write the directory, likewise; by one
 * that may only list the directory, for reading if it is a harmless file.
 */
static umode_t default_mode(umode_t dir, const struct kvmfs_file *row)
{
	umode_t mode = row->mode, bits = row->mode >> 6;
	int shift;

	for (shift = 0; shift <= 3; shift += 3) {
		if (dir & (2 << shift))
			mode |= bits << shift;
		else if ((dir & (4 << shift)) && (row->flags & KVMFS_PUBLIC))
			mode |= (bits & 4) << shift;
	}
	return mode;
}

/**
 * kvmfs_file_attr() - who owns a file, and its mode
 * @d: its directory
 * @row: of the file
 *
 * Return: what it was made with, or what chmod and chown made of it.
 */
struct kvmfs_attr kvmfs_file_attr(struct cpu_dir *d, const struct kvmfs_file *row)
{
	struct vm_dir *vd = to_vm_dir(d->cpu.vm);
	struct kvmfs_attr a = d->made, *changed;

	a.mode = default_mode(a.mode, row);
	spin_lock(&vd->tree_lock);
	changed = d->attr[row - kvmfs_files];
	if (changed)
		a = *changed;
	spin_unlock(&vd->tree_lock);
	return a;
}

/**
 * kvmfs_may_run() - whether the caller may run the vCPU of a directory
 * @dir: the directory
 *
 * It may if it could write the file ``run`` in there, whose inode need not exist.
 * Return: true or false.
 */
bool kvmfs_may_run(struct inode *dir)
{
	const struct kvmfs_file *row = kvmfs_find("run", 3, false);
	struct kvmfs_attr a = kvmfs_file_attr(KVMFS_I(dir)->dir, row);
	umode_t mode = a.mode;

	if (uid_eq(current_fsuid(), a.uid))
		mode >>= 6;
	else if (in_group_p(a.gid))
		mode >>= 3;
	return (mode & MAY_WRITE) ||
	       capable_wrt_inode_uidgid(compat_no_idmap, dir, CAP_DAC_OVERRIDE);
}

/**
 * kvmfs_size() - the true size of a file: what reading it to the end would give
 * @d: its directory
 * @row: of the file
 *
 * Return: bytes; 0 if it cannot be told.
 */
u64 kvmfs_size(struct cpu_dir *d, const struct kvmfs_file *row)
{
	struct text t = {};
	u64 size;

	if (row->size)
		return row->size(&d->cpu);
	size = kvmfs_render(d, row, &t) ? 0 : t.len;
	text_free(&t);
	return size;
}

int kvmfs_getattr(compat_idmap *idmap, const struct path *path, struct kstat *stat,
		  u32 mask, unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct kvmfs_inode *i = KVMFS_I(inode);

	compat_fillattr(idmap, mask, inode, stat);
	if (mask & (STATX_SIZE | STATX_BLOCKS)) {
		/* who may not read it shall not stop the vCPU by asking for its size */
		if (i->row->size || !generic_permission(idmap, inode, MAY_READ))
			stat->size = kvmfs_size(i->dir, i->row);
		/* tar takes a file without blocks for a hole, and does not read it */
		stat->blocks = DIV_ROUND_UP(stat->size, 512);
		if (i->row->flags & KVMFS_MEM)
			stat->blocks = kvmfs_store_blocks(to_vm_dir(i->dir->cpu.vm));
	}
	return 0;
}

static int keep_attr(struct inode *inode)
{
	struct kvmfs_attr a = { inode->i_uid, inode->i_gid, inode->i_mode & 0777 };
	struct kvmfs_inode *i = KVMFS_I(inode);
	struct kvmfs_attr **slot = &i->dir->attr[i->row - kvmfs_files], *new = NULL;
	struct vm_dir *vd = to_vm_dir(i->dir->cpu.vm);

	if (!*slot) {
		/* the inode lock keeps a second one from being made */
		new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
	}
	spin_lock(&vd->tree_lock);
	if (new)
		*slot = new;
	**slot = a;
	spin_unlock(&vd->tree_lock);
	return 0;
}

int kvmfs_setattr(compat_idmap *idmap, struct dentry *dentry, struct iattr *ia)
{
	struct inode *inode = d_inode(dentry);
	struct kvmfs_inode *i = KVMFS_I(inode);
	int ret = setattr_prepare(idmap, dentry, ia);

	if (ret)
		return ret;
	if (i->row)	/* nothing here is ever executed */
		ia->ia_mode &= S_IFMT | 0777;
	/* O_TRUNC is the affair of ->open() */
	if ((ia->ia_valid & ATTR_SIZE) && !(ia->ia_valid & ATTR_OPEN) && i->row) {
		ret = kvmfs_truncate(i->dir, i->row,
				     ia->ia_valid & ATTR_FILE ? ia->ia_file : NULL,
				     ia->ia_size);
		if (ret)
			return ret;
	}
	setattr_copy(idmap, inode, ia);
	if (i->row && (ia->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID)))
		return keep_attr(inode);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree of names for fs/inode.c: as little of a VFS as it needs. A dentry lives
 * as long as FUSE knows it (a count a look-up), a file is open, it is pinned, or
 * it has children; its inode lives as long. So all who use a file have one inode.
 */
#include <linux/fs.h>
#include "harness.h"

/* names come and go under @tree; counts and lists are @counts' */
static pthread_mutex_t tree = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t counts = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(all);

/* --- inodes ------------------------------------------------------------- */

struct inode *new_inode(struct super_block *sb)
{
	struct kvmfs_inode *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->vfs.i_sb = sb;
	i->vfs.i_nlink = 1;
	return &i->vfs;
}

static void free_inode(struct inode *inode)
{
	if (KVMFS_I(inode)->dir)
		kvmfs_put_dir(KVMFS_I(inode)->dir);
	free(KVMFS_I(inode));
}

void inode_init_owner(struct mnt_idmap *m, struct inode *inode, const struct inode *dir,
		      umode_t mode)
{
	inode->i_uid.val = current->uid;
	inode->i_gid.val = current->gid;
	inode->i_mode = mode;
}

int generic_permission(struct mnt_idmap *m, struct inode *inode, int mask)
{
	umode_t mode = inode->i_mode;

	if (!current->uid)
		return 0;
	if (inode->i_uid.val == current->uid)
		mode >>= 6;
	else if (inode->i_gid.val == current->gid)
		mode >>= 3;
	return mask & ~mode ? -EACCES : 0;
}

void setattr_copy(struct mnt_idmap *m, struct inode *inode, const struct iattr *ia)
{
	inode->i_ctime = current_time(inode);
	if (ia->ia_valid & ATTR_MODE)
		inode->i_mode = (inode->i_mode & S_IFMT) | (ia->ia_mode & 07777);
	if (ia->ia_valid & ATTR_UID)
		inode->i_uid = ia->ia_uid;
	if (ia->ia_valid & ATTR_GID)
		inode->i_gid = ia->ia_gid;
	if (ia->ia_valid & ATTR_ATIME)
		inode->i_atime = ia->ia_atime;
	if (ia->ia_valid & ATTR_MTIME)
		inode->i_mtime = ia->ia_mtime;
}

const struct inode_operations simple_symlink_inode_operations = {};

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return NULL;
}

/* --- dentries ----------------------------------------------------------- */

struct dentry *dget(struct dentry *d)
{
	pthread_mutex_lock(&counts);
	d->d_count++;
	pthread_mutex_unlock(&counts);
	return d;
}

void dput(struct dentry *d)
{
	struct dentry *parent;
	int left;

	for (; d; d = parent) {
		pthread_mutex_lock(&counts);
		left = --d->d_count;
		if (!left) {
			list_del_init(&d->d_child);
			list_del(&d->d_all);
		}
		pthread_mutex_unlock(&counts);
		if (left)
			return;
		parent = d->d_parent;
		if (d->d_inode)
			free_inode(d->d_inode);
		free((char *)d->d_name.name);
		free(d);
	}
}

static struct dentry *d_alloc(struct dentry *parent, const char *name)
{
	struct dentry *d = calloc(1, sizeof(*d));

	d->d_name.name = strdup(name);
	d->d_name.len = strlen(name);
	d->d_count = 1;
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_subdirs);
	if (parent)
		d->d_parent = dget(parent);
	pthread_mutex_lock(&counts);
	list_add(&d->d_all, &all);
	pthread_mutex_unlock(&counts);
	return d;
}

/* the kernel knows it once more (or, @n negative, less often) */
void vfs_known(struct dentry *d, long n)
{
	pthread_mutex_lock(&counts);
	d->d_known += n;
	pthread_mutex_unlock(&counts);
	while (n++ < 0)
		dput(d);
}

/* the mount ends, and the kernel forgets without saying so: what is left is a leak */
void vfs_end(struct dentry *root, struct kvmfs_mount *m)
{
	struct dentry *d, *known;

	do {
		known = NULL;
		list_for_each_entry(d, &all, d_all)
			if (d->d_known)
				known = d;
		if (known)
			vfs_known(known, -known->d_known);
	} while (known);
	kvmfs_unpin_all(m);
	dput(root);
}

/* it has an inode: others may find it now */
static struct dentry *hash(struct dentry *d)
{
	pthread_mutex_lock(&counts);
	list_add(&d->d_child, &d->d_parent->d_subdirs);
	pthread_mutex_unlock(&counts);
	return d;
}

static void unhash(struct dentry *d)
{
	pthread_mutex_lock(&counts);
	list_del_init(&d->d_child);
	pthread_mutex_unlock(&counts);
}

struct dentry *vfs_find(struct dentry *dir, const char *name)
{
	struct dentry *d, *found = NULL;

	pthread_mutex_lock(&counts);
	list_for_each_entry(d, &dir->d_subdirs, d_child)
		if (!strcmp(d->d_name.name, name))
			found = d;
	if (found)
		found->d_count++;
	pthread_mutex_unlock(&counts);
	return found;
}

/* super.c's revalidate(): what is in a removed directory cannot be found any more */
static bool is_dead(struct dentry *d)
{
	struct cpu_dir *dir = KVMFS_I(d->d_inode)->dir;

	return dir && READ_ONCE(dir->cpu.dead);
}

/*
 * The kernel lets one write(2) into a file at a time, and one to ``run`` may last. So
 * who opens such a file gets an inode of his own.
 */
static bool is_private(struct inode *inode)
{
	return KVMFS_I(inode)->row && (KVMFS_I(inode)->row->flags & KVMFS_EVENTS);
}

static struct dentry *lookup(struct dentry *dir, const char *name)
{
	struct inode *i = dir->d_inode;
	struct dentry *d, *ret;

	if (!S_ISDIR(i->i_mode))
		return ERR_PTR(-ENOTDIR);
	if (is_dead(dir))
		return ERR_PTR(-ENOENT);
	d = vfs_find(dir, name);
	if (d)
		return d;
	d = d_alloc(dir, name);
	/* the kernel looks before it creates, and does not say what for */
	ret = i->i_op->lookup(i, d, 0);
	if (!ret && d->d_inode)
		return is_private(d->d_inode) ? d : hash(d);
	dput(d);
	return IS_ERR(ret) ? ret : ERR_PTR(-ENOENT);
}

struct dentry *vfs_lookup(struct dentry *dir, const char *name)
{
	struct dentry *d;

	if (strlen(name) > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	pthread_mutex_lock(&tree);
	d = lookup(dir, name);
	pthread_mutex_unlock(&tree);
	return d;
}

/* as vfs_mkdir() and its like: a file system without an operation says no */
static int make(struct dentry *dir, struct dentry *d, umode_t mode, const char *to)
{
	struct inode *i = dir->d_inode;

	if (to)
		return i->i_op->symlink ? i->i_op->symlink(&nop_mnt_idmap, i, d, to) : -EPERM;
	if (S_ISDIR(mode))
		return i->i_op->mkdir ?
		       i->i_op->mkdir(&nop_mnt_idmap, i, d, mode & 07777) : -EPERM;
	if (S_ISREG(mode))
		return i->i_op->create ?
		       i->i_op->create(&nop_mnt_idmap, i, d, mode, true) : -EACCES;
	return -EPERM;
}

/* a directory, a file, or a symbolic link to @to */
struct dentry *vfs_make(struct dentry *dir, const char *name, umode_t mode, const char *to)
{
	struct dentry *d;
	int ret;

	pthread_mutex_lock(&tree);
	d = lookup(dir, name);
	if (!IS_ERR(d)) {
		dput(d);
		d = ERR_PTR(-EEXIST);
	} else if (PTR_ERR(d) == -ENOENT && !is_dead(dir)) {
		d = d_alloc(dir, name);
		ret = make(dir, d, mode, to);
		if (!ret) {
			hash(d);
		} else {
			dput(d);
			d = ERR_PTR(ret);
		}
	}
	pthread_mutex_unlock(&tree);
	return d;
}

static int drop(struct dentry *dir, struct dentry *d, bool is_dir)
{
	struct inode *i = dir->d_inode;
	int ret;

	if (is_dir != S_ISDIR(d->d_inode->i_mode))
		return is_dir ? -ENOTDIR : -EISDIR;
	if (is_dir)
		ret = i->i_op->rmdir ? i->i_op->rmdir(i, d) : -EPERM;
	else
		ret = i->i_op->unlink ? i->i_op->unlink(i, d) : -EPERM;
	if (!ret)
		unhash(d);
	return ret;
}

int vfs_remove(struct dentry *dir, const char *name, bool is_dir)
{
	struct dentry *d;
	int ret;

	pthread_mutex_lock(&tree);
	d = lookup(dir, name);
	ret = IS_ERR(d) ? PTR_ERR(d) : drop(dir, d, is_dir);
	pthread_mutex_unlock(&tree);
	if (!IS_ERR(d))
		dput(d);
	return ret;
}

/* --- the root ------------------------------------------------------------ */

static u64 vm_id(struct dentry *d)
{
	return to_vm_dir(KVMFS_I(d->d_inode)->dir->cpu.vm)->id;
}

/* the VMs, by number: a position is one above it */
static int root_iterate(struct file *file, struct dir_context *ctx)
{
	struct dentry *d, *next;
	bool more = dir_emit_dots(file, ctx);

	while (more) {
		next = NULL;
		list_for_each_entry(d, &file->f_path.dentry->d_subdirs, d_child)
			if (vm_id(d) + 1 >= ctx->pos && (!next || vm_id(d) < vm_id(next)))
				next = d;
		if (!next)
			break;
		ctx->pos = vm_id(next) + 1;
		more = dir_emit(ctx, next->d_name.name, next->d_name.len, next->d_inode->i_ino,
				DT_DIR);
		ctx->pos++;
	}
	return 0;
}

static const struct file_operations root_fops = { .iterate_shared = root_iterate };

struct dentry *vfs_root(struct kvmfs_mount *m)
{
	static struct super_block sb;
	struct dentry *d = d_alloc(NULL, "");

	sb.s_fs_info = m;
	d->d_inode = kvmfs_new_inode(&sb, S_IFDIR | m->mode);
	d->d_inode->i_ino = 1;
	d->d_inode->i_nlink = 2;
	d->d_inode->i_uid = m->uid;
	d->d_inode->i_gid = m->gid;
	d->d_inode->i_op = &kvmfs_root_iops;
	d->d_inode->i_fop = &root_fops;
	return d;
}

/* nobody comes or goes meanwhile */
int vfs_iterate(struct file *file, struct dir_context *ctx)
{
	int ret;

	pthread_mutex_lock(&tree);
	ret = file->f_op->iterate_shared(file, ctx);
	pthread_mutex_unlock(&tree);
	return ret;
}

/* --- open files ------------------------------------------------------------ */

int vfs_open(struct dentry *dentry, unsigned int flags, struct file **filep)
{
	struct file *file = calloc(1, sizeof(*file));
	int ret = 0;

	if (!file)
		return -ENOMEM;
	file->f_inode = dentry->d_inode;
	file->f_path.dentry = dget(dentry);
	file->f_flags = flags;
	file->f_mode = (flags & O_ACCMODE) + 1;		/* FMODE_READ, FMODE_WRITE */
	file->f_op = dentry->d_inode->i_fop;
	INIT_LIST_HEAD(&file->polled);
	__atomic_add_fetch(&file->f_inode->opened, 1, __ATOMIC_SEQ_CST);
	if (file->f_op->open)
		ret = file->f_op->open(file->f_inode, file);
	if (ret)
		vfs_release(file);
	*filep = ret ? NULL : file;
	return ret;
}

void vfs_release(struct file *file)
{
	poll_end(file);
	/* kvm_create()'s descriptors, which directories ask for, do not exist here */
	if (file->f_op->release && file->private_data)
		file->f_op->release(file->f_inode, file);
	__atomic_sub_fetch(&file->f_inode->opened, 1, __ATOMIC_SEQ_CST);
	dput(file->f_path.dentry);
	free(file);
}

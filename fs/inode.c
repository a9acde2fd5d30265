// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories: the root, which holds VMs, and those of VMs and vCPUs, whose
 * files are made from the table when somebody looks them up.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/namei.h>
#include "fs/kvmfs.h"

#define INODES_PER_CPU	64	/* inode numbers: the directory, its files, cpu0 */
#define INO_CPU0	(INODES_PER_CPU - 1)

static_assert(KVMFS_MAX_FILES < INO_CPU0);

static const struct inode_operations dir_iops;
static const struct inode_operations cpu_iops;
static const struct inode_operations file_iops = {
	.getattr	= kvmfs_getattr,
	.setattr	= kvmfs_setattr,
};

/* --- making inodes --------------------------------------------------- */

static u64 ino_of(struct cpu_dir *d, unsigned int nr)
{
	u64 id = to_vm_dir(d->cpu.vm)->id;

	return (id * VM_MAX_VCPUS + d->cpu.id) * INODES_PER_CPU + nr;
}

/**
 * kvmfs_new_inode() - an inode of no particular kind
 * @sb: of the mount
 * @mode: type and permissions
 *
 * Return: the inode, or NULL.
 */
struct inode *kvmfs_new_inode(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_mode = mode;
	compat_set_times(inode, current_time(inode));
	return inode;
}

/* one that belongs to @d, with its time */
static struct inode *new_member(struct super_block *sb, struct cpu_dir *d,
				umode_t mode, unsigned int nr)
{
	struct inode *inode = kvmfs_new_inode(sb, mode);

	if (!inode)
		return NULL;
	kvmfs_get_dir(d);
	KVMFS_I(inode)->dir = d;
	inode->i_ino = ino_of(d, nr);
	compat_set_times(inode, d->time);
	return inode;
}

static struct inode *new_file(struct super_block *sb, struct cpu_dir *d,
			      const struct kvmfs_file *row)
{
	struct kvmfs_attr a = kvmfs_file_attr(d, row);
	struct inode *inode = new_member(sb, d, S_IFREG | a.mode, 1 + (row - kvmfs_files));

	if (!inode)
		return NULL;
	inode->i_uid = a.uid;
	inode->i_gid = a.gid;
	inode->i_op = &file_iops;
	inode->i_fop = row->flags & KVMFS_MEM ? &kvmfs_mem_fops : &kvmfs_text_fops;
	KVMFS_I(inode)->row = row;
	return inode;
}

/* ``cpu0`` leads back to the directory it is in */
static struct inode *new_cpu0(struct super_block *sb, struct cpu_dir *d)
{
	struct inode *inode = new_member(sb, d, S_IFLNK | 0777, INO_CPU0);

	if (!inode)
		return NULL;
	inode->i_uid = d->made.uid;
	inode->i_gid = d->made.gid;
	inode->i_op = &simple_symlink_inode_operations;
	inode->i_link = (char *)".";
	inode->i_size = 1;
	return inode;
}

/* takes over the caller's reference to @d */
static int make_dir(struct inode *parent, struct dentry *dentry, umode_t mode,
		    struct cpu_dir *d)
{
	struct inode *inode;

	if (IS_ERR(d))
		return PTR_ERR(d);
	ktime_get_coarse_real_ts64(&d->time);
	inode = new_member(parent->i_sb, d, 0, 0);
	if (inode) {
		inode_init_owner(compat_no_idmap, inode, parent, S_IFDIR | mode);
		inode->i_op = d->cpu.id ? &cpu_iops : &dir_iops;
		inode->i_fop = &kvmfs_dir_fops;
		set_nlink(inode, 2);
		d->made.uid = inode->i_uid;
		d->made.gid = inode->i_gid;
		d->made.mode = inode->i_mode & 0777;
		d_instantiate(dentry, inode);
		kvmfs_pin_dir(d, dentry);
		inc_nlink(parent);
		compat_touch(parent);
	}
	kvmfs_put_dir(d);
	return inode ? 0 : -ENOMEM;
}

/* --- removing directories -------------------------------------------- */

/* the tree's part of a removal; @dentry and its parent are locked, @d is detached */
static void unname(struct inode *parent, struct dentry *dentry, struct cpu_dir *d)
{
	struct vm_dir *vd = to_vm_dir(d->cpu.vm);

	if (!d->cpu.id) {
		kvmfs_unlist(vd);
		kvmfs_unpin_cpus(vd);
	}
	clear_nlink(d_inode(dentry));
	drop_nlink(parent);
	compat_touch(parent);
	kvmfs_unpin_dir(d);
}

static int kvmfs_rmdir(struct inode *parent, struct dentry *dentry)
{
	struct cpu_dir *d = KVMFS_I(d_inode(dentry))->dir;
	int ret = kvmfs_detach(d, false);

	if (!ret)
		unname(parent, dentry, d);
	return ret;
}

/**
 * kvmfs_remove_owned() - the descriptor that a VM's or vCPU's life hung on is closed
 * @file: its directory, as kvm_create() opened it
 *
 * Like rmdir(2), except that a vCPU that runs is stopped and that nobody is
 * asked for permission.
 */
void kvmfs_remove_owned(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct dentry *parent = dget_parent(dentry);
	struct cpu_dir *d = KVMFS_I(file_inode(file))->dir;
	bool gone;

	inode_lock_nested(d_inode(parent), I_MUTEX_PARENT);
	inode_lock(d_inode(dentry));
	gone = d->cpu.dead;
	if (!gone) {
		kvmfs_detach(d, true);
		unname(d_inode(parent), dentry, d);
		d_inode(dentry)->i_flags |= S_DEAD;
		d_invalidate(dentry);
	}
	inode_unlock(d_inode(dentry));
	if (!gone)
		d_delete_notify(d_inode(parent), dentry);
	inode_unlock(d_inode(parent));
	dput(parent);
}

/* --- the root directory ---------------------------------------------- */

static int root_mkdir(compat_idmap *idmap, struct inode *dir, struct dentry *dentry,
		      umode_t mode)
{
	return make_dir(dir, dentry, mode, kvmfs_new_vm(to_mount(dir->i_sb)));
}

const struct inode_operations kvmfs_root_iops = {
	.lookup		= simple_lookup,
	.mkdir		= root_mkdir,
	.rmdir		= kvmfs_rmdir,
};

/* --- directories of VMs and vCPUs ------------------------------------ */

static bool is_cpu0(const struct qstr *name)
{
	return name->len == 4 && !memcmp(name->name, "cpu0", 4);
}

/*
 * A tool that copies a directory to a name that is not there makes the directory,
 * and then its files, knowing it to be empty. All files are there from the
 * beginning, but the first one to look is allowed to make it: O_CREAT | O_EXCL,
 * and symlink(2).
 */
static bool may_make(struct cpu_dir *d, unsigned int bit, unsigned int flags)
{
	const unsigned int excl = LOOKUP_CREATE | LOOKUP_EXCL;

	return (flags & excl) == excl && !test_bit(bit, &d->seen);
}

static struct dentry *lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct cpu_dir *d = KVMFS_I(dir)->dir;
	const struct kvmfs_file *row;
	struct inode *inode;
	unsigned int bit;

	if (READ_ONCE(d->cpu.dead))
		return ERR_PTR(-ENOENT);
	row = kvmfs_find(dentry->d_name.name, dentry->d_name.len, !d->cpu.id);
	bit = row ? row - kvmfs_files : SEEN_CPU0;
	/* further vCPUs are pinned, so that nobody needs to ask for them */
	if (!row && (d->cpu.id || d->no_cpu0 || !is_cpu0(&dentry->d_name)))
		return d_splice_alias(NULL, dentry);
	if (may_make(d, bit, flags))
		return d_splice_alias(NULL, dentry);
	set_bit(bit, &d->seen);
	inode = row ? new_file(dir->i_sb, d, row) : new_cpu0(dir->i_sb, d);
	return inode ? d_splice_alias(inode, dentry) : ERR_PTR(-ENOMEM);
}

/* see may_make(); the mode is the file's own */
static int dir_create(compat_idmap *idmap, struct inode *dir, struct dentry *dentry,
		      umode_t mode, bool excl)
{
	struct cpu_dir *d = KVMFS_I(dir)->dir;
	const struct kvmfs_file *row;
	struct inode *inode;

	row = kvmfs_find(dentry->d_name.name, dentry->d_name.len, !d->cpu.id);
	if (!row)
		return -EPERM;
	inode = new_file(dir->i_sb, d, row);
	if (!inode)
		return -ENOMEM;
	set_bit(row - kvmfs_files, &d->seen);
	d_instantiate(dentry, inode);
	return 0;
}

/* the number in cpuN, written as one would print it; 0 if it is no such name */
static unsigned int id_of_name(const struct qstr *name)
{
	char buf[sizeof("cpu255")];
	unsigned int id;

	if (name->len >= sizeof(buf))
		return 0;
	memcpy(buf, name->name, name->len);
	buf[name->len] = '\0';
	if (strncmp(buf, "cpu", 3) || buf[3] < '1' || buf[3] > '9' ||
	    kstrtouint(buf + 3, 10, &id) || id >= VM_MAX_VCPUS)
		return 0;
	return id;
}

static int dir_mkdir(compat_idmap *idmap, struct inode *dir, struct dentry *dentry,
		     umode_t mode)
{
	struct vm_dir *vd = to_vm_dir(KVMFS_I(dir)->dir->cpu.vm);
	unsigned int id = id_of_name(&dentry->d_name);

	if (!id)
		return -EPERM;
	return make_dir(dir, dentry, mode, kvmfs_new_cpu(vd, id));
}

/*
 * A tool that copies a directory over another replaces symbolic links by removing
 * and making them. So ``cpu0`` can be removed, and be made as it was.
 */
static int dir_unlink(struct inode *dir, struct dentry *dentry)
{
	if (!is_cpu0(&dentry->d_name))
		return -EPERM;
	KVMFS_I(dir)->dir->no_cpu0 = true;
	clear_nlink(d_inode(dentry));
	return 0;
}

static int dir_symlink(compat_idmap *idmap, struct inode *dir, struct dentry *dentry,
		       const char *target)
{
	struct cpu_dir *d = KVMFS_I(dir)->dir;
	struct inode *inode;

	if (!is_cpu0(&dentry->d_name) || strcmp(target, "."))
		return -EPERM;
	inode = new_cpu0(dir->i_sb, d);
	if (!inode)
		return -ENOMEM;
	set_bit(SEEN_CPU0, &d->seen);
	d->no_cpu0 = false;
	d_instantiate(dentry, inode);
	return 0;
}

static const struct inode_operations dir_iops = {
	.lookup		= lookup,
	.create		= dir_create,
	.mkdir		= dir_mkdir,
	.rmdir		= kvmfs_rmdir,
	.unlink		= dir_unlink,
	.symlink	= dir_symlink,
	.setattr	= kvmfs_setattr,
};

static const struct inode_operations cpu_iops = {
	.lookup		= lookup,
	.create		= dir_create,
	.setattr	= kvmfs_setattr,
};

/* the files from *@pos on; false if there was no more room */
static bool emit_files(struct dir_context *ctx, struct cpu_dir *d)
{
	const struct kvmfs_file *row;

	for (; ctx->pos - 2 < kvmfs_n_files; ctx->pos++) {
		row = &kvmfs_files[ctx->pos - 2];
		if (d->cpu.id && (row->flags & KVMFS_OF_VM))
			continue;
		if (!dir_emit(ctx, row->name, strlen(row->name),
			      ino_of(d, 1 + (row - kvmfs_files)), DT_REG))
			return false;
	}
	return true;
}

/* cpu0, cpu1 ...; the directory is locked, so that none comes or goes */
static void emit_cpus(struct dir_context *ctx, struct cpu_dir *d)
{
	loff_t first = 2 + kvmfs_n_files;
	struct kvmfs_cpu *c;
	char name[8];
	int len;

	if (ctx->pos == first) {
		if (!d->no_cpu0 && !dir_emit(ctx, "cpu0", 4, ino_of(d, INO_CPU0), DT_LNK))
			return;
		ctx->pos++;
	}
	for (; ctx->pos - first < VM_MAX_VCPUS; ctx->pos++) {
		c = READ_ONCE(d->cpu.vm->cpus[ctx->pos - first]);
		if (!c)
			continue;
		len = snprintf(name, sizeof(name), "cpu%u", (int)(ctx->pos - first));
		if (!dir_emit(ctx, name, len, ino_of(to_cpu_dir(c), 0), DT_DIR))
			return;
	}
}

static int iterate(struct file *file, struct dir_context *ctx)
{
	struct cpu_dir *d = KVMFS_I(file_inode(file))->dir;

	if (READ_ONCE(d->cpu.dead))
		return -ENOENT;
	if (dir_emit_dots(file, ctx) && emit_files(ctx, d) && !d->cpu.id)
		emit_cpus(ctx, d);
	return 0;
}

static int dir_open(struct inode *inode, struct file *file)
{
	file->private_data = (void *)(kvmfs_may_run(inode) ? DIR_MAY_RUN : 0);
	return 0;
}

static int dir_release(struct inode *inode, struct file *file)
{
	if ((unsigned long)file->private_data & DIR_OWNER)
		kvmfs_remove_owned(file);
	return 0;
}

const struct file_operations kvmfs_dir_fops = {
	.owner		= THIS_MODULE,
	.open		= dir_open,
	.release	= dir_release,
	.iterate_shared	= iterate,
	.read		= generic_read_dir,
	.llseek		= generic_file_llseek,
};

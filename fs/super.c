// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounting: options, the super block and its inodes. Each mount is an instance
 * of its own.
 */
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include "fs/kvmfs.h"

static struct kmem_cache *inode_cache;

/* --- options --------------------------------------------------------- */

enum { OPT_UID, OPT_GID, OPT_MODE, OPT_MAX_VMS, OPT_MAX_MEM, OPT_MMU };

static const struct constant_table mmu_names[] = {
	{ "auto", PAGING_AUTO },
	{ "shadow", PAGING_SHADOW },
	{ "nested", PAGING_NESTED },
	{}
};

static const struct fs_parameter_spec options[] = {
	fsparam_u32("uid", OPT_UID),
	fsparam_u32("gid", OPT_GID),
	fsparam_u32oct("mode", OPT_MODE),
	fsparam_u64("max_vms", OPT_MAX_VMS),
	fsparam_string("max_mem", OPT_MAX_MEM),
	fsparam_enum("mmu", OPT_MMU, mmu_names),
	{}
};

static int parse_mem(struct fs_context *fc, const char *s, u64 *bytes)
{
	char *end;

	*bytes = memparse(s, &end);
	if (end == s || *end)
		return invalfc(fc, "max_mem=%s is not a size", s);
	return 0;
}

static int parse_owner(struct fs_context *fc, struct kvmfs_mount *m, int opt, u32 id)
{
	if (opt == OPT_UID) {
		m->uid = make_kuid(current_user_ns(), id);
		return uid_valid(m->uid) ? 0 : invalfc(fc, "no such uid");
	}
	m->gid = make_kgid(current_user_ns(), id);
	return gid_valid(m->gid) ? 0 : invalfc(fc, "no such gid");
}

static int parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct kvmfs_mount *m = fc->s_fs_info ? fc->s_fs_info : fc->fs_private;
	struct fs_parse_result r;
	int opt = fs_parse(fc, options, param, &r);

	switch (opt) {
	case OPT_UID:
	case OPT_GID:
		return parse_owner(fc, m, opt, r.uint_32);
	case OPT_MODE:
		if (r.uint_32 & ~S_IALLUGO)
			return invalfc(fc, "mode has unknown bits");
		m->mode = r.uint_32;
		return 0;
	case OPT_MAX_VMS:
		m->max_vms = r.uint_64;
		return 0;
	case OPT_MAX_MEM:
		return parse_mem(fc, param->string, &m->max_mem);
	case OPT_MMU:
		if (r.uint_32 == PAGING_NESTED && !hv_has_nested())
			return invalfc(fc, "mmu=nested: this processor has no nested paging");
		m->mmu = mmu_names[r.uint_32].name;
		m->paging = r.uint_32;
		return 0;
	}
	return opt;
}

static int show_options(struct seq_file *f, struct dentry *root)
{
	struct kvmfs_mount *m = to_mount(root->d_sb);

	if (!uid_eq(m->uid, GLOBAL_ROOT_UID))
		seq_printf(f, ",uid=%u", from_kuid_munged(&init_user_ns, m->uid));
	if (!gid_eq(m->gid, GLOBAL_ROOT_GID))
		seq_printf(f, ",gid=%u", from_kgid_munged(&init_user_ns, m->gid));
	seq_printf(f, ",mode=%03o,mmu=%s", m->mode, m->mmu);
	if (m->max_vms)
		seq_printf(f, ",max_vms=%llu", m->max_vms);
	if (m->max_mem)
		seq_printf(f, ",max_mem=%llu", m->max_mem);
	return 0;
}

/* --- inodes ---------------------------------------------------------- */

static struct inode *alloc_inode(struct super_block *sb)
{
	struct kvmfs_inode *i = alloc_inode_sb(sb, inode_cache, GFP_KERNEL);

	if (!i)
		return NULL;
	i->dir = NULL;
	i->row = NULL;
	return &i->vfs;
}

static void free_inode(struct inode *inode)
{
	kmem_cache_free(inode_cache, KVMFS_I(inode));
}

static void evict_inode(struct inode *inode)
{
	clear_inode(inode);
	if (KVMFS_I(inode)->dir)
		kvmfs_put_dir(KVMFS_I(inode)->dir);
}

static void init_once(void *p)
{
	inode_init_once(&((struct kvmfs_inode *)p)->vfs);
}

/* df: blocks are guest memory, inodes are VMs, where the mount has limits */
static int statfs(struct dentry *dentry, struct kstatfs *s)
{
	struct kvmfs_mount *m = to_mount(dentry->d_sb);

	simple_statfs(dentry, s);
	mutex_lock(&m->lock);
	if (m->max_mem) {
		s->f_blocks = m->max_mem >> PAGE_SHIFT;
		s->f_bfree = s->f_blocks - min(s->f_blocks, m->mem >> PAGE_SHIFT);
		s->f_bavail = s->f_bfree;
	}
	if (m->max_vms) {
		s->f_files = m->max_vms;
		s->f_ffree = m->max_vms - min(m->max_vms, m->n_vms);
	}
	mutex_unlock(&m->lock);
	return 0;
}

static const struct super_operations super_ops = {
	.alloc_inode	= alloc_inode,
	.free_inode	= free_inode,
	.drop_inode	= generic_delete_inode,
	.evict_inode	= evict_inode,
	.statfs		= statfs,
	.show_options	= show_options,
};

static bool is_removed(const struct dentry *dir)
{
	return !IS_ROOT(dir) && d_unhashed(dir);
}

/*
 * Names that lead nowhere are not worth keeping; nor are those in a removed directory, of a VM
 * or a vCPU, that were open when it went: they would keep the VM. May be called without a lock,
 * under RCU.
 */
static int d_delete_useless(const struct dentry *dentry)
{
	const struct dentry *parent = READ_ONCE(dentry->d_parent);

	return d_is_negative(dentry) || is_removed(parent) ||
	       is_removed(READ_ONCE(parent->d_parent));
}

/* what is in a removed directory cannot be found any more */
static int revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode_rcu(dentry);
	struct cpu_dir *d = inode ? KVMFS_I(inode)->dir : NULL;

	return !d || !READ_ONCE(d->cpu.dead);
}

static const struct dentry_operations dentry_ops = {
	.d_delete	= d_delete_useless,
	.d_revalidate	= revalidate,
};

/* --- the super block ------------------------------------------------- */

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct kvmfs_mount *m = to_mount(sb);
	struct inode *root;

	sb->s_magic = KVMFS_MAGIC;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	sb->s_op = &super_ops;
	sb->s_d_op = &dentry_ops;
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;

	root = kvmfs_new_inode(sb, S_IFDIR | m->mode);
	if (!root)
		return -ENOMEM;
	root->i_ino = 1;
	root->i_uid = m->uid;
	root->i_gid = m->gid;
	root->i_op = &kvmfs_root_iops;
	root->i_fop = &simple_dir_operations;
	inc_nlink(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fill_super);
}

/* remount: the limits alone can change; what is there already may stay */
static int reconfigure(struct fs_context *fc)
{
	struct kvmfs_mount *new = fc->fs_private, *m = to_mount(fc->root->d_sb);

	mutex_lock(&m->lock);
	m->max_vms = new->max_vms;
	m->max_mem = new->max_mem;
	mutex_unlock(&m->lock);
	return 0;
}

static void free_fc(struct fs_context *fc)
{
	kfree(fc->s_fs_info);
	kfree(fc->fs_private);
}

static const struct fs_context_operations context_ops = {
	.parse_param	= parse_param,
	.get_tree	= get_tree,
	.reconfigure	= reconfigure,
	.free		= free_fc,
};

/* s_fs_info goes to the super block; fs_private is where a remount collects */
static int init_fs_context(struct fs_context *fc)
{
	struct kvmfs_mount *m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);

	if (!m)
		return -ENOMEM;
	m->uid = GLOBAL_ROOT_UID;
	m->gid = GLOBAL_ROOT_GID;
	m->mode = 0755;
	m->mmu = mmu_names[PAGING_AUTO].name;
	mutex_init(&m->lock);
	INIT_LIST_HEAD(&m->vms);
	if (fc->purpose == FS_CONTEXT_FOR_RECONFIGURE) {
		m->max_vms = to_mount(fc->root->d_sb)->max_vms;
		m->max_mem = to_mount(fc->root->d_sb)->max_mem;
		fc->fs_private = m;
	} else {
		fc->s_fs_info = m;
	}
	fc->ops = &context_ops;
	return 0;
}

static void kill_sb(struct super_block *sb)
{
	struct kvmfs_mount *m = to_mount(sb);

	kvmfs_unpin_all(m);
	kill_anon_super(sb);
	kfree(m);
}

struct file_system_type kvmfs_type = {
	.owner			= THIS_MODULE,
	.name			= "kvmfs",
	.init_fs_context	= init_fs_context,
	.parameters		= options,
	.kill_sb		= kill_sb,
};

/**
 * kvmfs_super_init() - what all mounts share
 *
 * Return: 0 or -errno.
 */
int __init kvmfs_super_init(void)
{
	int ret = kvmfs_mem_file_init();

	if (ret)
		return ret;
	inode_cache = kmem_cache_create("kvmfs_inode", sizeof(struct kvmfs_inode), 0,
					SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, init_once);
	return inode_cache ? 0 : -ENOMEM;
}

/**
 * kvmfs_super_exit() - undo kvmfs_super_init()
 */
void kvmfs_super_exit(void)
{
	/* free_inode() is called after a grace period */
	rcu_barrier();
	kmem_cache_destroy(inode_cache);
}

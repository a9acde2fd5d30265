/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the VFS as fs/inode.c, attr.c, object.c, file.c and mem-file.c touch;
 * what it does is in ../../vfs.c and ../../fuse.c.
 */
#ifndef KVMFS_FUSE_LINUX_FS_H
#define KVMFS_FUSE_LINUX_FS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/wait.h>

typedef unsigned short umode_t;
typedef void *fl_owner_t;
typedef struct { uid_t val; } kuid_t;
typedef struct { gid_t val; } kgid_t;
typedef unsigned int vm_fault_t;
typedef struct fuse_pollhandle poll_table;

#define timespec64	timespec

struct file;
struct inode;
struct module;
struct kiocb;
struct iov_iter;
struct page;
struct rcu_head { int unused; };

struct qstr { const char *name; unsigned int len; };
#define QSTR_INIT(n, l)	{ .name = n, .len = l }

struct super_block { void *s_fs_info; };

struct dentry {
	struct qstr d_name;
	struct dentry *d_parent;
	struct inode *d_inode;
	struct list_head d_child, d_subdirs, d_all;
	int d_count;
	long d_known;			/* of these, look-ups of the kernel's */
};

struct path { struct dentry *dentry; void *mnt; };
struct address_space { struct file *store; };

struct inode {
	umode_t i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	u64 i_ino, i_blocks;
	loff_t i_size;
	unsigned int i_nlink, i_flags;
	struct timespec i_atime, i_mtime, i_ctime;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	const char *i_link;
	struct super_block *i_sb;
	int opened;			/* files that are open */
	int fd;				/* of a store: the memfd */
};

/* @poll: whom to tell, and @queue: by whom; see poll_wait() */
struct file {
	struct inode *f_inode;
	struct path f_path;
	unsigned int f_flags, f_mode;
	loff_t f_pos;
	void *private_data;
	const struct file_operations *f_op;
	struct address_space *f_mapping;
	poll_table *poll;
	wait_queue_head_t *queue;
	struct list_head polled;
};

struct mnt_idmap;
#define nop_mnt_idmap	(*(struct mnt_idmap *)NULL)

struct iattr {
	unsigned int ia_valid;
	umode_t ia_mode;
	kuid_t ia_uid;
	kgid_t ia_gid;
	loff_t ia_size;
	struct timespec ia_atime, ia_mtime;
	struct file *ia_file;
};
#define ATTR_MODE	1
#define ATTR_UID	2
#define ATTR_GID	4
#define ATTR_SIZE	8
#define ATTR_ATIME	16
#define ATTR_MTIME	32
#define ATTR_OPEN	64
#define ATTR_FILE	128

struct kstat { u64 size, blocks; };

struct dir_context {
	bool (*actor)(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		      unsigned int type);
	loff_t pos;
};

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
	int ki_flags;
};
#define IOCB_APPEND	1

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_pgoff;
	struct file *vm_file;
	const struct vm_operations_struct *vm_ops;
};

struct vm_fault {
	struct vm_area_struct *vma;
	pgoff_t pgoff;
	struct page *page;
};

struct vm_operations_struct {
	vm_fault_t (*fault)(struct vm_fault *vmf);
	void *map_pages;
};
#define VM_FAULT_SIGBUS		2
#define VM_FAULT_LOCKED		0x200
#define vmf_error(e)		((void)(e), VM_FAULT_SIGBUS)
#define vma_set_file(vma, f)	((void)(vma), (void)(f))

struct inode_operations {
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	int (*create)(struct mnt_idmap *m, struct inode *dir, struct dentry *dentry, umode_t mode,
		      bool excl);
	int (*mkdir)(struct mnt_idmap *m, struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct mnt_idmap *m, struct inode *dir, struct dentry *dentry,
		       const char *to);
	int (*getattr)(struct mnt_idmap *m, const struct path *path, struct kstat *stat, u32 mask,
		       unsigned int flags);
	int (*setattr)(struct mnt_idmap *m, struct dentry *dentry, struct iattr *ia);
};

struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file, fl_owner_t owner);
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
	ssize_t (*read)(struct file *file, char *to, size_t n, loff_t *pos);
	ssize_t (*write)(struct file *file, const char *from, size_t n, loff_t *pos);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	__poll_t (*poll)(struct file *file, poll_table *wait);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	int (*iterate_shared)(struct file *file, struct dir_context *ctx);
	void *splice_read, *splice_write;
};

/* --- inodes ----------------------------------------------------------- */

#define S_IALLUGO		07777
#define S_DEAD			16
#define FMODE_READ		1
#define FMODE_WRITE		2
#define FMODE_ATOMIC_POS	4
#define LOOKUP_CREATE		1
#define LOOKUP_EXCL		2
#define I_MUTEX_PARENT		1
#define MAX_LFS_FILESIZE	((loff_t)(~0ull >> 1))
#define CAP_DAC_OVERRIDE	1
#define MAY_WRITE		2
#define MAY_READ		4

extern const struct inode_operations simple_symlink_inode_operations;

struct inode *new_inode(struct super_block *sb);
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
void inode_init_owner(struct mnt_idmap *m, struct inode *inode, const struct inode *dir,
		      umode_t mode);
int generic_permission(struct mnt_idmap *m, struct inode *inode, int mask);
void setattr_copy(struct mnt_idmap *m, struct inode *inode, const struct iattr *ia);
/* the kernel has looked already: default_permissions */
#define setattr_prepare(m, dentry, ia)		0
#define generic_fillattr(m, mask, inode, stat)	((void)(mask), (void)(stat))
#define inode_set_atime_to_ts(i, t)	((i)->i_atime = (t))
#define inode_set_mtime_to_ts(i, t)	((i)->i_mtime = (t))
#define inode_set_ctime_to_ts(i, t)	((i)->i_ctime = (t))
#define inode_set_ctime_current(i)	((i)->i_ctime = current_time(i))
#define set_nlink(i, n)		((void)((i)->i_nlink = (n)))
#define inc_nlink(i)		((void)((i)->i_nlink++))
#define drop_nlink(i)		((void)((i)->i_nlink--))
#define clear_nlink(i)		((void)((i)->i_nlink = 0))
#define inode_lock(i)			((void)(i))
#define inode_lock_nested(i, how)	((void)(i))
#define inode_unlock(i)			((void)(i))

static inline void ktime_get_coarse_real_ts64(struct timespec *ts)
{
	clock_gettime(CLOCK_REALTIME_COARSE, ts);
}

static inline struct timespec current_time(struct inode *inode)
{
	struct timespec ts;

	ktime_get_coarse_real_ts64(&ts);
	return ts;
}

static inline bool uid_eq(kuid_t a, kuid_t b) { return a.val == b.val; }
static inline kuid_t current_fsuid(void) { return (kuid_t){ current->uid }; }
static inline bool in_group_p(kgid_t gid) { return current->gid == gid.val; }
#define capable_wrt_inode_uidgid(m, inode, cap)	(current->uid == 0)

/* --- dentries --------------------------------------------------------- */

struct dentry *dget(struct dentry *d);
void dput(struct dentry *d);
#define dget_parent(d)		dget((d)->d_parent)
#define d_inode(d)		((d)->d_inode)
#define d_instantiate(d, i)	((void)((d)->d_inode = (i)))
#define d_splice_alias(i, d)	((d)->d_inode = (i), (struct dentry *)NULL)
#define d_invalidate(d)		((void)(d))
#define d_delete_notify(i, d)	((void)(d))

static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

static inline bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	for (; ctx->pos < 2; ctx->pos++)
		if (!dir_emit(ctx, "..", 1 + ctx->pos, 1, DT_DIR))
			return false;
	return true;
}

/* --- files ------------------------------------------------------------ */

#define file_inode(f)		((f)->f_inode)
#define generic_read_dir	NULL
#define generic_file_llseek	NULL
#define iter_file_splice_write	NULL
#define copy_splice_read	NULL
#define noop_fsync		NULL

void poll_wait(struct file *file, wait_queue_head_t *q, poll_table *wait);
/* for mappings, which FUSE makes of its page cache: never called */
#define alloc_file_pseudo(inode, mnt, name, flags, fops) \
	((void)(inode), (void)(mnt), (void)(name), (void)(flags), (void)(fops),	\
	 (struct file *)ERR_PTR(-ENODEV))
#define ihold(inode)	((void)(inode))
#define iput(inode)	((void)(inode))
struct file *get_file(struct file *file);
void fput(struct file *file);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);

static inline ssize_t simple_read_from_buffer(char *to, size_t n, loff_t *pos, const void *from,
					      size_t have)
{
	if (*pos < 0 || *pos >= (loff_t)have)
		return 0;
	n = min_t(size_t, n, have - *pos);
	memcpy(to, (const char *)from + *pos, n);
	*pos += n;
	return n;
}

/* the kernel seeks by itself, but for data and holes */
static inline loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence,
					      loff_t max, loff_t end)
{
	return whence == SEEK_SET ? offset : -EINVAL;
}

/* --- what kernel.h and its company offer beside ------------------------ */

int kstrtouint(const char *s, unsigned int base, unsigned int *v);
#define kfree_rcu(p, field)	kfree(p)

#endif

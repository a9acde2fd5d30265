/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mount: what the VFS side of fs/ and the system calls share. What is in the
 * files is behind contents.h.
 *
 * Objects. A directory of a VM or vCPU is a struct cpu_dir, counted: its inode
 * and those of its files hold it, so an open file keeps it after its name is
 * gone. Each cpu_dir holds its struct vm_dir. What is in the tree is pinned by
 * its dentry; files have inodes only while somebody looks at them.
 */
#ifndef KVMFS_KVMFS_H
#define KVMFS_KVMFS_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include "fs/compat.h"
#include "fs/contents.h"

#define KVMFS_MAGIC	0x6b766d66	/* statfs.f_type: "kvmf" */

/**
 * struct kvmfs_mount - one mount: super_block.s_fs_info
 * @uid:	owner of the root directory
 * @gid:	group of the root directory
 * @mode:	of the root directory
 * @mmu:	what was asked for: auto, shadow or nested
 * @paging:	the same for the core
 * @lock:	guards all below
 * @max_vms:	VMs that may exist, 0: any number
 * @max_mem:	bytes of ram and rom regions that all VMs may have, 0: any
 * @n_vms:	VMs that exist, removed ones that are still open included
 * @mem:	bytes of their regions
 * @last_id:	number of the VM created last
 * @vms:	of struct vm_dir.list: those in the tree
 */
struct kvmfs_mount {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	const char *mmu;
	enum vm_paging paging;
	struct mutex lock;
	u64 max_vms;
	u64 max_mem;
	u64 n_vms;
	u64 mem;
	u64 last_id;
	struct list_head vms;
};

/**
 * struct vm_dir - a VM of the mount
 * @vm:		as its files see it
 * @ref:	one for each struct cpu_dir
 * @mount:	where it is; open files keep the mount
 * @store:	shmem file that holds guest memory
 * @mem:	bytes of ram and rom regions, as charged to @mount
 * @lent_lock:	guards @lent
 * @lent:	of struct lender: what processes lend to it; see lent.c
 * @id:		unique in @mount, never reused: inode numbers are made of it
 * @status_seq:	counts what ``status`` has to tell
 * @list:	in @mount->vms
 * @tree_lock:	guards @boot, and cpu_dir.dentry and .attr of all its vCPUs
 * @boot:	directory of the boot vCPU, NULL once it is freed
 */
struct vm_dir {
	struct kvmfs_vm vm;
	struct kref ref;
	struct kvmfs_mount *mount;
	struct file *store;
	u64 mem;
	spinlock_t lent_lock;	/* @lent */
	struct list_head lent;
	u64 id;
	atomic64_t status_seq;
	struct list_head list;
	spinlock_t tree_lock;
	struct cpu_dir *boot;
};

/* owner and mode of a file, once they are not what they were made with */
struct kvmfs_attr {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/**
 * struct cpu_dir - directory of a vCPU; that of the boot vCPU is its VM's
 * @cpu:	as its files see it
 * @ref:	one for each inode
 * @dentry:	of the directory, pinned while it is in the tree
 * @wait:	woken when a run ends, there is room for an interrupt, or ``status``
 *		changes
 * @made:	who made it, with which mode: the files' default
 * @time:	when
 * @attr:	by row: what chmod and chown made of a file, or NULL
 * @seen:	bits of the rows, and SEEN_CPU0: files that somebody looked up, or made;
 *		one that nobody has seen may still be made by a tool that copies
 * @no_cpu0:	a tool removed ``cpu0``, to make it anew; the directory's lock guards it
 * @rcu:	for freeing
 */
struct cpu_dir {
	struct kvmfs_cpu cpu;
	struct kref ref;
	struct dentry *dentry;
	wait_queue_head_t wait;
	struct kvmfs_attr made;
	struct timespec64 time;
	struct kvmfs_attr *attr[KVMFS_MAX_FILES];
	unsigned long seen;
	bool no_cpu0;
	struct rcu_head rcu;
};

/**
 * struct kvmfs_inode - an inode of the mount
 * @vfs:	the VFS's
 * @dir:	counted; NULL for the root directory
 * @row:	of the file; NULL for a directory or ``cpu0``
 */
struct kvmfs_inode {
	struct inode vfs;
	struct cpu_dir *dir;
	const struct kvmfs_file *row;
};

#define SEEN_CPU0	KVMFS_MAX_FILES

static inline struct kvmfs_inode *KVMFS_I(const struct inode *inode)
{
	return container_of(inode, struct kvmfs_inode, vfs);
}

static inline struct vm_dir *to_vm_dir(struct kvmfs_vm *vm)
{
	return container_of(vm, struct vm_dir, vm);
}

static inline struct cpu_dir *to_cpu_dir(struct kvmfs_cpu *cpu)
{
	return container_of(cpu, struct cpu_dir, cpu);
}

static inline struct kvmfs_mount *to_mount(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* file->private_data of an open directory of a vCPU: a set of these bits */
#define DIR_MAY_RUN	1UL	/* who opened it may write ``run`` */
#define DIR_OWNER	2UL	/* closing it removes the directory */

/* main.c, super.c */
extern struct file_system_type kvmfs_type;
int kvmfs_super_init(void);
void kvmfs_super_exit(void);

/* object.c */
struct cpu_dir *kvmfs_new_vm(struct kvmfs_mount *m);
struct cpu_dir *kvmfs_new_cpu(struct vm_dir *vd, unsigned int id);
void kvmfs_get_dir(struct cpu_dir *d);
void kvmfs_put_dir(struct cpu_dir *d);
int kvmfs_detach(struct cpu_dir *d, bool force);
void kvmfs_pin_dir(struct cpu_dir *d, struct dentry *dentry);
void kvmfs_unpin_dir(struct cpu_dir *d);
void kvmfs_unpin_cpus(struct vm_dir *vd);
void kvmfs_unlist(struct vm_dir *vd);
void kvmfs_unpin_all(struct kvmfs_mount *m);

/* inode.c */
extern const struct inode_operations kvmfs_root_iops;
extern const struct file_operations kvmfs_dir_fops;
struct inode *kvmfs_new_inode(struct super_block *sb, umode_t mode);
void kvmfs_remove_owned(struct file *file);

/* attr.c */
int kvmfs_getattr(compat_idmap *idmap, const struct path *path, struct kstat *stat,
		  u32 mask, unsigned int flags);
int kvmfs_setattr(compat_idmap *idmap, struct dentry *dentry, struct iattr *ia);
struct kvmfs_attr kvmfs_file_attr(struct cpu_dir *d, const struct kvmfs_file *row);
bool kvmfs_may_run(struct inode *dir);
u64 kvmfs_size(struct cpu_dir *d, const struct kvmfs_file *row);

/* file.c, mem-file.c */
extern const struct file_operations kvmfs_text_fops;
extern const struct file_operations kvmfs_mem_fops;
int kvmfs_render(struct cpu_dir *d, const struct kvmfs_file *row, struct text *t);
int kvmfs_truncate(struct cpu_dir *d, const struct kvmfs_file *row, struct file *file, u64 size);
int kvmfs_mem_file_init(void);
struct file *kvmfs_new_store(void);
struct page *kvmfs_backing_page(void *priv, void *lent, pgoff_t index);
u64 kvmfs_store_blocks(struct vm_dir *vd);

/* lent.c */
struct page *kvmfs_lent_page(struct vm_dir *vd, struct lent_mem *l, pgoff_t index);
ssize_t kvmfs_lent_read(struct vm_dir *vd, u64 gpa, size_t n, struct iov_iter *to);
ssize_t kvmfs_lent_write(struct vm_dir *vd, u64 gpa, struct iov_iter *from);
bool kvmfs_is_opener(const struct file *file);

#endif /* KVMFS_KVMFS_H */

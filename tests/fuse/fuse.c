// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-fuse: kvmfs in user space, for tests. The sources of fs/ and arch/x86/ as
 * they are, a processor made of the emulator, and libfuse instead of the VFS.
 * A request becomes a call of the same operation that the VFS would have called.
 */
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <linux/poll.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>
#include "harness.h"

#define THREADS	64	/* each vCPU that runs takes one */

static struct fuse_session *session;
static struct dentry *root;
static struct kvmfs_mount *mount;

static struct dentry *to_dentry(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? root : (struct dentry *)ino;
}

static struct file *to_file(struct fuse_file_info *fi)
{
	struct file *file = (struct file *)fi->fh;

	/* fcntl(2) may have changed them since */
	file->f_flags = fi->flags ? (file->f_flags & O_TRUNC) | fi->flags : file->f_flags;
	return file;
}

static void on_interrupt(fuse_req_t req, void *task)
{
	((struct task_struct *)task)->interrupted = true;
}

/* this thread acts for the process that asks */
static void begin(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	current->interrupted = false;
	current->uid = ctx->uid;
	current->gid = ctx->gid;
	fuse_req_interrupt_func(req, on_interrupt, current);
}

static void reply(fuse_req_t req, int ret)
{
	fuse_reply_err(req, ret < 0 ? -ret : 0);
}

const char *kvmfs_calls(void)
{
	return "no";
}

/* --- what lent.c would be: no address space here is the writer's ------------------- */

struct lent_mem *kvmfs_lend(struct kvmfs_vm *vm, const struct lent_mem *want, const char **why)
{
	*why = "file and user regions are not on this mount";
	return ERR_PTR(-EOPNOTSUPP);
}

void kvmfs_lent_get(struct lent_mem *l) { }
void kvmfs_lent_put(struct lent_mem *l) { }

struct page *kvmfs_lent_page(struct vm_dir *vd, struct lent_mem *l, pgoff_t index)
{
	return ERR_PTR(-EOPNOTSUPP);
}

ssize_t kvmfs_lent_read(struct vm_dir *vd, u64 gpa, size_t n, struct iov_iter *to)
{
	return -EOPNOTSUPP;
}

ssize_t kvmfs_lent_write(struct vm_dir *vd, u64 gpa, struct iov_iter *from)
{
	return -EOPNOTSUPP;
}

bool kvmfs_is_opener(const struct file *file)
{
	return true;
}

/* --- mappings of mem ------------------------------------------------------- */

/* ``mem`` beside @file, if somebody has it open; counted */
static struct dentry *open_mem(struct file *file)
{
	struct vm_dir *vd = to_vm_dir(KVMFS_I(file->f_inode)->dir->cpu.vm);
	struct dentry *dir = NULL, *mem;

	spin_lock(&vd->tree_lock);
	if (vd->boot && vd->boot->dentry)
		dir = dget(vd->boot->dentry);
	spin_unlock(&vd->tree_lock);
	mem = dir ? vfs_find(dir, "mem") : NULL;
	dput(dir);
	if (mem && READ_ONCE(mem->d_inode->opened))
		return mem;
	dput(mem);
	return NULL;
}

static bool is_file(struct file *file, const char *name)
{
	return !strcmp(file->f_path.dentry->d_name.name, name);
}

/*
 * A mapping of ``mem`` is the kernel's page cache, and the guest does not see it.
 * So before a run it is written back, and after it, it is forgotten; both are
 * what the kernel does when told to invalidate it.
 */
static void settle_mappings(struct file *file)
{
	struct dentry *mem = is_file(file, "run") ? open_mem(file) : NULL;

	if (mem)
		fuse_lowlevel_notify_inval_inode(session, (fuse_ino_t)mem, 0, 0);
	dput(mem);
}

/*
 * The kernel does not ask for the size when a page of a mapping is touched. So what
 * was added by a write to ``memmap`` is told: storing a byte there moves the end, and
 * changes nothing, because its page is not in the cache yet.
 */
static void tell_size(struct file *file)
{
	struct fuse_bufvec byte = FUSE_BUFVEC_INIT(1);
	struct dentry *mem = is_file(file, "memmap") ? open_mem(file) : NULL;
	u64 end = mem ? kvmfs_mem_end(KVMFS_I(file->f_inode)->dir->cpu.vm) : 0;

	byte.buf[0].mem = "";
	if (mem && end > READ_ONCE(mem->d_inode->i_size))
		fuse_lowlevel_notify_store(session, (fuse_ino_t)mem, end - 1, &byte, 0);
	dput(mem);
}

/* --- attributes -------------------------------------------------------------- */

static bool is_mem(struct inode *i)
{
	return KVMFS_I(i)->row && (KVMFS_I(i)->row->flags & KVMFS_MEM);
}

static bool vm_runs(struct kvmfs_vm *vm)
{
	bool runs = false;
	int i;

	pthread_mutex_lock(&vm->lock.m);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		runs |= vm->cpus[i] && vcpu_is_running(vm->cpus[i]->vcpu);
	pthread_mutex_unlock(&vm->lock.m);
	return runs;
}

static void fill_attr(struct dentry *d, struct stat *st)
{
	struct inode *i = d->d_inode;
	struct kstat ks = { i->i_size, 0 };
	struct path path = { d };

	if (is_mem(i))
		shmem_count_blocks(to_vm_dir(KVMFS_I(i)->dir->cpu.vm)->store);
	if (i->i_op->getattr)
		i->i_op->getattr(&nop_mnt_idmap, &path, &ks, STATX_BASIC_STATS, 0);
	*st = (struct stat){
		.st_ino = i->i_ino, .st_mode = i->i_mode, .st_nlink = i->i_nlink,
		.st_uid = i->i_uid.val, .st_gid = i->i_gid.val,
		.st_size = ks.size, .st_blocks = ks.blocks, .st_blksize = 4096,
		.st_atim = i->i_atime, .st_mtim = i->i_mtime, .st_ctim = i->i_ctime,
	};
	if (is_mem(i))
		WRITE_ONCE(i->i_size, ks.size);
	/* read(2) goes through the page cache, which looks at this */
	if (is_mem(i) && vm_runs(KVMFS_I(i)->dir->cpu.vm))
		clock_gettime(CLOCK_REALTIME, &st->st_mtim);
}

static void reply_entry(fuse_req_t req, struct dentry *d)
{
	struct fuse_entry_param e = {};

	if (IS_ERR(d)) {
		fuse_reply_err(req, -PTR_ERR(d));
		return;
	}
	e.ino = (fuse_ino_t)d;
	fill_attr(d, &e.attr);
	vfs_known(d, 1);
	if (fuse_reply_entry(req, &e))
		vfs_known(d, -1);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	begin(req);
	reply_entry(req, vfs_lookup(to_dentry(parent), name));
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	if (ino != FUSE_ROOT_ID)
		vfs_known(to_dentry(ino), -(long)n);
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	begin(req);
	fill_attr(to_dentry(ino), &st);
	fuse_reply_attr(req, &st, 0);
}

static struct iattr to_iattr(const struct stat *st, int set)
{
	struct iattr ia = {
		.ia_mode = st->st_mode, .ia_uid.val = st->st_uid, .ia_gid.val = st->st_gid,
		.ia_size = st->st_size, .ia_atime = st->st_atim, .ia_mtime = st->st_mtim,
	};

	if (set & FUSE_SET_ATTR_ATIME_NOW)
		clock_gettime(CLOCK_REALTIME, &ia.ia_atime);
	if (set & FUSE_SET_ATTR_MTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &ia.ia_mtime);
	ia.ia_valid = (set & FUSE_SET_ATTR_MODE ? ATTR_MODE : 0) |
		      (set & FUSE_SET_ATTR_UID ? ATTR_UID : 0) |
		      (set & FUSE_SET_ATTR_GID ? ATTR_GID : 0) |
		      (set & FUSE_SET_ATTR_SIZE ? ATTR_SIZE : 0) |
		      (set & FUSE_SET_ATTR_ATIME ? ATTR_ATIME : 0) |
		      (set & FUSE_SET_ATTR_MTIME ? ATTR_MTIME : 0);
	return ia;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set,
		       struct fuse_file_info *fi)
{
	struct dentry *d = to_dentry(ino);
	struct iattr ia = to_iattr(st, set);
	int ret = 0;

	begin(req);
	if (fi) {
		ia.ia_file = to_file(fi);
		ia.ia_valid |= ATTR_FILE;
	}
	if (d->d_inode->i_op->setattr)
		ret = d->d_inode->i_op->setattr(&nop_mnt_idmap, d, &ia);
	else
		setattr_copy(&nop_mnt_idmap, d->d_inode, &ia);
	if (ret) {
		reply(req, ret);
		return;
	}
	fill_attr(d, st);
	fuse_reply_attr(req, st, 0);
}

/* --- names ---------------------------------------------------------------------- */

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t dev)
{
	begin(req);
	reply_entry(req, vfs_make(to_dentry(parent), name, mode, NULL));
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	begin(req);
	reply_entry(req, vfs_make(to_dentry(parent), name, S_IFDIR | mode, NULL));
}

static void op_symlink(fuse_req_t req, const char *to, fuse_ino_t parent, const char *name)
{
	begin(req);
	reply_entry(req, vfs_make(to_dentry(parent), name, S_IFLNK, to));
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	begin(req);
	reply(req, vfs_remove(to_dentry(parent), name, false));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	begin(req);
	reply(req, vfs_remove(to_dentry(parent), name, true));
}

/* neither exists in the kernel's file system either */
static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to,
		      const char *to_name, unsigned int flags)
{
	reply(req, -EPERM);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	reply(req, -EPERM);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	fuse_reply_readlink(req, to_dentry(ino)->d_inode->i_link);
}

/* --- directories ------------------------------------------------------------------ */

struct reader {
	struct dir_context ctx;
	fuse_req_t req;
	char buf[4096];
	size_t used, size;
};

static bool add_entry(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		      unsigned int type)
{
	struct reader *r = container_of(ctx, struct reader, ctx);
	struct stat st = { .st_ino = ino, .st_mode = DTTOIF(type) };
	char copy[NAME_MAX + 1];
	size_t need;

	memcpy(copy, name, len);
	copy[len] = '\0';
	need = fuse_add_direntry(r->req, r->buf + r->used, r->size - r->used, copy, &st, pos + 1);
	if (need > r->size - r->used)
		return false;
	r->used += need;
	return true;
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct reader r = { .ctx = { add_entry, off }, .req = req };
	struct file *file = to_file(fi);
	int ret;

	begin(req);
	r.size = min_t(size_t, size, sizeof(r.buf));
	ret = vfs_iterate(file, &r.ctx);
	if (ret)
		reply(req, ret);
	else
		fuse_reply_buf(req, r.buf, r.used);
}

/* --- files -------------------------------------------------------------------------- */

static void do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *file;
	int ret;

	begin(req);
	ret = vfs_open(to_dentry(ino), fi->flags, &file);
	if (ret) {
		reply(req, ret);
		return;
	}
	fi->fh = (uint64_t)file;
	/* texts have no size that a cache could trust; mem must have a cache for mmap */
	fi->direct_io = !is_mem(file->f_inode);
	if (fuse_reply_open(req, fi))
		vfs_release(file);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fuse_entry_param e = {};
	struct dentry *d;
	struct file *file;
	int ret;

	begin(req);
	d = vfs_make(to_dentry(parent), name, S_IFREG | mode, NULL);
	if (IS_ERR(d)) {
		fuse_reply_err(req, -PTR_ERR(d));
		return;
	}
	ret = vfs_open(d, fi->flags, &file);
	if (ret) {
		dput(d);
		reply(req, ret);
		return;
	}
	fi->fh = (uint64_t)file;
	fi->direct_io = !is_mem(file->f_inode);
	e.ino = (fuse_ino_t)d;
	fill_attr(d, &e.attr);
	vfs_known(d, 1);
	if (fuse_reply_create(req, &e, fi)) {
		vfs_release(file);
		vfs_known(d, -1);
	}
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	begin(req);
	vfs_release(to_file(fi));
	reply(req, 0);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *file = to_file(fi);
	int ret;

	begin(req);
	ret = file->f_op->flush ? file->f_op->flush(file, NULL) : 0;
	tell_size(file);
	reply(req, ret);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct file *file = to_file(fi);

	begin(req);
	reply(req, file->f_op->fsync ? file->f_op->fsync(file, 0, LLONG_MAX, datasync) : 0);
}

static ssize_t do_read(struct file *file, char *buf, size_t n, off_t off)
{
	struct kiocb iocb = { .ki_filp = file, .ki_pos = off };
	struct iov_iter to = { buf, n };
	ssize_t ret;

	if (file->f_op->read_iter)
		return file->f_op->read_iter(&iocb, &to);
	ret = file->f_op->read(file, buf, n, &off);
	WRITE_ONCE(file->f_pos, off);
	return ret;
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t n, off_t off,
		    struct fuse_file_info *fi)
{
	char *buf = malloc(n);
	ssize_t ret;

	begin(req);
	ret = do_read(to_file(fi), buf, n, off);
	if (ret < 0)
		reply(req, ret);
	else
		fuse_reply_buf(req, buf, ret);
	free(buf);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t n, off_t off,
		     struct fuse_file_info *fi)
{
	struct file *file = to_file(fi);
	struct kiocb iocb = { .ki_filp = file, .ki_pos = off };
	struct iov_iter from = { (char *)buf, n };
	ssize_t ret;

	begin(req);
	settle_mappings(file);
	/* the kernel knows where O_APPEND leads, and a page of a mapping has a place */
	if (file->f_op->write_iter)
		ret = file->f_op->write_iter(&iocb, &from);
	else
		ret = file->f_op->write(file, buf, n, &off);
	settle_mappings(file);
	tell_size(file);
	if (ret < 0)
		reply(req, ret);
	else
		fuse_reply_write(req, ret);
}

static void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		     struct fuse_file_info *fi)
{
	struct file *file = to_file(fi);
	loff_t ret;

	begin(req);
	ret = file->f_op->llseek(file, off, whence);
	if (ret < 0)
		reply(req, ret);
	else
		fuse_reply_lseek(req, ret);
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
			 struct fuse_file_info *fi)
{
	struct file *file = to_file(fi);

	begin(req);
	reply(req, file->f_op->fallocate ? file->f_op->fallocate(file, mode, off, len) :
					   -EOPNOTSUPP);
}

void harness_polled(poll_table *poll, bool tell)
{
	if (tell)
		fuse_lowlevel_notify_poll(poll);
	fuse_pollhandle_destroy(poll);
}

static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	struct file *file = to_file(fi);

	begin(req);
	if (file->f_op->poll) {
		fuse_reply_poll(req, file->f_op->poll(file, ph));
		return;
	}
	if (ph)
		fuse_pollhandle_destroy(ph);
	fuse_reply_poll(req, EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM);
}

/* as super.c's */
static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs s = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = NAME_MAX };

	pthread_mutex_lock(&mount->lock.m);
	s.f_blocks = mount->max_mem >> PAGE_SHIFT;
	s.f_bfree = s.f_blocks - min(s.f_blocks, mount->mem >> PAGE_SHIFT);
	s.f_bavail = s.f_bfree;
	s.f_files = mount->max_vms;
	s.f_ffree = mount->max_vms - min(mount->max_vms, mount->n_vms);
	pthread_mutex_unlock(&mount->lock.m);
	fuse_reply_statfs(req, &s);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = op_lookup, .forget = op_forget, .getattr = op_getattr, .setattr = op_setattr,
	.mknod = op_mknod, .mkdir = op_mkdir, .symlink = op_symlink, .unlink = op_unlink,
	.rmdir = op_rmdir, .rename = op_rename, .link = op_link, .readlink = op_readlink,
	.opendir = do_open, .readdir = op_readdir, .releasedir = op_release,
	.open = do_open, .create = op_create, .release = op_release, .flush = op_flush,
	.fsync = op_fsync, .read = op_read, .write = op_write, .lseek = op_lseek,
	.fallocate = op_fallocate, .poll = op_poll, .statfs = op_statfs,
};

/* --- the program ----------------------------------------------------------------------- */

static struct { unsigned int uid, gid, mode; unsigned long long max_vms; char *max_mem; } given;

static const struct fuse_opt options[] = {
	{ "uid=%u", offsetof(__typeof__(given), uid), 0 },
	{ "gid=%u", offsetof(__typeof__(given), gid), 0 },
	{ "mode=%o", offsetof(__typeof__(given), mode), 0 },
	{ "max_vms=%llu", offsetof(__typeof__(given), max_vms), 0 },
	{ "max_mem=%s", offsetof(__typeof__(given), max_mem), 0 },
	FUSE_OPT_END
};

static struct kvmfs_mount *new_mount(struct fuse_args *args)
{
	struct kvmfs_mount *m = calloc(1, sizeof(*m));

	given.uid = getuid();
	given.gid = getgid();
	given.mode = 0755;
	if (!m || fuse_opt_parse(args, &given, options, NULL))
		exit(2);
	m->uid.val = given.uid;
	m->gid.val = given.gid;
	m->mode = given.mode;
	m->max_vms = given.max_vms;
	if (given.max_mem && text_u64(given.max_mem, &m->max_mem)) {
		fprintf(stderr, "kvmfs-fuse: max_mem=%s is not a number\n", given.max_mem);
		exit(2);
	}
	free(given.max_mem);
	m->mmu = "auto";
	mutex_init(&m->lock);
	INIT_LIST_HEAD(&m->vms);
	return m;
}

static int serve(const struct fuse_cmdline_opts *o)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int ret = 1;

	fuse_loop_cfg_set_max_threads(config, THREADS);
	if (fuse_set_signal_handlers(session))
		goto out;
	if (!fuse_session_mount(session, o->mountpoint)) {
		fuse_daemonize(o->foreground);
		ret = fuse_session_loop_mt(session, config);
		fuse_session_unmount(session);
	}
	fuse_remove_signal_handlers(session);
out:
	fuse_loop_cfg_destroy(config);
	return ret;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	struct fuse_cmdline_opts o;
	int ret;

	if (fuse_parse_cmdline(&args, &o) || !o.mountpoint) {
		fprintf(stderr, "usage: kvmfs-fuse [-f] [-o OPTIONS] MOUNTPOINT\n");
		return 2;
	}
	mount = new_mount(&args);
	fuse_opt_add_arg(&args, "-odefault_permissions,fsname=kvmfs,subtype=kvmfs");
	pages_init();
	if (kvmfs_mem_file_init() || hv_init())
		return 1;
	root = vfs_root(mount);
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	ret = session ? serve(&o) : 1;
	if (session)
		fuse_session_destroy(session);
	vfs_end(root, mount);
	hv_exit();
	free(mount);
	free(o.mountpoint);
	fuse_opt_free_args(&args);
	return ret;
}

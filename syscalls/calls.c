// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_create() and kvm_run(): arguments in, results out. The rest is the file
 * system's and the core's.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/uaccess.h>
#include "fs/kvmfs.h"
#include "syscalls/calls.h"

/* --- kvm_create ------------------------------------------------------ */

/*
 * mkdir, and open what was made before anybody else can get at it: @path is the
 * parent, which is locked.
 */
static struct file *create_and_open(const struct path *path, struct dentry *dentry,
				    unsigned int flags, umode_t mode)
{
	struct inode *parent = d_inode(path->dentry);
	struct path dir = { .mnt = path->mnt, .dentry = dentry };
	struct file *file;
	int ret;

	if (dentry->d_sb->s_type != &kvmfs_type)
		return ERR_PTR(-EXDEV);
	mode &= 0777 & ~current_umask();
	ret = security_path_mkdir(path, dentry, mode);
	if (!ret)
		ret = vfs_mkdir(compat_mount_idmap(path->mnt), parent, dentry, mode);
	if (ret)
		return ERR_PTR(ret);
	file = dentry_open(&dir, O_RDONLY | O_DIRECTORY | O_LARGEFILE, current_cred());
	if (IS_ERR(file)) {
		vfs_rmdir(compat_mount_idmap(path->mnt), parent, dentry);
		return file;
	}
	/* who makes a VM may run it, whatever its mode */
	file->private_data = (void *)(DIR_MAY_RUN |
				      (flags & KVM_CREATE_PERSIST ? 0 : DIR_OWNER));
	return file;
}

/**
 * calls_create() - kvm_create(2)
 * @upath: name of a VM or, in a VM's directory, of a vCPU; must not exist
 * @flags: KVM_CREATE_*
 * @mode: of the directory
 *
 * Return: a descriptor of the directory, closed by exec, or -errno.
 */
long calls_create(const char __user *upath, unsigned int flags, umode_t mode)
{
	struct dentry *dentry;
	struct file *file;
	struct path path;
	int fd;

	if (flags & ~KVM_CREATE_PERSIST)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	dentry = user_path_create(AT_FDCWD, upath, &path, LOOKUP_DIRECTORY);
	if (IS_ERR(dentry)) {
		put_unused_fd(fd);
		return PTR_ERR(dentry);
	}
	file = create_and_open(&path, dentry, flags, mode);
	done_path_create(&path, dentry);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/* --- kvm_run: the hot path ------------------------------------------- */

#define MAX_SIZE	65536	/* bytes of a struct kvm_exit of any time to come */
static_assert(sizeof(struct kvm_exit) <= MAX_SIZE);

/* request, vector, and the bytes that the last exit asked for */
static int copy_in(struct kvm_exit *x, const struct kvm_exit __user *from, size_t size)
{
	unsigned int wants = vcpu_io(x)->wants;

	if (unlikely(size > sizeof(*x))) {
		/* a newer caller's struct: what we do not know must be 0 */
		int ret;

		/* nothing interrupts that look, and mapped zeros cost the caller nothing */
		if (size > MAX_SIZE)
			return -E2BIG;
		ret = check_zeroed_user((const char __user *)from + sizeof(*x),
					size - sizeof(*x));
		if (ret <= 0)
			return ret ? ret : -E2BIG;
	}
	if (unlikely(wants > size - KVM_EXIT_HEAD))
		return -EINVAL;
	if (!user_access_begin(from, KVM_EXIT_SIZE_MIN))
		return -EFAULT;
	unsafe_get_user(*(u64 *)&x->request, (u64 __user *)&from->request, fault);
	if (wants && wants <= sizeof(u64))
		unsafe_get_user(*(u64 *)x->data, (u64 __user *)from->data, fault);
	user_access_end();
	if (unlikely(wants > sizeof(u64)) && copy_from_user(x->data, from->data, wants))
		return -EFAULT;
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

/*
 * Reason and state, then the words behind request and vector, which are the
 * caller's, as far as this exit uses them, and its data.
 */
static int copy_out(const struct kvm_exit *x, struct kvm_exit __user *to, size_t size)
{
	/* what a vector register writes to a device is more than the smallest struct has room for */
	unsigned int n = min_t(size_t, vcpu_io(x)->size, size), details = vcpu_io(x)->details, i;
	/* not as arrays: a check of their bounds would be a call with user access on */
	const u64 *raw = x->raw;
	u64 __user *uraw = to->raw;

	if (unlikely(n > KVM_EXIT_SIZE_MIN) &&
	    copy_to_user(to->data, x->data, n - KVM_EXIT_HEAD))
		return -EFAULT;
	if (!user_access_begin(to, KVM_EXIT_SIZE_MIN))
		return -EFAULT;
	unsafe_put_user(*(const u64 *)&x->reason, (u64 __user *)&to->reason, fault);
	for (i = 0; i < details; i++)
		unsafe_put_user(raw[i], uraw + i, fault);
	if (n == KVM_EXIT_SIZE_MIN)
		unsafe_put_user(*(const u64 *)x->data, (u64 __user *)to->data, fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

static_assert(offsetof(struct kvm_exit, data) == KVM_EXIT_HEAD);
static_assert(offsetof(struct kvm_exit, request) == sizeof(u64));
static_assert(offsetof(struct kvm_exit, vector) == sizeof(u64) + sizeof(u32));
static_assert(offsetof(struct kvm_exit, state) == sizeof(u32));
static_assert(KVM_EXIT_SIZE_MIN == KVM_EXIT_HEAD + sizeof(u64));

static long run(struct kvmfs_cpu *c, struct kvm_exit __user *uexit, size_t size)
{
	struct vcpu *v = c->vcpu;
	struct kvm_exit *x;
	u32 request;
	long ret;

	ret = vcpu_begin_run(v);
	if (unlikely(ret))
		return ret;
	x = vcpu_exit(v);
	/* looked at inside: whoever removes the directory waits for the run's end */
	ret = unlikely(READ_ONCE(c->dead)) ? -ENODEV : copy_in(x, uexit, size);
	if (unlikely(ret))
		goto out;
	if (unlikely(!c->vm->ran))
		status_started(c->vm);
	request = x->request;
	ret = vcpu_run(v, min_t(size_t, size - KVM_EXIT_HEAD, KVM_EXIT_DATA));
	/* a vector that was taken: the bit goes */
	if (unlikely(request != x->request) && put_user(x->request, &uexit->request))
		ret = -EFAULT;
	if (likely(ret > 0)) {
		if (unlikely(copy_out(x, uexit, size)))
			ret = -EFAULT;
	} else if (put_user(x->state, &uexit->state)) {
		ret = -EFAULT;
	}
out:
	vcpu_end_run(v);
	kvmfs_cpu_exited(c);
	if (unlikely(status_run_failed(ret)))
		kvmfs_status_changed(c->vm);
	return ret;
}

/**
 * calls_run() - kvm_run(2)
 * @fd: directory of a VM or vCPU
 * @exit: what ended the last run, answered; what ended this one
 * @size: of *@exit, KVM_EXIT_SIZE_MIN or more
 *
 * The right to do it is that of writing the file ``run``, at the time when the
 * directory was opened.
 * Return: KVMFS_EXIT_*, or -errno.
 */
long calls_run(unsigned int fd, struct kvm_exit __user *exit, size_t size)
{
	struct fd f = fdget(fd);
	struct file *file = fd_file(f);
	long ret = -EINVAL;

	/* hook.c relies on it: nothing sleeps before the file is known to be ours */
	if (unlikely(!file))
		return -EBADF;
	if (unlikely(file->f_op != &kvmfs_dir_fops || size < KVM_EXIT_SIZE_MIN))
		goto out;
	ret = -EACCES;
	if (likely((unsigned long)file->private_data & DIR_MAY_RUN))
		ret = run(&KVMFS_I(file_inode(file))->dir->cpu, exit, size);
out:
	fdput(f);
	return ret;
}

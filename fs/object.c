// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the objects behind the directories: made by mkdir and
 * kvm_create(), detached when their name goes, freed by the last inode.
 */
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/slab.h>
#include "fs/kvmfs.h"

static int charge_vm(struct kvmfs_mount *m, u64 *id)
{
	int ret = -ENOSPC;

	mutex_lock(&m->lock);
	if (!m->max_vms || m->n_vms < m->max_vms) {
		m->n_vms++;
		*id = ++m->last_id;
		ret = 0;
	}
	mutex_unlock(&m->lock);
	return ret;
}

static void uncharge_vm(struct vm_dir *vd)
{
	struct kvmfs_mount *m = vd->mount;

	mutex_lock(&m->lock);
	m->n_vms--;
	m->mem -= vd->mem;
	mutex_unlock(&m->lock);
}

/* what kvmfs_mem_reserve() of contents.h promises */
int kvmfs_mem_reserve(struct kvmfs_vm *vm, u64 bytes)
{
	struct vm_dir *vd = to_vm_dir(vm);
	struct kvmfs_mount *m = vd->mount;
	int ret = -ENOSPC;
	u64 sum;

	mutex_lock(&m->lock);
	sum = m->mem - vd->mem + bytes;
	if (!m->max_mem || sum <= m->max_mem || bytes <= vd->mem) {
		m->mem = sum;
		vd->mem = bytes;
		ret = 0;
	}
	mutex_unlock(&m->lock);
	if (ret) {
		vm_error(vm->core, "memory: more than the mount's max_mem");
		kvmfs_status_changed(vm);
	}
	return ret;
}

static void release_vm(struct kref *ref)
{
	struct vm_dir *vd = container_of(ref, struct vm_dir, ref);

	kvmfs_unlist(vd);
	/* nobody will tell of lent pages any more */
	if (!list_empty(&vd->lent)) {
		vm_invalidate_begin(vd->vm.core, 0, VM_MAX_GPA);
		vm_invalidate_end(vd->vm.core, 0, VM_MAX_GPA);
	}
	kvmfs_free_map(vd->vm.map, vd->vm.n_map);
	if (!IS_ERR_OR_NULL(vd->vm.core))
		vm_destroy(vd->vm.core);
	if (!IS_ERR_OR_NULL(vd->store))
		fput(vd->store);
	uncharge_vm(vd);
	kfree(vd);
}

static struct vm_dir *alloc_vm(struct kvmfs_mount *m)
{
	struct vm_dir *vd = kzalloc(sizeof(*vd), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!vd)
		return ERR_PTR(-ENOMEM);
	ret = charge_vm(m, &vd->id);
	if (ret) {
		kfree(vd);
		return ERR_PTR(ret);
	}
	vd->mount = m;
	kref_init(&vd->ref);
	mutex_init(&vd->vm.lock);
	init_rwsem(&vd->vm.map_sem);
	spin_lock_init(&vd->tree_lock);
	spin_lock_init(&vd->lent_lock);
	INIT_LIST_HEAD(&vd->lent);
	atomic64_set(&vd->status_seq, 1);
	INIT_LIST_HEAD(&vd->list);
	return vd;
}

/* the core says that a debugger's breakpoint has paused the VM */
static void held(void *priv)
{
	struct vm_dir *vd = priv;

	kvmfs_status_changed(&vd->vm);
}

/**
 * kvmfs_new_vm() - a VM with its boot vCPU
 * @m: the mount it will be in
 *
 * Return: the directory of the boot vCPU, which is the VM's, with a reference
 * for the caller; or ERR_PTR.
 */
struct cpu_dir *kvmfs_new_vm(struct kvmfs_mount *m)
{
	struct vm_backing backing = { .get_page = kvmfs_backing_page, .linear = true };
	struct vm_dir *vd = alloc_vm(m);
	struct cpu_dir *d;

	if (IS_ERR(vd))
		return ERR_CAST(vd);
	vd->store = kvmfs_new_store();
	d = ERR_CAST(vd->store);
	if (IS_ERR(vd->store))
		goto out;
	backing.priv = vd;
	vd->vm.core = vm_create(&backing, m->paging);
	d = ERR_CAST(vd->vm.core);
	if (IS_ERR(vd->vm.core))
		goto out;
	vm_set_notify(vd->vm.core, held, vd);
	d = kvmfs_new_cpu(vd, 0);
	if (IS_ERR(d))
		goto out;
	mutex_lock(&m->lock);
	list_add(&vd->list, &m->vms);
	mutex_unlock(&m->lock);
out:
	kref_put(&vd->ref, release_vm);
	return d;
}

/**
 * kvmfs_unlist() - the VM is no longer in the tree of its mount
 * @vd: the VM
 */
void kvmfs_unlist(struct vm_dir *vd)
{
	mutex_lock(&vd->mount->lock);
	list_del_init(&vd->list);
	mutex_unlock(&vd->mount->lock);
}

/* the core says that there is room for an interrupt; interrupts may be off */
static void room_again(void *priv)
{
	struct cpu_dir *d = priv;

	if (wq_has_sleeper(&d->wait))
		wake_up_interruptible_all(&d->wait);
}

/**
 * kvmfs_new_cpu() - a vCPU of a VM
 * @vd: the VM
 * @id: its number, below VM_MAX_VCPUS
 *
 * Return: its directory with a reference for the caller, or ERR_PTR.
 */
struct cpu_dir *kvmfs_new_cpu(struct vm_dir *vd, unsigned int id)
{
	struct cpu_dir *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	struct vcpu *v;

	if (!d)
		return ERR_PTR(-ENOMEM);
	v = vcpu_create(vd->vm.core, id);
	if (IS_ERR(v)) {
		kfree(d);
		return ERR_CAST(v);
	}
	kref_init(&d->ref);
	kref_get(&vd->ref);
	init_waitqueue_head(&d->wait);
	d->cpu.vm = &vd->vm;
	d->cpu.vcpu = v;
	d->cpu.id = id;
	vcpu_set_notify(v, room_again, d);
	mutex_lock(&vd->vm.lock);
	vd->vm.cpus[id] = &d->cpu;
	if (vd->vm.killed)
		vcpu_kill(v);
	mutex_unlock(&vd->vm.lock);
	if (!id)
		vd->boot = d;
	return d;
}

static void release_cpu(struct kref *ref)
{
	struct cpu_dir *d = container_of(ref, struct cpu_dir, ref);
	struct vm_dir *vd = to_vm_dir(d->cpu.vm);
	unsigned int i;

	/* if it never came into the tree, or the mount ends, it is still there */
	mutex_lock(&vd->vm.lock);
	if (vd->vm.cpus[d->cpu.id] == &d->cpu)
		vd->vm.cpus[d->cpu.id] = NULL;
	mutex_unlock(&vd->vm.lock);
	spin_lock(&vd->tree_lock);
	if (vd->boot == d)
		vd->boot = NULL;
	spin_unlock(&vd->tree_lock);
	vcpu_destroy(d->cpu.vcpu);
	for (i = 0; i < KVMFS_MAX_FILES; i++)
		kfree(d->attr[i]);
	kfree_rcu(d, rcu);	/* d_revalidate() looks at ->dead under RCU */
	kref_put(&vd->ref, release_vm);
}

/**
 * kvmfs_get_dir() - one more reference
 * @d: the directory
 */
void kvmfs_get_dir(struct cpu_dir *d)
{
	kref_get(&d->ref);
}

/**
 * kvmfs_put_dir() - one reference less
 * @d: the directory
 *
 * Context: may sleep; the last one destroys the vCPU, and perhaps its VM.
 */
void kvmfs_put_dir(struct cpu_dir *d)
{
	kref_put(&d->ref, release_cpu);
}

static void mark_dead(struct kvmfs_cpu *c)
{
	WRITE_ONCE(c->dead, true);
	vcpu_kill(c->vcpu);
	wake_up_all(&to_cpu_dir(c)->wait);
}

/* the whole VM; @vm->lock is held */
static int detach_vm(struct kvmfs_vm *vm, bool force)
{
	unsigned int i;
	int ret = force ? 0 : kvmfs_claim_all(vm);

	if (ret)
		return ret;
	WRITE_ONCE(vm->dead, true);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->cpus[i])
			mark_dead(vm->cpus[i]);
	if (!force)
		kvmfs_release_all(vm);
	return 0;
}

/* a further vCPU; @c->vm->lock is held */
static int detach_cpu(struct kvmfs_cpu *c, bool force)
{
	int ret = force ? 0 : vcpu_claim(c->vcpu);

	if (ret)
		return ret;
	mark_dead(c);
	c->vm->cpus[c->id] = NULL;
	if (!force)
		vcpu_release(c->vcpu);
	return 0;
}

/**
 * kvmfs_detach() - take a VM or a vCPU out of service; its name goes next
 * @d: the directory; locked, and its parent as well
 * @force: even if a vCPU runs: its run ends then with -ENODEV
 *
 * Return: 0, or -EBUSY and nothing has changed.
 */
int kvmfs_detach(struct cpu_dir *d, bool force)
{
	struct kvmfs_vm *vm = d->cpu.vm;
	int ret;

	mutex_lock(&vm->lock);
	ret = d->cpu.id ? detach_cpu(&d->cpu, force) : detach_vm(vm, force);
	mutex_unlock(&vm->lock);
	if (!ret)
		kvmfs_status_changed(vm);
	return ret;
}

/**
 * kvmfs_pin_dir() - the directory is in the tree from now on
 * @d: the directory
 * @dentry: its name; a reference is taken
 */
void kvmfs_pin_dir(struct cpu_dir *d, struct dentry *dentry)
{
	struct vm_dir *vd = to_vm_dir(d->cpu.vm);

	spin_lock(&vd->tree_lock);
	d->dentry = dget(dentry);
	spin_unlock(&vd->tree_lock);
}

/**
 * kvmfs_unpin_dir() - undo kvmfs_pin_dir()
 * @d: the directory; it may be gone after this
 */
void kvmfs_unpin_dir(struct cpu_dir *d)
{
	struct vm_dir *vd = to_vm_dir(d->cpu.vm);
	struct dentry *dentry;

	spin_lock(&vd->tree_lock);
	dentry = d->dentry;
	d->dentry = NULL;
	spin_unlock(&vd->tree_lock);
	dput(dentry);
}

/* the directory of a VM, if it is still in the tree; counted */
static struct dentry *vm_dentry(struct vm_dir *vd)
{
	struct dentry *dentry = NULL;

	spin_lock(&vd->tree_lock);
	if (vd->boot && vd->boot->dentry)
		dentry = dget(vd->boot->dentry);
	spin_unlock(&vd->tree_lock);
	return dentry;
}

/**
 * kvmfs_unpin_cpus() - take the further vCPUs of a VM out of the tree
 * @vd: the VM, whose directory is locked
 */
void kvmfs_unpin_cpus(struct vm_dir *vd)
{
	struct cpu_dir *d;
	unsigned int i;

	for (i = 1; i < VM_MAX_VCPUS; i++) {
		mutex_lock(&vd->vm.lock);
		d = vd->vm.cpus[i] ? to_cpu_dir(vd->vm.cpus[i]) : NULL;
		mutex_unlock(&vd->vm.lock);
		if (d)
			kvmfs_unpin_dir(d);
	}
}

/**
 * kvmfs_unpin_all() - the mount ends: let go of what is in its tree
 * @m: the mount; nobody uses it any more
 */
void kvmfs_unpin_all(struct kvmfs_mount *m)
{
	struct vm_dir *vd;

	while (!list_empty(&m->vms)) {
		vd = list_first_entry(&m->vms, struct vm_dir, list);
		kref_get(&vd->ref);
		kvmfs_unlist(vd);
		kvmfs_unpin_cpus(vd);
		kvmfs_unpin_dir(vd->boot);
		kref_put(&vd->ref, release_vm);
	}
}

/* --- telling those who wait ------------------------------------------ */

static void notify(struct dentry *dir)
{
	struct qstr name = QSTR_INIT("status", 6);
	struct dentry *dentry = d_hash_and_lookup(dir, &name);

	if (!IS_ERR_OR_NULL(dentry) && d_is_positive(dentry))
		fsnotify_dentry(dentry, FS_MODIFY);
	else	/* nobody has the file itself, but the directory may be watched */
		fsnotify(FS_MODIFY, d_inode(dir), FSNOTIFY_EVENT_INODE, d_inode(dir),
			 &name, NULL, 0);
	if (!IS_ERR(dentry))
		dput(dentry);
}

/* what contents.h promises */
void kvmfs_status_changed(struct kvmfs_vm *vm)
{
	struct vm_dir *vd = to_vm_dir(vm);
	struct dentry *dir = vm_dentry(vd);

	atomic64_inc(&vd->status_seq);
	if (!dir)
		return;
	kvmfs_cpu_exited(&vd->boot->cpu);
	notify(dir);
	dput(dir);
}

u64 status_seq(struct kvmfs_cpu *c)
{
	return atomic64_read(&to_vm_dir(c->vm)->status_seq);
}

/* what contents.h promises */
void kvmfs_cpu_exited(struct kvmfs_cpu *c)
{
	struct cpu_dir *d = to_cpu_dir(c);

	if (wq_has_sleeper(&d->wait))
		wake_up_interruptible_all(&d->wait);
}

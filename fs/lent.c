// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a process lends to a VM: ``user`` and ``file`` regions of memmap.
 *
 * The pages are the process's, and stay what they are there: they are swapped, moved,
 * merged, copied on write and unmapped as if there were no VM. An mmu notifier tells us
 * before, and the core lets go of them; the next access asks the process's page tables
 * again. A file is mapped into the process's address space first, because that is
 * where such changes of a file's pages are told.
 *
 * Who looks a page up does that without any lock of ours and may lose a race with the
 * notifier. The core notices: the notifier raises vm_mmu.seq before the change, and
 * mmu_interval_read_begin(), called after the core looked at seq, waits for its end.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "fs/kvmfs.h"

/**
 * struct lender - what is behind a struct lent_mem
 * @mem:	as the contents know it
 * @ref:	one for each memory map that it is in, and while a page is got
 * @vd:		the VM
 * @mm:		whose it is; the struct stays, the memory goes with the process
 * @inode:	of a ``file`` region's file, which is mapped at @mem.address; else NULL.
 *		Only to know the mapping again: the mapping has the reference, so that
 *		a file which holds the VM in turn is no circle
 * @notifier:	tells what happens to that memory
 * @list:	in @vd->lent
 */
struct lender {
	struct lent_mem mem;
	struct kref ref;
	struct vm_dir *vd;
	struct mm_struct *mm;
	const struct inode *inode;
	struct mmu_interval_notifier notifier;
	struct list_head list;
};

static struct lender *to_lender(struct lent_mem *l)
{
	return container_of(l, struct lender, mem);
}

/* called before the pages in @range are taken away or become read-only */
static bool invalidate(struct mmu_interval_notifier *n, const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct lender *r = container_of(n, struct lender, notifier);
	u64 start = max_t(u64, range->start, r->mem.address);
	u64 end = min_t(u64, range->end, r->mem.address + r->mem.size);
	u64 shift = r->mem.gpa - r->mem.address;

	/* only the OOM killer's helper asks so, and it takes what it gets */
	if (!mmu_notifier_range_blockable(range))
		return false;
	mmu_interval_set_seq(n, seq);
	if (start < end) {
		vm_invalidate_begin(r->vd->vm.core, start + shift, end + shift);
		vm_invalidate_end(r->vd->vm.core, start + shift, end + shift);
	}
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = { .invalidate = invalidate };

/* --- lending --------------------------------------------------------------------- */

/* whether all of [start, end) is mapped in the caller's address space */
static bool is_mapped(unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	while (start < end) {
		vma = find_vma(current->mm, start);
		if (!vma || vma->vm_start > start)
			break;
		start = vma->vm_end;
	}
	mmap_read_unlock(current->mm);
	return start >= end;
}

static int lend_user(struct lender *r, const char **why)
{
	struct lent_mem *l = &r->mem;

	if (l->size <= TASK_SIZE && l->address <= TASK_SIZE - l->size &&
	    is_mapped(l->address, l->address + l->size))
		return 0;
	*why = "the writer has no memory there, and no other process can restore its region";
	return -EINVAL;
}

static int lend_file(struct lender *r, const char **why)
{
	struct lent_mem *l = &r->mem;
	struct file *file = l->fd <= INT_MAX ? fget(l->fd) : NULL;
	unsigned long at, prot = PROT_READ;

	if (!file) {
		*why = "the writer has no such open file, and no other can restore its region";
		return -EINVAL;
	}
	l->rom = !(file->f_mode & FMODE_WRITE);
	if (!l->rom)
		prot |= PROT_WRITE;
	at = vm_mmap(file, 0, l->size, prot, MAP_SHARED, l->offset);
	r->inode = file_inode(file);
	fput(file);
	if (!IS_ERR_VALUE(at)) {
		l->address = at;
		return 0;
	}
	*why = "the file cannot be mapped like that: mmap(2) says why";
	return at;
}

/*
 * A mapping that we made goes, if it still is there. In another process we cannot, and
 * in reclaim must not: there it stays till the process ends or unmaps it.
 */
static void unmap_file(struct lender *r)
{
	struct vm_area_struct *vma;
	bool ours;

	if (!r->inode || current->mm != r->mm || (current->flags & (PF_MEMALLOC | PF_EXITING)))
		return;
	mmap_read_lock(r->mm);
	vma = find_vma(r->mm, r->mem.address);
	ours = vma && vma->vm_file && file_inode(vma->vm_file) == r->inode &&
	       vma->vm_start <= r->mem.address &&
	       vma->vm_end >= r->mem.address + r->mem.size;
	mmap_read_unlock(r->mm);
	if (ours)
		vm_munmap(r->mem.address, r->mem.size);
}

/* what contents.h promises */
struct lent_mem *kvmfs_lend(struct kvmfs_vm *vm, const struct lent_mem *want, const char **why)
{
	struct vm_dir *vd = to_vm_dir(vm);
	struct lender *r;
	int ret;

	*why = "no memory, or no process";
	if (!current->mm)
		return ERR_PTR(-EINVAL);
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	kref_init(&r->ref);
	r->mem = *want;
	r->vd = vd;
	r->mm = current->mm;
	ret = want->file ? lend_file(r, why) : lend_user(r, why);
	if (ret)
		goto out;
	ret = mmu_interval_notifier_insert(&r->notifier, r->mm, r->mem.address, r->mem.size,
					   &notifier_ops);
	if (ret) {
		unmap_file(r);
		goto out;
	}
	mmgrab(r->mm);
	spin_lock(&vd->lent_lock);
	list_add(&r->list, &vd->lent);
	spin_unlock(&vd->lent_lock);
	return &r->mem;
out:
	kfree(r);
	return ERR_PTR(ret);
}

void kvmfs_lent_get(struct lent_mem *l)
{
	kref_get(&to_lender(l)->ref);
}

static void release(struct kref *ref)
{
	struct lender *r = container_of(ref, struct lender, ref);

	spin_lock(&r->vd->lent_lock);
	list_del(&r->list);
	spin_unlock(&r->vd->lent_lock);
	mmu_interval_notifier_remove(&r->notifier);
	unmap_file(r);
	mmdrop(r->mm);
	kfree(r);
}

void kvmfs_lent_put(struct lent_mem *l)
{
	kref_put(&to_lender(l)->ref, release);
}

/* --- pages -------------------------------------------------------------------------- */

/* @l, counted, if it is lent to @vd still */
static struct lender *find_lender(struct vm_dir *vd, const struct lent_mem *l)
{
	struct lender *r;

	spin_lock(&vd->lent_lock);
	list_for_each_entry(r, &vd->lent, list) {
		if (&r->mem == l && kref_get_unless_zero(&r->ref)) {
			spin_unlock(&vd->lent_lock);
			return r;
		}
	}
	spin_unlock(&vd->lent_lock);
	return NULL;
}

/* the page that the process has at @address, as if it wrote it unless it is rom */
static long get_one(struct lender *r, unsigned long address, struct page **page)
{
	unsigned int flags = r->mem.rom ? 0 : FOLL_WRITE;
	int locked = 1;
	long ret;

	mmap_read_lock(r->mm);
	ret = compat_get_user_page_remote(r->mm, address, flags, page, &locked);
	if (locked)
		mmap_read_unlock(r->mm);
	return ret;
}

static struct page *page_of(struct lender *r, u64 gpa)
{
	unsigned long address = r->mem.address + (gpa - r->mem.gpa);
	struct page *page;
	long ret = -ESRCH;

	mmu_interval_read_begin(&r->notifier);
	if (mmget_not_zero(r->mm)) {
		ret = get_one(r, address, &page);
		mmput(r->mm);
	}
	if (ret == 1)
		return page;
	if (ret == -ENOMEM || ret == -EINTR || ret == -ERESTARTSYS)
		return ERR_PTR(ret == -ENOMEM ? ret : -EINTR);
	vm_error(r->vd->vm.core, ret == -ESRCH ?
		 "memory at 0x%llx: the process whose address 0x%lx it was has ended" :
		 "memory at 0x%llx: the process has none at its address 0x%lx, or may not use it so",
		 gpa, address);
	kvmfs_status_changed(&r->vd->vm);
	return ERR_PTR(-EIO);
}

/**
 * kvmfs_lent_page() - a page of a region that a process lends
 * @vd: the VM
 * @l: the region's mem_region.lent, as it was a moment ago
 * @index: gpa of the page, in pages
 *
 * Context: takes the process's mmap_lock.
 * Return: the page, counted; ERR_PTR: -EIO if the process has none there, and the
 * sentence in status then says so; -ENOMEM, or -EINTR.
 */
struct page *kvmfs_lent_page(struct vm_dir *vd, struct lent_mem *l, pgoff_t index)
{
	struct lender *r = find_lender(vd, l);
	u64 gpa = (u64)index << PAGE_SHIFT;
	struct page *page;

	/* it has been replaced: something is there, and asked for again */
	if (!r)
		return ERR_PTR(-EINTR);
	if (gpa - r->mem.gpa < r->mem.size)
		page = page_of(r, gpa);
	else
		page = ERR_PTR(-EINTR);
	kvmfs_lent_put(&r->mem);
	return page;
}

/* --- mem ------------------------------------------------------------------------------ */

/**
 * kvmfs_lent_read() - read(2) of ``mem`` where memory is lent
 * @vd: the VM
 * @gpa: where; not an alias
 * @n: bytes
 * @to: out
 *
 * Through the core, which has the page while we copy and gives it back when it must.
 * Return: bytes read, up to the end of the page; or -errno.
 */
ssize_t kvmfs_lent_read(struct vm_dir *vd, u64 gpa, size_t n, struct iov_iter *to)
{
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	ssize_t ret;

	if (!buf)
		return -ENOMEM;
	n = min_t(size_t, n, PAGE_SIZE - offset_in_page(gpa));
	ret = vm_mem_read(vd->vm.core, gpa, buf, n);
	if (!ret)
		ret = copy_to_iter(buf, n, to) ?: -EFAULT;
	kfree(buf);
	return ret;
}

/**
 * kvmfs_lent_write() - write(2) of ``mem`` where memory is lent
 * @vd: the VM
 * @gpa: where; not an alias
 * @from: what
 *
 * Return: bytes written, up to the end of the page; -EACCES if the process may not
 * write it itself; or another -errno.
 */
ssize_t kvmfs_lent_write(struct vm_dir *vd, u64 gpa, struct iov_iter *from)
{
	size_t n = min_t(size_t, PAGE_SIZE - offset_in_page(gpa), iov_iter_count(from));
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	int ret;

	if (!buf)
		return -ENOMEM;
	n = copy_from_iter(buf, n, from);
	ret = n ? vm_mem_write(vd->vm.core, gpa, buf, n) : -EFAULT;
	kfree(buf);
	if (ret)
		return ret == -ENXIO ? -EACCES : ret;
	return n;
}

/**
 * kvmfs_is_opener() - whether who writes to a file is who opened it
 * @file: the file
 *
 * Else a program with other rights could be made to lend its memory by a descriptor
 * that it got as its standard output.
 * Return: true if so.
 */
bool kvmfs_is_opener(const struct file *file)
{
	return file->f_cred == current_cred();
}

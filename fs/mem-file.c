// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``mem`` as the VFS sees it. The pages are those of a private shmem file, the
 * store: so they are allocated on first touch, charged, swapped and given back
 * like any shared memory. ``mem`` shows the store through the memory map.
 *
 * A mapping of ``mem`` has a file of the store's as its vm_file, because those are the
 * pages that it holds: rmap, swap and THP go by vm_file. It is one of its own, a view: the
 * kernel lets a process do to the vm_file of a mapping what it may do to an open file
 * (madvise(2) with MADV_REMOVE, remap_file_pages(2)). So a view has the rights that
 * ``mem`` was opened with, and holds the open ``mem``, which keeps the VM and the mount.
 *
 * Locks: mmap_lock, then map_sem, then what shmem takes for a page. Nothing here
 * touches user memory under map_sem, nor takes the store's inode lock under it. So
 * what is lent is reached without it, through the core.
 */
#include <linux/fs.h>
#include <linux/falloc.h>	/* needs fs.h before it */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>
#include "fs/kvmfs.h"

/* shmem's own operations, and those of views: what is not said otherwise is the same */
static const struct file_operations *shmem_fops __ro_after_init;
static struct file_operations view_fops __ro_after_init;

static struct vm_dir *vm_of(struct file *mem)
{
	return to_vm_dir(KVMFS_I(file_inode(mem))->dir->cpu.vm);
}

/* the open ``mem`` behind the vm_file of a mapping */
static struct file *mem_of(struct file *view)
{
	return view->private_data;
}

/* --- the store ------------------------------------------------------- */

static struct page *store_get(struct file *store, pgoff_t index)
{
	struct address_space *mapping = store->f_mapping;

	return shmem_read_mapping_page_gfp(mapping, index, mapping_gfp_mask(mapping));
}

/* the guest may write to it for as long as the caller holds it, so it is dirty */
static struct page *store_page(struct file *store, pgoff_t index)
{
	struct page *page = store_get(store, index);

	if (!IS_ERR(page))
		set_page_dirty(page);
	return page;
}

/**
 * kvmfs_backing_page() - get_page() of struct vm_backing
 * @priv: the struct vm_dir
 * @lent: of the region that the page is in: NULL, or a struct lent_mem, which may be
 *	gone
 * @index: of the page
 *
 * Return: the page, counted, or ERR_PTR.
 */
struct page *kvmfs_backing_page(void *priv, void *lent, pgoff_t index)
{
	struct vm_dir *vd = priv;

	if (lent)
		return kvmfs_lent_page(vd, lent, index);
	return store_page(vd->store, index);
}

/* what contents.h promises */
void kvmfs_mem_discard(struct kvmfs_vm *vm, u64 start, u64 end)
{
	struct file *store = to_vm_dir(vm)->store;
	u64 first = round_up(start, PAGE_SIZE), last = round_down(end, PAGE_SIZE);

	if (first < last)
		unmap_mapping_range(store->f_mapping, first, last - first, 0);
	shmem_truncate_range(file_inode(store), start, end - 1);
}

/* [start, end) of the store */
static void punch(struct vm_dir *vd, u64 start, u64 end)
{
	vm_invalidate_begin(vd->vm.core, start, end);
	kvmfs_mem_discard(&vd->vm, start, end);
	vm_invalidate_end(vd->vm.core, start, end);
	vm_memory_written(vd->vm.core, start, end);
}

/**
 * kvmfs_new_store() - room for the memory of a VM
 *
 * Return: the store, or ERR_PTR.
 */
struct file *kvmfs_new_store(void)
{
	return shmem_file_setup("kvmfs", VM_MAX_GPA, VM_NORESERVE);
}

/**
 * kvmfs_store_blocks() - memory that a VM has, as stat(2) counts it
 * @vd: the VM
 *
 * Return: in units of 512 bytes.
 */
u64 kvmfs_store_blocks(struct vm_dir *vd)
{
	return file_inode(vd->store)->i_blocks;
}

/* --- pieces of the map ----------------------------------------------- */

static void find(struct vm_dir *vd, u64 pos, struct mem_piece *p)
{
	if (pos >= VM_MAX_GPA) {
		*p = (struct mem_piece){ .len = U64_MAX - pos, .hole = true };
		return;
	}
	down_read(&vd->vm.map_sem);
	kvmfs_mem_find(&vd->vm, pos, p);
	up_read(&vd->vm.map_sem);
}

/* the page behind @pos, got while the map says that it is there */
static struct page *page_at(struct vm_dir *vd, u64 pos, struct mem_piece *p)
{
	struct page *page = ERR_PTR(-ENXIO);

	*p = (struct mem_piece){ .hole = true };
	if (pos >= VM_MAX_GPA)
		return page;
	down_read(&vd->vm.map_sem);
	kvmfs_mem_find(&vd->vm, pos, p);
	if (!p->hole && !p->lent)
		page = store_page(vd->store, p->back >> PAGE_SHIFT);
	up_read(&vd->vm.map_sem);
	return page;
}

/* --- read, write, seek ----------------------------------------------- */

static ssize_t read_piece(struct vm_dir *vd, const struct mem_piece *p, size_t n,
			  struct iov_iter *to)
{
	size_t rest = iov_iter_count(to) - n;
	loff_t back = p->back;
	ssize_t ret;

	if (p->hole)
		return iov_iter_zero(n, to);
	if (p->lent)
		return kvmfs_lent_read(vd, p->back, n, to);
	/* shmem gives zeros for what was never touched, and allocates nothing */
	iov_iter_truncate(to, n);
	ret = vfs_iter_read(vd->store, to, &back, 0);
	iov_iter_reexpand(to, iov_iter_count(to) + rest);
	return ret;
}

static ssize_t mem_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct vm_dir *vd = vm_of(iocb->ki_filp);
	u64 pos = iocb->ki_pos, end = kvmfs_mem_end(&vd->vm);
	struct mem_piece p;
	ssize_t ret = 0;
	size_t n;

	while (iov_iter_count(to) && pos < end) {
		find(vd, pos, &p);
		n = min3(p.len, end - pos, (u64)iov_iter_count(to));
		ret = read_piece(vd, &p, n, to);
		if (ret <= 0)
			break;
		pos += ret;
		if (ret < n)
			break;
	}
	if (pos == iocb->ki_pos)
		return ret < 0 || pos >= end || !iov_iter_count(to) ? ret : -EFAULT;
	ret = pos - iocb->ki_pos;
	iocb->ki_pos = pos;
	return ret;
}

/* up to the end of a page; bytes written, or -errno */
static ssize_t write_page(struct vm_dir *vd, u64 pos, struct iov_iter *from)
{
	unsigned int off = offset_in_page(pos);
	struct mem_piece p;
	struct page *page = page_at(vd, pos, &p);
	size_t n;

	if (p.lent)
		return kvmfs_lent_write(vd, p.back, from);
	if (IS_ERR(page))
		return PTR_ERR(page);
	n = min_t(size_t, PAGE_SIZE - off, iov_iter_count(from));
	n = copy_page_from_iter(page, off, n, from);
	put_page(page);
	if (!n)
		return -EFAULT;
	vm_memory_written(vd->vm.core, p.back, p.back + n);
	return n;
}

static ssize_t mem_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct vm_dir *vd = vm_of(iocb->ki_filp);
	u64 pos = iocb->ki_pos;
	ssize_t ret = 0;

	if (iocb->ki_flags & IOCB_APPEND)
		pos = kvmfs_mem_end(&vd->vm);
	while (iov_iter_count(from)) {
		ret = write_page(vd, pos, from);
		if (ret == -ENXIO)
			ret = kvmfs_mem_grow(&vd->vm, pos + iov_iter_count(from));
		if (ret < 0)
			break;
		pos += ret;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	if (pos != iocb->ki_pos) {
		ret = pos - iocb->ki_pos;
		iocb->ki_pos = pos;
		compat_touch(file_inode(iocb->ki_filp));
	}
	return ret;
}

/* the next data or hole from @pos on, or -ENXIO */
static loff_t seek(struct vm_dir *vd, u64 pos, int whence)
{
	u64 end = kvmfs_mem_end(&vd->vm);
	struct mem_piece p;
	loff_t next;

	if (pos >= end)
		return -ENXIO;
	for (; pos < end; pos += p.len) {
		find(vd, pos, &p);
		if (p.hole || p.lent) {
			if (whence == (p.hole ? SEEK_HOLE : SEEK_DATA))
				return pos;
			continue;
		}
		next = vfs_llseek(vd->store, p.back, whence);
		if (next >= 0 && next < p.back + p.len)
			return pos + (next - p.back);
	}
	return whence == SEEK_HOLE ? end : -ENXIO;
}

static loff_t mem_llseek(struct file *file, loff_t offset, int whence)
{
	struct vm_dir *vd = vm_of(file);

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		offset = offset < 0 ? -ENXIO : seek(vd, offset, whence);
		if (offset < 0)
			return offset;
		whence = SEEK_SET;
	}
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					kvmfs_mem_end(&vd->vm));
}

/* --- fallocate ------------------------------------------------------- */

static long allocate(struct vm_dir *vd, const struct mem_piece *p, u64 n)
{
	if (p->hole)
		return -ENXIO;
	if (p->lent)
		return -EOPNOTSUPP;
	return shmem_fops->fallocate(vd->store, FALLOC_FL_KEEP_SIZE, p->back, n);
}

static long mem_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct vm_dir *vd = vm_of(file);
	u64 pos = offset, end = offset + len, n;
	struct mem_piece p;
	long ret = 0;

	if (mode & ~(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	for (; !ret && pos < end; pos += n) {
		find(vd, pos, &p);
		n = min(p.len, end - pos);
		if (!(mode & FALLOC_FL_PUNCH_HOLE))
			ret = allocate(vd, &p, n);
		else if (p.lent)
			ret = -EOPNOTSUPP;
		else if (!p.hole)
			punch(vd, p.back, p.back + n);
	}
	if (!ret)
		compat_touch(file_inode(file));
	return ret;
}

/* --- mmap ------------------------------------------------------------ */

static vm_fault_t mem_fault(struct vm_fault *vmf)
{
	struct vm_dir *vd = vm_of(mem_of(vmf->vma->vm_file));
	struct address_space *mapping = vd->store->f_mapping;
	u64 pos = (u64)vmf->pgoff << PAGE_SHIFT;
	struct mem_piece p = { .hole = true };
	struct page *page;

	/* a region that goes later finds the page: it waits for the page's lock */
	down_read(&vd->vm.map_sem);
	if (pos < VM_MAX_GPA)
		kvmfs_mem_find(&vd->vm, pos, &p);
	/* a page has one place in the store, and an alias is not it: see mem_mmap() */
	if (p.hole || p.alias || p.lent) {
		up_read(&vd->vm.map_sem);
		return VM_FAULT_SIGBUS;
	}
	for (;;) {
		page = store_get(vd->store, vmf->pgoff);
		if (IS_ERR(page))
			break;
		lock_page(page);
		if (page_folio(page)->mapping == mapping)
			break;
		/* a hole was punched meanwhile */
		unlock_page(page);
		put_page(page);
	}
	up_read(&vd->vm.map_sem);
	if (IS_ERR(page))
		return vmf_error(PTR_ERR(page));
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct mem_vm_ops = {
	.fault		= mem_fault,
	.map_pages	= filemap_map_pages,
};

static struct file *new_view(struct file *mem)
{
	struct file *store = vm_of(mem)->store, *view;
	struct inode *inode = file_inode(store);

	ihold(inode);
	view = alloc_file_pseudo(inode, store->f_path.mnt, "kvmfs",
				 mem->f_mode & FMODE_WRITE ? O_RDWR : O_RDONLY, &view_fops);
	if (IS_ERR(view)) {
		iput(inode);
		return view;
	}
	__module_get(THIS_MODULE);	/* fput() gives it back */
	view->private_data = get_file(mem);
	return view;
}

static int view_release(struct inode *inode, struct file *view)
{
	fput(mem_of(view));
	return 0;
}

static int mem_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vm_dir *vd = vm_of(file);
	u64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT, len = vma->vm_end - vma->vm_start;
	struct mem_piece p;
	struct file *view;

	if (pos >= VM_MAX_GPA || len > VM_MAX_GPA - pos)
		return -EINVAL;
	view = new_view(file);
	if (IS_ERR(view))
		return PTR_ERR(view);
	find(vd, pos, &p);
	/* within one alias: map what it shows. Otherwise aliased pages are holes */
	if (p.alias && len <= p.len)
		vma->vm_pgoff = p.back >> PAGE_SHIFT;
	vma->vm_ops = &mem_vm_ops;
	vma_set_file(vma, view);
	fput(view);
	return 0;
}

/* madvise(MADV_REMOVE) of a mapping comes here, and holds the view meanwhile */
static long view_fallocate(struct file *view, int mode, loff_t offset, loff_t len)
{
	if (mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	punch(vm_of(mem_of(view)), offset, offset + len);
	return 0;
}

const struct file_operations kvmfs_mem_fops = {
	.owner		= THIS_MODULE,
	.read_iter	= mem_read,
	.write_iter	= mem_write,
	.splice_read	= compat_splice_read,
	.splice_write	= iter_file_splice_write,
	.llseek		= mem_llseek,
	.mmap		= mem_mmap,
	.fallocate	= mem_fallocate,
	.fsync		= noop_fsync,
};

/**
 * kvmfs_mem_file_init() - learn how shmem does it
 *
 * Return: 0 or -errno.
 */
int __init kvmfs_mem_file_init(void)
{
	struct file *file = shmem_file_setup("kvmfs", 0, VM_NORESERVE);

	if (IS_ERR(file))
		return PTR_ERR(file);
	shmem_fops = file->f_op;
	view_fops = *file->f_op;
	view_fops.owner = THIS_MODULE;
	view_fops.mmap = NULL;	/* no remap_file_pages(2), which would go round mem_mmap() */
	view_fops.fallocate = view_fallocate;
	view_fops.release = view_release;
	fput(file);
	return 0;
}

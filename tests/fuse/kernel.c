// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel does for the sources: threads that wait, pages, shared memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>
#include "arch/x86/mmu/spte.h"
#include "harness.h"

__thread struct task_struct shim_task;

/* --- waiting ------------------------------------------------------------- */

void init_waitqueue_head(wait_queue_head_t *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->cond, NULL);
	INIT_LIST_HEAD(&q->files);
}

void shim_sleep(wait_queue_head_t *q)
{
	struct timespec until;

	/* a signal wakes nobody: who can be interrupted looks from time to time */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 10000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&q->cond, &q->lock, &until);
}

/* @q->lock is held; whoever polls has to ask again */
static void forget_poll(struct file *file, bool tell)
{
	if (file->poll)
		harness_polled(file->poll, tell);
	file->poll = NULL;
	list_del_init(&file->polled);
}

void wake_up_all(wait_queue_head_t *q)
{
	pthread_mutex_lock(&q->lock);
	pthread_cond_broadcast(&q->cond);
	while (!list_empty(&q->files))
		forget_poll(list_first_entry(&q->files, struct file, polled), true);
	pthread_mutex_unlock(&q->lock);
}

void poll_wait(struct file *file, wait_queue_head_t *q, poll_table *wait)
{
	if (!wait)
		return;
	pthread_mutex_lock(&q->lock);
	forget_poll(file, false);
	file->queue = q;
	file->poll = wait;
	list_add(&file->polled, &q->files);
	pthread_mutex_unlock(&q->lock);
}

void poll_end(struct file *file)
{
	if (!file->queue)
		return;
	pthread_mutex_lock(&file->queue->lock);
	forget_poll(file, false);
	pthread_mutex_unlock(&file->queue->lock);
}

/* --- pages ------------------------------------------------------------------ */

/*
 * "Physical memory" is a range of addresses. The lower part is for what the MMU
 * allocates; in the upper part a page of a store is mapped as long as it is used.
 */
#define HEAP_PAGES	(SHIM_PAGES / 4)

struct page shim_map[SHIM_PAGES];
char *shim_memory;
static pthread_mutex_t pages_lock = PTHREAD_MUTEX_INITIALIZER;
static struct { unsigned int n, page[SHIM_PAGES]; } heap, window;

void pages_init(void)
{
	unsigned int i;

	shim_memory = mmap(NULL, SHIM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shim_memory == MAP_FAILED)
		abort();
	/* the last is taken first: neighbours in a window are one mapping if they can be */
	for (i = HEAP_PAGES; i-- > 0;)
		heap.page[heap.n++] = i;
	for (i = SHIM_PAGES; i-- > HEAP_PAGES;)
		window.page[window.n++] = i;
}

struct page *shim_alloc(void)
{
	struct page *p;

	pthread_mutex_lock(&pages_lock);
	if (!heap.n) {
		fprintf(stderr, "out of pages\n");
		abort();
	}
	p = &shim_map[heap.page[--heap.n]];
	pthread_mutex_unlock(&pages_lock);
	*p = (struct page){ .refs = 1 };
	return p;
}

static bool in_window(const struct page *p)
{
	return p - shim_map >= HEAP_PAGES;
}

void put_page(struct page *p)
{
	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_SEQ_CST))
		return;
	if (in_window(p))
		mmap(page_address(p), PAGE_SIZE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	pthread_mutex_lock(&pages_lock);
	if (in_window(p))
		window.page[window.n++] = p - shim_map;
	else
		heap.page[heap.n++] = p - shim_map;
	pthread_mutex_unlock(&pages_lock);
}

/* --- shared memory ----------------------------------------------------------- */

static long memfd_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	return fallocate(file_inode(file)->fd, mode, offset, len) ? -errno : 0;
}

static const struct file_operations memfd_fops = { .fallocate = memfd_fallocate };

struct store {
	struct file file;
	struct inode inode;
	struct address_space mapping;
};

struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags)
{
	struct store *s = calloc(1, sizeof(*s));
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (!s || fd < 0 || ftruncate(fd, size)) {
		free(s);
		close(fd);
		return ERR_PTR(-ENOMEM);
	}
	s->inode.fd = fd;
	s->mapping.store = &s->file;
	s->file.f_inode = &s->inode;
	s->file.f_mapping = &s->mapping;
	s->file.f_op = &memfd_fops;
	return &s->file;
}

/* stores are not shared: the VM's reference is the only one */
struct file *get_file(struct file *file)
{
	return file;
}

void fput(struct file *file)
{
	close(file_inode(file)->fd);
	free(container_of(file, struct store, file));
}

struct page *shmem_read_mapping_page_gfp(struct address_space *m, pgoff_t index, gfp_t gfp)
{
	int fd = file_inode(m->store)->fd;
	struct page *p = NULL;

	pthread_mutex_lock(&pages_lock);
	if (window.n)
		p = &shim_map[window.page[--window.n]];
	pthread_mutex_unlock(&pages_lock);
	if (!p)
		return ERR_PTR(-ENOMEM);
	*p = (struct page){ .refs = 1 };
	if (mmap(page_address(p), PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 fd, (off_t)index << PAGE_SHIFT) != MAP_FAILED)
		return p;
	put_page(p);
	return ERR_PTR(-ENOMEM);
}

void shmem_truncate_range(struct inode *inode, loff_t start, loff_t last)
{
	fallocate(inode->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, last + 1 - start);
}

void shmem_count_blocks(struct file *store)
{
	struct stat st;

	if (!fstat(file_inode(store)->fd, &st))
		WRITE_ONCE(file_inode(store)->i_blocks, st.st_blocks);
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *to, loff_t *pos, int flags)
{
	ssize_t n = pread(file_inode(file)->fd, to->buf, to->count, *pos);

	if (n < 0)
		return -errno;
	*pos += n;
	return shim_iov_move(to, n);
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	offset = lseek(file_inode(file)->fd, offset, whence);
	return offset < 0 ? -errno : offset;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *v)
{
	char *end;
	unsigned long n = strtoul(s, &end, base);

	if (end == s || *end || n > ~0u)
		return -EINVAL;
	*v = n;
	return 0;
}

/* cgroups are the kernel's: what a store holds is this process's */
int memcg_init(void)
{
	return 0;
}

void memcg_exit(void)
{
}

void memcg_mark(struct vm *vm)
{
}

void memcg_unmark(struct vm *vm)
{
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text files as the VFS sees them: snapshots for readers, whole writes for the
 * callbacks of the table, the binary window, and poll.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "fs/kvmfs.h"

#define SHORT_WRITE	120	/* bytes that are not worth an allocation */
#define WINDOW_MAX	(8 * KVM_REG_SLOTS)	/* bytes of the largest binary window */

/**
 * struct open_text - an open text file
 * @snap_lock:	guards @snap; held while user memory is written, which may last, so
 *		that only readers wait for it, and those can be interrupted
 * @lock:	guards what is below @seen; close(2), which cannot be, waits for it
 * @snap:	what read(2) gives: rendered by a read at offset 0
 * @rendered:	@snap is there, and nothing was written since
 * @seen:	what the row's seq() said when @snap was made
 * @part:	beginning of a text whose rest is to come, NUL-terminated
 * @part_len:	bytes in it
 * @part_pos:	offset it was written to
 * @trunc:	opened with O_TRUNC, not yet written
 * @wrote:	written to, successfully or not
 */
struct open_text {
	struct mutex snap_lock;
	struct mutex lock;
	struct text snap;
	bool rendered;
	u64 seen;
	char *part;
	size_t part_len;
	loff_t part_pos;
	bool trunc;
	bool wrote;
};

static int text_open(struct inode *inode, struct file *file)
{
	const struct kvmfs_file *row = KVMFS_I(inode)->row;
	struct open_text *o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!o)
		return -ENOMEM;
	if (row->open && (file->f_mode & FMODE_READ))
		ret = row->open(&KVMFS_I(inode)->dir->cpu);
	if (ret) {
		kfree(o);
		return ret;
	}
	mutex_init(&o->snap_lock);
	mutex_init(&o->lock);
	o->trunc = (file->f_flags & O_TRUNC) && (row->flags & KVMFS_CLEARS);
	/* threads that share the descriptor need not wait for each other */
	if (row->flags & KVMFS_EVENTS)
		file->f_mode &= ~FMODE_ATOMIC_POS;
	file->private_data = o;
	return 0;
}

/**
 * kvmfs_render() - the contents of a file
 * @d: its directory
 * @row: of the file
 * @t: out: the contents; to be freed by text_free(), on errors as well
 *
 * Return: 0 or -errno.
 */
int kvmfs_render(struct cpu_dir *d, const struct kvmfs_file *row, struct text *t)
{
	int ret = row->show ? row->show(&d->cpu, t) : 0;

	return ret ? ret : t->err;
}

/* --- the binary window ----------------------------------------------- */

static bool in_window(const struct kvmfs_file *row, loff_t pos)
{
	return row->window && pos >= row->window && pos < row->window + row->window_size;
}

static ssize_t window_read(struct kvmfs_inode *i, char __user *to, size_t n, loff_t *ppos)
{
	const struct kvmfs_file *row = i->row;
	u64 off = *ppos - row->window;
	u8 buf[WINDOW_MAX];
	int ret;

	n = min_t(u64, n, row->window_size - off);
	ret = row->get(&i->dir->cpu, off, buf, n);
	if (ret)
		return ret;
	if (copy_to_user(to, buf, n))
		return -EFAULT;
	*ppos += n;
	return n;
}

static ssize_t window_write(struct kvmfs_inode *i, const char __user *from, size_t n,
			    loff_t *ppos)
{
	const struct kvmfs_file *row = i->row;
	u64 off = *ppos - row->window;
	u8 buf[WINDOW_MAX];
	int ret;

	if (n > row->window_size - off)
		return -EINVAL;
	if (copy_from_user(buf, from, n))
		return -EFAULT;
	ret = row->put(&i->dir->cpu, off, buf, n);
	if (ret)
		return ret;
	*ppos += n;
	return n;
}

/* --- reading --------------------------------------------------------- */

static int refresh(struct open_text *o, struct kvmfs_inode *i)
{
	u64 seen = i->row->seq ? i->row->seq(&i->dir->cpu) : 0;
	int ret;

	text_free(&o->snap);
	WRITE_ONCE(o->rendered, false);
	ret = kvmfs_render(i->dir, i->row, &o->snap);
	if (ret)
		return ret;
	WRITE_ONCE(o->rendered, true);
	WRITE_ONCE(o->seen, seen);
	return 0;
}

/* what is not a text: each read is of what there is now */
static ssize_t live_read(struct kvmfs_inode *i, char __user *to, size_t n, loff_t *ppos)
{
	struct kvmfs_cpu *c = &i->dir->cpu;
	u64 size = i->row->size(c);
	size_t done = 0, part;
	u8 *buf;

	if (*ppos >= size)
		return 0;
	n = min_t(u64, n, size - *ppos);
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	while (done < n && !(done && signal_pending(current))) {
		part = min(n - done, PAGE_SIZE);
		i->row->read(c, *ppos, buf, part);
		if (copy_to_user(to + done, buf, part)) {
			i->row->unread(c, *ppos, buf, part);
			break;
		}
		*ppos += part;
		done += part;
	}
	kfree(buf);
	return done || !n ? done : -EFAULT;
}

static ssize_t text_read(struct file *file, char __user *to, size_t n, loff_t *ppos)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct open_text *o = file->private_data;
	ssize_t ret = 0;

	if (in_window(i->row, *ppos))
		return window_read(i, to, n, ppos);
	if (i->row->read)
		return live_read(i, to, n, ppos);
	if (mutex_lock_interruptible(&o->snap_lock))
		return -ERESTARTSYS;
	if (!*ppos || !READ_ONCE(o->rendered))
		ret = refresh(o, i);
	if (!ret)
		ret = simple_read_from_buffer(to, n, ppos, o->snap.buf, o->snap.len);
	mutex_unlock(&o->snap_lock);
	return ret;
}

static loff_t text_llseek(struct file *file, loff_t offset, int whence)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	u64 size = 0;

	if (whence != SEEK_SET && whence != SEEK_CUR)
		size = kvmfs_size(i->dir, i->row);
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE, size);
}

/* --- writing --------------------------------------------------------- */

/*
 * One message to a file without a position. If there is no room for it, wait:
 * the text is taken apart where it stands, so each attempt has a copy of its own.
 */
static int store_event(struct file *file, const char *msg, size_t n)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct kvmfs_cpu *c = &i->dir->cpu;
	char copy[SHORT_WRITE + 1];
	int ret;

	for (;;) {
		struct input in = { .buf = copy, .len = n };

		memcpy(copy, msg, n);
		ret = kvmfs_store(i->row, c, &in);
		if (ret != -EAGAIN || !(i->row->flags & KVMFS_WAIT) ||
		    (file->f_flags & O_NONBLOCK))
			return ret;
		ret = wait_event_interruptible(i->dir->wait,
					       i->row->room(c) || READ_ONCE(c->dead));
		if (ret)
			return ret;
		if (READ_ONCE(c->dead))
			return -ENODEV;
	}
}

static ssize_t event_write(struct file *file, const char __user *from, size_t n)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct input in = { .len = n };
	char msg[SHORT_WRITE];
	int ret;

	if (n <= SHORT_WRITE) {
		if (copy_from_user(msg, from, n))
			return -EFAULT;
		ret = store_event(file, msg, n);
		return ret ? ret : n;
	}
	/* a message that long never has to wait: it is data for run */
	in.buf = memdup_user_nul(from, n);
	if (IS_ERR(in.buf))
		return PTR_ERR(in.buf);
	ret = kvmfs_store(i->row, &i->dir->cpu, &in);
	kfree(in.buf);
	return ret ? ret : n;
}

/* hands what was collected to the callback; @o->lock is held */
static int store_part(struct file *file, struct open_text *o)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct input in = {
		.buf = o->part,
		.len = o->part_len,
		.add = o->part_pos || (file->f_flags & O_APPEND),
		.trunc = o->trunc,
		.own = kvmfs_is_opener(file),
	};
	int ret;

	o->part = NULL;
	o->part_len = 0;
	ret = kvmfs_store(i->row, &i->dir->cpu, &in);
	kvfree(in.buf);
	if (!ret)
		o->trunc = false;
	WRITE_ONCE(o->rendered, false);
	return ret;
}

/* user memory may make one wait: without any lock */
static char *copy_text(const char __user *from, size_t n)
{
	char *buf = kvmalloc(n + 1, GFP_KERNEL_ACCOUNT);

	if (!buf)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(buf, from, n))
		return buf;
	kvfree(buf);
	return ERR_PTR(-EFAULT);
}

/* appends the @n bytes of @buf, which it takes over, to the part; @o->lock is held */
static int append(struct open_text *o, char *buf, size_t n)
{
	char *whole = NULL;
	int ret = -E2BIG;

	if (n > KVMFS_TEXT_MAX - o->part_len)
		goto out;
	ret = -ENOMEM;
	whole = kvmalloc(o->part_len + n + 1, GFP_KERNEL_ACCOUNT);
	if (!whole)
		goto out;
	memcpy(whole, o->part, o->part_len);
	memcpy(whole + o->part_len, buf, n);
	kvfree(o->part);
	o->part = whole;
	o->part_len += n;
	ret = 0;
out:
	kvfree(buf);
	return ret;
}

/* the same, or begins a part with them */
static int collect(struct open_text *o, char *buf, size_t n, loff_t pos)
{
	if (o->part)
		return append(o, buf, n);
	o->part = buf;
	o->part_len = n;
	o->part_pos = pos;
	return 0;
}

/* takes @buf over; @o->lock is held */
static int write_locked(struct file *file, char *buf, size_t n, loff_t pos)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct open_text *o = file->private_data;
	struct input in;
	int ret;

	o->wrote = true;
	/* somewhere else: what was waiting for its rest will not get it */
	if (o->part && pos != o->part_pos + o->part_len) {
		ret = store_part(file, o);
		if (ret) {
			kvfree(buf);
			return ret;
		}
	}
	ret = collect(o, buf, n, pos);
	if (ret)
		return ret;
	in = (struct input){ .buf = o->part, .len = o->part_len,
			     .add = o->part_pos || (file->f_flags & O_APPEND) };
	if (!kvmfs_may_store(i->row, &i->dir->cpu, &in))
		return 0;
	return store_part(file, o);
}

static ssize_t text_write(struct file *file, const char __user *from, size_t n, loff_t *ppos)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	struct open_text *o = file->private_data;
	char *buf;
	int ret;

	if (in_window(i->row, *ppos))
		return window_write(i, from, n, ppos);
	if (!n)
		return 0;
	if (n > KVMFS_TEXT_MAX)
		return -E2BIG;
	if (i->row->flags & KVMFS_EVENTS)
		return event_write(file, from, n);
	buf = copy_text(from, n);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (mutex_lock_interruptible(&o->lock)) {
		kvfree(buf);
		return -ERESTARTSYS;
	}
	ret = write_locked(file, buf, n, *ppos);
	mutex_unlock(&o->lock);
	if (ret)
		return ret;
	compat_touch(&i->vfs);
	*ppos += n;
	return n;
}

/* close(2) and fsync(2) apply what waits for its rest, and report its error */
static int text_flush(struct file *file, fl_owner_t owner)
{
	struct open_text *o = file->private_data;
	int ret = 0;

	mutex_lock(&o->lock);
	if (o->part)
		ret = store_part(file, o);
	mutex_unlock(&o->lock);
	return ret;
}

static int text_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return text_flush(file, NULL);
}

static int store_nothing(struct cpu_dir *d, const struct kvmfs_file *row)
{
	char none[1] = "";
	struct input in = { .buf = none, .trunc = true };

	return kvmfs_store(row, &d->cpu, &in);
}

/* as if it had been opened with O_TRUNC just now */
static void truncate_open(struct open_text *o)
{
	mutex_lock(&o->lock);
	kvfree(o->part);
	o->part = NULL;
	o->part_len = 0;
	o->trunc = true;
	o->wrote = false;
	mutex_unlock(&o->lock);
}

/**
 * kvmfs_truncate() - what truncate(2) means for a file
 * @d: its directory
 * @row: of the file
 * @file: the open file that ftruncate(2) was given, or NULL
 * @size: the new size
 *
 * What ftruncate(2) empties is, as with O_TRUNC, empty only if nothing is written
 * to it: rsync does it to each file, and what is written to ``memmap`` then may
 * name the memory that is there.
 *
 * Texts are as long as they are, and tools that set the size of a copy they
 * have just made are not to be bothered: only ``mem`` and ``memmap`` care.
 * Return: 0 or -errno.
 */
int kvmfs_truncate(struct cpu_dir *d, const struct kvmfs_file *row, struct file *file, u64 size)
{
	if (row->flags & KVMFS_MEM)
		return kvmfs_mem_resize(d->cpu.vm, size);
	if (!(row->flags & KVMFS_CLEARS) || size)
		return 0;
	if (!file || file->f_op != &kvmfs_text_fops)
		return store_nothing(d, row);
	truncate_open(file->private_data);
	return 0;
}

/*
 * A file that was opened with O_TRUNC and never written is empty afterwards. Not
 * before the last close: the shell closes a copy of the descriptor early.
 */
static int text_release(struct inode *inode, struct file *file)
{
	struct kvmfs_inode *i = KVMFS_I(inode);
	struct open_text *o = file->private_data;

	if (o->trunc && !o->wrote)
		store_nothing(i->dir, i->row);
	if (i->row->close && (file->f_mode & FMODE_READ))
		i->row->close(&i->dir->cpu);
	text_free(&o->snap);
	kvfree(o->part);
	kfree(o);
	return 0;
}

static __poll_t text_poll(struct file *file, poll_table *wait)
{
	struct kvmfs_inode *i = KVMFS_I(file_inode(file));
	const struct kvmfs_file *row = i->row;
	struct kvmfs_cpu *c = &i->dir->cpu;
	struct open_text *o = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &i->dir->wait, wait);
	/* news, or the rest of what is being read: shells read byte by byte */
	if (!row->seq || row->seq(c) != READ_ONCE(o->seen) ||
	    (file->f_pos && file->f_pos < READ_ONCE(o->snap.len)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!row->room || row->room(c))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (READ_ONCE(c->dead))
		mask |= EPOLLHUP;
	return mask;
}

const struct file_operations kvmfs_text_fops = {
	.owner		= THIS_MODULE,
	.open		= text_open,
	.release	= text_release,
	.flush		= text_flush,
	.fsync		= text_fsync,
	.read		= text_read,
	.write		= text_write,
	.llseek		= text_llseek,
	.poll		= text_poll,
};

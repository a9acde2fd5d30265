// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-cover.ko: which basic blocks of kvmfs.ko were reached, and by whom. The kernel's
 * KCOV tells that of one thread that has asked for it; this of all that runs there, on
 * any kernel: what a shell's children do, the callbacks of the kernel's memory management
 * and its threads.
 *
 * /sys/kernel/debug/kvmfs-coverage has a record for each block, in the order in which they
 * were reached first: where it is in the module's text, and the thread. Writing
 * anything forgets all. It is loaded before kvmfs.ko, and stays when that goes.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

void kvmfs_cover_pc(void);

struct block {
	u32 offset;			/* of where the call returns to, in the text; never 0 */
	u32 pid;
};

#define TEXT_MAX	SZ_4M
#define N_BLOCKS	SZ_64K

static DECLARE_BITMAP(reached, TEXT_MAX);
static struct block blocks[N_BLOCKS];
static atomic_t n_blocks;
static unsigned long text, text_size;
static struct dentry *file;

/**
 * kvmfs_cover_pc() - called in each basic block of the module
 *
 * Context: any.
 */
notrace void kvmfs_cover_pc(void)
{
	unsigned long offset = _RET_IP_ - READ_ONCE(text);
	int n;

	if (offset >= READ_ONCE(text_size) || test_bit(offset, reached) ||
	    test_and_set_bit(offset, reached))
		return;
	n = atomic_inc_return(&n_blocks) - 1;
	if (n >= N_BLOCKS)
		return;
	blocks[n].pid = current->pid;
	/* the last: who reads it has all of the record */
	smp_store_release(&blocks[n].offset, offset);
}
EXPORT_SYMBOL_GPL(kvmfs_cover_pc);

static ssize_t blocks_read(struct file *f, char __user *to, size_t size, loff_t *at)
{
	size_t n = min(atomic_read(&n_blocks), N_BLOCKS), done;

	/* of one that is being written, and those after it, a later read tells */
	for (done = *at / sizeof(struct block); done < n; done++) {
		/* as kvmfs_cover_pc() stores it */
		if (!smp_load_acquire(&blocks[done].offset))
			break;
	}
	return simple_read_from_buffer(to, size, at, blocks, done * sizeof(struct block));
}

/* for when nothing runs there: a block that is being recorded may be lost */
static ssize_t blocks_forget(struct file *f, const char __user *from, size_t size, loff_t *at)
{
	bitmap_zero(reached, TEXT_MAX);
	memset(blocks, 0, sizeof(blocks));
	atomic_set(&n_blocks, 0);
	return size;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = blocks_read,
	.write = blocks_forget,
	.llseek = default_llseek,
};

static int on_module(struct notifier_block *nb, unsigned long what, void *data)
{
	struct module *m = data;

	if (what == MODULE_STATE_COMING && !strcmp(m->name, "kvmfs")) {
		WRITE_ONCE(text, (unsigned long)m->mem[MOD_TEXT].base);
		WRITE_ONCE(text_size, min_t(unsigned long, m->mem[MOD_TEXT].size, TEXT_MAX));
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_module };

static int __init cover_init(void)
{
	int ret = register_module_notifier(&notifier);

	if (!ret)
		file = debugfs_create_file("kvmfs-coverage", 0600, NULL, NULL, &operations);
	return ret;
}

static void __exit cover_exit(void)
{
	debugfs_remove(file);
	unregister_module_notifier(&notifier);
}

module_init(cover_init);
module_exit(cover_exit);
MODULE_DESCRIPTION("Which parts of kvmfs were reached");
MODULE_LICENSE("GPL");

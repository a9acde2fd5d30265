/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_FUSE_LINUX_WAIT_H
#define KVMFS_FUSE_LINUX_WAIT_H

#include <pthread.h>
#include <linux/list.h>
#include <linux/sched.h>

/**
 * struct wait_queue_head - threads that sleep, and open files that are polled
 * @lock:	who wakes takes it, so that nobody sleeps on what has just come true
 * @cond:	the sleepers
 * @files:	of struct file.polled
 */
typedef struct wait_queue_head {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct list_head files;
} wait_queue_head_t;

void init_waitqueue_head(wait_queue_head_t *q);
void wake_up_all(wait_queue_head_t *q);
void shim_sleep(wait_queue_head_t *q);	/* a moment; @q->lock is held */

#define wake_up				wake_up_all
#define wake_up_interruptible_all	wake_up_all
#define wq_has_sleeper(q)		((void)(q), true)

#define shim_wait_until(q, cond, why)	({					\
	int _ret = 0;								\
	pthread_mutex_lock(&(q).lock);						\
	while (!(cond)) {							\
		_ret = (why);							\
		if (_ret)							\
			break;							\
		shim_sleep(&(q));						\
	}									\
	pthread_mutex_unlock(&(q).lock);					\
	_ret;									\
})
#define wait_event(q, cond)	((void)shim_wait_until(q, cond, 0))
#define wait_event_interruptible(q, cond)					\
	shim_wait_until(q, cond, signal_pending(current) ? -EINTR : 0)

#endif

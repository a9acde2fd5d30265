/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_WORKQUEUE_H
#define KVMFS_SHIM_LINUX_WORKQUEUE_H

#include <linux/types.h>

#define HZ	250

struct work_struct { int dummy; };
struct delayed_work {
	void (*fn)(struct work_struct *work);
	bool waits;
};

#define DECLARE_DELAYED_WORK(n, f)	struct delayed_work n = { .fn = f }

/* it is done when the test says so, or never */
static inline bool schedule_delayed_work(struct delayed_work *work, unsigned long delay)
{
	return !work->waits && (work->waits = true);
}

static inline bool cancel_delayed_work_sync(struct delayed_work *work)
{
	bool waited = work->waits;

	work->waits = false;
	return waited;
}

#endif

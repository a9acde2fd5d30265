// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O thread: waits for all descriptors of all devices, so that the vCPU's
 * thread runs the guest meanwhile. What may take long (a disk) has a thread of
 * its own, from io_thread().
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

#include "bus.h"

#define BATCH	16

static int epoll = -1;

static int control(int op, struct io_watch *watch, u32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll < 0)
		epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -1 : epoll_ctl(epoll, op, watch->fd, &event);
}

/**
 * io_add() - wait for a descriptor; from any thread
 * @watch: which, and whom to call
 * @events: EPOLLIN and such
 * Return: 0, or -1 and errno
 */
int io_add(struct io_watch *watch, u32 events)
{
	return control(EPOLL_CTL_ADD, watch, events);
}

/**
 * io_change() - wait for something else; from any thread
 * @watch: given to io_add() before
 * @events: as there; 0: for errors alone
 * Return: 0, or -1 and errno
 */
int io_change(struct io_watch *watch, u32 events)
{
	return control(EPOLL_CTL_MOD, watch, events);
}

/**
 * io_remove() - wait no more
 * @watch: given to io_add() before
 *
 * From the I/O thread: elsewhere @watch->ready may still be running.
 */
void io_remove(struct io_watch *watch)
{
	control(EPOLL_CTL_DEL, watch, 0);
}

static void *wait_thread(void *unused)
{
	struct epoll_event events[BATCH];
	int n, i;

	for (;;) {
		n = epoll_wait(epoll, events, BATCH, -1);
		if (n < 0 && errno != EINTR)
			return unused;
		for (i = 0; i < n; i++) {
			struct io_watch *watch = events[i].data.ptr;

			watch->ready(watch, events[i].events);
		}
	}
}

/**
 * io_thread() - a thread that takes no signals: those are for the vCPU thread
 * @fn: its body; it ends with the process
 * @arg: for @fn
 * Return: 0, or -1 and errno
 */
int io_thread(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	errno = err;
	return err ? -1 : 0;
}

/**
 * io_start() - begin to wait, if a device asked for it
 * Return: 0, or -1 and errno
 */
int io_start(void)
{
	return epoll < 0 ? 0 : io_thread(wait_thread, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * users.h: what processes do to a mount that mean no good, or do not care.
 */
#ifndef USERS_H
#define USERS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include "hostile.h"

#define N_FDS		24
#define N_MAPS		8
#define N_NAMES		4

/* of a process; its threads share it without a lock, and so get in each other's way */
struct user {
	const char *mount;
	int fds[N_FDS];			/* anything that was opened, or -1 */
	struct { char *at; size_t size; } maps[N_MAPS];
	int mail[2];			/* what anybody sends into one anybody takes at the other */
};

extern struct user me;

/* of a thread */
struct player {
	struct chance c;
	sigjmp_buf *trap;		/* where a SIGSEGV or SIGBUS goes on, or NULL */
};

extern __thread struct player *self;

static inline struct chance *c(void)
{
	return &self->c;
}

/* calls.c */
void vm_path(char *path, size_t size);
void keep(int fd);
void keep_map(char *at, size_t size);
void play(void);			/* one random call */
extern unsigned long calls_made;

/* apt.c: calls of the table that are more likely to be understood */
void do_line(void);
void do_window(void);
void do_carry(void);
void do_store(void);
void do_lend(void);
void do_rounds(void);
void do_empty(void);

#endif /* USERS_H */

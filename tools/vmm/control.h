/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking the monitor of a running machine: a socket named after the machine's
 * directory, a line a command. See control.c and `kvmfs monitor'.
 */
#ifndef TOOLS_VMM_CONTROL_H
#define TOOLS_VMM_CONTROL_H

#include <stdarg.h>
#include <stdio.h>

struct sockaddr_un;
struct vmm;

/**
 * struct control - one command on its way
 * @args:	what followed the word, without blanks around it; "" if nothing did
 * @answer:	where lines for the one who asks are printed, a blank in front of each
 * @error:	control.c's
 */
struct control {
	char *args;
	FILE *answer;
	char error[256];
};

/**
 * struct control_command - one word that the monitor knows
 * @name:	it
 * @help:	its arguments, if any, and what it does: "[STATUS]: end the machine"
 * @run:	does it, in the vCPU thread, while the guest stands still. Returns 0, or
 *		what control_fail() returned
 * @next:	control.c's
 */
struct control_command {
	const char *name;
	const char *help;
	int (*run)(struct vmm *vm, struct control *c);
	struct control_command *next;
};

void control_add(struct control_command *command);
int control_fail(struct control *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int control_start(struct vmm *vm);
void control_finish(void);

/* control-name.c: both ends */
int control_address(int vm, struct sockaddr_un *address, unsigned int *size);

#endif

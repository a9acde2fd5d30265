// SPDX-License-Identifier: GPL-2.0-only
/* Of the monitor and its host, what the machine of machine.c has not, and does without. */
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "code.h"
#include "command.h"
#include "vmm/debugger.h"
#include "vmm/net.h"
#include "vmm/vmm.h"

ssize_t fuzz_getrandom(void *to, size_t size, unsigned int flags);
int fuzz_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer);

/* Numbers that anybody knows: an input does the same each time */
ssize_t fuzz_getrandom(void *to, size_t size, unsigned int flags)
{
	(void)flags;
	memset(to, 0x5a, size);
	return size;
}

int fuzz_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	(void)clock;
	(void)event;
	*timer = NULL;
	return 0;
}

void vmm_describe(const struct vmm *vm)
{
	(void)vm;
}

int debugger_start(struct vmm *vm)
{
	(void)vm;
	return 0;
}

void debugger_finish(int status)
{
	(void)status;
}

int code_here(int cpu, char text[CODE_TEXT])
{
	(void)cpu;
	*text = '\0';
	return 0;
}

int net_user_start(char *const forwards[], unsigned int count)
{
	(void)forwards;
	(void)count;
	return -1;
}

int complain_vm(int vm, const char *fmt, ...)
{
	(void)vm;
	(void)fmt;
	return -1;
}

int console_init(void)
{
	return 0;
}

void console_flush(void)
{
}

void console_close(void)
{
}

void console_mute(void)
{
}

void console_share(void)
{
}

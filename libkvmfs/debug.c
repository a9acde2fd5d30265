// SPDX-License-Identifier: LGPL-2.1-or-later
/* The debugger's single steps, breakpoints and watchpoints. */
#include <stdio.h>

#include "internal.h"

static int write_point(int vcpu, const char *what, uint64_t address, const char *rest)
{
	char line[64];

	snprintf(line, sizeof(line), "%s 0x%llx%s\n", what, (unsigned long long)address, rest);
	return kvmfs_write_text(vcpu, "debug", line);
}

/**
 * kvmfs_step() - single step, or not
 * @vcpu: its directory
 * @on: a debug exit after each instruction
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_step(int vcpu, int on)
{
	return kvmfs_write_text(vcpu, "debug", on ? "step on\n" : "step off\n");
}

/**
 * kvmfs_break() - set a breakpoint
 * @vcpu: its directory
 * @address: linear address of the instruction
 * Return: 0, or -1 and errno: EINVAL if there are four points already
 */
KVMFS_API int kvmfs_break(int vcpu, uint64_t address)
{
	return write_point(vcpu, "break", address, "");
}

/**
 * kvmfs_watch() - set a watchpoint
 * @vcpu: its directory
 * @address: linear, a multiple of @len
 * @len: 1, 2, 4 or 8
 * @reads: reads are hits too, not writes alone
 * Return: 0, or -1 and errno: EINVAL if there are four points already
 */
KVMFS_API int kvmfs_watch(int vcpu, uint64_t address, unsigned int len, int reads)
{
	char rest[32];

	snprintf(rest, sizeof(rest), " %u %s", len, reads ? "rw" : "w");
	return write_point(vcpu, "watch", address, rest);
}

/**
 * kvmfs_clear() - remove the points at an address
 * @vcpu: its directory
 * @address: of theirs
 * Return: 0, or -1 and errno: EINVAL if there is none
 */
KVMFS_API int kvmfs_clear(int vcpu, uint64_t address)
{
	return write_point(vcpu, "clear", address, "");
}

/**
 * kvmfs_clear_all() - remove all points
 * @vcpu: its directory
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_clear_all(int vcpu)
{
	return kvmfs_write_text(vcpu, "debug", "clear\n");
}

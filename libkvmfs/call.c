// SPDX-License-Identifier: LGPL-2.1-or-later
/* The two system calls, and the way round where they are missing. */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

#ifdef __x86_64__
/*
 * In place of syscall(3), which is made for any number of arguments: kvm_run() is called
 * a hundred thousand times a second.
 */
static long call(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a" (ret) : "0" (nr), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r11", "memory");
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}
#else	/* a 32-bit process */
# define call(nr, a, b, c)	syscall(nr, a, b, c)
#endif

/**
 * kvm_create() - create a VM, or below a VM a vCPU
 * @path: of the new directory
 * @flags: 0 or KVM_CREATE_PERSIST
 * @mode: its permissions, less the umask
 * Return: a descriptor of the directory, or -1 and errno
 */
KVMFS_API int kvm_create(const char *path, unsigned int flags, mode_t mode)
{
	int fd = call(__NR_kvm_create, (long)path, flags, mode);

	if (fd >= 0 || errno != ENOSYS)
		return fd;
	return lib_create_by_files(path, flags, mode);
}

/**
 * kvm_run() - run a vCPU in this thread until something needs the caller
 * @fd: its directory
 * @exit: what is asked, and what happened; zeroed before the first call
 * @size: of @exit
 * Return: KVMFS_EXIT_*, or -1 and errno
 */
KVMFS_API int kvm_run(int fd, struct kvm_exit *exit, size_t size)
{
	int reason = call(__NR_kvm_run, fd, (long)exit, size);

	if (reason >= 0 || errno != ENOSYS)
		return reason;
	return lib_run_by_files(fd, exit, size);
}

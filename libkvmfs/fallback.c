// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kvm_create() and kvm_run() by mkdir and by the files ``run`` and ``exit``, for
 * kernels on which the two numbers could not be installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* A VM that is to go when this process ends */
struct doomed {
	struct doomed *next;
	pid_t owner;
	char path[];
};

static struct doomed *doomed;
static pthread_mutex_t doomed_lock = PTHREAD_MUTEX_INITIALIZER;

/* The youngest first, so that vCPUs go before their VM */
__attribute__((destructor)) static void remove_doomed(void)
{
	struct doomed *d;

	while ((d = doomed)) {
		doomed = d->next;
		if (d->owner == getpid())	/* not in a forked child */
			rmdir(d->path);
		free(d);
	}
}

/* The path must hold even if the process changes its directory meanwhile */
static int doom(const char *path)
{
	char *real = realpath(path, NULL);
	struct doomed *d;

	if (!real)
		return -1;
	d = malloc(sizeof(*d) + strlen(real) + 1);
	if (d) {
		strcpy(d->path, real);
		d->owner = getpid();
		pthread_mutex_lock(&doomed_lock);
		d->next = doomed;
		doomed = d;
		pthread_mutex_unlock(&doomed_lock);
	}
	free(real);
	return d ? 0 : -1;
}

/**
 * lib_close() - close, and leave errno alone
 * @fd: a descriptor
 */
void lib_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/**
 * lib_create_by_files() - kvm_create() by mkdir
 * @path: as there
 * @flags: as there
 * @mode: as there
 * Return: as there
 */
int lib_create_by_files(const char *path, unsigned int flags, mode_t mode)
{
	int fd, saved;

	if (flags & ~KVM_CREATE_PERSIST) {
		errno = EINVAL;
		return -1;
	}
	if (mkdir(path, mode))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		goto fail;
	/* Any file system makes directories, but they have no such file */
	if (faccessat(fd, "run", F_OK, 0)) {
		errno = ENODEV;
		goto fail;
	}
	if (flags & KVM_CREATE_PERSIST || !doom(path))
		return fd;
fail:
	saved = errno;
	if (fd >= 0)
		close(fd);
	rmdir(path);
	errno = saved;
	return -1;
}

/* The bytes that the last exit waits for */
static size_t wanted(const struct kvm_exit *exit)
{
	if (exit->reason == KVMFS_EXIT_IO && !exit->io.write)
		return (size_t)exit->io.size * exit->io.count;
	if (exit->reason == KVMFS_EXIT_MMIO && !exit->mmio.write)
		return exit->mmio.size;
	return 0;
}

static char *print_data(char *to, const uint8_t *data, size_t n)
{
	uint64_t value = 0;
	size_t i;

	if (n <= sizeof(value)) {
		memcpy(&value, data, n);
		return to + sprintf(to, "data %#llx ", (unsigned long long)value);
	}
	to += sprintf(to, "data hex:");
	for (i = 0; i < n; i++)
		to += sprintf(to, "%02x", data[i]);
	*to++ = ' ';
	return to;
}

/* The words for ``run``; @text has KVMFS_EXIT_TEXT bytes. 0 or -1 */
static int print_request(const struct kvm_exit *exit, size_t size, char *text)
{
	uint32_t request = __atomic_load_n(&exit->request, __ATOMIC_RELAXED);
	size_t n = wanted(exit);

	if (request & ~KVMFS_REQ_ALL || n > size - KVM_EXIT_HEAD || n > KVM_EXIT_DATA) {
		errno = EINVAL;
		return -1;
	}
	if (request & KVMFS_REQ_INJECT)
		text += sprintf(text, "inject %u ", exit->vector);
	if (request & KVMFS_REQ_IRQ_WINDOW)
		text += sprintf(text, "window ");
	if (request & KVMFS_REQ_RETURN)
		text += sprintf(text, "return ");
	if (n)
		text = print_data(text, exit->data, n);
	strcpy(text, "run\n");
	return 0;
}

static int write_run(int fd, const char *text)
{
	int run = openat(fd, "run", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (run < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			errno = EINVAL;		/* it is no vCPU */
		return -1;
	}
	n = write(run, text, strlen(text));
	lib_close(run);
	return n < 0 ? -1 : 0;
}

static size_t data_bytes(const struct kvm_exit *exit)
{
	if (exit->reason == KVMFS_EXIT_IO)
		return (size_t)exit->io.size * exit->io.count;
	return exit->reason == KVMFS_EXIT_MMIO ? exit->mmio.size : 0;
}

static int read_exit(int fd, struct kvm_exit *exit, size_t size, char *text)
{
	struct kvm_exit full;

	if (kvmfs_read_text(fd, "exit", text, KVMFS_EXIT_TEXT) < 0 ||
	    kvmfs_exit_parse(text, &full))
		return -1;
	if (data_bytes(&full) > size - KVM_EXIT_HEAD) {
		errno = E2BIG;
		return -1;
	}
	exit->reason = full.reason;
	exit->state = full.state;
	memcpy(exit->raw, full.raw, sizeof(exit->raw));
	memcpy(exit->data, full.data, data_bytes(&full));
	return full.reason;
}

/**
 * lib_run_by_files() - kvm_run() by a write to ``run``
 * @fd: as there
 * @exit: as there
 * @size: as there
 * Return: as there
 */
int lib_run_by_files(int fd, struct kvm_exit *exit, size_t size)
{
	char text[KVMFS_EXIT_TEXT];

	if (size < KVM_EXIT_SIZE_MIN) {
		errno = EINVAL;
		return -1;
	}
	if (print_request(exit, size, text))
		return -1;
	if (write_run(fd, text)) {
		if (errno == EINTR) {
			/* Done with the last exit. Ready or not: ask for a window */
			exit->reason = 0;
			exit->state = 0;
		}
		return -1;
	}
	return read_exit(fd, exit, size, text);
}

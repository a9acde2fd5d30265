// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finding virtual machines, and their files as text. */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/**
 * kvmfs_mount_point() - where kvmfs is mounted
 * @path: where to put the path
 * @size: of @path
 * Return: 0, or -1 and errno: ENOENT if it is not, ERANGE if @path is too small
 */
KVMFS_API int kvmfs_mount_point(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent entry, *m;
	char buf[8192];
	int ret = -1;

	if (!mounts)
		return -1;
	do
		m = getmntent_r(mounts, &entry, buf, sizeof(buf));
	while (m && strcmp(m->mnt_type, "kvmfs"));
	if (!m) {
		errno = ENOENT;
	} else if (strlen(m->mnt_dir) >= size) {
		errno = ERANGE;
	} else {
		strcpy(path, m->mnt_dir);
		ret = 0;
	}
	endmntent(mounts);
	return ret;
}

/**
 * kvmfs_open() - open a VM that exists
 * @name: its name below the mount, or a path, which has a slash in it
 * Return: a directory descriptor, or -1 and errno
 */
KVMFS_API int kvmfs_open(const char *name)
{
	char path[4096];
	size_t len;

	if (strchr(name, '/'))
		return open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (kvmfs_mount_point(path, sizeof(path)))
		return -1;
	len = strlen(path);
	if (len + 1 + strlen(name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	path[len] = '/';
	strcpy(path + len + 1, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/**
 * kvmfs_vcpu() - open a vCPU of a VM
 * @vm: the VM's directory
 * @n: its number
 * Return: a directory descriptor, or -1 and errno
 */
KVMFS_API int kvmfs_vcpu(int vm, unsigned int n)
{
	char name[16];

	snprintf(name, sizeof(name), "cpu%u", n);
	return openat(vm, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/**
 * kvmfs_read_text() - read all of a file
 * @dir: of the file
 * @file: its name
 * @text: where to; ends with a 0 byte
 * @size: of @text
 * Return: the length, or -1 and errno: ERANGE if @text is too small
 */
KVMFS_API ssize_t kvmfs_read_text(int dir, const char *file, char *text, size_t size)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	while (n > 0 && len < size) {
		n = read(fd, text + len, size - len);
		if (n > 0)
			len += n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	lib_close(fd);
	if (n < 0)
		return -1;
	if (len >= size) {
		errno = ERANGE;
		return -1;
	}
	text[len] = '\0';
	return len;
}

/**
 * kvmfs_write_text() - write to a file, all at once
 * @dir: of the file
 * @file: its name
 * @text: lines
 * Return: 0, or -1 and errno, and nothing was applied
 */
KVMFS_API int kvmfs_write_text(int dir, const char *file, const char *text)
{
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	lib_close(fd);
	if (n >= 0 && (size_t)n != strlen(text)) {
		errno = EIO;
		return -1;
	}
	return n < 0 ? -1 : 0;
}

/*
 * The rest of the line of @file that starts with @name, in memory to be freed.
 * ENOENT if there is no such line.
 */
char *lib_find_line(int dir, const char *file, const char *name)
{
	char *text = malloc(LIB_TEXT_MAX), *line, *next;
	size_t len = strlen(name);

	if (!text)
		return NULL;
	if (kvmfs_read_text(dir, file, text, LIB_TEXT_MAX) < 0) {
		free(text);
		return NULL;
	}
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, name, len) && (!line[len] || line[len] == ' ')) {
			line += len + (line[len] == ' ');
			memmove(text, line, strlen(line) + 1);
			return text;
		}
	}
	free(text);
	errno = ENOENT;
	return NULL;
}

/**
 * kvmfs_status() - the sentence about the last error
 * @vm: the VM's directory
 * @sentence: where to; "" if there was no error
 * @size: of @sentence; a longer one is cut
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_status(int vm, char *sentence, size_t size)
{
	char *line = lib_find_line(vm, "status", "error");

	if (!line)
		return -1;
	snprintf(sentence, size, "%s", strcmp(line, "none") ? line : "");
	free(line);
	return 0;
}

/**
 * kvmfs_stat() - one counter
 * @dir: of a VM or a vCPU
 * @name: of the counter
 * @value: set to it
 * Return: 0, or -1 and errno: ENOENT if there is no such counter
 */
KVMFS_API int kvmfs_stat(int dir, const char *name, uint64_t *value)
{
	char *line = lib_find_line(dir, "stat", name);

	if (!line)
		return -1;
	*value = strtoull(line, NULL, 0);
	free(line);
	return 0;
}

/**
 * kvmfs_capability() - can this build and this processor do something?
 * @vm: the VM's directory
 * @name: the first word of a line in ``capabilities``
 * Return: 1 or 0, or -1 and errno
 */
KVMFS_API int kvmfs_capability(int vm, const char *name)
{
	char *line = lib_find_line(vm, "capabilities", name);

	if (!line)
		return errno == ENOENT && !faccessat(vm, "capabilities", F_OK, 0) ? 0 : -1;
	free(line);
	return 1;
}

/**
 * kvmfs_ctl() - pause, resume, reset or kill a VM
 * @vm: the VM's directory
 * @command: one of these words
 * Return: 0, or -1 and errno: EBUSY for "reset" while it runs, EINTR
 */
KVMFS_API int kvmfs_ctl(int vm, const char *command)
{
	return kvmfs_write_text(vm, "ctl", command);
}

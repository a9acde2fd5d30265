// SPDX-License-Identifier: GPL-2.0-only
/* What the commands do with the directories of virtual machines. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kvmfs.h"

/**
 * find_mount() - where kvmfs is mounted
 * @path: where to put it
 * @size: of @path
 * Return: 0, or -1 with a line on stderr that says what to do
 */
int find_mount(char *path, size_t size)
{
	if (!kvmfs_mount_point(path, size))
		return 0;
	if (access("/sys/fs/kvmfs", F_OK))
		return complain("the module kvmfs is not loaded; as root: modprobe kvmfs");
	return complain("kvmfs is not mounted; as root: mount -t kvmfs kvmfs /sys/fs/kvmfs");
}

/**
 * complain_create() - kvm_create() has failed: errno, and the way out
 * @path: what was to be created
 * Return: -1
 */
int complain_create(const char *path)
{
	int err = errno;
	const char *way = "";

	switch (err) {
	case EEXIST:
		way = "; take another name, or remove it: rmdir";
		break;
	case EACCES:
	case EPERM:
		way = "; only the owner and the group of the mount may, see ls -ld /sys/fs/kvmfs";
		break;
	case ENOSPC:
		way = "; the mount has limits, see df and kvmfs(5): max_vms, max_mem";
		break;
	case ENOENT:
	case ENOTDIR:
		way = "; it has to be in the mount of kvmfs, a vCPU in its machine";
		break;
	case EXDEV:
	case EOPNOTSUPP:
	case ENOTTY:
	case ENOSYS:
		way = "; that is no mount of kvmfs";
		break;
	}
	return complain("%s: %s%s", path, strerror(err), way);
}

/**
 * vm_path() - the path of a VM
 * @name: a name below the mount, or a path, which has a slash in it
 * @path: where to put the path
 * @size: of @path
 * Return: @path, or NULL with a line on stderr
 */
char *vm_path(const char *name, char *path, size_t size)
{
	size_t len = 0;

	if (!*name) {
		complain("a virtual machine's name is empty");
		return NULL;
	}
	if (!strchr(name, '/')) {
		if (find_mount(path, size))
			return NULL;
		len = strlen(path);
	}
	if (len + 1 + strlen(name) >= size) {
		complain("%s: %s", name, strerror(ENAMETOOLONG));
		return NULL;
	}
	if (len)
		path[len++] = '/';
	strcpy(path + len, name);
	return path;
}

/**
 * open_vm() - open a VM that exists
 * @name: as for vm_path()
 * Return: a directory descriptor, or -1 with a line on stderr
 */
int open_vm(const char *name)
{
	char path[4096];
	int vm;

	if (!vm_path(name, path, sizeof(path)))
		return -1;
	/* A relative path without a slash would be taken for a name */
	vm = kvmfs_open(path);
	if (vm < 0 && errno == ENOENT)
		return complain("%s: there is no such virtual machine; see kvmfs list", path);
	if (vm < 0)
		return complain("%s: %s", path, strerror(errno));
	/* that a vCPU has, too */
	if (faccessat(vm, "stat", F_OK, 0)) {
		close(vm);
		return complain("%s: that is no virtual machine", path);
	}
	return vm;
}

/**
 * complain_vm() - errno, and what the VM says about it
 * @vm: directory descriptor
 * @fmt: what was tried
 * Return: -1
 */
int complain_vm(int vm, const char *fmt, ...)
{
	int err = errno;
	char why[256];
	va_list args;

	if (kvmfs_status(vm, why, sizeof(why)))
		*why = '\0';
	fputs("kvmfs: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, ": %s", strerror(err));
	/* Only these have a sentence; another error's would be an old one */
	if (*why && (err == EINVAL || err == EIO || err == EAGAIN || err == ENODEV))
		fprintf(stderr, ": %s", why);
	fputc('\n', stderr);
	return -1;
}

/**
 * read_whole() - read a text file of a VM
 * @vm: directory descriptor
 * @file: its name
 * @buf: where to
 * @size: of @buf
 * Return: @buf, or NULL with a line on stderr
 */
char *read_whole(int vm, const char *file, char *buf, size_t size)
{
	if (kvmfs_read_text(vm, file, buf, size) < 0) {
		complain("%s: %s", file, strerror(errno));
		return NULL;
	}
	return buf;
}

/**
 * create_private() - a file for what is a guest's: nobody else's, if it is new
 * @path: of it
 * @flags: O_EXCL or O_TRUNC: what to do if there is one
 * Return: it, or NULL and errno
 */
FILE *create_private(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !to)
		close(fd);
	return to;
}

/**
 * printable() - the name of a machine, for a terminal
 * @name: which who makes the machine chooses
 *
 * Terminals obey some bytes: control characters, and those with bit 7 set as well, alone or as
 * UTF-8 has them.
 * Return: it with a question mark for each of these, until the next call
 */
const char *printable(const char *name)
{
	static char text[256];
	unsigned char *p = (unsigned char *)text;
	unsigned int rest = 0;		/* bytes of a UTF-8 character to come */

	snprintf(text, sizeof(text), "%s", name);
	for (; *p; p++) {
		if (rest && *p >> 6 == 2) {
			if (p[-1] == 0xc2 && *p < 0xa0)
				p[-1] = *p = '?';
			rest--;
			continue;
		}
		rest = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
		if (*p < ' ' || *p == 0x7f || *p >> 6 == 2)
			*p = '?';
	}
	return text;
}

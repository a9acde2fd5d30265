// SPDX-License-Identifier: GPL-2.0-only
/* What the commands do with the directories of virtual machines. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kvmfs.h"

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
		if (kvmfs_mount_point(path, size)) {
			complain("it is not mounted; try: mount -t kvmfs kvmfs /sys/fs/kvmfs");
			return NULL;
		}
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
	if (vm < 0)
		return complain("%s: %s", path, strerror(errno));
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

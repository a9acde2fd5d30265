// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkvmfs: any line as an exit; what is taken is printed, and that is taken again and
 * prints the same. Any text as the file that status and counters are found in; the
 * names of registers.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../libkvmfs/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kvm_exit first, second;
static char line[KVMFS_EXIT_TEXT], again[KVMFS_EXIT_TEXT];

static void exits(const char *text)
{
	int n;

	memset(&first, 0, sizeof(first));
	if (kvmfs_exit_parse(text, &first))
		return;
	n = kvmfs_exit_print(&first, line, sizeof(line));
	assert(n > 0 && (size_t)n < sizeof(line) && !kvmfs_exit_parse(line, &second));
	kvmfs_exit_print(&second, again, sizeof(again));
	assert(!strcmp(line, again));
	/* cut short, it is as long, and ends within its room */
	assert(kvmfs_exit_print(&first, again, n) == n && again[n - 1] == '\0');
}

/* the first word of a line finds it */
static void lines(const char *text, size_t size)
{
	char path[40], name[16], *found;
	int fd = memfd_create("text", 0);

	assert(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " \n"), text);
	found = lib_find_line(AT_FDCWD, path, name);
	assert(found || errno == ENOENT);
	free(found);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	int reg;

	memcpy(text, data, size);
	text[size] = '\0';
	exits(text);
	lines(text, size);
	reg = kvmfs_reg_offset(text);
	assert(reg < 0 || !strcmp(kvmfs_reg_name(reg), text));
	free(text);
	return 0;
}

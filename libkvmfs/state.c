// SPDX-License-Identifier: LGPL-2.1-or-later
/* MSRs, CPUID, FPU and the last exit of a vCPU. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/**
 * kvmfs_get_msr() - read a model-specific register
 * @vcpu: the vCPU's directory
 * @name: as in the file ``msrs``
 * @value: set to it
 * Return: 0, or -1 and errno: ENOENT if it is not in the file
 */
KVMFS_API int kvmfs_get_msr(int vcpu, const char *name, uint64_t *value)
{
	char *line = lib_find_line(vcpu, "msrs", name);

	if (!line)
		return -1;
	*value = strtoull(line, NULL, 0);
	free(line);
	return 0;
}

/**
 * kvmfs_set_msr() - write a model-specific register
 * @vcpu: the vCPU's directory
 * @name: as in the file ``msrs``, or its number in digits
 * @value: what
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_msr(int vcpu, const char *name, uint64_t value)
{
	char line[96];

	if ((size_t)snprintf(line, sizeof(line), "%s 0x%llx\n", name,
			     (unsigned long long)value) >= sizeof(line)) {
		errno = EINVAL;
		return -1;
	}
	return kvmfs_write_text(vcpu, "msrs", line);
}

/* A line of ``cpuid``: 0 if it is that of the leaf */
static int parse_leaf(const char *line, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	uint32_t l, s;

	if (sscanf(line, "%x %x %x %x %x %x", &l, &s, &regs[0], &regs[1], &regs[2],
		   &regs[3]) != 6)
		return -1;
	return l == leaf && s == subleaf ? 0 : -1;
}

/* The line of the leaf in @text; the end of the text if it is not there */
static char *find_leaf(char *text, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	char *line = text;

	while (*line && parse_leaf(line, leaf, subleaf, regs)) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return line;
}

/**
 * kvmfs_get_cpuid() - what CPUID tells the guest
 * @vcpu: the vCPU's directory
 * @leaf: EAX
 * @subleaf: ECX, 0 where the leaf has none
 * @regs: set to EAX, EBX, ECX, EDX
 * Return: 0, or -1 and errno: ENOENT if the table has no such leaf
 */
KVMFS_API int kvmfs_get_cpuid(int vcpu, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	char *text = malloc(LIB_TEXT_MAX);
	uint32_t found[4];
	int ret = -1;

	if (!text)
		return -1;
	if (kvmfs_read_text(vcpu, "cpuid", text, LIB_TEXT_MAX) >= 0) {
		errno = ENOENT;
		if (*find_leaf(text, leaf, subleaf, found)) {
			memcpy(regs, found, sizeof(found));
			ret = 0;
		}
	}
	free(text);
	return ret;
}

/**
 * kvmfs_set_cpuid() - change what CPUID tells the guest
 * @vcpu: the vCPU's directory
 * @leaf: EAX
 * @subleaf: ECX, 0 where the leaf has none
 * @regs: EAX, EBX, ECX, EDX; the leaf is added if it is not there
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_cpuid(int vcpu, uint32_t leaf, uint32_t subleaf, const uint32_t regs[4])
{
	char *text = malloc(LIB_TEXT_MAX), *line, *next, new[80];
	uint32_t old[4];
	size_t len;
	int ret = -1;

	if (!text)
		return -1;
	len = snprintf(new, sizeof(new), "0x%x 0x%x 0x%x 0x%x 0x%x 0x%x\n", leaf, subleaf,
		       regs[0], regs[1], regs[2], regs[3]);
	/* room for one line more */
	if (kvmfs_read_text(vcpu, "cpuid", text, LIB_TEXT_MAX - sizeof(new)) >= 0) {
		line = find_leaf(text, leaf, subleaf, old);
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		memmove(line + len, next, strlen(next) + 1);
		memcpy(line, new, len);
		ret = kvmfs_write_text(vcpu, "cpuid", text);
	}
	free(text);
	return ret;
}

/**
 * kvmfs_get_fpregs() - read the FPU's and SSE registers
 * @vcpu: the vCPU's directory
 * @image: set to the XSAVE image, standard format
 * @size: of @image
 * Return: length of the image, or -1 and errno: ERANGE if @size is less
 */
KVMFS_API ssize_t kvmfs_get_fpregs(int vcpu, void *image, size_t size)
{
	int fd = openat(vcpu, "fpregs", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char more;

	if (fd < 0)
		return -1;
	n = pread(fd, image, size, 0);
	if (n >= 0 && pread(fd, &more, 1, n) > 0) {
		errno = ERANGE;
		n = -1;
	}
	lib_close(fd);
	return n;
}

/**
 * kvmfs_set_fpregs() - write the FPU's and SSE registers
 * @vcpu: the vCPU's directory
 * @image: XSAVE image, standard format
 * @size: of all of it
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_set_fpregs(int vcpu, const void *image, size_t size)
{
	int fd = openat(vcpu, "fpregs", O_WRONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, image, size);
	/* too short an image waits for its rest, and is refused at the end */
	saved = errno;
	if (close(fd) && n >= 0)
		return -1;
	errno = saved;
	return lib_done(n, size);
}

/**
 * kvmfs_last_exit() - what ended the last run of a vCPU
 * @vcpu: its directory
 * @exit: all but request and vector are filled; reason is 0 if there was none
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_last_exit(int vcpu, struct kvm_exit *exit)
{
	char text[KVMFS_EXIT_TEXT + 1];

	if (kvmfs_read_text(vcpu, "exit", text, sizeof(text)) < 0)
		return -1;
	return kvmfs_exit_parse(text, exit);
}

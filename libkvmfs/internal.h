/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBKVMFS_INTERNAL_H
#define LIBKVMFS_INTERNAL_H

#include "kvmfs.h"

#define KVMFS_API __attribute__((visibility("default")))

int lib_create_by_files(const char *path, unsigned int flags, mode_t mode);
int lib_run_by_files(int fd, struct kvm_exit *exit, size_t size);
void lib_close(int fd);
char *lib_find_line(int dir, const char *file, const char *name);
int lib_done(ssize_t n, size_t want);

#define LIB_TEXT_MAX	65536	/* longest text that a file has */

#endif

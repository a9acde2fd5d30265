/* SPDX-License-Identifier: GPL-2.0-only */
/* One file with all of a virtual machine. */
#ifndef TOOLS_SAVEFILE_H
#define TOOLS_SAVEFILE_H

#include <stdbool.h>
#include <stdio.h>

int savefile_write(int vm, const char *devices, FILE *to);
char *savefile_devices(FILE *from, const char *path);
int savefile_read(int vm, FILE *from, bool with_map);

#endif

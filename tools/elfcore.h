/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtual machine as an ELF core. */
#ifndef TOOLS_ELFCORE_H
#define TOOLS_ELFCORE_H

#include <stdio.h>

int elfcore_write(int vm, FILE *to);

#endif

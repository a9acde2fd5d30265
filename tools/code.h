/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions of a vCPU, as text. */
#ifndef TOOLS_CODE_H
#define TOOLS_CODE_H

#include <stddef.h>
#include <stdint.h>

#define CODE_TEXT	256

/**
 * struct code - a place in a vCPU's code
 * @cpu:	directory descriptor, the caller's
 * @mem:	the machine's memory
 * @bits:	16, 32 or 64: what the vCPU takes bytes for
 * @base:	linear address of RIP 0
 * @at:		linear address
 */
struct code {
	int cpu, mem;
	unsigned int bits;
	uint64_t base, at;
};

int code_open(struct code *c, int cpu);
int code_next(struct code *c, char text[CODE_TEXT]);
void code_close(struct code *c);
int code_here(int cpu, char text[CODE_TEXT]);
int code_rip(int cpu, uint64_t rip, char text[CODE_TEXT]);
void code_go(struct code *c, uint64_t rip);

#endif

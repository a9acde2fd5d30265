// SPDX-License-Identifier: GPL-2.0-only
/*
 * sse.c: a system call by a thread that looks at its SSE registers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vm.h"

long sse_syscall(long nr, long a, long b, long c)
{
	static const char pattern[16] __attribute__((aligned(16))) = "kvmfs host xmm!";
	static __thread char after[16][16] __attribute__((aligned(16)));
	long ret;

	asm volatile(
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"movdqa %[p], %%xmm\\n\n"
		".endr\n"
		"syscall\n"
		".set i, 0\n"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"movdqa %%xmm\\n, i(%[after])\n"
		".set i, i + 16\n"
		".endr\n"
		: "=a"(ret)
		: "a"(nr), "D"(a), "S"(b), "d"(c), [p] "m"(pattern),
		  [after] "r"(after)
		: "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
		  "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
		  "xmm12", "xmm13", "xmm14", "xmm15");
	for (int i = 0; i < 16; i++) {
		if (memcmp(after[i], pattern, 16)) {
			fprintf(stderr, "the host's xmm%d was changed\n", i);
			abort();
		}
	}
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

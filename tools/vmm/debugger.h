/* SPDX-License-Identifier: GPL-2.0-only */
/* gdb in the monitor: kvmfs run --gdb. */
#ifndef TOOLS_VMM_DEBUGGER_H
#define TOOLS_VMM_DEBUGGER_H

struct vmm;

int debugger_start(struct vmm *vm);
void debugger_finish(int status);

#endif

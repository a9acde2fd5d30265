/* SPDX-License-Identifier: GPL-2.0-only */
/* kvmfs run --restore. */
#ifndef TOOLS_VMM_RESTORE_H
#define TOOLS_VMM_RESTORE_H

struct vmm;
struct vmm_config;

int restore_open(struct vmm_config *config);
int restore_load(struct vmm *vm);

#endif

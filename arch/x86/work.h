/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_WORK_H
#define KVMFS_WORK_H

int work_init(void);
void work_exit(void);
int work_do(void);

#endif /* KVMFS_WORK_H */

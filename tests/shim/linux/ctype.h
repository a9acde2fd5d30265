/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_CTYPE_H
#define KVMFS_SHIM_LINUX_CTYPE_H

/* by the kernel's rules: any char, signed or not, may be asked about */
static inline int isspace(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline int toupper(int c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; }

#endif

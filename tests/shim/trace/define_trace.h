/* SPDX-License-Identifier: GPL-2.0-only */
/* see linux/tracepoint.h */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOOLS_VMM_TYPES_H
#define TOOLS_VMM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned __int128 u128;

#define NSEC_PER_SEC	1000000000ull
#define NEVER		UINT64_MAX	/* a deadline that does not come */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif

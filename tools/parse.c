// SPDX-License-Identifier: GPL-2.0-only
/* What users type, and what we answer when it is wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/**
 * complain() - one line on stderr
 * @fmt: what is wrong
 * Return: -1
 */
int complain(const char *fmt, ...)
{
	va_list args;

	fputs("kvmfs: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

/* Digits first: strtoull() would take a sign and blanks */
static int parse(const char *text, uint64_t *value, char **end)
{
	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*value = strtoull(text, end, 0);
	return errno ? -1 : 0;
}

/**
 * parse_number() - a decimal, hexadecimal (0x) or octal number and nothing else
 * @text: what was typed
 * @value: set to it
 * Return: 0, or -1
 */
int parse_number(const char *text, uint64_t *value)
{
	char *end;

	return parse(text, value, &end) || *end ? -1 : 0;
}

/**
 * parse_size() - a number of bytes, with an optional K, M, G or T
 * @text: what was typed
 * @size: set to it
 * Return: 0, or -1
 */
int parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "kmgt";
	const char *unit;
	unsigned int shift;
	char *end;

	if (parse(text, size, &end))
		return -1;
	if (!*end)
		return 0;
	unit = strchr(units, *end | 0x20);
	if (!unit || end[1])
		return -1;
	shift = 10 * (unit - units + 1);
	if (*size > UINT64_MAX >> shift)
		return -1;
	*size <<= shift;
	return 0;
}

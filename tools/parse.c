// SPDX-License-Identifier: GPL-2.0-only
/* What users type, and what we answer when it is wrong. */
#include <errno.h>
#include <getopt.h>
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

/**
 * next_option() - getopt_long() that complains in our way
 * @argc: as for getopt_long()
 * @argv: the same; the first is the command
 * @shorts: the letters
 * @longs: the words
 *
 * Return: as of getopt_long(); '?' with a line on stderr
 */
int next_option(int argc, char **argv, const char *shorts, const struct option *longs)
{
	char letters[64], letter[3] = "-";
	const char *typed;
	int opt;

	opterr = 0;
	/* The colon makes a missing value a ':' */
	snprintf(letters, sizeof(letters), ":%s", shorts);
	opt = getopt_long(argc, argv, letters, longs, NULL);
	if (opt != '?' && opt != ':')
		return opt;
	typed = argv[optind - 1];
	if (typed[0] != '-' || typed[1] != '-') {
		letter[1] = optopt;
		typed = letter;
	}
	if (opt == ':')
		complain("%s wants a value; try `kvmfs %s --help'", typed, argv[0]);
	else if (strchr(typed, '=') && optopt)
		complain("%s: no value is wanted; try `kvmfs %s --help'", typed, argv[0]);
	else
		complain("%s: no such option; try `kvmfs %s --help'", typed, argv[0]);
	return '?';
}

/**
 * print_help() - answer --help
 * @usage: what there is to say
 * @command: the word behind `kvmfs'
 * Return: the exit status
 */
int print_help(const char *usage, const char *command)
{
	printf("%s\nSee also kvmfs-%s(1).\n", usage, command);
	return EXIT_SUCCESS;
}

/**
 * only_help() - the options of a command that has none but --help
 * @argc: as for next_option()
 * @argv: the same
 * @shorts: "h", or "+h" if what follows the first word may look like an option
 * @usage: for --help
 *
 * Return: the command's exit status, or -1 to go on; then optind is behind the options
 */
int only_help(int argc, char **argv, const char *shorts, const char *usage)
{
	static const struct option help[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt = next_option(argc, argv, shorts, help);

	if (opt < 0)
		return -1;
	if (opt != 'h')
		return 2;
	return print_help(usage, argv[0]);
}

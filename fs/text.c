// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making texts, and taking apart what was written: the one syntax of all files.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "fs/contents.h"

#define TEXT_FIRST	1024	/* room of a new text, enough for most files */

/* makes room for @n more bytes and a NUL */
static bool text_grow(struct text *t, size_t n)
{
	size_t room = t->room ? t->room : TEXT_FIRST;
	char *buf;

	if (t->err)
		return false;
	while (room < t->len + n + 1)
		room *= 2;
	if (room == t->room)
		return true;
	buf = kvmalloc(room, GFP_KERNEL_ACCOUNT);
	if (!buf) {
		t->err = -ENOMEM;
		return false;
	}
	if (t->len)
		memcpy(buf, t->buf, t->len);
	kvfree(t->buf);
	t->buf = buf;
	t->room = room;
	return true;
}

/**
 * text_printf() - print to the end of a text
 * @t: the text; zeroed before its first use
 * @fmt: as for printf
 */
void text_printf(struct text *t, const char *fmt, ...)
{
	va_list args;
	size_t n;

	if (!text_grow(t, 80))
		return;
	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, t->room - t->len, fmt, args);
	va_end(args);
	if (n >= t->room - t->len) {
		if (!text_grow(t, n))
			return;
		va_start(args, fmt);
		vsnprintf(t->buf + t->len, t->room - t->len, fmt, args);
		va_end(args);
	}
	t->len += n;
}

/**
 * text_bytes() - append bytes to a text
 * @t: the text
 * @p: the bytes
 * @n: how many
 */
void text_bytes(struct text *t, const void *p, size_t n)
{
	if (!text_grow(t, n))
		return;
	memcpy(t->buf + t->len, p, n);
	t->len += n;
}

/**
 * text_hex() - append bytes to a text, two hex digits each
 * @t: the text
 * @p: the bytes
 * @n: how many
 */
void text_hex(struct text *t, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const u8 *b = p;
	size_t i;

	if (!text_grow(t, 2 * n))
		return;
	for (i = 0; i < n; i++) {
		t->buf[t->len++] = digit[b[i] >> 4];
		t->buf[t->len++] = digit[b[i] & 15];
	}
}

/**
 * text_free() - give the buffer back; the text is empty then
 * @t: the text
 */
void text_free(struct text *t)
{
	kvfree(t->buf);
	memset(t, 0, sizeof(*t));
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* the number that @s starts with; *@end is what follows it */
static int parse_u64(const char *s, u64 *v, const char **end)
{
	unsigned int base = 10, d;
	const char *first;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	first = s;
	for (*v = 0; (d = digit_value(*s)) < base; s++) {
		if (*v > (U64_MAX - d) / base)
			return -EINVAL;
		*v = *v * base + d;
	}
	*end = s;
	return s == first ? -EINVAL : 0;
}

/**
 * text_u64() - read a number, decimal or hexadecimal with 0x
 * @s: the number and nothing else
 * @v: out: its value
 *
 * A leading 0 does not mean octal.
 * Return: 0 or -EINVAL.
 */
int text_u64(const char *s, u64 *v)
{
	const char *end;

	return parse_u64(s, v, &end) || *end ? -EINVAL : 0;
}

/**
 * text_unhex() - read bytes written with two hex digits each
 * @s: the digits and nothing else
 * @p: out: the bytes
 * @room: of @p
 * @n: out: how many there were
 *
 * Return: 0 or -EINVAL.
 */
int text_unhex(const char *s, void *p, size_t room, size_t *n)
{
	u8 *b = p;
	int hi, lo;

	for (*n = 0; s[0]; s += 2, (*n)++) {
		hi = digit_value(s[0]);
		lo = digit_value(s[1]);
		if (hi > 15 || lo > 15 || *n == room)
			return -EINVAL;
		b[*n] = hi << 4 | lo;
	}
	return 0;
}

/**
 * input_line() - go to the next line that says something
 * @in: the input
 *
 * Cuts comments off and skips what is empty then.
 * Return: false at the end.
 */
bool input_line(struct input *in)
{
	char *p, *end;

	if (!in->next)
		in->next = in->buf;
	while (*in->next) {
		p = in->next;
		end = strchrnul(p, '\n');
		in->next = *end ? end + 1 : end;
		*end = '\0';
		*strchrnul(p, '#') = '\0';
		in->line++;
		while (isspace(*p))
			p++;
		in->word = p;
		if (*p)
			return true;
	}
	return false;
}

/**
 * input_word() - the next word of the line
 * @in: the input
 *
 * Return: the word, NULL at the end of the line.
 */
char *input_word(struct input *in)
{
	char *p = in->word, *word;

	while (isspace(*p))
		p++;
	word = p;
	while (*p && !isspace(*p))
		p++;
	if (*p)
		*p++ = '\0';
	in->word = p;
	return *word ? word : NULL;
}

/**
 * input_end() - insist that the line ends here
 * @in: the input
 *
 * Return: 0, or -EINVAL if words are left.
 */
int input_end(struct input *in)
{
	char *word = input_word(in);

	return word ? input_fail(in, "\"%.32s\" is too much", word) : 0;
}

/**
 * input_u64() - the next word of the line as a number
 * @in: the input
 * @v: out: its value
 *
 * Return: 0 or -EINVAL.
 */
int input_u64(struct input *in, u64 *v)
{
	char *word = input_word(in);

	if (!word)
		return input_fail(in, "a number is missing");
	if (text_u64(word, v))
		return input_fail(in, "\"%.32s\" is not a number", word);
	return 0;
}

/**
 * input_size() - like input_u64(), with a suffix K, M, G or T
 * @in: the input
 * @v: out: its value
 *
 * Return: 0 or -EINVAL.
 */
int input_size(struct input *in, u64 *v)
{
	static const char suffix[] = "KMGT";
	char *word = input_word(in);
	const char *end, *s;
	unsigned int shift;

	if (!word)
		return input_fail(in, "a number is missing");
	if (parse_u64(word, v, &end))
		return input_fail(in, "\"%.32s\" is not a number", word);
	if (!*end)
		return 0;
	s = strchr(suffix, toupper(*end));
	if (!s || end[1])
		return input_fail(in, "\"%.32s\" is not a size", word);
	shift = 10 * (s - suffix + 1);
	if (*v > U64_MAX >> shift)
		return input_fail(in, "\"%.32s\" is too large", word);
	*v <<= shift;
	return 0;
}

/**
 * input_bool() - the next word of the line as one of two
 * @in: the input
 * @no: the word that means false
 * @yes: the word that means true
 * @v: out
 *
 * Return: 0 or -EINVAL.
 */
int input_bool(struct input *in, const char *no, const char *yes, bool *v)
{
	char *word = input_word(in);

	if (!word || (strcmp(word, no) && strcmp(word, yes)))
		return input_fail(in, "expected %s or %s", no, yes);
	*v = !strcmp(word, yes);
	return 0;
}

/**
 * input_fail() - say in ``status`` why a write is refused
 * @in: the input
 * @fmt: the reason, as for printf; the file and the line come before it
 *
 * Return: -EINVAL, to be handed on.
 */
int input_fail(struct input *in, const char *fmt, ...)
{
	char why[VM_ERROR_LEN], *p;
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	/* it quotes what somebody wrote, and must stay one printable line */
	for (p = why; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	if (in->line)
		vm_error(in->cpu->vm->core, "%s, line %u: %s", in->file, in->line, why);
	else
		vm_error(in->cpu->vm->core, "%s: %s", in->file, why);
	kvmfs_status_changed(in->cpu->vm);
	return -EINVAL;
}

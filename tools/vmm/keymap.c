// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is typed at a terminal, as keys of a US keyboard. Codes are those of set 1,
 * which every PC's software sees; a key is released as it is pressed.
 */
#include <string.h>

#include "pc.h"

#define KEY_ESC		0x01
#define KEY_CTRL	0x1d
#define KEY_SHIFT	0x2a
#define EXTENDED	0xe0
#define RELEASED	0x80

/* The index is the code */
static const char plain[] =
	"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
static const char shifted[] =
	"\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0\0";

/* Set 2, by the code of set 1 */
static const u8 set2[] = {
	0x00, 0x76, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45, 0x4e, 0x55,
	0x66, 0x0d, 0x15, 0x1d, 0x24, 0x2d, 0x2c, 0x35, 0x3c, 0x43, 0x44, 0x4d, 0x54, 0x5b,
	0x5a, 0x14, 0x1c, 0x1b, 0x23, 0x2b, 0x34, 0x33, 0x3b, 0x42, 0x4b, 0x4c, 0x52, 0x0e,
	0x12, 0x5d, 0x1a, 0x22, 0x21, 0x2a, 0x32, 0x31, 0x3a, 0x41, 0x49, 0x4a, 0x59, 0x7c,
	0x11, 0x29, 0x58, 0x05, 0x06, 0x04, 0x0c, 0x03, 0x0b, 0x83, 0x0a, 0x01, 0x09, 0x77,
	0x7e, 0x6c, 0x75, 0x7d, 0x7b, 0x6b, 0x73, 0x74, 0x79, 0x69, 0x72, 0x7a, 0x70, 0x71,
	0x84, 0x60, 0x61, 0x78, 0x07,
};

/* What terminals send after ESC [ or ESC O */
static const struct {
	char text[4];
	u8 code;
	bool extended;
} sequences[] = {
	{ "A", 0x48, true }, { "B", 0x50, true }, { "C", 0x4d, true }, { "D", 0x4b, true },
	{ "H", 0x47, true }, { "F", 0x4f, true }, { "1~", 0x47, true }, { "4~", 0x4f, true },
	{ "2~", 0x52, true }, { "3~", 0x53, true }, { "5~", 0x49, true }, { "6~", 0x51, true },
	{ "P", 0x3b, false }, { "Q", 0x3c, false }, { "R", 0x3d, false }, { "S", 0x3e, false },
	{ "15~", 0x3f, false }, { "17~", 0x40, false }, { "18~", 0x41, false },
	{ "19~", 0x42, false }, { "20~", 0x43, false }, { "21~", 0x44, false },
	{ "23~", 0x57, false }, { "24~", 0x58, false },
};

/**
 * keymap_set2() - the same key in set 2
 * @code: of set 1, without the bit for its release
 * Return: the code, 0 if there is none
 */
u8 keymap_set2(u8 code)
{
	return code < sizeof(set2) ? set2[code] : 0;
}

static unsigned int press(u8 *codes, u8 code, u8 with)
{
	unsigned int n = 0;

	if (with)
		codes[n++] = with;
	codes[n++] = code;
	codes[n++] = code | RELEASED;
	if (with)
		codes[n++] = with | RELEASED;
	return n;
}

static unsigned int press_extended(u8 *codes, u8 code)
{
	codes[0] = EXTENDED;
	codes[1] = code;
	codes[2] = EXTENDED;
	codes[3] = code | RELEASED;
	return 4;
}

/* After ESC: a sequence that came at once, or the key itself */
static unsigned int escape(bool (*get)(u8 *byte), u8 *codes)
{
	char text[4] = "";
	unsigned int n = 0, i;
	u8 byte;

	if (!get(&byte) || (byte != '[' && byte != 'O'))
		return press(codes, KEY_ESC, 0);
	do {
		if (n == sizeof(text) - 1 || !get(&byte))
			return 0;
		text[n++] = byte;
	} while (byte >= '0' && byte <= '9');
	for (i = 0; i < ARRAY_SIZE(sequences); i++)
		if (!strcmp(text, sequences[i].text))
			return sequences[i].extended ? press_extended(codes, sequences[i].code) :
						       press(codes, sequences[i].code, 0);
	return 0;
}

static unsigned int find(const char *map, u8 byte)
{
	const char *at = memchr(map + 1, byte, sizeof(plain) - 2);

	return at ? at - map : 0;
}

/**
 * keymap_bytes() - what keys make the next character of input
 * @get: gives a byte of input, or false if there is none now
 * @codes: room for KEYMAP_CODES bytes; what the keyboard sends, in set 1
 * Return: how many; 0 if there is no input, or no key for it
 */
unsigned int keymap_bytes(bool (*get)(u8 *byte), u8 *codes)
{
	u8 byte, code;

	if (!get(&byte) || !byte)
		return 0;
	if (byte == '\033')
		return escape(get, codes);
	if (byte == '\n')
		byte = '\r';
	if (byte == '\b')
		byte = '\177';
	code = find(plain, byte);
	if (code)
		return press(codes, code, 0);
	code = find(shifted, byte);
	if (code)
		return press(codes, code, KEY_SHIFT);
	if (byte > 26)
		return 0;
	return press(codes, find(plain, byte - 1 + 'a'), KEY_CTRL);
}

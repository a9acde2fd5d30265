// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-disasm: instructions as text, by zydis. `kvmfs' starts it (code.c) with a socket for
 * standard input and output; it does for a shell as well. A line
 *
 *	16|32|64 ADDRESS BYTES...
 *
 * with numbers in hex is answered by `LENGTH TEXT'; LENGTH is 0 if they are no instruction.
 * It has nothing of the guest but these bytes, and gives up what privileges it has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <Zydis/Zydis.h>

#define LONGEST	15	/* bytes of an instruction */

static const char usage[] =
"usage: kvmfs-disasm\n"
"\n"
"Reads lines `BITS ADDRESS BYTES', as in `64 0x1000 0f 0b', and answers each with\n"
"the length of the instruction and its text. `kvmfs disasm' uses it.\n"
"\n"
"  -h, --help   this text\n";

static int init_decoder(ZydisDecoder *decoder, unsigned int bits)
{
	switch (bits) {
	case 16:
		return ZYAN_FAILED(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_16,
						    ZYDIS_STACK_WIDTH_16));
	case 32:
		return ZYAN_FAILED(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_32,
						    ZYDIS_STACK_WIDTH_32));
	case 64:
		return ZYAN_FAILED(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64,
						    ZYDIS_STACK_WIDTH_64));
	default:
		return -1;
	}
}

/* Bytes of hex digits, with or without blanks between them; 0: they are not */
static size_t unhex(const char *text, uint8_t *bytes)
{
	unsigned int byte;
	size_t n;

	for (n = 0; n < LONGEST; n++) {
		text += strspn(text, " \n");
		if (sscanf(text, "%2x", &byte) != 1)
			break;
		bytes[n] = byte;
		text += 1 + (text[1] && !strchr(" \n", text[1]));
	}
	return n;
}

static void answer(const char *line, const ZydisFormatter *formatter)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	uint8_t bytes[LONGEST];
	ZydisDecoder decoder;
	char text[256];
	unsigned int bits;
	uint64_t at;
	int end = 0;
	size_t n;

	if (sscanf(line, "%u %" SCNx64 "%n", &bits, &at, &end) != 2 ||
	    init_decoder(&decoder, bits)) {
		puts("0 (no such line)");
		return;
	}
	n = unhex(line + end, bytes);
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, n, &insn, operands)) ||
	    ZYAN_FAILED(ZydisFormatterFormatInstruction(formatter, &insn, operands,
							insn.operand_count_visible, text,
							sizeof(text), at, NULL)))
		puts("0 (no instruction)");
	else
		printf("%u %s\n", insn.length, text);
}

int main(int argc, char **argv)
{
	ZydisFormatter formatter;
	char line[256];

	if (argc > 1) {
		if (strcmp(argv[1], "--help") && strcmp(argv[1], "-h")) {
			fprintf(stderr, "kvmfs-disasm: %s: unexpected argument\n", argv[1]);
			return 2;
		}
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setlinebuf(stdout);
	if (ZYAN_FAILED(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL)))
		return EXIT_FAILURE;
	while (fgets(line, sizeof(line), stdin))
		answer(line, &formatter);
	return EXIT_SUCCESS;
}

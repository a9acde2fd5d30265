// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of `kvmfs run`, and numbers and sizes as users type them: words
 * parted by newlines. What is accepted is in its bounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* it says what is wrong with each of them */
static FILE *nowhere;
#undef stderr
#undef stdout
#define stderr nowhere
#define stdout nowhere

#include "parse.c"
#include "cmd-run.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define WORDS	16

int device_option(struct vmm_config *config, enum device_kind kind, char *value)
{
	(void)config;
	(void)kind;
	(void)value;
	return 0;
}

int restore_open(struct vmm_config *config)
{
	(void)config;
	return -1;
}

int vmm_main(const struct vmm_config *config)
{
	if (config->memory < 65536 || config->memory > MAX_MEMORY || config->memory % 4096 ||
	    config->exit_port > 0xffff || config->flat_addr > 0xfffff ||
	    !!config->kernel + !!config->flat + !!config->pc->bios != 1)
		abort();
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nowhere = fopen("/dev/null", "w");
	opterr = 0;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *argv[WORDS + 2];
	uint64_t value;
	int argc = 1;

	memcpy(text, data, size);
	text[size] = '\0';
	parse_number(text, &value);
	parse_size(text, &value);
	argv[0] = (char *)"run";
	while (argc <= WORDS && (argv[argc] = strsep(&rest, "\n")))
		argc++;
	argv[argc] = NULL;
	optind = 0;
	cmd_run(argc, argv);
	free(text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-exit: for the inside of a guest. Ends the machine with the exit code
 * given, by a byte on the monitor's exit port (kvmfs run --exit-port).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#define EXIT_PORT	0xf4

static const char usage[] =
"usage: kvmfs-exit [STATUS]\n"
"\n"
"Ends the virtual machine that this runs in. STATUS, 0 to 255, is what the\n"
"monitor, `kvmfs run', returns.\n";

int main(int argc, char **argv)
{
	unsigned long status = 0;
	char *end;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (argc > 1)
		status = strtoul(argv[1], &end, 0);
	if (argc > 2 || (argc == 2 && (!*argv[1] || *end || status > 255))) {
		fputs("kvmfs-exit: one status from 0 to 255 is wanted\n", stderr);
		return 2;
	}
	sync();
	if (iopl(3)) {
		fprintf(stderr, "kvmfs-exit: I/O ports: %s; root may use them\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	outb(status, EXIT_PORT);
	fputs("kvmfs-exit: this machine has no exit port, see kvmfs run --exit-port\n", stderr);
	return EXIT_FAILURE;
}

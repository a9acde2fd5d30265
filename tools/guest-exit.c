// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmfs-exit: for the inside of a guest. Ends the machine with the exit code
 * given, by a byte on the monitor's exit port (kvmfs run --exit-port).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <unistd.h>

#define EXIT_PORT	0xf4

int main(int argc, char **argv)
{
	sync();
	if (iopl(3)) {
		perror("kvmfs-exit");
		return EXIT_FAILURE;
	}
	outb(argc > 1 ? atoi(argv[1]) : 0, EXIT_PORT);
	fputs("kvmfs-exit: this machine has no exit port\n", stderr);
	return EXIT_FAILURE;
}

// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs-bench-kvm: `kvmfs run` on /dev/kvm, to compare with. Takes its options. */
#include <string.h>

#include "command.h"

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "run")) {
		argc--;
		argv++;
	}
	return cmd_run(argc, argv);
}

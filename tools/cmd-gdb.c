// SPDX-License-Identifier: GPL-2.0-only
/* kvmfs gdb: debug a virtual machine that somebody else runs. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "gdb/gdb.h"

static const char usage[] =
"usage: kvmfs gdb VM [ADDRESS]\n"
"\n"
"Lets gdb debug a virtual machine, whoever runs it. ADDRESS is where gdb connects\n"
"to: tcp:[HOST]:PORT or unix:PATH; without a host, from this machine alone. gdb\n"
"is told of a 64-bit machine if it is in long mode then, else of a 32-bit one;\n"
"ADDRESS,arch=x86-64 or arch=i386 says so instead. Without ADDRESS it begins\n"
"gdb, or talks to the gdb that has begun it:\n"
"\n"
"  (gdb) target remote | kvmfs gdb VM\n"
"\n"
"While gdb is there the machine stops when gdb says so; when it leaves, the\n"
"machine goes on. `monitor help' in gdb tells of physical memory.\n"
"\n"
"  -h, --help   this text\n";

static void on_signal(int sig)
{
	(void)sig;
	gdb_quit = true;
}

/* Calls that wait shall end, so that no breakpoint is left behind */
static void catch_signals(void)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = on_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int begin_gdb(const char *name)
{
	char target[4200];

	if (strchr(name, '\''))
		return complain("%s: a name with a quote in it", name);
	snprintf(target, sizeof(target), "target remote | kvmfs gdb '%s'", name);
	execlp("gdb", "gdb", "-ex", target, NULL);
	return complain("gdb: %s", strerror(errno));
}

static int session(int vm, enum gdb_arch arch, int in, int out)
{
	if (!gdb_session(vm, arch, in, out))
		return 0;
	return complain_vm(vm, "it cannot be debugged");
}

static int serve(int vm, const char *address)
{
	enum gdb_arch arch;
	int listener = gdb_listen(address, &arch), fd, ret = 0;

	if (listener < 0)
		return complain("%s: %s", address, strerror(errno));
	while (!ret && !gdb_quit && !faccessat(vm, "status", F_OK, 0)) {
		fd = gdb_accept(listener);
		if (fd < 0)
			continue;
		ret = session(vm, arch, fd, fd);
		close(fd);
	}
	close(listener);
	if (!strncmp(address, "unix:", 5))
		unlink(address + 5);
	return ret;
}

static int gdb(const char *name, const char *address)
{
	int vm;

	if (!address && isatty(STDIN_FILENO))
		return begin_gdb(name);
	vm = open_vm(name);
	if (vm < 0)
		return -1;
	catch_signals();
	return address ? serve(vm, address) : session(vm, ARCH_AUTO, STDIN_FILENO, STDOUT_FILENO);
}

int cmd_gdb(int argc, char **argv)
{
	int status = only_help(argc, argv, "h", usage);

	if (status >= 0)
		return status;
	if (optind == argc || optind + 2 < argc) {
		complain("a virtual machine (and an address) is wanted; try `kvmfs gdb --help'");
		return 2;
	}
	return gdb(argv[optind], argv[optind + 1]) ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Programs of ours beside this one, for what static programs cannot have. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* Beside our own program, if it is there; else where PATH says */
static const char *find_program(const char *name, char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - strlen(name) - 1);
	char *slash;

	if (len <= 0)
		return name;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return name;
	strcpy(slash + 1, name);
	return access(path, X_OK) ? name : path;
}

/**
 * program_start() - start a program of ours, which ends when its input does
 * @args: its name and arguments, NULL at the end
 * @in: its standard input
 * @out: its standard output, or -1: ours
 * Return: 0, or what errno would be
 */
int program_start(char *const args[], int in, int out)
{
	posix_spawn_file_actions_t actions;
	char path[4096];
	pid_t pid;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	err = posix_spawnp(&pid, find_program(args[0], path, sizeof(path)), &actions, NULL, args,
			   environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct command - one word after `kvmfs`
 * @name:	the word
 * @run:	gets argv from that word on; returns the exit code
 * @summary:	for `kvmfs --help`
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

int cmd_run(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_balloon(int argc, char **argv);
int cmd_disasm(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_gdb(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_regs(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* parse.c */
int parse_number(const char *text, uint64_t *value);
int parse_size(const char *text, uint64_t *size);
struct option;
int next_option(int argc, char **argv, const char *shorts, const struct option *longs);
int print_help(const char *usage, const char *command);
int only_help(int argc, char **argv, const char *shorts, const char *usage);
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* progress.c */
void progress(const char *what, uint64_t done, uint64_t total);

/* program.c */
int program_start(char *const args[], int in, int out);

/* vmdir.c */
int find_mount(char *path, size_t size);
int complain_create(const char *path);
int open_vm(const char *name);
int complain_vm(int vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *vm_path(const char *name, char *path, size_t size);
char *read_whole(int dir, const char *file, char *buf, size_t size);
FILE *create_private(const char *path, int flags);
const char *printable(const char *name);

/* cmd-ctl.c */
int stop_vm(int vm);

/* ask.c */
int has_monitor(int vm);
pid_t monitor_pid(int vm);
int ask_monitor(int vm, const char *line, FILE *to);

#endif

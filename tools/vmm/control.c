// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket. The I/O thread reads lines from whoever connects; a command
 * is done in the vCPU thread, between two runs of the guest. The answer is
 * lines with a blank in front, that the command prints, and then `ok' or `error
 * SENTENCE'. Only root and the user who runs the monitor are listened to.
 */
#include <ctype.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus.h"
#include "control.h"
#include "vmm.h"

#define MAX_LINE	4096
#define PATIENCE_S	5	/* for one who asks and does not listen */

struct client {
	struct io_watch watch;
	size_t len;
	char line[MAX_LINE];
};

/* One command on its way to the vCPU thread */
struct errand {
	struct control c;
	const struct control_command *command;
	int ret;
};

static struct control_command *commands;
static struct vmm *machine;

/* A command was done and the answer is on its way, which the end must wait for */
static bool answering;
static sem_t answered;

/**
 * control_add() - have a word understood
 * @command: stays the caller's, and where it is
 *
 * Before the guest runs.
 */
void control_add(struct control_command *command)
{
	struct control_command **at = &commands;

	while (*at)
		at = &(*at)->next;
	*at = command;
}

/**
 * control_fail() - a command cannot be done
 * @c: it
 * @fmt: why, in a sentence
 * Return: -1
 */
int control_fail(struct control *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, args);
	va_end(args);
	return -1;
}

static void in_vcpu_thread(struct vmm *vm, void *arg)
{
	struct errand *errand = arg;

	answering = true;
	errand->ret = errand->command->run(vm, &errand->c);
}

/* Cuts the first word off, and the blanks around what is left */
static char *split(char *line)
{
	char *end = line + strlen(line), *args;

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	args = line + strcspn(line, " \t");
	if (*args)
		*args++ = '\0';
	return args + strspn(args, " \t");
}

static void do_line(char *line, FILE *answer)
{
	struct errand errand = { .c = { .args = split(line), .answer = answer } };
	const struct control_command *command;

	if (!*line)
		return;
	for (command = commands; command; command = command->next)
		if (!strcmp(command->name, line))
			break;
	errand.command = command;
	if (!command)
		errand.ret = control_fail(&errand.c, "%.64s: no such command; there is help",
					  line);
	else
		event_call(machine, in_vcpu_thread, &errand);
	if (errand.ret)
		fprintf(answer, "error %s\n", errand.c.error);
	else
		fputs("ok\n", answer);
}

static int reply(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= n) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
	}
	return 0;
}

static void hang_up(struct client *client)
{
	io_remove(&client->watch);
	close(client->watch.fd);
	free(client);
}

static int serve_line(struct client *client, char *line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *answer = open_memstream(&text, &len);
	int ret;

	if (!answer)
		return -1;
	do_line(line, answer);
	fclose(answer);
	ret = reply(client->watch.fd, text, len);
	free(text);
	if (__atomic_exchange_n(&answering, false, __ATOMIC_ACQ_REL))
		sem_post(&answered);
	return ret;
}

/**
 * control_finish() - the machine has ended: let the last answer out
 *
 * In the vCPU thread.
 */
void control_finish(void)
{
	while (__atomic_load_n(&answering, __ATOMIC_ACQUIRE))
		sem_wait(&answered);
}

static void on_client(struct io_watch *watch, u32 events)
{
	struct client *client = watch->dev;
	char *end;
	ssize_t n;

	(void)events;
	n = recv(watch->fd, client->line + client->len,
		 sizeof(client->line) - client->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		client->len += n;
	while (n > 0 && (end = memchr(client->line, '\n', client->len))) {
		*end++ = '\0';
		if (serve_line(client, client->line))
			n = -1;
		client->len -= end - client->line;
		memmove(client->line, end, client->len);
	}
	if (n <= 0 || client->len == sizeof(client->line))
		hang_up(client);
}

static bool is_welcome(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void on_connect(struct io_watch *watch, u32 events)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);
	struct client *client;

	(void)events;
	if (fd < 0)
		return;
	client = is_welcome(fd) ? calloc(1, sizeof(*client)) : NULL;
	if (client) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		client->watch = (struct io_watch){ .fd = fd, .ready = on_client, .dev = client };
		if (!io_add(&client->watch, EPOLLIN))
			return;
		free(client);
	}
	close(fd);
}

static int do_help(struct vmm *vm, struct control *c)
{
	const struct control_command *command;

	(void)vm;
	for (command = commands; command; command = command->next)
		fprintf(c->answer, " %s %s\n", command->name, command->help);
	return 0;
}

static int do_quit(struct vmm *vm, struct control *c)
{
	char *end;
	long status = strtol(c->args, &end, 0);

	if (*end || status < 0 || status > 255)
		return control_fail(c, "%.64s: not an exit status (0 to 255)", c->args);
	vmm_end(vm, status);
	return 0;
}

static int do_reset(struct vmm *vm, struct control *c)
{
	if (!vmm_reset(vm))
		return 0;
	return control_fail(c, "this machine cannot be started again: what its `kvmfs run' "
			    "prints may tell why");
}

static struct control_command own[] = {
	{ .name = "help", .help = ": these lines", .run = do_help },
	{ .name = "quit", .help = "[STATUS]: end the machine", .run = do_quit },
	{ .name = "reset", .help = ": as its button does", .run = do_reset },
};

static int listen_at(int vm)
{
	struct sockaddr_un address;
	socklen_t size;
	int fd;

	if (control_address(vm, &address, &size))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)&address, size) && !listen(fd, 8))
		return fd;
	close(fd);
	return -1;
}

/**
 * control_start() - begin to listen, where the machine has a directory
 * @vm: the machine
 *
 * Between event_init() and io_start().
 *
 * Return: 0, or -1 and errno
 */
int control_start(struct vmm *vm)
{
	static struct io_watch watch = { .ready = on_connect };
	int dir = vm->be->ops->directory ? vm->be->ops->directory(vm->be) : -1;
	unsigned int i;

	if (dir < 0)
		return 0;
	machine = vm;
	sem_init(&answered, 0, 0);
	for (i = 0; i < ARRAY_SIZE(own); i++)
		control_add(&own[i]);
	watch.fd = listen_at(dir);
	if (watch.fd < 0 && errno == EADDRINUSE) {
		/* such names are anybody's: no reason for the machine not to run */
		fputs("kvmfs: another process has taken this monitor's address: it cannot be asked\n",
		      stderr);
		return 0;
	}
	return watch.fd < 0 ? -1 : io_add(&watch, EPOLLIN);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options for vhost-user: `--vhost-user KIND,socket=PATH`, and `--share DIRECTORY`,
 * which starts Debian's virtiofsd for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_fs.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../device.h"
#include "../vmm.h"
#include "vhost.h"

#define DEFAULT_TAG	"host"
#define LISTENER	3	/* its descriptor in virtiofsd */

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", what, why);
	return -1;
}

static int add_fs(struct vmm *vm, int socket, const char *tag, const char *name)
{
	struct virtio_fs_config config = { .num_request_queues = 1 };
	struct vhost_user *vu = calloc(1, sizeof(*vu));

	if (!vu || !*tag || strlen(tag) > sizeof(config.tag))
		return refuse(tag, "a tag has 1 to 36 characters");
	memcpy(config.tag, tag, strlen(tag));
	memcpy(vu->dev.config, &config, sizeof(config));
	vu->dev.config_size = sizeof(config);
	vu->socket = socket;
	vu->ops = (struct virtio_ops){ .name = "fs", .id = VIRTIO_ID_FS, .class = 0x018000 };
	return vhost_user_add(vm, vu, 1 + config.num_request_queues, name);
}

static int add_blk(struct vmm *vm, int socket, const char *name)
{
	struct vhost_user *vu = calloc(1, sizeof(*vu));

	if (!vu)
		return refuse(name, strerror(errno));
	vu->dev.config_size = offsetof(struct virtio_blk_config, max_secure_erase_sectors);
	vu->remote_config = true;
	/* The driver would write that configuration, and have many queues */
	vu->unwanted = 1ull << VIRTIO_BLK_F_CONFIG_WCE | 1ull << VIRTIO_BLK_F_MQ;
	vu->socket = socket;
	vu->ops = (struct virtio_ops){ .name = "blk", .id = VIRTIO_ID_BLOCK, .class = 0x018000 };
	return vhost_user_add(vm, vu, 1, name);
}

/**
 * vhost_user_option() - `--vhost-user blk,socket=PATH` or `fs,socket=PATH[,tag=TAG]`
 * @vm: the machine
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int vhost_user_option(struct vmm *vm, char *value)
{
	const char *kind = device_word(&value), *tag = DEFAULT_TAG, *path = NULL, *word;
	int fd;

	while ((word = device_word(&value))) {
		if (!strncmp(word, "socket=", 7))
			path = word + 7;
		else if (!strncmp(word, "tag=", 4))
			tag = word + 4;
		else
			return refuse(word, "no option of vhost-user; there are socket= and tag=");
	}
	if (strcmp(kind, "blk") && strcmp(kind, "fs"))
		return refuse(kind, "no kind of vhost-user; there are blk and fs");
	if (!path)
		return refuse("--vhost-user", "socket=PATH is wanted");
	fd = vhost_user_connect(path);
	if (fd < 0)
		return -1;
	return strcmp(kind, "fs") ? add_blk(vm, fd, path) : add_fs(vm, fd, tag, path);
}

/* --- virtiofsd ------------------------------------------------------------------------------ */

/*
 * A socket that listens at an address which the kernel chooses. Anybody can connect there, and
 * virtiofsd serves the first one: there is room for one.
 */
static int make_listener(struct sockaddr_un *address, socklen_t *size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address->sun_family = AF_UNIX;
	*size = sizeof(*address);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)address, sizeof(address->sun_family)) &&
	    !listen(fd, 0) && !getsockname(fd, (struct sockaddr *)address, size))
		return fd;
	refuse("--share", strerror(errno));
	return -1;
}

/* Be the first one, whoever was faster */
static int connect_first(int listener, const struct sockaddr_un *address, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), tries;

	for (tries = 0; fd >= 0 && tries < 1000; tries++) {
		if (!connect(fd, (const struct sockaddr *)address, size) &&
		    !fcntl(fd, F_SETFL, O_RDWR))
			return fd;
		if (errno != EAGAIN)
			break;
		close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	}
	refuse("--share", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static const char *find_virtiofsd(void)
{
	static const char * const paths[] = {
		"/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (!access(paths[i], X_OK))
			return paths[i];
	return "virtiofsd";
}

static int spawn_virtiofsd(int listener, const char *directory, const char *sandbox)
{
	const char *program = find_virtiofsd();
	char source[4096], box[64], fd[32];
	char *args[] = { (char *)program, fd, "-o", source, "-o", box, "-o", "log_level=err",
			 NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int err;

	snprintf(fd, sizeof(fd), "--fd=%d", LISTENER);
	snprintf(box, sizeof(box), "sandbox=%s", sandbox);
	if (snprintf(source, sizeof(source), "source=%s", directory) >= (int)sizeof(source))
		return refuse(directory, strerror(ENAMETOOLONG));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, listener, LISTENER);
	posix_spawn_file_actions_addclosefrom_np(&actions, LISTENER + 1);
	err = posix_spawnp(&pid, program, &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err ? refuse("virtiofsd (package qemu-system-common)", strerror(err)) : 0;
}

/**
 * share_option() - `--share DIRECTORY[,tag=TAG][,sandbox=MODE]`
 * @vm: the machine
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int share_option(struct vmm *vm, char *value)
{
	const char *directory = device_word(&value), *tag = DEFAULT_TAG, *word;
	const char *sandbox = "namespace";
	struct sockaddr_un address;
	int listener, fd;
	socklen_t size;

	while ((word = device_word(&value))) {
		if (!strncmp(word, "tag=", 4))
			tag = word + 4;
		else if (!strncmp(word, "sandbox=", 8))
			sandbox = word + 8;
		else
			return refuse(word, "no option of a share; there are tag= and sandbox=");
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse(directory, strerror(errno));
	close(fd);
	listener = make_listener(&address, &size);
	fd = listener < 0 ? -1 : connect_first(listener, &address, size);
	if (fd < 0 || spawn_virtiofsd(listener, directory, sandbox))
		return -1;
	close(listener);	/* if virtiofsd ends, so does the connection */
	return add_fs(vm, fd, tag, directory);
}

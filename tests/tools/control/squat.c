// SPDX-License-Identifier: GPL-2.0-only
/*
 * squat NAME: takes the addresses of the monitors of the next VMs, as any process on the
 * machine can. NAME is one that a VM can be made of in that mount.
 */
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STEP	(256 * 64)	/* between the inode numbers of two VMs */
#define COUNT	8

int main(int argc, char **argv)
{
	struct stat st;
	int i;

	if (argc != 2 || mkdir(argv[1], 0700) || stat(argv[1], &st) || rmdir(argv[1])) {
		perror("squat");
		return 1;
	}
	for (i = 1; i <= COUNT; i++) {
		struct sockaddr_un at = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		int len = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "kvmfs/%llx/%llx",
				   (unsigned long long)st.st_dev,
				   (unsigned long long)st.st_ino + i * STEP);

		if (bind(fd, (struct sockaddr *)&at,
			 offsetof(struct sockaddr_un, sun_path) + 1 + len) || listen(fd, 8)) {
			perror("squat");
			return 1;
		}
	}
	puts("there");
	fflush(stdout);
	pause();
	return 0;
}

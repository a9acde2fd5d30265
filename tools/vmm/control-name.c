// SPDX-License-Identifier: GPL-2.0-only
/* How the one who asks a monitor and the monitor meet. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "control.h"

/**
 * control_address() - where the monitor of a machine listens
 * @vm: directory descriptor of the machine
 * @address: filled
 * @size: of it
 *
 * An abstract name: nothing is left over when the monitor dies, and the machine's
 * own inode number, in it, is given to no other while it lives, whatever its path
 * is and in whichever mount.
 *
 * Return: 0, or -1 and errno
 */
int control_address(int vm, struct sockaddr_un *address, unsigned int *size)
{
	struct stat st;
	int len;

	if (fstat(vm, &st))
		return -1;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "kvmfs/%llx/%llx",
		       (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	*size = offsetof(struct sockaddr_un, sun_path) + 1 + len;
	return 0;
}

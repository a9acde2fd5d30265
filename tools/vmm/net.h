/* SPDX-License-Identifier: GPL-2.0-only */
/* What a network card is plugged into: a descriptor that carries a frame a read or write. */
#ifndef TOOLS_VMM_NET_H
#define TOOLS_VMM_NET_H

#include "types.h"

#define MAC_BYTES	6

/**
 * struct net_back - the network on the host's side
 * @fd:		nonblocking; -1: none yet
 * @tap:	a tap or macvtap: each frame has a header of virtio's (12 bytes)
 * @mac:	the card's address
 */
struct net_back {
	int fd;
	bool tap;
	u8 mac[MAC_BYTES];
};

/* net-back.c */
int net_open(struct net_back *back, char *value);
int net_offload(const struct net_back *back, bool checksum);

/* net-user.c */
int net_user_start(char *const forwards[], unsigned int count);

#endif

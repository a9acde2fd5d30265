/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages of vhost-user, as its specification has them (QEMU's
 * docs/interop/vhost-user.rst, of which Debian's qemu-system-common has a copy): the
 * part that a frontend without migration and IOMMU needs.
 */
#ifndef TOOLS_VMM_VIRTIO_VHOST_USER_H
#define TOOLS_VMM_VIRTIO_VHOST_USER_H

#include "../types.h"

enum vhost_user_request {
	VU_GET_FEATURES = 1,
	VU_SET_FEATURES = 2,
	VU_SET_OWNER = 3,
	VU_SET_MEM_TABLE = 5,
	VU_SET_VRING_NUM = 8,
	VU_SET_VRING_ADDR = 9,
	VU_SET_VRING_BASE = 10,
	VU_GET_VRING_BASE = 11,
	VU_SET_VRING_KICK = 12,
	VU_SET_VRING_CALL = 13,
	VU_GET_PROTOCOL_FEATURES = 15,
	VU_SET_PROTOCOL_FEATURES = 16,
	VU_SET_VRING_ENABLE = 18,
	VU_GET_CONFIG = 24,
};

/* Of GET_FEATURES: there are protocol features */
#define VU_F_PROTOCOL_FEATURES	30

/* Protocol features */
#define VU_PF_REPLY_ACK		3
#define VU_PF_CONFIG		9

/* Flags of a message */
#define VU_VERSION	0x1
#define VU_REPLY	0x4
#define VU_NEED_REPLY	0x8

#define VU_MAX_REGIONS	8
#define VU_MAX_CONFIG	256

struct vhost_user_message {
	u32 request;
	u32 flags;
	u32 size;	/* of what follows */
	union {
		u64 number;
		struct {
			u32 index;
			u32 num;
		} vring;
		struct {
			u32 index;
			u32 flags;
			u64 desc, used, avail, log;	/* our addresses */
		} addresses;
		struct {
			u32 count;
			u32 padding;
			struct {
				u64 gpa, size;
				u64 address;	/* ours */
				u64 offset;	/* in the descriptor */
			} region[VU_MAX_REGIONS];
		} memory;
		struct {
			u32 offset;
			u32 size;
			u32 flags;
			u8 bytes[VU_MAX_CONFIG];
		} config;
	};
} __attribute__((packed));

#define VU_HEADER	offsetof(struct vhost_user_message, number)

#endif

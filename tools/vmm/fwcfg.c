// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware configuration device that SeaBIOS asks (QEMU's documentation,
 * docs/specs/fw_cfg): a selector at port 0x510, data byte by byte at 0x511; of
 * numbered items some are files with names, listed in item 0x19. No DMA.
 */
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "pc.h"
#include "state.h"

#define SELECTOR	0x510

#define KEY_SIGNATURE	0x00
#define KEY_ID		0x01
#define KEY_CPUS	0x05
#define KEY_MAX_CPUS	0x0f
#define KEY_DIRECTORY	0x19
#define KEY_FILES	0x20
#define KEY_NONE	0xffff
#define MAX_FILES	16

struct item {
	u16 key;
	const void *data;
	u32 size;
};

/* The directory is big-endian */
struct entry {
	u32 size;
	u16 key, reserved;
	char name[56];
};

static struct {
	u32 count;
	struct entry entry[MAX_FILES];
} directory;

static struct item items[8 + MAX_FILES];
static unsigned int nr_items, nr_files;
static const struct item *selected;
static u32 offset;

static void add_item(u16 key, const void *data, u32 size)
{
	items[nr_items++] = (struct item){ key, data, size };
}

/**
 * fwcfg_add_file() - let firmware find a file
 * @name: of less than 56 characters
 * @data: its contents, which stay the caller's
 * @size: of @data
 * Return: 0, or -1 if there is no room
 */
int fwcfg_add_file(const char *name, const void *data, u32 size)
{
	struct entry *entry = &directory.entry[nr_files];

	if (nr_files == MAX_FILES || strlen(name) >= sizeof(entry->name))
		return -1;
	memcpy(entry->name, name, strlen(name) + 1);
	entry->size = __builtin_bswap32(size);
	entry->key = __builtin_bswap16(KEY_FILES + nr_files);
	add_item(KEY_FILES + nr_files, data, size);
	directory.count = __builtin_bswap32(++nr_files);
	return 0;
}

static void select_item(u16 key)
{
	unsigned int i;

	offset = 0;
	selected = NULL;
	for (i = 0; i < nr_items; i++)
		if (items[i].key == key)
			selected = &items[i];
}

/* Zeros come behind an item's end, and from items that do not exist */
static u8 next_byte(void)
{
	if (!selected || offset >= selected->size)
		return 0;
	return ((const u8 *)selected->data)[offset++];
}

static void access_ports(struct bus_region *r, struct vmm *vm, u64 at, u8 *data, u32 size,
			 bool write)
{
	u32 i;

	(void)r;
	(void)vm;
	if (write) {
		if (!at && size == 2)
			select_item(data[0] | data[1] << 8);
		return;
	}
	for (i = 0; i < size; i++)
		data[i] = at + i ? next_byte() : 0;
}

static void fwcfg_state(struct state *s, struct vmm *vm, void *dev)
{
	u16 key = selected ? selected->key : KEY_NONE;
	u32 at = offset;

	(void)vm;
	(void)dev;
	STATE(s, key);
	STATE(s, at);
	if (!s->loading)
		return;
	select_item(key);
	offset = at;
}

/**
 * fwcfg_init() - the device, with what it tells of every machine
 * Return: 0, or -1 if its ports are taken
 */
int fwcfg_init(void)
{
	static struct bus_region region = {
		.addr = SELECTOR, .size = 2, .access = access_ports,
		.name = "firmware configuration",
	};
	static struct device_state state = { .name = "fwcfg", .fields = fwcfg_state };
	static const u32 id = 1;	/* the traditional interface */
	static const u16 cpus = 1;

	state_add(&state);
	add_item(KEY_SIGNATURE, "QEMU", 4);
	add_item(KEY_ID, &id, sizeof(id));
	add_item(KEY_CPUS, &cpus, sizeof(cpus));
	add_item(KEY_MAX_CPUS, &cpus, sizeof(cpus));
	add_item(KEY_DIRECTORY, &directory, sizeof(directory));
	return bus_add(BUS_PORT, &region);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor of tools/vmm without a guest: its real sources, in a process that plays the
 * guest, the host and the time. See machine.c.
 */
#ifndef KVMFS_TEST_MACHINE_H
#define KVMFS_TEST_MACHINE_H

#include <linux/kvmfs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ensure.h"
#include "vmm/bus.h"
#include "vmm/pci.h"
#include "vmm/types.h"

#define RAM_LOW		(4u << 20)
#define RAM_HIGH	(64u << 10)
#define HIGH		(1ull << 32)	/* where that begins */

#define MACHINE_TARGETS	8

/* A virtio device, as a driver finds it: registers and, if it is on the PCI bus, ports */
struct target {
	u64 memory;
	u16 ports;
	bool pci;
	u32 id;
};

extern struct target targets[MACHINE_TARGETS];
extern unsigned int target_count;

void machine_init(void);
void machine_begin(void);
void machine_run(bool (*next)(struct kvm_exit *exit));
void machine_check(void);
void machine_write(u64 gpa, const void *from, size_t size);
void machine_pass(u64 ns);
void machine_type(u8 byte);
void machine_frame(const u8 *from, size_t size);
void machine_look(bool on_terminal);
void machine_on_write(void (*fn)(void));
bool machine_command(const char *line);
void machine_threads(bool work);
char *machine_save(void);
bool machine_load(const char *text);
int machine_restore(int dir);
const char *machine_first_state(void);

#endif

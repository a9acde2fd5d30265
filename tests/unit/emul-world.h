/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest for directed tests of the emulator: memory by pages that may be absent,
 * read-only or a device, segments, tables and ports, all of them to be looked at.
 */
#ifndef EMUL_WORLD_H
#define EMUL_WORLD_H

#include "emul-test.h"

#define W_SIZE	0x40000u	/* memory from 0 on */
#define W_CODE	0x1000u

enum { P_RAM, P_ABSENT, P_RO, P_DEVICE };

struct world {
	struct emul e;
	u64 regs[16];
	u8 mem[W_SIZE];
	u8 page[W_SIZE / 4096];

	struct hv_segment seg[SEG_COUNT];
	struct hv_table gdt, idt;
	u64 cr[9], msr, dr[8];
	u8 xmm[16][16];

	/* devices */
	bool answered;			/* user space has the data */
	u64 answer;
	u64 queued, queued_la;
	unsigned int queued_n;
	u16 port;
	unsigned int port_size, port_count;
	u8 port_data[4096];

	/* what was called how often */
	unsigned int fetches, reads, writes, swaps, ins, outs;
	unsigned int lose_swaps;	/* so many times another CPU wins */
	u64 invlpg;
	bool has_invpcid;		/* CPUID says so */
	struct { unsigned int n, type, pcid; u64 la; } invpcid;
};

extern struct world w;

/* everything as after boot in @mode, flat segments, @code at W_CODE */
void world(enum emul_mode mode, unsigned int cpl, const char *code, unsigned int len);
#define WORLD(mode, cpl, code)	world(mode, cpl, code, sizeof(code) - 1)

void put(u64 la, u64 val, unsigned int n);
u64 get(u64 la, unsigned int n);

/* a descriptor into the GDT at 0x30000, attr as in struct hv_segment */
void put_desc(u16 sel, u32 base, u32 limit, u32 attr);
/* a gate into the IDT at 0x31000 */
void put_gate(u8 vector, u16 sel, u64 offset, u8 type, u8 dpl, u8 ist);
/* the segment as a load of @sel makes it */
void set_seg(int seg, u16 sel, u64 base, u32 limit, u32 attr);

bool fault_is(int rc, u8 vector, u32 error);

#endif /* EMUL_WORLD_H */

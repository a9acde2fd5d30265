/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PC has that firmware and old operating systems want: see pc.c. */
#ifndef TOOLS_VMM_PC_H
#define TOOLS_VMM_PC_H

#include "types.h"

struct vmm;
struct vmm_config;

/**
 * struct pc_config - what the command line chose
 * @bios:	firmware that the processor starts in, or NULL
 * @vgabios:	its option ROM for the screen, or NULL for the usual one
 * @debugcon:	file for what it writes to port 0x402, or NULL
 * @drives:	files behind the IDE drives: primary master and slave, secondary master
 *		(the CD-ROM) and slave
 * @boot:	letters in the order of booting: c, d; or NULL
 * @screen:	the terminal is screen and keyboard, not the serial port
 */
struct pc_config {
	const char *bios;
	const char *vgabios;
	const char *debugcon;
	const char *drives[4];
	const char *boot;
	bool screen;
};

#define SEABIOS		"bios-256k.bin"

#define PC_CDROM	2	/* the index in @drives */

/* pc.c */
int pc_setup(struct vmm *vm);
int pc_prepare(struct vmm *vm);
void pc_enter(struct vmm *vm);

/* fwcfg.c */
int fwcfg_init(void);
int fwcfg_add_file(const char *name, const void *data, u32 size);

/* vga.c */
struct vga_text {
	u32 columns, rows;
	u32 start;		/* offset of the first cell, in cells */
	u32 pitch;		/* cells from line to line */
	u32 cursor;		/* offset of its cell; NO_CURSOR: it is off */
};

#define VGA_TEXT	0xb8000
#define VGA_CELLS	0x4000
#define NO_CURSOR	UINT32_MAX

int vga_init(void);
bool vga_text_mode(struct vga_text *text);

/* ide.c */
int ide_init(struct vmm *vm, const char *const files[4]);

/* screen.c */
void screen_init(struct vmm *vm);
int screen_start(void);
void screen_close(void);

/* keymap.c */
unsigned int keymap_bytes(bool (*get)(u8 *byte), u8 *codes);
u8 keymap_set2(u8 code);

#define KEYMAP_CODES	8	/* at most so many from keymap_bytes() */

#endif

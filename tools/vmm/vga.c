// SPDX-License-Identifier: GPL-2.0-only
/*
 * As much of a VGA as text needs. Its memory is plain RAM of the guest's, which
 * screen.c looks at; its registers keep what is written to them, so that a video
 * BIOS finds them as it left them. They tell where on the screen the text is.
 * Other modes are not shown. Register names: IBM's PS/2 Hardware Interface Technical
 * Reference, Video Subsystems.
 */
#include <string.h>

#include "bus.h"
#include "pc.h"
#include "state.h"

#define FIRST_PORT	0x3b0
#define LAST_PORT	0x3df

#define ATTRIBUTE	0x3c0
#define ATTRIBUTE_READ	0x3c1
#define MISC		0x3c2
#define SEQUENCER	0x3c4
#define DAC_MASK	0x3c6
#define DAC_READ	0x3c7
#define DAC_WRITE	0x3c8
#define DAC_DATA	0x3c9
#define MISC_READ	0x3cc
#define GRAPHICS	0x3ce
#define CRTC		0x3d4
#define STATUS		0x3da

#define CRTC_COLUMNS	0x01
#define CRTC_OVERFLOW	0x07
#define CRTC_CELL	0x09
#define CRTC_CURSOR_ON	0x0a
#define CRTC_START	0x0c
#define CRTC_CURSOR	0x0e
#define CRTC_LINES	0x12
#define CRTC_OFFSET	0x13
#define GRAPHICS_MISC	0x06

#define RETRACE		0x09

/* An index port and the data port after it */
struct indexed {
	u8 index;
	u8 reg[256];
};

static struct {
	struct indexed sequencer, graphics, crtc;
	struct indexed attribute;
	bool attribute_data;	/* the next write to 0x3c0 is data */
	u8 misc, status;
	u8 dac_mask, dac_state;
	u32 dac_index;		/* in bytes: three a colour */
	u8 dac[768];
} vga;

/* The cathode ray tube controller is at 0x3b4 on monochrome screens: one for both */
static u16 fold(u16 port)
{
	return port < ATTRIBUTE ? port + 0x20 : port;
}

static void write_attribute(u8 value)
{
	if (vga.attribute_data)
		vga.attribute.reg[vga.attribute.index & 0x1f] = value;
	else
		vga.attribute.index = value;
	vga.attribute_data = !vga.attribute_data;
}

static void write_port(u16 port, u8 value)
{
	switch (port) {
	case ATTRIBUTE:
		write_attribute(value);
		break;
	case MISC:
		vga.misc = value;
		break;
	case SEQUENCER:
		vga.sequencer.index = value;
		break;
	case SEQUENCER + 1:
		vga.sequencer.reg[vga.sequencer.index] = value;
		break;
	case DAC_MASK:
		vga.dac_mask = value;
		break;
	case DAC_READ:
	case DAC_WRITE:
		vga.dac_state = port == DAC_READ ? 3 : 0;
		vga.dac_index = value * 3;
		break;
	case DAC_DATA:
		vga.dac[vga.dac_index++ % sizeof(vga.dac)] = value & 0x3f;
		break;
	case GRAPHICS:
		vga.graphics.index = value;
		break;
	case GRAPHICS + 1:
		vga.graphics.reg[vga.graphics.index] = value;
		break;
	case CRTC:
		vga.crtc.index = value;
		break;
	case CRTC + 1:
		vga.crtc.reg[vga.crtc.index] = value;
		break;
	}
}

static u8 read_port(u16 port)
{
	switch (port) {
	case ATTRIBUTE:
		return vga.attribute.index;
	case ATTRIBUTE_READ:
		return vga.attribute.reg[vga.attribute.index & 0x1f];
	case SEQUENCER:
		return vga.sequencer.index;
	case SEQUENCER + 1:
		return vga.sequencer.reg[vga.sequencer.index];
	case DAC_MASK:
		return vga.dac_mask;
	case DAC_READ:
		return vga.dac_state;
	case DAC_WRITE:
		return vga.dac_index / 3;
	case DAC_DATA:
		return vga.dac[vga.dac_index++ % sizeof(vga.dac)];
	case MISC_READ:
		return vga.misc;
	case GRAPHICS:
		return vga.graphics.index;
	case GRAPHICS + 1:
		return vga.graphics.reg[vga.graphics.index];
	case CRTC:
		return vga.crtc.index;
	case CRTC + 1:
		return vga.crtc.reg[vga.crtc.index];
	case STATUS:
		vga.attribute_data = false;
		vga.status ^= RETRACE;	/* who waits for either sees it */
		return vga.status;
	default:
		return 0;
	}
}

static void access_ports(struct bus_region *r, struct vmm *vm, u64 at, u8 *data, u32 size,
			 bool write)
{
	u32 i;

	(void)vm;
	for (i = 0; i < size; i++) {
		u16 port = fold(r->addr + at + i);

		if (write)
			write_port(port, data[i]);
		else
			data[i] = read_port(port);
	}
}

static u32 crtc16(unsigned int index)
{
	return vga.crtc.reg[index] << 8 | vga.crtc.reg[index + 1];
}

/**
 * vga_text_mode() - what of the memory is on the screen; from any thread
 * @text: filled in
 * Return: false if the screen shows no text
 *
 * Asked while the guest sets a mode, it may tell of a mixture.
 */
bool vga_text_mode(struct vga_text *text)
{
	const u8 *crtc = vga.crtc.reg;
	u32 lines = crtc[CRTC_LINES] | (crtc[CRTC_OVERFLOW] & 0x02) << 7 |
		    (crtc[CRTC_OVERFLOW] & 0x40) << 3;

	text->columns = crtc[CRTC_COLUMNS] + 1;
	text->rows = (lines + 1) / ((crtc[CRTC_CELL] & 0x1f) + 1);
	text->start = crtc16(CRTC_START);
	text->pitch = crtc[CRTC_OFFSET] * 2;
	text->cursor = crtc[CRTC_CURSOR_ON] & 0x20 ? NO_CURSOR : crtc16(CRTC_CURSOR);
	return !(vga.graphics.reg[GRAPHICS_MISC] & 0x01) && text->columns >= 40 && text->pitch;
}

static void indexed_state(struct state *s, const char *which, struct indexed *i)
{
	snprintf(s->prefix, sizeof(s->prefix), "vga.%s", which);
	STATE(s, i->index);
	state_bytes(s, "reg", i->reg, sizeof(i->reg));
}

static void vga_state(struct state *s, struct vmm *vm, void *dev)
{
	(void)vm;
	(void)dev;
	STATE(s, vga.attribute_data);
	STATE(s, vga.misc);
	STATE(s, vga.status);
	STATE(s, vga.dac_mask);
	STATE(s, vga.dac_state);
	STATE(s, vga.dac_index);
	state_bytes(s, "dac", vga.dac, sizeof(vga.dac));
	indexed_state(s, "sequencer", &vga.sequencer);
	indexed_state(s, "graphics", &vga.graphics);
	indexed_state(s, "crtc", &vga.crtc);
	indexed_state(s, "attribute", &vga.attribute);
}

/**
 * vga_init() - put it on the bus
 * Return: 0, or -1 if its ports are taken
 */
int vga_init(void)
{
	static struct bus_region region = {
		.addr = FIRST_PORT, .size = LAST_PORT - FIRST_PORT + 1, .access = access_ports,
		.name = "VGA",
	};

	static struct device_state state = { .name = "vga", .fields = vga_state };

	vga.misc = 0x67;	/* colour */
	state_add(&state);
	return bus_add(BUS_PORT, &region);
}

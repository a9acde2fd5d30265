// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text screen on our stdout, drawn by a thread that looks at the guest's video
 * memory 25 times a second. On a terminal it is drawn where it is, with colours;
 * elsewhere, lines are printed as they change, for logs and tests.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "control.h"
#include "pc.h"
#include "vmm.h"

#define FRAME_US	40000
#define MAX_COLUMNS	132
#define MAX_ROWS	60
#define SETTLED		2	/* frames without a change, and a screen is printed */
#define PATIENCE	8	/* frames that one waits which keeps changing */
#define STILL		25	/* without a change, and the cursor's line is whole */

struct frame {
	bool graphics;		/* and nothing else here is known */
	u32 columns, rows, cursor_x, cursor_y;
	u16 cell[MAX_ROWS][MAX_COLUMNS];	/* character, attribute */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct vmm *machine;
static struct frame shown, last;
static unsigned int waited, still;
static bool terminal, started;

/* Code page 437: below 0x20, 0x7f and from 0x80 on */
static const char * const low[] = {
	" ", "☺", "☻", "♥", "♦", "♣", "♠", "•", "◘", "○", "◙", "♂", "♀", "♪", "♫", "☼",
	"►", "◄", "↕", "‼", "¶", "§", "▬", "↨", "↑", "↓", "→", "←", "∟", "↔", "▲", "▼",
};

static const char * const high[] = {
	"⌂", "Ç", "ü", "é", "â", "ä", "à", "å", "ç", "ê", "ë", "è", "ï", "î", "ì", "Ä", "Å",
	"É", "æ", "Æ", "ô", "ö", "ò", "û", "ù", "ÿ", "Ö", "Ü", "¢", "£", "¥", "₧", "ƒ",
	"á", "í", "ó", "ú", "ñ", "Ñ", "ª", "º", "¿", "⌐", "¬", "½", "¼", "¡", "«", "»",
	"░", "▒", "▓", "│", "┤", "╡", "╢", "╖", "╕", "╣", "║", "╗", "╝", "╜", "╛", "┐",
	"└", "┴", "┬", "├", "─", "┼", "╞", "╟", "╚", "╔", "╩", "╦", "╠", "═", "╬", "╧",
	"╨", "╤", "╥", "╙", "╘", "╒", "╓", "╫", "╪", "┘", "┌", "█", "▄", "▌", "▐", "▀",
	"α", "ß", "Γ", "π", "Σ", "σ", "µ", "τ", "Φ", "Θ", "Ω", "δ", "∞", "φ", "ε", "∩",
	"≡", "±", "≥", "≤", "⌠", "⌡", "÷", "≈", "°", "∙", "·", "√", "ⁿ", "²", "■", " ",
};

static void put_char(FILE *to, u8 c)
{
	if (c < 0x20)
		fputs(low[c], to);
	else if (c < 0x7f)
		fputc(c, to);
	else
		fputs(high[c - 0x7f], to);
}

/* What the screen shows now; nothing in a graphics mode */
static void take(struct frame *f)
{
	const u16 *cells = (const u16 *)(machine->ram_low + VGA_TEXT);
	struct vga_text text;
	u32 x, y, at;

	memset(f, 0, sizeof(*f));
	f->graphics = !vga_text_mode(&text);
	if (f->graphics)
		return;
	f->columns = text.columns < MAX_COLUMNS ? text.columns : MAX_COLUMNS;
	f->rows = text.rows < MAX_ROWS ? text.rows : MAX_ROWS;
	for (y = 0; y < f->rows; y++) {
		for (x = 0; x < f->columns; x++) {
			at = text.start + y * text.pitch + x;
			f->cell[y][x] = cells[at % VGA_CELLS];
		}
	}
	at = text.cursor - text.start;
	f->cursor_y = text.cursor == NO_CURSOR ? MAX_ROWS : at / text.pitch;
	f->cursor_x = at % text.pitch;
}

/* --- on a terminal ----------------------------------------------------------------- */

static void put_colour(FILE *to, u8 attr)
{
	/* blue and red change places */
	static const u8 ansi[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };

	fprintf(to, "\033[0;%d;%dm", (attr & 0x08 ? 90 : 30) + ansi[attr & 7],
		40 + ansi[attr >> 4 & 7]);
}

static void draw_line(FILE *to, const struct frame *f, u32 y)
{
	int colour = -1;
	u32 x;

	fprintf(to, "\033[%u;1H", y + 1);
	for (x = 0; x < f->columns; x++) {
		if (f->cell[y][x] >> 8 != colour) {
			colour = f->cell[y][x] >> 8;
			put_colour(to, colour);
		}
		put_char(to, f->cell[y][x]);
	}
}

static void draw(FILE *to, const struct frame *f)
{
	u32 y;

	if (f->columns != shown.columns || f->rows != shown.rows) {
		fputs("\033[0m\033[2J", to);
		memset(&shown, 0, sizeof(shown));
	}
	if (f->graphics)
		fputs("\033[H(The screen shows graphics.)\r\n", to);
	for (y = 0; y < f->rows; y++)
		if (memcmp(f->cell[y], shown.cell[y], sizeof(f->cell[y])))
			draw_line(to, f, y);
	if (f->cursor_y < f->rows)
		fprintf(to, "\033[0m\033[?25h\033[%u;%uH", f->cursor_y + 1, f->cursor_x + 1);
	else
		fputs("\033[0m\033[?25l", to);
	shown = *f;
}

/* --- elsewhere ----------------------------------------------------------------------- */

static u32 line_length(const u16 *line, u32 columns)
{
	while (columns && ((u8)line[columns - 1] == ' ' || !(u8)line[columns - 1]))
		columns--;
	return columns;
}

static bool same_text(const struct frame *a, u32 ya, const struct frame *b, u32 yb)
{
	u32 n = line_length(a->cell[ya], a->columns), x;

	if (n != line_length(b->cell[yb], b->columns))
		return false;
	for (x = 0; x < n; x++)
		if ((u8)a->cell[ya][x] != (u8)b->cell[yb][x])
			return false;
	return true;
}

/* By how many lines the screen has scrolled: where most of them stand again */
static u32 scrolled(const struct frame *f)
{
	u32 by, y, best = 0, most = 0;

	for (by = 0; by < shown.rows; by++) {
		u32 same = 0;

		for (y = 0; y < f->rows && y + by < shown.rows; y++)
			if (line_length(f->cell[y], f->columns) &&
			    same_text(f, y, &shown, y + by))
				same++;
		if (same > most) {
			most = same;
			best = by;
		}
	}
	return best;
}

static void print_line(FILE *to, const struct frame *f, u32 y)
{
	u32 x, n = line_length(f->cell[y], f->columns);

	for (x = 0; x < n; x++)
		put_char(to, f->cell[y][x]);
	fputc('\n', to);
}

/* The cursor's line is still being written, unless the screen was still for long */
static void print(FILE *to, const struct frame *f, bool whole)
{
	u32 y, by = scrolled(f), left = MAX_ROWS;

	for (y = 0; y < f->rows; y++) {
		if (!line_length(f->cell[y], f->columns) ||
		    (y + by < shown.rows && same_text(f, y, &shown, y + by)))
			continue;
		if (y == f->cursor_y && !whole)
			left = y;
		else
			print_line(to, f, y);
	}
	shown = *f;
	if (left < MAX_ROWS)
		memset(shown.cell[left], 0, sizeof(shown.cell[left]));
}

/* A screen that is being written to is left alone for a while, for whole lines */
static bool settled(const struct frame *f)
{
	still = memcmp(f, &last, sizeof(*f)) ? 0 : still + 1;
	last = *f;
	if (still != SETTLED && still != STILL && (still || ++waited < PATIENCE))
		return false;
	waited = 0;
	return true;
}

/* --- both ------------------------------------------------------------------------------ */

static void refresh(bool at_once)
{
	static struct frame f;
	char *text = NULL;
	size_t size = 0;
	FILE *to;

	take(&f);
	if ((!f.rows && !f.graphics) || (!terminal && !at_once && !settled(&f)) ||
	    !memcmp(&f, &shown, sizeof(f)))
		return;
	to = open_memstream(&text, &size);
	if (!to)
		return;
	if (terminal)
		draw(to, &f);
	else
		print(to, &f, at_once || still >= STILL);
	fclose(to);
	console_write(text, size);
	free(text);
}

static void *draw_thread(void *unused)
{
	for (;;) {
		usleep(FRAME_US);
		pthread_mutex_lock(&lock);
		refresh(false);
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

static int do_screen(struct vmm *vm, struct control *c)
{
	static struct frame f;
	u32 y;

	(void)vm;
	take(&f);
	if (!f.rows)
		return control_fail(c, "the screen shows no text now");
	for (y = 0; y < f.rows; y++) {
		fputc(' ', c->answer);
		print_line(c->answer, &f, y);
	}
	return 0;
}

/**
 * screen_init() - let the screen be looked at by a command
 * @vm: the machine
 */
void screen_init(struct vmm *vm)
{
	static struct control_command screen = {
		.name = "screen",
		.help = ": the lines of the text screen",
		.run = do_screen,
	};

	machine = vm;
	control_add(&screen);
}

/**
 * screen_start() - show the screen on our stdout from now on
 * Return: 0, or -1 and errno
 */
int screen_start(void)
{
	terminal = isatty(STDOUT_FILENO);
	if (terminal)
		console_mute();
	else
		console_share();
	started = true;
	return io_thread(draw_thread, NULL);
}

/**
 * screen_close() - show it a last time, and leave the terminal below it
 */
void screen_close(void)
{
	if (!started)
		return;
	pthread_mutex_lock(&lock);	/* and keep it: nothing is drawn any more */
	started = false;
	refresh(true);
	if (terminal) {
		char end[40];
		int n = snprintf(end, sizeof(end), "\033[0m\033[?25h\033[%u;1H\r\n", shown.rows);

		console_write(end, n);
	}
}

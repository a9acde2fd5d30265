// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console: the guest's serial line is our stdin and stdout. Output is
 * gathered and written when the guest halts, at a timer event or when much is
 * there. Input is read by a thread that sleeps in read() and hands the bytes
 * over through a ring: one writer, one reader, no lock.
 */
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bus.h"
#include "pc.h"
#include "vmm.h"

#define ESCAPE		('a' & 0x1f)	/* Ctrl-a, as qemu and kvmtool have it */
#define RING		4096		/* a power of two */

static u8 ring[RING];
static u32 ring_head, ring_tail;	/* the reader's and the writer's count */
static sem_t ring_room;			/* posted as the ring gets empty */
static bool ring_waits;

static u8 out[4096];
static size_t out_len;

static bool muted, whole_lines;

/* Who takes the input: the PC's old chips, in the vCPU thread, or another device */
static void (*taker)(void *arg);
static void *taker_arg;

static struct termios cooked;
static bool raw;

static void restore_terminal(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	raw = false;
}

static int make_raw(void)
{
	struct termios tty;

	if (tcgetattr(STDIN_FILENO, &cooked))
		return -1;
	tty = cooked;
	cfmakeraw(&tty);
	raw = true;
	atexit(restore_terminal);
	return tcsetattr(STDIN_FILENO, TCSANOW, &tty);
}

/**
 * console_take() - one byte of input, for who asked by console_redirect()
 * @byte: where to put it
 * Return: false if there is none
 */
bool console_take(u8 *byte)
{
	u32 tail = __atomic_load_n(&ring_tail, __ATOMIC_ACQUIRE);

	if (ring_head == tail)
		return false;
	*byte = ring[ring_head % RING];
	__atomic_store_n(&ring_head, ring_head + 1, __ATOMIC_SEQ_CST);
	if (ring_head == tail && __atomic_exchange_n(&ring_waits, false, __ATOMIC_SEQ_CST))
		sem_post(&ring_room);
	return true;
}

/**
 * console_get() - one byte of input, for the serial port and the keyboard
 * @byte: where to put it
 * Return: false if there is none
 */
bool console_get(u8 *byte)
{
	return !taker && console_take(byte);
}

/**
 * console_redirect() - input is for another device
 * @fn: called in the input thread when there is some, for console_take()
 * @arg: for @fn
 *
 * Before console_init().
 */
void console_redirect(void (*fn)(void *arg), void *arg)
{
	taker = fn;
	taker_arg = arg;
}

static void tell_taker(void)
{
	if (taker)
		taker(taker_arg);
	else
		event_kick();
}

/**
 * console_waits() - whether there is input for console_get()
 * Return: that
 */
bool console_waits(void)
{
	return !taker && ring_head != __atomic_load_n(&ring_tail, __ATOMIC_ACQUIRE);
}

/* Runs in the input thread; waits while the guest does not read */
static void ring_put(u8 byte)
{
	while (ring_tail - __atomic_load_n(&ring_head, __ATOMIC_SEQ_CST) == RING) {
		__atomic_store_n(&ring_waits, true, __ATOMIC_SEQ_CST);
		tell_taker();
		if (ring_tail - __atomic_load_n(&ring_head, __ATOMIC_SEQ_CST) == RING)
			sem_wait(&ring_room);
	}
	ring[ring_tail % RING] = byte;
	__atomic_store_n(&ring_tail, ring_tail + 1, __ATOMIC_RELEASE);
}

static void help(void)
{
	static const char text[] =
		"\r\nCtrl-a h  this help\r\n"
		"Ctrl-a x  end the virtual machine\r\n"
		"Ctrl-a Ctrl-a  send Ctrl-a\r\n";

	fputs(text, stderr);
}

/* One typed byte: false if it was (part of) a command to us */
static bool filter(u8 byte)
{
	static bool escaped;

	if (!raw)
		return true;
	if (!escaped) {
		escaped = byte == ESCAPE;
		return !escaped;
	}
	escaped = false;
	switch (byte) {
	case 'x':
		event_quit(EXIT_SUCCESS);
		return false;
	case 'h':
	case '?':
		help();
		return false;
	}
	return byte == ESCAPE;
}

static void *input_thread(void *unused)
{
	u8 buf[256];
	ssize_t n, i;

	for (;;) {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			if (filter(buf[i]))
				ring_put(buf[i]);
		tell_taker();
	}
	return unused;
}

static void write_all(const u8 *from, size_t size)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	while (size) {
		n = write(STDOUT_FILENO, from, size);
		if (n >= 0) {
			from += n;
			size -= n;
		} else if (errno == EAGAIN) {
			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			break;	/* nobody reads: the guest talks to nobody */
		}
	}
}

/**
 * console_flush() - write out what the guest has sent
 */
void console_flush(void)
{
	size_t n = out_len;

	if (whole_lines && out_len < sizeof(out))
		while (n && out[n - 1] != '\n')
			n--;
	write_all(out, n);
	memmove(out, out + n, out_len - n);
	out_len -= n;
}

/**
 * console_share() - lines of the screen stand among those of the serial port from now on
 */
void console_share(void)
{
	whole_lines = true;
}

/**
 * console_write() - write to stdout beside what the serial port writes; from any thread
 * @text: what
 * @size: bytes
 */
void console_write(const char *text, size_t size)
{
	write_all((const u8 *)text, size);
}

/**
 * console_put() - one byte of output
 * @byte: it
 * Return: true if console_flush() is to be called soon
 */
bool console_put(u8 byte)
{
	if (muted)
		return false;
	if (out_len == sizeof(out))
		console_flush();
	out[out_len++] = byte;
	return out_len == 1 || (whole_lines && byte == '\n');
}

/**
 * console_mute() - what the guest's serial port sends is lost from now on
 */
void console_mute(void)
{
	muted = true;
}

/**
 * console_close() - the last output, and the terminal as it was
 */
void console_close(void)
{
	whole_lines = false;
	console_flush();
	screen_close();
	restore_terminal();
}

/**
 * console_init() - take the terminal, if it is one, and begin to listen
 * Return: 0, or -1 and errno
 */
int console_init(void)
{
	if (isatty(STDIN_FILENO) && make_raw())
		return -1;
	sem_init(&ring_room, 0, 0);
	return io_thread(input_thread, NULL);
}

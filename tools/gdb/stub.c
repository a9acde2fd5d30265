// SPDX-License-Identifier: GPL-2.0-only
/*
 * One session with gdb: packets in, answers out ("Remote Protocol" in gdb's manual).
 * All vCPUs are its threads, numbered from 1, and stop together.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "gdb.h"
#include "kvmfs.h"

#define SIGINT_GDB	2		/* gdb's own numbers */
#define SIGTRAP_GDB	5

struct stub {
	struct gdb_vm g;
	struct gdb_link link;
	unsigned int cpu;		/* index: whose registers and tables count */
	bool swbreak, hwbreak;		/* gdb knows these reasons */
	struct gdb_event last;
	bool done;
	char in[GDB_PACKET + 1];
	char out[GDB_PACKET + 1];
	size_t len;			/* of the answer in @out */
};

/* Set by a signal handler: end the session */
volatile bool gdb_quit;

static int current(const struct stub *s)
{
	return s->g.cpu[s->cpu];
}

static void answer(struct stub *s, const char *text)
{
	s->len = snprintf(s->out, sizeof(s->out), "%s", text);
}

static void error(struct stub *s)
{
	s->len = snprintf(s->out, sizeof(s->out), "E%02x", errno & 0xff);
}

static void answer_hex(struct stub *s, const void *data, size_t n)
{
	const uint8_t *bytes = data;

	for (; n && s->len + 2 < sizeof(s->out); n--)
		s->len += sprintf(s->out + s->len, "%02x", *bytes++);
}

static unsigned int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Bytes of hex digits, at most @max; returns how many */
static size_t unhex(const char *text, uint8_t *bytes, size_t max)
{
	size_t n;

	for (n = 0; n < max; n++, text += 2) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			break;
		bytes[n] = digit(text[0]) << 4 | digit(text[1]);
	}
	return n;
}

/* --- stops ------------------------------------------------------------------------ */

static void answer_stop(struct stub *s)
{
	const struct gdb_event *e = &s->last;
	unsigned int thread = s->g.id[e->cpu] + 1;
	int signal = e->why == STOP_ASKED ? SIGINT_GDB : e->why == STOP_OTHERS ? 0 : SIGTRAP_GDB;

	if (e->why == STOP_GONE) {
		answer(s, "W00");
		s->done = true;
		return;
	}
	s->cpu = e->cpu;
	s->len = sprintf(s->out, "T%02xthread:%x;", signal, thread);
	if (e->why == STOP_WATCH)
		s->len += sprintf(s->out + s->len, "watch:%" PRIx64 ";", e->address);
	else if (e->why == STOP_SOFT && s->swbreak)
		s->len += sprintf(s->out + s->len, "swbreak:;");
	else if (e->why == STOP_HARD && s->hwbreak)
		s->len += sprintf(s->out + s->len, "hwbreak:;");
}

/* Until something stops it, or gdb wants it to; -1: the connection has ended */
static int wait_for_stop(struct stub *s)
{
	struct pollfd fds[] = {
		{ .fd = s->link.in, .events = POLLIN },
		{ .fd = s->g.status, .events = POLLIN },
	};
	int asked;

	while (!vm_stopped(&s->g, &s->last, false)) {
		if (poll(fds, 2, -1) < 0 && gdb_quit)
			return -1;
		if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		asked = link_interrupted(&s->link);
		if (asked < 0)
			return -1;
		if (!asked)
			continue;
		vm_stop(&s->g);
		/* it may have hit something in this moment */
		if (vm_stopped(&s->g, &s->last, true) && s->last.why == STOP_OTHERS)
			s->last.why = STOP_ASKED;
		break;
	}
	return 0;
}

static void go(struct stub *s)
{
	if (vm_go(&s->g))
		error(s);
	else if (wait_for_stop(s))
		s->done = true;
	else
		answer_stop(s);
}

static unsigned int find_thread(struct stub *s, unsigned long thread)
{
	unsigned int i;

	for (i = 0; i < s->g.n_cpus; i++)
		if (s->g.id[i] + 1 == thread)
			return i;
	return GDB_CPUS;
}

static void step_all(struct stub *s, bool step)
{
	unsigned int i;

	for (i = 0; i < s->g.n_cpus; i++)
		s->g.stepping[i] = step;
}

/* ;ACTION[:THREAD]...: the first that names a thread, or names none, is its own */
static void do_vcont(struct stub *s, char *p)
{
	bool decided[GDB_CPUS] = { false };
	char *word, *rest, *colon;
	unsigned int i, only;

	step_all(s, false);
	for (word = strtok_r(p, ";", &rest); word; word = strtok_r(NULL, ";", &rest)) {
		colon = strchr(word, ':');
		only = colon && strcmp(colon, ":-1") ?
		       find_thread(s, strtoul(colon + 1, NULL, 16)) : GDB_CPUS;
		for (i = 0; i < s->g.n_cpus; i++) {
			if (decided[i] || (only != GDB_CPUS && only != i))
				continue;
			decided[i] = true;
			s->g.stepping[i] = *word == 's' || *word == 'S';
		}
	}
	go(s);
}

/* c, s: from where it is, or from an address */
static void do_resume(struct stub *s, bool step, const char *address)
{
	step_all(s, false);
	s->g.stepping[s->cpu] = step;
	if (*address && kvm_set_reg(current(s), KVM_REG_RIP, strtoull(address, NULL, 16)))
		error(s);
	else
		go(s);
}

/* --- registers and memory ------------------------------------------------------------ */

static void do_read_regs(struct stub *s)
{
	uint8_t bytes[GDB_REG_MAX];
	struct gdb_regs r;
	unsigned int n;
	size_t size;

	if (regs_load(current(s), &r)) {
		error(s);
		return;
	}
	for (n = 0; (size = regs_get(s->g.long_mode, &r, n, bytes)); n++)
		answer_hex(s, bytes, size);
}

static void store_regs(struct stub *s, const struct gdb_regs *r, const struct gdb_regs *old)
{
	if (regs_store(current(s), r, old))
		error(s);
	else
		answer(s, "OK");
}

static void do_write_regs(struct stub *s, const char *hex)
{
	uint8_t bytes[GDB_REG_MAX];
	struct gdb_regs r, old;
	size_t size, got;
	unsigned int n;

	if (regs_load(current(s), &old)) {
		error(s);
		return;
	}
	r = old;
	for (n = 0; (got = unhex(hex, bytes, sizeof(bytes))); n++, hex += 2 * size) {
		size = regs_set(s->g.long_mode, &r, n, bytes);
		if (!size || got < size)
			break;
	}
	if (*hex || n < regs_count(s->g.long_mode))	/* all of them, and no more */
		answer(s, "E16");
	else
		store_regs(s, &r, &old);
}

static void do_read_reg(struct stub *s, const char *text)
{
	uint8_t bytes[GDB_REG_MAX];
	struct gdb_regs r;
	size_t size;

	if (regs_load(current(s), &r)) {
		error(s);
		return;
	}
	size = regs_get(s->g.long_mode, &r, strtoul(text, NULL, 16), bytes);
	if (size)
		answer_hex(s, bytes, size);
	else
		answer(s, "E16");
}

static void do_write_reg(struct stub *s, const char *text)
{
	uint8_t bytes[GDB_REG_MAX] = { 0 };
	struct gdb_regs r, old;
	char *equals;
	unsigned int n = strtoul(text, &equals, 16);
	size_t size, got;

	if (*equals != '=' || regs_load(current(s), &old)) {
		error(s);
		return;
	}
	r = old;
	got = unhex(equals + 1, bytes, sizeof(bytes));
	size = regs_set(s->g.long_mode, &r, n, bytes);
	if (size && got == size && !equals[1 + 2 * size])
		store_regs(s, &r, &old);
	else
		answer(s, "E16");
}

/* ADDRESS,LENGTH and what follows */
static char *parse_range(char *p, uint64_t *at, size_t *n)
{
	*at = strtoull(p, &p, 16);
	*n = *p == ',' ? strtoull(p + 1, &p, 16) : 0;
	return p;
}

static void do_read_memory(struct stub *s, char *p)
{
	uint8_t bytes[GDB_PACKET / 2 - 16];
	uint64_t at;
	size_t n;
	int got;

	parse_range(p, &at, &n);
	got = walk_read(&s->g, current(s), at, bytes, n < sizeof(bytes) ? n : sizeof(bytes));
	if (got < 0)
		error(s);
	else
		answer_hex(s, bytes, got);
}

static void write_memory(struct stub *s, uint64_t at, const void *bytes, size_t n)
{
	if (walk_write(&s->g, current(s), at, bytes, n))
		error(s);
	else
		answer(s, "OK");
}

static void do_write_memory(struct stub *s, char *p, size_t len, bool binary)
{
	uint8_t bytes[GDB_PACKET];
	uint64_t at;
	size_t n;

	p = parse_range(p, &at, &n);
	if (*p++ != ':' || n > sizeof(bytes) ||
	    (binary ? len - (p - s->in) != n : unhex(p, bytes, n) != n))
		answer(s, "E16");
	else
		write_memory(s, at, binary ? (void *)p : bytes, n);
}

static void do_point(struct stub *s, bool insert, char *p)
{
	unsigned int kind = *p - '0';
	uint64_t at;
	size_t len;
	int ret;

	if (kind > 4 || p[1] != ',')
		return;
	parse_range(p + 2, &at, &len);
	ret = insert ? point_insert(&s->g, current(s), kind, at, len) :
		       point_remove(&s->g, kind, at);
	if (ret)
		error(s);
	else
		answer(s, "OK");
}

/* --- questions --------------------------------------------------------------------- */

static void do_supported(struct stub *s, const char *p)
{
	s->swbreak = strstr(p, "swbreak+");
	s->hwbreak = strstr(p, "hwbreak+");
	s->len = sprintf(s->out, "PacketSize=%x;qXfer:features:read+;swbreak+;hwbreak+;"
			 "vContSupported+;QStartNoAckMode+", GDB_PACKET);
}

/* OFFSET,LENGTH of target.xml */
static void do_features(struct stub *s, char *p)
{
	static char xml[32768];
	size_t len = regs_xml(s->g.long_mode, xml, sizeof(xml)), n;
	uint64_t at;

	parse_range(p, &at, &n);
	if (at > len)
		at = len;
	if (n > GDB_PACKET / 2)
		n = GDB_PACKET / 2;
	s->out[0] = 'm';
	if (n >= len - at) {
		s->out[0] = 'l';
		n = len - at;
	}
	memcpy(s->out + 1, xml + at, n);
	s->len = n + 1;
}

static void do_threads(struct stub *s)
{
	unsigned int i;

	for (i = 0; i < s->g.n_cpus; i++)
		s->len += sprintf(s->out + s->len, "%c%x", i ? ',' : 'm', s->g.id[i] + 1);
}

/* gdb's `info threads' */
static void do_thread_info(struct stub *s, const char *p)
{
	unsigned int i = find_thread(s, strtoul(p, NULL, 16));
	char text[64];

	if (i == GDB_CPUS) {
		answer(s, "E16");
		return;
	}
	snprintf(text, sizeof(text), "vCPU %u", s->g.id[i]);
	answer_hex(s, text, strlen(text));
}

static void monitor_text(struct stub *s, const char *text)
{
	if (*text)
		answer_hex(s, text, strlen(text));
	else
		answer(s, "OK");
}

static void monitor_translate(struct stub *s, const char *word)
{
	bool physical = s->g.physical;
	char text[320];
	uint64_t gpa;

	s->g.physical = false;
	if (walk(&s->g, current(s), strtoull(word, NULL, 0), &gpa))
		snprintf(text, sizeof(text), "%s is not mapped\n", word);
	else
		snprintf(text, sizeof(text), "%s is at physical %#" PRIx64 "\n", word, gpa);
	s->g.physical = physical;
	monitor_text(s, text);
}

/* gdb's `monitor': a file of the VM, or one of our words */
/* The whole machine, where a monitor runs it */
static int reset_vm(int vm)
{
	return has_monitor(vm) ? ask_monitor(vm, "reset", stderr) : kvmfs_ctl(vm, "reset");
}

static void do_monitor(struct stub *s, const char *hex)
{
	static const char * const files[] = {
		"regs", "status", "exit", "events", "debug", "stat", "memmap", "msrs", "cpuid",
	};
	char line[256], text[GDB_PACKET / 2 - 8];
	unsigned int i;

	line[unhex(hex, (uint8_t *)line, sizeof(line) - 1)] = '\0';
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (strcmp(line, files[i]))
			continue;
		if (vm_file(current(s), line, text, sizeof(text)))
			snprintf(text, sizeof(text), "%s: %s\n", line, strerror(errno));
		monitor_text(s, text);
		return;
	}
	if (!strcmp(line, "phys on") || !strcmp(line, "phys off")) {
		s->g.physical = !strcmp(line, "phys on");
		answer(s, "OK");
	} else if (!strncmp(line, "translate ", 10)) {
		monitor_translate(s, line + 10);
	} else if (!strcmp(line, "reset")) {
		monitor_text(s, reset_vm(s->g.vm) ? "it cannot be reset\n" : "");
	} else {
		monitor_text(s, "phys on|off       addresses of memory are physical, or not\n"
				"translate ADDRESS where a linear address is\n"
				"reset             as `kvmfs reset' does\n"
				"regs status exit events debug stat memmap msrs cpuid\n"
				"                  the file of the vCPU or VM\n");
	}
}

/* As qemu's users know it: maint packet Qqemu.PhyMemMode:1 */
static void do_physical(struct stub *s, const char *p)
{
	s->g.physical = *p == '1';
	answer(s, "OK");
}

static bool starts(char **p, const char *with)
{
	size_t n = strlen(with);

	if (strncmp(*p, with, n))
		return false;
	*p += n;
	return true;
}

static void do_query(struct stub *s, char *p)
{
	if (starts(&p, "qSupported"))
		do_supported(s, p);
	else if (starts(&p, "qXfer:features:read:target.xml:"))
		do_features(s, p);
	else if (starts(&p, "qfThreadInfo"))
		do_threads(s);
	else if (starts(&p, "qsThreadInfo"))
		answer(s, "l");
	else if (starts(&p, "qThreadExtraInfo,"))
		do_thread_info(s, p);
	else if (starts(&p, "qAttached"))
		answer(s, "1");
	else if (starts(&p, "qRcmd,"))
		do_monitor(s, p);
	else if (starts(&p, "qqemu.PhyMemMode"))
		answer(s, s->g.physical ? "1" : "0");
	else if (starts(&p, "Qqemu.PhyMemMode:"))
		do_physical(s, p);
	else if (!strcmp(p, "qC"))
		s->len = sprintf(s->out, "QC%x", s->g.id[s->cpu] + 1);
}

static void do_v(struct stub *s, char *p)
{
	if (starts(&p, "vCont?"))
		answer(s, "vCont;c;C;s;S");
	else if (starts(&p, "vCont;"))
		do_vcont(s, p);
}

/* H and T: -1 and 0 are any */
static void do_thread(struct stub *s, char *p, bool select)
{
	long thread = strtol(p, NULL, 16);
	unsigned int i = thread > 0 ? find_thread(s, thread) : s->cpu;

	if (i == GDB_CPUS) {
		answer(s, "E16");
		return;
	}
	if (select)
		s->cpu = i;
	answer(s, "OK");
}

static void do_packet(struct stub *s, size_t len)
{
	char *p = s->in + 1;

	s->len = 0;
	switch (s->in[0]) {
	case '?':
		answer_stop(s);
		break;
	case 'g':
		do_read_regs(s);
		break;
	case 'G':
		do_write_regs(s, p);
		break;
	case 'p':
		do_read_reg(s, p);
		break;
	case 'P':
		do_write_reg(s, p);
		break;
	case 'm':
		do_read_memory(s, p);
		break;
	case 'M':
	case 'X':
		do_write_memory(s, p, len, s->in[0] == 'X');
		break;
	case 'Z':
	case 'z':
		do_point(s, s->in[0] == 'Z', p);
		break;
	case 'c':
	case 's':
		do_resume(s, s->in[0] == 's', p);
		break;
	case 'C':	/* with a signal, that a machine has no use for */
	case 'S':
		do_resume(s, s->in[0] == 'S', strchr(p, ';') ? strchr(p, ';') + 1 : "");
		break;
	case 'H':
		do_thread(s, p + 1, *p == 'g');
		break;
	case 'T':
		do_thread(s, p, false);
		break;
	case 'q':
	case 'Q':
		do_query(s, s->in);
		break;
	case 'v':
		do_v(s, s->in);
		break;
	case 'D':
		answer(s, "OK");
		s->done = true;
		break;
	case 'k':
		kvmfs_ctl(s->g.vm, "kill");
		s->done = true;
		return;
	}
}

static void serve(struct stub *s)
{
	int len;

	while (!s->done) {
		len = link_receive(&s->link, s->in, sizeof(s->in));
		if (len < 0)
			return;
		if (s->in[0] == '\003')		/* it stands still already */
			continue;
		if (!strcmp(s->in, "QStartNoAckMode")) {
			link_send(&s->link, "OK", 2);
			s->link.no_ack = true;
			continue;
		}
		do_packet(s, len);
		if (s->in[0] != 'k' && link_send(&s->link, s->out, s->len))
			return;
	}
}

/**
 * gdb_session() - let gdb debug a machine, from its stop to its going on
 * @dir: directory descriptor of the VM
 * @arch: what gdb is told that it is
 * @in: gdb's packets come from there
 * @out: and go there
 *
 * Return: 0 after a session, or -1 and errno: the machine cannot be debugged
 */
int gdb_session(int dir, enum gdb_arch arch, int in, int out)
{
	struct stub *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	s->link.in = in;
	s->link.out = out;
	if (vm_attach(&s->g, dir, arch)) {
		free(s);
		return -1;
	}
	s->last.why = STOP_OTHERS;
	serve(s);
	vm_detach(&s->g);
	free(s);
	return 0;
}

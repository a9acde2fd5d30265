// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Exits as lines of text, both ways. The form is that of the file ``exit``:
 * "io out port 0x3f8 size 1 count 1 data 0x41 if 1 ready 0".
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A place to print to, like snprintf()'s but one that remembers */
struct out {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3)))
static void out(struct out *o, const char *fmt, ...)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(room ? o->text + o->len : NULL, room, fmt, args);
	va_end(args);
	o->len += n > 0 ? n : 0;
}

static void out_data(struct out *o, const uint8_t *data, size_t n, int hex)
{
	uint64_t value = 0;
	size_t i;

	if (!hex && n <= sizeof(value)) {
		memcpy(&value, data, n);
		out(o, " data 0x%llx", (unsigned long long)value);
		return;
	}
	out(o, " data hex:");
	for (i = 0; i < n; i++)
		out(o, "%02x", data[i]);
}

static void out_io(struct out *o, const struct kvm_exit *e)
{
	size_t n = (size_t)e->io.size * e->io.count;

	out(o, "io %s port 0x%x size %u count %u", e->io.write ? "out" : "in",
	    e->io.port, e->io.size, e->io.count);
	if (e->io.write)
		out_data(o, e->data, n < KVM_EXIT_DATA ? n : KVM_EXIT_DATA, e->io.count > 1);
}

static void out_mmio(struct out *o, const struct kvm_exit *e)
{
	out(o, "mmio %s gpa 0x%llx size %u", e->mmio.write ? "write" : "read",
	    (unsigned long long)e->mmio.gpa, e->mmio.size);
	if (e->mmio.write)
		out_data(o, e->data, e->mmio.size, 0);
}

static void out_msr(struct out *o, const struct kvm_exit *e)
{
	out(o, "msr %s index 0x%x", e->msr.write ? "write" : "read", e->msr.index);
	if (e->msr.write)
		out(o, " value 0x%llx", (unsigned long long)e->msr.value);
}

static void out_hypercall(struct out *o, const struct kvm_exit *e)
{
	out(o, "hypercall rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rsi 0x%llx",
	    (unsigned long long)e->hypercall.rax, (unsigned long long)e->hypercall.rbx,
	    (unsigned long long)e->hypercall.rcx, (unsigned long long)e->hypercall.rdx,
	    (unsigned long long)e->hypercall.rsi);
}

static void out_reason(struct out *o, const struct kvm_exit *e)
{
	switch (e->reason) {
	case KVMFS_EXIT_IO:
		out_io(o, e);
		break;
	case KVMFS_EXIT_MMIO:
		out_mmio(o, e);
		break;
	case KVMFS_EXIT_HLT:
		out(o, "hlt");
		break;
	case KVMFS_EXIT_IRQ_WINDOW:
		out(o, "irq-window");
		break;
	case KVMFS_EXIT_DEBUG:
		out(o, "debug dr6 0x%llx rip 0x%llx vector %u",
		    (unsigned long long)e->debug.dr6, (unsigned long long)e->debug.rip,
		    e->debug.vector);
		break;
	case KVMFS_EXIT_SHUTDOWN:
		out(o, "shutdown");
		break;
	case KVMFS_EXIT_HYPERCALL:
		out_hypercall(o, e);
		break;
	case KVMFS_EXIT_MSR:
		out_msr(o, e);
		break;
	case KVMFS_EXIT_FAIL_ENTRY:
		out(o, "fail-entry code 0x%llx info 0x%llx 0x%llx",
		    (unsigned long long)e->fail.code, (unsigned long long)e->fail.info[0],
		    (unsigned long long)e->fail.info[1]);
		break;
	default:
		out(o, "internal-error");
	}
}

/**
 * kvmfs_exit_print() - an exit as a line of text
 * @exit: the exit
 * @text: where to; KVMFS_EXIT_TEXT bytes are always enough
 * @size: of @text
 * Return: the length of the line, @size or more if it was cut
 */
KVMFS_API int kvmfs_exit_print(const struct kvm_exit *exit, char *text, size_t size)
{
	struct out o = { .text = text, .size = size };

	if (!exit->reason) {
		out(&o, "none");
		return o.len;
	}
	out_reason(&o, exit);
	out(&o, " if %d ready %d", !!(exit->state & KVMFS_STATE_IF),
	    !!(exit->state & KVMFS_STATE_IRQ_READY));
	return o.len;
}

/*
 * Parsing. Each function takes what it understands off the front of *p and
 * returns 1, or leaves it and returns 0.
 */

/* Does a word end here? */
static int ends(char c)
{
	return !c || c == ' ' || c == '\n';
}

static int word(const char **p, const char *want)
{
	const char *s = *p + strspn(*p, " ");
	size_t n = strlen(want);

	if (strncmp(s, want, n) || !ends(s[n]))
		return 0;
	*p = s + n;
	return 1;
}

static int number(const char **p, uint64_t max, uint64_t *value)
{
	const char *s = *p + strspn(*p, " ");
	char *end;

	if (*s < '0' || *s > '9')
		return 0;
	errno = 0;
	*value = strtoull(s, &end, 0);
	if (errno || *value > max || !ends(*end))
		return 0;
	*p = end;
	return 1;
}

static int field(const char **p, const char *name, uint64_t max, uint64_t *value)
{
	return word(p, name) && number(p, max, value);
}

/* One of two words; *value is which */
static int either(const char **p, const char *no, const char *yes, uint64_t *value)
{
	*value = word(p, yes);
	return *value || word(p, no);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_bytes(const char **p, uint8_t *data, size_t n)
{
	const char *s = *p;
	size_t i;

	for (i = 0; i < n; i++, s += 2) {
		if (hex_digit(s[0]) < 0 || hex_digit(s[1]) < 0)
			return 0;
		data[i] = hex_digit(s[0]) << 4 | hex_digit(s[1]);
	}
	if (!ends(*s))
		return 0;
	*p = s;
	return 1;
}

static int parse_data(const char **p, uint8_t *data, size_t n)
{
	uint64_t value;

	if (!word(p, "data"))
		return 0;
	*p += strspn(*p, " ");
	if (!strncmp(*p, "hex:", 4)) {
		*p += 4;
		return hex_bytes(p, data, n);
	}
	if (n > sizeof(value) || !number(p, UINT64_MAX, &value))
		return 0;
	if (n < sizeof(value) && value >> (8 * n))
		return 0;
	memcpy(data, &value, n);
	return 1;
}

static int parse_io(const char **p, struct kvm_exit *e)
{
	uint64_t out, port, size, count;

	if (!either(p, "in", "out", &out) || !field(p, "port", 0xffff, &port) ||
	    !field(p, "size", 4, &size) || !field(p, "count", KVM_EXIT_DATA, &count) ||
	    !count || !size || size == 3 || size * count > KVM_EXIT_DATA)
		return 0;
	e->reason = KVMFS_EXIT_IO;
	e->io.write = out;
	e->io.port = port;
	e->io.size = size;
	e->io.count = count;
	return !out || parse_data(p, e->data, size * count);
}

static int parse_mmio(const char **p, struct kvm_exit *e)
{
	uint64_t write, gpa, size;

	if (!either(p, "read", "write", &write) || !field(p, "gpa", UINT64_MAX, &gpa) ||
	    !field(p, "size", 64, &size) || !size)
		return 0;
	e->reason = KVMFS_EXIT_MMIO;
	e->mmio.write = write;
	e->mmio.gpa = gpa;
	e->mmio.size = size;
	return !write || parse_data(p, e->data, size);
}

static int parse_debug(const char **p, struct kvm_exit *e)
{
	uint64_t dr6, rip, vector;

	if (!field(p, "dr6", UINT64_MAX, &dr6) || !field(p, "rip", UINT64_MAX, &rip) ||
	    !field(p, "vector", 255, &vector))
		return 0;
	e->reason = KVMFS_EXIT_DEBUG;
	e->debug.dr6 = dr6;
	e->debug.rip = rip;
	e->debug.vector = vector;
	return 1;
}

static int parse_hypercall(const char **p, struct kvm_exit *e)
{
	static const char * const names[] = { "rax", "rbx", "rcx", "rdx", "rsi" };
	uint64_t value;
	size_t i;

	for (i = 0; i < 5; i++) {
		if (!field(p, names[i], UINT64_MAX, &value))
			return 0;
		e->raw[i] = value;
	}
	e->reason = KVMFS_EXIT_HYPERCALL;
	return 1;
}

static int parse_msr(const char **p, struct kvm_exit *e)
{
	uint64_t write, index, value = 0;

	if (!either(p, "read", "write", &write) || !field(p, "index", UINT32_MAX, &index) ||
	    (write && !field(p, "value", UINT64_MAX, &value)))
		return 0;
	e->reason = KVMFS_EXIT_MSR;
	e->msr.write = write;
	e->msr.index = index;
	e->msr.value = value;
	return 1;
}

static int parse_fail(const char **p, struct kvm_exit *e)
{
	uint64_t code, info0, info1;

	if (!field(p, "code", UINT64_MAX, &code) || !field(p, "info", UINT64_MAX, &info0) ||
	    !number(p, UINT64_MAX, &info1))
		return 0;
	e->reason = KVMFS_EXIT_FAIL_ENTRY;
	e->fail.code = code;
	e->fail.info[0] = info0;
	e->fail.info[1] = info1;
	return 1;
}

static int parse_bare(const char **p, struct kvm_exit *e)
{
	if (word(p, "hlt"))
		e->reason = KVMFS_EXIT_HLT;
	else if (word(p, "irq-window"))
		e->reason = KVMFS_EXIT_IRQ_WINDOW;
	else if (word(p, "shutdown"))
		e->reason = KVMFS_EXIT_SHUTDOWN;
	else if (word(p, "internal-error"))
		e->reason = KVMFS_EXIT_ERROR;
	return !!e->reason;
}

static int parse_reason(const char **p, struct kvm_exit *e)
{
	static const struct {
		const char *name;
		int (*parse)(const char **p, struct kvm_exit *e);
	} rows[] = {
		{ "io", parse_io },
		{ "mmio", parse_mmio },
		{ "debug", parse_debug },
		{ "hypercall", parse_hypercall },
		{ "msr", parse_msr },
		{ "fail-entry", parse_fail },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (word(p, rows[i].name))
			return rows[i].parse(p, e);
	return parse_bare(p, e);
}

static int parse_state(const char **p, struct kvm_exit *e)
{
	uint64_t flag, ready;

	if (!field(p, "if", 1, &flag) || !field(p, "ready", 1, &ready))
		return 0;
	e->state = (flag ? KVMFS_STATE_IF : 0) | (ready ? KVMFS_STATE_IRQ_READY : 0);
	return 1;
}

/**
 * kvmfs_exit_parse() - a line of text as an exit
 * @text: the line, with or without its newline; "none" is reason 0
 * @exit: filled, but for request and vector
 * Return: 0, or -1 and EINVAL, and *@exit is not to be used
 */
KVMFS_API int kvmfs_exit_parse(const char *text, struct kvm_exit *exit)
{
	const char *p = text;

	exit->reason = 0;
	exit->state = 0;
	memset(exit->raw, 0, sizeof(exit->raw));
	if (word(&p, "none") || (parse_reason(&p, exit) && parse_state(&p, exit))) {
		p += strspn(p, " ");
		if (!*p || !strcmp(p, "\n"))
			return 0;
	}
	errno = EINVAL;
	return -1;
}

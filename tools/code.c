// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions of a vCPU, as text: bytes by way of its page tables (gdb/walk.c), and
 * kvmfs-disasm (disasm.c) makes text of them; it is a process of its own because Debian has a
 * shared library of zydis alone, and `kvmfs' is static. Without it there are the bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "code.h"
#include "command.h"
#include "gdb/gdb.h"
#include "kvmfs.h"

#define PROGRAM		"kvmfs-disasm"
#define LONGEST		15		/* bytes of an instruction */

#define EFER_LMA	(1ull << 10)
#define ATTR_LONG	(1ull << 13)
#define ATTR_32		(1ull << 14)

/* A socket that kvmfs-disasm reads and writes, or -1; if so @missing says why */
static int helper = -1, missing;

static void start_helper(void)
{
	char *args[] = { PROGRAM, NULL };
	int pair[2];

	if (helper >= 0 || missing)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		missing = errno;
		return;
	}
	missing = program_start(args, pair[1], pair[1]);
	close(pair[1]);
	if (missing)
		close(pair[0]);
	else
		helper = pair[0];
}

/* A line there, a line back; false: there is nobody */
static bool ask_helper(const char *question, char *answer, size_t size)
{
	size_t len = 0;
	ssize_t n;

	start_helper();
	if (helper < 0)
		return false;
	if (send(helper, question, strlen(question), MSG_NOSIGNAL) > 0)
		while (len + 1 < size) {
			n = recv(helper, answer + len, size - len - 1, 0);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			len += n;
			if (answer[len - 1] != '\n')
				continue;
			answer[len - 1] = '\0';
			return true;
		}
	close(helper);
	helper = -1;
	missing = EPIPE;
	return false;
}

/**
 * code_open() - where a vCPU is
 * @c: filled: its next instruction
 * @cpu: directory descriptor; stays the caller's
 * Return: 0, or -1 and errno
 */
int code_open(struct code *c, int cpu)
{
	uint64_t rip, base, attr, efer;

	if (kvm_get_reg(cpu, KVM_REG_RIP, &rip) || kvm_get_reg(cpu, KVM_REG_CS_BASE, &base) ||
	    kvm_get_reg(cpu, KVM_REG_CS_ATTR, &attr) || kvm_get_reg(cpu, KVM_REG_EFER, &efer))
		return -1;
	c->cpu = cpu;
	c->mem = openat(cpu, "mem", O_RDONLY | O_CLOEXEC);
	/* of a vCPU that is not the first, it is one above */
	if (c->mem < 0)
		c->mem = openat(cpu, "../mem", O_RDONLY | O_CLOEXEC);
	if (c->mem < 0)
		return -1;
	c->bits = attr & ATTR_32 ? 32 : 16;
	if (efer & EFER_LMA && attr & ATTR_LONG)
		c->bits = 64;
	c->base = c->bits == 64 ? 0 : base;
	code_go(c, rip);
	return 0;
}

/**
 * code_go() - to another place
 * @c: changed
 * @rip: as the vCPU's RIP would be there
 */
void code_go(struct code *c, uint64_t rip)
{
	c->at = c->base + rip;
	if (c->bits != 64)
		c->at = (uint32_t)c->at;
}

/**
 * code_close() - the end of code_open()
 * @c: it
 */
void code_close(struct code *c)
{
	close(c->mem);
}

static int read_bytes(struct code *c, uint8_t *bytes)
{
	static struct gdb_vm g;

	g.mem = c->mem;
	errno = 0;
	return walk_read(&g, c->cpu, c->at, bytes, LONGEST);
}

/* Returns the instruction's length; 0: it is none */
static unsigned int translate(const struct code *c, const uint8_t *bytes, int n, char *text,
			      size_t size)
{
	char line[128], answer[CODE_TEXT];
	unsigned int length;
	size_t at;
	int i, start;

	at = sprintf(line, "%u %" PRIx64 " ", c->bits, c->at);
	for (i = 0; i < n; i++)
		at += sprintf(line + at, "%02x", bytes[i]);
	strcpy(line + at, "\n");
	if (!ask_helper(line, answer, sizeof(answer))) {
		snprintf(text, size, "(" PROGRAM ": %s)", strerror(missing));
		return 0;
	}
	if (sscanf(answer, "%u %n", &length, &start) != 1 || (int)length > n)
		return 0;
	snprintf(text, size, "%s", answer + start);
	return length;
}

/**
 * code_next() - an instruction as text: "0x7c00: fa  cli"
 * @c: where; is behind it then, or a byte further if it is none
 * @text: out; if there is nothing to read, a sentence that says so
 * Return: 0, or -1 if there is nothing to read
 */
int code_next(struct code *c, char text[CODE_TEXT])
{
	char insn[CODE_TEXT / 2] = "(no instruction)";
	uint8_t bytes[LONGEST];
	int i, n = read_bytes(c, bytes);
	unsigned int length;
	size_t at;

	at = snprintf(text, CODE_TEXT, "0x%" PRIx64 ":", c->at);
	if (n <= 0) {
		snprintf(text + at, CODE_TEXT - at, " cannot be read: %s", errno == EFAULT ?
			 "its page tables map nothing there" : "there is no memory");
		return -1;
	}
	length = translate(c, bytes, n, insn, sizeof(insn));
	/* all of them, where nobody knows how many are one */
	for (i = 0; i < (int)length || (!length && i < n); i++)
		at += snprintf(text + at, CODE_TEXT - at, " %02x", bytes[i]);
	snprintf(text + at, CODE_TEXT - at, "  %s", insn);
	c->at += length ? length : 1;
	if (c->bits != 64)
		c->at = (uint32_t)c->at;
	return 0;
}

/**
 * code_here() - the next instruction of a vCPU as text
 * @cpu: directory descriptor
 * @text: as of code_next(); "" where not even registers can be read
 * Return: 0, or -1 if it cannot be read
 */
int code_here(int cpu, char text[CODE_TEXT])
{
	uint64_t rip;

	*text = '\0';
	return kvm_get_reg(cpu, KVM_REG_RIP, &rip) ? -1 : code_rip(cpu, rip, text);
}

/**
 * code_rip() - an instruction of a vCPU as text
 * @cpu: directory descriptor
 * @rip: where, in the code segment that it has now
 * @text: as of code_here()
 * Return: 0, or -1 if it cannot be read
 */
int code_rip(int cpu, uint64_t rip, char text[CODE_TEXT])
{
	struct code c;
	int ret;

	*text = '\0';
	if (code_open(&c, cpu))
		return -1;
	code_go(&c, rip);
	ret = code_next(&c, text);
	code_close(&c);
	return ret;
}

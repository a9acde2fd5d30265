// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users write into the files of a VM: each row of THE TABLE, its text and its
 * binary window, over the fake core of the unit tests.
 *
 * An input is a sequence of writes, parted by a byte 0x1e: the name of a file, then
 * letters for the kind of write (below), a newline, and what is written. A name that
 * is none takes a row by its first byte, so that new rows are found by themselves.
 */
#include <stdint.h>
#include "fs-fake.h"
#include "ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEXT	0x1e

/* letters after the name */
#define ADD	'a'	/* not at the file's start */
#define TRUNC	't'	/* opened with O_TRUNC */
#define OTHER	'o'	/* of the second vCPU */
#define WANTS	'w'	/* an input of the guest is pending */
#define BINARY	'b'	/* at an offset of the window, the first two bytes */

static void nothing_held(void)
{
	ENSURE(!fake_vcpu[0].held && !fake_vcpu[1].held);
	ENSURE(!fake.lock.held && !fake.map_sem.readers);
}

static void map_is_sorted(void)
{
	unsigned int i;

	for (i = 1; i < fake.n_map; i++)
		ENSURE(fake.map[i - 1].gpa + fake.map[i - 1].size <= fake.map[i].gpa);
}

/* what it shows, to be freed; NULL if it shows nothing */
static char *contents(const struct kvmfs_file *row, struct kvmfs_cpu *c, size_t *n)
{
	struct text t = {};
	char *copy;

	if (!row->show || row->show(c, &t)) {
		text_free(&t);
		return NULL;
	}
	if (row->size && !(row->flags & KVMFS_MEM))
		ENSURE(row->size(c) == t.len);
	*n = t.len;
	copy = malloc(t.len + 1);
	memcpy(copy, t.buf ?: "", t.len);
	text_free(&t);
	return copy;
}

static int store(const struct kvmfs_file *row, struct kvmfs_cpu *c, const void *p, size_t n,
		 bool add, bool trunc)
{
	struct input in = { .len = n, .add = add, .trunc = trunc };
	int ret;

	/* exactly as long as needed, so that the sanitizer sees overruns */
	in.buf = malloc(n + 1);
	memcpy(in.buf, p, n);
	kvmfs_may_store(row, c, &in);
	ret = kvmfs_store(row, c, &in);
	free(in.buf);
	nothing_held();
	return ret;
}

/* a state that was read can be written, and is then the same */
static void round_trip(const struct kvmfs_file *row, struct kvmfs_cpu *c)
{
	size_t n = 0, m = 0;
	char *was = contents(row, c, &n), *is;

	if (was && row->mode == 0600 && !(row->flags & KVMFS_EVENTS) && n) {
		ENSURE(!store(row, c, was, n, false, true));
		is = contents(row, c, &m);
		ENSURE(is && m == n && !memcmp(is, was, n));
		free(is);
	}
	free(was);
}

static void window(const struct kvmfs_file *row, struct kvmfs_cpu *c, const uint8_t *p, size_t n)
{
	size_t off;
	void *buf;

	if (!row->put || n < 2)
		return;
	off = p[0] | p[1] << 8;
	n -= 2;
	/* as the mount cuts it */
	if (off >= row->window_size)
		return;
	if (n > row->window_size - off)
		n = row->window_size - off;
	row->put(c, off, p + 2, n);
	nothing_held();
	buf = malloc(n + 1);
	row->get(c, off, buf, n);
	free(buf);
	nothing_held();
}

static const struct kvmfs_file *find_row(const uint8_t *p, size_t n)
{
	const struct kvmfs_file *row = kvmfs_find((const char *)p, n, true);

	return row ?: &kvmfs_files[(n ? *p : 0) % kvmfs_n_files];
}

#define CANARY	0xa5

/* an answer to a guest's input is as long as that, and no longer */
static void answer_fits(const struct vcpu *v)
{
	size_t i;

	for (i = v->wants; i < sizeof(v->exit.data); i++)
		ENSURE(v->exit.data[i] == CANARY);
}

static bool has(const uint8_t *p, size_t n, char letter)
{
	return memchr(p, letter, n);
}

static void one_write(const uint8_t *p, size_t n)
{
	const uint8_t *line = memchr(p, '\n', n), *space;
	size_t head = line ? line - p : n, name;
	const struct kvmfs_file *row;
	struct kvmfs_cpu *c;

	space = memchr(p, ' ', head);
	name = space ? space - p : head;
	row = find_row(p, name);
	c = &fake_cpu[!(row->flags & KVMFS_OF_VM) && has(p + name, head - name, OTHER)];
	c->vcpu->wants = has(p + name, head - name, WANTS) ? 8 : 0;
	memset(c->vcpu->exit.data, CANARY, sizeof(c->vcpu->exit.data));
	p += head + !!line;
	n -= head + !!line;
	if (has(p - head - !!line + name, head - name, BINARY)) {
		window(row, c, p, n);
	} else if (n < KVMFS_TEXT_MAX) {
		store(row, c, p, n, has(p - head - !!line + name, head - name, ADD),
		      has(p - head - !!line + name, head - name, TRUNC));
	}
	map_is_sorted();
	if (row->store == run_store)
		answer_fits(c->vcpu);
	round_trip(row, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *next;

	fake_reset();
	for (; data < end; data = next + 1) {
		next = memchr(data, NEXT, end - data) ?: end;
		one_write(data, next - data);
	}
	fake_reset();
	return 0;
}

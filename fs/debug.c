// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``debug``: single step, breakpoints and watchpoints of the host's.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "fs/contents.h"

#define N_POINTS	ARRAY_SIZE(((struct vcpu_debug *)0)->point)

int debug_show(struct kvmfs_cpu *c, struct text *t)
{
	const struct debug_point *p;
	struct vcpu_debug d;
	int ret = vcpu_freeze(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_debug(c->vcpu, &d);
	vcpu_thaw(c->vcpu);
	text_printf(t, "step %s\n", d.step ? "on" : "off");
	if (d.int3)
		text_printf(t, "int3 on\n");
	if (d.hold)
		text_printf(t, "hold on\n");
	for (p = d.point; p < d.point + N_POINTS; p++) {
		if (!p->used)
			continue;
		if (p->kind == DEBUG_BREAK)
			text_printf(t, "break 0x%llx\n", p->gva);
		else
			text_printf(t, "watch 0x%llx %u %s\n", p->gva, p->len,
				    p->kind == DEBUG_WATCH_W ? "w" : "rw");
	}
	return 0;
}

/* puts @new into a free place, or leaves it if it is there already */
static int add_point(struct input *in, struct vcpu_debug *d, struct debug_point new)
{
	struct debug_point *p, *room = NULL;

	for (p = d->point; p < d->point + N_POINTS; p++) {
		if (!p->used)
			room = room ? room : p;
		else if (p->gva == new.gva && p->kind == new.kind && p->len == new.len)
			return 0;
	}
	if (!room)
		return input_fail(in, "there are only %zu points", N_POINTS);
	*room = new;
	return 0;
}

static int parse_break(struct input *in, struct vcpu_debug *d)
{
	struct debug_point p = { .used = 1, .kind = DEBUG_BREAK, .len = 1 };
	int ret = input_u64(in, &p.gva);

	return ret ? ret : add_point(in, d, p);
}

static int parse_watch(struct input *in, struct vcpu_debug *d)
{
	struct debug_point p = { .used = 1 };
	bool rw;
	u64 len;
	int ret;

	ret = input_u64(in, &p.gva);
	if (!ret)
		ret = input_u64(in, &len);
	if (!ret)
		ret = input_bool(in, "w", "rw", &rw);
	if (ret)
		return ret;
	if (len != 1 && len != 2 && len != 4 && len != 8)
		return input_fail(in, "a watchpoint has 1, 2, 4 or 8 bytes");
	if (p.gva & (len - 1))
		return input_fail(in, "0x%llx is not a multiple of %llu", p.gva, len);
	p.len = len;
	p.kind = rw ? DEBUG_WATCH_RW : DEBUG_WATCH_W;
	return add_point(in, d, p);
}

/* all points, or those at the address that follows */
static int parse_clear(struct input *in, struct vcpu_debug *d)
{
	struct debug_point *p;
	char *word = input_word(in);
	bool found = !word;
	u64 gva = 0;

	if (word && text_u64(word, &gva))
		return input_fail(in, "\"%.32s\" is not a number", word);
	for (p = d->point; p < d->point + N_POINTS; p++) {
		if (p->used && (!word || p->gva == gva)) {
			memset(p, 0, sizeof(*p));
			found = true;
		}
	}
	return found ? 0 : input_fail(in, "no point at 0x%llx", gva);
}

static int parse_setting(struct input *in, struct vcpu_debug *d)
{
	char *word = input_word(in);

	if (!strcmp(word, "step"))
		return input_bool(in, "off", "on", &d->step);
	if (!strcmp(word, "int3"))
		return input_bool(in, "off", "on", &d->int3);
	if (!strcmp(word, "hold"))
		return input_bool(in, "off", "on", &d->hold);
	if (!strcmp(word, "break"))
		return parse_break(in, d);
	if (!strcmp(word, "watch"))
		return parse_watch(in, d);
	if (!strcmp(word, "clear"))
		return parse_clear(in, d);
	return input_fail(in, "\"%.32s\" is none of step, int3, hold, break, watch, clear", word);
}

int debug_store(struct kvmfs_cpu *c, struct input *in)
{
	struct vcpu_debug d;
	int ret = vcpu_claim(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_debug(c->vcpu, &d);
	while (!ret && input_line(in)) {
		ret = parse_setting(in, &d);
		if (!ret)
			ret = input_end(in);
	}
	if (!ret)
		ret = vcpu_set_debug(c->vcpu, &d);
	vcpu_release(c->vcpu);
	return ret;
}

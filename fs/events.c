// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``events``: what a vCPU is in the middle of, so that with ``regs``, ``fpregs``,
 * ``msrs`` and ``irq`` nothing of it is left out.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "fs/contents.h"

static const char *const event_name[] = {
	[EVENT_NONE] = "none", [EVENT_EXCEPTION] = "exception", [EVENT_IRQ] = "interrupt",
	[EVENT_NMI] = "nmi", [EVENT_SOFT] = "soft", [EVENT_SHUTDOWN] = "shutdown",
};

/* --- printing ---------------------------------------------------------- */

static void show_event(struct text *t, const struct vcpu_events *e)
{
	text_printf(t, "event %s", event_name[e->event]);
	if (e->event == EVENT_EXCEPTION || e->event == EVENT_IRQ || e->event == EVENT_SOFT)
		text_printf(t, " 0x%02x", e->vector);
	if (e->has_error)
		text_printf(t, " error 0x%x", e->error);
	if (e->event == EVENT_SOFT)
		text_printf(t, " length %u", e->insn_len);
	text_printf(t, "\n");
}

static void show_pending(struct text *t, const struct vcpu_events *e)
{
	if (e->pending == PENDING_NONE) {
		text_printf(t, "pending none\n");
		return;
	}
	text_printf(t, "pending %s rip 0x%llx", e->pending == PENDING_IN ? "in" : "insn", e->rip);
	if (e->pending == PENDING_IN)
		text_printf(t, " next 0x%llx", e->next);
	if (e->mmio)
		text_printf(t, " gpa 0x%llx size %u\n", e->gpa, e->size);
	else
		text_printf(t, " port 0x%x size %u count %u\n", e->port, e->size, e->count);
}

static void show_answers(struct text *t, const struct vcpu_events *e)
{
	unsigned int i;
	u64 v;

	for (i = 0; i < e->n_answers; i++) {
		v = 0;
		memcpy(&v, e->answer[i].data, e->answer[i].size);
		text_printf(t, "answer gpa 0x%llx size %u data 0x%llx\n", e->answer[i].addr,
			    e->answer[i].size, v);
	}
}

int events_show(struct kvmfs_cpu *c, struct text *t)
{
	struct vcpu_events e;
	int ret = vcpu_freeze(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_events(c->vcpu, &e);
	vcpu_thaw(c->vcpu);
	show_event(t, &e);
	if (e.again < 0)
		text_printf(t, "again none\n");
	else
		text_printf(t, "again 0x%02x\n", e.again);
	text_printf(t, "shadow %s\n", e.shadow ? "yes" : "no");
	text_printf(t, "nmi_blocked %s\n", e.nmi_blocked ? "yes" : "no");
	text_printf(t, "trap %s\n", e.trap ? "yes" : "no");
	if (e.pdptr)
		text_printf(t, "pdptr cr3 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx\n", e.pdptr_cr3,
			    e.pdpte[0], e.pdpte[1], e.pdpte[2], e.pdpte[3]);
	else
		text_printf(t, "pdptr none\n");
	show_pending(t, &e);
	show_answers(t, &e);
	return 0;
}

/* --- reading ------------------------------------------------------------ */

/* a number that is at most @max */
static int input_max(struct input *in, u64 *v, u64 max)
{
	int ret = input_u64(in, v);

	if (!ret && *v > max)
		return input_fail(in, "0x%llx is more than 0x%llx", *v, max);
	return ret;
}

/* the word @name, and then its number */
static int input_named(struct input *in, const char *name, u64 *v, u64 max)
{
	char *word = input_word(in);

	if (!word || strcmp(word, name))
		return input_fail(in, "expected %s", name);
	return input_max(in, v, max);
}

static int parse_event(struct input *in, struct vcpu_events *e)
{
	char *word = input_word(in);
	u64 vector = 0, length = 0, error = 0;
	int ret = 0, kind;

	kind = word ? match_string(event_name, ARRAY_SIZE(event_name), word) : -1;
	if (kind < 0)
		return input_fail(in, "event is none, exception, interrupt, nmi, soft or shutdown");
	if (kind == EVENT_EXCEPTION || kind == EVENT_IRQ || kind == EVENT_SOFT)
		ret = input_max(in, &vector, 255);
	if (!ret && kind == EVENT_SOFT)
		ret = input_named(in, "length", &length, 15);
	e->event = kind;
	e->vector = kind == EVENT_NMI ? 2 : vector;
	e->insn_len = length;
	while (*in->word == ' ' || *in->word == '\t')
		in->word++;
	e->has_error = !ret && kind == EVENT_EXCEPTION && *in->word;
	if (e->has_error)
		ret = input_named(in, "error", &error, U32_MAX);
	e->error = error;
	return ret;
}

static int parse_again(struct input *in, struct vcpu_events *e)
{
	char *word = input_word(in);
	u64 vector;

	e->again = -1;
	if (word && !strcmp(word, "none"))
		return 0;
	if (!word || text_u64(word, &vector) || vector > 255)
		return input_fail(in, "expected a vector or none");
	e->again = vector;
	return 0;
}

static int parse_pdptr(struct input *in, struct vcpu_events *e)
{
	unsigned int i;
	int ret = input_bool(in, "none", "cr3", &e->pdptr);

	if (ret || !e->pdptr)
		return ret;
	ret = input_u64(in, &e->pdptr_cr3);
	for (i = 0; i < ARRAY_SIZE(e->pdpte) && !ret; i++)
		ret = input_u64(in, &e->pdpte[i]);
	return ret;
}

/* gpa ... or port ...: what was asked for */
static int parse_asked(struct input *in, struct vcpu_events *e)
{
	u64 port = 0, size = 0, count = 0;
	int ret = input_bool(in, "port", "gpa", &e->mmio);

	if (ret)
		return ret;
	ret = e->mmio ? input_u64(in, &e->gpa) : input_max(in, &port, 0xffff);
	if (!ret)
		ret = input_named(in, "size", &size, 8);
	if (!ret && !e->mmio)
		ret = input_named(in, "count", &count, KVM_EXIT_DATA);
	e->port = port;
	e->size = size;
	e->count = count;
	return ret;
}

/* replaces the answers as well */
static int parse_pending(struct input *in, struct vcpu_events *e)
{
	char *word = input_word(in);
	int ret = 0;

	e->n_answers = 0;
	e->rip = 0;
	e->next = 0;
	e->gpa = 0;
	e->mmio = false;
	if (word && !strcmp(word, "none")) {
		e->pending = PENDING_NONE;
		e->port = 0;
		e->size = 0;
		e->count = 0;
		return 0;
	}
	if (!word || (strcmp(word, "in") && strcmp(word, "insn")))
		return input_fail(in, "pending is none, in or insn");
	e->pending = strcmp(word, "in") ? PENDING_EMUL : PENDING_IN;
	ret = input_named(in, "rip", &e->rip, U64_MAX);
	if (!ret && e->pending == PENDING_IN)
		ret = input_named(in, "next", &e->next, U64_MAX);
	if (!ret)
		ret = parse_asked(in, e);
	if (!ret && e->pending == PENDING_IN && e->mmio)
		return input_fail(in, "in is of a port");
	return ret;
}

static int parse_answer(struct input *in, struct vcpu_events *e)
{
	struct io_answer *a = &e->answer[e->n_answers];
	u64 size = 0, data = 0;
	int ret;

	if (e->n_answers == VCPU_MAX_ANSWERS - 1)
		return input_fail(in, "too many answers");
	memset(a, 0, sizeof(*a));
	ret = input_named(in, "gpa", &a->addr, U64_MAX);
	if (!ret)
		ret = input_named(in, "size", &size, 8);
	if (!ret)
		ret = input_named(in, "data", &data, U64_MAX);
	if (ret)
		return ret;
	if (size < 8 && data >> (8 * size))
		return input_fail(in, "0x%llx has more than %llu bytes", data, size);
	a->size = size;
	memcpy(a->data, &data, sizeof(data));
	e->n_answers++;
	return 0;
}

static int parse_line(struct input *in, struct vcpu_events *e)
{
	char *word = input_word(in);

	if (!strcmp(word, "event"))
		return parse_event(in, e);
	if (!strcmp(word, "again"))
		return parse_again(in, e);
	if (!strcmp(word, "shadow"))
		return input_bool(in, "no", "yes", &e->shadow);
	if (!strcmp(word, "nmi_blocked"))
		return input_bool(in, "no", "yes", &e->nmi_blocked);
	if (!strcmp(word, "trap"))
		return input_bool(in, "no", "yes", &e->trap);
	if (!strcmp(word, "pdptr"))
		return parse_pdptr(in, e);
	if (!strcmp(word, "pending"))
		return parse_pending(in, e);
	if (!strcmp(word, "answer"))
		return parse_answer(in, e);
	return input_fail(in, "no event \"%.32s\"", word);
}

int events_store(struct kvmfs_cpu *c, struct input *in)
{
	const char *why = "illegal value";
	struct vcpu_events e;
	int ret = vcpu_claim(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_events(c->vcpu, &e);
	while (!ret && input_line(in)) {
		ret = parse_line(in, &e);
		if (!ret)
			ret = input_end(in);
	}
	if (!ret) {
		in->line = 0;	/* it is about all of them now */
		ret = vcpu_set_events(c->vcpu, &e, &why);
		if (ret == -EINVAL)
			input_fail(in, "%s", why);
	}
	vcpu_release(c->vcpu);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``irq``: interrupts for a vCPU. Written are ``32``, ``nmi``, ``window``, or the
 * binary packet. The lines that are read can be written too: they say what is to be
 * waiting, whatever was, and so never wait for room.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "fs/contents.h"

bool irq_room(struct kvmfs_cpu *c)
{
	return vcpu_irq_room(c->vcpu);
}

int irq_show(struct kvmfs_cpu *c, struct text *t)
{
	struct vcpu_irq_state s;

	vcpu_get_irq(c->vcpu, &s);
	if (s.vector < 0)
		text_printf(t, "pending none\n");
	else
		text_printf(t, "pending 0x%02x\n", s.vector);
	text_printf(t, "nmi %s\n", s.nmi ? "yes" : "no");
	text_printf(t, "window %s\n", s.window_asked ? "yes" : "no");
	text_printf(t, "open %s\n", s.window_open ? "yes" : "no");
	return 0;
}

static bool legal(const struct kvm_irq *q)
{
	if (q->type == KVM_IRQ_VECTOR)
		return q->vector <= 255;
	return (q->type == KVM_IRQ_NMI || q->type == KVM_IRQ_WINDOW) && !q->vector;
}

/* an 8 byte text starts with a printable character: never one of the types */
static bool is_packet(const struct input *in, struct kvm_irq *q)
{
	if (in->len != sizeof(*q))
		return false;
	memcpy(q, in->buf, sizeof(*q));
	return q->type >= KVM_IRQ_VECTOR && q->type <= KVM_IRQ_WINDOW;
}

/* a whole write, understood */
struct irq_request {
	bool give;			/* @vector, if none waits */
	u32 vector;
	struct vcpu_irq_state state;
	unsigned int which;		/* of @state: IRQ_SET_* */
};

/* the word after a name; ``nmi`` and ``window`` alone mean yes */
static int parse_yes(struct input *in, bool *yes)
{
	*yes = true;
	while (*in->word == ' ' || *in->word == '\t')
		in->word++;
	return *in->word ? input_bool(in, "no", "yes", yes) : 0;
}

static int parse_vector(struct input *in, const char *word, u64 *vector)
{
	if (text_u64(word, vector) || *vector > 255)
		return input_fail(in, "\"%.32s\" is not a vector", word);
	return 0;
}

/* ``pending VECTOR`` or ``none`` */
static int parse_waiting(struct input *in, struct irq_request *r)
{
	char *word = input_word(in);
	u64 vector;
	int ret;

	if (!word)
		return input_fail(in, "a vector or none is missing");
	r->which |= IRQ_SET_VECTOR;
	r->state.vector = -1;
	if (!strcmp(word, "none"))
		return 0;
	ret = parse_vector(in, word, &vector);
	r->state.vector = vector;
	return ret;
}

static int parse_request(struct input *in, struct irq_request *r)
{
	char *word = input_word(in);
	u64 vector;
	bool open;
	int ret;

	if (!strcmp(word, "nmi")) {
		r->which |= IRQ_SET_NMI;
		return parse_yes(in, &r->state.nmi);
	}
	if (!strcmp(word, "window")) {
		r->which |= IRQ_SET_WINDOW;
		return parse_yes(in, &r->state.window_asked);
	}
	if (!strcmp(word, "open"))
		return input_bool(in, "no", "yes", &open);
	if (r->give || (r->which & IRQ_SET_VECTOR))
		return input_fail(in, "only one vector can wait");
	if (!strcmp(word, "pending"))
		return parse_waiting(in, r);
	ret = parse_vector(in, word, &vector);
	r->give = true;
	r->vector = vector;
	return ret;
}

int irq_store(struct kvmfs_cpu *c, struct input *in)
{
	struct irq_request r = {};
	struct kvm_irq q;
	int ret = 0;

	if (is_packet(in, &q)) {
		if (!legal(&q))
			return input_fail(in, "no such packet");
		return vcpu_irq(c->vcpu, q.type, q.vector);
	}
	while (input_line(in)) {
		ret = parse_request(in, &r);
		if (!ret)
			ret = input_end(in);
		if (ret)
			return ret;
	}
	/* the vector first: it alone can find no room, and then nothing was done */
	if (r.give)
		ret = vcpu_irq(c->vcpu, KVM_IRQ_VECTOR, r.vector);
	if (!ret && r.which)
		vcpu_set_irq(c->vcpu, &r.state, r.which);
	return ret;
}

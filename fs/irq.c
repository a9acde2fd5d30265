// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``irq``: interrupts for a vCPU. Written are ``32``, ``nmi``, ``window``, or the
 * binary packet; what is read may be written back.
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

/* the word after a name; ``nmi`` and ``window`` alone mean yes */
static int parse_yes(struct input *in, struct kvm_irq *q, u32 type)
{
	bool yes = true;
	int ret = 0;

	while (*in->word == ' ' || *in->word == '\t')
		in->word++;
	if (*in->word)
		ret = input_bool(in, "no", "yes", &yes);
	q->type = yes ? type : 0;
	return ret;
}

/* one line into @q; type 0: there is nothing to be done */
static int parse_request(struct input *in, struct kvm_irq *q)
{
	char *word = input_word(in);
	u64 vector;
	bool open;

	memset(q, 0, sizeof(*q));
	if (!strcmp(word, "nmi"))
		return parse_yes(in, q, KVM_IRQ_NMI);
	if (!strcmp(word, "window"))
		return parse_yes(in, q, KVM_IRQ_WINDOW);
	if (!strcmp(word, "open"))
		return input_bool(in, "no", "yes", &open);
	if (!strcmp(word, "pending")) {
		word = input_word(in);
		if (!word)
			return input_fail(in, "a vector or none is missing");
		if (!strcmp(word, "none"))
			return 0;
	}
	if (text_u64(word, &vector) || vector > 255)
		return input_fail(in, "\"%.32s\" is not a vector", word);
	q->type = KVM_IRQ_VECTOR;
	q->vector = vector;
	return 0;
}

int irq_store(struct kvmfs_cpu *c, struct input *in)
{
	struct kvm_irq q, vector = {}, nmi = {}, window = {};
	int ret;

	if (is_packet(in, &q)) {
		if (!legal(&q))
			return input_fail(in, "no such packet");
		return vcpu_irq(c->vcpu, q.type, q.vector);
	}
	while (input_line(in)) {
		ret = parse_request(in, &q);
		if (!ret)
			ret = input_end(in);
		if (ret)
			return ret;
		if (q.type == KVM_IRQ_VECTOR && vector.type)
			return input_fail(in, "only one vector can wait");
		if (q.type == KVM_IRQ_VECTOR)
			vector = q;
		else if (q.type == KVM_IRQ_NMI)
			nmi = q;
		else if (q.type == KVM_IRQ_WINDOW)
			window = q;
	}
	/* the vector first: it alone can find no room, and then nothing was done */
	ret = vector.type ? vcpu_irq(c->vcpu, KVM_IRQ_VECTOR, vector.vector) : 0;
	if (!ret && nmi.type)
		ret = vcpu_irq(c->vcpu, KVM_IRQ_NMI, 0);
	if (!ret && window.type)
		ret = vcpu_irq(c->vcpu, KVM_IRQ_WINDOW, 0);
	return ret;
}

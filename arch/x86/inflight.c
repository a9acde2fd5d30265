// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU is in the middle of: with its registers, FPU, MSRs and what waits in
 * ``irq``, this is all of its state. Nothing half done is anywhere else.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/trapnr.h>
#include "arch/x86/vcpu.h"

static void get_pending(struct vcpu *v, struct vcpu_events *e)
{
	const struct kvm_exit *x = v->exit;

	e->pending = v->pending;
	if (v->pending == PENDING_NONE)
		return;
	e->rip = v->pending_rip;
	e->next = v->pending == PENDING_IN ? v->pending_next : 0;
	e->mmio = x->reason == KVMFS_EXIT_MMIO;
	if (e->mmio) {
		e->gpa = x->mmio.gpa;
		e->size = x->mmio.size;
	} else {
		e->port = x->io.port;
		e->size = x->io.size;
		e->count = x->io.count;
	}
	if (v->pending != PENDING_EMUL)
		return;
	e->n_answers = v->io.have;
	memcpy(e->answer, v->io.answer, v->io.have * sizeof(*e->answer));
}

/**
 * vcpu_get_events() - what ``events`` shows
 * @v: frozen or claimed
 * @e: out
 */
void vcpu_get_events(struct vcpu *v, struct vcpu_events *e)
{
	unsigned int block = vendor->blocked(v);

	memset(e, 0, sizeof(*e));
	e->event = v->event.kind;
	if (e->event != EVENT_NONE) {
		e->vector = v->event.exc.vector;
		e->has_error = v->event.kind == EVENT_EXCEPTION && v->event.exc.has_error;
		e->error = e->has_error ? v->event.exc.error : 0;
		e->insn_len = v->event.kind == EVENT_SOFT ? v->event.insn_len : 0;
	}
	e->again = v->irq_again;
	e->shadow = block & BLOCK_SHADOW;
	e->nmi_blocked = block & BLOCK_NMI;
	e->trap = v->step_due;
	e->pdptr = cr_get_pdptrs(v, &e->pdptr_cr3, e->pdpte);
	get_pending(v, e);
}

/* exceptions that push an error code: SDM vol. 3, table 6-1 */
#define WITH_ERROR	(BIT(X86_TRAP_DF) | BIT(X86_TRAP_TS) | BIT(X86_TRAP_NP) | \
			 BIT(X86_TRAP_SS) | BIT(X86_TRAP_GP) | BIT(X86_TRAP_PF) | \
			 BIT(X86_TRAP_AC))

static const char *check_event(const struct vcpu_events *e)
{
	switch (e->event) {
	case EVENT_EXCEPTION:
		if (e->vector > 31 || e->vector == X86_TRAP_NMI)
			return "an exception's vector is 0 to 31, and not 2";
		if (e->has_error && !(BIT(e->vector) & WITH_ERROR))
			return "that exception has no error code";
		break;
	case EVENT_SOFT:
		if (!e->insn_len || e->insn_len > 15)
			return "an instruction has 1 to 15 bytes";
		break;
	default:
		break;
	}
	return NULL;
}

static bool port_size(u8 size)
{
	return size == 1 || size == 2 || size == 4;
}

static const char *check_pending(const struct vcpu_events *e)
{
	unsigned int i;

	if (e->pending != PENDING_EMUL && e->n_answers)
		return "answers, but no instruction waits for one more";
	if (e->n_answers >= VCPU_MAX_ANSWERS)
		return "too many answers";
	for (i = 0; i < e->n_answers; i++)
		if (!e->answer[i].size || e->answer[i].size > 8)
			return "an answer has 1 to 8 bytes";
	if (e->pending == PENDING_NONE)
		return NULL;
	if (!gva_is_canonical(e->rip) || !gva_is_canonical(e->next))
		return "rip or next is not canonical";
	if (e->mmio)
		return e->size && e->size <= 8 ? NULL : "a read has 1 to 8 bytes";
	if (!port_size(e->size))
		return "a port has 1, 2 or 4 bytes";
	if (!e->count || e->count > KVM_EXIT_DATA / e->size ||
	    (e->pending == PENDING_IN && e->count != 1))
		return "so many elements cannot be pending";
	return NULL;
}

/* bits of a PDPTE that must be 0, but A, which an emulator is known to set */
#define PDPTE_RESERVED	0xfff00000000001c6ULL

static const char *check(const struct vcpu_events *e)
{
	const char *why = check_event(e);
	unsigned int i;

	if (!why)
		why = check_pending(e);
	for (i = 0; i < ARRAY_SIZE(e->pdpte) && e->pdptr && !why; i++)
		if ((e->pdpte[i] & 1) && (e->pdpte[i] & PDPTE_RESERVED))
			why = "a PDPTE has reserved bits set";
	return why;
}

static void set_pending(struct vcpu *v, const struct vcpu_events *e)
{
	struct kvm_exit *x = v->exit;

	v->pending = e->pending;
	v->pending_rip = e->rip;
	v->pending_next = e->next;
	v->io.have = e->n_answers;
	v->io.used = 0;
	v->io.string_in = false;
	insn_forget(v);
	memcpy(v->io.answer, e->answer, e->n_answers * sizeof(*e->answer));
	run_forget_exit(v);
	if (e->pending == PENDING_NONE)
		return;
	run_exit(v, e->mmio ? KVMFS_EXIT_MMIO : KVMFS_EXIT_IO);
	if (e->mmio) {
		x->mmio.gpa = e->gpa;
		x->mmio.size = e->size;
	} else {
		x->io.port = e->port;
		x->io.size = e->size;
		x->io.count = e->count;
	}
	run_report_sizes(v);
	/* a thread that waits in its run has answered another question, or none */
	v->ask_again = v->parked;
	WRITE_ONCE(v->exit_count, v->exit_count + 1);
}

static bool same_pending(const struct vcpu_events *a, const struct vcpu_events *b)
{
	return a->pending == b->pending && a->mmio == b->mmio && a->rip == b->rip &&
	       a->next == b->next && a->port == b->port && a->size == b->size &&
	       a->count == b->count && a->gpa == b->gpa && a->n_answers == b->n_answers &&
	       !memcmp(a->answer, b->answer, a->n_answers * sizeof(*a->answer));
}

/**
 * vcpu_set_events() - put a vCPU into the middle of something, or out of it
 * @v: claimed
 * @e: all of it
 * @why: a sentence, on -EINVAL
 *
 * Return: 0, or -EINVAL and nothing has changed.
 */
int vcpu_set_events(struct vcpu *v, const struct vcpu_events *e, const char **why)
{
	struct vcpu_events old;

	*why = check(e);
	if (*why)
		return -EINVAL;
	vcpu_get_events(v, &old);
	v->event = (struct vcpu_event){
		.kind = e->event,
		.exc = { .vector = e->vector, .has_error = e->has_error, .error = e->error },
		.insn_len = e->insn_len,
	};
	/* the processors do not agree about what INT n leaves on the stack: see can_enter() */
	v->check_entry |= e->event == EVENT_SOFT;
	v->irq_again = e->again;
	v->step_due = e->trap;
	vendor->set_blocked(v, (e->shadow ? BLOCK_SHADOW : 0) |
			       (e->nmi_blocked ? BLOCK_NMI : 0));
	if (e->pdptr)
		cr_give_pdptrs(v, e->pdptr_cr3, e->pdpte);
	/* the last exit stays what it is, unless there is another one */
	if (!same_pending(&old, e))
		set_pending(v, e);
	vcpu_request(v, REQ_EVENT);
	return 0;
}

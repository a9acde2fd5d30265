// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions, interrupts and NMIs on their way into the guest. At most one event
 * enters with the guest (v->event); what comes from user space waits in
 * v->irq_vector and v->nmi_pending until the guest can take it.
 */
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vcpu.h"

/* SDM vol. 3, table 6-5: those that make a double fault out of a second one */
static bool contributory(u8 vector)
{
	return vector == X86_TRAP_DE || (vector >= X86_TRAP_TS && vector <= X86_TRAP_GP);
}

/* a second exception while the first was being delivered */
static bool makes_double_fault(u8 first, u8 second)
{
	if (first == X86_TRAP_PF)
		return second == X86_TRAP_PF || contributory(second);
	return contributory(first) && contributory(second);
}

/**
 * event_exception() - the guest gets exception @exc at its next entry
 * @v: the vCPU
 * @exc: vector, error code, and for #PF the address that goes to CR2
 *
 * If an event was being delivered when this came up, the rules of SDM vol. 3,
 * 6.15 (interrupt 8) apply: double fault, shutdown, or the new one first (the old
 * one then comes again by itself, or is an interrupt and waits).
 */
void event_exception(struct vcpu *v, const struct hv_exception *exc)
{
	struct vcpu_event *e = &v->event;

	v->stat.exc_injected++;
	if (e->kind == EVENT_EXCEPTION) {
		if (e->exc.vector == X86_TRAP_DF) {
			e->kind = EVENT_SHUTDOWN;
			return;
		}
		if (makes_double_fault(e->exc.vector, exc->vector)) {
			e->exc = (struct hv_exception){ .vector = X86_TRAP_DF, .has_error = true };
			return;
		}
	} else if (e->kind == EVENT_IRQ) {
		v->irq_again = e->exc.vector;
	} else if (e->kind == EVENT_NMI) {
		v->nmi_pending = true;
	}
	e->kind = EVENT_EXCEPTION;
	e->exc = *exc;
	if (exc->vector == X86_TRAP_PF)
		v->cr2 = exc->cr2;
	/* faults set RF in the image that they push, so that a breakpoint is not hit again */
	if (exc->vector != X86_TRAP_DB && exc->vector != X86_TRAP_BP)
		v->rflags |= X86_EFLAGS_RF;
}

void event_fault(struct vcpu *v, u8 vector)
{
	const struct hv_exception exc = { .vector = vector };

	event_exception(v, &exc);
}

void event_gp(struct vcpu *v, u32 error)
{
	const struct hv_exception exc = {
		.vector = X86_TRAP_GP, .has_error = true, .error = error,
	};

	event_exception(v, &exc);
}

/**
 * event_reset() - nothing waits, nothing is blocked
 * @v: claimed
 */
void event_reset(struct vcpu *v)
{
	v->event = (struct vcpu_event){ .kind = EVENT_NONE };
	spin_lock(&v->irq_lock);
	v->irq_vector = -1;
	v->irq_again = -1;
	v->nmi_pending = false;
	v->window_asked = false;
	spin_unlock(&v->irq_lock);
	vendor->set_blocked(v, 0);
	if (v->notify_room)
		v->notify_room(v->notify_priv);
}

/**
 * event_irq_ready() - whether an interrupt would be taken at the next entry
 * @v: the vCPU, not in the guest
 *
 * Return: true if so, and no other event is before it.
 */
bool event_irq_ready(struct vcpu *v)
{
	return (v->rflags & X86_EFLAGS_IF) && v->event.kind == EVENT_NONE &&
	       v->irq_vector < 0 && v->irq_again < 0 && !v->nmi_pending &&
	       !(vendor->blocked(v) & BLOCK_SHADOW);
}

/* one NMI if there is one and it can come; false if none did */
static bool take_nmi(struct vcpu *v, unsigned int blocked)
{
	if (!v->nmi_pending || blocked)
		return false;
	v->nmi_pending = false;
	v->event = (struct vcpu_event){ .kind = EVENT_NMI, .exc.vector = X86_TRAP_NMI };
	v->stat.nmi_injected++;
	return true;
}

static bool take_irq(struct vcpu *v, unsigned int blocked)
{
	s16 *from = v->irq_again >= 0 ? &v->irq_again : &v->irq_vector;

	if (*from < 0 || !(v->rflags & X86_EFLAGS_IF) || (blocked & BLOCK_SHADOW))
		return false;
	v->event = (struct vcpu_event){ .kind = EVENT_IRQ, .exc.vector = *from };
	*from = -1;
	v->stat.irq_injected++;
	if (v->notify_room)
		v->notify_room(v->notify_priv);
	return true;
}

/* the fields are looked at without the lock first: mostly there is nothing */
static void take_waiting(struct vcpu *v)
{
	unsigned int blocked = vendor->blocked(v);

	spin_lock(&v->irq_lock);
	if (v->event.kind == EVENT_NONE && !take_nmi(v, blocked))
		take_irq(v, blocked);
	if (v->nmi_pending)
		vendor->open_window(v, true);
	if (v->irq_vector >= 0 || v->irq_again >= 0)
		vendor->open_window(v, false);
	spin_unlock(&v->irq_lock);
}

/**
 * event_prepare() - choose what enters with the guest, and open windows for the rest
 * @v: the vCPU, about to enter
 *
 * Return: 0 to enter, 1 if v->exit is for user space.
 */
int event_prepare(struct vcpu *v)
{
	if (unlikely(v->event.kind == EVENT_SHUTDOWN)) {
		v->event.kind = EVENT_NONE;
		run_exit(v, KVMFS_EXIT_SHUTDOWN);
		return 1;
	}
	if (v->window_run || v->window_asked) {
		if (event_irq_ready(v)) {
			v->window_asked = false;
			run_exit(v, KVMFS_EXIT_IRQ_WINDOW);
			return 1;
		}
		vendor->open_window(v, false);
	}
	if (v->nmi_pending || v->irq_vector >= 0 || v->irq_again >= 0)
		take_waiting(v);
	return 0;
}

/**
 * vcpu_irq() - give a vCPU an interrupt or NMI, or ask for a window exit
 * @v: the vCPU, running or not
 * @type: KVM_IRQ_*
 * @vector: 0-255 with KVM_IRQ_VECTOR
 *
 * Context: any thread; does not sleep.
 * Return: 0, -EINVAL, or -EAGAIN if a vector waits already.
 */
int vcpu_irq(struct vcpu *v, u32 type, u32 vector)
{
	int ret = 0;

	if (type < KVM_IRQ_VECTOR || type > KVM_IRQ_WINDOW || vector > 255 ||
	    (type != KVM_IRQ_VECTOR && vector))
		return -EINVAL;
	spin_lock(&v->irq_lock);
	if (type == KVM_IRQ_NMI)
		v->nmi_pending = true;
	else if (type == KVM_IRQ_WINDOW)
		v->window_asked = true;
	else if (v->irq_vector >= 0)
		ret = -EAGAIN;
	else
		v->irq_vector = vector;
	spin_unlock(&v->irq_lock);
	if (!ret)
		vcpu_request(v, REQ_EVENT);
	return ret;
}

/**
 * vcpu_set_notify() - whom to tell when vcpu_irq() has room again
 * @v: a new vCPU
 * @fn: called with @priv under a spinlock
 * @priv: for @fn
 */
void vcpu_set_notify(struct vcpu *v, void (*fn)(void *priv), void *priv)
{
	v->notify_priv = priv;
	v->notify_room = fn;
}

/**
 * vcpu_irq_room() - whether vcpu_irq(KVM_IRQ_VECTOR) would succeed
 * @v: the vCPU
 *
 * Return: true if no vector waits.
 */
bool vcpu_irq_room(struct vcpu *v)
{
	return READ_ONCE(v->irq_vector) < 0;
}

/**
 * vcpu_set_irq() - what waits, as it is to be
 * @v: the vCPU, running or not
 * @s: as from vcpu_get_irq()
 * @which: IRQ_SET_*: what of @s counts
 *
 * Context: any thread; does not sleep.
 */
void vcpu_set_irq(struct vcpu *v, const struct vcpu_irq_state *s, unsigned int which)
{
	spin_lock(&v->irq_lock);
	if (which & IRQ_SET_VECTOR)
		v->irq_vector = s->vector;
	if (which & IRQ_SET_NMI)
		v->nmi_pending = s->nmi;
	if (which & IRQ_SET_WINDOW)
		v->window_asked = s->window_asked;
	spin_unlock(&v->irq_lock);
	vcpu_request(v, REQ_EVENT);
	if (v->notify_room && vcpu_irq_room(v))
		v->notify_room(v->notify_priv);
}

/**
 * vcpu_get_irq() - what ``irq`` shows
 * @v: the vCPU
 * @s: out
 */
void vcpu_get_irq(struct vcpu *v, struct vcpu_irq_state *s)
{
	spin_lock(&v->irq_lock);
	s->vector = v->irq_vector;
	s->nmi = v->nmi_pending;
	s->window_asked = v->window_asked;
	spin_unlock(&v->irq_lock);
	s->window_open = v->exit->state & KVMFS_STATE_IRQ_READY;
}

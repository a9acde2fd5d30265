// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping all vCPUs of a VM, for as long as somebody wants to look at them and
 * change them in peace. A thread that runs one waits inside of its run, without
 * v->lock, so that its vCPU can be claimed like one that nobody runs.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "arch/x86/vcpu.h"

/*
 * Who has the lock may be about to become the runner without having seen the pause, and be
 * seen as such too late: see vm_pause().
 */
static bool is_quiet(struct vcpu *v)
{
	return !mutex_is_locked(&v->lock) &&
	       (!vcpu_is_running(v) || READ_ONCE(v->parked));
}

/* no vCPU is in the guest, or on its way there; mmu_lock keeps them from going away */
static bool quiet(struct vm *vm)
{
	unsigned int i, left;
	bool yes = true;

	spin_lock(&vm->mmu.lock);
	left = vm->n_vcpus;
	for (i = 0; i < VM_MAX_VCPUS && left && yes; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!v)
			continue;
		left--;
		yes = is_quiet(v);
	}
	spin_unlock(&vm->mmu.lock);
	return yes;
}

/**
 * pause_begin() - no vCPU shall enter the guest any more; does not wait for them
 * @vm: the VM
 */
void pause_begin(struct vm *vm)
{
	WRITE_ONCE(vm->paused, true);
	/* a vCPU that somebody removes is there until we are done */
	spin_lock(&vm->mmu.lock);
	vm_request_all(vm, REQ_PAUSE);
	spin_unlock(&vm->mmu.lock);
}

/**
 * vm_pause() - stop all vCPUs, and wait until they have
 * @vm: the VM
 *
 * From then on no vCPU runs until vm_resume(): whoever runs one waits.
 * Context: may sleep; the caller holds no vCPU.
 * Return: 0, or -EINTR: a signal came first. The VM is paused all the same, and
 * another call waits again.
 */
int vm_pause(struct vm *vm)
{
	pause_begin(vm);
	/*
	 * A run has no barrier of its own between being known as the runner and the look at
	 * paused, but taking v->lock before that is one; and this is ours, between paused and
	 * the look at v->lock. One of both sees the other.
	 */
	smp_mb();	/* pairs with the trylock of vcpu_begin_run() */
	return wait_event_interruptible(vm->pause_wait, quiet(vm)) ? -EINTR : 0;
}

/**
 * vm_resume() - undo vm_pause(), however often that was called
 * @vm: the VM
 */
void vm_resume(struct vm *vm)
{
	unsigned int i;

	spin_lock(&vm->mmu.lock);
	WRITE_ONCE(vm->paused, false);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			wake_up_all(&vm->vcpu[i]->waitq);
	spin_unlock(&vm->mmu.lock);
}

/* what hv.h promises */
void vm_set_notify(struct vm *vm, void (*fn)(void *priv), void *priv)
{
	vm->notify_held = fn;
	vm->held_priv = priv;
}

/**
 * vm_is_paused() - whether vm_pause() was called, and vm_resume() was not
 * @vm: the VM
 */
bool vm_is_paused(struct vm *vm)
{
	return READ_ONCE(vm->paused);
}

/**
 * pause_wait() - while the VM is paused, its runners wait here
 * @v: the vCPU, in a run, its FPU state saved; others may change it meanwhile
 *
 * Return: 0 or -EINTR.
 */
int pause_wait(struct vcpu *v)
{
	struct vm *vm = v->vm;
	int ret = 0;

	clear_bit(REQ_PAUSE, &v->requests);
	while (!ret && READ_ONCE(vm->paused) && !test_bit(REQ_DEAD, &v->requests)) {
		WRITE_ONCE(v->parked, true);
		mutex_unlock(&v->lock);
		wake_up_all(&vm->pause_wait);
		if (wait_event_interruptible(v->waitq, !READ_ONCE(vm->paused) ||
					     test_bit(REQ_DEAD, &v->requests)))
			ret = -EINTR;
		mutex_lock(&v->lock);
		/* then look once more: who pauses again may have seen it parked */
		smp_store_mb(v->parked, false);
	}
	return ret;
}

/**
 * pause_run_ends() - a v->lock was given back: somebody may wait for that
 * @vm: the VM, which is paused
 */
void pause_run_ends(struct vm *vm)
{
	wake_up_all(&vm->pause_wait);
}

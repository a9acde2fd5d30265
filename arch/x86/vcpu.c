// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a vCPU, who may touch it when, and getting it out of the guest.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include "arch/x86/compat.h"
#include "arch/x86/vcpu.h"

static int vcpu_alloc(struct vcpu *v)
{
	int ret;

	struct vcpu_io *io = kzalloc(sizeof(*io), GFP_KERNEL_ACCOUNT);
	v->cpuid = kcalloc(VCPU_MAX_CPUID, sizeof(*v->cpuid), GFP_KERNEL_ACCOUNT);
	if (io)
		v->exit = &io->exit;
	if (!io || !v->cpuid)
		return -ENOMEM;
	ret = fpu_init(v);
	if (ret)
		return ret;
	ret = insn_init(v);
	if (ret)
		return ret;
	ret = mmu_vcpu_init(v);
	if (ret)
		return ret;
	return vendor->vcpu_init(v);
}

static void vcpu_free(struct vcpu *v)
{
	if (v->vendor)
		vendor->vcpu_free(v);
	mmu_vcpu_destroy(v);
	fpu_free(v);
	kvfree(v->emul);
	kfree(v->cpuid);
	if (v->exit)
		kfree(vcpu_io(v->exit));
	kfree(v);
}

/**
 * vcpu_create() - a vCPU in the state after RESET (SDM vol. 3, 10.1.1)
 * @vm: the VM
 * @id: 0 to VM_MAX_VCPUS - 1
 *
 * Context: may sleep.
 * Return: the vCPU, or ERR_PTR: -EEXIST, -EINVAL, -ENOMEM.
 */
struct vcpu *vcpu_create(struct vm *vm, unsigned int id)
{
	struct vcpu *v;
	int ret;

	if (id >= VM_MAX_VCPUS)
		return ERR_PTR(-EINVAL);
	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return ERR_PTR(-ENOMEM);
	v->vm = vm;
	v->id = id;
	v->nested = vm->mmu.nested;
	v->cpu = -1;
	v->switches = NOT_LOADED;
	v->waiting = EVENTS_NONE;
	v->check_entry = true;
	v->been_out = true;
	mutex_init(&v->lock);
	spin_lock_init(&v->irq_lock);
	init_waitqueue_head(&v->waitq);
	ret = vcpu_alloc(v);
	if (ret)
		goto err_free;
	cpuid_default(v);
	vcpu_reset(v);

	ret = -EEXIST;
	mutex_lock(&vm->lock);
	/* who flushes TLBs must not see the one without the other: it would miss a vCPU */
	spin_lock(&vm->mmu.lock);
	if (!vm->vcpu[id]) {
		vm->vcpu[id] = v;
		vm->n_vcpus++;
		ret = 0;
	}
	spin_unlock(&vm->mmu.lock);
	mutex_unlock(&vm->lock);
	if (ret)
		goto err_free;
	return v;
err_free:
	vcpu_free(v);
	return ERR_PTR(ret);
}

/**
 * vcpu_destroy() - end of a vCPU
 * @v: not running, and not used by anybody any more
 */
void vcpu_destroy(struct vcpu *v)
{
	struct vm *vm = v->vm;

	mutex_lock(&vm->lock);
	/* under mmu_lock too: that is what vm_request_all() has */
	spin_lock(&vm->mmu.lock);
	vm->vcpu[v->id] = NULL;
	vm->n_vcpus--;
	spin_unlock(&vm->mmu.lock);
	mutex_unlock(&vm->lock);
	vcpu_free(v);
}

void vcpu_kill(struct vcpu *v)
{
	vcpu_request(v, REQ_DEAD);
	wake_up_all(&v->waitq);
}

/* --- who may touch it ------------------------------------------------------ */

/* v->lock is given back, which who pauses the VM may wait for */
static void unlock(struct vcpu *v)
{
	struct vm *vm = v->vm;

	mutex_unlock(&v->lock);
	if (unlikely(READ_ONCE(vm->paused)))
		pause_run_ends(vm);
}

/*
 * v->lock, unless the vCPU is in a run. A reader holds it only for a moment and is
 * no reason for EBUSY; a runner that was stopped for a reader still is one, one that
 * is paused is only for who wants to run it (@run).
 */
static int take(struct vcpu *v, bool run)
{
	while (!mutex_trylock(&v->lock)) {
		if (vcpu_is_running(v) && (run || !READ_ONCE(v->parked)))
			return -EBUSY;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (!vcpu_is_running(v) || (v->parked && !run))
		return 0;
	unlock(v);
	return -EBUSY;
}

/**
 * vcpu_begin_run() - the calling thread is going to run @v
 * @v: the vCPU
 *
 * Return: 0 with v->lock held, -EBUSY if another thread runs it, -EINTR, -EOPNOTSUPP if the
 * caller is a thread of the kernel's.
 */
int vcpu_begin_run(struct vcpu *v)
{
	int ret;

	/*
	 * It has no FPU registers of its own, so those of the guest would not be saved when it
	 * is scheduled out, and those in the processor may be any process's. io_uring has such
	 * threads write to ``run`` if it is asked to.
	 */
	if (unlikely(current->flags & (PF_KTHREAD | PF_USER_WORKER))) {
		vm_error(v->vm, "a thread of the kernel (of io_uring, say) cannot run a vCPU");
		return -EOPNOTSUPP;
	}
	/* nearly always; what orders it with a pause is in vm_pause() */
	if (likely(mutex_trylock(&v->lock))) {
		if (likely(!v->runner)) {
			v->runner = current;
			return 0;
		}
		unlock(v);
	}
	ret = take(v, true);
	if (!ret)
		v->runner = current;
	return ret;
}

/**
 * vcpu_end_run() - undo vcpu_begin_run()
 * @v: the vCPU
 */
void vcpu_end_run(struct vcpu *v)
{
	WRITE_ONCE(v->runner, NULL);
	unlock(v);
}

/**
 * vcpu_is_running() - whether a thread is in between begin and end of a run
 * @v: the vCPU
 *
 * Return: true if so; it may have changed by now.
 */
bool vcpu_is_running(struct vcpu *v)
{
	return READ_ONCE(v->runner);
}

/**
 * vcpu_freeze() - hold @v at an instruction boundary, for a reader of its state
 * @v: the vCPU; whoever runs it goes on after vcpu_thaw()
 *
 * Context: may sleep, for as long as the runner takes to leave the guest.
 * Return: 0 with v->lock held, or -EINTR.
 */
int vcpu_freeze(struct vcpu *v)
{
	atomic_inc(&v->freeze);
	vcpu_request(v, REQ_STOP);
	if (!mutex_lock_interruptible(&v->lock))
		return 0;
	if (atomic_dec_and_test(&v->freeze))
		wake_up(&v->waitq);
	return -EINTR;
}

/**
 * vcpu_thaw() - undo vcpu_freeze()
 * @v: the vCPU
 */
void vcpu_thaw(struct vcpu *v)
{
	unlock(v);
	if (atomic_dec_and_test(&v->freeze))
		wake_up(&v->waitq);
}

/**
 * vcpu_claim() - hold @v for a change of its state
 * @v: the vCPU
 *
 * Return: 0 with v->lock held, -EBUSY if it runs and is not paused, -EINTR.
 */
int vcpu_claim(struct vcpu *v)
{
	return take(v, false);
}

/**
 * vcpu_release() - undo vcpu_claim()
 * @v: the vCPU
 */
void vcpu_release(struct vcpu *v)
{
	unlock(v);
}

/* --- getting it out of the guest --------------------------------------------- */

static void kick_ipi(void *unused)
{
	/* the interrupt itself ended the guest */
}

/*
 * @v->in_guest is set with interrupts off before the last look at @v->requests,
 * and here the request is set before the look at in_guest: one of both sees the
 * other. An IPI that arrives too late finds the CPU somewhere else, harmlessly.
 */
static void kick(struct vcpu *v, bool wait)
{
	int cpu;

	smp_mb();	/* as above */
	if (!READ_ONCE(v->in_guest))
		return;
	cpu = READ_ONCE(v->cpu);
	preempt_disable();
	if (cpu >= 0 && cpu != smp_processor_id())
		smp_call_function_single(cpu, kick_ipi, NULL, wait);
	preempt_enable();
}

/**
 * vcpu_request() - ask @v to do something before it enters the guest again
 * @v: the vCPU
 * @req: REQ_*
 *
 * Context: interrupts on, or @v is the caller's own. Does not wait.
 */
void vcpu_request(struct vcpu *v, int req)
{
	set_bit(req, &v->requests);
	if (v->runner != current)
		kick(v, false);
}

/**
 * vm_request_all() - the same for all vCPUs of @vm, and wait
 * @vm: the VM
 * @req: REQ_*
 *
 * When it returns, no vCPU is in the guest that entered before the request.
 * Context: interrupts on, mmu_lock held; does not sleep.
 */
void vm_request_all(struct vm *vm, int req)
{
	unsigned int i, left = vm->n_vcpus;

	/* else a vCPU could go away under us, or another be missed for one that comes */
	lockdep_assert_held(&vm->mmu.lock);
	for (i = 0; i < VM_MAX_VCPUS && left; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!v)
			continue;
		left--;
		set_bit(req, &v->requests);
		if (v->runner != current)
			kick(v, true);
	}
}

/**
 * vcpu_get_stat() - counters of a vCPU
 * @v: the vCPU
 * @s: out; a running vCPU's may be of slightly different moments
 */
void vcpu_get_stat(struct vcpu *v, struct vcpu_stat *s)
{
	*s = v->stat;
}

/* --- RESET ------------------------------------------------------------------------ */

/**
 * vcpu_reset() - the state after RESET (SDM vol. 3, 10.1.1)
 * @v: claimed
 *
 * What user space made it, its CPUID and ``debug``, stays.
 */
void vcpu_reset(struct vcpu *v)
{
	fpu_reset(v);
	event_reset(v);
	v->pending = PENDING_NONE;
	v->io.have = 0;
	v->io.used = 0;
	v->step_due = false;
	v->given.there = false;
	v->mmio.valid = false;
	msr_reset(v);
	regs_reset(v);
	run_forget_exit(v);
}

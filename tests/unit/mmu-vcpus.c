// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who flushes TLBs or pauses a VM must reach every vCPU that may run, also while another one
 * is made or destroyed, and none that is gone: they come and go under mmu_lock alone, and
 * whoever asks all of them holds it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

static int unlocked, changed;
static void test_lock(spinlock_t *l);
static void test_unlock(spinlock_t *l);

#define spin_lock(l)		test_lock(l)
#define spin_unlock(l)		test_unlock(l)
#undef lockdep_assert_held
#define lockdep_assert_held(l)	(unlocked += !(l)->held)
#include "arch/x86/vcpu.c"
#include "arch/x86/pause.c"

static struct vm vm;
static struct vcpu *was[VM_MAX_VCPUS];	/* when the lock was given up last */
static unsigned int n_was;
const struct vendor_ops *vendor;
int shim_signal_pending;
static struct task_struct self;
struct task_struct *shim_current = &self;

static void compare(void)
{
	changed += memcmp(was, vm.vcpu, sizeof(was)) || n_was != vm.n_vcpus;
}

static void test_lock(spinlock_t *l)
{
	assert(!l->held);
	l->held = 1;
	compare();
}

static void test_unlock(spinlock_t *l)
{
	unsigned int i, n = 0;

	assert(l->held);
	for (i = 0; i < VM_MAX_VCPUS; i++)
		n += !!vm.vcpu[i];
	changed += n != vm.n_vcpus;
	memcpy(was, vm.vcpu, sizeof(was));
	n_was = vm.n_vcpus;
	l->held = 0;
}

/* --- the rest of the core ------------------------------------------------------- */

static int init_vendor(struct vcpu *v)
{
	v->vendor = v;
	return 0;
}

static void free_vendor(struct vcpu *v)
{
	v->vendor = NULL;
}

static const struct vendor_ops test_ops = { .vcpu_init = init_vendor, .vcpu_free = free_vendor };

int fpu_init(struct vcpu *v) { return 0; }
int insn_init(struct vcpu *v) { return 0; }
int mmu_vcpu_init(struct vcpu *v) { return 0; }
void mmu_vcpu_destroy(struct vcpu *v) { }
void fpu_free(struct vcpu *v) { }
void cpuid_default(struct vcpu *v) { }
void fpu_reset(struct vcpu *v) { }
void event_reset(struct vcpu *v) { }
void msr_reset(struct vcpu *v) { }
void regs_reset(struct vcpu *v) { }
void run_forget_exit(struct vcpu *v) { }
void vm_error(struct vm *vm, const char *fmt, ...) { }

static void tap(int n, bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", n, what);
}

int main(void)
{
	struct vcpu *v[3];
	bool all;

	vendor = &test_ops;
	mutex_init(&vm.lock);
	printf("1..3\n");
	v[1] = vcpu_create(&vm, 1);
	v[0] = vcpu_create(&vm, 0);
	v[2] = vcpu_create(&vm, 2);
	compare();
	tap(1, !changed && vm.n_vcpus == 3, "vCPUs come under mmu_lock");
	all = !vm_pause(&vm) && test_bit(REQ_PAUSE, &v[0]->requests) &&
	      test_bit(REQ_PAUSE, &v[1]->requests) && test_bit(REQ_PAUSE, &v[2]->requests);
	tap(2, all && !unlocked, "who pauses them keeps them from going away");
	vcpu_destroy(v[0]);
	vcpu_destroy(v[2]);
	vcpu_destroy(v[1]);
	compare();
	tap(3, !changed && !vm.n_vcpus, "and go under it");
	return changed || unlocked || !all;
}

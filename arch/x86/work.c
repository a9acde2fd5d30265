// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread owes the kernel before it enters the guest: reschedule, task
 * work, signals. The kernel has one function for that, and it is written for KVM:
 * it takes a struct kvm_vcpu to note in it that a signal came. Nothing else of
 * it is looked at, so all our vCPUs give the same one, which nobody reads.
 */
#include <linux/entry-kvm.h>
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include "arch/x86/work.h"

static struct kvm_vcpu *notebook;
static struct kvm_run *page;

int work_init(void)
{
	notebook = kvzalloc(sizeof(*notebook), GFP_KERNEL);
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!notebook || !page) {
		work_exit();
		return -ENOMEM;
	}
	notebook->run = page;
	return 0;
}

void work_exit(void)
{
	kvfree(notebook);
	kfree(page);
	notebook = NULL;
	page = NULL;
}

/**
 * work_do() - do what is pending for this thread
 *
 * Context: interrupts on, may sleep.
 * Return: 0, or -EINTR: a signal has to be delivered.
 */
int work_do(void)
{
	if (signal_pending(current))
		return -EINTR;
	return xfer_to_guest_mode_handle_work(notebook) ? -EINTR : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * L1 Terminal Fault (CVE-2018-3646): a processor that has it takes the address in
 * a not-present entry of a guest's page table for a host address, and reads what the
 * L1 data cache has of it. With nested paging those entries are the guest's to write,
 * so the cache is emptied before it runs; with shadow paging they are ours, and zero.
 * The kernel's switch l1tf= says how far this goes: Documentation/admin-guide/
 * hw-vuln/l1tf.rst in its source.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include "arch/x86/vmx/vmx.h"

#define ORDER		4		/* twice the largest L1 data cache that has it */
#define SIZE		(PAGE_SIZE << ORDER)
#define LINE		64

enum l1d_when l1d_when;
static u8 *filler;

static bool affected(void)
{
	u64 caps = 0;

	if (!boot_cpu_has_bug(X86_BUG_L1TF) || l1tf_mitigation == L1TF_MITIGATION_OFF)
		return false;
	/* a hypervisor below us does it */
	if (boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES))
		rdmsrl(MSR_IA32_ARCH_CAPABILITIES, caps);
	return !(caps & ARCH_CAP_SKIP_VMENTRY_L1DFLUSH);
}

/**
 * l1d_setup() - find out what has to be done
 *
 * Return: 0 or -ENOMEM.
 */
int l1d_setup(void)
{
	unsigned int i;

	l1d_when = L1D_NEVER;
	if (!vmx_caps.ept || !affected())
		return 0;
	if (!boot_cpu_has(X86_FEATURE_FLUSH_L1D)) {
		filler = (u8 *)__get_free_pages(GFP_KERNEL, ORDER);
		if (!filler)
			return -ENOMEM;
		/* pages that are alike might be merged below us */
		for (i = 0; i < 1 << ORDER; i++)
			memset(filler + i * PAGE_SIZE, i + 1, PAGE_SIZE);
	}
	l1d_when = l1tf_mitigation >= L1TF_MITIGATION_FULL ? L1D_ALWAYS : L1D_COND;
	return 0;
}

/**
 * l1d_teardown() - undo l1d_setup()
 */
void l1d_teardown(void)
{
	free_pages((unsigned long)filler, ORDER);
	filler = NULL;
	l1d_when = L1D_NEVER;
}

/* without the command: what was in the cache gives way to this */
static void displace(void)
{
	unsigned int i;

	for (i = 0; i < SIZE; i += PAGE_SIZE)
		READ_ONCE(filler[i]);	/* the TLB first */
	sync_core();
#pragma GCC unroll 16
	for (i = 0; i < SIZE; i += LINE)
		READ_ONCE(filler[i]);
	rmb();	/* LFENCE: all have come before the guest does */
}

/**
 * l1d_flush() - empty the L1 data cache, which the guest about to be entered could read
 * @v: with nested paging; interrupts are off
 */
void l1d_flush(struct vcpu *v)
{
	v->been_out = false;
	if (filler)
		displace();
	else
		wrmsrl(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
}

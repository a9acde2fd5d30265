/* SPDX-License-Identifier: GPL-2.0-only */
/* compat.h for power.c: who switches the extension off when the kernel crashes. */
#ifndef KVMFS_ARCH_COMPAT_POWER_H
#define KVMFS_ARCH_COMPAT_POWER_H

#include <linux/types.h>

#ifdef KVMFS_HAVE_EMERGENCY_VIRT

#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/version.h>
#include <asm/reboot.h>

/*
 * There is one place for one function. From 6.12 on KVM takes it while it has the extension;
 * before, Intel's did while it was loaded, and its function does what ours would.
 */
static inline bool compat_emergency_taken(void)
{
	void *kvm = NULL;

	if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0))
		kvm = symbol_get(kvm_init);
	if (kvm)
		symbol_put(kvm_init);
	return kvm;
}

/* @off is called with interrupts off, or as an NMI. False: it will not be */
static inline bool compat_emergency_register(void (*off)(void))
{
	if (compat_emergency_taken())
		return false;
	cpu_emergency_register_virt_callback(off);
	return true;
}

/* may sleep; afterwards @off is not called any more */
static inline void compat_emergency_unregister(void (*off)(void))
{
	cpu_emergency_unregister_virt_callback(off);
}

#else

/* older kernels look at CR4 and EFER themselves */
static inline bool compat_emergency_register(void (*off)(void))
{
	return false;
}

static inline void compat_emergency_unregister(void (*off)(void))
{
}

#endif

#endif /* KVMFS_ARCH_COMPAT_POWER_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtualisation extension of the machine is on from the first VM to the
 * last one, on every CPU that is online: through hotplug, suspend and reboot.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/percpu.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <linux/workqueue.h>
#include "arch/x86/compat-power.h"
#include "arch/x86/vcpu.h"

static DEFINE_MUTEX(power_lock);
DEFINE_PER_CPU(bool, power_on);
static unsigned int users;
static bool rebooting;			/* it is off and stays off */
static enum cpuhp_state hotplug_state;

u64 power_tsc_lost;
static u64 tsc_at_suspend;

static int switch_on(void)
{
	int ret;

	if (this_cpu_read(power_on))
		return 0;
	ret = vendor->cpu_on();
	if (!ret)
		this_cpu_write(power_on, true);
	return ret;
}

static void switch_off(void *unused)
{
	if (!this_cpu_read(power_on))
		return;
	this_cpu_write(power_on, false);
	vendor->cpu_off();
}

static void ipi_on(void *failed)
{
	int ret = switch_on();

	if (ret)
		atomic_set(failed, ret);
}

/*
 * A kernel that crashes, or restarts in an emergency, asks whoever has the extension to
 * switch it off on each CPU, before it starts another kernel (kdump), to which it would be
 * in the way: with VMX on INIT is blocked and CR4.VMXE cannot be cleared (SDM vol. 3, 24.8),
 * with SVM on the next hypervisor takes it for somebody else's.
 */
static bool emergency_known;

static void emergency_learn(void)
{
	if (!emergency_known)
		emergency_known = compat_emergency_register(vendor->cpu_emergency_off);
}

/* Who forgets must wait for readers of RCU; that would make the end of each last VM slow. */
static void emergency_forget(struct work_struct *unused)
{
	mutex_lock(&power_lock);
	if (!users && emergency_known) {
		compat_emergency_unregister(vendor->cpu_emergency_off);
		emergency_known = false;
	}
	mutex_unlock(&power_lock);
}

static DECLARE_DELAYED_WORK(emergency_work, emergency_forget);

/**
 * power_get() - one more VM needs the extension
 *
 * Context: may sleep.
 * Return: 0, or -EBUSY when another hypervisor holds it on some CPU, -ENODEV when the
 * machine is going down.
 */
int power_get(void)
{
	atomic_t failed = ATOMIC_INIT(0);

	mutex_lock(&power_lock);
	cpus_read_lock();
	if (rebooting) {
		atomic_set(&failed, -ENODEV);
	} else if (!users) {
		on_each_cpu(ipi_on, &failed, 1);
		if (atomic_read(&failed))
			on_each_cpu(switch_off, NULL, 1);
	}
	if (!atomic_read(&failed)) {
		users++;
		/* not before: who has the extension may be known there himself */
		emergency_learn();
	}
	cpus_read_unlock();
	mutex_unlock(&power_lock);
	return atomic_read(&failed);
}

/**
 * power_put() - a VM is gone; the last one switches the extension off
 */
void power_put(void)
{
	mutex_lock(&power_lock);
	cpus_read_lock();
	if (!--users) {
		on_each_cpu(switch_off, NULL, 1);
		schedule_delayed_work(&emergency_work, HZ);
	}
	cpus_read_unlock();
	mutex_unlock(&power_lock);
}

/*
 * Hotplug holds cpus_write_lock, so @users and @rebooting cannot change under these. They
 * come while no thread but those of this CPU alone is on it: vCPUs have not come yet, or
 * have been moved away (CPUHP_AP_ACTIVE).
 */
static int cpu_comes(unsigned int cpu)
{
	unsigned long flags;
	int ret = 0;

	local_irq_save(flags);
	if (users && !rebooting)
		ret = switch_on();
	local_irq_restore(flags);
	return ret;
}

static int cpu_goes(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	switch_off(NULL);
	local_irq_restore(flags);
	return 0;
}

/* the boot CPU, when all the others are gone and interrupts are off */
static int power_suspend(void)
{
	switch_off(NULL);
	tsc_at_suspend = rdtsc();
	return 0;
}

/*
 * The firmware has started the CPU again: registers of the extension are as after RESET, and
 * the TSC may have begun at 0.
 */
static void power_resume(void)
{
	u64 now = rdtsc();

	if (now < tsc_at_suspend)
		power_tsc_lost += tsc_at_suspend - now;
	if (users && !rebooting)
		WARN_ON_ONCE(switch_on());
}

#ifdef KVMFS_HAVE_SYSCORE_STRUCT
static int syscore_suspend_cb(void *data)
{
	return power_suspend();
}

static void syscore_resume_cb(void *data)
{
	power_resume();
}

static const struct syscore_ops syscore_ops = {
	.suspend = syscore_suspend_cb,
	.resume = syscore_resume_cb,
};

static struct syscore power_syscore = { .ops = &syscore_ops };
#define power_syscore_register()	register_syscore(&power_syscore)
#define power_syscore_unregister()	unregister_syscore(&power_syscore)
#else
static struct syscore_ops power_syscore = {
	.suspend = power_suspend,
	.resume = power_resume,
};

#define power_syscore_register()	register_syscore_ops(&power_syscore)
#define power_syscore_unregister()	unregister_syscore_ops(&power_syscore)
#endif

/*
 * Reboot and kexec: the next kernel must find the CPUs as the firmware leaves them. Processes
 * may still run: their runs end with -ENODEV, and they make no VMs any more.
 */
static int power_reboot(struct notifier_block *nb, unsigned long event, void *unused)
{
	mutex_lock(&power_lock);
	cpus_read_lock();
	rebooting = true;
	on_each_cpu(switch_off, NULL, 1);
	cpus_read_unlock();
	mutex_unlock(&power_lock);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = power_reboot,
};

int power_init(void)
{
	int ret;

	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "kvmfs:online",
					cpu_comes, cpu_goes);
	if (ret < 0)
		return ret;
	hotplug_state = ret;
	register_reboot_notifier(&reboot_notifier);
	power_syscore_register();
	return 0;
}

void power_exit(void)
{
	power_syscore_unregister();
	unregister_reboot_notifier(&reboot_notifier);
	cancel_delayed_work_sync(&emergency_work);
	emergency_forget(NULL);
	cpuhp_remove_state_nocalls(hotplug_state);
}

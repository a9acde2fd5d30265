// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsc-begins.ko: when the machine goes to sleep (S3), the TSC of the last CPU begins at 0, as
 * the firmware of some machines lets it, and no emulator does. This is the last thing that
 * Linux does then: it has saved by now what it will want to know of the TSC. A CPU with
 * IA32_TSC_ADJUST shows nothing: writing the TSC changes that too, and Linux puts it back. QEMU
 * does not write the TSC, and Bochs compares the deadline of the local APIC's timer with
 * another clock, which was never written: lapic=notscdeadline.
 */
#include <linux/acpi.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <asm/msr.h>

static unsigned int times;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "how often it was done, and went back by that");

static int at_sleep(struct kprobe *p, struct pt_regs *regs)
{
	u64 before = rdtsc();

	if (regs->di == ACPI_STATE_S3) {
		wrmsrl(MSR_IA32_TSC, 0);
		times += rdtsc() < before;
	}
	return 0;
}

static struct kprobe sleep_probe = {
	.symbol_name = "acpi_enter_sleep_state",
	.pre_handler = at_sleep,
};

static int __init begin(void)
{
	return register_kprobe(&sleep_probe);
}

static void __exit end(void)
{
	unregister_kprobe(&sleep_probe);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("The TSC begins at 0 after S3");
MODULE_LICENSE("GPL");

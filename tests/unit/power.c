// SPDX-License-Identifier: GPL-2.0-only
/*
 * power.c on a machine of one CPU whose extension and TSC are played: the extension is on
 * while there are VMs and may be, and what power_tsc() says never goes back, though the TSC
 * may begin at 0 whenever the machine sleeps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <asm/msr.h>

static unsigned long long tsc;

#undef rdtsc
#define rdtsc()		tsc

#include "arch/x86/power.c"

static bool is_on;
static int refuses;

static struct {
	int (*comes)(unsigned int cpu);
	int (*goes)(unsigned int cpu);
	struct notifier_block *reboot;
	struct syscore_ops *sleep;
} hooks;

int cpuhp_setup_state_nocalls(enum cpuhp_state state, const char *name,
			      int (*comes)(unsigned int cpu), int (*goes)(unsigned int cpu))
{
	hooks.comes = comes;
	hooks.goes = goes;
	return 0;
}

void cpuhp_remove_state_nocalls(enum cpuhp_state state)
{
	hooks.comes = NULL;
}

int register_reboot_notifier(struct notifier_block *nb)
{
	hooks.reboot = nb;
	return 0;
}

int unregister_reboot_notifier(struct notifier_block *nb)
{
	hooks.reboot = NULL;
	return 0;
}

void register_syscore_ops(struct syscore_ops *ops)
{
	hooks.sleep = ops;
}

void unregister_syscore_ops(struct syscore_ops *ops)
{
	hooks.sleep = NULL;
}

static int cpu_on(void)
{
	assert(!is_on);
	is_on = !refuses;
	return refuses;
}

static void cpu_off(void)
{
	assert(is_on);
	is_on = false;
}

static const struct vendor_ops ops = { .cpu_on = cpu_on, .cpu_off = cpu_off };
const struct vendor_ops *vendor = &ops;

static int tests, failures;

static void ok(bool good, const char *name)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
}

/* the machine sleeps, and its TSC is @wakes_at when it is awake */
static void sleeps(u64 wakes_at)
{
	hooks.sleep->suspend();
	assert(!is_on);
	tsc = wakes_at;
	hooks.sleep->resume();
}

static void test_users(void)
{
	refuses = -EBUSY;
	ok(power_get() == -EBUSY && !is_on, "a CPU that refuses: no VM, nothing is on");
	refuses = 0;
	ok(!power_get() && is_on && power_is_on(), "the first VM switches it on");
	ok(!power_get() && is_on, "the second finds it on");
	power_put();
	ok(is_on, "it stays on for the other");
	power_put();
	ok(!is_on && !power_is_on(), "the last VM switches it off");
}

static void test_hotplug(void)
{
	ok(!hooks.comes(0) && !is_on, "a CPU comes: it is off without VMs");
	power_get();
	hooks.goes(0);
	ok(!is_on, "a CPU goes: it is off");
	ok(!hooks.comes(0) && is_on, "a CPU comes back: it is on");
	hooks.goes(0);
	refuses = -EIO;
	ok(hooks.comes(0) == -EIO && !power_is_on(), "a CPU that refuses does not come");
	refuses = 0;
	hooks.comes(0);
	power_put();
}

static void test_sleep(void)
{
	u64 before;

	tsc = 1000;
	sleeps(1500);
	ok(!is_on && power_tsc() == 1500, "asleep without VMs: nothing is on after it");
	power_get();
	sleeps(2000);
	ok(is_on && power_tsc() == 2000, "the TSC goes on: it is what the machine's is");
	before = power_tsc();
	sleeps(0);
	ok(is_on && power_tsc() == before, "the TSC begins at 0: it goes on from where it was");
	tsc = 300;
	ok(power_tsc() == before + 300, "and as fast as before");
	sleeps(70);
	ok(power_tsc() >= before + 300 && power_tsc() <= before + 370,
	   "the TSC begins again, and runs until anybody looks");
	before = power_tsc();
	sleeps(tsc);
	ok(power_tsc() == before, "the TSC stands still: nothing is added");
	/* what a TSC of 3 GHz has after a year, and that begins at 0 */
	tsc = 94608000ULL * 1000000000;
	before = power_tsc();
	sleeps(0);
	ok(power_tsc() == before, "a TSC of a year's");
	power_put();
}

static void test_reboot(void)
{
	power_get();
	hooks.reboot->notifier_call(hooks.reboot, 0, NULL);
	ok(!is_on, "the machine goes down: it is off");
	ok(power_get() == -ENODEV && !is_on, "and no VM is made any more");
	sleeps(tsc);
	ok(!is_on, "nor does waking up switch it on");
	ok(!hooks.comes(0) && !is_on, "nor a CPU that comes");
	power_put();
}

int main(void)
{
	ok(!power_init() && hooks.comes && hooks.reboot && hooks.sleep, "it begins");
	test_users();
	test_hotplug();
	test_sleep();
	test_reboot();
	power_exit();
	ok(!hooks.comes && !hooks.reboot && !hooks.sleep, "it ends");
	printf("1..%d\n", tests);
	return failures != 0;
}

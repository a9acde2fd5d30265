// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor's loop: run the guest, serve what it stopped for, and say in the
 * end how it ended.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "bus.h"
#include "code.h"
#include "control.h"
#include "debugger.h"
#include "device.h"
#include "pc.h"
#include "pci.h"
#include "restore.h"
#include "state.h"
#include "vmm.h"

/**
 * vmm_end() - the guest has ended
 * @vm: the machine
 * @status: the exit code of the monitor
 */
void vmm_end(struct vmm *vm, int status)
{
	vm->ended = true;
	vm->status = status;
}

/**
 * vmm_fail() - the guest cannot go on: one line about it, and a bad exit code
 * @vm: the machine
 * @fmt: what happened
 */
void vmm_fail(struct vmm *vm, const char *fmt, ...)
{
	const char *why = vm->be->ops->explain(vm->be);
	va_list args;

	console_close();
	fputs("kvmfs: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "%s%s\n", *why ? ": " : "", why);
	vmm_end(vm, EXIT_FAILURE);
}

/* The PICs ask for an interrupt: give it, or ask to be told when it can be */
static void interrupt(struct vmm *vm)
{
	u32 request = KVMFS_REQ_IRQ_WINDOW;

	if (vm->exit.state & KVMFS_STATE_IRQ_READY) {
		if (!vm->acked)
			vm->exit.vector = pic_ack(&vm->pic);
		vm->acked = false;
		request = KVMFS_REQ_INJECT;
		if (vm->pic.intr)
			request |= KVMFS_REQ_IRQ_WINDOW;
	}
	__atomic_fetch_or(&vm->exit.request, request, __ATOMIC_RELAXED);
}

static void halt(struct vmm *vm)
{
	/* Nothing but an NMI could wake it, and we have none: that is a power-off */
	if (!(vm->exit.state & KVMFS_STATE_IF)) {
		vmm_end(vm, EXIT_SUCCESS);
		return;
	}
	console_flush();
	vm->halted = true;
	while (vm->halted && !vm->pic.intr && !vm->ended) {
		event_wait(vm);
		event_handle(vm);
	}
	vm->halted = false;
}

/* The instruction that the guest is at: " ADDRESS: BYTES  TEXT" */
static const char *where(struct vmm *vm, char *text, size_t size)
{
	int dir = vm->be->ops->directory ? vm->be->ops->directory(vm->be) : -1;
	char insn[CODE_TEXT];
	u64 regs[KVM_REG_SLOTS];

	if (dir >= 0)
		code_here(dir, insn);
	if (dir >= 0 && *insn)
		snprintf(text, size, " %s", insn);
	else if (vm->be->ops->get_regs(vm->be, regs))
		*text = '\0';
	else
		snprintf(text, size, " rip %#llx", (unsigned long long)regs[REG(RIP)]);
	return text;
}

/* A restored machine has nothing to begin with, but its firmware */
static bool can_reset(const struct vmm *vm)
{
	return vm->be->ops->reset && (!vm->config->restore || vm->config->pc->bios);
}

/* Firmware, kernel or flat image, and the vCPU in front of it */
static int enter(struct vmm *vm)
{
	if (vm->config->pc->bios) {
		pc_enter(vm);
		return 0;
	}
	return vm->config->flat ? load_flat(vm) : load_kernel(vm);
}

/**
 * vmm_reset() - start the machine again; what is in its memory stays
 * @vm: the machine; its guest stands still
 * Return: 0; -1 if that cannot be, or, with a line on stderr, if it went wrong, which ends it
 *
 * In the vCPU thread, and not from a device that the guest accesses: it sets vm->resetting.
 */
int vmm_reset(struct vmm *vm)
{
	vm->resetting = false;
	if (!can_reset(vm))
		return -1;
	console_flush();
	if (!vm->be->ops->reset(vm->be) && !state_reset(vm) && !enter(vm)) {
		__atomic_store_n(&vm->wake, 1, __ATOMIC_RELAXED);	/* arms the timer */
		return 0;
	}
	console_close();
	vmm_end(vm, EXIT_FAILURE);
	return -1;
}

/* The guest wants it */
static void reboot(struct vmm *vm)
{
	if (vm->config->no_reboot || !can_reset(vm))
		vmm_end(vm, EXIT_SUCCESS);
	else
		vmm_reset(vm);
}

static void other_exit(struct vmm *vm, int reason)
{
	char text[CODE_TEXT + 8];

	where(vm, text, sizeof(text));
	switch (reason) {
	case KVMFS_EXIT_SHUTDOWN:
		/* a PC's board resets it, and firmware knows; a kernel alone would go round */
		if (vm->config->pc->bios && can_reset(vm) && !vm->config->no_reboot)
			vm->resetting = true;
		else
			vmm_fail(vm, "the guest shut down (triple fault) near%s", text);
		break;
	case KVMFS_EXIT_FAIL_ENTRY:
		vmm_fail(vm, "the processor refused the guest's state (code %#llx) at%s",
			 (unsigned long long)vm->exit.fail.code, text);
		break;
	case KVMFS_EXIT_ERROR:
		vmm_fail(vm, "the hypervisor cannot go on at%s", text);
		break;
	default:
		vmm_fail(vm, "unexpected exit %d at%s", reason, text);
	}
}

static void run_failed(struct vmm *vm)
{
	/* The kernel clears it when it has taken the vector; else it is for later */
	if (vm->exit.request & KVMFS_REQ_INJECT)
		vm->acked = true;
	if (errno == EAGAIN && vm->acked)	/* somebody else has changed the vCPU */
		vm->exit.state &= ~KVMFS_STATE_IRQ_READY;
	else if (errno != EINTR)
		vmm_fail(vm, "kvm_run: %s", strerror(errno));
}

static void loop(struct vmm *vm)
{
	const struct backend_ops *ops = vm->be->ops;
	int reason;

	if (vm->halted)		/* when it was saved */
		halt(vm);
	while (!vm->ended) {
		if (vm->resetting)
			reboot(vm);
		if (vm->exit.request & ~KVMFS_REQ_RETURN)
			__atomic_fetch_and(&vm->exit.request, KVMFS_REQ_RETURN,
					   __ATOMIC_RELAXED);
		if (__atomic_load_n(&vm->wake, __ATOMIC_RELAXED))
			event_handle(vm);
		if (vm->ended)
			break;
		if (vm->pic.intr || vm->acked)
			interrupt(vm);
		reason = ops->run(vm->be, &vm->exit);
		if (reason < 0) {
			run_failed(vm);
			continue;
		}
		vm->exits[reason]++;
		switch (reason) {
		case KVMFS_EXIT_IO:
			port_exit(vm);
			break;
		case KVMFS_EXIT_HLT:
			halt(vm);
			break;
		case KVMFS_EXIT_MMIO:
			bus_mmio(vm);
			break;
		case KVMFS_EXIT_IRQ_WINDOW:
			break;
		default:
			other_exit(vm, reason);
		}
	}
}

static int add_memory(struct vmm *vm)
{
	const u64 hole = 0xc0000000, high = 1ull << 32;
	u64 low = vm->config->memory;

	if (low > hole)
		low = hole;
	vm->ram_low = vm->be->ops->set_memory(vm->be, 0, low, false);
	if (!vm->ram_low)
		return -1;
	vm->ram_low_size = low;
	vm->ram_high_size = vm->config->memory - low;
	if (!vm->ram_high_size)
		return 0;
	vm->ram_high = vm->be->ops->set_memory(vm->be, high, vm->ram_high_size, false);
	return vm->ram_high ? 0 : -1;
}

/**
 * vmm_ram() - guest memory as a device reaches it; from any thread
 * @vm: the machine
 * @gpa: guest physical address
 * @size: bytes
 * Return: where the monitor sees it, or NULL if not all of it is RAM
 */
void *vmm_ram(const struct vmm *vm, u64 gpa, u64 size)
{
	const u64 high = 1ull << 32;

	if (gpa < vm->ram_low_size)
		return size <= vm->ram_low_size - gpa ? vm->ram_low + gpa : NULL;
	if (gpa < high || gpa - high >= vm->ram_high_size)
		return NULL;
	return size <= vm->ram_high_size - (gpa - high) ? vm->ram_high + (gpa - high) : NULL;
}

static void print_exits(const struct vmm *vm)
{
	static const char * const names[] = {
		NULL, "io", "mmio", "hlt", "irq-window", "debug", "shutdown",
		"hypercall", "msr", "fail-entry", "internal-error",
	};
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(names); i++)
		if (vm->exits[i])
			fprintf(stderr, "kvmfs: %llu %s exits\n",
				(unsigned long long)vm->exits[i], names[i]);
}

static int setup(struct vmm *vm)
{
	if (add_memory(vm))
		return -1;
	pic_init(&vm->pic);
	pit_init(vm);
	rtc_init(vm);
	uart_init(vm);
	port_init(vm);
	if (vm->config->pci && pci_init(vm))
		return -1;
	if (pc_setup(vm) || device_add_all(vm))
		return -1;
	if (!vm->config->pc->bios)
		pci_assign(vm);
	else if (pc_prepare(vm))
		return -1;
	state_init(vm);
	if (state_keep(vm)) {
		perror("kvmfs");
		return -1;
	}
	if (vm->config->restore)
		return restore_load(vm);
	if (vm->be->ops->set_cpuid(vm->be, vm->config->cpuid))
		return -1;
	return enter(vm);
}

static void run(struct vmm *vm)
{
	if (vm->config->dry_run) {
		vmm_describe(vm);
		vmm_end(vm, EXIT_SUCCESS);
	} else if (event_init(vm) || console_init() || control_start(vm) || io_start() ||
		   (vm->config->pc->screen && screen_start())) {
		fprintf(stderr, "kvmfs: %s\n", strerror(errno));
	} else if (!debugger_start(vm)) {
		event_kick();	/* the first look arms the timer */
		loop(vm);
		console_close();
		debugger_finish(vm->status);
		control_finish();
	}
}

/**
 * vmm_main() - make a virtual machine, run it to its end and remove it
 * @config: what the command line chose
 * Return: the exit code
 */
int vmm_main(const struct vmm_config *config)
{
	static struct vmm machine;
	struct vmm *vm = &machine;

	vm->config = config;
	vm->be = (config->dry_run ? &dry_ops : &backend_ops)->create(config->name);
	if (!vm->be)
		return EXIT_FAILURE;
	vm->status = EXIT_FAILURE;
	if (!setup(vm))
		run(vm);
	vm->be->ops->destroy(vm->be);
	if (config->verbose)
		print_exits(vm);
	return vm->status;
}

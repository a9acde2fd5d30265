// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core as a whole, and the life of a VM.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/work.h"

const struct vendor_ops *vendor;
static const struct vendor_ops *const vendors[] = {
	&svm_ops,
	&vmx_ops,
};

static const char *why_not = "no vendor";

static const char *choose_vendor(void)
{
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		why = vendors[i]->probe();
		if (why)
			continue;
		vendor = vendors[i];
		return NULL;
	}
	return why;
}

/**
 * hv_init() - make the core ready: choose the vendor, set the MMU up
 *
 * A machine that cannot run guests is no error: the file system still shows
 * everything, and says why in ``capabilities``.
 * Return: 0 or -ENOMEM.
 */
int hv_init(void)
{
	int ret;

	why_not = choose_vendor();
	ret = mmu_module_init();
	if (ret || !vendor)
		return ret;
	ret = work_init();
	if (ret)
		goto err_mmu;
	run_init();
	ret = vendor->setup();
	if (ret)
		goto err_work;
	ret = power_init();
	if (ret)
		goto err_vendor;
	return 0;
err_vendor:
	vendor->teardown();
err_work:
	work_exit();
err_mmu:
	mmu_module_exit();
	vendor = NULL;
	return ret;
}

/**
 * hv_exit() - undo hv_init(); no VM is left
 */
void hv_exit(void)
{
	if (vendor) {
		power_exit();
		vendor->teardown();
		work_exit();
	}
	mmu_module_exit();
}

/**
 * hv_why_not() - why this machine cannot run guests
 *
 * Return: NULL if it can, else a sentence.
 */
const char *hv_why_not(void)
{
	return why_not;
}

/**
 * hv_describe() - text of ``capabilities``, as far as the core knows it
 * @buf: to write to
 * @size: of @buf, bytes
 *
 * Return: bytes written, without a NUL.
 */
size_t hv_describe(char *buf, size_t size)
{
	if (!vendor)
		return scnprintf(buf, size, "vendor none\nreason %s\n", why_not);
	return scnprintf(buf, size,
			 "vendor %s\nmmu shadow%s\nmodes real protected pae long\nmax_vcpus %d\nmax_regions %d\nmax_gpa 0x%llx\ntsc_khz %u\n",
			 vendor->name, hv_has_nested() ? " nested" : "", VM_MAX_VCPUS, VM_MAX_REGIONS, VM_MAX_GPA, tsc_khz);
}

/**
 * hv_has_nested() - whether VMs can have nested paging
 *
 * Return: true if so.
 */
bool hv_has_nested(void)
{
	return vendor && vendor->nested && vendor->nested();
}

/**
 * vm_create() - a VM without memory and vCPUs
 * @backing: where its pages will come from; copied
 * @paging: PAGING_AUTO: nested if the processor has it
 *
 * Context: may sleep.
 * Return: the VM, or ERR_PTR: -ENODEV if this machine runs no guests, -EOPNOTSUPP if
 * it has no nested paging, -EBUSY if another hypervisor holds the processor, -ENOMEM.
 */
struct vm *vm_create(const struct vm_backing *backing, enum vm_paging paging)
{
	struct vm *vm;
	int ret;

	if (!vendor)
		return ERR_PTR(-ENODEV);
	if (paging == PAGING_NESTED && !hv_has_nested())
		return ERR_PTR(-EOPNOTSUPP);
	vm = kvzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vm->lock);
	init_waitqueue_head(&vm->pause_wait);
	spin_lock_init(&vm->error_lock);
	if (paging != PAGING_SHADOW && hv_has_nested())
		vm->mmu.nested = vendor->nested();
	vm->mmu_ops = vm->mmu.nested ? &nested_mmu : &shadow_mmu;
	ret = power_get();
	if (ret)
		goto err_free;
	ret = guest_mem_init(vm, backing);
	if (ret)
		goto err_power;
	ret = mmu_vm_init(vm);
	if (ret)
		goto err_mem;
	return vm;
err_mem:
	guest_mem_destroy(vm);
err_power:
	power_put();
err_free:
	kvfree(vm);
	return ERR_PTR(ret);
}

/**
 * vm_destroy() - end of a VM; its vCPUs are destroyed already
 * @vm: not used by anybody any more
 */
void vm_destroy(struct vm *vm)
{
	WARN_ON_ONCE(vm->n_vcpus);
	mmu_vm_destroy(vm);
	guest_mem_destroy(vm);
	power_put();
	kvfree(vm);
}

/**
 * vm_error() - set the sentence that ``status`` shows
 * @vm: the VM
 * @fmt: as for printf, no newline
 *
 * Context: any but NMI.
 */
void vm_error(struct vm *vm, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	spin_lock_irqsave(&vm->error_lock, flags);
	va_start(args, fmt);
	vscnprintf(vm->error, sizeof(vm->error), fmt, args);
	va_end(args);
	spin_unlock_irqrestore(&vm->error_lock, flags);
}

/**
 * vm_get_error() - copy of the last sentence, "" if there was none
 * @vm: the VM
 * @buf: VM_ERROR_LEN bytes
 */
void vm_get_error(struct vm *vm, char buf[VM_ERROR_LEN])
{
	unsigned long flags;

	spin_lock_irqsave(&vm->error_lock, flags);
	memcpy(buf, vm->error, VM_ERROR_LEN);
	spin_unlock_irqrestore(&vm->error_lock, flags);
}

/**
 * vm_get_stat() - counters of the VM
 * @vm: the VM
 * @s: out
 */
void vm_get_stat(struct vm *vm, struct vm_stat *s)
{
	spin_lock(&vm->mmu.lock);
	*s = vm->mmu.stat;
	spin_unlock(&vm->mmu.lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model-specific registers. Those that the hardware block holds are the vendor's
 * (system call and segment bases); the rest is below, in one table. A register
 * that is not in it does not exist for the guest: #GP.
 */
#include <linux/kernel.h>
#include <asm/msr-index.h>
#include <asm/msr.h>
#include "arch/x86/vcpu.h"

#define MSR_TSC			MSR_IA32_TSC
#define PAT_RESET		0x0007040600070406ULL	/* SDM vol. 3, table 11-10 */

/* how a register behaves */
enum msr_kind {
	MSR_VENDOR,		/* in the hardware block */
	MSR_STORE,		/* remembers what was written, no more; @value is its slot */
	MSR_CONST,		/* reads as @value, writes are ignored as hardware would */
	MSR_OWN,		/* by function */
	MSR_CHECKED,		/* the same when written, reads as MSR_STORE */
};

struct msr_row {
	u32 index;
	u8 kind;
	const char *name;
	u64 value;
	u64 reserved;		/* bits that must not be set */
	bool canonical;
};

enum { STORE_PAT, STORE_APIC_BASE, STORE_MISC, STORE_HWCR, STORE_SYSCFG };

static const struct msr_row rows[] = {
	{ MSR_IA32_CR_PAT, MSR_CHECKED, "pat", STORE_PAT },
	{ MSR_TSC, MSR_OWN, "tsc" },
	{ MSR_EFER, MSR_OWN, "efer" },
	{ MSR_IA32_APICBASE, MSR_STORE, "apic_base", STORE_APIC_BASE },
	{ MSR_IA32_MISC_ENABLE, MSR_STORE, "misc_enable", STORE_MISC },
	{ MSR_K7_HWCR, MSR_STORE, "hwcr", STORE_HWCR },
	{ MSR_AMD64_SYSCFG, MSR_STORE, "syscfg", STORE_SYSCFG },
	{ MSR_IA32_PLATFORM_ID, MSR_CONST, NULL, 0 },
	{ MSR_IA32_UCODE_REV, MSR_CONST, NULL, 0x100000000ULL },
	/* LFENCE waits for everything before it: true of every processor with SVM or VMX
	 * on which the kernel uses it as a barrier
	 */
	{ MSR_AMD64_DE_CFG, MSR_CONST, NULL, 2 },
	{ MSR_AMD64_NB_CFG, MSR_CONST, NULL, 0 },
	{ MSR_MTRRcap, MSR_CONST, NULL, 0 },
	/* guests have these without an exit */
	{ MSR_STAR, MSR_VENDOR, "star" },
	{ MSR_LSTAR, MSR_VENDOR, "lstar", .canonical = true },
	{ MSR_CSTAR, MSR_VENDOR, "cstar", .canonical = true },
	{ MSR_SYSCALL_MASK, MSR_VENDOR, "sfmask", .reserved = 0xffffffff00000000ULL },
	{ MSR_FS_BASE, MSR_VENDOR, "fs_base", .canonical = true },
	{ MSR_GS_BASE, MSR_VENDOR, "gs_base", .canonical = true },
	{ MSR_KERNEL_GS_BASE, MSR_VENDOR, "kernel_gs_base", .canonical = true },
	{ MSR_IA32_SYSENTER_CS, MSR_VENDOR, "sysenter_cs" },
	{ MSR_IA32_SYSENTER_ESP, MSR_VENDOR, "sysenter_esp", .canonical = true },
	{ MSR_IA32_SYSENTER_EIP, MSR_VENDOR, "sysenter_eip", .canonical = true },
};

/* this file's own numbering: what ``msrs`` lists */
static struct msr_name names[ARRAY_SIZE(rows)];

static const struct msr_row *find(u32 index)
{
	const struct msr_row *r;

	for (r = rows; r < rows + ARRAY_SIZE(rows); r++)
		if (r->index == index)
			return r;
	return NULL;
}

/* each of the eight fields is 0, 1, 4, 5, 6 or 7 (SDM vol. 3, 11.12.2) */
static bool pat_ok(u64 pat)
{
	unsigned int i;

	for (i = 0; i < 8; i++, pat >>= 8)
		if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return false;
	return true;
}

static void own_read(struct vcpu *v, u32 index, u64 *val)
{
	switch (index) {
	case MSR_TSC:
		*val = power_tsc() + v->tsc_offset;
		break;
	case MSR_EFER:
		*val = v->efer;
		break;
	}
}

static int own_write(struct vcpu *v, u32 index, u64 val)
{
	switch (index) {
	case MSR_TSC:
		v->tsc_offset = val - power_tsc();
		vendor->set_tsc_offset(v);
		return 0;
	case MSR_EFER:
		return efer_set(v, val);
	case MSR_IA32_CR_PAT:
		if (!pat_ok(val))
			return -EINVAL;
		v->msr_store[STORE_PAT] = val;
		/* counts with nested paging alone: some hardware has no place for it */
		vendor->set_msr(v, index, val);
		return 0;
	}
	return -EINVAL;
}

/**
 * msr_read() - RDMSR
 * @v: the vCPU
 * @index: the register
 * @val: out
 *
 * Return: 0, or -EINVAL: there is no such register (#GP).
 */
int msr_read(struct vcpu *v, u32 index, u64 *val)
{
	const struct msr_row *r = find(index);

	if (!r)
		return -EINVAL;
	switch (r->kind) {
	case MSR_VENDOR:
		return vendor->get_msr(v, index, val);
	case MSR_STORE:
	case MSR_CHECKED:
		*val = v->msr_store[r->value];
		return 0;
	case MSR_CONST:
		*val = r->value;
		return 0;
	default:
		own_read(v, index, val);
		return 0;
	}
}

/**
 * msr_write() - WRMSR
 * @v: the vCPU
 * @index: the register
 * @val: the value
 *
 * Return: 0, or -EINVAL: no such register, or not a value for it (#GP).
 */
int msr_write(struct vcpu *v, u32 index, u64 val)
{
	const struct msr_row *r = find(index);

	if (!r || (val & r->reserved) || (r->canonical && !gva_is_canonical(val)))
		return -EINVAL;
	switch (r->kind) {
	case MSR_VENDOR:
		return vendor->set_msr(v, index, val);
	case MSR_STORE:
		v->msr_store[r->value] = val;
		return 0;
	case MSR_CONST:
		return 0;
	default:
		return own_write(v, index, val);
	}
}

/**
 * msr_reset() - values after RESET; the TSC starts at 0
 * @v: the vCPU
 */
void msr_reset(struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == MSR_VENDOR)
			vendor->set_msr(v, rows[i].index, 0);
	v->msr_store[STORE_PAT] = PAT_RESET;
	v->msr_store[STORE_APIC_BASE] = 0xfee00000 | (v->id ? 0 : MSR_IA32_APICBASE_BSP);
	v->msr_store[STORE_MISC] = MSR_IA32_MISC_ENABLE_FAST_STRING;
	v->msr_store[STORE_HWCR] = 0;
	v->msr_store[STORE_SYSCFG] = 0;
	v->tsc_offset = -power_tsc();
	vendor->set_tsc_offset(v);
}

/**
 * hv_msr_table() - the registers that have a value to save
 * @n: out: how many
 *
 * Return: the table, in an order in which they can be restored.
 */
const struct msr_name *hv_msr_table(unsigned int *n)
{
	unsigned int i, k = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].name || rows[i].index == MSR_EFER)
			continue;
		names[k].index = rows[i].index;
		names[k++].name = rows[i].name;
	}
	*n = k;
	return names;
}

int vcpu_get_msr(struct vcpu *v, u32 index, u64 *value)
{
	return msr_read(v, index, value);
}

int vcpu_set_msr(struct vcpu *v, u32 index, u64 value)
{
	return msr_write(v, index, value);
}

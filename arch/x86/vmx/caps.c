// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the processor's VMX can do, from its capability MSRs (SDM vol. 3, appendix
 * A), and the execution, entry and exit controls that follow.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/perf_event.h>
#include "arch/x86/vmx/vmx.h"

/* IA32_VMX_BASIC, SDM vol. 3, A.1 */
#define BASIC_REVISION(basic)	((u32)(basic) & 0x7fffffff)
#define BASIC_SIZE(basic)	((u32)((basic) >> 32) & 0x1fff)
#define BASIC_TYPE(basic)	((u32)((basic) >> 50) & 0xf)
#define BASIC_TYPE_WB		6
#define BASIC_TRUE		BIT_ULL(55)

/* the upper half of IA32_VMX_EPT_VPID_CAP, SDM vol. 3, A.10 */
#define VPID_CAP_INVVPID	BIT_ULL(32)
#define VPID_CAP_ADDRESS	BIT_ULL(40)
#define VPID_CAP_SINGLE		BIT_ULL(41)
#define VPID_CAP_ALL		BIT_ULL(42)

enum group { PIN, CPU, CPU2, EXIT, ENTRY, GROUPS };

/* the MSR of each group, and that without "default1" bits (SDM vol. 3, A.2) */
static const struct {
	u32 msr, true_msr;
	const char *name;
} groups[GROUPS] = {
	[PIN] = { MSR_IA32_VMX_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PINBASED_CTLS,
		  "pin-based control" },
	[CPU] = { MSR_IA32_VMX_PROCBASED_CTLS, MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
		  "processor-based control" },
	[CPU2] = { MSR_IA32_VMX_PROCBASED_CTLS2, MSR_IA32_VMX_PROCBASED_CTLS2,
		   "secondary processor-based control" },
	[EXIT] = { MSR_IA32_VMX_EXIT_CTLS, MSR_IA32_VMX_TRUE_EXIT_CTLS, "VM-exit control" },
	[ENTRY] = { MSR_IA32_VMX_ENTRY_CTLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS, "VM-entry control" },
};

/* what we ask of it; CAN: must be there, but is not set at first */
enum need { MUST, CAN, MAY };

static const struct control {
	u8 group, need;
	u32 bit;
	const char *name;
} wanted[] = {
	{ PIN, MUST, PIN_BASED_EXT_INTR_MASK, "external-interrupt exiting" },
	{ PIN, MUST, PIN_BASED_NMI_EXITING, "NMI exiting" },
	{ PIN, MUST, PIN_BASED_VIRTUAL_NMIS, "virtual NMIs" },
	{ CPU, CAN, CPU_BASED_INTR_WINDOW_EXITING, "interrupt-window exiting" },
	{ CPU, CAN, CPU_BASED_NMI_WINDOW_EXITING, "NMI-window exiting" },
	{ CPU, MUST, CPU_BASED_USE_TSC_OFFSETTING, "use TSC offsetting" },
	{ CPU, MUST, CPU_BASED_HLT_EXITING, "HLT exiting" },
	{ CPU, MUST, CPU_BASED_INVLPG_EXITING, "INVLPG exiting" },
	{ CPU, MUST, CPU_BASED_MWAIT_EXITING, "MWAIT exiting" },
	{ CPU, MUST, CPU_BASED_MONITOR_EXITING, "MONITOR exiting" },
	{ CPU, MUST, CPU_BASED_RDPMC_EXITING, "RDPMC exiting" },
	{ CPU, MUST, CPU_BASED_CR3_LOAD_EXITING, "CR3-load exiting" },
	{ CPU, MUST, CPU_BASED_CR3_STORE_EXITING, "CR3-store exiting" },
	{ CPU, MUST, CPU_BASED_CR8_LOAD_EXITING, "CR8-load exiting" },
	{ CPU, MUST, CPU_BASED_CR8_STORE_EXITING, "CR8-store exiting" },
	{ CPU, MUST, CPU_BASED_MOV_DR_EXITING, "MOV-DR exiting" },
	{ CPU, MUST, CPU_BASED_UNCOND_IO_EXITING, "unconditional I/O exiting" },
	{ CPU, MUST, CPU_BASED_USE_MSR_BITMAPS, "use MSR bitmaps" },
	{ CPU, MAY, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS, "activate secondary controls" },
	{ CPU2, MAY, SECONDARY_EXEC_ENABLE_VPID, "enable VPID" },
	{ CPU2, MAY, SECONDARY_EXEC_WBINVD_EXITING, "WBINVD exiting" },
	{ CPU2, MAY, SECONDARY_EXEC_ENABLE_INVPCID, "enable INVPCID" },
	{ CPU2, MAY, SECONDARY_EXEC_ENCLS_EXITING, "ENCLS exiting" },
	{ EXIT, MUST, VM_EXIT_HOST_ADDR_SPACE_SIZE, "host address-space size" },
	{ EXIT, MAY, VM_EXIT_LOAD_IA32_EFER, "load IA32_EFER" },
	{ EXIT, MAY, VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL, "load IA32_PERF_GLOBAL_CTRL" },
	{ ENTRY, MUST, VM_ENTRY_LOAD_DEBUG_CONTROLS, "load debug controls" },
	{ ENTRY, CAN, VM_ENTRY_IA32E_MODE, "IA-32e mode guest" },
	{ ENTRY, MAY, VM_ENTRY_LOAD_IA32_EFER, "load IA32_EFER" },
	{ ENTRY, MAY, VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL, "load IA32_PERF_GLOBAL_CTRL" },
};

/* would spoil what we do if the processor insisted on them; SDM vol. 3, A.3.1 says never */
static const struct control unwanted[] = {
	{ CPU, CAN, CPU_BASED_INTR_WINDOW_EXITING, "interrupt-window exiting" },
	{ CPU, CAN, CPU_BASED_NMI_WINDOW_EXITING, "NMI-window exiting" },
	{ CPU2, CAN, SECONDARY_EXEC_ENABLE_EPT, "enable EPT" },
	{ EXIT, CAN, VM_EXIT_ACK_INTR_ON_EXIT, "acknowledge interrupt on exit" },
	{ ENTRY, CAN, VM_ENTRY_IA32E_MODE, "IA-32e mode guest" },
	{ ENTRY, CAN, VM_ENTRY_SMM, "entry to SMM" },
};

static char missing[100];	/* of the one CPU that module init runs on */

static const char *complain(const struct control *c, const char *verb)
{
	scnprintf(missing, sizeof(missing), "this processor's VMX %s %s \"%s\"",
		  verb, groups[c->group].name, c->name);
	return missing;
}

/* the low half of the MSR must be set, the high half may be: SDM vol. 3, A.3 */
static const char *compute(u64 basic, u32 ctl[GROUPS])
{
	const struct control *c;
	u64 allowed[GROUPS] = { };
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		/* there only if its activation is: else everything in it is 0 */
		if (i == CPU2 && !(allowed[CPU] >> 32 & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS))
			continue;
		rdmsrl(basic & BASIC_TRUE ? groups[i].true_msr : groups[i].msr, allowed[i]);
		ctl[i] = (u32)allowed[i];
	}
	for (c = wanted; c < wanted + ARRAY_SIZE(wanted); c++) {
		if (!(allowed[c->group] >> 32 & c->bit)) {
			if (c->need != MAY)
				return complain(c, "lacks the");
			continue;
		}
		if (c->need != CAN)
			ctl[c->group] |= c->bit;
	}
	for (c = unwanted; c < unwanted + ARRAY_SIZE(unwanted); c++)
		if ((u32)allowed[c->group] & c->bit)
			return complain(c, "cannot do without the");
	return NULL;
}

/* both ways or not at all */
static bool pair(u32 ctl[GROUPS], bool use, u32 exit, u32 entry)
{
	if (use && (ctl[EXIT] & exit) && (ctl[ENTRY] & entry))
		return true;
	ctl[EXIT] &= ~exit;
	ctl[ENTRY] &= ~entry;
	return false;
}

static bool has_perf_global_ctrl(void)
{
	u64 val;

	return boot_cpu_has(X86_FEATURE_ARCH_PERFMON) && (cpuid_eax(10) & 0xff) >= 2 &&
	       !rdmsrl_safe(MSR_CORE_PERF_GLOBAL_CTRL, &val);
}

/* tags are used if they can also be flushed */
static void read_vpid(struct vmx_caps *c)
{
	u64 cap = 0;

	if (c->cpu2 & SECONDARY_EXEC_ENABLE_VPID)
		rdmsrl(MSR_IA32_VMX_EPT_VPID_CAP, cap);
	c->vpid = (cap & VPID_CAP_INVVPID) && (cap & VPID_CAP_SINGLE) && (cap & VPID_CAP_ALL);
	c->invvpid_addr = c->vpid && (cap & VPID_CAP_ADDRESS);
	if (!c->vpid)
		c->cpu2 &= ~SECONDARY_EXEC_ENABLE_VPID;
}

static const char *check_basic(u64 basic)
{
	if (BASIC_SIZE(basic) > PAGE_SIZE)
		return "this processor's VMCS needs more than a page";
	if (BASIC_TYPE(basic) != BASIC_TYPE_WB)
		return "this processor's VMCS needs uncached memory";
	return NULL;
}

/**
 * caps_read() - read the capabilities of the CPU that runs this
 * @c: out
 *
 * Return: NULL, or why no guest can run, a sentence.
 */
const char *caps_read(struct vmx_caps *c)
{
	u32 ctl[GROUPS] = { };
	const char *why;
	u64 basic;

	memset(c, 0, sizeof(*c));
	if (rdmsrl_safe(MSR_IA32_VMX_BASIC, &basic))
		return "the processor announces VMX but has no capability MSRs";
	why = check_basic(basic);
	if (!why)
		why = compute(basic, ctl);
	if (why)
		return why;
	c->revision = BASIC_REVISION(basic);
	c->load_efer = pair(ctl, true, VM_EXIT_LOAD_IA32_EFER, VM_ENTRY_LOAD_IA32_EFER);
	c->load_perf = pair(ctl, has_perf_global_ctrl(), VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL,
			    VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL);
	c->pin = ctl[PIN];
	c->cpu = ctl[CPU];
	c->cpu2 = ctl[CPU2];
	c->exit = ctl[EXIT];
	c->entry = ctl[ENTRY];
	read_vpid(c);
	rdmsrl(basic & BASIC_TRUE ? groups[CPU].true_msr : groups[CPU].msr, basic);
	ept_read(c, (u32)basic);
	rdmsrl(MSR_IA32_VMX_CR0_FIXED0, c->cr0_fixed0);
	rdmsrl(MSR_IA32_VMX_CR0_FIXED1, c->cr0_fixed1);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED0, c->cr4_fixed0);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED1, c->cr4_fixed1);
	return NULL;
}

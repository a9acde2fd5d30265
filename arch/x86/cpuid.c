// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor that a guest sees: the host's, less what cannot or should not be
 * given to it. A guest without an APIC in its machine must not see one.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include "arch/x86/vcpu.h"

#define BIT_(n)	(1u << (n))

/* leaf 1 ECX: SSE3 PCLMUL SSSE3 CX16 PCID SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
#define LEAF1_ECX_PCID	BIT_(17)
#define LEAF1_ECX	(BIT_(0) | BIT_(1) | BIT_(9) | BIT_(13) | LEAF1_ECX_PCID | BIT_(19) | \
			 BIT_(20) | BIT_(22) | BIT_(23) | BIT_(25) | BIT_(30))
#define LEAF1_ECX_HYPERVISOR	BIT_(31)
/* leaf 1 EDX: FPU DE PSE TSC MSR PAE CX8 SEP PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 */
#define LEAF1_EDX	(BIT_(0) | BIT_(2) | BIT_(3) | BIT_(4) | BIT_(5) | BIT_(6) | BIT_(8) | \
			 BIT_(11) | BIT_(13) | BIT_(15) | BIT_(16) | BIT_(17) | BIT_(19) | \
			 BIT_(23) | BIT_(24) | BIT_(25) | BIT_(26))
/* leaf 7 EBX: FSGSBASE BMI1 SMEP BMI2 ERMS INVPCID RDSEED ADX SMAP CLFLUSHOPT CLWB SHA */
#define LEAF7_EBX_INVPCID BIT_(10)
#define LEAF7_EBX	(BIT_(0) | BIT_(3) | BIT_(7) | BIT_(8) | BIT_(9) | LEAF7_EBX_INVPCID | \
			 BIT_(18) | BIT_(19) | BIT_(20) | BIT_(23) | BIT_(24) | BIT_(29))
#define LEAF7_ECX	BIT_(2)			/* UMIP */
#define LEAF7_EDX	BIT_(4)			/* FSRM */
/* leaf 80000001 ECX: LAHF ABM SSE4A MISALIGNSSE 3DNOWPREFETCH; no SVM, no XOP */
#define EXT1_ECX	(BIT_(0) | BIT_(5) | BIT_(6) | BIT_(7) | BIT_(8))
/* EDX: SYSCALL NX MMXEXT FXSR_OPT PDPE1GB LM, and on AMD the copies of leaf 1's */
#define EXT1_EDX	(LEAF1_EDX | BIT_(20) | BIT_(22) | BIT_(25) | BIT_(26) | BIT_(29))
#define EXT1_EDX_AMD	(BIT_(0) | BIT_(2) | BIT_(3) | BIT_(4) | BIT_(5) | BIT_(6) | BIT_(8) | \
			 BIT_(13) | BIT_(15) | BIT_(16) | BIT_(17) | BIT_(23) | BIT_(24) | \
			 BIT_(11) | BIT_(20) | BIT_(22) | BIT_(25) | BIT_(26) | BIT_(29))
#define EXT7_EDX	BIT_(8)			/* the TSC runs at one speed */
#define HYPERVISOR_LEAF	0x40000000u

static struct cpuid_entry *add(struct vcpu *v, u32 leaf, u32 subleaf)
{
	struct cpuid_entry *e;

	if (v->n_cpuid == VCPU_MAX_CPUID)
		return NULL;
	e = &v->cpuid[v->n_cpuid++];
	e->leaf = leaf;
	e->subleaf = subleaf;
	cpuid_count(leaf, subleaf, &e->eax, &e->ebx, &e->ecx, &e->edx);
	return e;
}

/*
 * With shadow paging PCIDs are our doing alone (mmu/sync.c). But a processor without them may
 * refuse bit 63 of CR3 before it looks at the intercept (APM vol. 2, 15.9), so it must have
 * them all the same. And what the host itself does without, because of an erratum for
 * instance, is nothing for guests.
 */
static bool can_pcid(void)
{
	return boot_cpu_has(X86_FEATURE_PCID);
}

static bool can_invpcid(void)
{
	return boot_cpu_has(X86_FEATURE_INVPCID) && vendor->can_invpcid &&
	       vendor->can_invpcid();
}

/* the table is another one */
static void table_changed(struct vcpu *v)
{
	v->invpcid = cpuid_has(v, 7, 1, LEAF7_EBX_INVPCID);
	v->cr_dirty = true;
}

static void basic_leaves(struct vcpu *v)
{
	struct cpuid_entry *e = add(v, 0, 0);
	u32 max = e->eax;

	e->eax = min(max, 7u);
	e = add(v, 1, 0);
	/* one logical processor, whose APIC id is the vCPU's number */
	e->ebx = (e->ebx & 0xff00) | 1u << 16 | v->id << 24;
	e->ecx = (e->ecx & LEAF1_ECX) | LEAF1_ECX_HYPERVISOR;
	if (!can_pcid())
		e->ecx &= ~LEAF1_ECX_PCID;
	e->edx &= LEAF1_EDX;
	if (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL)
		add(v, 2, 0);
	if (max < 7)
		return;
	e = add(v, 7, 0);
	e->eax = 0;
	e->ebx &= LEAF7_EBX;
	/*
	 * With shadow paging each would be an exit, and for Linux several: without it a flush of
	 * the user's half is left to the next load of CR3, which is an exit in any case. Whoever
	 * wants it may add it.
	 */
	if (!can_invpcid() || !v->nested)
		e->ebx &= ~LEAF7_EBX_INVPCID;
	e->ecx &= LEAF7_ECX;
	e->edx &= LEAF7_EDX;
}

static void hypervisor_leaf(struct vcpu *v)
{
	struct cpuid_entry *e = add(v, HYPERVISOR_LEAF, 0);

	e->eax = HYPERVISOR_LEAF;
	memcpy(&e->ebx, "kvmf", 4);
	memcpy(&e->ecx, "s   ", 4);
	memcpy(&e->edx, "    ", 4);
}

static void extended_leaves(struct vcpu *v)
{
	bool amd = boot_cpu_data.x86_vendor != X86_VENDOR_INTEL;
	struct cpuid_entry *e = add(v, 0x80000000, 0);
	u32 max = min(e->eax, 0x80000008u);
	u32 leaf;

	e->eax = max;
	for (leaf = 0x80000001; leaf <= max; leaf++) {
		e = add(v, leaf, 0);
		if (leaf == 0x80000001) {
			e->ecx &= EXT1_ECX;
			e->edx &= amd ? EXT1_EDX_AMD : EXT1_EDX & ~LEAF1_EDX;
		} else if (leaf == 0x80000007) {
			e->eax = 0;
			e->ebx = 0;
			e->ecx = 0;
			e->edx &= EXT7_EDX;
		} else if (leaf == 0x80000008) {
			/* 40 bits of guest physical address (VM_MAX_GPA), 48 linear */
			e->eax = 40 | 48 << 8;
			e->ebx = 0;
			e->ecx = 0;
			e->edx = 0;
		}
	}
}

/**
 * cpuid_default() - what a new vCPU answers to CPUID
 * @v: the vCPU
 */
void cpuid_default(struct vcpu *v)
{
	v->n_cpuid = 0;
	basic_leaves(v);
	hypervisor_leaf(v);
	extended_leaves(v);
	table_changed(v);
}

static const struct cpuid_entry *find(const struct vcpu *v, u32 leaf, u32 subleaf)
{
	const struct cpuid_entry *e, *end = v->cpuid + v->n_cpuid;

	for (e = v->cpuid; e < end; e++)
		if (e->leaf == leaf && e->subleaf == subleaf)
			return e;
	return NULL;
}

/**
 * cpuid_find() - what the CPUID instruction answers
 * @v: the vCPU
 * @leaf: EAX
 * @subleaf: ECX; for leaves that have no subleaves it does not matter
 *
 * Return: the entry; one of zeros for an unknown leaf.
 */
const struct cpuid_entry *cpuid_find(const struct vcpu *v, u32 leaf, u32 subleaf)
{
	static const struct cpuid_entry unknown;
	const struct cpuid_entry *e;

	if (leaf != 4 && leaf != 7 && leaf != 0xb && leaf != 0xd && leaf != 0x8000001d)
		subleaf = 0;
	e = find(v, leaf, subleaf);
	return e ?: &unknown;
}

/**
 * cpuid_query() - the CPUID instruction, for the emulator
 * @v: the vCPU
 * @eax: in: leaf, out
 * @ebx: out
 * @ecx: in: subleaf, out
 * @edx: out
 */
void cpuid_query(struct vcpu *v, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	const struct cpuid_entry *e = cpuid_find(v, *eax, *ecx);

	*eax = e->eax;
	*ebx = e->ebx;
	*ecx = e->ecx;
	*edx = e->edx;
}

/**
 * cpuid_has() - whether the guest's CPU has a feature
 * @v: the vCPU
 * @leaf: CPUID leaf, subleaf 0
 * @reg: 0-3 for EAX, EBX, ECX, EDX
 * @bit: mask in that register
 *
 * Return: true if any bit of the mask is set.
 */
bool cpuid_has(struct vcpu *v, u32 leaf, int reg, u32 bit)
{
	const struct cpuid_entry *e = find(v, leaf, 0);

	return e && ((&e->eax)[reg] & bit);
}

/**
 * vcpu_get_cpuid() - the whole table
 * @v: frozen or claimed
 * @e: room for VCPU_MAX_CPUID entries
 *
 * Return: number of entries.
 */
unsigned int vcpu_get_cpuid(struct vcpu *v, struct cpuid_entry *e)
{
	memcpy(e, v->cpuid, v->n_cpuid * sizeof(*e));
	return v->n_cpuid;
}

/* what the guest could use without our leave must be the host's to give */
static const char *check_entry(const struct cpuid_entry *e)
{
	if (e->leaf == 1 && (e->ecx & (BIT_(26) | BIT_(27) | BIT_(28))))
		return "cpuid leaf 1: XSAVE and AVX are not offered to guests";
	if (e->leaf == 1 && (e->ecx & LEAF1_ECX_PCID) && !can_pcid())
		return "cpuid leaf 1: PCID is not in this host's processor";
	if (e->leaf == 7 && !e->subleaf && (e->ebx & LEAF7_EBX_INVPCID) && !can_invpcid())
		return "cpuid leaf 7: INVPCID is not in this host's processor, or its VMX";
	if (e->leaf == 0x80000001 && (e->ecx & BIT_(2)))
		return "cpuid leaf 0x80000001: SVM is not offered to guests";
	if (e->leaf == 7 && !e->subleaf &&
	    (e->ebx & (BIT_(0) | BIT_(7) | BIT_(20)) & ~cpuid_ebx(7)))
		return "cpuid leaf 7: FSGSBASE, SMEP or SMAP is not in this host's processor";
	/* CR4 would be refused, and that is not the guest's #GP but the end of it */
	if (e->leaf == 7 && !e->subleaf && (e->ecx & LEAF7_ECX & ~cpuid_ecx(7)))
		return "cpuid leaf 7: UMIP is not in this host's processor";
	return NULL;
}

/**
 * vcpu_set_cpuid() - replace the whole table
 * @v: claimed
 * @e: the entries
 * @n: how many, 1 to VCPU_MAX_CPUID
 * @why: a sentence, on -EINVAL
 *
 * Return: 0 or -EINVAL: nothing changed.
 */
int vcpu_set_cpuid(struct vcpu *v, const struct cpuid_entry *e, unsigned int n, const char **why)
{
	unsigned int i, j;

	*why = NULL;
	if (!n || n > VCPU_MAX_CPUID)
		*why = "cpuid: no entries, or too many";
	for (i = 0; i < n && !*why; i++) {
		*why = check_entry(&e[i]);
		for (j = 0; j < i && !*why; j++)
			if (e[j].leaf == e[i].leaf && e[j].subleaf == e[i].subleaf)
				*why = "cpuid: a leaf is given twice";
	}
	if (*why)
		return -EINVAL;
	memcpy(v->cpuid, e, n * sizeof(*e));
	v->n_cpuid = n;
	table_changed(v);
	return 0;
}

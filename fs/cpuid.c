// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``cpuid``: what the guest's CPUID instruction says, one leaf a line:
 * LEAF SUBLEAF EAX EBX ECX EDX.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include "fs/contents.h"

static struct cpuid_entry *new_table(void)
{
	return kcalloc(VCPU_MAX_CPUID, sizeof(struct cpuid_entry),
		       GFP_KERNEL_ACCOUNT);
}

int cpuid_show(struct kvmfs_cpu *c, struct text *t)
{
	struct cpuid_entry *e = new_table();
	unsigned int n, i;
	int ret;

	if (!e)
		return -ENOMEM;
	ret = vcpu_freeze(c->vcpu);
	if (ret)
		goto out;
	n = vcpu_get_cpuid(c->vcpu, e);
	vcpu_thaw(c->vcpu);
	for (i = 0; i < n; i++)
		text_printf(t, "0x%08x 0x%x 0x%08x 0x%08x 0x%08x 0x%08x\n",
			    e[i].leaf, e[i].subleaf, e[i].eax, e[i].ebx,
			    e[i].ecx, e[i].edx);
out:
	kfree(e);
	return ret;
}

static int parse_leaf(struct input *in, struct cpuid_entry *e)
{
	u32 *field[] = { &e->leaf, &e->subleaf, &e->eax, &e->ebx, &e->ecx, &e->edx };
	unsigned int i;
	u64 v;
	int ret;

	for (i = 0; i < ARRAY_SIZE(field); i++) {
		ret = input_u64(in, &v);
		if (ret)
			return ret;
		if (v > U32_MAX)
			return input_fail(in, "0x%llx has more than 32 bits", v);
		*field[i] = v;
	}
	return input_end(in);
}

/* adds the lines of @in to the *@n entries of @e */
static int parse_leaves(struct input *in, struct cpuid_entry *e, unsigned int *n)
{
	struct cpuid_entry new;
	unsigned int i;
	int ret;

	while (input_line(in)) {
		ret = parse_leaf(in, &new);
		if (ret)
			return ret;
		for (i = 0; i < *n; i++)
			if (e[i].leaf == new.leaf && e[i].subleaf == new.subleaf)
				return input_fail(in, "leaf 0x%x 0x%x is there twice",
						  new.leaf, new.subleaf);
		if (*n == VCPU_MAX_CPUID)
			return input_fail(in, "more than %d leaves", VCPU_MAX_CPUID);
		e[(*n)++] = new;
	}
	return 0;
}

/*
 * A write at the beginning replaces the table; one further on, as a tool makes
 * that copies in blocks, adds to it.
 */
int cpuid_store(struct kvmfs_cpu *c, struct input *in)
{
	struct cpuid_entry *e = new_table();
	const char *why = "illegal table";
	unsigned int n = 0;
	int ret;

	if (!e)
		return -ENOMEM;
	ret = vcpu_claim(c->vcpu);
	if (ret)
		goto out;
	if (in->add)
		n = vcpu_get_cpuid(c->vcpu, e);
	ret = parse_leaves(in, e, &n);
	if (!ret) {
		in->line = 0;
		ret = vcpu_set_cpuid(c->vcpu, e, n, &why);
		if (ret == -EINVAL)
			input_fail(in, "%s", why);
	}
	vcpu_release(c->vcpu);
out:
	kfree(e);
	return ret;
}

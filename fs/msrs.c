// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``msrs``: model-specific registers by name; by index (0x...) those as well.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "fs/contents.h"

#define MAX_LINES	256	/* that one write may have */

struct msr_line {
	u32 index;
	unsigned int line;
	u64 value;
};

int msrs_show(struct kvmfs_cpu *c, struct text *t)
{
	const struct msr_name *m;
	unsigned int n, i;
	u64 value;
	int ret;

	m = hv_msr_table(&n);
	ret = vcpu_freeze(c->vcpu);
	if (ret)
		return ret;
	for (i = 0; i < n; i++)
		if (!vcpu_get_msr(c->vcpu, m[i].index, &value))
			text_printf(t, "%s 0x%016llx\n", m[i].name, value);
	vcpu_thaw(c->vcpu);
	return 0;
}

static int find_msr(const char *name, u32 *index)
{
	const struct msr_name *m;
	unsigned int n, i;
	u64 number;

	m = hv_msr_table(&n);
	for (i = 0; i < n; i++) {
		if (!strcmp(m[i].name, name)) {
			*index = m[i].index;
			return 0;
		}
	}
	if (text_u64(name, &number) || number > U32_MAX)
		return -EINVAL;
	*index = number;
	return 0;
}

static int parse_msrs(struct input *in, struct msr_line *lines, unsigned int *n)
{
	char *name;
	int ret;

	for (*n = 0; input_line(in); (*n)++) {
		if (*n == MAX_LINES)
			return input_fail(in, "more than %d lines", MAX_LINES);
		name = input_word(in);
		if (find_msr(name, &lines[*n].index))
			return input_fail(in, "no MSR \"%.32s\"", name);
		ret = input_u64(in, &lines[*n].value);
		if (!ret)
			ret = input_end(in);
		if (ret)
			return ret;
		lines[*n].line = in->line;
	}
	return 0;
}

/*
 * The core checks a value when it takes it. For all or nothing, what was set
 * before a refused one is set back: each line holds the old value meanwhile.
 */
static int apply_msrs(struct kvmfs_cpu *c, struct input *in, struct msr_line *lines,
		      unsigned int n)
{
	unsigned int i;
	u64 old;
	int ret;

	for (i = 0; i < n; i++) {
		ret = vcpu_get_msr(c->vcpu, lines[i].index, &old);
		if (!ret)
			ret = vcpu_set_msr(c->vcpu, lines[i].index, lines[i].value);
		if (ret)
			goto undo;
		lines[i].value = old;
	}
	return 0;
undo:
	in->line = lines[i].line;
	input_fail(in, "MSR 0x%x does not take 0x%llx", lines[i].index,
		   lines[i].value);
	while (i--)
		vcpu_set_msr(c->vcpu, lines[i].index, lines[i].value);
	return -EINVAL;
}

int msrs_store(struct kvmfs_cpu *c, struct input *in)
{
	struct msr_line *lines;
	unsigned int n;
	int ret;

	lines = kvmalloc_array(MAX_LINES, sizeof(*lines), GFP_KERNEL_ACCOUNT);
	if (!lines)
		return -ENOMEM;
	ret = parse_msrs(in, lines, &n);
	if (!ret)
		ret = vcpu_claim(c->vcpu);
	if (!ret) {
		ret = apply_msrs(c, in, lines, n);
		vcpu_release(c->vcpu);
	}
	kvfree(lines);
	return ret;
}

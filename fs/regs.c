// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``regs``: the registers of a vCPU as lines of text, and as a binary window.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "fs/contents.h"

struct reg {
	const char *name;
	u8 slot;
};

#define REG_ROW(NAME, name, slot)	{ name, slot },
static const struct reg reg_table[] = { KVM_REG_LIST(REG_ROW) };

#define SLOT_SEG	32	/* four slots a segment register from here ... */
#define SLOT_GDTR	64	/* ... to here, then base and limit of two tables */

/*
 * Hex digits of a register's value. They are fixed, so that the size of the
 * file does not depend on the values, and can be told without stopping the vCPU.
 */
static int reg_digits(unsigned int slot)
{
	static const u8 segment[] = { 16, 8, 4, 5 };	/* base limit selector attr */

	if (slot >= SLOT_GDTR)
		return slot & 1 ? 4 : 16;
	return slot >= SLOT_SEG ? segment[slot % 4] : 16;
}

u64 regs_size(struct kvmfs_cpu *c)
{
	const struct reg *r;
	u64 size = 0;

	for (r = reg_table; r < reg_table + ARRAY_SIZE(reg_table); r++)
		size += strlen(r->name) + strlen(" 0x\n") + reg_digits(r->slot);
	return size;
}

static int sample(struct kvmfs_cpu *c, u64 regs[KVM_REG_SLOTS])
{
	int ret = vcpu_freeze(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_regs(c->vcpu, regs);
	vcpu_thaw(c->vcpu);
	return 0;
}

int regs_show(struct kvmfs_cpu *c, struct text *t)
{
	u64 regs[KVM_REG_SLOTS];
	const struct reg *r;
	int ret = sample(c, regs);

	if (ret)
		return ret;
	for (r = reg_table; r < reg_table + ARRAY_SIZE(reg_table); r++)
		text_printf(t, "%s 0x%0*llx\n", r->name, reg_digits(r->slot),
			    regs[r->slot]);
	return 0;
}

static const struct reg *find_reg(const char *name)
{
	const struct reg *r;

	for (r = reg_table; r < reg_table + ARRAY_SIZE(reg_table); r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

/* the lines of @in into @regs */
static int parse_regs(struct input *in, u64 regs[KVM_REG_SLOTS])
{
	const struct reg *r;
	char *name;
	int ret;

	while (input_line(in)) {
		name = input_word(in);
		r = find_reg(name);
		if (!r)
			return input_fail(in, "no register \"%.32s\"", name);
		ret = input_u64(in, &regs[r->slot]);
		if (!ret)
			ret = input_end(in);
		if (ret)
			return ret;
	}
	return 0;
}

int regs_store(struct kvmfs_cpu *c, struct input *in)
{
	const char *why = "illegal value";
	u64 regs[KVM_REG_SLOTS];
	int ret = vcpu_claim(c->vcpu);

	if (ret)
		return ret;
	vcpu_get_regs(c->vcpu, regs);
	ret = parse_regs(in, regs);
	if (!ret) {
		in->line = 0;	/* it is about all of them now */
		ret = vcpu_set_regs(c->vcpu, regs, &why);
		if (ret == -EINVAL)
			input_fail(in, "%s", why);
	}
	vcpu_release(c->vcpu);
	return ret;
}

/* whole registers only: a part of one is never meant */
static bool whole(u64 off, size_t n)
{
	return n && !(off % 8) && !(n % 8);
}

int regs_get(struct kvmfs_cpu *c, u64 off, void *buf, size_t n)
{
	u64 regs[KVM_REG_SLOTS];
	int ret;

	if (!whole(off, n))
		return -EINVAL;
	ret = sample(c, regs);
	if (!ret)
		memcpy(buf, (char *)regs + off, n);
	return ret;
}

int regs_put(struct kvmfs_cpu *c, u64 off, const void *buf, size_t n)
{
	struct input in = { .cpu = c, .file = "regs" };
	const char *why = "illegal value";
	u64 regs[KVM_REG_SLOTS];
	int ret;

	if (!whole(off, n))
		return input_fail(&in, "the binary window takes whole registers");
	ret = vcpu_claim(c->vcpu);
	if (ret)
		return ret;
	vcpu_get_regs(c->vcpu, regs);
	memcpy((char *)regs + off, buf, n);
	ret = vcpu_set_regs(c->vcpu, regs, &why);
	if (ret == -EINVAL)
		input_fail(&in, "%s", why);
	vcpu_release(c->vcpu);
	return ret;
}

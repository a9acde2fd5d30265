// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``fpregs``: the XSAVE image, binary and always whole.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "fs/contents.h"

u64 fpregs_size(struct kvmfs_cpu *c)
{
	return vcpu_fpu_size(c->vcpu);
}

int fpregs_show(struct kvmfs_cpu *c, struct text *t)
{
	unsigned int size = vcpu_fpu_size(c->vcpu);
	void *image;
	int ret;

	image = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	ret = vcpu_freeze(c->vcpu);
	if (!ret) {
		ret = vcpu_get_fpu(c->vcpu, image, size);
		vcpu_thaw(c->vcpu);
	}
	if (!ret)
		text_bytes(t, image, size);
	kvfree(image);
	return ret;
}

bool fpregs_complete(struct kvmfs_cpu *c, const struct input *in)
{
	return in->add || in->len >= vcpu_fpu_size(c->vcpu);
}

int fpregs_store(struct kvmfs_cpu *c, struct input *in)
{
	unsigned int size = vcpu_fpu_size(c->vcpu);
	int ret;

	if (in->add || in->len != size)
		return input_fail(in, "it takes the whole image of %u bytes", size);
	ret = vcpu_claim(c->vcpu);
	if (ret)
		return ret;
	ret = vcpu_set_fpu(c->vcpu, in->buf, size);
	if (ret == -EINVAL)
		input_fail(in, "not an XSAVE image that this processor can load");
	vcpu_release(c->vcpu);
	return ret;
}

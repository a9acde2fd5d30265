// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``run`` and ``exit``: the twin of kvm_run() that needs nothing but a shell.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "fs/contents.h"

/* one write to ``run``, understood */
struct run_request {
	u32 request;
	u32 vector;
	char *data;		/* the word after data, or NULL */
};

static int parse_run_word(struct input *in, const char *word, struct run_request *r)
{
	u64 vector;
	int ret;

	if (!strcmp(word, "window")) {
		r->request |= KVMFS_REQ_IRQ_WINDOW;
	} else if (!strcmp(word, "return")) {
		r->request |= KVMFS_REQ_RETURN;
	} else if (!strcmp(word, "inject")) {
		ret = input_u64(in, &vector);
		if (ret)
			return ret;
		if (vector > 255)
			return input_fail(in, "vector 0x%llx is above 255", vector);
		r->request |= KVMFS_REQ_INJECT;
		r->vector = vector;
	} else if (!strcmp(word, "data")) {
		r->data = input_word(in);
		if (!r->data)
			return input_fail(in, "a value is missing after data");
	}
	return 0;	/* any other word, and none, just runs */
}

static int parse_run(struct input *in, struct run_request *r)
{
	char *word;
	int ret;

	while (input_line(in)) {
		while ((word = input_word(in))) {
			ret = parse_run_word(in, word, r);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* @word is what the device answers: @n bytes, as a number or as hex:BYTES */
static int answer(struct input *in, const char *word, u8 *data, unsigned int n)
{
	size_t got;
	u64 v;

	if (!n)
		return input_fail(in, "data, but no input is pending");
	if (!strncmp(word, "hex:", 4)) {
		if (text_unhex(word + 4, data, n, &got) || got != n)
			return input_fail(in, "data must have %u bytes", n);
		return 0;
	}
	if (n > sizeof(v))
		return input_fail(in, "data of %u bytes must be hex:...", n);
	if (text_u64(word, &v))
		return input_fail(in, "\"%.32s\" is not a number", word);
	if (n < sizeof(v) && v >> (8 * n))
		return input_fail(in, "0x%llx has more than %u bytes", v, n);
	memcpy(data, &v, n);
	return 0;
}

int run_store(struct kvmfs_cpu *c, struct input *in)
{
	struct run_request r = {};
	struct kvm_exit *x;
	int ret = parse_run(in, &r);

	if (ret)
		return ret;
	ret = vcpu_begin_run(c->vcpu);
	if (ret)
		return ret;
	if (READ_ONCE(c->dead)) {
		ret = -ENODEV;
		goto out;
	}
	x = vcpu_exit(c->vcpu);
	if (r.data)
		ret = answer(in, r.data, x->data, vcpu_wants(c->vcpu));
	else	/* nobody answers: the bus floats */
		memset(x->data, 0xff, vcpu_wants(c->vcpu));
	if (ret)
		goto out;
	x->request = r.request;
	x->vector = r.vector;
	if (!c->vm->ran)
		status_started(c->vm);
	ret = vcpu_run(c->vcpu, KVM_EXIT_DATA);
out:
	vcpu_end_run(c->vcpu);
	kvmfs_cpu_exited(c);
	if (status_run_failed(ret))
		kvmfs_status_changed(c->vm);
	return ret < 0 ? ret : 0;
}

static void show_data(struct text *t, const struct kvm_exit *x, unsigned int n)
{
	u64 v = 0;

	if (n > sizeof(v) || (x->reason == KVMFS_EXIT_IO && x->io.count > 1)) {
		text_printf(t, " data hex:");
		text_hex(t, x->data, n);
	} else {
		memcpy(&v, x->data, n);
		text_printf(t, " data 0x%llx", v);
	}
}

static void show_io(struct text *t, const struct kvm_exit *x)
{
	text_printf(t, "io %s port 0x%x size %u count %u", x->io.write ? "out" : "in",
		    x->io.port, x->io.size, x->io.count);
	if (x->io.write)
		show_data(t, x, min_t(u64, (u64)x->io.size * x->io.count, KVM_EXIT_DATA));
}

static void show_mmio(struct text *t, const struct kvm_exit *x)
{
	text_printf(t, "mmio %s gpa 0x%llx size %u", x->mmio.write ? "write" : "read",
		    x->mmio.gpa, x->mmio.size);
	if (x->mmio.write)
		show_data(t, x, x->mmio.size);
}

static void show_msr(struct text *t, const struct kvm_exit *x)
{
	text_printf(t, "msr %s index 0x%x", x->msr.write ? "write" : "read", x->msr.index);
	if (x->msr.write)
		text_printf(t, " value 0x%llx", x->msr.value);
}

static void show_reason(struct text *t, const struct kvm_exit *x)
{
	switch (x->reason) {
	case KVMFS_EXIT_IO:
		show_io(t, x);
		break;
	case KVMFS_EXIT_MMIO:
		show_mmio(t, x);
		break;
	case KVMFS_EXIT_HLT:
		text_printf(t, "hlt");
		break;
	case KVMFS_EXIT_IRQ_WINDOW:
		text_printf(t, "irq-window");
		break;
	case KVMFS_EXIT_DEBUG:
		text_printf(t, "debug dr6 0x%llx rip 0x%llx vector %u",
			    x->debug.dr6, x->debug.rip, x->debug.vector);
		break;
	case KVMFS_EXIT_SHUTDOWN:
		text_printf(t, "shutdown");
		break;
	case KVMFS_EXIT_HYPERCALL:
		text_printf(t, "hypercall rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rsi 0x%llx",
			    x->hypercall.rax, x->hypercall.rbx, x->hypercall.rcx,
			    x->hypercall.rdx, x->hypercall.rsi);
		break;
	case KVMFS_EXIT_MSR:
		show_msr(t, x);
		break;
	case KVMFS_EXIT_FAIL_ENTRY:
		text_printf(t, "fail-entry code 0x%llx info 0x%llx 0x%llx",
			    x->fail.code, x->fail.info[0], x->fail.info[1]);
		break;
	default:
		text_printf(t, "internal-error");
	}
}

int exit_show(struct kvmfs_cpu *c, struct text *t)
{
	const struct kvm_exit *x;
	int ret = vcpu_freeze(c->vcpu);

	if (ret)
		return ret;
	x = vcpu_exit(c->vcpu);
	if (!vcpu_exit_count(c->vcpu) || !x->reason) {
		text_printf(t, "none\n");
	} else {
		show_reason(t, x);
		text_printf(t, " if %d ready %d\n", !!(x->state & KVMFS_STATE_IF),
			    !!(x->state & KVMFS_STATE_IRQ_READY));
	}
	vcpu_thaw(c->vcpu);
	return 0;
}

u64 exit_seq(struct kvmfs_cpu *c)
{
	return vcpu_exit_count(c->vcpu);
}

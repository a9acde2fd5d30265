// SPDX-License-Identifier: GPL-2.0-only
/*
 * For benchmarks only: the same monitor on /dev/kvm, with all interrupt
 * controllers in user space, to measure kvmfs against. The guest is shown the
 * CPUID that kvmfs shows: no APIC and no paravirtual interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"

#define TSS_ADDR	0xfffbd000	/* VMX without unrestricted guest wants one */
#define MAX_CPUID	256

struct kvm_backend {
	struct backend be;
	int kvm, vm, vcpu;
	unsigned int slots;
	int run_size;
	struct kvm_run *run;
	char why[64];
};

static struct kvm_backend *to_kvm(struct backend *be)
{
	return (struct kvm_backend *)be;
}

static struct backend *kvm_make(const char *name)
{
	static struct kvm_backend kvm;

	(void)name;
	kvm.be.ops = &backend_ops;
	kvm.slots = 0;
	kvm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm.kvm < 0)
		goto fail;
	kvm.vm = ioctl(kvm.kvm, KVM_CREATE_VM, 0);
	if (kvm.vm < 0)
		goto fail;
	ioctl(kvm.vm, KVM_SET_TSS_ADDR, TSS_ADDR);
	kvm.vcpu = ioctl(kvm.vm, KVM_CREATE_VCPU, 0);
	kvm.run_size = ioctl(kvm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (kvm.vcpu < 0 || kvm.run_size < 0)
		goto fail;
	kvm.run = mmap(NULL, kvm.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, kvm.vcpu, 0);
	if (kvm.run == MAP_FAILED)
		goto fail;
	kvm.be.kick = &kvm.run->immediate_exit;
	return &kvm.be;
fail:
	perror("kvmfs: /dev/kvm");
	return NULL;
}

static void *kvm_memory(struct backend *be, u64 gpa, u64 size, bool rom)
{
	struct kvm_backend *kvm = to_kvm(be);
	struct kvm_userspace_memory_region region = {
		.slot = kvm->slots,
		.flags = rom ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = gpa,
		.memory_size = size,
	};
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		goto fail;
	region.userspace_addr = (uintptr_t)p;
	if (ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region))
		goto fail;
	kvm->slots++;
	return p;
fail:
	perror("kvmfs: memory");
	return NULL;
}

static void read_io(struct kvm_run *run, struct kvm_exit *exit)
{
	u32 bytes = run->io.size * run->io.count;

	exit->io.port = run->io.port;
	exit->io.size = run->io.size;
	exit->io.write = run->io.direction == KVM_EXIT_IO_OUT;
	exit->io.count = run->io.count;
	if (exit->io.write)
		memcpy(exit->data, (u8 *)run + run->io.data_offset, bytes);
}

static void read_mmio(struct kvm_run *run, struct kvm_exit *exit)
{
	exit->mmio.gpa = run->mmio.phys_addr;
	exit->mmio.size = run->mmio.len;
	exit->mmio.write = run->mmio.is_write;
	memcpy(exit->data, run->mmio.data, sizeof(run->mmio.data));
}

static int translate(struct kvm_backend *kvm, struct kvm_exit *exit)
{
	struct kvm_run *run = kvm->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		read_io(run, exit);
		return KVMFS_EXIT_IO;
	case KVM_EXIT_MMIO:
		read_mmio(run, exit);
		return KVMFS_EXIT_MMIO;
	case KVM_EXIT_HLT:
		return KVMFS_EXIT_HLT;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return KVMFS_EXIT_IRQ_WINDOW;
	case KVM_EXIT_SHUTDOWN:
		return KVMFS_EXIT_SHUTDOWN;
	case KVM_EXIT_FAIL_ENTRY:
		exit->fail.code = run->fail_entry.hardware_entry_failure_reason;
		return KVMFS_EXIT_FAIL_ENTRY;
	default:
		snprintf(kvm->why, sizeof(kvm->why), "KVM exit %u, suberror %u",
			 run->exit_reason, run->internal.suberror);
		return KVMFS_EXIT_ERROR;
	}
}

/* The reply to a read goes back into the place where the question was */
static void complete(struct kvm_run *run, const struct kvm_exit *exit)
{
	if (exit->reason == KVMFS_EXIT_IO && !exit->io.write)
		memcpy((u8 *)run + run->io.data_offset, exit->data,
		       exit->io.size * exit->io.count);
	else if (exit->reason == KVMFS_EXIT_MMIO && !exit->mmio.write)
		memcpy(run->mmio.data, exit->data, sizeof(run->mmio.data));
}

static int kvm_enter(struct backend *be, struct kvm_exit *exit)
{
	struct kvm_backend *kvm = to_kvm(be);
	struct kvm_run *run = kvm->run;
	struct kvm_interrupt irq;
	int ret;

	complete(run, exit);
	if (exit->request & KVMFS_REQ_INJECT) {
		irq.irq = exit->vector;
		if (ioctl(kvm->vcpu, KVM_INTERRUPT, &irq))
			return -1;
	}
	run->request_interrupt_window = !!(exit->request & KVMFS_REQ_IRQ_WINDOW);
	ret = ioctl(kvm->vcpu, KVM_RUN, 0);
	exit->state = (run->if_flag ? KVMFS_STATE_IF : 0) |
		      (run->ready_for_interrupt_injection ? KVMFS_STATE_IRQ_READY : 0);
	exit->reason = ret ? 0 : translate(kvm, exit);
	return ret ? -1 : (int)exit->reason;
}

static void get_segment(u64 *to, const struct kvm_segment *seg)
{
	to[0] = seg->base;
	to[1] = seg->limit;
	to[2] = seg->selector;
	to[3] = seg->type | seg->s << 4 | seg->dpl << 5 | seg->present << 7 |
		seg->avl << 12 | seg->l << 13 | seg->db << 14 | seg->g << 15 |
		seg->unusable << 16;
}

static void set_segment(struct kvm_segment *seg, const u64 *from)
{
	u32 attr = from[3];

	seg->base = from[0];
	seg->limit = from[1];
	seg->selector = from[2];
	seg->type = attr & 15;
	seg->s = attr >> 4 & 1;
	seg->dpl = attr >> 5 & 3;
	seg->present = attr >> 7 & 1;
	seg->avl = attr >> 12 & 1;
	seg->l = attr >> 13 & 1;
	seg->db = attr >> 14 & 1;
	seg->g = attr >> 15 & 1;
	seg->unusable = attr >> 16 & 1;
}

static int kvm_get(struct backend *be, u64 regs[KVM_REG_SLOTS])
{
	struct kvm_backend *kvm = to_kvm(be);
	struct kvm_regs g;
	struct kvm_sregs s;

	if (ioctl(kvm->vcpu, KVM_GET_REGS, &g) || ioctl(kvm->vcpu, KVM_GET_SREGS, &s))
		return -1;
	memset(regs, 0, KVM_REG_SLOTS * sizeof(*regs));
	regs[REG(RAX)] = g.rax;
	regs[REG(RCX)] = g.rcx;
	regs[REG(RDX)] = g.rdx;
	regs[REG(RBX)] = g.rbx;
	regs[REG(RSP)] = g.rsp;
	regs[REG(RBP)] = g.rbp;
	regs[REG(RSI)] = g.rsi;
	regs[REG(RDI)] = g.rdi;
	memcpy(regs + REG(R8), &g.r8, 8 * sizeof(*regs));
	regs[REG(RIP)] = g.rip;
	regs[REG(RFLAGS)] = g.rflags;
	regs[REG(CR0)] = s.cr0;
	regs[REG(CR2)] = s.cr2;
	regs[REG(CR3)] = s.cr3;
	regs[REG(CR4)] = s.cr4;
	regs[REG(CR8)] = s.cr8;
	regs[REG(EFER)] = s.efer;
	get_segment(regs + REG(ES_BASE), &s.es);
	get_segment(regs + REG(CS_BASE), &s.cs);
	get_segment(regs + REG(SS_BASE), &s.ss);
	get_segment(regs + REG(DS_BASE), &s.ds);
	get_segment(regs + REG(FS_BASE), &s.fs);
	get_segment(regs + REG(GS_BASE), &s.gs);
	get_segment(regs + REG(LDTR_BASE), &s.ldt);
	get_segment(regs + REG(TR_BASE), &s.tr);
	regs[REG(GDTR_BASE)] = s.gdt.base;
	regs[REG(GDTR_LIMIT)] = s.gdt.limit;
	regs[REG(IDTR_BASE)] = s.idt.base;
	regs[REG(IDTR_LIMIT)] = s.idt.limit;
	return 0;
}

static int set_special(struct kvm_backend *kvm, const u64 regs[KVM_REG_SLOTS])
{
	struct kvm_sregs s;

	if (ioctl(kvm->vcpu, KVM_GET_SREGS, &s))
		return -1;
	s.cr0 = regs[REG(CR0)];
	s.cr2 = regs[REG(CR2)];
	s.cr3 = regs[REG(CR3)];
	s.cr4 = regs[REG(CR4)];
	s.cr8 = regs[REG(CR8)];
	s.efer = regs[REG(EFER)];
	set_segment(&s.es, regs + REG(ES_BASE));
	set_segment(&s.cs, regs + REG(CS_BASE));
	set_segment(&s.ss, regs + REG(SS_BASE));
	set_segment(&s.ds, regs + REG(DS_BASE));
	set_segment(&s.fs, regs + REG(FS_BASE));
	set_segment(&s.gs, regs + REG(GS_BASE));
	set_segment(&s.ldt, regs + REG(LDTR_BASE));
	set_segment(&s.tr, regs + REG(TR_BASE));
	s.gdt.base = regs[REG(GDTR_BASE)];
	s.gdt.limit = regs[REG(GDTR_LIMIT)];
	s.idt.base = regs[REG(IDTR_BASE)];
	s.idt.limit = regs[REG(IDTR_LIMIT)];
	return ioctl(kvm->vcpu, KVM_SET_SREGS, &s);
}

static int kvm_set(struct backend *be, const u64 regs[KVM_REG_SLOTS])
{
	struct kvm_backend *kvm = to_kvm(be);
	struct kvm_regs g = {
		.rax = regs[REG(RAX)], .rcx = regs[REG(RCX)], .rdx = regs[REG(RDX)],
		.rbx = regs[REG(RBX)], .rsp = regs[REG(RSP)], .rbp = regs[REG(RBP)],
		.rsi = regs[REG(RSI)], .rdi = regs[REG(RDI)], .r8 = regs[REG(R8)],
		.r9 = regs[REG(R9)], .r10 = regs[REG(R10)], .r11 = regs[REG(R11)],
		.r12 = regs[REG(R12)], .r13 = regs[REG(R13)], .r14 = regs[REG(R14)],
		.r15 = regs[REG(R15)], .rip = regs[REG(RIP)],
		.rflags = regs[REG(RFLAGS)],
	};

	if (set_special(kvm, regs))
		return -1;
	return ioctl(kvm->vcpu, KVM_SET_REGS, &g);
}

/* Take out of KVM's default what kvmfs does not offer */
static void filter_cpuid(struct kvm_cpuid2 *cpuid)
{
	u32 i, kept = 0;

	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function >> 8 == 0x400000 || e->function == 0xd)
			continue;
		if (e->function == 1) {
			/* FMA, x2APIC, TSC deadline, XSAVE, AVX, F16C; APIC */
			e->ecx &= ~(1u << 12 | 1u << 21 | 1u << 24 | 1u << 26 | 1u << 27 |
				    1u << 28 | 1u << 29);
			e->edx &= ~(1u << 9);
		}
		if (e->function == 7)
			e->ebx &= ~(1u << 5);	/* AVX2 */
		if (e->function == 0x80000001)
			e->edx &= ~(1u << 9);
		cpuid->entries[kept++] = *e;
	}
	cpuid->nent = kept;
}

/* Leaves that answer by ECX too */
static bool has_subleaves(u32 leaf)
{
	return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd || leaf == 0x8000001d;
}

static int read_cpuid(struct kvm_cpuid2 *cpuid, const char *path)
{
	struct kvm_cpuid_entry2 *e = cpuid->entries;
	FILE *file = fopen(path, "re");
	char line[128];

	if (!file)
		return -1;
	cpuid->nent = 0;
	while (cpuid->nent < MAX_CPUID && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%i %i %i %i %i %i", (int *)&e->function, (int *)&e->index,
			   (int *)&e->eax, (int *)&e->ebx, (int *)&e->ecx, (int *)&e->edx) != 6)
			continue;
		e->flags = has_subleaves(e->function) ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0;
		cpuid->nent++;
		e++;
	}
	fclose(file);
	return 0;
}

static int kvm_set_cpuid(struct backend *be, const char *file)
{
	struct kvm_backend *kvm = to_kvm(be);
	struct kvm_cpuid2 *cpuid;
	int ret;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return -1;
	cpuid->nent = MAX_CPUID;
	if (file) {
		ret = read_cpuid(cpuid, file);
	} else {
		ret = ioctl(kvm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid);
		filter_cpuid(cpuid);
	}
	if (!ret)
		ret = ioctl(kvm->vcpu, KVM_SET_CPUID2, cpuid);
	if (ret)
		perror("kvmfs: cpuid");
	free(cpuid);
	return ret;
}

static const char *kvm_explain(struct backend *be)
{
	return to_kvm(be)->why;
}

static void kvm_end(struct backend *be)
{
	struct kvm_backend *kvm = to_kvm(be);

	be->kick = NULL;			/* signals may still come */
	munmap(kvm->run, kvm->run_size);	/* it holds the vCPU */
	close(kvm->vcpu);
	close(kvm->vm);
	close(kvm->kvm);
}

const struct backend_ops backend_ops = {
	.create = kvm_make,
	.set_memory = kvm_memory,
	.run = kvm_enter,
	.get_regs = kvm_get,
	.set_regs = kvm_set,
	.set_cpuid = kvm_set_cpuid,
	.explain = kvm_explain,
	.destroy = kvm_end,
};

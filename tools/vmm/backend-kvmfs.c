// SPDX-License-Identifier: GPL-2.0-only
/* The monitor on kvmfs: all that it needs is libkvmfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "command.h"
#include "kvmfs.h"

#define CPUID_TEXT	16384

struct kvmfs_backend {
	struct backend be;
	int vm;
	char why[256];
};

static struct kvmfs_backend *to_kvmfs(struct backend *be)
{
	return (struct kvmfs_backend *)be;
}

/* A line on stderr about errno, with the VM's own words if it has any */
static void fail(int vm, const char *what)
{
	int err = errno;
	char why[256];

	if (vm < 0 || kvmfs_status(vm, why, sizeof(why)))
		*why = '\0';
	fprintf(stderr, "kvmfs: %s: %s%s%s\n", what, strerror(err), *why ? ": " : "", why);
}

static struct backend *vm_create(const char *name)
{
	static struct kvmfs_backend kvmfs = { .be = { .ops = &backend_ops } };
	char path[4096], own[32];

	snprintf(own, sizeof(own), "run-%d", (int)getpid());
	if (!vm_path(name ? name : own, path, sizeof(path)))
		return NULL;
	kvmfs.vm = kvm_create(path, 0, 0700);
	if (kvmfs.vm < 0) {
		complain_create(path);
		return NULL;
	}
	return &kvmfs.be;
}

static int set_region(int vm, u64 gpa, u64 size, bool rom)
{
	return rom ? kvmfs_set_rom(vm, gpa, size) : kvmfs_set_memory(vm, gpa, size);
}

static void *vm_memory(struct backend *be, u64 gpa, u64 size, bool rom)
{
	int vm = to_kvmfs(be)->vm;
	void *p = MAP_FAILED;

	if (!set_region(vm, gpa, size, rom))
		p = kvmfs_map_mem(vm, gpa, size);
	if (p == MAP_FAILED) {
		fail(vm, "memory");
		return NULL;
	}
	return p;
}

/* A region that starts where another does replaces it */
static int vm_set_access(struct backend *be, u64 gpa, u64 size, bool rom)
{
	if (!set_region(to_kvmfs(be)->vm, gpa, size, rom))
		return 0;
	fail(to_kvmfs(be)->vm, "memory");
	return -1;
}

static int vm_run(struct backend *be, struct kvm_exit *exit)
{
	return kvm_run(to_kvmfs(be)->vm, exit, sizeof(*exit));
}

static int vm_get_regs(struct backend *be, u64 regs[KVM_REG_SLOTS])
{
	return kvm_get_regs(to_kvmfs(be)->vm, KVM_REG_WINDOW, regs, KVM_REG_SLOTS);
}

static int vm_set_regs(struct backend *be, const u64 regs[KVM_REG_SLOTS])
{
	return kvm_set_regs(to_kvmfs(be)->vm, KVM_REG_WINDOW, regs, KVM_REG_SLOTS);
}

/* A new VM shows what kvmfs thinks right, which is right for this machine */
static int vm_set_cpuid(struct backend *be, const char *file)
{
	int vm = to_kvmfs(be)->vm;
	char text[CPUID_TEXT];

	if (!file)
		return 0;
	if (kvmfs_read_text(AT_FDCWD, file, text, sizeof(text)) < 0) {
		if (errno == ERANGE)
			complain("%s: is too long for a table of CPUID", file);
		else
			fail(-1, file);
		return -1;
	}
	if (kvmfs_write_text(vm, "cpuid", text)) {
		fail(vm, file);
		return -1;
	}
	return 0;
}

static int vm_reset(struct backend *be)
{
	int vm = to_kvmfs(be)->vm, ret;

	do {
		ret = kvmfs_ctl(vm, "reset");
	} while (ret && errno == EINTR);
	if (ret)
		fail(vm, "reset");
	return ret;
}

static int vm_directory(struct backend *be)
{
	return to_kvmfs(be)->vm;
}

static const char *vm_explain(struct backend *be)
{
	struct kvmfs_backend *kvmfs = to_kvmfs(be);

	if (kvmfs_status(kvmfs->vm, kvmfs->why, sizeof(kvmfs->why)))
		return "";
	return kvmfs->why;
}

static void vm_destroy(struct backend *be)
{
	close(to_kvmfs(be)->vm);
}

const struct backend_ops backend_ops = {
	.create = vm_create,
	.set_memory = vm_memory,
	.set_access = vm_set_access,
	.run = vm_run,
	.get_regs = vm_get_regs,
	.set_regs = vm_set_regs,
	.set_cpuid = vm_set_cpuid,
	.reset = vm_reset,
	.directory = vm_directory,
	.explain = vm_explain,
	.destroy = vm_destroy,
};

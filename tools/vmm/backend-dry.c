// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody runs the guest: for `kvmfs run --dry-run', which wants a machine that is put
 * together and looked at. Memory is this process's own, registers are kept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"

static u64 kept[KVM_REG_SLOTS];

static struct backend *dry_create(const char *name)
{
	static struct backend be = { .ops = &dry_ops };

	(void)name;
	kept[REG(CR0)] = 0x60000010;
	kept[REG(CS_SELECTOR)] = 0xf000;
	kept[REG(CS_BASE)] = 0xffff0000;
	kept[REG(RIP)] = 0xfff0;
	return &be;
}

/* What is not written to costs nothing, however large */
static void *dry_memory(struct backend *be, u64 gpa, u64 size, bool rom)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)be;
	(void)gpa;
	(void)rom;
	if (p != MAP_FAILED)
		return p;
	fprintf(stderr, "kvmfs: memory: %s\n", strerror(errno));
	return NULL;
}

static int dry_run(struct backend *be, struct kvm_exit *exit)
{
	(void)be;
	(void)exit;
	errno = ENOSYS;
	return -1;
}

static int dry_get_regs(struct backend *be, u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	memcpy(regs, kept, sizeof(kept));
	return 0;
}

static int dry_set_regs(struct backend *be, const u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	memcpy(kept, regs, sizeof(kept));
	return 0;
}

/* What is in it, only kvmfs itself can judge */
static int dry_set_cpuid(struct backend *be, const char *file)
{
	(void)be;
	if (!file || !access(file, R_OK))
		return 0;
	fprintf(stderr, "kvmfs: %s: %s\n", file, strerror(errno));
	return -1;
}

static int dry_directory(struct backend *be)
{
	(void)be;
	return -1;
}

static const char *dry_explain(struct backend *be)
{
	(void)be;
	return "";
}

static void dry_destroy(struct backend *be)
{
	(void)be;
}

const struct backend_ops dry_ops = {
	.create = dry_create,
	.set_memory = dry_memory,
	.run = dry_run,
	.get_regs = dry_get_regs,
	.set_regs = dry_set_regs,
	.set_cpuid = dry_set_cpuid,
	.directory = dry_directory,
	.explain = dry_explain,
	.destroy = dry_destroy,
};

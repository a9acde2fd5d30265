// SPDX-License-Identifier: LGPL-2.1-or-later
/* Registers and interrupts of a vCPU. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct reg {
	const char *name;
	unsigned int slot;
};

#define REG_ROW(NAME, name, slot)	{ name, slot },
static const struct reg regs[] = { KVM_REG_LIST(REG_ROW) };

#define N_REGS	(sizeof(regs) / sizeof(regs[0]))

/* The kernel moves all or nothing, so less than all is as good as an error */
int lib_done(ssize_t n, size_t want)
{
	if (n >= 0 && (size_t)n != want) {
		errno = EINVAL;
		return -1;
	}
	return n < 0 ? -1 : 0;
}

/**
 * kvm_get_regs() - read registers with adjacent offsets
 * @vcpu: the vCPU's directory
 * @reg: KVM_REG_* of the first
 * @values: where to
 * @n: how many
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvm_get_regs(int vcpu, unsigned int reg, uint64_t *values, size_t n)
{
	int fd = openat(vcpu, "regs", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = pread(fd, values, n * sizeof(*values), reg);
	lib_close(fd);
	return lib_done(got, n * sizeof(*values));
}

/**
 * kvm_set_regs() - write registers with adjacent offsets, all or none
 * @vcpu: the vCPU's directory
 * @reg: KVM_REG_* of the first
 * @values: what
 * @n: how many
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvm_set_regs(int vcpu, unsigned int reg, const uint64_t *values, size_t n)
{
	int fd = openat(vcpu, "regs", O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (fd < 0)
		return -1;
	put = pwrite(fd, values, n * sizeof(*values), reg);
	lib_close(fd);
	return lib_done(put, n * sizeof(*values));
}

/**
 * kvm_get_reg() - read one register
 * @vcpu: the vCPU's directory
 * @reg: KVM_REG_*
 * @value: where to
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvm_get_reg(int vcpu, unsigned int reg, uint64_t *value)
{
	return kvm_get_regs(vcpu, reg, value, 1);
}

/**
 * kvm_set_reg() - write one register
 * @vcpu: the vCPU's directory
 * @reg: KVM_REG_*
 * @value: what
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvm_set_reg(int vcpu, unsigned int reg, uint64_t value)
{
	return kvm_set_regs(vcpu, reg, &value, 1);
}

/**
 * kvmfs_reg_offset() - a register by its name
 * @name: as in the file ``regs``
 * Return: KVM_REG_*, or -1 and EINVAL
 */
KVMFS_API int kvmfs_reg_offset(const char *name)
{
	size_t i;

	for (i = 0; i < N_REGS; i++)
		if (!strcmp(regs[i].name, name))
			return KVM_REG_OFFSET(regs[i].slot);
	errno = EINVAL;
	return -1;
}

/**
 * kvmfs_reg_name() - a register by its offset
 * @reg: KVM_REG_*
 * Return: its name in the file ``regs``, or NULL
 */
KVMFS_API const char *kvmfs_reg_name(unsigned int reg)
{
	size_t i;

	for (i = 0; i < N_REGS; i++)
		if (KVM_REG_OFFSET(regs[i].slot) == reg)
			return regs[i].name;
	return NULL;
}

static int write_irq(int vcpu, uint32_t type, uint32_t vector)
{
	const struct kvm_irq packet = { .type = type, .vector = vector };
	int fd = openat(vcpu, "irq", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, &packet, sizeof(packet));
	lib_close(fd);
	return lib_done(n, sizeof(packet));
}

/**
 * kvmfs_irq() - give a vCPU an interrupt
 * @vcpu: its directory
 * @vector: 0-255
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_irq(int vcpu, unsigned int vector)
{
	return write_irq(vcpu, KVM_IRQ_VECTOR, vector);
}

/**
 * kvmfs_nmi() - give a vCPU an NMI
 * @vcpu: its directory
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_nmi(int vcpu)
{
	return write_irq(vcpu, KVM_IRQ_NMI, 0);
}

/**
 * kvmfs_irq_window() - ask for an exit when a vCPU can take an interrupt
 * @vcpu: its directory
 * Return: 0, or -1 and errno
 */
KVMFS_API int kvmfs_irq_window(int vcpu)
{
	return write_irq(vcpu, KVM_IRQ_WINDOW, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * libkvmfs: virtual machines that are directories, from C and C++.
 *
 * All functions that return int return -1 and set errno on error, unless they
 * say otherwise. A "directory descriptor" is what kvm_create(), kvmfs_open() or
 * kvmfs_vcpu() returned; the directory of a VM is that of its boot vCPU as well.
 * All functions may be called from several threads at once. See libkvmfs(3).
 */
#ifndef LIBKVMFS_KVMFS_H
#define LIBKVMFS_KVMFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/kvmfs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Enough for any line that kvmfs_exit_print() makes */
#define KVMFS_EXIT_TEXT	(2 * KVM_EXIT_DATA + 256)

/*
 * The two system calls. Where the kernel has none (ENOSYS) the files of kvmfs
 * do the same, with two differences: a VM without KVM_CREATE_PERSIST goes away
 * when this process calls exit(), not when the descriptor is closed; and a
 * signal handler's KVMFS_REQ_RETURN is not seen if it is set in the last
 * instructions before the guest is entered, so let a timer repeat it.
 */

/* Creates a VM, or below a VM a vCPU; returns a directory descriptor */
int kvm_create(const char *path, unsigned int flags, mode_t mode);
/* Runs the vCPU in this thread; returns a KVMFS_EXIT_ */
int kvm_run(int fd, struct kvm_exit *exit, size_t size);

/* Finding and opening */

/* The first mount of kvmfs in /proc/self/mounts, ENOENT if there is none */
int kvmfs_mount_point(char *path, size_t size);
/* Opens a VM by its name below that mount, or by a path with a slash in it */
int kvmfs_open(const char *name);
/* Opens vCPU number n of a VM */
int kvmfs_vcpu(int vm, unsigned int n);

/* Files as text */

/* Reads all of a file and ends it with a 0 byte; returns its length */
ssize_t kvmfs_read_text(int dir, const char *file, char *text, size_t size);
/* Writes the text in one write, so that all of it is applied or nothing */
int kvmfs_write_text(int dir, const char *file, const char *text);
/* The sentence about the last error, "" if there was none */
int kvmfs_status(int vm, char *sentence, size_t size);
/* One counter of the file stat; ENOENT if it has no such name */
int kvmfs_stat(int dir, const char *name, uint64_t *value);
/* 1 if the file capabilities has that name, else 0 */
int kvmfs_capability(int vm, const char *name);

/* "pause" (returns when all vCPUs have stopped), "resume", "reset", "kill" */
int kvmfs_ctl(int vm, const char *command);

/* Memory */

/* Puts RAM at an address; what else the VM has stays */
int kvmfs_set_memory(int vm, uint64_t gpa, uint64_t size);
/* The same, of what the guest cannot write */
int kvmfs_set_rom(int vm, uint64_t gpa, uint64_t size);
/* Shows the memory at target a second time */
int kvmfs_set_alias(int vm, uint64_t gpa, uint64_t size, uint64_t target);
/* Memory, or a file, of this process is the guest's too; fd stays the caller's */
int kvmfs_lend_memory(int vm, uint64_t gpa, uint64_t size, void *at);
int kvmfs_lend_file(int vm, uint64_t gpa, uint64_t size, int fd, uint64_t offset);
/* Removes the regions in a range */
int kvmfs_unset_memory(int vm, uint64_t gpa, uint64_t size);
/* Maps guest memory, shared and writable; MAP_FAILED on error. munmap() it */
void *kvmfs_map_mem(int vm, uint64_t gpa, size_t size);

/* Which pages were written since the last time; fd is the file dirty, open for reading */
ssize_t kvmfs_dirty(int fd, uint64_t gpa, void *bits, size_t n);

/* Registers, by their KVM_REG_ offsets of <linux/kvmfs.h> */

int kvm_get_reg(int vcpu, unsigned int reg, uint64_t *value);
int kvm_set_reg(int vcpu, unsigned int reg, uint64_t value);
/* n registers with adjacent offsets, the first of which is reg */
int kvm_get_regs(int vcpu, unsigned int reg, uint64_t *values, size_t n);
int kvm_set_regs(int vcpu, unsigned int reg, const uint64_t *values, size_t n);
/* "cs.base" to KVM_REG_CS_BASE; -1 and EINVAL for no register's name */
int kvmfs_reg_offset(const char *name);
/* KVM_REG_CS_BASE to "cs.base"; NULL for no register's offset */
const char *kvmfs_reg_name(unsigned int reg);

/* The rest of a vCPU's state; what it is in the middle of is the text of the file events */

/* By its name in the file msrs, as "lstar"; ENOENT if it is not there */
int kvmfs_get_msr(int vcpu, const char *name, uint64_t *value);
/* By name, or by number as "0x10" */
int kvmfs_set_msr(int vcpu, const char *name, uint64_t value);
/* EAX, EBX, ECX, EDX of a leaf of CPUID; ENOENT if the table has it not */
int kvmfs_get_cpuid(int vcpu, uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
/* Adds a leaf to the table, or replaces it */
int kvmfs_set_cpuid(int vcpu, uint32_t leaf, uint32_t subleaf, const uint32_t regs[4]);
/* The XSAVE image; returns its length, ERANGE if size is less */
ssize_t kvmfs_get_fpregs(int vcpu, void *image, size_t size);
int kvmfs_set_fpregs(int vcpu, const void *image, size_t size);

/* Interrupts */

int kvmfs_irq(int vcpu, unsigned int vector);
int kvmfs_nmi(int vcpu);
/* Asks for an exit when the guest can take an interrupt */
int kvmfs_irq_window(int vcpu);

/* Debugging: hits are debug exits */

int kvmfs_step(int vcpu, int on);
int kvmfs_break(int vcpu, uint64_t address);
/* len is 1, 2, 4 or 8; of writes, or with reads of reads too */
int kvmfs_watch(int vcpu, uint64_t address, unsigned int len, int reads);
/* Takes the points at an address away */
int kvmfs_clear(int vcpu, uint64_t address);
/* All of them */
int kvmfs_clear_all(int vcpu);

/* Exits as text: the line of the file exit, without its newline */

/* Returns the length, which may be size or more if it did not fit */
int kvmfs_exit_print(const struct kvm_exit *exit, char *text, size_t size);
/* Fills all of *exit but request and vector; EINVAL if it is no such line */
int kvmfs_exit_parse(const char *text, struct kvm_exit *exit);
/* The last exit of a vCPU, as the file says it; reason is 0 if there was none */
int kvmfs_last_exit(int vcpu, struct kvm_exit *exit);

#ifdef __cplusplus
}
#endif

#endif

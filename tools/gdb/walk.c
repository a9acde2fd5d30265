// SPDX-License-Identifier: GPL-2.0-only
/* The guest's page tables, read as its processor does: SDM vol. 3, chapter 4. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gdb.h"
#include "kvmfs.h"

#define CR0_PG		(1ull << 31)
#define CR4_PSE		(1ull << 4)
#define CR4_PAE		(1ull << 5)
#define CR4_LA57	(1ull << 12)
#define EFER_LMA	(1ull << 10)

#define PTE_PRESENT	1ull
#define PTE_LARGE	(1ull << 7)
#define PTE_ADDRESS	0x000ffffffffff000ull

/* What the way of an address depends on */
struct paging {
	uint64_t cr0, cr3, cr4, efer;
};

static int read_paging(int cpu, struct paging *p)
{
	return kvm_get_reg(cpu, KVM_REG_CR0, &p->cr0) || kvm_get_reg(cpu, KVM_REG_CR3, &p->cr3) ||
	       kvm_get_reg(cpu, KVM_REG_CR4, &p->cr4) ||
	       kvm_get_reg(cpu, KVM_REG_EFER, &p->efer) ? -1 : 0;
}

static int read_entry(struct gdb_vm *g, uint64_t gpa, unsigned int size, uint64_t *entry)
{
	*entry = 0;
	if (pread(g->mem, entry, size, gpa) != size)
		return -1;
	errno = EFAULT;
	return *entry & PTE_PRESENT ? 0 : -1;
}

/* Two levels of 1024 entries; with PSE pages of 4 MiB, with 40-bit addresses */
static int walk_32(struct gdb_vm *g, const struct paging *p, uint64_t gva, uint64_t *gpa)
{
	uint64_t e;

	if (read_entry(g, (p->cr3 & 0xfffff000) + (gva >> 22 << 2), 4, &e))
		return -1;
	if (e & PTE_LARGE && p->cr4 & CR4_PSE) {
		*gpa = (e & 0xffc00000) | (e >> 13 & 0xff) << 32 | (gva & 0x3fffff);
		return 0;
	}
	if (read_entry(g, (e & 0xfffff000) + (gva >> 12 & 0x3ff) * 4, 4, &e))
		return -1;
	*gpa = (e & 0xfffff000) | (gva & 0xfff);
	return 0;
}

/* Levels of 512 entries from @level down to 1; large pages end it at 3 or 2 */
static int walk_64(struct gdb_vm *g, uint64_t table, int level, bool pae, uint64_t gva,
		   uint64_t *gpa)
{
	unsigned int shift;
	uint64_t e;

	for (;; level--) {
		shift = 12 + 9 * (level - 1);
		if (read_entry(g, table + (gva >> shift & 0x1ff) * 8, 8, &e))
			return -1;
		if (level == 1 || (e & PTE_LARGE && level <= 3 && !(pae && level == 3)))
			break;
		table = e & PTE_ADDRESS;
	}
	*gpa = (e & PTE_ADDRESS & ~((1ull << shift) - 1)) | (gva & ((1ull << shift) - 1));
	return 0;
}

/**
 * walk() - where a linear address is
 * @g: the machine, which stands still
 * @cpu: directory descriptor of the vCPU whose tables count
 * @gva: linear address
 * @gpa: out: guest physical address
 * Return: 0, or -1 and errno: EFAULT: it is mapped to nothing
 */
int walk(struct gdb_vm *g, int cpu, uint64_t gva, uint64_t *gpa)
{
	struct paging p;

	if (g->physical) {
		*gpa = gva;
		return 0;
	}
	if (read_paging(cpu, &p))
		return -1;
	if (!(p.efer & EFER_LMA))
		gva = (uint32_t)gva;
	if (!(p.cr0 & CR0_PG)) {
		*gpa = gva;
		return 0;
	}
	if (p.efer & EFER_LMA)
		return walk_64(g, p.cr3 & PTE_ADDRESS, p.cr4 & CR4_LA57 ? 5 : 4, false, gva, gpa);
	if (p.cr4 & CR4_PAE)
		return walk_64(g, p.cr3 & 0xffffffe0, 3, true, gva, gpa);
	return walk_32(g, &p, gva, gpa);
}

/* Bytes from @at to the end of its page, at most @n */
static size_t in_page(uint64_t at, size_t n)
{
	size_t room = 4096 - (at & 4095);

	return n < room ? n : room;
}

/**
 * walk_read() - read memory by linear address
 * @g: the machine
 * @cpu: see walk()
 * @at: where
 * @buf: where to
 * @n: bytes
 * Return: how many could be read from the beginning on; -1 and errno if none
 */
int walk_read(struct gdb_vm *g, int cpu, uint64_t at, void *buf, size_t n)
{
	size_t done = 0, part;
	uint64_t gpa;

	while (done < n) {
		part = in_page(at + done, n - done);
		if (walk(g, cpu, at + done, &gpa) ||
		    pread(g->mem, (char *)buf + done, part, gpa) != (ssize_t)part)
			break;
		done += part;
	}
	return done ? (int)done : -1;
}

/**
 * walk_write() - write memory by linear address, whatever its pages allow
 * @g: the machine
 * @cpu: see walk()
 * @at: where
 * @buf: what
 * @n: bytes
 * Return: 0, or -1 and errno, with nothing written
 */
int walk_write(struct gdb_vm *g, int cpu, uint64_t at, const void *buf, size_t n)
{
	size_t done, part;
	uint64_t gpa;
	char old[4096];

	/* Look first, so that nothing is half done */
	for (done = 0; done < n; done += part) {
		part = in_page(at + done, n - done);
		if (walk(g, cpu, at + done, &gpa) || pread(g->mem, old, part, gpa) != (ssize_t)part)
			return -1;
	}
	for (done = 0; done < n; done += part) {
		part = in_page(at + done, n - done);
		if (walk(g, cpu, at + done, &gpa) ||
		    pwrite(g->mem, (const char *)buf + done, part, gpa) != (ssize_t)part)
			return -1;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ELF core of a virtual machine, as gdb and crash read it: a note with the registers of
 * each vCPU (NT_PRSTATUS), Linux's own VMCOREINFO note if there is one in memory, and
 * memory: a segment for each region by physical address, and in long mode one for each
 * range of linear addresses that the boot vCPU's page tables map to it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#include "command.h"
#include "elfcore.h"
#include "kvmfs.h"

#define MAX_REGIONS	64
#define MAX_SEGMENTS	60000		/* the ELF header counts to 65534 */
#define MAX_CPUS	256
#define MAX_INFO	8192
#define MAX_TABLES	(1 << 18)
#define CHUNK		65536
#define PAGE		4096ull
#define PTE_PRESENT	1ull
#define PTE_LARGE	0x80ull
#define PTE_ADDRESS	0x000ffffffffff000ull

struct region {
	uint64_t start, size, offset;	/* physical, and in the file */
};

struct core {
	int vm, mem;
	struct region region[MAX_REGIONS];
	size_t n_regions, n_segments, n_cpus;
	unsigned int top;		/* level of the guest's tables */
	unsigned int tables;		/* read, of which a guest could make endless many */
	Elf64_Phdr *segment;
	prstatus_t cpu[MAX_CPUS];
	char info[MAX_INFO];		/* the VMCOREINFO note, whole */
	size_t info_size;
};

static int read_regions(struct core *c)
{
	char text[16384], kind[16], *line, *rest;
	unsigned long long start, size;

	if (!read_whole(c->vm, "memmap", text, sizeof(text)))
		return -1;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%15s %lli %lli", kind, (long long *)&start,
			   (long long *)&size) != 3 ||
		    !strcmp(kind, "alias") || c->n_regions == MAX_REGIONS)
			continue;
		c->region[c->n_regions++] = (struct region){ .start = start, .size = size };
	}
	return 0;
}

static uint64_t reg(const uint64_t *regs, unsigned int offset)
{
	return regs[(offset - KVM_REG_WINDOW) / 8];
}

static void fill_status(prstatus_t *status, unsigned int id, const uint64_t *r)
{
	struct user_regs_struct u = {
		.r15 = reg(r, KVM_REG_R15), .r14 = reg(r, KVM_REG_R14),
		.r13 = reg(r, KVM_REG_R13), .r12 = reg(r, KVM_REG_R12),
		.rbp = reg(r, KVM_REG_RBP), .rbx = reg(r, KVM_REG_RBX),
		.r11 = reg(r, KVM_REG_R11), .r10 = reg(r, KVM_REG_R10),
		.r9 = reg(r, KVM_REG_R9), .r8 = reg(r, KVM_REG_R8),
		.rax = reg(r, KVM_REG_RAX), .rcx = reg(r, KVM_REG_RCX),
		.rdx = reg(r, KVM_REG_RDX), .rsi = reg(r, KVM_REG_RSI),
		.rdi = reg(r, KVM_REG_RDI), .orig_rax = -1, .rip = reg(r, KVM_REG_RIP),
		.cs = reg(r, KVM_REG_CS_SELECTOR), .eflags = reg(r, KVM_REG_RFLAGS),
		.rsp = reg(r, KVM_REG_RSP), .ss = reg(r, KVM_REG_SS_SELECTOR),
		.fs_base = reg(r, KVM_REG_FS_BASE), .gs_base = reg(r, KVM_REG_GS_BASE),
		.ds = reg(r, KVM_REG_DS_SELECTOR), .es = reg(r, KVM_REG_ES_SELECTOR),
		.fs = reg(r, KVM_REG_FS_SELECTOR), .gs = reg(r, KVM_REG_GS_SELECTOR),
	};

	memset(status, 0, sizeof(*status));
	status->pr_pid = id + 1;
	memcpy(&status->pr_reg, &u, sizeof(u));
}

static int read_cpus(struct core *c, uint64_t *boot)
{
	uint64_t regs[KVM_REG_SLOTS];
	unsigned int id;
	int cpu, ret = 0;

	for (id = 0; id < MAX_CPUS && !ret; id++) {
		cpu = kvmfs_vcpu(c->vm, id);
		if (cpu < 0)
			continue;
		ret = kvm_get_regs(cpu, KVM_REG_WINDOW, regs, KVM_REG_SLOTS);
		if (!id)
			memcpy(boot, regs, sizeof(regs));
		fill_status(&c->cpu[c->n_cpus++], id, regs);
		close(cpu);
	}
	return ret ? complain_vm(c->vm, "regs") : 0;
}

static void add_segment(struct core *c, uint64_t va, uint64_t pa, uint64_t size)
{
	Elf64_Phdr *last = c->segment + c->n_segments - !!c->n_segments;

	if (c->n_segments && last->p_vaddr + last->p_memsz == va &&
	    last->p_paddr + last->p_memsz == pa) {
		last->p_memsz += size;
		return;
	}
	if (c->n_segments == MAX_SEGMENTS)
		return;
	c->segment[c->n_segments++] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X,
		.p_vaddr = va, .p_paddr = pa, .p_memsz = size, .p_align = PAGE,
	};
}

/* What of a mapping is memory: the rest is devices */
static void add_mapping(struct core *c, uint64_t va, uint64_t pa, uint64_t size)
{
	uint64_t start, end;
	size_t i;

	for (i = 0; i < c->n_regions; i++) {
		const struct region *r = &c->region[i];

		start = pa > r->start ? pa : r->start;
		end = pa + size < r->start + r->size ? pa + size : r->start + r->size;
		if (start < end)
			add_segment(c, va + (start - pa), start, end - start);
	}
}

static void walk_table(struct core *c, uint64_t table, unsigned int level, uint64_t va)
{
	unsigned int shift = 12 + 9 * (level - 1), i;
	uint64_t entry[512], at;

	if (c->tables++ == MAX_TABLES) {
		c->tables--;
		return;
	}
	if (pread(c->mem, entry, sizeof(entry), table) != sizeof(entry))
		return;
	for (i = 0; i < 512; i++) {
		if (!(entry[i] & PTE_PRESENT))
			continue;
		at = va | (uint64_t)i << shift;
		if (level == c->top && at >> (shift + 8) & 1)	/* the upper half is negative */
			at |= ~0ull << (shift + 9);
		if (level == 1 || (level <= 3 && entry[i] & PTE_LARGE))
			add_mapping(c, at, entry[i] & PTE_ADDRESS & (~0ull << shift),
				    1ull << shift);
		else
			walk_table(c, entry[i] & PTE_ADDRESS, level - 1, at);
	}
}

/* Linear addresses where they are known to differ; else as physical ones */
static void add_segments(struct core *c, const uint64_t *boot)
{
	size_t i;

	c->top = reg(boot, KVM_REG_CR4) >> 12 & 1 ? 5 : 4;
	if (reg(boot, KVM_REG_EFER) >> 10 & 1)
		walk_table(c, reg(boot, KVM_REG_CR3) & PTE_ADDRESS, c->top, 0);
	if (c->n_segments)
		return;
	for (i = 0; i < c->n_regions; i++)
		add_segment(c, c->region[i].start, c->region[i].start, c->region[i].size);
}

/* Linux keeps the note at the beginning of a page: kernel/vmcore_info.c */
static void find_info(struct core *c)
{
	static const char name[] = "VMCOREINFO";
	struct { Elf64_Nhdr h; char name[12]; } note;
	uint64_t at;
	size_t i;

	for (i = 0; i < c->n_regions; i++) {
		for (at = c->region[i].start; at < c->region[i].start + c->region[i].size;
		     at += PAGE) {
			if (pread(c->mem, &note, sizeof(note), at) != sizeof(note) ||
			    note.h.n_namesz != sizeof(name) || note.h.n_type ||
			    memcmp(note.name, name, sizeof(name)) ||
			    note.h.n_descsz > MAX_INFO - sizeof(note))
				continue;
			c->info_size = sizeof(note) + ((note.h.n_descsz + 3) & ~3u);
			if (pread(c->mem, c->info, c->info_size, at) == (ssize_t)c->info_size)
				return;
			c->info_size = 0;
		}
	}
}

static size_t notes_size(const struct core *c)
{
	return c->n_cpus * (sizeof(Elf64_Nhdr) + 8 + sizeof(prstatus_t)) + c->info_size;
}

static void write_notes(const struct core *c, FILE *to)
{
	const Elf64_Nhdr h = {
		.n_namesz = 5, .n_descsz = sizeof(prstatus_t), .n_type = NT_PRSTATUS,
	};
	size_t i;

	for (i = 0; i < c->n_cpus; i++) {
		fwrite(&h, sizeof(h), 1, to);
		fwrite("CORE\0\0\0", 8, 1, to);
		fwrite(&c->cpu[i], sizeof(c->cpu[i]), 1, to);
	}
	fwrite(c->info, 1, c->info_size, to);
}

/* Where the regions lie in the file, behind everything else; and so the segments */
static void lay_out(struct core *c, uint64_t at)
{
	size_t i, j;

	for (i = 0; i < c->n_regions; i++) {
		at = (at + PAGE - 1) & ~(PAGE - 1);
		c->region[i].offset = at;
		at += c->region[i].size;
	}
	for (i = 0; i < c->n_segments; i++) {
		Elf64_Phdr *s = &c->segment[i];

		s->p_filesz = s->p_memsz;
		for (j = 0; j < c->n_regions; j++)
			if (s->p_paddr - c->region[j].start < c->region[j].size)
				s->p_offset = c->region[j].offset + s->p_paddr -
					      c->region[j].start;
	}
}

static void write_head(struct core *c, FILE *to)
{
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = 1,
		.e_phoff = sizeof(e), .e_ehsize = sizeof(e), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = c->n_segments + 1,
	};
	Elf64_Phdr notes = {
		.p_type = PT_NOTE, .p_filesz = notes_size(c), .p_align = 4,
		.p_offset = sizeof(e) + (c->n_segments + 1) * sizeof(notes),
	};

	lay_out(c, notes.p_offset + notes.p_filesz);
	fwrite(&e, sizeof(e), 1, to);
	fwrite(&notes, sizeof(notes), 1, to);
	fwrite(c->segment, sizeof(*c->segment), c->n_segments, to);
	write_notes(c, to);
}

/* Pages of zeros become holes */
static int write_region(struct core *c, const struct region *r, int to)
{
	static const char zeros[CHUNK];
	char buf[CHUNK];
	uint64_t at;
	size_t n;

	for (at = 0; at < r->size; at += n) {
		n = r->size - at < CHUNK ? r->size - at : CHUNK;
		if (pread(c->mem, buf, n, r->start + at) != (ssize_t)n)
			return complain_vm(c->vm, "mem");
		if (memcmp(buf, zeros, n) &&
		    pwrite(to, buf, n, r->offset + at) != (ssize_t)n)
			return complain("the file: %s", strerror(errno));
		progress("dump", at, r->size);
	}
	progress(NULL, 0, 0);
	return 0;
}

static int write_all(struct core *c, FILE *to)
{
	const struct region *last = &c->region[c->n_regions - 1];
	size_t i;

	write_head(c, to);
	if (fflush(to) || (c->n_regions && ftruncate(fileno(to), last->offset + last->size)))
		return complain("the file: %s", strerror(errno));
	for (i = 0; i < c->n_regions; i++)
		if (write_region(c, &c->region[i], fileno(to)))
			return -1;
	return 0;
}

/**
 * elfcore_write() - write a core
 * @vm: directory descriptor; it is paused
 * @to: the file, empty
 * Return: 0, or -1 with a line on stderr
 */
int elfcore_write(int vm, FILE *to)
{
	struct core *c = calloc(1, sizeof(*c));
	uint64_t boot[KVM_REG_SLOTS] = { 0 };
	int ret = -1;

	if (!c)
		return complain("%s", strerror(errno));
	c->vm = vm;
	c->mem = openat(vm, "mem", O_RDONLY | O_CLOEXEC);
	c->segment = calloc(MAX_SEGMENTS, sizeof(*c->segment));
	if (c->mem < 0 || !c->segment) {
		complain_vm(vm, "mem");
	} else if (!read_regions(c) && !read_cpus(c, boot)) {
		add_segments(c, boot);
		find_info(c);
		ret = write_all(c, to);
	}
	if (c->mem >= 0)
		close(c->mem);
	free(c->segment);
	free(c);
	return ret;
}

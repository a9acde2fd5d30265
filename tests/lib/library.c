// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkvmfs without a kernel: exits as text and back, register names, what
 * kvm_create() does where there is no kvmfs, and kvm_run() by files. Against the installed
 * library. `library MOUNT` instead: what the functions write is what the files take.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvmfs.h>

static int tests, failures;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

/* Lines in the form that printing gives */
static const char * const lines[] = {
	"none",
	"io out port 0x3f8 size 1 count 1 data 0x41 if 1 ready 0",
	"io out port 0xcf8 size 4 count 1 data 0x80000000 if 0 ready 0",
	"io out port 0x3f8 size 1 count 3 data hex:414243 if 1 ready 1",
	"io in port 0x60 size 1 count 1 if 1 ready 0",
	"io in port 0x1f0 size 2 count 256 if 1 ready 0",
	"mmio write gpa 0xfee00000 size 4 data 0x1 if 0 ready 0",
	"mmio write gpa 0xffffffffff size 8 data 0xffffffffffffffff if 0 ready 0",
	"mmio write gpa 0x100000 size 16 data hex:000102030405060708090a0b0c0d0e0f if 1 ready 1",
	"mmio read gpa 0xb8000 size 2 if 1 ready 0",
	"hlt if 1 ready 1",
	"irq-window if 1 ready 1",
	"debug dr6 0xffff4ff0 rip 0xffffffff81000000 vector 1 if 1 ready 0",
	"shutdown if 0 ready 0",
	"hypercall rax 0x1 rbx 0x2 rcx 0x3 rdx 0x4 rsi 0x5 if 1 ready 0",
	"msr read index 0xc0000080 if 0 ready 0",
	"msr write index 0x10 value 0xdeadbeefcafe if 0 ready 0",
	"fail-entry code 0xffffffffffffffff info 0x1 0x2 if 0 ready 0",
	"internal-error if 0 ready 0",
};

static const char * const bad[] = {
	"",
	"hlt",
	"hlt if 2 ready 0",
	"hlt if 1 ready 0 junk",
	"halt if 1 ready 0",
	"hltx if 1 ready 0",
	"io sideways port 0x1 size 1 count 1 if 0 ready 0",
	"io out port 0x10000 size 1 count 1 data 0x1 if 0 ready 0",
	"io out port 0x1 size 1 count 1 data 0x100 if 0 ready 0",
	"io out port 0x1 size 1 count 1 if 0 ready 0",
	"io out port 0x1 size 4 count 4096 data hex:00 if 0 ready 0",
	"io out port 0x1 size 1 count 2 data hex:0 if 0 ready 0",
	"io out port 0x1 size 1 count 2 data hex:000000 if 0 ready 0",
	"io out port 0x1 size 1 count 2 data hex:0g00 if 0 ready 0",
	"io in port 0x1 size 3 count 1 if 0 ready 0",
	"io in port 0x1 size 1 count 0 if 0 ready 0",
	"mmio read gpa 0x1 size 0 if 0 ready 0",
	"io in port -1 size 1 count 1 if 0 ready 0",
	"mmio read gpa 0x10000000000000000 size 1 if 0 ready 0",
	"mmio read gpa 0x1 size 65 if 0 ready 0",
	"mmio write gpa 0x1 size 16 data 0x1 if 0 ready 0",
	"msr write index 0x10 if 0 ready 0",
	"debug dr6 0x1 vector 1 if 0 ready 0",
	"fail-entry code 0x1 info 0x1 if 0 ready 0",
};

static void round_trips(void)
{
	char text[KVMFS_EXIT_TEXT], line[KVMFS_EXIT_TEXT];
	struct kvm_exit e;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		memset(&e, 0xa5, sizeof(e));
		snprintf(line, sizeof(line), "%s\n", lines[i]);
		ok(!kvmfs_exit_parse(line, &e) &&
		   kvmfs_exit_print(&e, text, sizeof(text)) == (int)strlen(lines[i]) &&
		   !strcmp(text, lines[i]) && e.request == 0xa5a5a5a5, lines[i]);
	}
}

static void refusals(void)
{
	struct kvm_exit e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		ok(kvmfs_exit_parse(bad[i], &e) == -1 && errno == EINVAL, bad[i]);
	}
}

static void longest(void)
{
	struct kvm_exit e = { .reason = KVMFS_EXIT_IO }, back = { 0 };
	char text[KVMFS_EXIT_TEXT], small[16];
	int len;

	e.io.write = 1;
	e.io.size = 4;
	e.io.count = KVM_EXIT_DATA / 4;
	memset(e.data, 0x5c, sizeof(e.data));
	len = kvmfs_exit_print(&e, text, sizeof(text));
	ok(len < (int)sizeof(text) && !kvmfs_exit_parse(text, &back) &&
	   !memcmp(&e, &back, sizeof(e)), "a page of string output");
	ok(kvmfs_exit_print(&e, small, sizeof(small)) == len && strlen(small) == 15,
	   "cut as by snprintf");
	ok(kvmfs_exit_print(&e, NULL, 0) == len, "length alone");
}

static void registers(void)
{
	int good = 1, slot, offset;
	const char *name;

	for (slot = 0; slot < KVM_REG_SLOTS; slot++) {
		name = kvmfs_reg_name(KVM_REG_OFFSET(slot));
		offset = name ? kvmfs_reg_offset(name) : -1;
		if (slot == 31 ? !!name : offset != (int)KVM_REG_OFFSET(slot))
			good = 0;
	}
	ok(good, "names and offsets of all registers");
	ok(kvmfs_reg_offset("cs.base") == KVM_REG_CS_BASE, "cs.base");
	ok(kvmfs_reg_offset("rax ") == -1 && errno == EINVAL, "no such register");
	ok(!kvmfs_reg_name(0) && !kvmfs_reg_name(KVM_REG_RAX + 1), "no such offset");
}

static void create_elsewhere(void)
{
	char dir[] = "/tmp/kvmfs-test-XXXXXX", path[64];

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/vm", dir);
	ok(kvm_create(path, 0, 0700) == -1 && access(path, F_OK),
	   "kvm_create on another file system leaves nothing behind");
	ok(kvm_create(path, 0x80, 0700) == -1 && errno == EINVAL, "unknown flag");
	ok(!rmdir(dir), "the directory is empty");
}

static void put(int dir, const char *file, const char *text)
{
	int fd = openat(dir, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(file);
	close(fd);
}

static int ran(int dir, struct kvm_exit *e, const char *want)
{
	char text[KVMFS_EXIT_TEXT];

	put(dir, "run", "");
	if (kvm_run(dir, e, sizeof(*e)) < 0 ||
	    kvmfs_read_text(dir, "run", text, sizeof(text)) < 0)
		return 0;
	if (!strcmp(text, want))
		return 1;
	printf("# \"%s\" instead of \"%s\"\n", text, want);
	return 0;
}

/* kvm_run() by files, on files that are not kvmfs's but only look like it */
static void fallback(int dir)
{
	struct kvm_exit e = { 0 };

	put(dir, "exit", "io in port 0x60 size 1 count 1 if 1 ready 1\n");
	ok(ran(dir, &e, "run\n") && e.reason == KVMFS_EXIT_IO && !e.io.write &&
	   e.state == (KVMFS_STATE_IF | KVMFS_STATE_IRQ_READY), "first run");
	e.request = KVMFS_REQ_INJECT | KVMFS_REQ_IRQ_WINDOW;
	e.vector = 32;
	e.data[0] = 0x5a;
	put(dir, "exit", "mmio read gpa 0x20000 size 16 if 0 ready 0\n");
	ok(ran(dir, &e, "inject 32 window data 0x5a run\n") &&
	   e.reason == KVMFS_EXIT_MMIO && e.request && e.vector == 32,
	   "answer, vector and window");
	e.request = KVMFS_REQ_RETURN;
	memset(e.data, 0xab, 16);
	put(dir, "exit", "hlt if 1 ready 1\n");
	ok(ran(dir, &e, "return data hex:abababababababababababababababab run\n") &&
	   e.reason == KVMFS_EXIT_HLT, "sixteen bytes, and return");
	e.request = 0x80;
	ok(kvm_run(dir, &e, sizeof(e)) == -1 && errno == EINVAL, "unknown request");
	ok(kvm_run(dir, &e, KVM_EXIT_SIZE_MIN - 1) == -1 && errno == EINVAL, "too small");
}

/* reads what a function wrote */
static int wrote(int dir, const char *file, const char *want)
{
	char text[256];

	if (kvmfs_read_text(dir, file, text, sizeof(text)) < 0)
		return 0;
	put(dir, file, "");
	if (!strcmp(text, want))
		return 1;
	printf("# %s: \"%s\" instead of \"%s\"\n", file, text, want);
	return 0;
}

static void memory_map(int dir)
{
	put(dir, "memmap", "");
	ok(!kvmfs_set_memory(dir, 0, 0x100000) &&
	   wrote(dir, "memmap", "ram 0x0 0x100000\n"), "ram");
	ok(!kvmfs_set_rom(dir, 0xf0000, 0x10000) &&
	   wrote(dir, "memmap", "rom 0xf0000 0x10000\n"), "rom");
	ok(!kvmfs_set_alias(dir, 0xffff0000, 0x10000, 0xf0000) &&
	   wrote(dir, "memmap", "alias 0xffff0000 0x10000 0xf0000\n"), "alias");
	ok(!kvmfs_lend_memory(dir, 0x100000, 0x1000, (void *)0x7f0000002000) &&
	   wrote(dir, "memmap", "user 0x100000 0x1000 0x7f0000002000\n"), "user");
	ok(!kvmfs_lend_file(dir, 0x100000, 0x1000, 7, 0x3000) &&
	   wrote(dir, "memmap", "file 0x100000 0x1000 7 0x3000\n"), "file");
	ok(!kvmfs_unset_memory(dir, 0xf0000, 0x10000) &&
	   wrote(dir, "memmap", "none 0xf0000 0x10000\n"), "none");
}

static void debugging(int dir)
{
	put(dir, "debug", "");
	ok(!kvmfs_step(dir, 1) && wrote(dir, "debug", "step on\n"), "step on");
	ok(!kvmfs_step(dir, 0) && wrote(dir, "debug", "step off\n"), "step off");
	ok(!kvmfs_break(dir, 0xffffffff81000000) &&
	   wrote(dir, "debug", "break 0xffffffff81000000\n"), "a breakpoint");
	ok(!kvmfs_watch(dir, 0x2000, 4, 0) && wrote(dir, "debug", "watch 0x2000 4 w\n"),
	   "a watchpoint");
	ok(!kvmfs_watch(dir, 0x2000, 8, 1) && wrote(dir, "debug", "watch 0x2000 8 rw\n"),
	   "of reads too");
	ok(!kvmfs_clear(dir, 0x2000) && wrote(dir, "debug", "clear 0x2000\n"), "clear one");
	ok(!kvmfs_clear_all(dir) && wrote(dir, "debug", "clear\n"), "clear all");
}

static void interrupts(int dir)
{
	struct kvm_irq q[3] = { { 0 } };
	int fd;

	put(dir, "irq", "");
	fd = openat(dir, "irq", O_RDONLY);
	ok(!kvmfs_irq(dir, 0x21) && pread(fd, &q[0], sizeof(q[0]), 0) == sizeof(q[0]) &&
	   q[0].type == KVM_IRQ_VECTOR && q[0].vector == 0x21, "a vector");
	ok(!kvmfs_nmi(dir) && pread(fd, &q[1], sizeof(q[1]), 0) == sizeof(q[1]) &&
	   q[1].type == KVM_IRQ_NMI && !q[1].vector, "an NMI");
	ok(!kvmfs_irq_window(dir) && pread(fd, &q[2], sizeof(q[2]), 0) == sizeof(q[2]) &&
	   q[2].type == KVM_IRQ_WINDOW && !q[2].vector, "a window");
	close(fd);
}

static void msrs(int dir)
{
	uint64_t v = 0;
	char name[200];

	put(dir, "msrs", "pat 0x0007040600070406\nlstar 0x0000000000001234\n");
	ok(!kvmfs_get_msr(dir, "lstar", &v) && v == 0x1234, "an MSR");
	ok(kvmfs_get_msr(dir, "lst", &v) == -1 && errno == ENOENT, "no such MSR");
	put(dir, "msrs", "");
	ok(!kvmfs_set_msr(dir, "lstar", 7) && wrote(dir, "msrs", "lstar 0x7\n"), "it is set");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok(kvmfs_set_msr(dir, name, 7) == -1 && errno == EINVAL && wrote(dir, "msrs", ""),
	   "a name that is too long");
}

#define LEAVES(leaf_4_1)						\
	"0x00000000 0x0 0x00000007 0x756e6547 0x6c65746e 0x49656e69\n"	\
	leaf_4_1							\
	"0x80000000 0x0 0x80000008 0x00000000 0x00000000 0x00000000\n"

static void cpuid(int dir)
{
	static const uint32_t new[4] = { 1, 2, 3, 0xffffffff };
	uint32_t r[4] = { 0 };
	char text[400];

	put(dir, "cpuid", LEAVES("0x00000004 0x1 0x0000000a 0x0000000b 0x0000000c 0x0000000d\n"));
	ok(!kvmfs_get_cpuid(dir, 4, 1, r) && r[0] == 10 && r[1] == 11 && r[2] == 12 && r[3] == 13,
	   "a leaf of CPUID");
	ok(kvmfs_get_cpuid(dir, 4, 0, r) == -1 && errno == ENOENT && r[0] == 10, "no such leaf");
	/* a write replaces the table; here the end of the longer text stays, which does no harm */
	ok(!kvmfs_set_cpuid(dir, 4, 1, new) && !kvmfs_get_cpuid(dir, 4, 1, r) &&
	   !memcmp(r, new, sizeof(r)) && !kvmfs_get_cpuid(dir, 0x80000000, 0, r) &&
	   r[0] == 0x80000008, "it is set, others stay");
	put(dir, "cpuid", LEAVES(""));
	ok(!kvmfs_set_cpuid(dir, 0x10, 2, new) &&
	   kvmfs_read_text(dir, "cpuid", text, sizeof(text)) > 0 &&
	   !strcmp(text, LEAVES("") "0x10 0x2 0x1 0x2 0x3 0xffffffff\n"), "one is added");
}

static void fpu(int dir)
{
	char image[577], back[577];

	memset(image, 'f', sizeof(image));
	image[576] = '\0';
	put(dir, "fpregs", image);
	ok(kvmfs_get_fpregs(dir, back, sizeof(back)) == 576 && !memcmp(image, back, 576), "fpregs");
	ok(kvmfs_get_fpregs(dir, back, 576) == 576, "just enough room");
	ok(kvmfs_get_fpregs(dir, back, 575) == -1 && errno == ERANGE, "too little");
	memset(image, 'g', 576);
	ok(!kvmfs_set_fpregs(dir, image, 576) &&
	   kvmfs_get_fpregs(dir, back, sizeof(back)) == 576 && !memcmp(image, back, 576),
	   "they are set");
}

static void last_exit(int dir)
{
	struct kvm_exit e = { .request = 5, .vector = 6 };

	put(dir, "exit", "hlt if 1 ready 0\n");
	ok(!kvmfs_last_exit(dir, &e) && e.reason == KVMFS_EXIT_HLT && e.state == KVMFS_STATE_IF &&
	   e.request == 5 && e.vector == 6, "the last exit");
	put(dir, "exit", "none\n");
	ok(!kvmfs_last_exit(dir, &e) && !e.reason, "there was none");
	put(dir, "exit", "?\n");
	ok(kvmfs_last_exit(dir, &e) == -1 && errno == EINVAL, "no such exit");
}

/* what functions do with files, on files that only look like kvmfs's */
static void by_files(void)
{
	char dir[] = "/tmp/kvmfs-test-XXXXXX", line[64];
	int fd;

	if (!mkdtemp(dir))
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	memory_map(fd);
	debugging(fd);
	interrupts(fd);
	msrs(fd);
	cpuid(fd);
	fpu(fd);
	last_exit(fd);
	ok(kvmfs_step(-1, 1) == -1 && errno == EBADF, "no directory");
	close(fd);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	ok(!system(line), "clean up");
}

static void run_by_files(void)
{
	char dir[] = "/tmp/kvmfs-test-XXXXXX", line[64];
	int fd;

	if (syscall(__NR_kvm_run, -1, NULL, 0) != -1 || errno != ENOSYS || !mkdtemp(dir)) {
		ok(1, "fallback # SKIP the system calls are there");
		return;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	fallback(fd);
	close(fd);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	ok(!system(line), "clean up");
}

/* the file has these lines */
static int has(int dir, const char *file, const char *lines)
{
	char text[4096];

	if (kvmfs_read_text(dir, file, text, sizeof(text)) < 0)
		return 0;
	if (strstr(text, lines))
		return 1;
	printf("# no \"%s\" in %s: \"%s\"\n", lines, file, text);
	return 0;
}

/* and no others */
static int is_all(int dir, const char *file, const char *want)
{
	char text[4096];
	ssize_t n = kvmfs_read_text(dir, file, text, sizeof(text));

	return n == (ssize_t)strlen(want) && has(dir, file, want);
}

static void mounted_memory(int vm)
{
	unsigned char *p, bits[32];
	int fd;

	ok(!kvmfs_set_memory(vm, 0, 0x100000) && !kvmfs_set_rom(vm, 0x100000, 0x10000) &&
	   !kvmfs_set_alias(vm, 0x200000, 0x10000, 0x100000) &&
	   has(vm, "memmap", "ram 0x0 0x100000\nrom 0x100000 0x10000\n"
	       "alias 0x200000 0x10000 0x100000\n"), "ram, rom and an alias");
	ok(kvmfs_unset_memory(vm, 0x100000, 0x10000) == -1 && errno == EINVAL,
	   "what an alias shows cannot go");
	ok(!kvmfs_unset_memory(vm, 0x200000, 0x10000) &&
	   !kvmfs_unset_memory(vm, 0x100000, 0x10000) &&
	   is_all(vm, "memmap", "ram 0x0 0x100000\n"), "it can after the alias");
	p = kvmfs_map_mem(vm, 0, 0x100000);
	ok(p != MAP_FAILED && !p[0x1000], "memory is mapped");
	munmap(p, 0x100000);
	fd = openat(vm, "dirty", O_RDONLY);
	memset(bits, 0xff, sizeof(bits));
	ok(kvmfs_dirty(fd, 0, bits, sizeof(bits)) == sizeof(bits) && !bits[0], "nothing is dirty");
	ok(kvmfs_dirty(fd, 0x80000, bits, sizeof(bits)) == 16, "up to the end");
	close(fd);
}

static void mounted_vcpu(int vm)
{
	uint32_t r[4], new[4] = { 0x40000000, 1, 2, 3 };
	struct kvm_exit e = { 0 };
	char image[4096];
	uint64_t v = 0;
	ssize_t n;

	ok(!kvmfs_set_msr(vm, "lstar", 0x1234) && !kvmfs_get_msr(vm, "lstar", &v) && v == 0x1234,
	   "an MSR");
	ok(!kvmfs_set_msr(vm, "0xc0000082", 0x4321) && !kvmfs_get_msr(vm, "lstar", &v) &&
	   v == 0x4321, "by its number");
	ok(!kvmfs_set_cpuid(vm, 0x40000000, 0, new) && !kvmfs_get_cpuid(vm, 0x40000000, 0, r) &&
	   !memcmp(r, new, sizeof(r)), "a leaf of CPUID");
	new[0] = 5;
	ok(!kvmfs_set_cpuid(vm, 0x40000010, 0, new) && !kvmfs_get_cpuid(vm, 0x40000010, 0, r) &&
	   !memcmp(r, new, sizeof(r)) && !kvmfs_get_cpuid(vm, 0, 0, r) && r[0], "a new one");
	n = kvmfs_get_fpregs(vm, image, sizeof(image));
	ok(n >= 576, "fpregs");
	ok(kvmfs_get_fpregs(vm, image, 100) == -1 && errno == ERANGE, "too little room");
	ok(kvmfs_set_fpregs(vm, image, 100) == -1 && errno == EINVAL, "half an image");
	image[160] = 'x';	/* XMM0 */
	image[512] = 3;		/* x87 and SSE registers are there */
	ok(!kvmfs_set_fpregs(vm, image, n) && kvmfs_get_fpregs(vm, image, n) == n &&
	   image[160] == 'x', "a whole one");
	ok(!kvmfs_irq(vm, 0x21) && has(vm, "irq", "pending 0x21"), "a vector");
	ok(!kvmfs_nmi(vm) && has(vm, "irq", "nmi yes"), "an NMI");
	ok(!kvmfs_irq_window(vm) && has(vm, "irq", "window yes"), "a window");
	ok(!kvmfs_step(vm, 1) && !kvmfs_break(vm, 0x1234) && !kvmfs_watch(vm, 0x2000, 4, 0) &&
	   !kvmfs_watch(vm, 0x3000, 8, 1) &&
	   is_all(vm, "debug", "step on\nbreak 0x1234\nwatch 0x2000 4 w\nwatch 0x3000 8 rw\n"),
	   "debug");
	ok(!kvmfs_clear(vm, 0x2000) && !kvmfs_step(vm, 0) &&
	   is_all(vm, "debug", "step off\nbreak 0x1234\nwatch 0x3000 8 rw\n"), "one less");
	ok(!kvmfs_clear_all(vm) && is_all(vm, "debug", "step off\n"), "none");
	ok(!kvmfs_last_exit(vm, &e) && !e.reason, "no exit yet");
}

static void mounted(const char *mount)
{
	char path[256];
	int vm;

	snprintf(path, sizeof(path), "%s/library", mount);
	vm = kvm_create(path, 0, 0700);
	ok(vm >= 0, "kvm_create");
	mounted_memory(vm);
	mounted_vcpu(vm);
	close(vm);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		mounted(argv[1]);
		printf("1..%d\n", tests);
		return failures ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	round_trips();
	refusals();
	longest();
	registers();
	create_elsewhere();
	by_files();
	run_by_files();
	printf("1..%d\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

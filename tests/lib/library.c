// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkvmfs without a kernel: exits as text and back, register names, what
 * kvm_create() does where there is no kvmfs, and kvm_run() by files. Against the installed library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
	round_trips();
	refusals();
	longest();
	registers();
	create_elsewhere();
	run_by_files();
	printf("1..%d\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The session that the kernel list sketched in October 2006, as a program of its
 * own: a VM is created, its files are opened, its memory is mapped, and a loop of
 * kvm_run() serves it. Twice, the second time with a debugger's single steps.
 *
 * Compiled against the installed header and library alone:
 *	cc seed.c $(pkg-config --cflags --libs libkvmfs)
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

#define RAM		0x10000
#define HOLE		0x20000		/* a device register of ours */
#define FRAME_BUFFER	0xe0000000
#define CODE		0x1000
#define VECTOR		0x20

/* Real mode: every kind of exit once, then an interrupt, then the end */
static const unsigned char code[] = {
	0xba, 0xf8, 0x03,		/* mov  $0x3f8, %dx */
	0xb0, 'h', 0xee,		/* mov  $'h', %al; out %al, %dx */
	0xb0, 'i', 0xee,		/* mov  $'i', %al; out %al, %dx */
	0xe4, 0x60,			/* in   $0x60, %al */
	0xa2, 0x00, 0x20,		/* mov  %al, 0x2000 */
	0x64, 0xa1, 0x10, 0x00,		/* mov  %fs:0x10, %ax */
	0x64, 0xa3, 0x20, 0x00,		/* mov  %ax, %fs:0x20 */
	0xbc, 0x00, 0x80,		/* mov  $0x8000, %sp */
	0xfb,				/* sti */
	0xf4,				/* hlt */
	0xfa,				/* cli */
	0xb8, 0x34, 0x12,		/* mov  $0x1234, %ax */
	0xf4,				/* hlt */
};

static const unsigned char handler[] = {
	0xb0, '!', 0xee,		/* mov  $'!', %al; out %al, %dx */
	0xcf,				/* iret */
};

#define HANDLER		(CODE + 0x100)

static const char registers[] =
	"rip 0x1000\n"
	"cs.selector 0\ncs.base 0\n"
	"fs.selector 0x2000\nfs.base 0x20000\n";

struct session {
	int fd, mem_fd, regs_fd, irq_fd;
	unsigned char *mem, *fb;
	struct kvm_exit exit;
	char said[16];
	size_t len;
	unsigned int written, steps;
	int ended;
	uint64_t rax;
};

static int tests, failures;

static int ok(int good, const char *what)
{
	int saved = errno;

	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	if (!good) {
		failures++;
		printf("# errno: %s\n", strerror(saved));
	}
	fflush(stdout);
	return good;
}

static int open_all(struct session *s, const char *path)
{
	s->fd = kvm_create(path, 0, 0700);
	if (!ok(s->fd >= 0, "kvm_create"))
		return -1;
	s->mem_fd = openat(s->fd, "mem", O_RDWR);
	s->regs_fd = openat(s->fd, "regs", O_RDWR);
	s->irq_fd = openat(s->fd, "irq", O_RDWR);
	if (!ok(s->mem_fd >= 0 && s->regs_fd >= 0 && s->irq_fd >= 0, "openat mem, regs, irq"))
		return -1;
	if (!ok(!ftruncate(s->mem_fd, RAM), "ftruncate of mem makes RAM"))
		return -1;
	if (!ok(!kvmfs_set_memory(s->fd, FRAME_BUFFER, 0x10000), "memory for a frame buffer"))
		return -1;
	s->mem = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, s->mem_fd, 0);
	s->fb = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, s->mem_fd, FRAME_BUFFER);
	return ok(s->mem != MAP_FAILED && s->fb != MAP_FAILED, "mmap of both") ? 0 : -1;
}

static void load(struct session *s)
{
	const unsigned short vector[2] = { HANDLER, 0 };
	unsigned char pixel = 0;

	memcpy(s->mem + CODE, code, sizeof(code));
	memcpy(s->mem + HANDLER, handler, sizeof(handler));
	memcpy(s->mem + 4 * VECTOR, vector, sizeof(vector));
	s->fb[3] = 0x99;
	ok(pread(s->mem_fd, &pixel, 1, FRAME_BUFFER + 3) == 1 && pixel == 0x99,
	   "the frame buffer is memory at its address");
	ok(write(s->regs_fd, registers, strlen(registers)) == (ssize_t)strlen(registers),
	   "registers as text");
}

static void serve_io(struct session *s)
{
	struct kvm_exit *e = &s->exit;

	if (e->io.write && e->io.port == 0x3f8 && s->len < sizeof(s->said) - 1)
		s->said[s->len++] = e->data[0];
	else if (!e->io.write && e->io.port == 0x60)
		e->data[0] = 0x5a;
	else
		s->ended = -1;
}

static void serve_mmio(struct session *s)
{
	struct kvm_exit *e = &s->exit;

	if (!e->mmio.write && e->mmio.gpa == HOLE + 0x10 && e->mmio.size == 2)
		memcpy(e->data, "\x34\x12", 2);
	else if (e->mmio.write && e->mmio.gpa == HOLE + 0x20 && e->mmio.size == 2)
		s->written = e->data[0] | e->data[1] << 8;
	else
		s->ended = -1;
}

static void serve_hlt(struct session *s)
{
	const struct kvm_irq packet = { .type = KVM_IRQ_VECTOR, .vector = VECTOR };

	if (!(s->exit.state & KVMFS_STATE_IF)) {
		s->ended = 1;
		if (pread(s->regs_fd, &s->rax, sizeof(s->rax), KVM_REG_RAX) != sizeof(s->rax))
			s->ended = -1;
	} else if (write(s->irq_fd, &packet, sizeof(packet)) != sizeof(packet)) {
		s->ended = -1;
	}
}

static void run(struct session *s)
{
	while (!s->ended) {
		switch (kvm_run(s->fd, &s->exit, sizeof(s->exit))) {
		case KVMFS_EXIT_IO:
			serve_io(s);
			break;
		case KVMFS_EXIT_MMIO:
			serve_mmio(s);
			break;
		case KVMFS_EXIT_HLT:
			serve_hlt(s);
			break;
		case KVMFS_EXIT_DEBUG:
			s->steps++;
			break;
		default:
			s->ended = -1;
		}
	}
}

static void check(struct session *s, const char *path, int debugger)
{
	char text[KVMFS_EXIT_TEXT], why[256] = "";

	if (!ok(s->ended == 1, "the guest ran to its end")) {
		kvmfs_exit_print(&s->exit, text, sizeof(text));
		kvmfs_status(s->fd, why, sizeof(why));
		printf("# last exit: %.200s; status: %s\n", text, why);
	}
	ok(!strcmp(s->said, "hi!"), "port output, and the interrupt came");
	ok(s->mem[0x2000] == 0x5a, "port input");
	ok(s->written == 0x1234, "mmio, read and written");
	ok(s->rax == 0x1234, "pread of KVM_REG_RAX");
	ok(debugger ? s->steps > 10 : !s->steps, "single steps only for the debugger");
	munmap(s->mem, RAM);
	munmap(s->fb, 0x10000);
	close(s->mem_fd);
	close(s->regs_fd);
	close(s->irq_fd);
	close(s->fd);
	/* Without the system calls libkvmfs can only remove it at exit() */
	if (syscall(__NR_kvm_run, -1, NULL, 0) && errno != ENOSYS)
		ok(access(path, F_OK) && errno == ENOENT, "closed, it is gone");
}

static void session(const char *path, int debugger)
{
	struct session s = { 0 };
	int debug_fd;

	if (open_all(&s, path))
		return;
	load(&s);
	if (debugger) {
		debug_fd = openat(s.fd, "debug", O_WRONLY);
		ok(write(debug_fd, "step on\n", 8) == 8, "step on");
		close(debug_fd);
	}
	run(&s);
	check(&s, path, debugger);
}

int main(int argc, char **argv)
{
	char path[4096];
	size_t len;

	if (argc > 1)
		snprintf(path, sizeof(path), "%s", argv[1]);
	else if (kvmfs_mount_point(path, sizeof(path)))
		return !!printf("1..0 # SKIP kvmfs is not mounted\n");
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/seed-%d", (int)getpid());
	session(path, 0);
	snprintf(path + len, sizeof(path) - len, "/seed-%d-debug", (int)getpid());
	session(path, 1);
	printf("1..%d\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-session: the session that the idea began with, as it was written down:
 * kvm_create, openat, mmap, kvm_run, pread. A guest adds, writes to a frame
 * buffer and to a port, reads a device register, takes an interrupt, halts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "tap.h"

#define FRAMEBUFFER	0xe0000000ul

/*
 * Real mode at 0:0x1000, with FS reaching 4 GiB:
 *
 *	66 bb 00 00 00 e0	mov	$0xe0000000, %ebx
 *	64 67 c6 03 4b		movb	$'K', %fs:(%ebx)
 *	66 bb 00 00 00 d0	mov	$0xd0000000, %ebx
 *	64 67 66 8b 03		mov	%fs:(%ebx), %eax	(mmio read)
 *	66 40			inc	%eax
 *	64 67 66 89 43 04	mov	%eax, %fs:4(%ebx)	(mmio write)
 *	e4 60			in	$0x60, %al
 *	e6 e9			out	%al, $0xe9
 *	fb			sti
 *	f4			hlt
 *	f4			hlt
 * and at 0x1100, for vector 0x20:
 *	b0 21 e6 e9 cf		mov $'!', %al; out %al, $0xe9; iret
 */
static const unsigned char code[] = {
	0x66, 0xbb, 0, 0, 0, 0xe0, 0x64, 0x67, 0xc6, 0x03, 0x4b,
	0x66, 0xbb, 0, 0, 0, 0xd0, 0x64, 0x67, 0x66, 0x8b, 0x03, 0x66, 0x40,
	0x64, 0x67, 0x66, 0x89, 0x43, 0x04, 0xe4, 0x60, 0xe6, 0xe9, 0xfb, 0xf4,
	0xf4,
};
static const unsigned char handler[] = { 0xb0, 0x21, 0xe6, 0xe9, 0xcf };

static const char start[] =
	"cs.base 0\ncs.selector 0\nrip 0x1000\nrsp 0x8000\nrflags 2\n"
	"ss.base 0\nss.selector 0\nfs.base 0\nfs.limit 0xffffffff\n"
	"idtr.base 0\nidtr.limit 0x3ff\n";


static int kvm_create(const char *path, unsigned int flags, mode_t mode)
{
	return syscall(__NR_kvm_create, path, flags, mode);
}

static int kvm_run(int fd, struct kvm_exit *exit, size_t size)
{
	return syscall(__NR_kvm_run, fd, exit, size);
}

static void put(int fd, const char *name, const char *text)
{
	int f = openat(fd, name, O_WRONLY);

	if (f < 0 || write(f, text, strlen(text)) != (ssize_t)strlen(text)) {
		printf("Bail out! %s: %s\n", name, strerror(errno));
		exit(1);
	}
	close(f);
}

static void interrupt(int irq_fd)
{
	struct kvm_irq packet = { KVM_IRQ_VECTOR, 0x20 };

	ok(write(irq_fd, &packet, sizeof(packet)) == sizeof(packet),
	   "an interrupt by a packet");
}

/* returns what came out of port 0xe9 */
static const char *serve(int fd, int irq_fd, int debugger)
{
	static struct kvm_exit x;
	static char out[8];
	int n = 0, halts = 0, steps = 0;

	for (;;) {
		switch (kvm_run(fd, &x, sizeof(x))) {
		case KVMFS_EXIT_IO:
			if (x.io.write)
				out[n++ & 7] = x.data[0];
			else
				x.data[0] = 'v';
			break;
		case KVMFS_EXIT_MMIO:
			if (x.mmio.write)
				ok(x.mmio.gpa == 0xd0000004 && x.mmio.size == 4 &&
				   !memcmp(x.data, "\x43\x01\0\0", 4), "mmio write");
			else
				memcpy(x.data, "\x42\x01\0\0", 4);
			break;
		case KVMFS_EXIT_HLT:
			if (halts++) {
				ok(!debugger || steps > 8, "steps were seen");
				return out;
			}
			interrupt(irq_fd);
			break;
		case KVMFS_EXIT_DEBUG:
			steps++;
			break;
		default:
			printf("Bail out! exit %d, %s\n", x.reason, strerror(errno));
			exit(1);
		}
	}
}

static void session(const char *mount, int debugger)
{
	char path[256];
	unsigned char *mem, *fb;
	uint64_t rax = 0, pair[2];
	int fd, mem_fd, regs_fd, irq_fd;

	snprintf(path, sizeof(path), "%s/my_vm", mount);
	fd = kvm_create(path, 0, 0700);
	ok(fd >= 0, "kvm_create");
	mem_fd = openat(fd, "mem", O_RDWR);
	put(fd, "memmap", "ram 0 16M\nram 0xe0000000 1M\n");
	mem = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd, 0);
	fb = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd,
		  FRAMEBUFFER);
	ok(mem != MAP_FAILED && fb != MAP_FAILED, "mem and a frame buffer mapped");
	memcpy(mem + 0x1000, code, sizeof(code));
	memcpy(mem + 0x1100, handler, sizeof(handler));
	memcpy(mem + 4 * 0x20, "\x00\x11\0\0", 4);
	regs_fd = openat(fd, "regs", O_RDWR);
	irq_fd = openat(fd, "irq", O_RDWR);
	ok(regs_fd >= 0 && irq_fd >= 0, "regs and irq opened");
	put(fd, "regs", start);
	if (debugger)
		put(fd, "debug", "step on\n");
	ok(!strcmp(serve(fd, irq_fd, debugger), "v!"), "the guest's output");
	ok(fb[0] == 'K', "the guest's frame buffer");
	ok(pread(regs_fd, &rax, sizeof(rax), KVM_REG_RAX) == 8 &&
	   (rax & 0xff) == '!', "pread of KVM_REG_RAX");
	ok(pread(regs_fd, pair, sizeof(pair), KVM_REG_RSP) == 16 &&
	   pair[0] == 0x8000, "two registers at once");
	rax = 0x1234;
	ok(pwrite(regs_fd, &rax, sizeof(rax), KVM_REG_RAX) == 8 &&
	   pread(regs_fd, &rax, sizeof(rax), KVM_REG_RAX) == 8 && rax == 0x1234,
	   "pwrite of KVM_REG_RAX");
	close(regs_fd);
	close(irq_fd);
	close(mem_fd);
	ok(!access(path, F_OK), "the directory is there");
	close(fd);
	ok(access(path, F_OK) && errno == ENOENT,
	   "and disappears with the last descriptor");
	mem[0] = 1;
	ok(mem[0x1000] == code[0], "the mapping outlives the name");
	munmap(mem, 16 << 20);
	munmap(fb, 1 << 20);
}

int main(int argc, char **argv)
{
	const char *mount = argc > 1 ? argv[1] : "/sys/fs/kvmfs";

	session(mount, 0);
	session(mount, 1);
	printf("1..%d\n", tests);
	return failures != 0;
}

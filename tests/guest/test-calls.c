// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-calls: the arguments of the two system calls, signals, and the life of
 * a VM: what must be refused, and how.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "small-vm.h"
#include "tap.h"

static const char *mount = "/sys/fs/kvmfs";
static char path[256];

static int create(unsigned int flags, mode_t mode)
{
	return syscall(__NR_kvm_create, path, flags, mode);
}

static int run(int fd, void *exit, size_t size)
{
	return syscall(__NR_kvm_run, fd, exit, size);
}

static int fails(long ret, int error)
{
	return ret == -1 && errno == error;
}

/* a VM that runs `code` at 0x1000 in real mode */
static int machine(unsigned int flags, const char *code, size_t len)
{
	return small_vm(path, flags, code, len, "cs.base 0\ncs.selector 0\nrip 0x1000\n");
}

static void test_create(void)
{
	struct stat st;
	int fd, null = open("/dev/null", O_RDONLY);

	ok(fails(create(0xfffffffe, 0700), EINVAL), "unknown flags: EINVAL");
	ok(fails(syscall(__NR_kvm_create, (char *)8, 0, 0700), EFAULT),
	   "a bad path pointer: EFAULT");
	ok(fails(syscall(__NR_kvm_create, "/tmp/vm", 0, 0700), EINVAL) ||
	   errno == ENODEV || errno == EXDEV || errno == ENOTTY || errno == EPERM,
	   "a path on another file system is refused");
	fd = create(0, 0750);
	ok(fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode) &&
	   (st.st_mode & 0777) == 0750, "a directory with the mode asked for");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "its descriptor is close-on-exec");
	ok(fails(create(0, 0700), EEXIST), "a name taken: EEXIST");
	close(fd);
	ok(stat(path, &st) && errno == ENOENT, "gone with the descriptor");
	fd = create(KVM_CREATE_PERSIST, 0700);
	close(fd);
	ok(!stat(path, &st), "a persistent one stays");
	ok(!rmdir(path) && stat(path, &st), "until rmdir");
	ok(fails(run(null, NULL, 4096), EINVAL) || errno == EBADF || errno == EFAULT ||
	   errno == ENOTTY, "kvm_run of something else is refused");
	ok(fails(run(-1, NULL, 4096), EBADF), "kvm_run of no descriptor: EBADF");
	close(null);
}

static void test_sizes(void)
{
	static struct { struct kvm_exit x; char more[64]; } big;
	static char zeros[1 << 20];
	int fd = machine(0, "\xf4\xeb\xfd", 3);	/* hlt; jmp */

	ok(fails(run(fd, &big.x, KVM_EXIT_SIZE_MIN - 8), EINVAL),
	   "a struct that is too small: EINVAL");
	ok(run(fd, &big.x, KVM_EXIT_SIZE_MIN) == KVMFS_EXIT_HLT &&
	   big.x.reason == KVMFS_EXIT_HLT, "the smallest struct");
	ok(run(fd, &big.x, sizeof(big)) >= 0, "a larger one that ends in zeros");
	big.more[10] = 1;
	ok(fails(run(fd, &big.x, sizeof(big)), E2BIG),
	   "a larger one that asks for something: E2BIG");
	ok(fails(run(fd, zeros, sizeof(zeros)), E2BIG), "nothing but zeros without end: E2BIG");
	ok(fails(run(fd, (void *)8, sizeof(big.x)), EFAULT), "a bad pointer: EFAULT");
	big.x.request = 0x80;
	ok(fails(run(fd, &big.x, sizeof(big.x)), EINVAL), "unknown requests: EINVAL");
	big.x.request = KVMFS_REQ_INJECT;
	big.x.vector = 256;
	ok(fails(run(fd, &big.x, sizeof(big.x)), EINVAL), "vector 256: EINVAL");
	close(fd);
}

/* an exit with more data than the caller has room for: 16 bytes of a vector register */
static void test_room(void)
{
	static const char movups[] = "\x0f\x11\x06\x00\x00\xf4";	/* movups %xmm0, 0; hlt */
	static struct kvm_exit x;
	int fd = machine(0, movups, 6);

	put(fd, "regs", "cr4 0x200\nds.base 0x200000\n");
	memset(x.data, 0xa5, 32);
	ok(run(fd, &x, KVM_EXIT_SIZE_MIN) == KVMFS_EXIT_MMIO && x.mmio.write &&
	   x.mmio.size == 16, "a write of 16 bytes to a device, with room for 8");
	ok(!x.data[0] && x.data[8] == 0xa5 && x.data[15] == 0xa5, "more is not written");
	close(fd);
}

/* what the processor would refuse when the host loads it: an error of the host's then */
static void test_msrs(void)
{
	static const char *const bad[] = {
		"lstar 0x800000000000\n", "cstar 0x800000000000\n", "fs_base 0x800000000000\n",
		"gs_base 0x800000000000\n", "kernel_gs_base 0x800000000000\n",
		"sysenter_esp 0x800000000000\n", "sysenter_eip 0x800000000000\n",
		"sfmask 0x100000000\n", "pat 0x0202020202020202\n",
	};
	int fd = machine(0, "\xf4", 1), msrs = openat(fd, "msrs", O_RDWR), good = 1;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (fails(write(msrs, bad[i], strlen(bad[i])), EINVAL))
			continue;
		printf("# taken: %s", bad[i]);
		good = 0;
	}
	ok(good, "MSRs that are not canonical, or reserved bits: EINVAL");
	close(msrs);
	close(fd);
}

/* --- signals ------------------------------------------------------------------ */

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void handle(int sig)
{
	struct sigaction a = { .sa_handler = on_signal };

	sigaction(sig, &a, NULL);
}

static const char forever[] = "\x66\x40\xeb\xfc";	/* inc %eax; jmp */

static void test_signal(void)
{
	static struct kvm_exit x;
	int fd = machine(0, forever, 4), good = 1;
	unsigned long long rax, last = 0;
	int regs = openat(fd, "regs", O_RDWR);
	int moved = 0;

	handle(SIGALRM);
	/* on a busy machine one may come before the guest has done anything */
	ualarm(3000, 3000);
	for (int i = 0; i < 1000 && moved < 10; i++) {
		good &= fails(run(fd, &x, sizeof(x)), EINTR);
		good &= pread(regs, &rax, 8, KVM_REG_RAX) == 8;
		moved += rax != last;
		last = rax;
	}
	ualarm(0, 0);
	ok(good && moved == 10 && caught >= 10,
	   "a signal ends kvm_run with EINTR, again and again");
	x.request = KVMFS_REQ_RETURN;
	ok(fails(run(fd, &x, sizeof(x)), EINTR), "KVMFS_REQ_RETURN: EINTR at once");
	close(regs);
	close(fd);
}

/* in $0x60, %al; mov %al, %ah; in $0x60, %al; hlt: nothing lost at a signal */
static void test_pending(void)
{
	static struct kvm_exit x;
	int fd = machine(0, "\xe4\x60\x88\xc4\xe4\x60\xf4", 7);
	int regs = openat(fd, "regs", O_RDWR);
	unsigned long long rax = 0;

	ok(run(fd, &x, sizeof(x)) == KVMFS_EXIT_IO && !x.io.write, "IN exits");
	x.data[0] = 0x11;
	x.request = KVMFS_REQ_RETURN;
	ok(fails(run(fd, &x, sizeof(x)), EINTR), "it is completed before EINTR");
	ok(pread(regs, &rax, 8, KVM_REG_RAX) == 8 && (rax & 0xff) == 0x11,
	   "and seen in regs");
	x.request = 0;
	ok(run(fd, &x, sizeof(x)) == KVMFS_EXIT_IO, "the next IN");
	x.data[0] = 0x22;
	ok(run(fd, &x, sizeof(x)) == KVMFS_EXIT_HLT, "HLT");
	ok(pread(regs, &rax, 8, KVM_REG_RAX) == 8 && (rax & 0xffff) == 0x1122,
	   "both values arrived");
	close(regs);
	close(fd);
}

/* --- a VM that runs in another thread -------------------------------------------- */

struct runner {
	int fd, ret, error;
	struct kvm_exit x;
};

static void *runner(void *p)
{
	struct runner *r = p;

	r->ret = run(r->fd, &r->x, sizeof(r->x));
	r->error = errno;
	return NULL;
}

static void test_busy(void)
{
	static struct runner r;
	static struct kvm_exit x;
	pthread_t thread;
	char text[8192];
	int regs, good = 1;

	handle(SIGUSR1);
	r.fd = machine(KVM_CREATE_PERSIST, forever, 4);
	pthread_create(&thread, NULL, runner, &r);
	usleep(100000);
	ok(fails(run(r.fd, &x, sizeof(x)), EBUSY), "running it twice: EBUSY");
	regs = openat(r.fd, "regs", O_RDWR);
	ok(fails(write(regs, "rax 1\n", 6), EBUSY), "writing regs while it runs: EBUSY");
	for (int i = 0; i < 20; i++)
		good &= pread(regs, text, sizeof(text), 0) > 100;
	ok(good, "reading regs while it runs");
	ok(fails(rmdir(path), EBUSY), "rmdir while it runs: EBUSY");
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	ok(r.ret == -1 && r.error == EINTR, "the runner's EINTR");
	ok(write(regs, "rax 1\n", 6) == 6, "writing regs when it is stopped");
	ok(!rmdir(path), "rmdir");
	ok(fails(run(r.fd, &x, sizeof(x)), ENODEV) || errno == ENOENT,
	   "kvm_run of a removed VM is refused");
	close(regs);
	close(r.fd);
}

/* the process dies in the guest: the VM goes with it */
static void test_kill(void)
{
	int status, good = 1;

	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			static struct kvm_exit x;
			int fd = machine(0, forever, 4);

			run(fd, &x, sizeof(x));
			_exit(1);
		}
		for (int n = 0; n < 100 && access(path, F_OK); n++)
			usleep(10000);
		usleep(30000);
		good &= !access(path, F_OK);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		good &= WIFSIGNALED(status);
		good &= access(path, F_OK) && errno == ENOENT;
	}
	ok(good, "kill -9 in the middle of a guest, ten times");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		mount = argv[1];
	snprintf(path, sizeof(path), "%s/test-calls", mount);
	rmdir(path);
	test_create();
	test_sizes();
	test_room();
	test_msrs();
	test_signal();
	test_pending();
	test_busy();
	test_kill();
	printf("1..%d\n", tests);
	return failures != 0;
}

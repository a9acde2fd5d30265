// SPDX-License-Identifier: GPL-2.0-only
/*
 * test-thread: what a run must leave to the thread, and to others, of what the processor has
 * one of: FS, LDTR, the FPU; and who may not run a vCPU at all.
 */
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kvmfs.h>
#include "small-vm.h"
#include "tap.h"

static char path[256];

/*
 * a VM that runs @code at 0x1000, of 16 bits in protected mode: real mode would be emulated on VMX
 * with shadow paging
 */
static int machine(const char *code, size_t len)
{
	int fd = small_vm(path, 0, code, len, "cr0 0x31\ncs.base 0\ncs.selector 8\nrip 0x1000\n");

	if (fd < 0) {
		printf("Bail out! kvm_create: %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

static long run(int fd, struct kvm_exit *x)
{
	return syscall(__NR_kvm_run, fd, x, sizeof(*x));
}

/* --- FS of a thread that has never waited ------------------------------------- */

static const char halts[] = "\xf4\xeb\xfd";	/* hlt; jmp */

static unsigned long fs_base(void)
{
	unsigned long base = 0;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	return base;
}

/* mov %fs:0,%rax: where the thread's own block says that it is */
static unsigned long fs_self(void)
{
	unsigned long self;

	asm volatile("mov %%fs:0, %0" : "=r" (self));
	return self;
}

struct fresh {
	int fd;
	long ret;
	unsigned long before, after;
	struct kvm_exit x;
};

static void *first_thing(void *arg)
{
	struct fresh *f = arg;

	f->before = fs_self();
	f->ret = syscall(__NR_kvm_run, f->fd, &f->x, sizeof(f->x));
	f->after = fs_self();
	return NULL;
}

static void one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * A thread that was never scheduled out counts no switches. Another VM ran on this CPU
 * since the vCPU did.
 */
static void test_fresh(void)
{
	static struct kvm_exit x;
	struct fresh f = { };
	pthread_t t;
	int other, i, good = 1;

	f.fd = machine(halts, 3);
	strcat(path, "2");
	other = machine(halts, 3);
	path[strlen(path) - 1] = 0;
	for (i = 0; i < 20 && good; i++) {
		run(f.fd, &x);
		run(other, &x);
		f.ret = 0;
		if (pthread_create(&t, NULL, first_thing, &f))
			exit(1);
		pthread_join(t, NULL);
		good = f.ret == KVMFS_EXIT_HLT && f.before == f.after;
	}
	if (!good)
		printf("# round %d: run %ld, FS was %#lx and is %#lx\n", i, f.ret, f.before,
		       f.after);
	ok(good, "a thread's first run leaves it its FS, and runs its own guest");
	ok(fs_base() == fs_self(), "FS of the thread that ran before is its own, too");
	close(other);
	close(f.fd);
}

/* --- GS ------------------------------------------------------------------------- */

static void test_gs(void)
{
	static const unsigned long here = 0x5ca1ab1e;
	static struct kvm_exit x;
	unsigned long base = 0, there = 0;
	int fd = machine(halts, 3), i, good = 1;

	put(fd, "msrs", "kernel_gs_base 0xffff888000001000\ngs_base 0x1000\n");
	syscall(SYS_arch_prctl, ARCH_SET_GS, &here);
	for (i = 0; i < 20 && good; i++) {
		good = run(fd, &x) == KVMFS_EXIT_HLT;
		syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
		good &= base == (unsigned long)&here;
		if (good)
			asm volatile("mov %%gs:0, %0" : "=r" (there));
		good &= there == here;
	}
	if (!good)
		printf("# round %d: exit %u, GS is %#lx\n", i, x.reason, base);
	ok(good, "a run leaves the thread its GS");
	close(fd);
}

/* --- LDT ------------------------------------------------------------------------- */

static int set_ldt(unsigned int entry, unsigned long base)
{
	struct user_desc d = {
		.entry_number = entry, .base_addr = base, .limit = 0xfffff,
		.seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};

	return syscall(SYS_modify_ldt, 0x11, &d, sizeof(d));
}

/* the base of an entry as the processor finds it now, ~0: it finds none */
static unsigned long ldt_base(unsigned int entry)
{
	unsigned short sel = entry << 3 | 7;
	unsigned int limit = 0;
	unsigned char found;

	asm volatile("lsl %2, %0; setz %1" : "=r" (limit), "=q" (found) : "r" ((unsigned int)sel));
	return found ? limit : ~0ul;
}

static void test_ldt(void)
{
	static struct kvm_exit x;
	int fd;

	if (set_ldt(0, 0)) {
		skip("a run leaves the process its LDT", "no modify_ldt()");
		return;
	}
	fd = machine(halts, 3);
	run(fd, &x);
	ok(ldt_base(0) == 0xffffffff, "a run leaves the process its LDT");
	ok(run(fd, &x) == KVMFS_EXIT_HLT, "and another one");
	close(fd);
}

/*
 * The LDT is replaced while a vCPU runs: the old one is freed, so that no CPU may have it
 * any more. Each entry beyond the old ones is one that the runner must find after its run.
 */
#define ROUNDS	40

static volatile int round_n, running, stop;
static int ldt_fd;

static void *writer(void *arg)
{
	int i;

	(void)arg;
	for (i = 1; i <= ROUNDS; i++) {
		while (!running && !stop)
			usleep(100);
		if (stop)
			break;
		usleep(2000);
		set_ldt(i * 16, 0);
		running = 0;
		round_n = i;
		put(ldt_fd, "irq", "32\n");
	}
	return NULL;
}

/* sti; spins until an interrupt whose handler halts */
static const char until_irq[] = "\xfb\xeb\xfe";

static void test_ldt_change(void)
{
	static struct kvm_exit x;
	static const unsigned char vector[] = { 0x00, 0x20, 0x00, 0x00 };
	int mem, i, good = 1;
	pthread_t t;

	if (set_ldt(0, 0)) {
		skip("an LDT that is replaced during a run is not there after it", "no modify_ldt()");
		return;
	}
	ldt_fd = machine(until_irq, 3);
	mem = openat(ldt_fd, "mem", O_RDWR);
	/* vector 32: hlt; iret */
	if (pwrite(mem, vector, 4, 32 * 4) != 4 || pwrite(mem, "\xf4\xcf", 2, 0x2000) != 2)
		exit(1);
	close(mem);
	put(ldt_fd, "regs", "cr0 0x30\ncs.selector 0\nss.base 0\nss.selector 0\nrsp 0x8000\n");
	if (pthread_create(&t, NULL, writer, NULL))
		exit(1);
	for (i = 1; i <= ROUNDS && good; i++) {
		running = 1;
		if (run(ldt_fd, &x) != KVMFS_EXIT_HLT)
			good = 0;
		good &= ldt_base(i * 16) == 0xffffffff;
		if (!good)
			printf("# round %d of %d: exit %u, limit %#lx\n", i, round_n, x.reason,
			       ldt_base(i * 16));
	}
	stop = 1;
	pthread_join(t, NULL);
	ok(good, "an LDT that is replaced during a run is not there after it");
	close(ldt_fd);
}

/* --- who has no FPU registers of its own ---------------------------------------------- */

static int uring_write(int fd, const char *text)
{
	struct io_uring_params p = { };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int ring = syscall(SYS_io_uring_setup, 4, &p);
	char *sq, *cq;

	if (ring < 0)
		return -ENOSYS;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED,
		  ring, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED, ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		   IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)sqe == MAP_FAILED)
		exit(1);
	*sqe = (struct io_uring_sqe){
		.opcode = IORING_OP_WRITE, .fd = fd, .addr = (unsigned long)text,
		.len = strlen(text), .flags = IOSQE_ASYNC,
	};
	*(unsigned int *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	close(ring);
	return cqe->res;
}

static void test_worker(void)
{
	int fd = machine(halts, 3), f = openat(fd, "run", O_WRONLY), ret;

	ret = uring_write(f, "go\n");
	if (ret == -ENOSYS)
		skip("a kernel's worker runs no vCPU", "no io_uring");
	else
		ok(ret == -EOPNOTSUPP, "a kernel's worker runs no vCPU");
	if (ret != -EOPNOTSUPP)
		printf("# io_uring: %d\n", ret);
	ok(write(f, "go\n", 3) == 3, "a thread does");
	close(f);
	close(fd);
}

/* --- a watchpoint of the thread's, and debug registers of its guest's -------------------- */

static volatile int watched;

static int watch(void)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(a), .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (unsigned long)&watched, .bp_len = HW_BREAKPOINT_LEN_4,
		.exclude_kernel = 1, .exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

/* writes, and whether each was seen */
static int is_seen(int perf, unsigned long long *n)
{
	unsigned long long now = 0;

	watched++;
	++*n;
	return read(perf, &now, sizeof(now)) == sizeof(now) && now == *n;
}

/* mov $0x9000, %eax; mov %eax, %dr0; mov $0x401, %eax; mov %eax, %dr7; cpuid; hlt; jmp to cpuid */
static const char points[] = "\x66\xb8\x00\x90\x00\x00\x0f\x23\xc0"
	"\x66\xb8\x01\x04\x00\x00\x0f\x23\xf8\x0f\xa2\xf4\xeb\xfb";

static void test_watch(void)
{
	static struct kvm_exit x;
	unsigned long long n = 0;
	int fd = machine(points, sizeof(points) - 1), perf = watch(), i, good = 1;

	if (perf < 0 || !is_seen(perf, &n)) {
		skip("a thread keeps its watchpoint", "no watchpoints here");
	} else {
		for (i = 0; i < 20 && good; i++)
			good = run(fd, &x) == KVMFS_EXIT_HLT && is_seen(perf, &n);
		if (!good)
			printf("# round %d: exit %u, %llu writes\n", i, x.reason, n);
		ok(good, "a thread keeps its watchpoint, though its guest has others");
	}
	close(perf);
	close(fd);
}

int main(int argc, char **argv)
{
	snprintf(path, sizeof(path) - 2, "%s/test-thread-%d",
		 argc > 1 ? argv[1] : "/sys/fs/kvmfs", getpid());
	alarm(500);
	test_worker();
	test_ldt();
	test_ldt_change();
	test_watch();
	test_gs();
	one_cpu();
	test_fresh();
	printf("1..%d\n", tests);
	return failures != 0;
}

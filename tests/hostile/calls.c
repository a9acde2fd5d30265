// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random system calls on a mount of kvmfs: a table of them, each with arguments made
 * from the names that are there, the descriptors and mappings that the process has, and
 * nonsense. What they return is looked at by nobody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "users.h"

unsigned long calls_made;

/* --- arguments ------------------------------------------------------------------- */

static const char *const files[] = {
	"mem", "mem", "mem", "memmap", "memmap", "regs", "regs", "fpregs", "msrs", "cpuid",
	"events", "irq", "irq", "debug", "run", "run", "exit", "stat", "dirty", "dirty", "ctl",
	"status", "capabilities", "cpu0", "cpu1", "cpu1/regs", "cpu1/run", "cpu1/exit", ".", "..",
	"cpu0/cpu0/mem", "cpu255", "nothing", "",
};

/**
 * vm_path() - of any VM
 * @path: out
 * @size: of @path
 */
void vm_path(char *path, size_t size)
{
	snprintf(path, size, "%s/u%u", me.mount, below(c(), N_NAMES));
}

static void some_path(char *path, size_t size)
{
	vm_path(path, size);
	if (one_in(c(), 24))
		snprintf(path, size, "%s", me.mount);
	else if (!one_in(c(), 6))
		snprintf(path + strlen(path), size - strlen(path), "/%s", PICK(c(), files));
}

static int some_fd(void)
{
	/* not what we are read by */
	return one_in(c(), 40) ? 3 + (int)below(c(), 60) : me.fds[below(c(), N_FDS)];
}

/**
 * keep() - it gets the place of another, which is closed
 * @fd: the descriptor, or -1
 */
void keep(int fd)
{
	unsigned int n = below(c(), N_FDS);
	int old;

	if (fd < 0)
		return;
	old = __atomic_exchange_n(&me.fds[n], fd, __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
}

static off_t some_offset(void)
{
	switch (below(c(), 5)) {
	case 0:
		return 0;
	case 1:
		return KVM_REG_OFFSET(below(c(), KVM_REG_SLOTS + 2)) + below(c(), 2);
	case 2:
		return (off_t)chance_next(c());
	case 3:
		return 0x1000 * (off_t)below(c(), 0x400);
	default:
		return below(c(), 0x400);
	}
}

static size_t some_size(void)
{
	switch (below(c(), 4)) {
	case 0:
		return below(c(), 64);
	case 1:
		return 0x1000 * below(c(), 64);
	case 2:
		return one_in(c(), 8) ? (size_t)chance_next(c()) : 8;
	default:
		return below(c(), 0x2000);
	}
}

/* memory to give to the kernel: a buffer, a mapping of ``mem``, or none at all */
static char *some_buffer(size_t *size)
{
	static __thread char buffer[0x4000];
	unsigned int n = below(c(), N_MAPS);

	*size = some_size();
	switch (below(c(), 6)) {
	case 0:
		if (me.maps[n].at)
			return me.maps[n].at + below(c(), 0x2000);
		break;
	case 1:
		return one_in(c(), 4) ? (char *)(uintptr_t)chance_next(c()) : NULL;
	}
	if (*size > sizeof(buffer))
		*size = sizeof(buffer);
	return buffer;
}

/* what is written: a line of some file, several, or anything */
static size_t some_text(char *text, size_t size)
{
	size_t len = 0, n;

	if (one_in(c(), 6)) {
		for (len = 0; len < 40; len++)
			text[len] = chance_next(c());
		return len;
	}
	switch (below(c(), 8)) {
	case 0:
		return snprintf(text, size, "ram 0 0xa0000\nrom 0xe0000 0x10000\n");
	case 1:
		return snprintf(text, size, "user %#x 0x%x %#lx\n", 0x1000 * below(c(), 0x400),
				0x1000 * (1 + below(c(), 16)),
				(unsigned long)(uintptr_t)me.maps[below(c(), N_MAPS)].at);
	case 2:
		return snprintf(text, size, "file %#x 0x%x %d %#x\n", 0x1000 * below(c(), 0x400),
				0x1000 * (1 + below(c(), 16)), some_fd(),
				0x1000 * below(c(), 16));
	case 3:
		return snprintf(text, size, "data 0x%x\n", below(c(), 256));
	case 4:
		return snprintf(text, size, "rip 0x1000\ncs.base 0\ncs.selector 0\n");
	}
	do {
		some_line(c(), chance_next(c()) >> below(c(), 64), text + len, size - len);
		n = strlen(text + len);
		len += n;
	} while (n && len + 256 < size && one_in(c(), 2));
	return len;
}

/* --- calls ------------------------------------------------------------------------- */

static void do_create(void)
{
	char path[256];

	vm_path(path, sizeof(path));
	if (one_in(c(), 4))
		strcat(path, one_in(c(), 8) ? "/regs" : "/cpu1");
	keep(syscall(__NR_kvm_create, path, one_in(c(), 20) ? (unsigned int)chance_next(c()) :
		     below(c(), 2), 0700 | below(c(), 0100)));
}

static void do_run(void)
{
	static __thread struct kvm_exit x;
	struct kvm_exit *at = &x;
	size_t size = sizeof(x);

	if (one_in(c(), 4))
		at = (struct kvm_exit *)some_buffer(&size);
	x.request = one_in(c(), 8) ? chance_next(c()) : below(c(), 8);
	x.vector = below(c(), 300);
	syscall(__NR_kvm_run, some_fd(), at, size);
}

static void do_open(void)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR | O_TRUNC, O_WRONLY | O_APPEND,
		O_PATH, O_DIRECTORY, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL, O_NONBLOCK,
		O_RDWR | O_NONBLOCK, O_RDWR | O_DIRECT, O_NOFOLLOW, O_TMPFILE | O_RDWR, O_ASYNC,
	};
	char path[256];

	some_path(path, sizeof(path));
	if (one_in(c(), 2))
		keep(openat(some_fd(), PICK(c(), files), PICK(c(), flags), 0600));
	else
		keep(open(path, PICK(c(), flags), 0600));
}

static void do_read(void)
{
	size_t size;
	char *at = some_buffer(&size);
	struct iovec v[2] = { { at, size }, { at, size / 2 } };

	switch (below(c(), 4)) {
	case 0:
		syscall(SYS_readv, some_fd(), v, 2);
		break;
	case 1:
		pread(some_fd(), at, size, some_offset());
		break;
	default:
		syscall(SYS_read, some_fd(), at, size);
	}
}

static void do_write(void)
{
	char text[2048];
	size_t size = sizeof(text);
	char *at = text;

	if (one_in(c(), 4))
		at = some_buffer(&size);
	else
		size = some_text(text, sizeof(text));
	if (one_in(c(), 3))
		pwrite(some_fd(), at, size, some_offset());
	else
		syscall(SYS_write, some_fd(), at, size);
}

static void do_names(void)
{
	char path[256], other[256];

	some_path(path, sizeof(path));
	vm_path(other, sizeof(other));
	switch (below(c(), 12)) {
	case 0:
	case 1:
	case 2:
		mkdir(other, 0700);
		break;
	case 3:
		rmdir(other);
		break;
	case 4:
		rmdir(path);
		break;
	case 5:
		unlink(path);
		break;
	case 6:
		rename(path, other);
		break;
	case 7:
		link(path, other);
		break;
	case 8:
		symlink(".", path);
		break;
	case 9:
		strcat(other, "/cpu1");
		mkdir(other, 0700);
		break;
	case 10:
		mknod(path, S_IFREG | 0600, 0);
		break;
	default:
		strcat(other, "/cpu1");
		rmdir(other);
	}
}

static void do_attributes(void)
{
	char path[256], list[64];
	struct stat st;
	struct statfs fs;

	some_path(path, sizeof(path));
	switch (below(c(), 8)) {
	case 0:
		chmod(path, below(c(), 01000) | 0600);
		break;
	case 1:
		chown(path, one_in(c(), 2) ? -1 : 1000, -1);
		break;
	case 2:
		truncate(path, some_offset());
		break;
	case 3:
		ftruncate(some_fd(), some_offset());
		break;
	case 4:
		utimensat(AT_FDCWD, path, NULL, 0);
		break;
	case 5:
		statfs(path, &fs);
		listxattr(path, list, sizeof(list));
		break;
	default:
		lstat(path, &st);
		fstat(some_fd(), &st);
	}
}

static void do_list(void)
{
	char text[1024];
	int fd = some_fd();

	lseek(fd, one_in(c(), 2) ? 0 : some_offset(), SEEK_SET);
	syscall(SYS_getdents64, fd, text, sizeof(text));
}

static void do_space(void)
{
	static const int modes[] = { 0, 1, 3, 3, 3, 8, 0x10, 0x20, 0x40 };
	static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 9 };

	if (one_in(c(), 2))
		fallocate(some_fd(), PICK(c(), modes), some_offset(), some_size());
	else
		lseek(some_fd(), some_offset(), PICK(c(), whences));
}

/**
 * keep_map() - a mapping gets the place of another, which goes
 * @at: it
 * @size: of it
 */
void keep_map(char *at, size_t size)
{
	unsigned int n = below(c(), N_MAPS);

	if (me.maps[n].at)
		munmap(me.maps[n].at, me.maps[n].size);
	me.maps[n].size = size;
	me.maps[n].at = at;
}

static void do_map(void)
{
	size_t size = 0x1000 * (1 + below(c(), 512));
	char *at;

	at = mmap(NULL, size, one_in(c(), 4) ? PROT_READ : PROT_READ | PROT_WRITE,
		  one_in(c(), 6) ? MAP_PRIVATE : MAP_SHARED |
		  (one_in(c(), 8) ? MAP_POPULATE : 0), some_fd(),
		  one_in(c(), 2) ? 0 : some_offset() & ~0xfffLL);
	if (at != MAP_FAILED)
		keep_map(at, size);
}

static void do_mapping(void)
{
	static const int advices[] = { MADV_DONTNEED, MADV_REMOVE, MADV_WILLNEED, MADV_DONTFORK,
				       MADV_HUGEPAGE, MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT,
				       MADV_POPULATE_WRITE, MADV_DONTDUMP, MADV_NOHUGEPAGE };
	unsigned int n = below(c(), N_MAPS);
	char *at = me.maps[n].at;
	size_t size = 0x1000 * (1 + below(c(), 16));

	if (!at)
		return;
	switch (below(c(), 7)) {
	case 0:
		mprotect(at, size, below(c(), 4));
		break;
	case 1:
		msync(at, size, MS_SYNC);
		break;
	case 2:
		mlock(at, size);
		munlock(at, size);
		break;
	case 3:		/* grows, shrinks or moves */
		at = mremap(at, me.maps[n].size, size, MREMAP_MAYMOVE);
		if (at != MAP_FAILED) {
			me.maps[n].at = at;
			me.maps[n].size = size;
		}
		break;
	default:
		madvise(at + 0x1000 * below(c(), 16), size, PICK(c(), advices));
	}
}

/* the processor's own accesses; SIGBUS in a hole, SIGSEGV where another unmapped */
static void do_touch(void)
{
	unsigned int n = below(c(), N_MAPS);
	sigjmp_buf trap;

	if (!me.maps[n].at || sigsetjmp(trap, 1)) {
		self->trap = NULL;
		return;
	}
	self->trap = &trap;
	for (unsigned int i = 0; i < 16; i++) {
		volatile char *p = me.maps[n].at + below(c(), 0x20000);

		if (one_in(c(), 2))
			*p = chance_next(c());
		else
			(void)*p;
	}
	self->trap = NULL;
}

/* memory, code and registers of a guest that does harm, into a VM */
static void do_guest(void)
{
	static __thread char text[8192];
	struct guest g = { .c = { chance_next(c()) } };
	sigjmp_buf trap;
	char path[256];
	int vm, mem;

	vm_path(path, sizeof(path));
	vm = open(path, O_RDONLY | O_DIRECTORY);
	if (vm < 0)
		return;
	keep(vm);
	kvmfs_write_text(vm, "memmap", "ram 0 0x200000\n");
	mem = openat(vm, "mem", O_RDWR);
	g.mem = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	close(mem);
	if (g.mem == MAP_FAILED)
		return;
	g.mode = below(c(), MODES);
	if (!sigsetjmp(trap, 1)) {
		self->trap = &trap;
		make_tables(&g);
		make_system(&g);
		make_code(&g);
		self->trap = NULL;
		if (!make_state(&g, text, sizeof(text)))
			kvmfs_write_text(vm, "regs", text);
	}
	self->trap = NULL;
	munmap(g.mem, RAM);
}

static void do_wait(void)
{
	struct pollfd p[2] = { { some_fd(), POLLIN | POLLOUT | POLLPRI, 0 },
			       { some_fd(), POLLIN, 0 } };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	char path[256];
	int fd;

	switch (below(c(), 3)) {
	case 0:
		poll(p, 2, below(c(), 3));
		break;
	case 1:
		fd = epoll_create1(0);
		epoll_ctl(fd, EPOLL_CTL_ADD, some_fd(), &e);
		epoll_wait(fd, &e, 1, 0);
		keep(fd);
		break;
	default:
		fd = inotify_init1(IN_NONBLOCK);
		some_path(path, sizeof(path));
		inotify_add_watch(fd, path, IN_ALL_EVENTS);
		keep(fd);
	}
}

/* a descriptor to whoever takes it, of either tenant; and one from there */
static void do_mail(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fd = some_fd();

	if (one_in(c(), 2)) {
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
		sendmsg(me.mail[0], &m, MSG_DONTWAIT);
		return;
	}
	if (recvmsg(me.mail[1], &m, MSG_DONTWAIT) <= 0)
		return;
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
		keep(fd);
	}
}

static void do_descriptor(void)
{
	struct flock lock = { .l_type = below(c(), 3), .l_whence = SEEK_SET, .l_len = 1 };
	int fd = some_fd();

	switch (below(c(), 9)) {
	case 0:
		keep(dup(fd));
		break;
	case 1:
		fcntl(fd, F_SETFL, below(c(), 2) ? O_NONBLOCK : O_APPEND | O_ASYNC);
		break;
	case 2:
		fcntl(fd, F_SETLK, &lock);
		flock(fd, LOCK_EX | LOCK_NB);
		break;
	case 3:
		fcntl(fd, F_SETLEASE, F_RDLCK);
		break;
	case 4:
		fcntl(fd, F_NOTIFY, DN_MODIFY | DN_CREATE);
		break;
	case 5:
		ioctl(fd, one_in(c(), 2) ? FIONREAD : chance_next(c()), 0);
		break;
	case 6:
		fsync(fd);
		syscall(SYS_readahead, fd, 0, 0x1000);
		break;
	default:
		fd = __atomic_exchange_n(&me.fds[below(c(), N_FDS)], -1, __ATOMIC_RELAXED);
		if (fd >= 0)
			close(fd);
	}
}

/* between two files, without a buffer of ours */
static void do_copy(void)
{
	int p[2];

	switch (below(c(), 3)) {
	case 0:
		sendfile(some_fd(), some_fd(), NULL, below(c(), 0x3000));
		break;
	case 1:
		syscall(SYS_copy_file_range, some_fd(), NULL, some_fd(), NULL,
			(size_t)below(c(), 0x3000), 0);
		break;
	default:
		if (pipe2(p, O_NONBLOCK))
			return;
		splice(some_fd(), NULL, p[1], NULL, below(c(), 0x3000), SPLICE_F_NONBLOCK);
		splice(p[0], NULL, some_fd(), NULL, below(c(), 0x3000), SPLICE_F_NONBLOCK);
		close(p[0]);
		close(p[1]);
	}
}

/* a child has all that is open and mapped, does something with it, and dies */
static void do_fork(void)
{
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } };	/* not inherited */
	pid_t pid = fork();
	unsigned int n;

	if (pid < 0)
		return;
	if (!pid) {
		setitimer(ITIMER_REAL, &every, NULL);
		for (n = below(c(), 8); n; n--)
			play();
		if (one_in(c(), 2))
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (one_in(c(), 3))
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void do_move(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(below(c(), sysconf(_SC_NPROCESSORS_CONF)), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void (*const calls[])(void) = {
	do_create, do_create, do_create, do_run, do_run, do_run, do_run, do_run, do_open, do_open,
	do_open, do_open, do_read, do_read, do_write, do_write, do_write, do_line, do_line,
	do_names, do_names, do_attributes, do_list, do_space, do_map, do_map, do_mapping,
	do_touch, do_guest, do_guest, do_wait, do_mail, do_mail, do_descriptor, do_descriptor,
	do_copy, do_move, do_window, do_carry, do_carry, do_store, do_store, do_lend, do_rounds,
	do_rounds, do_rounds, do_rounds, do_empty,
};

/**
 * play() - one random call, in this thread
 */
void play(void)
{
	__atomic_add_fetch(&calls_made, 1, __ATOMIC_RELAXED);
	if (one_in(c(), 200))
		do_fork();
	else
		PICK(c(), calls)();
}

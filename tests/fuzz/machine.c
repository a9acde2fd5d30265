// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole monitor but for its threads, its terminal and the hypervisor: one machine with
 * all devices, put together by vmm.c as `kvmfs run' does it, once; each input begins with
 * its reset. What the monitor's threads do is done between two exits, the clock stands
 * still unless it is told to go on, random numbers are none, and eventfds are counters. Guest
 * memory is a file with pages around it that nobody may touch, and a hole in it; disks
 * are files that are compared in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/vmm.c"
#define machine control_machine
#include "vmm/control.c"
#undef machine
#define machine screen_machine
#define lock screen_lock
#include "vmm/screen.c"
#undef machine
#undef lock

#include "machine.h"
#include "savefile.h"
#include "vmm/net.h"
#include "vmm/virtio/virtio.h"

#define GUARD		(64u << 10)
#define SECTORS		16u
#define DISK		(SECTORS * 512)
#define BIOS		(64u << 10)
#define EPOCH		(1000 * NSEC_PER_SEC)
#define TODAY		1700000000ull	/* seconds: in November 2023 */
#define FDS		64
#define FD_BASE		5000		/* what fuzz_eventfd() gives */
#define TURNS		4		/* that the monitor's threads get between two exits */

struct target targets[MACHINE_TARGETS];
unsigned int target_count;

static struct vmm vmm_here;
static struct vmm_config config;
static struct pc_config pc;
static struct rtc first_clock;
static bool (*next_exit)(struct kvm_exit *exit);

/* --- time, random numbers, eventfds: the Makefile has the sources call these -------------- */

static u64 now;
static u64 deadline;
static u64 counts[FDS];
static unsigned int fd_count, wakes, waits;

int fuzz_clock_gettime(clockid_t clock, struct timespec *ts)
{
	u64 ns = now + (clock == CLOCK_REALTIME ? TODAY * NSEC_PER_SEC : 0);

	ts->tv_sec = ns / NSEC_PER_SEC;
	ts->tv_nsec = ns % NSEC_PER_SEC;
	return 0;
}

time_t fuzz_time(time_t *t)
{
	(void)t;
	return TODAY + now / NSEC_PER_SEC;
}

int fuzz_timer_settime(timer_t timer, int flags, const struct itimerspec *its,
		       struct itimerspec *old)
{
	(void)timer;
	(void)flags;
	(void)old;
	deadline = its->it_value.tv_sec * NSEC_PER_SEC + its->it_value.tv_nsec;
	if (!deadline)
		deadline = NEVER;
	return 0;
}

int fuzz_eventfd(unsigned int count, int flags)
{
	(void)flags;
	ENSURE(fd_count < FDS);
	counts[fd_count] = count;
	return FD_BASE + fd_count++;
}

/* No work for ever: a thread that is woken by itself lets others go on, some time */
int fuzz_eventfd_read(int fd, eventfd_t *count)
{
	u64 *at = &counts[fd - FD_BASE];

	if (!*at || !wakes)
		return -1;
	wakes--;
	*count = *at;
	*at = 0;
	return 0;
}

int fuzz_eventfd_write(int fd, eventfd_t count)
{
	counts[fd - FD_BASE] += count;
	return 0;
}

static void wake(void)
{
	__atomic_store_n(&vmm_here.wake, 1, __ATOMIC_RELAXED);
}

int fuzz_pthread_kill(pthread_t thread, int sig)
{
	(void)thread;
	(void)sig;
	wake();
	return 0;
}

/* event_wait(): the timer fires, some times; then something else ends the HLT */
long fuzz_syscall(long number, ...)
{
	(void)number;
	if (deadline == NEVER || !waits)
		vmm_here.halted = false;
	else
		machine_pass(deadline > now ? deadline - now : 0);
	waits -= !!waits;
	wake();
	return 0;
}

/* --- the I/O thread, and others ---------------------------- */

static struct io_watch *watches[FDS];
static u32 watched[FDS];
static unsigned int watch_count;
static struct {
	void *(*fn)(void *arg);
	struct virtio_queue *queue;
} threads[FDS];
static unsigned int thread_count;
static int net[2];

int io_add(struct io_watch *watch, u32 events)
{
	watches[watch_count] = watch;
	watched[watch_count++] = events;
	/* the network is the last device of the PCI bus */
	config.virtio_mmio |= watch->fd == net[0];
	return 0;
}

int io_change(struct io_watch *watch, u32 events)
{
	unsigned int i;

	for (i = 0; i < watch_count; i++)
		if (watches[i] == watch)
			watched[i] = events;
	return 0;
}

void io_remove(struct io_watch *watch)
{
	(void)watch;
	ENSURE(!"a descriptor is given up");
}

int io_thread(void *(*fn)(void *arg), void *arg)
{
	threads[thread_count].fn = fn;
	threads[thread_count++].queue = arg;
	return 0;
}

int io_start(void)
{
	return 0;
}

static bool has_frame(void)
{
	u8 byte;

	return recv(net[0], &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* What came out of the network; a frame without bytes would end kvmfs-net-user */
static void take_frames(void)
{
	static u8 frame[65536];
	ssize_t n;

	while ((n = recv(net[1], frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		ENSURE(n);
}

static void serve_watch(unsigned int i)
{
	struct io_watch *watch = watches[i];

	if (watch->fd != net[0]) {
		if (counts[watch->fd - FD_BASE])
			watch->ready(watch, EPOLLIN);
		return;
	}
	if (watched[i] & EPOLLIN && has_frame())
		watch->ready(watch, EPOLLIN);
	if (watched[i] & EPOLLOUT)
		watch->ready(watch, EPOLLOUT);
	take_frames();
}

static bool idle;	/* they get no time now */
static bool in_turn;

/**
 * machine_threads() - let the monitor's threads work from now on
 * @work: whether they get time between two exits
 */
void machine_threads(bool work)
{
	idle = !work;
}

static void turn(void)
{
	unsigned int i;

	in_turn = true;
	wakes = TURNS;
	for (i = 0; i < watch_count; i++)
		serve_watch(i);
	for (i = 0; i < thread_count; i++) {
		wakes = TURNS;
		threads[i].fn(threads[i].queue);
	}
	in_turn = false;
}

/* --- the terminal ---------------------------- */

static u8 typed_bytes[64];
static unsigned int typed_head, typed_tail;
static void (*taker)(void *arg);
static void *taker_arg;

bool console_take(u8 *byte)
{
	if (typed_head == typed_tail)
		return false;
	*byte = typed_bytes[typed_head++ % sizeof(typed_bytes)];
	return true;
}

/* the keyboard's and the serial port's are the same here, besides the virtio console's */
bool console_get(u8 *byte)
{
	return console_take(byte);
}

bool console_waits(void)
{
	return typed_head != typed_tail;
}

void console_redirect(void (*fn)(void *arg), void *arg)
{
	taker = fn;
	taker_arg = arg;
}

/**
 * machine_type() - somebody types
 * @byte: what
 */
void machine_type(u8 byte)
{
	if (typed_tail - typed_head < sizeof(typed_bytes))
		typed_bytes[typed_tail++ % sizeof(typed_bytes)] = byte;
	taker(taker_arg);
	wake();
}

bool console_put(u8 byte)
{
	return byte == '\n';
}

static void (*on_write)(void);

/**
 * machine_on_write() - what the vCPU thread does while the terminal makes another one wait
 * @fn: called once
 */
void machine_on_write(void (*fn)(void))
{
	on_write = fn;
}

/* All of it is read, and that is all */
void console_write(const char *text, size_t size)
{
	void (*fn)(void) = on_write;
	static bool busy;
	static u8 sum;

	ENSURE(!busy);		/* one text after the other */
	if (in_turn && fn) {
		on_write = NULL;
		busy = true;
		fn();
		busy = false;
	}

	while (size--)
		sum ^= *text++;
	__asm__ volatile("" : : "r" (sum));
}

/* --- the hypervisor ---------------------------- */

static u8 *low_memory, *high_memory;
static int memory_file;

static void *map_between(u64 size, int fd, u64 at)
{
	u8 *p = mmap(NULL, size + 2 * GUARD, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ENSURE(p != MAP_FAILED);
	ENSURE(mmap(p + GUARD, size, PROT_READ | PROT_WRITE,
		    (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_FIXED, fd,
		    at) != MAP_FAILED);
	return p + GUARD;
}

static struct backend *create(const char *name)
{
	static struct backend be = { .ops = &backend_ops };

	(void)name;
	return &be;
}

static void *set_memory(struct backend *be, u64 gpa, u64 size, bool rom)
{
	(void)be;
	if (rom)
		return map_between(size, -1, 0);
	ENSURE(!gpa && size == RAM_LOW);
	return low_memory;
}

static int set_access(struct backend *be, u64 gpa, u64 size, bool rom)
{
	(void)be;
	(void)rom;
	ENSURE(size && gpa + size <= RAM_LOW);
	return 0;
}

static bool closing;		/* the input is over */

static int run_guest(struct backend *be, struct kvm_exit *exit)
{
	(void)be;
	if (!idle)
		turn();
	/* the kernel has taken the vector */
	exit->request &= ~KVMFS_REQ_INJECT;
	if (exit->request & KVMFS_REQ_RETURN) {
		errno = EINTR;
		return -1;
	}
	waits = TURNS;
	exit->reason = KVMFS_EXIT_IRQ_WINDOW;
	if (!next_exit(exit)) {
		closing = true;
		vmm_here.ended = true;
		exit->reason = KVMFS_EXIT_IRQ_WINDOW;
	}
	return exit->reason;
}

static int get_regs(struct backend *be, u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	memset(regs, 0, KVM_REG_SLOTS * sizeof(*regs));
	return 0;
}

static int set_regs(struct backend *be, const u64 regs[KVM_REG_SLOTS])
{
	(void)be;
	(void)regs;
	return 0;
}

static int set_cpuid(struct backend *be, const char *file)
{
	(void)be;
	(void)file;
	return 0;
}

static int reset_guest(struct backend *be)
{
	(void)be;
	return 0;
}

static int directory_now = -1;

static int directory(struct backend *be)
{
	(void)be;
	return directory_now;
}

static const char *explain(struct backend *be)
{
	(void)be;
	return "";
}

static void destroy(struct backend *be)
{
	(void)be;
}

const struct backend_ops backend_ops = {
	.create = create, .set_memory = set_memory, .set_access = set_access,
	.run = run_guest, .get_regs = get_regs, .set_regs = set_regs,
	.set_cpuid = set_cpuid, .reset = reset_guest, .directory = directory, .explain = explain,
	.destroy = destroy,
};

const struct backend_ops dry_ops;

/* --- the machine ---------------------------- */

#define DISKS	5	/* virtio: two on PCI, the second for reading alone; IDE: two and a CD */
#define READ_ONLY(i)	((i) == 1 || (i) == 4)

static int disk[DISKS];
static u8 contents[DISK], seen[DISK];

static char *path_of(int fd)
{
	char *path = NULL;

	ENSURE(asprintf(&path, "/proc/self/fd/%d", fd) > 0);
	return path;
}

static char *make_file(const char *name, size_t size, int *fd)
{
	*fd = memfd_create(name, 0);
	ENSURE(*fd >= 0 && !ftruncate(*fd, size));
	return path_of(*fd);
}

static char *option(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	ENSURE(vasprintf(&text, fmt, args) > 0);
	va_end(args);
	return text;
}

static void make_files(void)
{
	unsigned int i;
	char *path;
	int fd;

	for (i = 0; i < DISK; i++)
		contents[i] = i * 7 + i / 512;
	for (i = 0; i < DISKS; i++) {
		path = make_file("disk", DISK, &disk[i]);
		ENSURE(pwrite(disk[i], contents, DISK, 0) == DISK);
		if (i < 2)
			device_option(&config, DEVICE_DISK,
				      option("%s%s", path, READ_ONLY(i) ? ",ro" : ""));
		if (i < 2)
			free(path);
		else
			pc.drives[i - 2] = path;
	}
	pc.bios = make_file("bios", BIOS, &fd);
	pc.vgabios = make_file("vgabios", 4096, &fd);
	pc.debugcon = "/dev/null";
}

/* virtio on the PCI bus up to the network, by MMIO behind it: see io_add() */
static void choose_devices(void)
{
	config.pc = &pc;
	config.memory = RAM_LOW;
	make_files();
	ENSURE(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, net));
	device_option(&config, DEVICE_NET, option("fd=%d", net[0]));
	device_option(&config, DEVICE_BALLOON, option("report"));
	device_option(&config, DEVICE_CONSOLE, NULL);
	device_option(&config, DEVICE_RNG, NULL);
}

static void find_targets(void)
{
	const struct bus_region *r;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		const struct pci_device *dev = pci_find(i);

		if (dev && pci_get16(dev, PCI_VENDOR) == 0x1af4)
			targets[target_count++] = (struct target){
				.pci = true, .ports = dev->bar[0].region.addr,
				.memory = dev->bar[1].region.addr,
				.id = pci_get16(dev, PCI_DEVICE) - 0x1040,
			};
	}
	for (r = bus_first(BUS_MEMORY); r; r = r->next)
		if (r->name)
			targets[target_count++] = (struct target){
				.memory = r->addr,
				.id = ((struct virtio_dev *)r->dev)->ops->id,
			};
	ENSURE(target_count == 6);
}

static char *first_state;

/**
 * machine_init() - make the machine
 */
void machine_init(void)
{
	static const int ours[] = { SIGHUP, SIGINT, SIGTERM };
	struct vmm *vm = &vmm_here;
	unsigned int i;

	now = EPOCH;
	deadline = NEVER;
	memory_file = memfd_create("memory", 0);
	ENSURE(memory_file >= 0 && !ftruncate(memory_file, RAM_LOW + RAM_HIGH));
	low_memory = map_between(RAM_LOW, memory_file, 0);
	high_memory = map_between(RAM_HIGH, memory_file, RAM_LOW);
	choose_devices();
	vm->config = &config;
	vm->be = backend_ops.create(NULL);
	ENSURE(!setup(vm) && !event_init(vm));
	for (i = 0; i < ARRAY_SIZE(ours); i++)
		signal(ours[i], SIG_DFL);	/* the fuzzer's */
	control_machine = vm;
	for (i = 0; i < ARRAY_SIZE(own); i++)
		control_add(&own[i]);
	vm->ram_high = high_memory;
	vm->ram_high_size = RAM_HIGH;
	first_clock = vm->rtc;
	pci_assign(vm);
	find_targets();
	first_state = machine_save();
}

/* machine_first_state: what machine_save() gives of a machine that has done nothing */
const char *machine_first_state(void)
{
	return first_state;
}

/**
 * machine_begin() - as new: reset, the clock and the disks as they were, memory cleared
 */
void machine_begin(void)
{
	struct vmm *vm = &vmm_here;
	unsigned int i;

	now = EPOCH;
	deadline = NEVER;
	vm->armed = NEVER;
	vm->rtc = first_clock;
	typed_head = typed_tail;
	closing = false;
	idle = false;
	on_write = NULL;
	ENSURE(!state_reset(vm));
	pci_assign(vm);
	memset(counts, 0, sizeof(counts));
	memset(&shown, 0, sizeof(shown));
	ENSURE(!fallocate(memory_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  RAM_LOW + RAM_HIGH));
	for (i = 0; i < DISKS; i++)
		if (pread(disk[i], seen, DISK, 0) != DISK || memcmp(seen, contents, DISK))
			ENSURE(pwrite(disk[i], contents, DISK, 0) == DISK);
	while (has_frame())
		ENSURE(recv(net[0], seen, sizeof(seen), 0) >= 0);
}

/**
 * machine_run() - run a guest to its end
 * @next: makes one exit; false: there are no more
 */
void machine_run(bool (*next)(struct kvm_exit *exit))
{
	struct vmm *vm = &vmm_here;

	next_exit = next;
	vm->ended = false;
	wake();
	loop(vm);
	ENSURE(closing);	/* nothing that a guest has done ended it */
}

/**
 * machine_check() - what must hold at any time
 */
void machine_check(void)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < DISKS; i++) {
		ENSURE(!fstat(disk[i], &st) && st.st_size == DISK);
		if (!READ_ONLY(i))
			continue;
		ENSURE(pread(disk[i], seen, DISK, 0) == DISK && !memcmp(seen, contents, DISK));
	}
	ENSURE(!fstat(memory_file, &st) && st.st_size == RAM_LOW + RAM_HIGH);
}

/**
 * machine_write() - the guest stores into its memory; nothing happens where there is none
 * @gpa: where
 * @from: what
 * @size: bytes
 */
void machine_write(u64 gpa, const void *from, size_t size)
{
	void *to = vmm_ram(&vmm_here, gpa, size);

	if (to)
		memcpy(to, from, size);
}

/**
 * machine_pass() - time goes by
 * @ns: how much of it; the timer fires if it is time
 */
void machine_pass(u64 ns)
{
	now += ns;
	if (now >= deadline) {
		deadline = now + 10000000;	/* BACKSTOP_NS */
		wake();
	}
}

/**
 * machine_frame() - the network has one for the guest
 * @from: the frame
 * @size: its bytes
 */
void machine_frame(const u8 *from, size_t size)
{
	if (send(net[1], from, size, MSG_DONTWAIT) < 0)
		ENSURE(errno == EAGAIN || errno == EMSGSIZE || errno == ENOBUFS);
}

/**
 * machine_look() - the screen is drawn
 * @on_terminal: or printed
 */
void machine_look(bool on_terminal)
{
	terminal = on_terminal;
	refresh(true);
}

/* Answers without the blank in front, as who asks has them */
static char *ask(const char *line, bool *good)
{
	char *answer = NULL, *copy = strdup(line), *from, *to;
	size_t size = 0;
	FILE *f = open_memstream(&answer, &size);

	ENSURE(f && copy);
	do_line(copy, f);
	fclose(f);
	free(copy);
	answering = false;
	*good = size >= 3 && !strcmp(answer + size - 3, "ok\n");
	for (from = to = answer; *from; from++)
		if (*from != ' ' || (from > answer && from[-1] != '\n'))
			*to++ = *from;
	*to = '\0';
	return answer;
}

/**
 * machine_command() - a line for the control socket
 * @line: it
 * Return: whether the answer was good
 */
bool machine_command(const char *line)
{
	bool good;

	free(ask(line, &good));
	return good;
}

/**
 * machine_save() - what `kvmfs save' has of the devices
 * Return: the text, to be freed
 */
char *machine_save(void)
{
	bool good;
	char *text = ask("state", &good);

	ENSURE(good);
	text[strlen(text) - 3] = '\0';
	return text;
}

/**
 * machine_restore() - restore_load(), after restore_open()
 * @dir: the machine's directory
 * Return: as there
 */
int machine_restore(int dir)
{
	int ret;

	machine_begin();
	directory_now = dir;
	ret = restore_load(&vmm_here);
	directory_now = -1;
	return ret;
}

/**
 * machine_load() - make the devices so
 * @text: what was saved
 * Return: whether it could be
 */
bool machine_load(const char *text)
{
	return !state_load(&vmm_here, text);
}

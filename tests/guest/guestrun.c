// SPDX-License-Identifier: GPL-2.0-only
/*
 * guestrun: run a test guest on kvmfs, with the devices of devices.h. What the
 * guest prints (TAP) goes to stdout; the status is the guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "machine.h"
#include "vm.h"

#define LOAD_ADDRESS	0x10000
#define MAX_IMAGE	0x8f000

static struct {
	struct vm_options vm;
	int real;		/* start in real mode */
	int state;		/* write the state back after each exit */
	int move;		/* change the CPU after each exit */
	int timer;		/* a signal each millisecond */
	int invpcid;		/* CPUID shall have it */
	int verbose;
	int seconds;		/* a good end after so long, or 0 */
	int expect;		/* the exit that is the guest's good end, or 0 */
	const char *image;
} options = { .vm = { .mount = "/sys/fs/kvmfs", .memory = RAM_SIZE } };

static volatile sig_atomic_t signals;
static unsigned long interrupted;

static void fail(struct vm *vm, const char *what)
{
	fflush(stdout);
	printf("\nBail out! %s: %s: %s\n", options.image, what, strerror(errno));
	if (vm)
		printf("# status: %s\n", vm_error(vm));
	exit(125);
}

/* --- the start ------------------------------------------------------------ */

#define FLAT(seg, selector, attr)	\
	seg ".base 0\n" seg ".limit 0xffffffff\n"	\
	seg ".selector " selector "\n" seg ".attr " attr "\n"
#define REAL(seg, selector, base, attr)	\
	seg ".base " base "\n" seg ".limit 0xffff\n"	\
	seg ".selector " selector "\n" seg ".attr " attr "\n"

static const char protected_mode[] =
	"cr0 0x11\ncr3 0\ncr4 0\nefer 0\nrflags 2\nrip 0x10000\nrsp 0x10000\n"
	FLAT("cs", "8", "0xc09b") FLAT("ds", "0x10", "0xc093")
	FLAT("es", "0x10", "0xc093") FLAT("fs", "0x10", "0xc093")
	FLAT("gs", "0x10", "0xc093") FLAT("ss", "0x10", "0xc093")
	"gdtr.base 0\ngdtr.limit 0\nidtr.base 0\nidtr.limit 0\n";

static const char real_mode[] =
	"cr0 0x10\ncr3 0\ncr4 0\nefer 0\nrflags 2\nrip 0\nrsp 0xfff0\n"
	REAL("cs", "0x1000", "0x10000", "0x9b")
	REAL("ds", "0x1000", "0x10000", "0x93")
	REAL("es", "0x1000", "0x10000", "0x93")
	REAL("fs", "0", "0", "0x93") REAL("gs", "0", "0", "0x93")
	REAL("ss", "0", "0", "0x93")
	"idtr.base 0\nidtr.limit 0x3ff\n";

static void load(struct vm *vm)
{
	int fd = open(options.image, O_RDONLY);

	if (fd < 0 || read(fd, (char *)vm_memory(vm) + LOAD_ADDRESS, MAX_IMAGE) <= 0)
		fail(NULL, "cannot read the image");
	close(fd);
	if (vm_write_regs(vm, options.real ? real_mode : protected_mode))
		fail(vm, "regs");
}

/* --- what happens between two runs ------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void start_timer(void)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void move(void)
{
	static int cpu;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(++cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail(NULL, "sched_setaffinity");
}

static void roundtrip(struct vm *vm)
{
	if (vm_roundtrip(vm))
		fail(vm, "writing the state back");
}

static void do_trick(struct vm *vm)
{
	int trick = machine.trick;

	machine.trick = 0;
	if (trick == TRICK_STATE || options.state)
		roundtrip(vm);
	if (trick == TRICK_MOVE || options.move)
		move();
	if (trick == TRICK_TIMER)
		start_timer();
}

static void do_step(struct vm *vm)
{
	if (machine.step < 0)
		return;
	if (vm_debug(vm, machine.step ? "step on\n" : "step off\n"))
		fail(vm, "debug");
	if (machine.step)
		machine.steps = machine.step_read = 0;
	machine.step = -1;
}

/* Gives the interrupt in machine.irq if its time has come */
static void do_irq(struct vm *vm, struct kvm_exit *x, int at_hlt)
{
	int irq = machine.irq, vector = irq & 0xff, nmi = irq & IRQ_NMI;
	struct kvm_irq packet = { nmi ? KVM_IRQ_NMI : KVM_IRQ_VECTOR,
				  nmi ? 0 : vector };
	char text[16];

	x->request = 0;
	if (!irq || (irq & IRQ_AT_HLT && !at_hlt))
		return;
	if (irq & IRQ_TEXT) {
		snprintf(text, sizeof(text), nmi ? "nmi\n" : "%d\n", vector);
		if (vm_irq(vm, text, strlen(text)))
			fail(vm, "irq, as text");
	} else if (irq & IRQ_PACKET) {
		if (vm_irq(vm, &packet, sizeof(packet)))
			fail(vm, "irq, as a packet");
	} else if (x->state & KVMFS_STATE_IRQ_READY) {
		x->request = KVMFS_REQ_INJECT;
		x->vector = vector;
	} else {
		x->request = KVMFS_REQ_IRQ_WINDOW;
		return;
	}
	machine.irq = 0;
}

/* --- exits ------------------------------------------------------------------- */

static void note_step(const struct kvm_exit *x)
{
	if (machine.steps < MAX_STEPS)
		machine.step_ip[machine.steps] = x->debug.rip;
	machine.steps++;
}

/* Returns 1 at the guest's end */
static int serve(struct vm *vm, struct kvm_exit *x, int reason)
{
	if (reason == options.expect)
		return 1;
	switch (reason) {
	case KVMFS_EXIT_IO:
		device_io(x);
		return machine.exit_code >= 0;
	case KVMFS_EXIT_MMIO:
		device_mmio(x);
		return 0;
	case KVMFS_EXIT_HLT:
		machine.halts++;
		if (!machine.irq && !(x->state & KVMFS_STATE_IF))
			fail(vm, "the guest halted with interrupts off");
		return 0;
	case KVMFS_EXIT_IRQ_WINDOW:
		machine.windows++;
		return 0;
	case KVMFS_EXIT_DEBUG:
		note_step(x);
		return 0;
	}
	fflush(stdout);
	printf("\n# exit %d: %#llx %#llx %#llx\n", reason,
	       (unsigned long long)x->raw[0], (unsigned long long)x->raw[1],
	       (unsigned long long)x->raw[2]);
	errno = 0;
	fail(vm, "unexpected exit");
	return 1;
}

static int time_is_up(void)
{
	static time_t start;

	if (!start)
		start = time(NULL);
	return options.seconds && time(NULL) - start >= options.seconds;
}

static void loop(struct vm *vm)
{
	static struct kvm_exit x;
	unsigned long exits = 0;
	int reason = 0;

	/* what the guest was waiting for when it was saved */
	if (options.vm.attach) {
		reason = vm_last_exit(vm, &x);
		if (reason < 0)
			fail(vm, "exit");
		if (reason && serve(vm, &x, reason))
			return;
	}
	do {
		do_irq(vm, &x, reason == KVMFS_EXIT_HLT);
		do_step(vm);
		do_trick(vm);
		while ((reason = vm_run(vm, &x)) < 0) {
			if (errno == ENODEV) {	/* killed: what it said is all */
				fflush(stdout);
				exit(3);
			}
			if (errno != EINTR)
				fail(vm, "run");
			interrupted++;
			if (options.state)
				roundtrip(vm);
		}
		exits++;
	} while (!serve(vm, &x, reason) && !time_is_up());
	if (options.verbose || options.timer)
		printf("# %lu exits, interrupted %lu times\n", exits, interrupted);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: guestrun [options] IMAGE\n"
		"  -d DIR   the mount (/sys/fs/kvmfs)\n"
		"  -n NAME  of the VM (guestrun.PID)\n"
		"  -m MIB   its memory (16)\n"
		"  -r       start in real mode, not in protected mode\n"
		"  -a       take over a VM that is there\n"
		"  -f       use mkdir and the file run, not the system calls\n"
		"  -s       write the whole state back after each exit\n"
		"  -c       move to another CPU after each exit\n"
		"  -t       get a signal each millisecond\n"
		"  -e N     end the guest well after N seconds\n"
		"  -w       tell the guest that the processor walks its page tables\n"
		"  -l N     tell it how thorough to be: 0 (a sample), 1, 2 (all cases)\n"
		"  -x N     exit reason N is the expected end\n"
		"  -i       CPUID has INVPCID, if the host has it to give\n"
		"  -v       say more\n");
	exit(2);
}

static void parse(int argc, char **argv)
{
	static char name[32];
	int c;

	snprintf(name, sizeof(name), "guestrun.%d", getpid());
	options.vm.name = name;
	while ((c = getopt(argc, argv, "d:n:m:arfsctwil:e:x:v")) != -1) {
		switch (c) {
		case 'd': options.vm.mount = optarg; break;
		case 'n': options.vm.name = optarg; break;
		case 'm': options.vm.memory = strtoul(optarg, NULL, 0) << 20; break;
		case 'r': options.real = 1; break;
		case 'a': options.vm.attach = 1; break;
		case 'f': options.vm.files = 1; break;
		case 's': options.state = 1; break;
		case 'c': options.move = 1; break;
		case 't': options.timer = 1; break;
		case 'w': machine.nested = 1; break;
		case 'i': options.invpcid = 1; break;
		case 'l': machine.thorough = atoi(optarg); break;
		case 'e': options.seconds = atoi(optarg); break;
		case 'x': options.expect = atoi(optarg); break;
		case 'v': options.verbose = 1; break;
		default: usage();
		}
	}
	if (optind != argc - 1)
		usage();
	options.image = argv[optind];
}

int main(int argc, char **argv)
{
	struct vm *vm;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	vm = vm_open(&options.vm);
	if (!vm)
		fail(NULL, "cannot create a VM");
	if (!options.vm.attach)
		load(vm);
	if (options.invpcid && vm_add_invpcid(vm) && errno != EINVAL)
		fail(vm, "cpuid");
	if (options.timer)
		start_timer();
	loop(vm);
	vm_close(vm);
	return machine.exit_code < 0 ? 0 : machine.exit_code;
}

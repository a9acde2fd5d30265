// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time and wakeups. The guest runs inside kvm_run() of this very thread, so
 * whatever wants the monitor's attention sends the thread a signal. The handler
 * leaves two notes: `wake`, which the loop reads (and sleeps on, a futex), and
 * KVMFS_REQ_RETURN, which makes a kvm_run() that has not begun yet return at
 * once. Both are undone before the work is done, so no wakeup is lost.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bus.h"
#include "vmm.h"

#define KICK_SIGNAL	SIGUSR1

/*
 * A timer that has fired fires again after this long, until it is armed anew.
 * Where kvm_run() is the write to a file of the fallback, a signal in the last
 * instructions before that system call comes too early to be noticed.
 */
#define BACKSTOP_NS	(10 * 1000 * 1000)

static struct vmm *kicked;	/* whom the handler talks to */
static pthread_t runner;

/* Ask for the end, and what the exit code is to be; set once */
static bool quit;
static int quit_status;

/* What another thread wants done in the vCPU thread; one at a time */
static struct {
	pthread_mutex_t one, lock;
	pthread_cond_t done;
	void (*fn)(struct vmm *vm, void *arg);
	void *arg;
} call = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
	   PTHREAD_COND_INITIALIZER, NULL, NULL };

static void on_kick(int sig)
{
	struct vmm *vm = kicked;

	(void)sig;
	__atomic_store_n(&vm->wake, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&vm->exit.request, KVMFS_REQ_RETURN, __ATOMIC_RELAXED);
	if (vm->be->kick)
		*vm->be->kick = 1;
}

/**
 * event_kick() - make the vCPU thread look at its events; from any thread
 */
void event_kick(void)
{
	if (kicked)
		pthread_kill(runner, KICK_SIGNAL);
}

/**
 * event_is_runner() - whether this is the vCPU thread
 * Return: that; before event_init() everybody is
 */
bool event_is_runner(void)
{
	return !kicked || pthread_equal(pthread_self(), runner);
}

/**
 * event_call() - have something done in the vCPU thread while the guest stands still
 * @vm: the machine
 * @fn: what: may use all devices and the backend
 * @arg: for @fn
 *
 * From any other thread; sleeps until @fn has returned.
 */
void event_call(struct vmm *vm, void (*fn)(struct vmm *vm, void *arg), void *arg)
{
	if (event_is_runner()) {
		fn(vm, arg);
		return;
	}
	pthread_mutex_lock(&call.one);
	pthread_mutex_lock(&call.lock);
	call.arg = arg;
	__atomic_store_n(&call.fn, fn, __ATOMIC_RELEASE);
	event_kick();
	while (call.fn)
		pthread_cond_wait(&call.done, &call.lock);
	pthread_mutex_unlock(&call.lock);
	pthread_mutex_unlock(&call.one);
}

/* In the vCPU thread: what event_call() waits for */
static void serve_call(struct vmm *vm)
{
	if (!__atomic_load_n(&call.fn, __ATOMIC_ACQUIRE))
		return;
	pthread_mutex_lock(&call.lock);
	call.fn(vm, call.arg);
	call.fn = NULL;
	pthread_cond_signal(&call.done);
	pthread_mutex_unlock(&call.lock);
}

/**
 * event_quit() - end the machine; from any thread or signal handler
 * @status: the exit code
 */
void event_quit(int status)
{
	quit_status = status;
	__atomic_store_n(&quit, true, __ATOMIC_RELEASE);
	event_kick();
}

/* As a shell tells of a death by signal, but with the terminal in order again */
static void on_terminate(int sig)
{
	event_quit(128 + sig);
}

/**
 * event_now() - the time of all devices
 * Return: nanoseconds of the monotonic clock
 */
u64 event_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void set_timer(struct vmm *vm, u64 deadline)
{
	struct itimerspec its = { 0 };

	vm->armed = deadline;
	if (deadline != NEVER) {
		its.it_interval.tv_nsec = BACKSTOP_NS;
		its.it_value.tv_sec = deadline / NSEC_PER_SEC;
		its.it_value.tv_nsec = deadline % NSEC_PER_SEC;
	}
	timer_settime(vm->timer, TIMER_ABSTIME, &its, NULL);
}

/**
 * event_rearm() - a deadline has moved
 * @vm: the machine
 * @deadline: when something is to be done, in event_now() time
 *
 * A later deadline than the one armed costs no system call: the timer fires
 * early once, and event_handle() arms it again.
 */
void event_rearm(struct vmm *vm, u64 deadline)
{
	if (deadline < vm->armed)
		set_timer(vm, deadline);
}

/**
 * event_handle() - do all that is due
 * @vm: the machine, whose `wake` was seen set
 */
void event_handle(struct vmm *vm)
{
	u64 now, next, other;

	__atomic_store_n(&vm->wake, 0, __ATOMIC_RELAXED);
	__atomic_fetch_and(&vm->exit.request, ~KVMFS_REQ_RETURN, __ATOMIC_RELAXED);
	if (vm->be->kick)
		*vm->be->kick = 0;
	if (__atomic_load_n(&quit, __ATOMIC_RELAXED)) {
		vmm_end(vm, quit_status);
		return;
	}
	serve_call(vm);
	line_deliver(vm);
	console_flush();
	uart_input(vm);
	now = event_now();
	next = pit_event(vm, now);
	other = rtc_event(vm, now);
	if (other < next)
		next = other;
	other = kbd_input(vm, now);
	if (other < next)
		next = other;
	if (next != vm->armed || next != NEVER)
		set_timer(vm, next);
}

/**
 * event_wait() - sleep until there is something for event_handle()
 * @vm: the machine
 */
void event_wait(struct vmm *vm)
{
	/* A signal before the call changes the word, one during it ends it */
	while (!__atomic_load_n(&vm->wake, __ATOMIC_RELAXED))
		syscall(SYS_futex, &vm->wake, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/**
 * event_init() - make the calling thread the one that is woken
 * @vm: the machine
 * Return: 0, or -1 and errno
 */
int event_init(struct vmm *vm)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = on_kick };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = KICK_SIGNAL,
	};
	unsigned int i;

	event._sigev_un._tid = syscall(SYS_gettid);
	vm->armed = NEVER;
	runner = pthread_self();
	kicked = vm;
	if (sigaction(KICK_SIGNAL, &action, NULL))
		return -1;
	action.sa_handler = on_terminate;
	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &action, NULL);
	return timer_create(CLOCK_MONOTONIC, &event, &vm->timer);
}

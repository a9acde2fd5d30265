/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A core without guests, and surroundings without a mount, for the files'
 * contents: what the callbacks of the table call is remembered, and can be
 * looked at by a test.
 */
#ifndef KVMFS_TEST_FS_FAKE_H
#define KVMFS_TEST_FS_FAKE_H

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include "fs/contents.h"

struct vm {
	struct mem_region map[VM_MAX_REGIONS];
	unsigned int n;
	char error[VM_ERROR_LEN];
	u64 invalid_start, invalid_end;		/* between begin and end */
	bool paused;
	int pause_error;
	unsigned int dirty_users;
	u8 dirty[64];				/* for the first 512 pages */
};

struct vcpu {
	struct vm *vm;
	int held;				/* frozen, claimed or run */
	bool running, killed;
	unsigned int resets;
	u64 regs[KVM_REG_SLOTS];
	struct kvm_exit exit;
	unsigned int wants;
	u64 exits;
	int vector;
	bool nmi, window;
	struct vcpu_debug debug;
	struct vcpu_events events;
	u64 msr[3];
	struct cpuid_entry cpuid[VCPU_MAX_CPUID];
	unsigned int n_cpuid;
	u8 fpu[600];
};

/* --- the surroundings ------------------------------------------------- */

static u64 fake_reserved, fake_max_mem, fake_least;
static int fake_map_error;
static u64 fake_discarded;	/* bytes */
static unsigned int fake_status_changes;

int kvmfs_mem_reserve(struct kvmfs_vm *vm, u64 bytes)
{
	assert(vm->lock.held);
	if (fake_max_mem && bytes > fake_max_mem)
		return -ENOSPC;
	fake_reserved = bytes;
	fake_least = min(fake_least, bytes);
	return 0;
}

void kvmfs_mem_discard(struct kvmfs_vm *vm, u64 start, u64 end)
{
	/* nothing may be taken away that the core still uses */
	assert(vm->core->invalid_start <= start && end <= vm->core->invalid_end);
	fake_discarded += end - start;
}

/* what is lent to some map; each with its count behind it */
static unsigned int fake_lent;
struct fake_lender { struct lent_mem mem; unsigned int refs; };

struct lent_mem *kvmfs_lend(struct kvmfs_vm *vm, const struct lent_mem *want, const char **why)
{
	struct fake_lender *l;

	(void)vm;
	*why = "descriptor 9 is not open";
	if (want->file && want->fd == 9)
		return ERR_PTR(-EINVAL);
	l = malloc(sizeof(*l));
	*l = (struct fake_lender){ *want, 1 };
	l->mem.rom = want->file && want->fd == 8;
	fake_lent++;
	return &l->mem;
}

void kvmfs_lent_get(struct lent_mem *l) { ((struct fake_lender *)l)->refs++; }

void kvmfs_lent_put(struct lent_mem *l)
{
	struct fake_lender *f = (struct fake_lender *)l;

	if (--f->refs)
		return;
	fake_lent--;
	free(f);
}

void kvmfs_status_changed(struct kvmfs_vm *vm)
{
	(void)vm;
	fake_status_changes++;
}

u64 status_seq(struct kvmfs_cpu *c)
{
	(void)c;
	return fake_status_changes;
}

void kvmfs_cpu_exited(struct kvmfs_cpu *c)
{
	(void)c;
}

const char *kvmfs_calls(void)
{
	return "no";
}

/* --- the core ------------------------------------------------------------ */

size_t hv_describe(char *buf, size_t size)
{
	return snprintf(buf, size, "vendor fake\n");
}

int vm_set_map(struct vm *vm, const struct mem_region *map, unsigned int n)
{
	if (fake_map_error)
		return fake_map_error;
	memcpy(vm->map, map, n * sizeof(*map));
	vm->n = n;
	return 0;
}

void vm_invalidate_begin(struct vm *vm, u64 start, u64 end)
{
	assert(start < end && !vm->invalid_end);
	vm->invalid_start = start;
	vm->invalid_end = end;
}

void vm_invalidate_end(struct vm *vm, u64 start, u64 end)
{
	assert(vm->invalid_start == start && vm->invalid_end == end);
	vm->invalid_start = 0;
	vm->invalid_end = 0;
}

int vm_pause(struct vm *vm)
{
	vm->paused = true;
	return vm->pause_error;
}

void vm_set_notify(struct vm *vm, void (*fn)(void *priv), void *priv) { }
void vm_resume(struct vm *vm) { vm->paused = false; }
bool vm_is_paused(struct vm *vm) { return vm->paused; }

int vm_dirty_start(struct vm *vm)
{
	vm->dirty_users++;
	return 0;
}

void vm_dirty_stop(struct vm *vm)
{
	assert(vm->dirty_users);
	vm->dirty_users--;
}

void vm_dirty_read(struct vm *vm, u64 gfn, u8 *buf, size_t n)
{
	assert(vm->dirty_users && gfn % 8 == 0 && gfn / 8 + n <= sizeof(vm->dirty));
	memcpy(buf, vm->dirty + gfn / 8, n);
	memset(vm->dirty + gfn / 8, 0, n);
}

void vm_memory_written(struct vm *vm, u64 start, u64 end)
{
	for (; start < end; start += PAGE_SIZE)
		vm->dirty[start / PAGE_SIZE / 8] |= 1u << start / PAGE_SIZE % 8;
}

void vm_error(struct vm *vm, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(vm->error, sizeof(vm->error), fmt, args);
	va_end(args);
}

void vm_get_error(struct vm *vm, char buf[VM_ERROR_LEN])
{
	memcpy(buf, vm->error, VM_ERROR_LEN);
}

static int take(struct vcpu *v)
{
	if (v->running && !v->vm->paused)
		return -EBUSY;
	assert(!v->held);
	v->held = 1;
	return 0;
}

static void give(struct vcpu *v)
{
	assert(v->held);
	v->held = 0;
}

int vcpu_freeze(struct vcpu *v) { assert(!v->held); v->held = 1; return 0; }
void vcpu_thaw(struct vcpu *v) { give(v); }
int vcpu_claim(struct vcpu *v) { return take(v); }
void vcpu_release(struct vcpu *v) { give(v); }
int vcpu_begin_run(struct vcpu *v) { return take(v); }
void vcpu_end_run(struct vcpu *v) { give(v); }
bool vcpu_is_running(struct vcpu *v) { return v->running; }
struct kvm_exit *vcpu_exit(struct vcpu *v) { assert(v->held); return &v->exit; }
unsigned int vcpu_wants(struct vcpu *v) { assert(v->held); return v->wants; }
u64 vcpu_exit_count(struct vcpu *v) { return v->exits; }

void vcpu_kill(struct vcpu *v) { v->killed = true; }

void vcpu_reset(struct vcpu *v)
{
	assert(v->held);
	v->resets++;
}

int vcpu_run(struct vcpu *v, unsigned int max_data)
{
	assert(v->held && max_data == KVM_EXIT_DATA);
	if (v->exit.request & KVMFS_REQ_RETURN)
		return -EINTR;
	v->exits++;
	return v->exit.reason;
}

void vcpu_get_regs(struct vcpu *v, u64 regs[KVM_REG_SLOTS])
{
	assert(v->held);
	memcpy(regs, v->regs, sizeof(v->regs));
}

#define FAKE_SLOT(NAME)	((KVM_REG_##NAME - KVM_REG_WINDOW) / 8)

/* as the core does: nothing is wider than the text has room for */
static bool fake_fits(const u64 regs[KVM_REG_SLOTS])
{
	static const u8 digits[] = { 16, 8, 4, 5 };	/* base limit selector attr */
	unsigned int i;

	for (i = FAKE_SLOT(ES_BASE); i < FAKE_SLOT(GDTR_BASE); i++)
		if (i % 4 && regs[i] >> 4 * digits[i % 4])
			return false;
	return !(regs[FAKE_SLOT(GDTR_LIMIT)] >> 16) && !(regs[FAKE_SLOT(IDTR_LIMIT)] >> 16);
}

int vcpu_set_regs(struct vcpu *v, const u64 regs[KVM_REG_SLOTS], const char **why)
{
	assert(v->held);
	if (!fake_fits(regs)) {
		*why = "a register is too wide";
		return -EINVAL;
	}
	if (regs[18] >> 32) {
		*why = "cr0 has reserved bits";
		return -EINVAL;
	}
	memcpy(v->regs, regs, sizeof(v->regs));
	return 0;
}

unsigned int vcpu_fpu_size(struct vcpu *v) { return sizeof(v->fpu); }

int vcpu_get_fpu(struct vcpu *v, void *buf, unsigned int size)
{
	assert(v->held && size == sizeof(v->fpu));
	memcpy(buf, v->fpu, size);
	return 0;
}

int vcpu_set_fpu(struct vcpu *v, const void *buf, unsigned int size)
{
	assert(v->held && size == sizeof(v->fpu));
	if (*(const u8 *)buf == 0xff)
		return -EINVAL;
	memcpy(v->fpu, buf, size);
	return 0;
}

static const struct msr_name fake_msrs[] = { { 0x10, "tsc" }, { 0x277, "pat" },
					     { 0xc0000082, "lstar" } };

const struct msr_name *hv_msr_table(unsigned int *n)
{
	*n = ARRAY_SIZE(fake_msrs);
	return fake_msrs;
}

static u64 *fake_msr(struct vcpu *v, u32 index)
{
	unsigned int i;

	assert(v->held);
	for (i = 0; i < ARRAY_SIZE(fake_msrs); i++)
		if (fake_msrs[i].index == index)
			return &v->msr[i];
	return NULL;
}

int vcpu_get_msr(struct vcpu *v, u32 index, u64 *value)
{
	u64 *msr = fake_msr(v, index);

	if (!msr)
		return -EINVAL;
	*value = *msr;
	return 0;
}

int vcpu_set_msr(struct vcpu *v, u32 index, u64 value)
{
	u64 *msr = fake_msr(v, index);

	if (!msr || value == 0xbad)
		return -EINVAL;
	*msr = value;
	return 0;
}

unsigned int vcpu_get_cpuid(struct vcpu *v, struct cpuid_entry *e)
{
	assert(v->held);
	memcpy(e, v->cpuid, sizeof(v->cpuid));
	return v->n_cpuid;
}

int vcpu_set_cpuid(struct vcpu *v, const struct cpuid_entry *e, unsigned int n,
		   const char **why)
{
	(void)why;
	assert(v->held);
	memcpy(v->cpuid, e, n * sizeof(*e));
	v->n_cpuid = n;
	return 0;
}

int vcpu_irq(struct vcpu *v, u32 type, u32 vector)
{
	if (type == KVM_IRQ_NMI)
		v->nmi = true;
	else if (type == KVM_IRQ_WINDOW)
		v->window = true;
	else if (v->vector >= 0)
		return -EAGAIN;
	else
		v->vector = vector;
	return 0;
}

bool vcpu_irq_room(struct vcpu *v) { return v->vector < 0; }

void vcpu_get_irq(struct vcpu *v, struct vcpu_irq_state *s)
{
	*s = (struct vcpu_irq_state){ v->vector, v->nmi, v->window, true };
}

void vcpu_set_irq(struct vcpu *v, const struct vcpu_irq_state *s, unsigned int which)
{
	if (which & IRQ_SET_VECTOR)
		v->vector = s->vector;
	if (which & IRQ_SET_NMI)
		v->nmi = s->nmi;
	if (which & IRQ_SET_WINDOW)
		v->window = s->window_asked;
}

void vcpu_get_events(struct vcpu *v, struct vcpu_events *e)
{
	assert(v->held);
	*e = v->events;
}

int vcpu_set_events(struct vcpu *v, const struct vcpu_events *e, const char **why)
{
	assert(v->held && e->n_answers < VCPU_MAX_ANSWERS);
	if (e->event == EVENT_EXCEPTION && e->vector > 31) {
		*why = "a vector is 0 to 31";
		return -EINVAL;
	}
	v->events = *e;
	return 0;
}

void vcpu_get_debug(struct vcpu *v, struct vcpu_debug *d) { assert(v->held); *d = v->debug; }

int vcpu_set_debug(struct vcpu *v, const struct vcpu_debug *d)
{
	assert(v->held);
	v->debug = *d;
	return 0;
}

void vcpu_get_stat(struct vcpu *v, struct vcpu_stat *s)
{
	*s = (struct vcpu_stat){ .exits = v->exits };
}

void vm_get_stat(struct vm *vm, struct vm_stat *s)
{
	*s = (struct vm_stat){ .mem_pages = vm->n };
}

/* --- a VM with two vCPUs ------------------------------------------------------ */

static struct vm fake_vm;
static struct vcpu fake_vcpu[2];
static struct kvmfs_vm fake;
static struct kvmfs_cpu fake_cpu[2];

static void fake_reset(void)
{
	unsigned int i;

	kvmfs_free_map(fake.map, fake.n_map);
	memset(&fake, 0, sizeof(fake));
	memset(&fake_vm, 0, sizeof(fake_vm));
	memset(fake_vcpu, 0, sizeof(fake_vcpu));
	fake.core = &fake_vm;
	for (i = 0; i < 2; i++) {
		fake_cpu[i] = (struct kvmfs_cpu){ &fake, &fake_vcpu[i], i, false };
		fake_vcpu[i].vm = &fake_vm;
		fake_vcpu[i].vector = -1;
		fake_vcpu[i].events.again = -1;
		fake.cpus[i] = &fake_cpu[i];
	}
	fake_reserved = 0;
	fake_max_mem = 0;
	fake_map_error = 0;
	fake_discarded = 0;
}

static bool fake_own = true;

/* --- reading and writing by name, as through the mount ------------------------------ */

static int put_bytes(unsigned int cpu, const char *name, const void *p, size_t n,
		     bool add, bool trunc)
{
	const struct kvmfs_file *row = kvmfs_find(name, strlen(name), true);
	struct input in = { .len = n, .add = add, .trunc = trunc, .own = fake_own };
	int ret;

	/* exactly as long as needed, so that the sanitizer sees overruns */
	in.buf = malloc(n + 1);
	memcpy(in.buf, p, n);
	ret = kvmfs_store(row, &fake_cpu[cpu], &in);
	free(in.buf);
	return ret;
}

static int put(const char *name, const char *text)
{
	return put_bytes(0, name, text, strlen(text), false, false);
}

/* the contents, till the next call */
static const char *get(const char *name)
{
	static struct text t;
	const struct kvmfs_file *row = kvmfs_find(name, strlen(name), true);

	text_free(&t);
	if (row->show && row->show(&fake_cpu[0], &t))
		return NULL;
	text_printf(&t, "%s", "");
	t.buf[t.len] = '\0';
	return t.buf;
}

/* --- checks --------------------------------------------------------------------------- */

static unsigned int failures;		/* of the test that runs */

#define CHECK(c) do {								\
	if (!(c)) {								\
		failures++;							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #c);			\
	}									\
} while (0)

#define CHECK_TEXT(name, want) do {						\
	const char *got_ = get(name);						\
	if (!got_ || strcmp(got_, want)) {					\
		failures++;							\
		printf("# %s:%d: %s is\n%s", __FILE__, __LINE__, name, got_);	\
	}									\
} while (0)

/* refused, for a reason that names @word */
#define CHECK_REFUSED(name, text, word) do {					\
	CHECK(put(name, text) == -EINVAL);					\
	if (!strstr(fake_vm.error, word)) {					\
		failures++;							\
		printf("# %s:%d: error is %s\n", __FILE__, __LINE__, fake_vm.error); \
	}									\
} while (0)

struct fake_test {
	const char *name;
	void (*run)(void);
};

/* TAP: a line a test */
static int run_tests(const struct fake_test *test, unsigned int n)
{
	unsigned int i, bad = 0;

	printf("1..%u\n", n);
	for (i = 0; i < n; i++) {
		failures = 0;
		fake_reset();
		test[i].run();
		bad += failures != 0;
		printf("%sok %u - %s\n", failures ? "not " : "", i + 1, test[i].name);
	}
	fake_reset();
	get("exit");		/* frees the text before it */
	return bad != 0;
}

#endif

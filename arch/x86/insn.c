// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator on a vCPU: its accessors, and what becomes of device accesses.
 *
 * A device read ends the run with an exit. When user space has answered, the
 * instruction starts again from its beginning, and finds the answers so far in
 * v->io. A device write is the last thing that an instruction does: it is put into
 * the exit and the instruction is over.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/debugreg.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include "arch/x86/vcpu.h"
#include "arch/x86/insn.h"

static struct vcpu *to_vcpu(struct emul *e)
{
	return e->ctx;
}

#define DR_GENERAL_DETECT	BIT(13)	/* DR7.GD */

/* --- memory --------------------------------------------------------------- */

static int translate(struct emul *e, u64 la, u32 access, u64 *gpa)
{
	struct vcpu *v = to_vcpu(e);

	/* the page that brought us here was walked a moment ago */
	if (v->hint_valid && (la ^ v->hint_gva) < PAGE_SIZE &&
	    !(access & ~v->hint_access)) {
		*gpa = v->hint_gpa | (la & ~PAGE_MASK);
		return EMUL_OK;
	}
	switch (mmu_translate(v, la, access, gpa, &e->exc)) {
	case MMU_RESUME:
		return EMUL_OK;
	case MMU_GUEST_FAULT:
		return EMUL_FAULT;
	default:
		e->error = v->error;
		return EMUL_ERROR;
	}
}

static u32 data_access(struct emul *e, unsigned int flags)
{
	u32 access = flags & EMUL_FOR_WRITE ? PF_W : 0;

	if (flags & EMUL_USER_IMPLICIT_SYSTEM)
		return access | PF_IMPLICIT;
	return e->cpl == 3 ? access | PF_U : access;
}

/* a device read of at most 8 bytes */
static int mmio_read(struct vcpu *v, u64 gpa, void *buf, unsigned int n)
{
	struct insn_io *io = &v->io;

	if (io->used < io->have && io->answer[io->used].addr == gpa &&
	    io->answer[io->used].size == n) {
		memcpy(buf, io->answer[io->used++].data, n);
		return EMUL_OK;
	}
	if (io->have == ARRAY_SIZE(io->answer))
		return EMUL_UNKNOWN;
	quick_seen(v, gpa, false);
	run_exit_mmio(v, gpa, n, false);
	io->have = io->used;
	return EMUL_EXIT;
}

static int mmio_write(struct vcpu *v, u64 gpa, const void *buf, unsigned int n)
{
	quick_seen(v, gpa, true);
	run_exit_mmio(v, gpa, n, true);
	memcpy(v->exit->data, buf, n);
	v->exit_size += max(n, 8u);
	v->stat.mmio++;
	return EMUL_EXIT;
}

static int read_page(struct emul *e, u64 la, void *buf, unsigned int n, u32 access)
{
	struct vcpu *v = to_vcpu(e);
	unsigned int part;
	u64 gpa;
	int ret = translate(e, la, access, &gpa);

	if (ret)
		return ret;
	ret = mem_read(v->vm, gpa, buf, n);
	if (!ret)
		return EMUL_OK;
	if (ret != -ENXIO) {
		e->error = ret;
		return EMUL_ERROR;
	}
	if (access & PF_I) {
		vm_error(v->vm, "the guest executes at gpa %#llx, where there is no memory", gpa);
		return EMUL_UNKNOWN;
	}
	for (; n; n -= part, buf += part, gpa += part) {
		part = min(n, 8u);
		ret = mmio_read(v, gpa, buf, part);
		if (ret)
			return ret;
	}
	return EMUL_OK;
}

static int op_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags)
{
	unsigned int first = min_t(u64, n, PAGE_SIZE - (la & ~PAGE_MASK));
	u32 access = data_access(e, flags);
	int ret = read_page(e, la, buf, first, access);

	debug_data(to_vcpu(e), la, n, false);
	if (ret || first == n)
		return ret;
	return read_page(e, la + first, buf + first, n - first, access);
}

static int op_fetch(struct emul *e, u64 la, void *buf, unsigned int *n)
{
	struct vcpu *v = to_vcpu(e);
	u64 base, rip = v->rip;

	*n = min_t(u64, *n, PAGE_SIZE - (la & ~PAGE_MASK));
	if (!vendor->code(v, &base))
		rip = (u32)(rip + base);
	/* the instruction that exited: the processor has just fetched it itself */
	if (la == rip && mmu_peek_code(v, la, buf, *n))
		return EMUL_OK;
	return read_page(e, la, buf, *n, PF_I | data_access(e, 0));
}

static int write_page(struct emul *e, u64 gpa, const void *buf, unsigned int n)
{
	struct vcpu *v = to_vcpu(e);
	int ret = mem_write(v->vm, gpa, buf, n);

	if (!ret)
		return EMUL_OK;
	if (ret == -ENXIO)
		return mmio_write(v, gpa, buf, n);
	e->error = ret;
	return EMUL_ERROR;
}

/* both pages of a crossing write are checked before either is written */
static int op_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags)
{
	unsigned int first = min_t(u64, n, PAGE_SIZE - (la & ~PAGE_MASK));
	u32 access = PF_W | data_access(e, flags);
	u64 gpa, gpa2;
	bool probe = flags & EMUL_PROBE;
	int ret = translate(e, la, access, &gpa);

	if (!probe)
		debug_data(to_vcpu(e), la, n, true);
	if (ret || first == n)
		return ret || probe ? ret : write_page(e, gpa, buf, n);
	ret = translate(e, la + first, access, &gpa2);
	if (ret || probe)
		return ret;
	ret = write_page(e, gpa, buf, first);
	if (ret == EMUL_ERROR)
		return ret;
	/* of two device writes only the second could be reported: join them if adjacent */
	if (ret == EMUL_EXIT && gpa2 == gpa + first)
		return mmio_write(to_vcpu(e), gpa, buf, n);
	if (ret == EMUL_EXIT)
		return mem_write(to_vcpu(e)->vm, gpa2, buf + first, n - first) ?
		       EMUL_UNKNOWN : EMUL_EXIT;
	return write_page(e, gpa2, buf + first, n - first);
}

/*
 * A locked access that is no single aligned word is atomic against nobody, as
 * documented. Of a device it is the write alone: it was read before.
 */
static int cmpxchg_slow(struct emul *e, u64 la, const void *old, const void *new,
			unsigned int n, bool *swapped)
{
	struct vm *vm = to_vcpu(e)->vm;
	unsigned int first = min_t(u64, n, PAGE_SIZE - (la & ~PAGE_MASK));
	u32 access = PF_W | data_access(e, 0);
	u64 gpa, gpa2 = 0;
	u8 now[16];
	int ret = translate(e, la, access, &gpa);

	if (!ret && first < n)
		ret = translate(e, la + first, access, &gpa2);
	if (ret)
		return ret;
	*swapped = true;
	if (!mem_read(vm, gpa, now, first) &&
	    (first == n || !mem_read(vm, gpa2, now + first, n - first)))
		*swapped = !memcmp(now, old, n);
	return *swapped ? op_write(e, la, new, n, 0) : EMUL_OK;
}

static int op_cmpxchg(struct emul *e, u64 la, const void *old, const void *new,
		      unsigned int n, bool *swapped)
{
	u64 gpa;
	int ret;

	debug_data(to_vcpu(e), la, n, true);
	if (la & (n - 1))
		return cmpxchg_slow(e, la, old, new, n, swapped);
	ret = translate(e, la, PF_W | data_access(e, 0), &gpa);
	if (ret)
		return ret;
	ret = mem_cmpxchg(to_vcpu(e)->vm, gpa, old, new, n, swapped);
	if (ret == -ENXIO) {
		/* a device: it was read, and now it is written */
		*swapped = true;
		return mmio_write(to_vcpu(e), gpa, new, n);
	}
	e->error = ret;
	return ret ? EMUL_ERROR : EMUL_OK;
}

/* --- ports ------------------------------------------------------------------ */

static void io_exit(struct vcpu *v, u16 port, unsigned int size, unsigned int count, bool write)
{
	struct kvm_exit *x = v->exit;

	run_exit(v, KVMFS_EXIT_IO);
	x->io.port = port;
	x->io.size = size;
	x->io.write = write;
	x->io.count = count;
	v->stat.io++;
}

static int op_io_in(struct emul *e, u16 port, unsigned int size, unsigned int count, void *buf)
{
	struct vcpu *v = to_vcpu(e);
	const struct kvm_exit *x = v->exit;
	bool answered = v->io.string_in;

	v->io.string_in = false;
	if (answered && x->io.port == port && x->io.size == size && x->io.count == count) {
		memcpy(buf, x->data, size * count);
		return EMUL_OK;
	}
	io_exit(v, port, size, count, false);
	return EMUL_EXIT;
}

static int op_io_out(struct emul *e, u16 port, unsigned int size, unsigned int count,
		     const void *buf)
{
	struct vcpu *v = to_vcpu(e);

	io_exit(v, port, size, count, true);
	memcpy(v->exit->data, buf, size * count);
	v->exit_size += max(size * count, 8u);
	return EMUL_EXIT;
}

static int gp_fault(struct emul *e)
{
	e->exc = (struct hv_exception){ .vector = X86_TRAP_GP, .has_error = true };
	return EMUL_FAULT;
}

/* --- registers ---------------------------------------------------------------- */

static void op_get_segment(struct emul *e, int seg, struct hv_segment *s)
{
	vendor->get_segment(to_vcpu(e), seg, s);
}

static int op_set_segment(struct emul *e, int seg, const struct hv_segment *s)
{
	vendor->set_segment(to_vcpu(e), seg, s);
	return EMUL_OK;
}

static void op_get_table(struct emul *e, bool idt, struct hv_table *t)
{
	vendor->get_table(to_vcpu(e), idt, t);
}

static void op_set_table(struct emul *e, bool idt, const struct hv_table *t)
{
	vendor->set_table(to_vcpu(e), idt, t);
}

static u64 op_get_cr(struct emul *e, int cr)
{
	return cr_get(to_vcpu(e), cr);
}

static int op_set_cr(struct emul *e, int cr, u64 val)
{
	struct vcpu *v = to_vcpu(e);
	int ret = cr_set(v, cr, val);

	v->hint_valid = false;
	e->cr0 = v->cr0;
	e->efer = v->efer;
	return ret ? gp_fault(e) : EMUL_OK;
}

/* DR4 and DR5 are DR6 and DR7, or nothing: SDM vol. 3, 18.2.2 */
static int check_dr(struct emul *e, int *dr)
{
	struct vcpu *v = to_vcpu(e);

	if (*dr == 4 || *dr == 5) {
		if (v->cr4 & X86_CR4_DE) {
			e->exc = (struct hv_exception){ .vector = X86_TRAP_UD };
			return EMUL_FAULT;
		}
		*dr += 2;
	}
	if (v->dr7 & DR_GENERAL_DETECT) {
		v->dr7 &= ~(u64)DR_GENERAL_DETECT;
		v->dr6 |= 1u << 13;	/* BD */
		debug_update(v);
		e->exc = (struct hv_exception){ .vector = X86_TRAP_DB };
		return EMUL_FAULT;
	}
	return EMUL_OK;
}

static int op_get_dr(struct emul *e, int dr, u64 *val)
{
	struct vcpu *v = to_vcpu(e);
	int ret = check_dr(e, &dr);

	if (ret)
		return ret;
	*val = dr == 7 ? v->dr7 : dr == 6 ? v->dr6 : v->dr[dr & 3];
	return EMUL_OK;
}

static int op_set_dr(struct emul *e, int dr, u64 val)
{
	struct vcpu *v = to_vcpu(e);
	int ret = check_dr(e, &dr);

	if (ret)
		return ret;
	if (dr >= 6 && val >> 32)
		return gp_fault(e);
	if (dr == 7)
		v->dr7 = (val & ~0xd000ULL) | DR7_RESET;
	else if (dr == 6)
		v->dr6 = (val & 0xe00f) | DR6_RESET;
	else
		v->dr[dr & 3] = val;
	debug_update(v);
	return EMUL_OK;
}

static int op_get_msr(struct emul *e, u32 msr, u64 *val)
{
	return msr_read(to_vcpu(e), msr, val) ? gp_fault(e) : EMUL_OK;
}

static int op_set_msr(struct emul *e, u32 msr, u64 val)
{
	return msr_write(to_vcpu(e), msr, val) ? gp_fault(e) : EMUL_OK;
}

static void op_cpuid(struct emul *e, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	cpuid_query(to_vcpu(e), eax, ebx, ecx, edx);
}

static u64 op_rdtsc(struct emul *e)
{
	return power_tsc() + to_vcpu(e)->tsc_offset;
}

static void op_invlpg(struct emul *e, u64 la)
{
	struct vcpu *v = to_vcpu(e);

	quick_learn(v);
	v->stat.invlpg++;
	v->mmio.valid = false;
	v->vm->mmu_ops->invlpg(v, la);
}

static void op_invpcid(struct emul *e, unsigned int type, u16 pcid, u64 la)
{
	struct vcpu *v = to_vcpu(e);

	v->stat.invlpg++;
	cr_invpcid(v, type, pcid, la);
}

static int op_hlt(struct emul *e)
{
	struct vcpu *v = to_vcpu(e);

	v->stat.hlt++;
	run_exit(v, KVMFS_EXIT_HLT);
	return EMUL_EXIT;
}

static int op_wbinvd(struct emul *e)
{
	/* no device of the host is the guest's: its memory is always coherent */
	return EMUL_OK;
}

static const struct emul_ops insn_ops = {
	.fetch = op_fetch,
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
	.io_in = op_io_in,
	.io_out = op_io_out,
	.get_segment = op_get_segment,
	.set_segment = op_set_segment,
	.get_table = op_get_table,
	.set_table = op_set_table,
	.get_cr = op_get_cr,
	.set_cr = op_set_cr,
	.get_dr = op_get_dr,
	.set_dr = op_set_dr,
	.get_msr = op_get_msr,
	.set_msr = op_set_msr,
	.cpuid = op_cpuid,
	.rdtsc = op_rdtsc,
	.invlpg = op_invlpg,
	.invpcid = op_invpcid,
	.hlt = op_hlt,
	.wbinvd = op_wbinvd,
	.get_xmm = insn_get_xmm,
	.set_xmm = insn_set_xmm,
	.get_x87 = insn_get_x87,
	.set_x87 = insn_set_x87,
};

/* --- running it ------------------------------------------------------------------ */

int insn_init(struct vcpu *v)
{
	v->emul = kvzalloc(sizeof(*v->emul), GFP_KERNEL_ACCOUNT);
	if (!v->emul)
		return -ENOMEM;
	v->emul->ops = &insn_ops;
	v->emul->ctx = v;
	v->emul->regs = v->regs;
	return 0;
}

static enum emul_mode mode_of(struct vcpu *v, const struct hv_segment *cs)
{
	if (!(v->cr0 & X86_CR0_PE))
		return EMUL_REAL;
	if (v->rflags & X86_EFLAGS_VM)
		return EMUL_VM86;
	if ((v->efer & EFER_LMA) && (cs->attr & SEG_ATTR_L))
		return EMUL_LONG;
	return cs->attr & SEG_ATTR_DB ? EMUL_PROT32 : EMUL_PROT16;
}

static void set_up(struct vcpu *v)
{
	struct emul *e = v->emul;
	struct hv_segment cs;

	vendor->get_segment(v, SEG_CS, &cs);
	e->rip = v->rip;
	e->rflags = v->rflags;
	e->cr0 = v->cr0;
	e->efer = v->efer;
	e->mode = mode_of(v, &cs);
	e->cpl = vendor->cpl(v);
	e->io_max = v->max_data;
	e->done = false;
	e->sti_shadow = false;
	e->ss_shadow = false;
	v->watch_hits = 0;
}

/* the instruction is over: what the processor would do at its end, less the trap */
static void finish(struct vcpu *v)
{
	struct emul *e = v->emul;
	unsigned int block = vendor->blocked(v);
	bool shadow = e->sti_shadow || e->ss_shadow;

	v->rip = e->rip;
	v->rflags = e->rflags;		/* RF is set if IRET has just done so */
	if (shadow || (block & BLOCK_SHADOW))
		vendor->set_blocked(v, (block & ~BLOCK_SHADOW) | (shadow ? BLOCK_SHADOW : 0));
}

/* what traps behind an instruction that began with @flags, into DR6; false: nothing */
static bool note_traps(struct vcpu *v, u64 flags)
{
	u64 hits = v->watch_hits;

	if ((flags & X86_EFLAGS_TF) || v->debug.step)
		hits |= DR_STEP;
	v->watch_hits = 0;
	v->dr6 |= hits;
	v->dr_dirty |= !!hits;
	return hits;
}

/* at its end, an instruction that began with TF set traps (SDM vol. 3, 18.3.1.4) */
static int trap(struct vcpu *v, u64 flags)
{
	const struct hv_exception db = { .vector = X86_TRAP_DB };

	return note_traps(v, flags) ? debug_trap(v, &db) : 0;
}

static void trap_behind(struct vcpu *v, u64 flags)
{
	const struct hv_exception db = { .vector = X86_TRAP_DB };

	if (!note_traps(v, flags))
		return;
	if (debug_is_hosts(v))
		v->step_due = true;
	else
		event_exception(v, &db);
}

int insn_trap(struct vcpu *v)
{
	return trap(v, v->rflags);
}

void insn_trap_behind(struct vcpu *v)
{
	trap_behind(v, v->rflags);
}

static int unknown(struct vcpu *v)
{
	const struct emul_insn *i = &v->emul->insn;

	/* it wrote to a page table in a way that we cannot follow: let it, then look */
	if (v->hint_valid && v->unshadow_rip != v->rip && (v->hint_access & PF_W)) {
		v->unshadow_rip = v->rip;
		vm_memory_written(v->vm, v->hint_gpa, v->hint_gpa + PAGE_SIZE);
		return 0;
	}
	v->unshadow_rip = ~0ULL;
	if (vendor->cpl(v) == 3) {
		event_fault(v, X86_TRAP_UD);
		return 0;
	}
	vm_error(v->vm, "instruction not emulated at rip %#llx: %*ph", v->rip, 8, i->bytes);
	run_exit(v, KVMFS_EXIT_ERROR);
	return 1;
}

static int go(struct vcpu *v)
{
	struct emul *e = v->emul;
	u64 flags = v->rflags;		/* TF: POPF and IRET change it for the next one */
	int ret = emul_run(e);

	v->stat.emulated++;
	/* an instruction that is not over hits nothing */
	if (ret != EMUL_OK && ret != EMUL_AGAIN && !e->done)
		v->watch_hits = 0;
	if (ret != EMUL_EXIT || e->done)
		v->hint_valid = ret == EMUL_UNKNOWN && v->hint_valid;
	switch (ret) {
	case EMUL_OK:
	case EMUL_AGAIN:
		finish(v);
		return trap(v, flags);
	case EMUL_FAULT:
		if (e->late)
			finish(v);
		event_exception(v, &e->exc);
		return 0;
	case EMUL_EXIT:
		if (!e->done) {
			v->pending = PENDING_EMUL;
			v->pending_rip = v->rip;
			return 1;
		}
		finish(v);
		trap_behind(v, flags);
		return 1;
	case EMUL_UNKNOWN:
		return unknown(v);
	default:
		return e->error ? e->error : -EIO;
	}
}

/**
 * insn_emulate() - emulate the instruction at v->rip
 * @v: the vCPU, in a run; interrupts on
 *
 * Return: 0: go on, 1: v->exit is for user space, or -errno.
 */
int insn_emulate(struct vcpu *v)
{
	v->io.have = 0;
	v->io.used = 0;
	v->io.string_in = false;
	v->emul->decoded = false;
	set_up(v);
	return go(v);
}

static void delivered(struct vcpu *v)
{
	if (v->event.kind == EVENT_NMI)
		vendor->set_blocked(v, vendor->blocked(v) | BLOCK_NMI);
	v->event.kind = EVENT_NONE;
	v->rip = v->emul->rip;
	v->rflags = v->emul->rflags;
}

static int deliver(struct vcpu *v)
{
	struct vcpu_event ev = v->event;
	struct emul *e = v->emul;
	int ret;

	e->decoded = false;
	set_up(v);
	if (ev.kind == EVENT_SOFT)
		e->rip += ev.insn_len;
	ret = emul_interrupt(e, ev.exc.vector,
			     ev.kind == EVENT_SOFT ? EMUL_EV_SOFTWARE : EMUL_EV_HARDWARE,
			     ev.kind == EVENT_EXCEPTION ? &ev.exc : NULL);
	v->watch_hits = 0;
	switch (ret) {
	case EMUL_OK:
		delivered(v);
		return 0;
	case EMUL_FAULT:
		if (e->late)
			delivered(v);
		/* else it knows what was being delivered from v->event */
		event_exception(v, &e->exc);
		return 0;
	case EMUL_ERROR:
		return e->error ? e->error : -EIO;
	default:
		vm_error(v->vm, "event %u cannot be delivered at rip %#llx",
			 ev.exc.vector, v->rip);
		run_exit(v, KVMFS_EXIT_ERROR);
		return 1;
	}
}

/**
 * insn_instead() - a step of the guest that the processor cannot do
 * @v: the vCPU, after event_prepare(); interrupts on
 *
 * Delivers v->event if there is one, else emulates one instruction. Task switches,
 * too, are such a step.
 * Return: as insn_emulate().
 */
int insn_instead(struct vcpu *v)
{
	const struct hv_exception db = { .vector = X86_TRAP_DB };

	if (v->event.kind)
		return deliver(v);
	if (unlikely(debug_code(v)))
		return debug_trap(v, &db);
	if (unlikely(debug_int3(v)))
		return debug_int3_exit(v);
	return insn_emulate(v);
}

/**
 * insn_resume() - go on with an instruction whose device read was answered
 * @v: the vCPU; the answer is in v->exit->data
 *
 * Return: as insn_emulate().
 */
int insn_resume(struct vcpu *v)
{
	struct insn_io *io = &v->io;
	const struct kvm_exit *x = v->exit;

	/* somebody moved the vCPU away meanwhile: the answer is void */
	if (v->rip != v->pending_rip) {
		v->load = NULL;
		return 0;
	}
	if (quick_answer(v))
		return 0;
	if (x->reason == KVMFS_EXIT_IO) {
		io->string_in = true;
	} else {
		io->answer[io->have].addr = x->mmio.gpa;
		io->answer[io->have].size = x->mmio.size;
		memcpy(io->answer[io->have].data, x->data, x->mmio.size);
		io->have++;
		v->stat.mmio++;
	}
	io->used = 0;
	set_up(v);
	/* as much as was asked for then, whatever this run can move */
	if (x->reason == KVMFS_EXIT_IO)
		v->emul->io_max = x->io.size * x->io.count;
	return go(v);
}

/**
 * insn_next() - where the instruction at v->rip ends
 * @v: the vCPU, in a run; interrupts on
 *
 * Return: the next rip, or 0 if it cannot be fetched or decoded.
 */
u64 insn_next(struct vcpu *v)
{
	struct emul *e = v->emul;

	e->decoded = false;
	set_up(v);
	if (emul_decode(e) != EMUL_OK)
		return 0;
	return e->mode == EMUL_LONG ? v->rip + e->len : (u32)(v->rip + e->len);
}

/**
 * insn_is_int3() - whether the instruction at v->rip is INT3, and not INT 3
 * @v: the vCPU, in a run; interrupts on
 */
bool insn_is_int3(struct vcpu *v)
{
	struct emul *e = v->emul;

	e->decoded = false;
	set_up(v);
	return emul_decode(e) == EMUL_OK && !e->insn.map && e->insn.opcode == 0xcc;
}

/**
 * insn_forget() - registers were changed from outside: decode anew
 * @v: claimed
 *
 * A read that user space is to answer stays pending as long as rip stays the same.
 */
void insn_forget(struct vcpu *v)
{
	v->emul->decoded = false;
	v->hint_valid = false;
	v->load = NULL;
}

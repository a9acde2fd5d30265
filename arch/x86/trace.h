/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, below events/kvmfs of tracefs. One that is off is a NOP where it stands.
 *
 *	kvmfs_entry	a vCPU enters the guest
 *	kvmfs_exit	it has left, and why
 *	kvmfs_inject	what an entry delivers
 *	kvmfs_fault	a page fault that the MMU looked at
 *	kvmfs_zap	a shadow page is taken away
 *	kvmfs_flush	all TLBs of a VM are to forget
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvmfs

#if !defined(ARCH_X86_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ARCH_X86_TRACE_H

#include <linux/tracepoint.h>
#include "arch/x86/vcpu.h"

#define KVMFS_EXITS							\
	{ EXIT_NOTHING, "nothing" }, { EXIT_HOST_IRQ, "host-irq" },	\
	{ EXIT_HOST_NMI, "host-nmi" }, { EXIT_EXCEPTION, "exception" },	\
	{ EXIT_IRQ_WINDOW, "irq-window" }, { EXIT_NMI_WINDOW, "nmi-window" }, \
	{ EXIT_CPUID, "cpuid" }, { EXIT_HLT, "hlt" },			\
	{ EXIT_INVLPG, "invlpg" }, { EXIT_INVPCID, "invpcid" },		\
	{ EXIT_IO, "io" }, { EXIT_CR, "cr" },				\
	{ EXIT_DR, "dr" }, { EXIT_MSR, "msr" }, { EXIT_HYPERCALL, "hypercall" }, \
	{ EXIT_WBINVD, "wbinvd" }, { EXIT_RDTSC, "rdtsc" },		\
	{ EXIT_XSETBV, "xsetbv" }, { EXIT_SHUTDOWN, "shutdown" },	\
	{ EXIT_UD, "ud" }, { EXIT_GP, "gp" }, { EXIT_EMULATE, "emulate" }, \
	{ EXIT_TASK_SWITCH, "task-switch" }, { EXIT_USER, "user" },	\
	{ EXIT_NESTED_FAULT, "nested-fault" }, { EXIT_FAIL, "fail" }

#define KVMFS_EVENTS							\
	{ EVENT_EXCEPTION, "exception" }, { EVENT_IRQ, "irq" },		\
	{ EVENT_NMI, "nmi" }, { EVENT_SOFT, "soft" }

#define KVMFS_FAULTS							\
	{ MMU_RESUME, "mapped" }, { MMU_GUEST_FAULT, "guest" },		\
	{ MMU_EMULATE, "device" }, { MMU_ERROR, "error" }

TRACE_EVENT(kvmfs_entry,
	TP_PROTO(const struct vcpu *v),
	TP_ARGS(v),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u64, rip)
	),
	TP_fast_assign(
		__entry->vcpu = v->id;
		__entry->rip = v->rip;
	),
	TP_printk("vcpu %u rip %#llx", __entry->vcpu, __entry->rip)
);

TRACE_EVENT(kvmfs_exit,
	TP_PROTO(const struct vcpu *v),
	TP_ARGS(v),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, kind)
		__field(u64, rip)
		__field(u32, info)
	),
	TP_fast_assign(
		__entry->vcpu = v->id;
		__entry->kind = v->x.kind;
		__entry->rip = v->rip;
		__entry->info = v->x.kind == EXIT_IO ? v->x.io.port :
				v->x.kind == EXIT_EXCEPTION ? v->x.exc.vector :
				v->x.kind == EXIT_MSR ? (u32)v->regs[1] : 0;
	),
	TP_printk("vcpu %u reason %s rip %#llx info %#x", __entry->vcpu,
		  __print_symbolic(__entry->kind, KVMFS_EXITS), __entry->rip, __entry->info)
);

TRACE_EVENT(kvmfs_inject,
	TP_PROTO(const struct vcpu *v),
	TP_ARGS(v),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, kind)
		__field(u32, vector)
		__field(u32, error)
		__field(bool, has_error)
	),
	TP_fast_assign(
		__entry->vcpu = v->id;
		__entry->kind = v->event.kind;
		__entry->vector = v->event.exc.vector;
		__entry->error = v->event.exc.error;
		__entry->has_error = v->event.exc.has_error;
	),
	TP_printk("vcpu %u %s vector %u error %#x%s", __entry->vcpu,
		  __print_symbolic(__entry->kind, KVMFS_EVENTS), __entry->vector,
		  __entry->has_error ? __entry->error : 0, __entry->has_error ? "" : " (none)")
);

TRACE_EVENT(kvmfs_fault,
	TP_PROTO(const struct vcpu *v, u64 addr, u32 access, int outcome),
	TP_ARGS(v, addr, access, outcome),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(bool, nested)
		__field(u64, addr)
		__field(u32, access)
		__field(int, outcome)
	),
	TP_fast_assign(
		__entry->vcpu = v->id;
		__entry->nested = v->nested;
		__entry->addr = addr;
		__entry->access = access;
		__entry->outcome = outcome;
	),
	TP_printk("vcpu %u %s %#llx error %#x %s", __entry->vcpu,
		  __entry->nested ? "gpa" : "gva", __entry->addr, __entry->access,
		  __print_symbolic(__entry->outcome, KVMFS_FAULTS))
);

TRACE_EVENT(kvmfs_zap,
	TP_PROTO(u64 gfn, u32 level),
	TP_ARGS(gfn, level),
	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, level)
	),
	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->level = level;
	),
	TP_printk("gfn %#llx level %u", __entry->gfn, __entry->level)
);

TRACE_EVENT(kvmfs_flush,
	TP_PROTO(unsigned int vcpus),
	TP_ARGS(vcpus),
	TP_STRUCT__entry(
		__field(u32, vcpus)
	),
	TP_fast_assign(
		__entry->vcpus = vcpus;
	),
	TP_printk("vcpus %u", __entry->vcpus)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH arch/x86
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

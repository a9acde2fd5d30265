/* SPDX-License-Identifier: GPL-2.0-only */
/* In user space nobody traces: each tracepoint is a function that does nothing. */
#ifndef SHIM_LINUX_TRACEPOINT_H
#define SHIM_LINUX_TRACEPOINT_H

#define TP_PROTO(...)	__VA_ARGS__
#define TRACE_EVENT(name, proto, ...) \
	static inline void __attribute__((unused)) trace_##name(proto) { } \
	static inline int __attribute__((unused)) trace_##name##_enabled(void) { return 0; }

#endif

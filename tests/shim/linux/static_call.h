/* SPDX-License-Identifier: GPL-2.0-only */
/* A call that the kernel would patch is one through a pointer here. */
#ifndef SHIM_LINUX_STATIC_CALL_H
#define SHIM_LINUX_STATIC_CALL_H

static inline void static_call_nothing(void)
{
}

#define DECLARE_STATIC_CALL(name, fn)	extern typeof(fn) *static_call_##name
#define DEFINE_STATIC_CALL_NULL(name, fn)	typeof(fn) *static_call_##name
#define static_call(name)		(*static_call_##name)
#define static_call_cond(name)	\
	((typeof(static_call_##name))(static_call_##name ?: (void *)static_call_nothing))
#define static_call_update(name, fn)	(static_call_##name = (fn))

#endif

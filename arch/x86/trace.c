// SPDX-License-Identifier: GPL-2.0-only
/* The one place where the tracepoints of trace.h get their bodies. */
#include "arch/x86/vcpu.h"
#define CREATE_TRACE_POINTS
#include "arch/x86/trace.h"

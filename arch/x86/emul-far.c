// SPDX-License-Identifier: GPL-2.0-only
#include "emul-core.h"
int exec_call_far(struct emul *e) { return EMUL_UNKNOWN; }
int exec_jmp_far(struct emul *e) { return EMUL_UNKNOWN; }
int exec_ret_far(struct emul *e) { return EMUL_UNKNOWN; }
int exec_int(struct emul *e) { return EMUL_UNKNOWN; }
int exec_into(struct emul *e) { return EMUL_UNKNOWN; }
int exec_iret(struct emul *e) { return EMUL_UNKNOWN; }
int emul_deliver(struct emul *e, u8 vector, enum emul_event event, const struct hv_exception *exc) { return EMUL_UNKNOWN; }

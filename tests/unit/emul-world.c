// SPDX-License-Identifier: GPL-2.0-only
#include "emul-world.h"

struct world w;

static int page_fault(struct emul *e, u64 la, u32 error)
{
	emul_raise_code(e, EXC_PF, error | (e->cpl == 3 ? 4 : 0));
	e->exc.cr2 = la;
	return EMUL_FAULT;
}

/* RAM, device, or a fault: of the first byte that has one */
static int find(struct emul *e, u64 la, unsigned int n, bool write, bool *device)
{
	unsigned int i, kind;

	*device = false;
	for (i = 0; i < n; i++) {
		if (la + i >= W_SIZE)
			return page_fault(e, la + i, write ? 2 : 0);
		kind = w.page[(la + i) / 4096];
		if (kind == P_ABSENT)
			return page_fault(e, la + i, write ? 2 : 0);
		if (kind == P_RO && write)
			return page_fault(e, la + i, 3);
		*device |= kind == P_DEVICE;
	}
	return EMUL_OK;
}

static int do_read(struct emul *e, u64 la, void *buf, unsigned int n, unsigned int flags)
{
	bool device;
	int rc = find(e, la, n, flags & EMUL_FOR_WRITE, &device);

	w.reads++;
	if (rc)
		return rc;
	if (!device) {
		memcpy(buf, w.mem + la, n);
		return EMUL_OK;
	}
	if (!w.answered)
		return EMUL_EXIT;
	w.answered = false;
	memcpy(buf, &w.answer, n > 8 ? 8 : n);
	return EMUL_OK;
}

static int do_fetch(struct emul *e, u64 la, void *buf, unsigned int *n)
{
	bool device;
	int rc = find(e, la, 1, false, &device);

	w.fetches++;
	if ((la & 4095) + *n > 4096) {
		printf("# fetch across a page\n");
		return EMUL_ERROR;
	}
	if (!rc)
		memcpy(buf, w.mem + la, *n);
	return rc;
}

static int do_write(struct emul *e, u64 la, const void *buf, unsigned int n, unsigned int flags)
{
	bool device;
	int rc = find(e, la, n, true, &device);

	if (rc || flags & EMUL_PROBE)
		return rc;
	w.writes++;
	if (!device) {
		memcpy(w.mem + la, buf, n);
		return EMUL_OK;
	}
	w.queued = 0;
	memcpy(&w.queued, buf, n > 8 ? 8 : n);
	w.queued_la = la;
	w.queued_n = n;
	return EMUL_EXIT;
}

static int do_cmpxchg(struct emul *e, u64 la, const void *old, const void *new,
		      unsigned int n, bool *swapped)
{
	bool device;
	int rc = find(e, la, n, true, &device);

	w.swaps++;
	if (rc)
		return rc;
	if (device) {
		*swapped = true;
		return do_write(e, la, new, n, 0);
	}
	if (w.lose_swaps) {
		w.lose_swaps--;
		w.mem[la]++;
		return EMUL_OK;
	}
	*swapped = !memcmp(w.mem + la, old, n);
	if (*swapped)
		memcpy(w.mem + la, new, n);
	return EMUL_OK;
}

static int do_in(struct emul *e, u16 port, unsigned int size, unsigned int count, void *buf)
{
	w.ins++;
	w.port = port;
	w.port_size = size;
	w.port_count = count;
	if (!w.answered)
		return EMUL_EXIT;
	w.answered = false;
	memcpy(buf, w.port_data, size * count);
	return EMUL_OK;
}

static int do_out(struct emul *e, u16 port, unsigned int size, unsigned int count,
		  const void *buf)
{
	w.outs++;
	w.port = port;
	w.port_size = size;
	w.port_count = count;
	memcpy(w.port_data, buf, size * count);
	return EMUL_EXIT;
}

static void get_segment(struct emul *e, int seg, struct hv_segment *s)
{
	*s = w.seg[seg];
}

static int set_segment(struct emul *e, int seg, const struct hv_segment *s)
{
	w.seg[seg] = *s;
	return EMUL_OK;
}

static void get_table(struct emul *e, bool idt, struct hv_table *t)
{
	*t = idt ? w.idt : w.gdt;
}

static void set_table(struct emul *e, bool idt, const struct hv_table *t)
{
	*(idt ? &w.idt : &w.gdt) = *t;
}

static u64 get_cr(struct emul *e, int cr)
{
	return w.cr[cr];
}

static int set_cr(struct emul *e, int cr, u64 val)
{
	w.cr[cr] = val;
	return EMUL_OK;
}

static int get_dr(struct emul *e, int dr, u64 *val)
{
	*val = w.dr[dr];
	return EMUL_OK;
}

static int set_dr(struct emul *e, int dr, u64 val)
{
	w.dr[dr] = val;
	return EMUL_OK;
}

static int get_msr(struct emul *e, u32 msr, u64 *val)
{
	*val = w.msr;
	return msr == 0x666 ? emul_raise_code(e, EXC_GP, 0) : EMUL_OK;
}

static int set_msr(struct emul *e, u32 msr, u64 val)
{
	w.msr = val;
	return EMUL_OK;
}

static void do_cpuid(struct emul *e, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*b = *a == 7 && w.has_invpcid ? 0x400 : 0xb;
	*a += 1;
	*c += 3;
	*d = 0xd;
}

static u64 do_rdtsc(struct emul *e)
{
	return 0x1122334455667788ULL;
}

static void do_invlpg(struct emul *e, u64 la)
{
	w.invlpg = la;
}

static void do_invpcid(struct emul *e, unsigned int type, u16 pcid, u64 la)
{
	w.invpcid.n++;
	w.invpcid.type = type;
	w.invpcid.pcid = pcid;
	w.invpcid.la = la;
}

static int do_hlt(struct emul *e)
{
	return EMUL_EXIT;
}

static int get_xmm(struct emul *e, unsigned int n, void *val)
{
	memcpy(val, w.xmm[n], 16);
	return EMUL_OK;
}

static int set_xmm(struct emul *e, unsigned int n, const void *val)
{
	memcpy(w.xmm[n], val, 16);
	return EMUL_OK;
}

static const struct emul_ops ops = {
	.fetch = do_fetch, .read = do_read, .write = do_write, .cmpxchg = do_cmpxchg,
	.io_in = do_in, .io_out = do_out,
	.get_segment = get_segment, .set_segment = set_segment,
	.get_table = get_table, .set_table = set_table,
	.get_cr = get_cr, .set_cr = set_cr, .get_dr = get_dr, .set_dr = set_dr,
	.get_msr = get_msr, .set_msr = set_msr, .cpuid = do_cpuid, .rdtsc = do_rdtsc,
	.invlpg = do_invlpg, .invpcid = do_invpcid, .hlt = do_hlt,
	.get_xmm = get_xmm, .set_xmm = set_xmm,
};

void set_seg(int seg, u16 sel, u64 base, u32 limit, u32 attr)
{
	w.seg[seg] = (struct hv_segment){
		.selector = sel, .base = base, .limit = limit, .attr = attr,
	};
}

void world(enum emul_mode mode, unsigned int cpl, const char *code, unsigned int len)
{
	static const u32 attrs[] = { 0x93, 0xf3, 0x93, 0xc093, 0xc093 };
	static const u32 code_attrs[] = { 0x93, 0xf3, 0x9b, 0xc09b, 0xa09b };
	u32 limit = mode <= EMUL_VM86 ? 0xffff : ~0u;
	int i;

	memset(&w, 0, sizeof(w));
	for (i = 0; i < SEG_LDTR; i++)
		set_seg(i, mode <= EMUL_VM86 ? 0 : 0x10 | cpl, 0, limit,
			(i == SEG_CS ? code_attrs : attrs)[mode] | cpl << 5);
	w.seg[SEG_CS].selector = mode <= EMUL_VM86 ? 0 : 8 | cpl;
	set_seg(SEG_LDTR, 0, 0, 0, SEG_ATTR_UNUSABLE);
	set_seg(SEG_TR, 0x28, 0x32000, 0x1ff, mode == EMUL_PROT16 ? 0x83 : 0x8b);
	w.gdt = (struct hv_table){ .base = 0x30000, .limit = 0xff };
	w.idt = (struct hv_table){ .base = 0x31000, .limit = 0xfff };
	w.cr[0] = mode == EMUL_REAL ? 0 : X86_CR0_PE;
	w.cr[4] = X86_CR4_OSFXSR;
	w.regs[R_SP] = 0x8000;
	w.e.ops = &ops;
	w.e.regs = w.regs;
	w.e.rip = W_CODE;
	w.e.rflags = X86_EFLAGS_FIXED | (mode == EMUL_VM86 ? X86_EFLAGS_VM : 0);
	w.e.cr0 = w.cr[0];
	w.e.efer = mode == EMUL_LONG ? 0x500 : 0;
	w.e.mode = mode;
	w.e.cpl = cpl;
	w.e.io_max = EMUL_IO_BUF;
	memcpy(w.mem + W_CODE, code, len);
}

void put(u64 la, u64 val, unsigned int n)
{
	memcpy(w.mem + la, &val, n);
}

u64 get(u64 la, unsigned int n)
{
	u64 val = 0;

	memcpy(&val, w.mem + la, n);
	return val;
}

void put_desc(u16 sel, u32 base, u32 limit, u32 attr)
{
	u64 d = (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)attr << 40 |
		(u64)(limit >> 16 & 15) << 48 | (u64)(base >> 24) << 56;

	put(0x30000 + (sel & ~7u), d, 8);
}

void put_gate(u8 vector, u16 sel, u64 offset, u8 type, u8 dpl, u8 ist)
{
	u64 d = (offset & 0xffff) | (u64)sel << 16 | (u64)ist << 32 |
		(u64)(0x80 | dpl << 5 | type) << 40 | (offset >> 16 & 0xffff) << 48;
	unsigned int size = w.e.efer ? 16 : 8;

	put(0x31000 + vector * size, d, 8);
	if (w.e.efer)
		put(0x31000 + vector * size + 8, offset >> 32, 8);
}

bool fault_is(int rc, u8 vector, u32 error)
{
	bool ok = rc == EMUL_FAULT && w.e.exc.vector == vector && w.e.exc.error == error;

	if (!ok)
		printf("# result %d vector %u error %x\n", rc, w.e.exc.vector, w.e.exc.error);
	return ok;
}

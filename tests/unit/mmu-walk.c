// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c against the manual: every mode, level, page size and combination of
 * rights, settings and kinds of access; then random entries.
 */
#include "mmu-world.h"
#include "mmu-model.h"

const struct vendor_ops *vendor;

void vm_request_all(struct vm *vm, int req)
{
	(void)vm;
	(void)req;
}

static struct vm vm;
static struct vcpu vcpu;
static struct model model;
static int bad;

static u64 model_read(u64 gpa, unsigned int bytes)
{
	if (gpa >> 12 >= FRAMES)
		return 0;
	return bytes == 4 ? *(u32 *)ram(gpa) : *(u64 *)ram(gpa);
}

static void set_mode(int mode, u64 cr3)
{
	vcpu.cr0 = X86_CR0_PE | (mode != MMU_REAL ? X86_CR0_PG : 0);
	if (model.wp)
		vcpu.cr0 |= X86_CR0_WP;
	vcpu.cr4 = (mode >= MMU_PAE ? X86_CR4_PAE : 0) | (model.pse ? X86_CR4_PSE : 0) |
		   (model.smep ? X86_CR4_SMEP : 0) | (model.smap ? X86_CR4_SMAP : 0);
	vcpu.efer = (mode == MMU_LONG ? EFER_LMA | EFER_LME : 0) | (model.nxe ? EFER_NX : 0);
	vcpu.rflags = model.ac ? X86_EFLAGS_AC : 0;
	vcpu.cr3 = cr3;
	model.pg = mode != MMU_REAL;
	model.pae = mode >= MMU_PAE;
	model.lma = mode == MMU_LONG;
	model.cr3 = cr3;
	model.maxphyaddr = GUEST_PHYS_BITS;
	walk_setup(&vcpu);
	memcpy(model.pdptr, vcpu.mmu.pdptr, sizeof(model.pdptr));
}

static void put(u64 gpa, u64 val)
{
	if (vcpu.mmu.mode == MMU_32)
		*(u32 *)ram(gpa) = val;
	else
		*(u64 *)ram(gpa) = val;
}

static u64 get(const struct model_walk *w, int i)
{
	return model_read(w->entry[i], w->size);
}

static void wrong(const char *what, u64 la, u32 access, u64 got, u64 want)
{
	if (bad++ < 10)
		printf("# %s: mode %d la %#llx access %#x wp %d nx %d smep %d smap %d ac %d pse %d: %#llx, not %#llx\n",
		       what, vcpu.mmu.mode, (unsigned long long)la, access, model.wp, model.nxe,
		       model.smep, model.smap, model.ac, model.pse,
		       (unsigned long long)got, (unsigned long long)want);
}

/* one access, both ways; A and D are put back as they were */
static void compare(u64 la, u32 access)
{
	bool u = access & PF_U, w = access & PF_W, x = access & PF_I;
	struct model_walk mw = model_lookup(&model, la);
	u64 before[4], gpa = 0, want;
	struct hv_exception exc;
	int r, i, j;
	bool ok;

	for (i = 0; i < mw.n; i++)
		before[i] = get(&mw, i);
	ok = mw.mapped && model_allows(&model, mw.may_w, mw.may_u, mw.may_x, u, w, x,
				       access & PF_IMPLICIT);
	r = mmu_translate(&vcpu, la, access, &gpa, &exc);
	if (r != (ok ? MMU_RESUME : MMU_GUEST_FAULT)) {
		wrong("result", la, access, r, ok ? MMU_RESUME : MMU_GUEST_FAULT);
	} else if (ok) {
		if (gpa != mw.gpa)
			wrong("gpa", la, access, gpa, mw.gpa);
	} else {
		want = model_error(&model, &mw, u, w, x);
		if (exc.error != want || exc.vector != 14)
			wrong("error code", la, access, exc.error, want);
		if (exc.cr2 != (model.lma ? la : (u32)la))
			wrong("cr2", la, access, exc.cr2, la);
	}
	for (i = 0; i < mw.n; i++) {
		want = before[i];
		if (ok)
			want |= 0x20 | (w && i == mw.n - 1 ? 0x40 : 0);
		/* an entry that was used at two levels has what both of them set */
		for (j = 0; j < mw.n; j++)
			if (j != i && mw.entry[j] == mw.entry[i])
				want = get(&mw, i);
		if (get(&mw, i) != want)
			wrong("entry after", la, access, get(&mw, i), want);
	}
	for (i = 0; i < mw.n; i++)
		put(mw.entry[i], before[i]);
}

static const u32 kinds[] = {
	0, PF_W, PF_I, PF_U, PF_U | PF_W, PF_U | PF_I, PF_IMPLICIT, PF_IMPLICIT | PF_W,
};

static void all_settings(int mode, u64 cr3, u64 la)
{
	unsigned int s, k;

	for (s = 0; s < 64; s++) {
		model.wp = s & 1;
		model.nxe = s & 2;
		model.smep = s & 4;
		model.smap = s & 8;
		model.ac = s & 16;
		model.pse = s & 32;
		set_mode(mode, cr3);
		for (k = 0; k < ARRAY_SIZE(kinds); k++)
			compare(la, kinds[k]);
	}
}

/* the eight rights P W U X(NX) of an entry */
static u64 rights(unsigned int bits, int mode)
{
	u64 e = (bits & 1) | (bits & 2) | (bits & 4);

	return e | (bits & 8 && mode >= MMU_PAE ? 1ull << 63 : 0);
}

/*
 * Tables in frames 1, 2, 3, 4 from the root down. The rights of two levels at a
 * time run through all combinations, the others allow everything.
 */
static void every_combination(int mode)
{
	int top = mode == MMU_LONG ? 4 : 2, leaf, a, b, level;
	unsigned int bits = mode == MMU_32 ? 10 : 9, n, idx;
	u64 la = mode == MMU_LONG ? 0x123456789abull : 0x4567890bull, e;

	for (leaf = 1; leaf <= (mode == MMU_LONG ? 3 : 2); leaf++)
		for (a = leaf; a <= top; a++)
			for (b = a; b <= top; b++)
				for (n = 0; n < 256; n++) {
					for (level = top; level >= leaf; level--) {
						e = 7;
						if (level == a)
							e = rights(n & 15, mode);
						else if (level == b)
							e = rights(n >> 4, mode);
						if (level == leaf)
							e |= leaf > 1 ? 0x80 | 1ull << 30 : 0x5000;
						else
							e |= (u64)(top - level + 2) << 12;
						idx = la >> (12 + bits * (level - 1)) & ((1 << bits) - 1);
						vcpu.mmu.mode = mode;
						put((u64)(top - level + 1) << 12 |
						    idx << (mode == MMU_32 ? 2 : 3), e);
					}
					vcpu.mmu.pdptr[la >> 30 & 3] = 0x1001;
					if (a == b && n > 15)
						break;
					all_settings(mode, 0x1000, la);
				}
}

/* entries with any bits set, mostly leading somewhere */
static void random_entries(int mode, int rounds)
{
	unsigned int i, k;
	u64 e;

	while (rounds--) {
		vcpu.mmu.mode = mode;
		for (i = 0; i < 4 * PAGE_SIZE / 8; i++) {
			e = (rnd() & 0xfff) | (chance(80) ? 1 : 0) | (u64)(1 + below(FRAMES + 2)) << 12;
			if (chance(60))
				e &= ~0x80ull;
			if (chance(10))
				e |= 1ull << (12 + below(52));
			if (chance(10))
				e ^= rnd() & rnd() & rnd();
			*(u64 *)ram(0x1000 + i * 8) = e;
		}
		for (i = 0; i < 4; i++)
			vcpu.mmu.pdptr[i] = chance(80) ? 1 | (u64)(1 + below(4)) << 12 : 0;
		model.wp = chance(50);
		model.nxe = chance(70);
		model.smep = chance(50);
		model.smap = chance(50);
		model.ac = chance(50);
		model.pse = chance(70);
		set_mode(mode, (u64)(1 + below(4)) << 12);
		for (k = 0; k < 200; k++)
			compare(mode == MMU_LONG ? rnd() >> 16 : (u32)rnd(), kinds[below(ARRAY_SIZE(kinds))]);
	}
}

static void run(const char *name, int mode)
{
	char text[80];

	bad = 0;
	if (mode != MMU_REAL)
		every_combination(mode);
	else
		all_settings(mode, 0, 0x12345678);
	snprintf(text, sizeof(text), "%s: every combination", name);
	tap(!bad, text);
	bad = 0;
	random_entries(mode, 120);
	snprintf(text, sizeof(text), "%s: random entries", name);
	tap(!bad, text);
}

static void pdptrs(void)
{
	unsigned int bit;

	bad = 0;
	for (bit = 1; bit < 64; bit++) {
		/* SDM table 4-8: bits 2:1, 8:5 and those above the address */
		bool rsvd = bit <= 2 || (bit >= 5 && bit <= 8) || bit >= GUEST_PHYS_BITS;

		memset(ram(0x1000), 0, 64);
		*(u64 *)ram(0x1020 + 8 * (bit & 3)) = 1 | 1ull << bit;
		if (mmu_load_pdptrs(&vcpu, 0x1020) == rsvd)
			wrong("pdpte bit", bit, 0, !rsvd, rsvd);
		*(u64 *)ram(0x1020 + 8 * (bit & 3)) = 1ull << bit;
		if (!mmu_load_pdptrs(&vcpu, 0x1020))
			wrong("pdpte not present, bit", bit, 0, 0, 1);
	}
	tap(!bad, "PDPTEs: reserved bits");
}

/* also tests/fuzz/fuzz-walk.c's: one VM with one vCPU, and the model on its memory */
static void world_setup(void)
{
	struct mem_region r = { .size = FRAMES << 12, .type = MEM_RAM };

	frames_setup();
	vm.vcpu[0] = &vcpu;
	vm.n_vcpus = 1;
	vcpu.vm = &vm;
	model.read = model_read;
	guest_mem_init(&vm, &backing);
	mmu_module_init();
	mmu_vm_init(&vm);
	mmu_vcpu_init(&vcpu);
	if (vm_set_map(&vm, &r, 1))
		abort();
}

int main(int argc, char **argv)
{
	seed_from(argc, argv);
	world_setup();
	printf("1..9\n");
	run("no paging", MMU_REAL);
	run("32-bit", MMU_32);
	run("PAE", MMU_PAE);
	run("4-level", MMU_LONG);
	pdptrs();
	mmu_vcpu_destroy(&vcpu);
	mmu_vm_destroy(&vm);
	guest_mem_destroy(&vm);
	mmu_module_exit();
	return !!tap_failed;
}

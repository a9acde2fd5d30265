// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shadow MMU under random use. A processor is played that walks the shadow
 * tables as hardware does (A and D bits included) and has a TLB that forgets
 * nothing but what it is told to. After each step, whatever it could translate
 * must be something that the guest's own tables said at some moment since the
 * guest last flushed: that is what the architecture promises (SDM vol. 3, 4.10).
 * And an access that the tables allow must end where they say.
 */
#define RMAP_MAX	18	/* so that the end is met, and often */
#include "mmu-world.h"
#include "mmu-model.h"
#define VCPUS	2
#define KEPT	192		/* translations remembered for each address and PCID */

/* the guest uses these; 0 and 0x10, and 1 and 0x801, share what they can share */
static const u16 pcids[] = { 0, 1, 0x801, 0x10, 0x11 };
#define PCIDS	5

enum { UR, UW, UX, SR, SW, SX, SR0, SW0 };	/* kinds; the last two: EFLAGS.AC is 0 */

/* what the guest's tables said of an address */
struct said {
	u64 gfn;
	bool w, u, x, d;
	int shift;		/* of the guest's page */
};

struct line {			/* of the TLB */
	bool valid;
	u64 hpa;
	bool w, u, x, d;
};

#define GVAS	72
static u64 gva[GVAS];
static int n_gvas;

static struct vm vm;
static struct cpu {
	struct vcpu v;
	struct line tlb[GVAS];
	struct said said[PCIDS][GVAS][KEPT];
	int n_said[PCIDS][GVAS];
} cpu[VCPUS];
static int n_cpus, mode;
static bool travels;		/* much use of PCIDs, and not much else */
static u64 steps, n_ok, n_faults, n_emulated, n_tlb, n_kept, n_quick;
static const char *doing = "";

static void die(const char *what, int c, int a, u64 x, u64 y)
{
	printf("# seed %#llx step %llu (%s), mode %d cpu %d: %s at %#llx: %#llx %#llx\n",
	       (unsigned long long)seed, (unsigned long long)steps, doing, mode, c, what,
	       a >= 0 ? (unsigned long long)gva[a] : 0, (unsigned long long)x,
	       (unsigned long long)y);
	printf("not ok %d - %s\n", tap_n + 1, what);
	exit(1);
}

/* --- the rest of the core ------------------------------------------------------- */

void vm_request_all(struct vm *vm, int req)
{
	int c;

	(void)vm;
	for (c = 0; c < n_cpus; c++)
		set_bit(req, &cpu[c].v.requests);
}

static int gva_index(u64 la)
{
	int a;

	for (a = 0; a < n_gvas; a++)
		if (gva[a] >> 12 == la >> 12)
			return a;
	return -1;
}

static void flush_gva(struct vcpu *v, u64 la)
{
	struct cpu *c = container_of(v, struct cpu, v);
	int a = gva_index(la);

	if (a >= 0)
		c->tlb[a].valid = false;
}

static unsigned int cpl_now;
static unsigned int get_cpl(struct vcpu *v)
{
	(void)v;
	return cpl_now;
}

static const struct vendor_ops test_ops = { .flush_gva = flush_gva, .cpl = get_cpl };
const struct vendor_ops *vendor = &test_ops;

/* --- what the guest's tables say -------------------------------------------------- */

static u64 target(u64 gpa)	/* the alias that the map below has */
{
	return gpa >> 12 >= 64 && gpa >> 12 < 72 ? gpa - (64 << 12) : gpa;
}

static u64 model_read(u64 gpa, unsigned int bytes)
{
	gpa = target(gpa);
	if (gpa >> 12 >= FRAMES)
		return 0;
	return bytes == 4 ? *(u32 *)ram(gpa) : *(u64 *)ram(gpa);
}

static struct model model_of(const struct vcpu *v)
{
	struct model m = {
		.wp = v->cr0 & X86_CR0_WP,
		.pg = v->cr0 & X86_CR0_PG,
		.pse = v->cr4 & X86_CR4_PSE,
		.pae = v->cr4 & X86_CR4_PAE,
		.lma = v->efer & EFER_LMA,
		.nxe = v->efer & EFER_NX,
		.smep = v->cr4 & X86_CR4_SMEP,
		.smap = v->cr4 & X86_CR4_SMAP,
		.ac = v->rflags & X86_EFLAGS_AC,
		.cr3 = v->cr3,
		.maxphyaddr = GUEST_PHYS_BITS,
		.read = model_read,
	};

	memcpy(m.pdptr, v->mmu.pdptr, sizeof(m.pdptr));
	return m;
}

static bool rom;	/* whether the last 4 frames are */

/* A and D cannot be set in rom, and are not missed there */
static void excuse_rom(const struct model *m, struct model_walk *w)
{
	int i;

	w->all_a = true;
	for (i = 0; i < w->n; i++) {
		bool in_rom = rom && target(w->entry[i]) >> 12 >= FRAMES - 4;

		w->all_a &= in_rom || (m->read(w->entry[i], w->size) & 0x20);
		if (i == w->n - 1)
			w->leaf_d |= in_rom;
	}
}

static int page_shift(const struct model_walk *w)
{
	int per = mode == MMU_32 ? 10 : 9, top = mode == MMU_LONG ? 4 : 2;

	return mode == MMU_REAL ? 12 : 12 + per * (top - w->n);
}

/* index of the current PCID */
static int own(int c)
{
	const struct vcpu *v = &cpu[c].v;
	int p = 0;

	while (v->cr4 & X86_CR4_PCIDE && pcids[p] != (v->cr3 & 0xfff))
		p++;
	return p;
}

/* note what the tables say now */
static void listen(int c)
{
	struct model m = model_of(&cpu[c].v);
	int a, i, p = own(c), *n;

	for (a = 0; a < n_gvas; a++) {
		struct model_walk w = model_lookup(&m, gva[a]);
		struct said s, *old = cpu[c].said[p][a];

		n = &cpu[c].n_said[p][a];
		excuse_rom(&m, &w);
		if (!w.mapped || !w.all_a)
			continue;
		s = (struct said){ target(w.gpa) >> 12, w.may_w, w.may_u, w.may_x, w.leaf_d,
				   page_shift(&w) };
		for (i = 0; i < *n; i++)
			if (old[i].gfn == s.gfn && old[i].w == s.w && old[i].u == s.u &&
			    old[i].x == s.x && old[i].d == s.d && old[i].shift == s.shift)
				break;
		if (i < *n)
			continue;
		if (i == KEPT)
			die("the test remembers too little", c, a, i, 0);
		old[(*n)++] = s;
	}
}

static void listen_all(void)
{
	int c;

	for (c = 0; c < n_cpus; c++)
		listen(c);
}

static void forget_pcid(int c, int p)
{
	memset(cpu[c].n_said[p], 0, sizeof(cpu[c].n_said[p]));
	listen(c);
}

static void forget_all(int c)
{
	memset(cpu[c].n_said, 0, sizeof(cpu[c].n_said));
	listen(c);
}

/* kinds of access that rights give; @wp and the like as in @m */
static unsigned int kinds_of(struct model m, bool w, bool u, bool x, bool d)
{
	unsigned int k = 0;

	m.ac = true;
	k |= model_allows(&m, w, u, x, true, false, false, false) << UR;
	k |= (d && model_allows(&m, w, u, x, true, true, false, false)) << UW;
	k |= model_allows(&m, w, u, x, true, false, true, false) << UX;
	k |= model_allows(&m, w, u, x, false, false, false, false) << SR;
	k |= (d && model_allows(&m, w, u, x, false, true, false, false)) << SW;
	k |= model_allows(&m, w, u, x, false, false, true, false) << SX;
	m.ac = false;
	k |= model_allows(&m, w, u, x, false, false, false, false) << SR0;
	k |= (d && model_allows(&m, w, u, x, false, true, false, false)) << SW0;
	return k;
}

/* the same for what the hardware holds: it has WP set, and paging on */
static unsigned int hw_kinds(const struct model *guest, bool w, bool u, bool x)
{
	struct model m = *guest;

	m.smep &= m.pg;
	m.smap &= m.pg;
	m.wp = true;
	m.pg = true;
	return kinds_of(m, w, u, x, true);
}

static u64 gfn_of_hpa(u64 hpa)
{
	int i;

	for (i = 0; i < FRAMES; i++)
		if (__pa(page_address(frame[i])) >> 12 == hpa >> 12)
			return i;
	return ~0ull;
}

/* may cpu @c make accesses of the kinds @have to gva[@a] -> @hpa? */
static void check_kinds(int c, int a, u64 hpa, unsigned int have, bool w, const char *who)
{
	struct model m = model_of(&cpu[c].v);
	unsigned int may = 0;
	u64 gfn = gfn_of_hpa(hpa);
	struct gpage *gp;
	int i, p = own(c);

	for (i = 0; i < cpu[c].n_said[p][a]; i++) {
		const struct said *s = &cpu[c].said[p][a][i];

		if (s->gfn == gfn)
			may |= kinds_of(m, s->w, s->u, s->x, s->d);
	}
	if (have & ~may)
		die(who, c, a, have << 16 | may, gfn);
	gp = mem_gpage(&vm.mmu, gfn);
	if (!gp->va || gpage_hpa(gp) != (hpa & ~4095ull))
		die("a page that was given up", c, a, hpa, gfn);
	if (w && !gpage_writable(gp))
		die("a protected page can be written", c, a, hpa, gfn);
}

/* the same for a translation with its rights */
static void check_held(int c, int a, u64 hpa, bool w, bool u, bool x, const char *who)
{
	struct model m = model_of(&cpu[c].v);

	check_kinds(c, a, hpa, hw_kinds(&m, w, u, x), w, who);
}

/* --- the processor -------------------------------------------------------------------- */

/* walks the shadow; @touch sets A and, if @write, D */
static bool hw_walk(const struct vcpu *v, u64 la, bool touch, bool write, struct line *out)
{
	int level = v->mmu.shadow_long ? 4 : 3;
	u64 *table, *at[5], e = 0;
	int top = level;

	*out = (struct line){ .w = true, .u = true, .x = true };
	if (v->mmu.root_hpa == INVALID_ROOT)
		return false;
	table = __va(v->mmu.root_hpa);
	for (; level; level--) {
		at[level] = &table[la >> (12 + 9 * (level - 1)) & (level == 3 && top == 3 ? 3 : 511)];
		e = *at[level];
		if (!(e & 1))
			return false;
		if (level < 3 || top == 4) {
			out->w &= e >> 1 & 1;
			out->u &= e >> 2 & 1;
			out->x &= !(e >> 63);
		}
		table = __va(e & PT_ADDR);
	}
	out->valid = true;
	out->hpa = e & PT_ADDR;
	if (touch) {
		for (level = top; level; level--)
			if (level < 3 || top == 4)
				*at[level] |= PT_A;
		if (write)
			*at[1] |= PT_D;
	}
	out->d = *at[1] & PT_D;
	return true;
}

static void serve_requests(struct cpu *c)
{
	int a;

	if (shadow_mmu.load(&c->v))
		die("load", c - cpu, -1, 0, 0);
	if (test_bit(REQ_TLB_FLUSH, &c->v.requests))
		for (a = 0; a < n_gvas; a++)
			c->tlb[a].valid = false;
	c->v.requests = 0;
}

static void check_all(void)
{
	struct line l;
	int c, a;

	listen_all();
	for (c = 0; c < n_cpus; c++) {
		bool flush = test_bit(REQ_TLB_FLUSH, &cpu[c].v.requests);

		for (a = 0; a < n_gvas; a++) {
			if (hw_walk(&cpu[c].v, gva[a], false, false, &l))
				check_held(c, a, l.hpa, l.w, l.u, l.x, "the shadow gives too much");
			if (!flush && cpu[c].tlb[a].valid)
				check_held(c, a, cpu[c].tlb[a].hpa,
					   cpu[c].tlb[a].w && cpu[c].tlb[a].d, cpu[c].tlb[a].u,
					   cpu[c].tlb[a].x, "the TLB was not flushed");
		}
	}
	if (vm.mmu.debt)
		die("a debt", -1, -1, 0, 0);
	if (mmu_audit(&vm))
		die("the audit", -1, -1, 0, 0);
}

/* one try of the hardware; its error code, or -1 */
static int hw_try(struct cpu *c, int a, bool user, bool write, bool fetch, bool ac,
		  bool implicit, u64 *hpa)
{
	struct model m = model_of(&c->v);
	struct line *t = &c->tlb[a], l;

	m.smep &= m.pg;
	m.smap &= m.pg;
	m.wp = true;
	m.pg = true;
	m.ac = ac;
	if (t->valid && (!write || t->d) &&
	    model_allows(&m, t->w, t->u, t->x, user, write, fetch, implicit)) {
		*hpa = t->hpa;
		n_tlb++;
		return -1;
	}
	t->valid = false;
	if (!hw_walk(&c->v, gva[a], false, false, &l))
		return write << 1 | user << 2 | fetch << 4;
	if (!model_allows(&m, l.w, l.u, l.x, user, write, fetch, implicit))
		return 1 | write << 1 | user << 2 | fetch << 4;
	hw_walk(&c->v, gva[a], true, write, t);
	*hpa = t->hpa;
	return -1;
}

static void check_pf(struct cpu *c, int a, bool user, bool write, bool fetch, bool implicit,
		     const struct hv_exception *exc)
{
	struct model m = model_of(&c->v);
	struct model_walk w = model_lookup(&m, gva[a]);

	if (w.mapped && model_allows(&m, w.may_w, w.may_u, w.may_x, user, write, fetch, implicit))
		die("#PF where the guest's tables allow", c - cpu, a, exc->error, 0);
	if (exc->error != model_error(&m, &w, user, write, fetch))
		die("error code", c - cpu, a, exc->error, model_error(&m, &w, user, write, fetch));
}

static void emulate(struct cpu *c, int a, u64 gpa, bool write, const u64 *val, unsigned int off)
{
	struct model m = model_of(&c->v);
	struct model_walk w = model_lookup(&m, gva[a]);
	int ret;

	n_emulated++;
	if (!w.mapped || w.gpa >> 12 != gpa >> 12)
		die("emulation at the wrong gpa", c - cpu, a, gpa, w.gpa);
	if (!write || !val)
		return;
	ret = mem_write(&vm, (gpa & ~4095ull) + off, val, 8);
	if (ret && ret != -ENXIO)
		die("mem_write", c - cpu, a, ret, 0);
}

static unsigned int kind(bool user, bool write, bool fetch, bool ac)
{
	if (user)
		return fetch ? 1 << UX : write ? 1 << UW : 1 << UR;
	if (fetch)
		return 1 << SX;
	return write ? 1 << (ac ? SW : SW0) : 1 << (ac ? SR : SR0);
}

/* the guest makes an access; @val is stored if it is a write and not NULL */
static void use(struct cpu *c, int a, bool user, bool write, bool fetch, const u64 *val,
		   unsigned int off)
{
	/* of a descriptor table, say, at any CPL: EFLAGS.AC does not count then */
	bool ac = chance(50), implicit = !user && !fetch && chance(10);
	struct hv_exception exc;
	u64 hpa, gpa;
	int tries, err;

	c->v.rflags = ac ? X86_EFLAGS_AC : 0;
	cpl_now = user || (implicit && chance(50)) ? 3 : 0;
	c->v.rip = rnd();
	for (tries = 0; tries < 12; tries++) {
		serve_requests(c);
		c->v.stat.exits++;
		err = hw_try(c, a, user, write, fetch, ac, implicit, &hpa);
		if (err < 0) {
			n_ok++;
			check_kinds(c - cpu, a, hpa, kind(user, write, fetch, ac && !implicit), write,
				    "access");
			if (write && val)
				*(u64 *)((char *)__va(hpa) + off) = *val;
			return;
		}
		switch (shadow_mmu.fault(&c->v, gva[a], err, &gpa, &exc)) {
		case MMU_RESUME:
			listen_all();
			continue;
		case MMU_GUEST_FAULT:
			n_faults++;
			check_pf(c, a, user, write, fetch, implicit, &exc);
			return;
		case MMU_EMULATE:
			listen_all();
			emulate(c, a, gpa, write, val, off);
			return;
		default:
			die("error from fault()", c - cpu, a, c->v.error, 0);
		}
	}
	die("no progress", c - cpu, a, err, 0);
}

/* --- the guest ---------------------------------------------------------------------------- */

#define TABLES	14		/* frames 1.. are tables mostly */

static u64 random_pte(void)
{
	static const u64 common = 0x67;
	u64 e = chance(85) ? common : rnd() & 0x67;
	unsigned int frames[] = { 1 + below(TABLES), below(FRAMES), 64 + below(10) };

	if (chance(4))
		e |= 0x80;
	if (chance(90))
		e |= 1;
	if (chance(10) && mode != MMU_32)
		e |= 1ull << 63;
	if (chance(1))
		e |= 1ull << 45;
	e |= (u64)frames[chance(75) ? 0 : chance(90) ? 1 : 2] << 12;
	/* a large page at 0, where memory is */
	if (e & 0x80 && chance(90))
		e &= 0xfff | 1ull << 63;
	return mode == MMU_32 ? (u32)e | rnd() % 2 * 0 : e;
}

/* the entries that lead to the addresses used */
static unsigned int random_offset(void)
{
	static const unsigned int at[] = { 0, 1, 2, 3, 511 };
	unsigned int i = at[below(ARRAY_SIZE(at))];

	if (mode == MMU_32)
		return chance(20) ? 2048 + (i & ~1) * 4 : (i & ~1) * 4;
	return i * 8;
}

static u64 random_word(void)
{
	return mode == MMU_32 ? (u32)random_pte() | random_pte() << 32 : random_pte();
}

static void seed_tables(void)
{
	unsigned int i, k;

	for (i = 1; i <= TABLES; i++)
		for (k = 0; k < 6; k++)
			*(u64 *)ram((u64)i << 12 | random_offset()) = random_word();
}

static void choose_gvas(void)
{
	static const u64 l3[] = { 0, 1 }, l2[] = { 0, 1, 2 }, l1[] = { 0, 1, 2, 3, 511 };
	unsigned int i, j, k, n = 0;

	for (i = 0; i < 2; i++)
		for (j = 0; j < 3; j++)
			for (k = 0; k < 5; k++) {
				gva[n] = l3[i] << 30 | l2[j] << 21 | l1[k] << 12;
				if (mode == MMU_LONG && n % 3 == 0)
					gva[n] |= 1ull << 39;
				n++;
			}
	n_gvas = n;
}

static void set_controls(struct cpu *c)
{
	struct vcpu *v = &c->v;

	v->cr0 = X86_CR0_PE | (mode ? X86_CR0_PG : 0) | (chance(70) ? X86_CR0_WP : 0);
	v->cr4 = (mode >= MMU_PAE ? X86_CR4_PAE : 0) | (chance(70) ? X86_CR4_PSE : 0) |
		 (chance(50) ? X86_CR4_SMEP : 0) | (chance(40) ? X86_CR4_SMAP : 0);
	v->efer = (mode == MMU_LONG ? EFER_LMA | EFER_LME : 0) | (chance(80) ? EFER_NX : 0);
	if (mode == MMU_LONG && (travels || chance(70)))
		v->cr4 |= X86_CR4_PCIDE;
	v->cr3 &= ~0xfffull;
	shadow_mmu.reset(v);
	forget_all(c - cpu);
}

static void guest_store(struct cpu *c)
{
	u64 val = random_word();

	use(c, below(n_gvas), chance(30), true, false, &val, random_offset());
}

static void host_store(void)
{
	u64 val = random_word(), gpa = (u64)(1 + below(TABLES)) << 12 | random_offset(), old;
	bool swapped;

	old = *(u64 *)ram(gpa);
	if (chance(50) ? mem_write(&vm, gpa, &val, 8) :
			 mem_cmpxchg(&vm, gpa, &old, &val, 8, &swapped))
		die("mem_write", -1, -1, gpa, 0);
}

static void invalidate(void)
{
	u64 start = (u64)below(FRAMES) << 12, end = start + ((u64)below(6) << 12);
	u64 i;

	vm_invalidate_begin(&vm, start, end);
	check_all();
	/* what was there is gone, and another page has its contents now */
	for (i = start >> 12; i < end >> 12 && i < FRAMES; i++) {
		struct page *p = shim_alloc();

		memcpy(page_address(p), page_address(frame[i]), PAGE_SIZE);
		if (frame[i]->refs != 1)
			die("a reference is left", -1, -1, i, frame[i]->refs);
		put_page(frame[i]);
		frame[i] = p;
	}
	vm_invalidate_end(&vm, start, end);
}

/*
 * INVLPG ends all translations of the page that holds the address, large or not; and as each
 * might be a global one, those of all PCIDs
 */
static void invlpg(struct cpu *c)
{
	int a = below(n_gvas), b, i, left, p;

	serve_requests(c);
	shadow_mmu.invlpg(&c->v, gva[a]);
	for (p = 0; p < PCIDS; p++)
		for (b = 0; b < n_gvas; b++) {
			struct said *s = c->said[p][b];

			for (i = left = 0; i < c->n_said[p][b]; i++)
				if (gva[a] >> s[i].shift != gva[b] >> s[i].shift)
					s[left++] = s[i];
			c->n_said[p][b] = left;
		}
	listen(c - cpu);
}

static void pressure(void)
{
	struct shrink_control sc = { .nr_to_scan = below(40) };

	reclaim_scan(NULL, &sc);
	mmu_lock(&vm);
	if (chance(50))
		page_reclaim(&vm, below(4));
	mmu_unlock(&vm);
}

static void set_map(void)
{
	bool now_rom = rom = chance(50);
	struct mem_region r[] = {
		{ .size = (FRAMES - 4) << 12, .type = MEM_RAM },
		{ .gpa = (FRAMES - 4) << 12, .size = 4 << 12, .type = now_rom ? MEM_ROM : MEM_RAM },
		{ .gpa = 64 << 12, .size = 8 << 12, .type = MEM_ALIAS, .target = 0 },
	};

	if (vm_set_map(&vm, r, 3))
		die("vm_set_map", -1, -1, 0, 0);
}

#include "mmu-dirty.h"
#include "mmu-pcid.h"

static void step(void)
{
	struct cpu *c = &cpu[below(n_cpus)];
	unsigned int what = below(1000), kindof;

	steps++;
	if (travels && what < 500) {
		doing = "excursion";
		excursion(c);
	} else if (what < 520) {
		doing = "access";
		kindof = below(10);
		use(c, below(n_gvas), chance(40), kindof < 4, kindof == 4, NULL, 0);
	} else if (what < 800) {
		doing = "guest store";
		guest_store(c);
	} else if (what < 830) {
		doing = "host store";
		host_store();
	} else if (what < 900) {
		doing = "invlpg";
		invlpg(c);
	} else if (what < 940) {
		doing = "cr3";
		load_cr3(c);
	} else if (what < 955) {
		doing = "excursion";
		excursion(c);
	} else if (what < 960) {
		doing = "invpcid";
		if (mode != MMU_PAE)
			invpcid(c);
	} else if (what < 970) {
		doing = "flush";
		flush_all(c);
	} else if (what < 980) {
		doing = "invalidate";
		invalidate();
	} else if (what < 990) {
		doing = "pressure";
		pressure();
	} else if (what < 993) {
		doing = "dirty log";
		dirty_log();
	} else if (what < 999) {
		doing = "controls";
		set_controls(c);
		if (mode == MMU_PAE)
			load_cr3(c);
	} else {
		doing = "map";
		set_map();
	}
	check_all();
}

static void world_up(void)
{
	int c;

	memset(&vm, 0, sizeof(vm));
	memset(cpu, 0, sizeof(cpu));
	guest_mem_init(&vm, &backing);
	if (mmu_vm_init(&vm))
		abort();
	vm.mmu.max_pages = 40;
	set_map();
	vm.n_vcpus = n_cpus;
	for (c = 0; c < n_cpus; c++) {
		cpu[c].v.vm = &vm;
		vm.vcpu[c] = &cpu[c].v;
		if (mmu_vcpu_init(&cpu[c].v))
			abort();
		set_controls(&cpu[c]);
		load_cr3(&cpu[c]);
	}
}

static void world_down(void)
{
	int c, i;

	if (logging)
		vm_dirty_stop(&vm);
	logging = false;
	for (c = 0; c < n_cpus; c++)
		mmu_vcpu_destroy(&cpu[c].v);
	mmu_vm_destroy(&vm);
	if (vm.mmu.n_pages)
		die("shadow pages are left", -1, -1, vm.mmu.n_pages, 0);
	guest_mem_destroy(&vm);
	for (i = 0; i < FRAMES; i++)
		if (frame[i]->refs != 1)
			die("references are left", -1, -1, i, frame[i]->refs);
	if (shim_n_free != SHIM_PAGES - FRAMES)
		die("pages are lost", -1, -1, shim_n_free, 0);
}

static void run(int m, int cpus, int rounds, int n)
{
	static const char *const names[] = { "no paging", "32-bit", "PAE", "4-level" };
	char text[120];
	struct vm_stat sum = {};

	mode = m;
	n_cpus = cpus;
	n_ok = n_faults = n_emulated = n_tlb = n_kept = n_quick = 0;
	choose_gvas();
	while (rounds--) {
		int i;

		seed_tables();
		world_up();
		for (i = 0; i < n; i++)
			step();
		sum.unsync += vm.mmu.stat.unsync;
		sum.flooded += vm.mmu.stat.flooded;
		sum.prefetched += vm.mmu.stat.prefetched;
		sum.shadow_recycled += vm.mmu.stat.shadow_recycled;
		sum.reclaimed += vm.mmu.stat.reclaimed;
		world_down();
	}
	printf("# %llu done, %llu by TLB, %llu #PF, %llu emulated, %llu opened, %llu flooded, %llu prefetched, %llu recycled, %llu reclaimed\n",
	       (unsigned long long)n_ok, (unsigned long long)n_tlb, (unsigned long long)n_faults,
	       (unsigned long long)n_emulated, (unsigned long long)sum.unsync,
	       (unsigned long long)sum.flooded, (unsigned long long)sum.prefetched,
	       (unsigned long long)sum.shadow_recycled, (unsigned long long)sum.reclaimed);
	if (n_kept)
		printf("# %llu loads of CR3 that compared nothing\n", (unsigned long long)n_kept);
	if (m == MMU_LONG && !n_quick)
		die("no load of CR3 was a quick one", -1, -1, 0, 0);
	printf("# %llu that took the short way\n", (unsigned long long)n_quick);
	printf("# %llu pages found written, %llu not\n", (unsigned long long)n_noted,
	       (unsigned long long)n_unnoted);
	snprintf(text, sizeof(text), "shadow of %s%s, %d vCPU%s", names[m],
		 travels ? " with PCIDs" : "", cpus, cpus > 1 ? "s" : "");
	tap(true, text);
}

int main(int argc, char **argv)
{
	int m, scale = argc > 2 ? atoi(argv[2]) : 1;

	seed_from(argc, argv);
	frames_setup();
	if (mmu_module_init())
		abort();
	printf("1..10\n");
	for (m = MMU_REAL; m <= MMU_LONG; m++) {
		run(m, 1, (m ? 18 : 3) * scale, 1500);
		run(m, 2, (m ? 18 : 3) * scale, 1500);
	}
	travels = true;
	run(MMU_LONG, 1, 12 * scale, 1000);
	run(MMU_LONG, 2, 12 * scale, 1000);
	mmu_module_exit();
	return !!tap_failed;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-shadow.c: loads of CR3, with PCIDs and without, and INVPCID. What the tables said is
 * remembered for each PCID apart, and forgotten when that is flushed.
 */
static void write_cr3(struct cpu *c, u64 cr3, bool keep)
{
	const struct kept_cr3 *k;
	u64 old = c->v.cr3;
	bool done;

	for (k = c->v.mmu.kept; keep && k < c->v.mmu.kept + KEPT_CR3S; k++)
		n_kept += k->cr3 == cr3 && k->news == vm.mmu.news;
	done = chance(50) && mmu_quick_cr3(&c->v, cr3, keep);
	n_quick += done;
	if (!done)
		c->v.cr3 = cr3;
	if (!done && (c->v.cr4 & X86_CR4_PCIDE))
		shadow_mmu.new_pcid(&c->v, old, keep);
	else if (!done)
		shadow_mmu.new_cr3(&c->v);
	if (keep)
		listen(c - cpu);
	else
		forget_pcid(c - cpu, own(c - cpu));
}

/* the four pointers are in frame 15, made afresh */
static u64 new_pdptes(struct cpu *c)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u64 pdpte = (u64)(1 + below(6)) << 12 | chance(90);

		if (mem_write(&vm, (15 << 12) + 8 * i, &pdpte, 8))
			die("mem_write", c - cpu, -1, i, 0);
	}
	listen_all();
	if (!mmu_load_pdptrs(&c->v, 15 << 12))
		die("mmu_load_pdptrs", c - cpu, -1, 0, 0);
	return 15 << 12;
}

static void flush_all(struct cpu *c)
{
	shadow_mmu.flush_all(&c->v);
	forget_all(c - cpu);
}

static void load_cr3(struct cpu *c)
{
	bool pcide = c->v.cr4 & X86_CR4_PCIDE;
	u64 cr3 = (u64)(chance(95) ? 1 + below(4) : 64 + below(6)) << 12;

	/* tables that are not written for a while are closed, one at a flush */
	if (chance(20))
		for (int i = 0; i < 100 && !list_empty(&vm.mmu.open); i++)
			flush_all(c);
	if (mode == MMU_PAE)
		cr3 = new_pdptes(c);
	if (pcide)
		cr3 |= pcids[below(PCIDS)];
	write_cr3(c, cr3, pcide && chance(70));
}

/* INVPCID of a whole PCID, as cr_invpcid() has it */
static void invpcid(struct cpu *c)
{
	int p = c->v.cr4 & X86_CR4_PCIDE ? below(PCIDS) : 0;

	if (p == own(c - cpu))
		shadow_mmu.new_pcid(&c->v, c->v.cr3, false);
	else
		shadow_mmu.flush_pcid(&c->v, pcids[p]);
	forget_pcid(c - cpu, p);
}

/* the last entry on the way to an address becomes another one */
static void change(struct cpu *c, int a)
{
	struct model m = model_of(&c->v);
	struct model_walk w = model_lookup(&m, gva[a]);
	u64 val = random_pte() | 0x61;

	if (w.mapped && mem_write(&vm, w.entry[w.n - 1], &val, w.size) && !rom)
		die("mem_write", c - cpu, a, 0, 0);
}

/*
 * To another CR3 and back, with little in between, most of it about one address: nothing may
 * have to be compared then, or much.
 */
static void excursion(struct cpu *c)
{
	u64 home = c->v.cr3, root = (u64)(1 + below(4)) << 12;
	unsigned int n = below(8), what;
	int place = below(n_gvas), a;

	if (!(c->v.cr4 & X86_CR4_PCIDE))
		return;
	if (chance(50))
		root = home & ~0xfffull;
	write_cr3(c, root | (chance(50) ? home & 0xfff : pcids[below(PCIDS)]), chance(60));
	while (n--) {
		what = below(20);
		a = chance(80) ? place : (int)below(n_gvas);
		if (what < 7)
			change(c, a);
		else if (what < 12)
			use(c, a, false, chance(30), false, NULL, 0);
		else if (what < 13)
			guest_store(c);
		else if (what < 15)
			invpcid(c);
		else if (what < 16)
			invlpg(c);
		else if (what < 19)
			write_cr3(c, root | pcids[below(PCIDS)], chance(50));
		else
			flush_all(c);
		check_all();
	}
	write_cr3(c, chance(80) ? home : (home & ~0xfffull) | pcids[below(PCIDS)], chance(90));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page walk as the manual tells it (SDM vol. 3, chapter 4), written from the
 * text and not from walk.c: recursive, one function a paging mode and level,
 * bits named by number. Slow, and meant to be checked against the manual by eye.
 */
struct model {
	bool wp, pse, pae, lma, nxe, smep, smap, pg, ac;
	u64 cr3, pdptr[4];
	unsigned int maxphyaddr;
	u64 (*read)(u64 gpa, unsigned int bytes);
};

struct model_walk {
	bool mapped;		/* a translation exists (rights aside) */
	u64 gpa;
	bool may_w, may_u, may_x;	/* all entries have R/W, U/S; none has XD */
	bool reserved;
	int n;			/* entries used */
	u64 entry[4];		/* their gpas, the last maps the page */
	unsigned int size;
	bool all_a, leaf_d;
};

#define B(v, n)		((v) >> (n) & 1)
#define BITS(v, h, l)	((v) >> (l) & ((2ull << ((h) - (l))) - 1))

static u64 model_entry(const struct model *m, struct model_walk *w, u64 gpa, unsigned int bytes)
{
	u64 e = m->read(gpa, bytes);

	if (!B(e, 0))
		return 0;
	w->entry[w->n++] = gpa;
	w->size = bytes;
	w->may_w &= B(e, 1);
	w->may_u &= B(e, 2);
	w->all_a &= B(e, 5);
	w->leaf_d = B(e, 6);
	return e;
}

static void model_done(struct model_walk *w, u64 gpa)
{
	w->mapped = true;
	w->gpa = gpa;
}

/* 4.3: 32-bit paging */
static void model_32(const struct model *m, struct model_walk *w, u32 la)
{
	u64 pde, pte;

	pde = model_entry(m, w, BITS(m->cr3, 31, 12) << 12 | BITS(la, 31, 22) << 2, 4);
	if (!pde)
		return;
	if (m->pse && B(pde, 7)) {	/* table 4-4 */
		unsigned int high = m->maxphyaddr < 40 ? m->maxphyaddr : 40;

		if (BITS(pde, 21, high - 32 + 13)) {
			w->reserved = true;
			return;
		}
		model_done(w, BITS(pde, 20, 13) << 32 | BITS(pde, 31, 22) << 22 | BITS(la, 21, 0));
		return;
	}
	pte = model_entry(m, w, BITS(pde, 31, 12) << 12 | BITS(la, 21, 12) << 2, 4);
	if (pte)
		model_done(w, BITS(pte, 31, 12) << 12 | BITS(la, 11, 0));
}

/* XD, and the address bits beyond MAXPHYADDR; software has 62:52 in 4-level only */
static bool model_wide_rsvd(const struct model *m, struct model_walk *w, u64 e, unsigned int top)
{
	if (B(e, 63)) {
		if (!m->nxe)
			return true;
		w->may_x = false;
	}
	return BITS(e, top, m->maxphyaddr);
}

static void model_pt(const struct model *m, struct model_walk *w, u64 la, u64 table,
		     unsigned int top)
{
	u64 pte = model_entry(m, w, table | BITS(la, 20, 12) << 3, 8);

	if (!pte)
		return;
	if (model_wide_rsvd(m, w, pte, top))
		w->reserved = true;
	else
		model_done(w, BITS(pte, m->maxphyaddr - 1, 12) << 12 | BITS(la, 11, 0));
}

static void model_pd(const struct model *m, struct model_walk *w, u64 la, u64 table,
		     unsigned int top)
{
	u64 pde = model_entry(m, w, table | BITS(la, 29, 21) << 3, 8);

	if (!pde)
		return;
	if (model_wide_rsvd(m, w, pde, top) || (B(pde, 7) && BITS(pde, 20, 13)))
		w->reserved = true;
	else if (B(pde, 7))
		model_done(w, BITS(pde, m->maxphyaddr - 1, 21) << 21 | BITS(la, 20, 0));
	else
		model_pt(m, w, la, BITS(pde, m->maxphyaddr - 1, 12) << 12, top);
}

static void model_pdpt(const struct model *m, struct model_walk *w, u64 la, u64 table)
{
	u64 pdpte = model_entry(m, w, table | BITS(la, 38, 30) << 3, 8);

	if (!pdpte)
		return;
	if (model_wide_rsvd(m, w, pdpte, 51) || (B(pdpte, 7) && BITS(pdpte, 29, 13)))
		w->reserved = true;
	else if (B(pdpte, 7))
		model_done(w, BITS(pdpte, m->maxphyaddr - 1, 30) << 30 | BITS(la, 29, 0));
	else
		model_pd(m, w, la, BITS(pdpte, m->maxphyaddr - 1, 12) << 12, 51);
}

static void model_pml4(const struct model *m, struct model_walk *w, u64 la)
{
	u64 e = model_entry(m, w, BITS(m->cr3, m->maxphyaddr - 1, 12) << 12 |
				  BITS(la, 47, 39) << 3, 8);

	if (!e)
		return;
	if (model_wide_rsvd(m, w, e, 51) || B(e, 7))
		w->reserved = true;
	else
		model_pdpt(m, w, la, BITS(e, m->maxphyaddr - 1, 12) << 12);
}

static struct model_walk model_lookup(const struct model *m, u64 la)
{
	struct model_walk w = { .may_w = true, .may_u = true, .may_x = true, .all_a = true };

	if (!m->pg) {
		w.leaf_d = true;
		model_done(&w, (u32)la);
	} else if (m->lma) {
		model_pml4(m, &w, la);
	} else if (m->pae) {
		u64 pdpte = m->pdptr[BITS(la, 31, 30)];

		if (B(pdpte, 0))
			model_pd(m, &w, (u32)la, BITS(pdpte, m->maxphyaddr - 1, 12) << 12, 62);
	} else {
		model_32(m, &w, la);
	}
	return w;
}

/* 4.6.1: may this access be made, given a translation and its rights? */
static bool model_allows(const struct model *m, bool w, bool u, bool x,
			 bool user, bool write, bool fetch, bool implicit)
{
	if (!m->pg)
		return true;
	if (user) {
		if (!u)
			return false;
		if (fetch)
			return x;
		return write ? w : true;
	}
	if (fetch)
		return u && m->smep ? false : x;
	/* supervisor data access to a user page: SMAP unless explicit and AC */
	if (u && m->smap && (implicit || !m->ac))
		return false;
	return !write || w || !m->wp;
}

/* 4.7: the error code of an access that faults */
static u32 model_error(const struct model *m, const struct model_walk *w,
		       bool user, bool write, bool fetch)
{
	return (w->mapped || w->reserved) | write << 1 | user << 2 | w->reserved << 3 |
	       (fetch && (m->smep || (m->nxe && (m->pae || m->lma)))) << 4;
}

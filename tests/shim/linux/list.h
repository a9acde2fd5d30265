/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_LIST_H
#define KVMFS_SHIM_LINUX_LIST_H

#include <linux/container_of.h>
#include <linux/types.h>

#define LIST_HEAD_INIT(h)	{ &(h), &(h) }
#define LIST_HEAD(h)		struct list_head h = LIST_HEAD_INIT(h)
#define list_entry(p, t, m)	container_of(p, t, m)
#define list_first_entry(h, t, m) list_entry((h)->next, t, m)
#define list_for_each_entry(p, h, m)						\
	for (p = list_entry((h)->next, __typeof__(*p), m); &p->m != (h);	\
	     p = list_entry(p->m.next, __typeof__(*p), m))
#define list_for_each_entry_safe(p, n, h, m)					\
	for (p = list_entry((h)->next, __typeof__(*p), m),			\
	     n = list_entry(p->m.next, __typeof__(*p), m); &p->m != (h);	\
	     p = n, n = list_entry(n->m.next, __typeof__(*p), m))

static inline void INIT_LIST_HEAD(struct list_head *h) { h->next = h->prev = h; }
static inline bool list_empty(const struct list_head *h) { return h->next == h; }

static inline void list_add(struct list_head *e, struct list_head *h)
{
	e->next = h->next;
	e->prev = h;
	h->next->prev = e;
	h->next = e;
}

static inline void list_add_tail(struct list_head *e, struct list_head *h) { list_add(e, h->prev); }

static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->next = e->prev = NULL;
}

static inline void list_del_init(struct list_head *e) { list_del(e); INIT_LIST_HEAD(e); }

static inline void list_move(struct list_head *e, struct list_head *h)
{
	list_del(e);
	list_add(e, h);
}

static inline void list_move_tail(struct list_head *e, struct list_head *h)
{
	list_del(e);
	list_add_tail(e, h);
}

#define hlist_entry(p, t, m)	container_of(p, t, m)
#define hlist_entry_safe(p, t, m) ({ struct hlist_node *_p = (p); _p ? hlist_entry(_p, t, m) : NULL; })
#define hlist_for_each_entry(p, h, m)						\
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), m); p;		\
	     p = hlist_entry_safe(p->m.next, __typeof__(*p), m))

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (n->next)
		n->next->pprev = &n->next;
	h->first = n;
	n->pprev = &h->first;
}

static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
}

#endif

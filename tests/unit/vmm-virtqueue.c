// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools/vmm/virtio/queue.c: rings of an honest driver, whose buffers must come out as
 * they were put in, and rings of a hostile one: random bytes, and good rings with some
 * of their bytes changed. Guest memory is two allocations, so that ASan sees each byte
 * that is touched outside of it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/vmm/virtio/queue.c"
#include "vmm-tap.h"

#define LOW	0x20000ull
#define HIGH	0x8000ull
#define FOUR_G	(1ull << 32)

#define DESC	0x1000ull
#define AVAIL	0x3000ull
#define USED	0x4000ull
#define TABLE	0x6000ull	/* indirect tables */
#define BUFFERS	0x10000ull

static struct vmm vm;

void *vmm_ram(const struct vmm *machine, u64 gpa, u64 size)
{
	if (gpa < LOW)
		return size <= LOW - gpa ? machine->ram_low + gpa : NULL;
	if (gpa < FOUR_G || gpa - FOUR_G >= HIGH)
		return NULL;
	return size <= HIGH - (gpa - FOUR_G) ? machine->ram_high + (gpa - FOUR_G) : NULL;
}

static struct vring_desc *desc_at(u64 table, u32 i)
{
	return (struct vring_desc *)(vm.ram_low + table) + i;
}

static struct vring_avail *avail(void)
{
	return (struct vring_avail *)(vm.ram_low + AVAIL);
}

static struct vring_used *used(void)
{
	return (struct vring_used *)(vm.ram_low + USED);
}

static void queue_init(struct virtq *q, u16 size, u64 features)
{
	memset(vm.ram_low, 0, LOW);
	memset(q, 0, sizeof(*q));
	q->size = size;
	q->desc_addr = DESC;
	q->avail_addr = AVAIL;
	q->used_addr = USED;
	q->enabled = true;
	if (virtq_start(q, &vm, features))
		printf("# %s\n", q->wrong);
}

static void offer(u16 head, u16 size)
{
	avail()->ring[avail()->idx % size] = head;
	avail()->idx++;
}

/* --- an honest driver ----------------------------------------------------------------- */

struct model {
	u64 addr[VIRTQ_MAX];
	u32 len[VIRTQ_MAX];
	unsigned int out, in;
};

static void fill(struct vring_desc *desc, struct model *m, unsigned int i)
{
	m->len[i] = rnd(2000);
	m->addr[i] = rnd(4) ? BUFFERS + rnd(LOW - BUFFERS - 2000) : FOUR_G + rnd(HIGH - 2000);
	desc->addr = m->addr[i];
	desc->len = m->len[i];
	desc->flags = i >= m->out ? VRING_DESC_F_WRITE : 0;
}

/* A chain of descriptors in a random order; the tail of it in an indirect table, or not */
static u16 build(struct virtq *q, struct model *m, bool table)
{
	unsigned int total, direct, i;
	u16 order[VIRTQ_MAX], t;

	total = 1 + rnd(q->size);
	m->out = rnd(total + 1);
	m->in = total - m->out;
	direct = table ? rnd(total) : total;
	for (i = 0; i < q->size; i++)
		order[i] = i;
	for (i = 0; i < q->size; i++) {
		unsigned int j = rnd(q->size);

		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	for (i = 0; i < direct; i++) {
		fill(desc_at(DESC, order[i]), m, i);
		desc_at(DESC, order[i])->next = order[(i + 1) % q->size];
		if (i + 1 < total)
			desc_at(DESC, order[i])->flags |= VRING_DESC_F_NEXT;
	}
	if (direct == total)
		return order[0];
	*desc_at(DESC, order[direct]) = (struct vring_desc){
		.addr = TABLE, .len = 16 * (total - direct), .flags = VRING_DESC_F_INDIRECT,
	};
	for (i = direct; i < total; i++) {
		fill(desc_at(TABLE, i - direct), m, i);
		desc_at(TABLE, i - direct)->next = i - direct + 1;
		if (i + 1 < total)
			desc_at(TABLE, i - direct)->flags |= VRING_DESC_F_NEXT;
	}
	return order[0];
}

static bool same(const struct virtq_chain *c, const struct model *m)
{
	u64 out = 0, in = 0;
	unsigned int i;

	if (c->out_count != m->out || c->in_count != m->in)
		return false;
	for (i = 0; i < m->out + m->in; i++) {
		if (c->iov[i].iov_base != vmm_ram(&vm, m->addr[i], m->len[i]) ||
		    c->iov[i].iov_len != m->len[i])
			return false;
		*(i < m->out ? &out : &in) += m->len[i];
	}
	return c->out_size == out && c->in_size == in;
}

static void honest(void)
{
	static const u16 sizes[] = { 1, 2, 8, 128, 256 };
	bool chains = true, back = true, none = true;
	struct virtq_chain c;
	struct model m;
	struct virtq q;
	unsigned int s, n;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		queue_init(&q, sizes[s], 1ull << VIRTIO_RING_F_INDIRECT_DESC);
		avail()->idx = 0;
		for (n = 0; n < 70000 / sizes[s]; n++) {
			u16 head = build(&q, &m, n % 2);
			u32 slot = used()->idx % q.size;

			none &= !virtq_pop(&q, &c) && !q.wrong;
			offer(head, q.size);
			chains &= virtq_pop(&q, &c) && c.head == head && same(&c, &m);
			virtq_push(&q, head, n);
			back &= used()->idx == (u16)(n + 1) && used()->ring[slot].id == head &&
				used()->ring[slot].len == n;
		}
	}
	ok(chains, "chains come as the driver made them, direct and indirect");
	ok(none, "and none when there is none");
	ok(back, "they are given back in order, also as the counts wrap");
}

/* --- what the driver must not do -------------------------------------------------------- */

struct mistake {
	const char *what;
	u64 features;
	struct vring_desc desc[3], table[2];
};

#define IND	(1ull << VIRTIO_RING_F_INDIRECT_DESC)
#define NEXT	VRING_DESC_F_NEXT
#define WRITE	VRING_DESC_F_WRITE
#define INDIRECT	VRING_DESC_F_INDIRECT

static const struct mistake mistakes[] = {
	{ "a chain that is a loop", IND, { { BUFFERS, 1, NEXT, 1 }, { BUFFERS, 1, NEXT, 0 } } },
	{ "a descriptor that follows itself", IND, { { BUFFERS, 1, NEXT, 0 } } },
	{ "a next descriptor outside of the table", IND, { { BUFFERS, 1, NEXT, 4 } } },
	{ "a buffer outside of memory", IND, { { LOW, 1, 0, 0 } } },
	{ "a buffer that hangs over the end", IND, { { LOW - 1, 2, 0, 0 } } },
	{ "a buffer whose end wraps around", IND, { { ~0ull - 4, 16, 0, 0 } } },
	{ "a buffer in the high memory's end", IND, { { FOUR_G + HIGH - 1, 2, WRITE, 0 } } },
	{ "a buffer of 4 GiB", IND, { { 0, ~0u, 0, 0 } } },
	{ "reading after writing", IND, { { BUFFERS, 1, WRITE | NEXT, 1 }, { BUFFERS, 1, 0, 0 } } },
	{ "an indirect table that was not negotiated", 0, { { TABLE, 16, INDIRECT, 0 } },
	  { { BUFFERS, 1, 0, 0 } } },
	{ "an indirect table with another behind", IND,
	  { { TABLE, 16, INDIRECT | NEXT, 1 }, { BUFFERS, 1, 0, 0 } }, { { BUFFERS, 1, 0, 0 } } },
	{ "an indirect table in an indirect table", IND, { { TABLE, 16, INDIRECT, 0 } },
	  { { TABLE, 16, INDIRECT, 0 } } },
	{ "an indirect table that is a loop", IND, { { TABLE, 32, INDIRECT, 0 } },
	  { { BUFFERS, 1, NEXT, 1 }, { BUFFERS, 1, NEXT, 0 } } },
	{ "an empty indirect table", IND, { { TABLE, 0, INDIRECT, 0 } } },
	{ "an indirect table with half a descriptor", IND, { { TABLE, 24, INDIRECT, 0 } } },
	{ "an indirect table outside of memory", IND, { { LOW - 16, 32, INDIRECT, 0 } } },
	{ "a next descriptor outside of the indirect table", IND, { { TABLE, 16, INDIRECT, 0 } },
	  { { BUFFERS, 1, NEXT, 1 } } },
};

static bool refused(const struct mistake *mistake)
{
	struct virtq_chain c;
	struct virtq q;

	queue_init(&q, 4, mistake->features);
	memcpy(desc_at(DESC, 0), mistake->desc, sizeof(mistake->desc));
	memcpy(desc_at(TABLE, 0), mistake->table, sizeof(mistake->table));
	offer(0, q.size);
	if (virtq_pop(&q, &c) || !q.wrong)
		return false;
	*desc_at(DESC, 0) = (struct vring_desc){ BUFFERS, 1, 0, 0 };
	return !virtq_pop(&q, &c) && !virtq_listen(&q, true);
}

static void wrong_chains(void)
{
	struct virtq_chain c;
	struct virtq q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++)
		ok(refused(&mistakes[i]), mistakes[i].what);
	queue_init(&q, 4, IND);
	offer(4, q.size);
	ok(!virtq_pop(&q, &c) && q.wrong, "a head outside of the table");
	queue_init(&q, 4, IND);
	avail()->idx = 5;
	ok(!virtq_pop(&q, &c) && q.wrong, "more chains than descriptors");
	queue_init(&q, 4, IND);
	*desc_at(DESC, 0) = (struct vring_desc){ BUFFERS, 0, 0, 0 };
	offer(0, q.size);
	ok(virtq_pop(&q, &c) && !c.out_size, "a buffer without bytes is none");
}

static bool starts(u32 size, u64 desc, u64 avail_addr, u64 used_addr)
{
	struct virtq q = { .size = size, .desc_addr = desc, .avail_addr = avail_addr,
			   .used_addr = used_addr, .enabled = true };

	return !virtq_start(&q, &vm, 0) && !q.wrong;
}

static void wrong_rings(void)
{
	ok(starts(256, DESC, AVAIL, USED), "rings in memory are taken");
	ok(starts(2, LOW - 32, LOW - 10, LOW - 24), "... and at its end");
	ok(!starts(2, LOW - 16, AVAIL, USED), "descriptors hang over the end");
	ok(!starts(2, DESC, LOW - 8, USED), "the driver's ring does");
	ok(!starts(2, DESC, AVAIL, LOW - 20), "the device's ring does");
	ok(!starts(0, DESC, AVAIL, USED) && !starts(3, DESC, AVAIL, USED) &&
	   !starts(512, DESC, AVAIL, USED), "sizes 0, 3 and 512");
	ok(!starts(2, DESC + 8, AVAIL, USED) && !starts(2, DESC, AVAIL + 1, USED) &&
	   !starts(2, DESC, AVAIL, USED + 2), "alignment");
	ok(!starts(2, ~0ull << 4, AVAIL, USED), "at the end of the address space");
}

/* --- random bytes ------------------------------------------------------------------------ */

/* Touch every byte as devices do: read a header, write the rest, and the last byte */
static void use(struct virtq *q, struct virtq_chain *c)
{
	static u8 buf[65536];
	u8 *last;
	u32 n;

	n = chain_read(c, buf, rnd(64));
	while (chain_read(c, buf, sizeof(buf)) == sizeof(buf))
		;
	last = chain_last(c);
	if (last)
		*last = 1;
	n = chain_write(c, buf, rnd(512));
	while (chain_write(c, buf, sizeof(buf)) == sizeof(buf))
		;
	virtq_push(q, c->head, n);
}

static void scribble(u64 from, u64 size)
{
	while (size--)
		vm.ram_low[from++] = rnd(256);
}

/* A plausible descriptor: one in some of its fields is not */
static void mangle(struct vring_desc *desc, u32 size)
{
	desc->addr = rnd(8) ? rnd(LOW) : (u64)rnd(~0u) << rnd(40);
	desc->len = rnd(8) ? rnd(4096) : rnd(~0u);
	desc->flags = rnd(64) ? rnd(3) : rnd(65536);
	if (!rnd(4)) {
		desc->flags = INDIRECT;
		desc->addr = rnd(16) ? TABLE : desc->addr;
		desc->len = 16 * rnd(64);
	}
	desc->next = rnd(16) ? rnd(size) : rnd(65536);
}

static unsigned int hostile_round(unsigned int round)
{
	u16 size = 1 << rnd(9);
	struct virtq_chain c;
	unsigned int got = 0, i;
	struct virtq q;

	queue_init(&q, size, IND | (u64)rnd(2) << VIRTIO_RING_F_EVENT_IDX);
	if (round % 4 == 0)
		scribble(DESC, 16 * size);
	for (i = 0; round % 4 && i < size; i++)
		mangle(desc_at(DESC, i), size);
	for (i = 0; i < 64; i++)
		mangle(desc_at(TABLE, i), 64);
	for (i = 0; i < size; i++)
		avail()->ring[i] = rnd(32) ? rnd(size) : rnd(65536);
	avail()->idx = rnd(16) ? rnd(size + 1) : rnd(65536);
	for (i = 0; i < 400 && virtq_pop(&q, &c); i++) {
		got++;
		use(&q, &c);		/* which may write into the rings */
		virtq_must_interrupt(&q);
		virtq_listen(&q, rnd(2));
	}
	return got;
}

static void hostile(void)
{
	unsigned int got = 0, i;

	for (i = 0; i < 20000; i++)
		got += hostile_round(i);
	printf("# %u chains\n", got);
	ok(got > 10000, "random rings hurt nobody, and many chains of them are good");
}

/* --- who is told when --------------------------------------------------------------------- */

static void telling(void)
{
	struct virtq_chain c;
	struct virtq q;

	queue_init(&q, 4, 0);
	ok(!virtq_must_interrupt(&q), "nothing was pushed: no interrupt");
	virtq_push(&q, 0, 0);
	ok(virtq_must_interrupt(&q) && !virtq_must_interrupt(&q), "one for a push");
	avail()->flags = VRING_AVAIL_F_NO_INTERRUPT;
	virtq_push(&q, 0, 0);
	ok(!virtq_must_interrupt(&q), "none if the driver wants none");
	virtq_listen(&q, false);
	ok(used()->flags == VRING_USED_F_NO_NOTIFY, "the driver need not tell");
	ok(!virtq_listen(&q, true) && !used()->flags, "it shall again");
	*desc_at(DESC, 0) = (struct vring_desc){ BUFFERS, 1, 0, 0 };
	offer(0, 4);
	ok(virtq_listen(&q, true), "a chain that came meanwhile is seen");

	queue_init(&q, 4, 1ull << VIRTIO_RING_F_EVENT_IDX);
	avail()->ring[4] = 1;		/* used_event: tell me of the second */
	virtq_push(&q, 0, 0);
	ok(!virtq_must_interrupt(&q), "used_event 1: not for the first");
	virtq_push(&q, 0, 0);
	ok(virtq_must_interrupt(&q), "but for the second");
	virtq_push(&q, 0, 0);
	ok(!virtq_must_interrupt(&q), "and no more");
	avail()->ring[4] = 5;
	virtq_push(&q, 0, 0);
	virtq_push(&q, 0, 0);
	virtq_push(&q, 0, 0);
	ok(virtq_must_interrupt(&q), "or when it was jumped over");
	offer(0, 4);
	ok(virtq_pop(&q, &c) && !virtq_listen(&q, true) && *(u16 *)&used()->ring[4] == 1,
	   "avail_event is the next");
}

static void bytes(void)
{
	u8 buf[16] = { 0 }, *last;
	struct virtq_chain c;
	struct virtq q;
	int i;

	queue_init(&q, 8, 0);
	for (i = 0; i < 6; i++)
		*desc_at(DESC, i) = (struct vring_desc){
			BUFFERS + 16 * i, i == 5 ? 0 : 3, (i > 2 ? WRITE : 0) | (i < 5 ? NEXT : 0),
			i + 1 };
	memcpy(vm.ram_low + BUFFERS, "abc", 3);
	memcpy(vm.ram_low + BUFFERS + 16, "def", 3);
	memcpy(vm.ram_low + BUFFERS + 32, "ghi", 3);
	offer(0, 8);
	ok(virtq_pop(&q, &c) && chain_read(&c, buf, 4) == 4 && !memcmp(buf, "abcd", 4) &&
	   c.out_size == 5, "bytes over two buffers");
	ok(c.out_count == 2 && !memcmp(c.out[0].iov_base, "ef", 2) && c.out[0].iov_len == 2,
	   "the rest of the buffers is what was not read");
	ok(chain_read(&c, buf, 16) == 5 && !memcmp(buf, "efghi", 5) && !chain_read(&c, buf, 1),
	   "no more than there is");
	last = chain_last(&c);
	ok(last == vm.ram_low + BUFFERS + 64 + 2 && c.in_size == 5, "the last byte to write");
	ok(chain_write(&c, "12345678", 8) == 5 && !memcmp(vm.ram_low + BUFFERS + 48, "123", 3) &&
	   !memcmp(vm.ram_low + BUFFERS + 64, "45\0", 3), "written before it");
}

int main(void)
{
	vm.ram_low = malloc(LOW);
	vm.ram_high = calloc(1, HIGH);
	honest();
	wrong_chains();
	wrong_rings();
	telling();
	bytes();
	hostile();
	free(vm.ram_low);
	free(vm.ram_high);
	return done_testing();
}

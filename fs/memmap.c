// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``memmap``: the memory map as lines of text.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "fs/contents.h"

static const char *const type_name[] = {
	[MEM_RAM] = "ram", [MEM_ROM] = "rom", [MEM_ALIAS] = "alias",
};

static void show_region(const struct mem_region *r, struct text *t)
{
	const struct lent_mem *l = r->lent;
	const char *name = type_name[r->type];

	if (l)
		name = l->file ? "file" : "user";
	text_printf(t, "%s 0x%llx 0x%llx", name, r->gpa, r->size);
	if (l && l->file)
		text_printf(t, " %llu 0x%llx", l->fd, l->offset);
	else if (l)
		text_printf(t, " 0x%llx", l->address);
	else if (r->type == MEM_ALIAS)
		text_printf(t, " 0x%llx", r->target);
	text_printf(t, "\n");
}

int memmap_show(struct kvmfs_cpu *c, struct text *t)
{
	struct kvmfs_vm *vm = c->vm;
	const struct mem_region *r;

	down_read(&vm->map_sem);
	for (r = vm->map; r < vm->map + vm->n_map; r++) {
		show_region(r, t);
	}
	up_read(&vm->map_sem);
	return 0;
}

/* a map in the making, in order of addresses */
struct draft {
	struct mem_region *map;
	unsigned int n;
};

static void drop_region(struct draft *d, unsigned int i)
{
	if (d->map[i].lent)
		kvmfs_lent_put(d->map[i].lent);
	memmove(&d->map[i], &d->map[i + 1], (d->n - i - 1) * sizeof(*d->map));
	d->n--;
}

/* removes every region in [gpa, gpa + size); one that sticks out is an error */
static int cut_regions(struct input *in, struct draft *d, u64 gpa, u64 size)
{
	unsigned int i = 0;

	while (i < d->n) {
		struct mem_region *r = &d->map[i];

		if (r->gpa + r->size <= gpa || r->gpa >= gpa + size) {
			i++;
			continue;
		}
		if (r->gpa < gpa || r->gpa + r->size > gpa + size)
			return input_fail(in, "only a part of the region at 0x%llx would go",
					  r->gpa);
		drop_region(d, i);
	}
	return 0;
}

/* adds @new, or replaces the region that starts where it starts; takes ->lent over */
static int add_region(struct input *in, struct draft *d, const struct mem_region *new)
{
	unsigned int i;

	for (i = 0; i < d->n; i++)
		if (d->map[i].gpa == new->gpa)
			drop_region(d, i--);
	for (i = 0; i < d->n && d->map[i].gpa < new->gpa; i++)
		;
	if ((i && d->map[i - 1].gpa + d->map[i - 1].size > new->gpa) ||
	    (i < d->n && new->gpa + new->size > d->map[i].gpa))
		return input_fail(in, "it overlaps the region at 0x%llx",
				  i && d->map[i - 1].gpa + d->map[i - 1].size > new->gpa ?
				  d->map[i - 1].gpa : d->map[i].gpa);
	if (d->n == VM_MAX_REGIONS)
		return input_fail(in, "more than %d regions", VM_MAX_REGIONS);
	memmove(&d->map[i + 1], &d->map[i], (d->n - i) * sizeof(*d->map));
	d->map[i] = *new;
	d->n++;
	return 0;
}

/* START SIZE, and what follows for that kind; @l: of what is lent */
static int parse_numbers(struct input *in, struct mem_region *r, struct lent_mem *l)
{
	int ret = input_size(in, &r->gpa);

	if (!ret)
		ret = input_size(in, &r->size);
	if (!ret && l && l->file)
		ret = input_u64(in, &l->fd);
	if (!ret && l)
		ret = input_size(in, l->file ? &l->offset : &l->address);
	if (!ret && r->type == MEM_ALIAS)
		ret = input_size(in, &r->target);
	return ret ? ret : input_end(in);
}

static int parse_range(struct input *in, struct mem_region *r, struct lent_mem *l)
{
	int ret = parse_numbers(in, r, l);

	if (ret)
		return ret;
	if (!r->size)
		return input_fail(in, "the size is 0");
	if ((r->gpa | r->size | r->target | (l ? l->offset | l->address : 0)) & ~PAGE_MASK)
		return input_fail(in, "not a multiple of the page size");
	if (r->gpa >= VM_MAX_GPA || r->size > VM_MAX_GPA - r->gpa)
		return input_fail(in, "beyond 0x%llx, the end of guest memory", VM_MAX_GPA);
	return 0;
}

/* file START SIZE FD OFFSET, user START SIZE ADDRESS */
static int parse_lent(struct input *in, struct draft *d, bool file)
{
	struct lent_mem want = { .file = file }, *l;
	struct mem_region new = {};
	const char *why = NULL;
	int ret = parse_range(in, &new, &want);

	if (ret)
		return ret;
	want.gpa = new.gpa;
	want.size = new.size;
	/* else who opened it could have others lend theirs by what they print */
	if (!in->own)
		return input_fail(in, "memory can be lent only by who opened the file itself");
	l = kvmfs_lend(in->cpu->vm, &want, &why);
	if (IS_ERR(l)) {
		input_fail(in, "%s", why);
		return PTR_ERR(l);
	}
	new.type = l->rom ? MEM_ROM : MEM_RAM;
	new.lent = l;
	ret = add_region(in, d, &new);
	if (ret)
		kvmfs_lent_put(l);
	return ret;
}

static int parse_region(struct input *in, struct draft *d)
{
	struct mem_region new = {};
	char *word = input_word(in);
	bool none = !strcmp(word, "none");
	int ret, type;

	if (!strcmp(word, "file") || !strcmp(word, "user"))
		return parse_lent(in, d, *word == 'f');
	type = match_string(type_name, ARRAY_SIZE(type_name), word);
	if (type < 0 && !none)
		return input_fail(in, "\"%.32s\" is none of ram, rom, alias, user, file, none",
				  word);
	new.type = none ? MEM_RAM : type;
	ret = parse_range(in, &new, NULL);
	if (ret)
		return ret;
	return none ? cut_regions(in, d, new.gpa, new.size) : add_region(in, d, &new);
}

/* every alias must show one region that has bytes of its own */
static int check_aliases(struct input *in, const struct draft *d)
{
	const struct mem_region *a, *r, *end = d->map + d->n;

	in->line = 0;
	for (a = d->map; a < end; a++) {
		if (a->type != MEM_ALIAS)
			continue;
		for (r = d->map; r < end; r++)
			if (r->type != MEM_ALIAS && a->target >= r->gpa &&
			    a->target - r->gpa < r->size &&
			    a->size <= r->size - (a->target - r->gpa))
				break;
		if (r == end)
			return input_fail(in, "the alias at 0x%llx shows no ram or rom region",
					  a->gpa);
	}
	return 0;
}

static void copy_map(struct draft *d, const struct kvmfs_vm *vm)
{
	for (d->n = 0; d->n < vm->n_map; d->n++) {
		d->map[d->n] = vm->map[d->n];
		if (d->map[d->n].lent)
			kvmfs_lent_get(d->map[d->n].lent);
	}
}

/*
 * With O_TRUNC the first write replaces the map, all at once, and a refused one
 * leaves the old map; without it, and later, lines add to it. A map that mem got by
 * growing is replaced in any case.
 */
int memmap_store(struct kvmfs_cpu *c, struct input *in)
{
	struct kvmfs_vm *vm = c->vm;
	struct draft d = {};
	int ret = 0;

	d.map = kcalloc(VM_MAX_REGIONS, sizeof(*d.map), GFP_KERNEL_ACCOUNT);
	if (!d.map)
		return -ENOMEM;
	mutex_lock(&vm->lock);
	if (!in->trunc && !vm->grown)
		copy_map(&d, vm);
	while (!ret && input_line(in))
		ret = parse_region(in, &d);
	if (!ret)
		ret = check_aliases(in, &d);
	if (!ret)
		ret = kvmfs_mem_set_map(vm, d.map, d.n);
	mutex_unlock(&vm->lock);
	if (ret)
		kvmfs_free_map(d.map, d.n);
	return ret;
}

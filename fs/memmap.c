// SPDX-License-Identifier: GPL-2.0-only
/*
 * ``memmap``: the memory map as lines of text.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "fs/contents.h"

static const char *const type_name[] = {
	[MEM_RAM] = "ram", [MEM_ROM] = "rom", [MEM_ALIAS] = "alias",
};

int memmap_show(struct kvmfs_cpu *c, struct text *t)
{
	struct kvmfs_vm *vm = c->vm;
	const struct mem_region *r;

	down_read(&vm->map_sem);
	for (r = vm->map; r < vm->map + vm->n_map; r++) {
		text_printf(t, "%s 0x%llx 0x%llx", type_name[r->type], r->gpa, r->size);
		if (r->type == MEM_ALIAS)
			text_printf(t, " 0x%llx", r->target);
		text_printf(t, "\n");
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

/* adds @new, or replaces the region that starts where it starts */
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

/* START SIZE, and TARGET for an alias */
static int parse_range(struct input *in, struct mem_region *r)
{
	int ret = input_size(in, &r->gpa);

	if (!ret)
		ret = input_size(in, &r->size);
	if (!ret && r->type == MEM_ALIAS)
		ret = input_size(in, &r->target);
	if (!ret)
		ret = input_end(in);
	if (ret)
		return ret;
	if (!r->size)
		return input_fail(in, "the size is 0");
	if ((r->gpa | r->size | r->target) & ~PAGE_MASK)
		return input_fail(in, "not a multiple of the page size");
	if (r->gpa >= VM_MAX_GPA || r->size > VM_MAX_GPA - r->gpa)
		return input_fail(in, "beyond 0x%llx, the end of guest memory", VM_MAX_GPA);
	return 0;
}

static int parse_region(struct input *in, struct draft *d)
{
	struct mem_region new = {};
	char *word = input_word(in);
	bool none = !strcmp(word, "none");
	int ret, type;

	if (!strcmp(word, "file") || !strcmp(word, "user"))
		return input_fail(in, "%s regions are not supported yet", word);
	type = match_string(type_name, ARRAY_SIZE(type_name), word);
	if (type < 0 && !none)
		return input_fail(in, "\"%.32s\" is none of ram, rom, alias, none", word);
	new.type = none ? MEM_RAM : type;
	ret = parse_range(in, &new);
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
	if (!in->trunc && !vm->grown) {
		d.n = vm->n_map;
		if (d.n)
			memcpy(d.map, vm->map, d.n * sizeof(*d.map));
	}
	while (!ret && input_line(in))
		ret = parse_region(in, &d);
	if (!ret)
		ret = check_aliases(in, &d);
	if (!ret)
		ret = kvmfs_mem_set_map(vm, d.map, d.n);
	mutex_unlock(&vm->lock);
	if (ret)
		kfree(d.map);
	return ret;
}

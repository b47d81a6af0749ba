// SPDX-License-Identifier: GPL-2.0-only
/* Where things lie in a new domain: in order, apart, mapped as they must be, tables never writable. */

#include "bonsai.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

#define MIB (1UL << 20)

static struct ctl *ctl;

static struct image like_linux(void)
{
	return (struct image){ .virt_base = 0xffffffff80000000, .virt_start = 0xffffffff81000000,
			       .virt_end = 0xffffffff83123456, .entry = 0xffffffff81000000,
			       .hypercall_page = IMAGE_NONE, .init_p2m = 0x8000000000, .mod_start_pfn = true };
}

static struct image like_small(void)
{
	return (struct image){ .virt_start = MIB, .virt_end = MIB + 70000, .entry = MIB,
			       .hypercall_page = IMAGE_NONE, .init_p2m = IMAGE_NONE };
}

static uint64_t content[256][TABLE_ENTRIES];	/* of each table */

static void fill(const struct layout *l, const xen_pfn_t *p2m)
{
	if (l->table_count > sizeof(content) / sizeof(content[0]))
		bail_out("more tables than thought");
	memset(content, 0xff, sizeof(content));
	for (size_t i = 0; i < l->table_count; i++)
		layout_table(l, &l->tables[i], p2m, content[i]);
}

/* Walk the tables as a CPU would; 0 if the address is not mapped. */
static uint64_t walk(const struct layout *l, const xen_pfn_t *p2m, uint64_t va)
{
	const struct table *t = l->tables;
	uint64_t entry = 0;

	for (unsigned int level = 4; level; level--) {
		entry = content[t - l->tables][va >> (12 + 9 * (level - 1)) & 511];
		if (!entry || level == 1)
			return entry;
		for (t = l->tables; p2m[t->pfn] != entry >> 12; t++)
			;
		if (t->level != level - 1)
			return 0;
	}
	return entry;
}

/* Every address of the region leads to its frame, read-only if that is a table. */
static bool region_is_right(const struct layout *l, const xen_pfn_t *p2m)
{
	uint64_t last = (l->virt_end - l->virt_base) >> 12;

	for (uint64_t pfn = 0; pfn < last && pfn < l->pages; pfn++) {
		uint64_t entry = walk(l, p2m, l->virt_base + (pfn << 12));
		bool table = pfn >= l->tables_pfn && pfn < l->tables_pfn + l->tables_pages;

		if (entry >> 12 != p2m[pfn] || !(entry & 4) || !!(entry & 2) == table)
			return false;
	}
	return true;
}

static bool tables_are_apart(const struct layout *l)
{
	for (size_t i = 0; i < l->table_count; i++) {
		uint64_t pfn = l->tables[i].pfn;
		bool first = pfn >= l->tables_pfn && pfn < l->tables_pfn + l->tables_pages;
		bool second = pfn >= l->p2m_pfn && pfn < l->p2m_pfn + l->p2m_pages;

		if (first == second)
			return false;
		for (size_t j = 0; j < i; j++)
			if (l->tables[j].pfn == pfn)
				return false;
	}
	return true;
}

static xen_pfn_t *frames(uint64_t pages)
{
	xen_pfn_t *p2m = calloc(pages, sizeof(*p2m));

	if (!p2m)
		bail_out("no memory");
	for (uint64_t i = 0; i < pages; i++)
		p2m[i] = 0x100000 + (i ^ 1);
	return p2m;
}

static void try_one(struct image img, uint64_t pages, uint64_t ramdisk, const char *name)
{
	xen_pfn_t *p2m = frames(pages);
	struct layout l;

	is_int(layout_make(ctl, &img, ramdisk, pages, &l), 0, name);
	fill(&l, p2m);
	ok(region_is_right(&l, p2m), "its region is mapped");
	ok(tables_are_apart(&l), "each table has a frame of its own");
	ok(l.virt_end % (4 * MIB) == 0 && l.virt_end - layout_va(&l, l.stack_pfn + 1) >= MIB / 2,
	   "it ends at 4 MiB, with half a MiB to spare");
	ok(l.store_pfn == l.start_info_pfn + 1 && l.console_pfn == l.store_pfn + 1, "the three pages are neighbours");
	is_int(walk(&l, p2m, l.p2m_va) >> 12, p2m[l.p2m_pfn], "the list of frames is where it is said to be");
	is_int(walk(&l, p2m, l.p2m_va + (pages - 1) * 8) >> 12, p2m[l.p2m_pfn + (pages - 1) / 512], "all of it");
	ok(!walk(&l, p2m, l.virt_end) || l.virt_end == 0, "nothing is mapped behind");
	ok(l.end_pfn <= pages, "all is within the memory");
	layout_free(&l);
	free(p2m);
}

int main(void)
{
	struct image img = like_linux();
	struct layout l;

	ctl = ctl_new();
	try_one(like_linux(), 256 * MIB >> 12, 0, "like Linux");
	try_one(like_linux(), (256 * MIB >> 12) + 3, 26 * MIB + 5, "with a ramdisk, by frame");
	try_one(like_small(), 32 * MIB >> 12, 0, "a small kernel");
	try_one(like_small(), 64 * MIB >> 12, 5 * MIB + 1, "with a ramdisk, mapped");
	is_int(layout_make(ctl, &img, 0, 32 * MIB >> 12, &l), -ENOMEM, "too little memory");
	is_str(ctl_why(ctl), "memory: 32 MiB are too few, kernel and ramdisk want at least 53", "is told");
	ctl_free(ctl);
	return done_testing();
}

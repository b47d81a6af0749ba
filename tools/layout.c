// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in a new domain's memory everything lies.
 *
 * From virt_base up, frame 0 first, everything is mapped in this order:
 *
 *	kernel | ramdisk * | P2M list + | start_info | store | console | page tables | boot stack | 512 KiB and more
 *
 * up to a multiple of 4 MiB.  Behind it, not mapped there: the ramdisk, if the kernel takes it by frame
 * number (*), and the P2M list with the tables that map it, if the kernel names an address for it (+).
 */

#include "bonsai.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLACK	   (512UL << 10)
#define REGION	   (4UL << 20)
#define PRESENT	   0x001UL
#define WRITABLE   0x002UL
#define USER	   0x004UL	/* the guest's kernel runs where user programs do */
#define ACCESSED   0x020UL
#define DIRTY	   0x040UL

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + 9 * (level - 1);
}

/* The first address that the table of this level covers. */
static uint64_t cover(unsigned int level, uint64_t va)
{
	return level == 4 ? 0 : va & ~((1UL << (shift_of(level) + 9)) - 1);
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

/* Tables of levels 1 to 3 for [from, last]. */
static uint64_t tables_for(uint64_t from, uint64_t last)
{
	uint64_t n = 0;

	for (unsigned int level = 1; level < 4; level++)
		n += ((last >> (shift_of(level) + 9)) - (from >> (shift_of(level) + 9))) + 1;
	return n;
}

static const struct table *find(const struct layout *l, unsigned int level, uint64_t va)
{
	va = cover(level, va);
	for (size_t i = 0; i < l->table_count; i++)
		if (l->tables[i].level == level && l->tables[i].va == va)
			return &l->tables[i];
	return NULL;
}

/* Add the tables for [from, last] that are not there yet, in frames from *pfn on. */
static void add_tables(struct layout *l, uint64_t from, uint64_t last, uint64_t *pfn)
{
	for (unsigned int level = 4; level; level--)
		for (uint64_t va = cover(level, from);; va += 1UL << (shift_of(level) + 9)) {
			if (!find(l, level, va))
				l->tables[l->table_count++] = (struct table){ level, va, (*pfn)++ };
			if (level == 4 || cover(level, va) == cover(level, last))
				break;
		}
}

/* The part that ends with the boot stack; its length depends on the tables that map it. */
static void place_tables(struct layout *l, uint64_t pfn)
{
	uint64_t bytes;

	l->tables_pfn = pfn;
	l->tables_pages = 0;
	do {
		l->tables_pages++;
		l->stack_pfn = pfn + l->tables_pages;
		bytes = ((l->stack_pfn + 1) << PAGE_SHIFT) + SLACK;
		bytes = (bytes + REGION - 1) & ~(REGION - 1);
	} while (l->tables_pages < 1 + tables_for(l->virt_base, l->virt_base + bytes - 1));
	l->virt_end = l->virt_base + bytes;
}

static uint64_t place(uint64_t *next, uint64_t pages)
{
	uint64_t at = *next;

	*next += pages;
	return at;
}

/* What has its place behind the mapped region. */
static void place_behind(struct layout *l, bool p2m_apart, uint64_t list)
{
	uint64_t next = l->stack_pfn + 1;

	if (!l->ramdisk_mapped || p2m_apart)
		next = (l->virt_end - l->virt_base) >> PAGE_SHIFT;
	if (!l->ramdisk_mapped)
		l->ramdisk_pfn = place(&next, l->ramdisk_pages);
	if (p2m_apart) {
		l->p2m_pages = list + tables_for(l->p2m_va, l->p2m_va + (list << PAGE_SHIFT) - 1);
		l->p2m_pfn = place(&next, l->p2m_pages);
	}
	l->end_pfn = next;
}

static int make_tables(struct ctl *ctl, struct layout *l, bool p2m_apart, uint64_t list)
{
	uint64_t pfn = l->tables_pfn;

	if (l->tables_pages + (p2m_apart ? l->p2m_pages - list : 0) > TABLES_MAX)
		return ctl_fail(ctl, -ENOMEM, "too many page tables: the domain is too large");
	l->tables = calloc(TABLES_MAX, sizeof(*l->tables));
	if (!l->tables)
		abort();
	add_tables(l, l->virt_base, l->virt_end - 1, &pfn);
	if (p2m_apart) {
		pfn = l->p2m_pfn + list;
		add_tables(l, l->p2m_va, l->p2m_va + (list << PAGE_SHIFT) - 1, &pfn);
	}
	return 0;
}

int layout_make(struct ctl *ctl, const struct image *img, uint64_t ramdisk_size, uint64_t pages, struct layout *l)
{
	uint64_t list = pages_of(pages * sizeof(xen_pfn_t)), next;
	bool p2m_apart = img->init_p2m != IMAGE_NONE && img->init_p2m < img->virt_base && !(img->init_p2m % PAGE_BYTES);

	memset(l, 0, sizeof(*l));
	l->virt_base = img->virt_base;
	l->pages = pages;
	l->kernel_pfn = (img->virt_start - img->virt_base) >> PAGE_SHIFT;
	next = pages_of(img->virt_end - img->virt_base);
	l->kernel_pages = next - l->kernel_pfn;
	l->ramdisk_size = ramdisk_size;
	l->ramdisk_pages = pages_of(ramdisk_size);
	l->ramdisk_mapped = !img->mod_start_pfn;
	if (l->ramdisk_mapped)
		l->ramdisk_pfn = place(&next, l->ramdisk_pages);
	l->p2m_pages = list;
	if (!p2m_apart)
		l->p2m_pfn = place(&next, list);
	l->start_info_pfn = place(&next, 1);
	l->store_pfn = place(&next, 1);
	l->console_pfn = place(&next, 1);
	place_tables(l, next);
	l->p2m_va = p2m_apart ? img->init_p2m : layout_va(l, l->p2m_pfn);
	place_behind(l, p2m_apart, list);
	if (l->end_pfn > pages)
		return ctl_fail(ctl, -ENOMEM, "memory: %lu MiB are too few, kernel and ramdisk want at least %lu",
				pages >> 8, (l->end_pfn >> 8) + 1);
	return make_tables(ctl, l, p2m_apart, list);
}

uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
	return l->virt_base + (pfn << PAGE_SHIFT);
}

/* The lowest tables: what each page of [t->va, + 2 MiB) is. */
static void fill_lowest(const struct layout *l, const struct table *t, const xen_pfn_t *p2m, uint64_t to[TABLE_ENTRIES])
{
	const uint64_t mapped = (l->virt_end - l->virt_base) >> PAGE_SHIFT, list = pages_of(l->pages * sizeof(xen_pfn_t));
	const uint64_t flags = PRESENT | USER | ACCESSED | DIRTY;

	for (uint64_t i = 0; i < TABLE_ENTRIES; i++) {
		uint64_t va = t->va + (i << PAGE_SHIFT), pfn = (va - l->virt_base) >> PAGE_SHIFT;

		to[i] = 0;
		if (pfn < mapped) {
			/* No frame may be a table and be written too. */
			if (pfn < l->pages)
				to[i] = p2m[pfn] << PAGE_SHIFT | flags | (pfn - l->tables_pfn < l->tables_pages ? 0 : WRITABLE);
		} else if (va - l->p2m_va < list << PAGE_SHIFT) {
			to[i] = p2m[l->p2m_pfn + ((va - l->p2m_va) >> PAGE_SHIFT)] << PAGE_SHIFT | flags | WRITABLE;
		}
	}
}

void layout_table(const struct layout *l, const struct table *t, const xen_pfn_t *p2m, uint64_t to[TABLE_ENTRIES])
{
	if (t->level == 1) {
		fill_lowest(l, t, p2m, to);
		return;
	}
	memset(to, 0, PAGE_BYTES);
	for (const struct table *x = l->tables; x < l->tables + l->table_count; x++)
		if (x->level == t->level - 1 && cover(t->level, x->va) == t->va)
			to[x->va >> shift_of(t->level) & (TABLE_ENTRIES - 1)] =
				p2m[x->pfn] << PAGE_SHIFT | PRESENT | WRITABLE | USER | ACCESSED | DIRTY;
}

void layout_free(struct layout *l)
{
	free(l->tables);
	l->tables = NULL;
}

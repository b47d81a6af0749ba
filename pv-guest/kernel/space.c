/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/layout.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"

#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

struct space kernel_space;

static struct spinlock window_lock;
static unsigned int windows_used;

static unsigned int index_at(u64 va, int level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

static pte_t *table_of(pte_t e)
{
	return pfn_to_va(pte_pfn(e));
}

/* Put a new, empty table into a free entry. */
static pte_t *table_add(struct space *s, pte_t *slot, int level, unsigned int index)
{
	pte_t *table = page_alloc_zeroed();
	pte_t e = pte_make(va_to_pfn(table), TABLE_FLAGS);

	port_table_prepare(table);
	if (level == 4 && s != &kernel_space)
		CHECK(!port_root_set(s, index, e));
	else
		CHECK(!port_entry_set(slot, e));
	return table;
}

/**
 * space_slot - the level-1 entry for an address
 * @create: make the tables on the way where there are none
 *
 * Return: the entry in the linear map, or NULL where a table is missing.
 */
pte_t *space_slot(struct space *s, u64 va, bool create)
{
	pte_t *table = s->root;
	int level;

	for (level = 4; level > 1; level--) {
		pte_t *slot = &table[index_at(va, level)];

		if (*slot & PTE_P)
			table = table_of(*slot);
		else if (create)
			table = table_add(s, slot, level, index_at(va, level));
		else
			return NULL;
	}
	return &table[index_at(va, 1)];
}

/**
 * spaces_init - the boot tables become the kernel's space
 */
void spaces_init(void)
{
	kernel_space.root = port_kernel_root();
	this_cpu()->space = &kernel_space;
	window_reserve(1); /* now the root entry all spaces copy leads to the tables of windows */
}

/**
 * space_create - an address space with the kernel's half, and an empty user half
 */
struct space *space_create(void)
{
	struct space *s = heap_alloc(sizeof(*s));

	s->user_root = NULL;
	s->root = page_alloc_zeroed();
	CHECK(!port_root_init(s));
	return s;
}

/* Free a user table with all below; pages only where they are marked as ours. */
static void table_free(pte_t *table, int level)
{
	int i;

	for (i = 0; i < 512; i++) {
		if (!(table[i] & PTE_P))
			continue;
		if (level > 1)
			table_free(table_of(table[i]), level - 1);
		else if (table[i] & PTE_OWNED)
			page_free(table_of(table[i]));
	}
	port_table_release(table);
	page_free(table);
}

/**
 * space_destroy - free an address space that no CPU has loaded
 */
void space_destroy(struct space *s)
{
	pte_t user = s->root[ROOT_SLOT_USER];

	port_root_free(s);
	if (user & PTE_P)
		table_free(table_of(user), 3);
	port_table_release(s->root);
	page_free(s->root);
	heap_free(s, sizeof(*s));
}

/**
 * space_load - make it the one this CPU runs in; interrupts are off
 */
void space_load(struct space *s)
{
	if (this_cpu()->space == s)
		return;
	this_cpu()->space = s;
	port_root_load(s);
}

/**
 * space_map - let va name a page where nothing was mapped
 */
int space_map(struct space *s, u64 va, pfn_t pfn, u64 flags)
{
	return port_entry_set(space_slot(s, va, true), pte_make(pfn, flags | PTE_P));
}

/**
 * space_unmap - remove the page at va, of the space that is loaded
 */
void space_unmap(struct space *s, u64 va)
{
	pte_t *slot = space_slot(s, va, false), old;

	if (!slot || !(*slot & PTE_P))
		return;
	old = *slot;
	CHECK(!port_map_set(va, slot, 0));
	if (old & PTE_OWNED)
		page_free(table_of(old));
}

/**
 * window_reserve - addresses of the kernel for count pages, nothing mapped there, tables in place
 *
 * Return: the first address; there is no giving back.
 */
void *window_reserve(unsigned int count)
{
	bool irqs = spin_lock(&window_lock);
	u64 va = WINDOW_BASE + windows_used * PAGE_SIZE, p;

	CHECK(windows_used + count <= WINDOW_PAGES);
	windows_used += count;
	for (p = va; p < va + count * PAGE_SIZE; p += PAGE_SIZE)
		space_slot(&kernel_space, p, true);
	spin_unlock(&window_lock, irqs);
	return (void *)va;
}

/**
 * window_slot - the entry behind a window
 */
pte_t *window_slot(void *va)
{
	return space_slot(&kernel_space, (u64)va, false);
}

/**
 * window_set - what a window shows: an entry made by pte_make(), or 0 for nothing
 */
int window_set(void *va, pte_t pte)
{
	return port_map_set((u64)va, window_slot(va), pte);
}

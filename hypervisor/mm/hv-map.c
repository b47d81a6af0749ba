/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own page tables.
 *
 * Slots 256-271 of hv_root, all present from the start, are copied into every guest root table; what
 * changes later changes below them and is thus seen by all.  Tables are made at boot only, those
 * for the device window and the CPUs' windows in advance, so that mapping there needs no memory.
 *
 * Locks: the device window's bitmap has one of its own; an L1 entry is written by whoever owns its
 * address (a CPU its GDT window, hv_map_io() what it took from the bitmap).
 */
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "cpu/smp.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/hv-map.h"
#include "mm/memmap.h"
#include "mm/mm.h"
#include "unpack/unpack.h"

#define SIZE_2M		(1UL << 21)
#define SIZE_1G		(1UL << 30)
#define LOAD_ADDRESS	SIZE_2M			/* hv.lds, container.lds */
#define TABLE_FLAGS	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)
#define LEAF_FLAGS	(PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY)
#define RW		(LEAF_FLAGS | PTE_WRITE | PTE_NX)
#define RO		(LEAF_FLAGS | PTE_NX)
#define RX		LEAF_FLAGS
#define UNCACHED	(PTE_PCD | PTE_PWT)	/* PAT entry 3 */

#define WINDOW_PAGES	4096			/* of device mappings: 16 MiB */
#define M2P_CHUNK	(SIZE_2M / 8)		/* frames that one large page of the M2P describes */
#define FRAMES_CHUNK	(SIZE_2M / sizeof(struct frame))

pte_t *hv_root;

static bool heap_ready __initdata = false;
static struct spinlock window_lock = SPINLOCK_INIT("device window", LOCK_IRQ);
static u64 window_map[BITMAP_WORDS(WINDOW_PAGES)];

extern char image_start[], text_end[], init_start[], init_text_end[], init_end[];
extern char rodata_start[], data_start[], image_end[];
extern u64 boot_l4_final;

/* ---- tables ------------------------------------------------------------------------------------------ */

static pte_t *__init new_table(void)
{
	pte_t *t = heap_ready ? alloc_pages(0) : maddr_to_hv(boot_alloc(1, 1));

	if (!t)
		boot_fail("not enough memory for page tables");
	return t;
}

/* The table below e, made when missing.  User lets guests read what the M2P's tables map. */
static pte_t *__init table_below(pte_t *e, u64 flags)
{
	if (!*e)
		*e = pte_make(hv_to_mfn(new_table()), TABLE_FLAGS | (flags & PTE_USER));
	return mfn_to_hv(pte_mfn(*e));
}

/* The entry of `level` for va, with all tables above it. */
static pte_t *__init entry_make(u64 va, unsigned int level, u64 flags)
{
	pte_t *t = hv_root;

	for (unsigned int l = 4; l > level; l--)
		t = table_below(&t[PT_INDEX(va, l)], flags);
	return &t[PT_INDEX(va, level)];
}

/* Map a range with the largest pages its alignment allows. */
static void __init map_range(u64 va, maddr_t ma, u64 size, u64 flags)
{
	while (size) {
		u64 both = va | ma, step = PAGE_SIZE;
		unsigned int level = 1;

		if (cpu_features.page_1g && !(both & (SIZE_1G - 1)) && size >= SIZE_1G)
			level = 3, step = SIZE_1G;
		else if (!(both & (SIZE_2M - 1)) && size >= SIZE_2M)
			level = 2, step = SIZE_2M;
		*entry_make(va, level, flags) = ma | flags | (level > 1 ? PTE_PSE : 0);
		va += step;
		ma += step;
		size -= step;
	}
}

/* The L1 entry for va, or NULL when it has no table. */
static pte_t *l1_entry(u64 va)
{
	pte_t *t = hv_root;

	for (unsigned int l = 4; l > 1; l--) {
		pte_t e = t[PT_INDEX(va, l)];

		if (!(e & PTE_PRESENT) || ((e & PTE_PSE) && l < 4))
			return NULL;
		t = mfn_to_hv(pte_mfn(e));
	}
	return &t[PT_INDEX(va, 1)];
}

/* ---- boot ---------------------------------------------------------------------------------------------- */

static void __init map_image(const char *start, const char *end, u64 flags)
{
	u64 va = (u64)start;

	map_range(va, va - HV_IMAGE_START, ROUND_UP((u64)end, PAGE_SIZE) - va, flags);
}

void __init hv_map_init(void)
{
	CHECK((u64)image_start == HV_IMAGE_START + LOAD_ADDRESS);
	hv_root = new_table();
	for (unsigned int slot = HV_SLOT_FIRST; slot <= HV_SLOT_LAST; slot++)
		table_below(&hv_root[slot], slot == HV_SLOT_FIRST ? PTE_USER : 0);

	/* Low memory too: the trampoline, the EBDA; guests' pages are never executed through it. */
	for (u32 i = 0; i < memmap_count; i++) {
		u64 start = ROUND_UP(memmap[i].start, PAGE_SIZE);
		u64 end = ROUND_DOWN(memmap[i].start + memmap[i].size, PAGE_SIZE);

		if (memmap[i].type == MEMMAP_RAM && start < 0x100000 && start < end)
			map_range(DIRECT_MAP_START + start, start, MIN(end, 0x100000UL) - start, RW);
	}
	for (u32 i = 0; i < ram_count; i++)
		map_range(DIRECT_MAP_START + (ram[i].start << PAGE_SHIFT), ram[i].start << PAGE_SHIFT,
			  (ram[i].end - ram[i].start) << PAGE_SHIFT, RW);

	map_image(image_start, text_end, RX);
	map_image(init_start, init_text_end, RX);
	map_image(init_text_end, init_end, RW);
	map_image(rodata_start, data_start, RO);
	map_image(data_start, image_end, RW);
	boot_l4_final = hv_to_maddr(hv_root);
	write_cr3(hv_to_maddr(hv_root));
}

/* L1 tables, so that single pages can be mapped here. */
static void __init make_tables(u64 va, u64 size)
{
	for (u64 at = va; at < va + size; at += SIZE_2M)
		entry_make(at, 1, 0);
}

/* Large pages for each chunk of a table that describes some RAM; returns where each begins. */
static void __init map_table(u64 va, u64 ro_va, u64 frames_per_page, u64 fill)
{
	for (mfn_t first = 0; first < max_mfn; first += frames_per_page) {
		u64 offset = first / frames_per_page * SIZE_2M;
		maddr_t ma;
		u32 i;

		for (i = 0; i < ram_count; i++)
			if (ram[i].start < first + frames_per_page && ram[i].end > first)
				break;
		if (i == ram_count)
			continue;
		ma = boot_alloc_dirty(SIZE_2M >> PAGE_SHIFT, SIZE_2M >> PAGE_SHIFT);
		map_range(va + offset, ma, SIZE_2M, RW);
		if (ro_va)
			map_range(ro_va + offset, ma, SIZE_2M, RO | PTE_USER);
		for (u64 *p = maddr_to_hv(ma), n = SIZE_2M / 8; n--;)
			*p++ = fill;
	}
}

void __init hv_map_tables(void)
{
	max_mfn = ram[ram_count - 1].end;
	map_table(FRAME_TABLE_START, 0, FRAMES_CHUNK, 0);
	map_table(M2P_RW_START, M2P_RO_START, M2P_CHUNK, INVALID_M2P);
	static_assert(SIZE_2M % sizeof(struct frame) == 0, "frame table in large pages");

	make_tables(HV_MAP_START, WINDOW_PAGES * PAGE_SIZE);
	make_tables(UNPACK_START, UNPACK_MAX);
}

void __init hv_map_cpus(u32 n)
{
	heap_ready = true;
	make_tables(PERCPU_DT_START, n * PERCPU_DT_SIZE);
	make_tables(HV_STACKS_START, n * STACK_SIZE);
	make_tables(HV_STUBS_START, n * PAGE_SIZE);
}

void hv_map_free_init(void)
{
	for (u64 va = (u64)init_start; va < (u64)init_end; va += PAGE_SIZE)
		hv_map_page(va, 0, 0);
	tlb_flush_mask(cpus_online);
	heap_add((u64)init_start - HV_IMAGE_START, (u64)init_end - HV_IMAGE_START);
}

/* ---- single pages ---------------------------------------------------------------------------------------- */

pte_t *hv_map_entry(u64 va)
{
	pte_t *e = l1_entry(va);

	CHECK(e);
	return e;
}

void hv_map_page(u64 va, mfn_t mfn, u64 flags)
{
	WRITE_ONCE(*hv_map_entry(va), flags ? pte_make(mfn, flags) : 0);
}

/* ---- devices and firmware tables -------------------------------------------------------------------------- */

/* First page number of n free ones in a row, marked as taken; WINDOW_PAGES: none. */
static u64 window_take(u64 n)
{
	u64 flags = spin_lock_irqsave(&window_lock), start = 0, i;

	for (i = 0; i < WINDOW_PAGES && i - start < n; i++)
		if (bitmap_test(window_map, i))
			start = i + 1;
	if (i - start < n)
		start = WINDOW_PAGES;
	else
		for (i = start; i < start + n; i++)
			bitmap_set(window_map, i);
	spin_unlock_irqrestore(&window_lock, flags);
	return start;
}

static void *map_window(maddr_t ma, size_t size, u64 page_flags)
{
	u64 offset = ma & ~PAGE_MASK, n = PFN_UP(offset + size), first = window_take(n);
	u64 va = HV_MAP_START + first * PAGE_SIZE;

	if (first == WINDOW_PAGES)
		return NULL;
	for (u64 i = 0; i < n; i++)
		hv_map_page(va + i * PAGE_SIZE, PFN_DOWN(ma) + i, page_flags);
	return (void *)(va + offset);
}

void *hv_map_io(maddr_t ma, size_t size)
{
	return map_window(ma, size, RW | UNCACHED);
}

void *hv_map_ro(maddr_t ma, size_t size)
{
	return map_window(ma, size, RO);
}

void hv_unmap(void *va, size_t size)
{
	u64 start = (u64)va & PAGE_MASK, n = PFN_UP(((u64)va & ~PAGE_MASK) + size);
	u64 first = PFN_DOWN(start - HV_MAP_START), flags;

	for (u64 i = 0; i < n; i++)
		hv_map_page(start + i * PAGE_SIZE, 0, 0);
	tlb_flush_mask(cpus_online);
	flags = spin_lock_irqsave(&window_lock);
	for (u64 i = first; i < first + n; i++)
		bitmap_clear(window_map, i);
	spin_unlock_irqrestore(&window_lock, flags);
}

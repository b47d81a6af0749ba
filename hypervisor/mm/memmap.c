/* SPDX-License-Identifier: GPL-2.0-only */
#include "dev/console.h"
#include "dev/multiboot.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/memmap.h"

#define LOW_MEMORY	PFN_DOWN(0x100000)	/* below 1 MiB nothing is RAM to us: dom0's, for devices */
#define EARLY_LIMIT	PFN_DOWN(1UL << 32)	/* what the boot tables map */
#define RAM_MIN		PFN_DOWN(32UL << 20)
#define LOW_RAM_END	PFN_DOWN(0x9f000)

struct memmap_entry memmap[MEMMAP_MAX];
u32 memmap_count;
struct ram_range ram[MEMMAP_MAX];
u32 ram_count;
mfn_t low_page;

/* RAM that nothing uses, for boot_alloc(); afterwards the heap's. */
static struct ram_range unused[MEMMAP_MAX] __initdata = { { 0, 0 } };
static u32 nr_unused __initdata = 0;

extern char image_start[], image_end[];

/* ---- lists of ranges ------------------------------------------------------------------------------ */

/* Take [start, end) out of a sorted list, which may split a range. */
static void __init range_remove(struct ram_range *list, u32 *count, mfn_t start, mfn_t end)
{
	for (u32 i = 0; i < *count; i++) {
		struct ram_range r = list[i];

		if (start >= r.end || end <= r.start)
			continue;
		if (start > r.start && end < r.end) {
			if (*count == MEMMAP_MAX)
				boot_fail("the memory map has too many pieces");
			memmove(&list[i + 2], &list[i + 1], (*count - i - 1) * sizeof(*list));
			list[i].end = start;
			list[i + 1] = (struct ram_range){ end, r.end };
			++*count;
			return;
		}
		list[i].start = start > r.start ? r.start : MIN(end, r.end);
		list[i].end = start > r.start ? start : r.end;
		if (list[i].start == list[i].end) {
			--*count;
			memmove(&list[i], &list[i + 1], (*count - i) * sizeof(*list));
			i--;
		}
	}
}

static void __init sort_memmap(void)
{
	for (u32 i = 1; i < memmap_count; i++) {
		struct memmap_entry e = memmap[i];
		u32 at = i;

		for (; at && memmap[at - 1].start > e.start; at--)
			memmap[at] = memmap[at - 1];
		memmap[at] = e;
	}
}

/* ---- what is RAM ---------------------------------------------------------------------------------- */

/* Whole pages of RAM; neighbours and overlapping entries become one range. */
static void __init collect_ram(mfn_t limit)
{
	for (u32 i = 0; i < memmap_count; i++) {
		const struct memmap_entry *e = &memmap[i];
		mfn_t start = PFN_UP(e->start), end = MIN(PFN_DOWN(e->start + e->size), limit);

		if (e->type != MEMMAP_RAM)
			continue;
		if (start < LOW_RAM_END && start < end)
			low_page = MAX(low_page, MIN(end, LOW_RAM_END) - 1);
		start = MAX(start, LOW_MEMORY);
		if (start >= end)
			continue;
		if (ram_count && start <= ram[ram_count - 1].end)
			ram[ram_count - 1].end = MAX(ram[ram_count - 1].end, end);
		else
			ram[ram_count++] = (struct ram_range){ start, end };
	}
	for (u32 i = 0; i < memmap_count; i++) {
		const struct memmap_entry *e = &memmap[i];

		if (e->type != MEMMAP_RAM)
			range_remove(ram, &ram_count, PFN_DOWN(e->start), PFN_UP(e->start + e->size));
	}
}

bool memmap_is_ram(mfn_t mfn)
{
	for (u32 i = 0; i < ram_count; i++)
		if (mfn < ram[i].end)
			return mfn >= ram[i].start;
	return false;
}

u64 memmap_ram_pages(void)
{
	u64 n = 0;

	for (u32 i = 0; i < ram_count; i++)
		n += ram[i].end - ram[i].start;
	return n;
}

/* A page that the boot tables and the direct map both show; UEFI loaders also use low memory. */
static bool __init is_readable(mfn_t mfn)
{
	return memmap_is_ram(mfn) || mfn < LOW_RAM_END;
}

/* Modules that the loader put where the image or no memory is would be read as garbage. */
static void __init reserve_modules(void)
{
	mfn_t start = PFN_DOWN((u64)image_start - HV_IMAGE_START);
	mfn_t end = PFN_UP((u64)image_end - HV_IMAGE_START);

	range_remove(unused, &nr_unused, start, end);
	for (u32 i = 0; i < boot_info.nr_modules; i++) {
		mfn_t m_start = PFN_DOWN(boot_info.module[i].start);
		mfn_t m_end = PFN_UP(boot_info.module[i].end);

		if (m_start < end && m_end > start)
			boot_fail("boot module %u overlaps the hypervisor", i);
		for (mfn_t mfn = m_start; mfn < m_end; mfn++)
			if (!is_readable(mfn))
				boot_fail("boot module %u does not lie in memory", i);
		range_remove(unused, &nr_unused, m_start, m_end);
	}
}

void __init memmap_init(void)
{
	u64 limit = cmdline_size("mem", DIRECT_MAP_SIZE);

	sort_memmap();
	for (u32 i = 0; i < memmap_count; i++)
		log_debug("memory %016lx-%016lx type %u", memmap[i].start,
			  memmap[i].start + memmap[i].size, memmap[i].type);
	for (u32 i = 0; i < boot_info.nr_modules; i++)
		log_debug("module %u: %08lx-%08lx", i, boot_info.module[i].start, boot_info.module[i].end);
	collect_ram(PFN_DOWN(MIN(limit, DIRECT_MAP_SIZE)));
	if (!ram_count)
		boot_fail("the boot loader gave no memory map");
	if (memmap_ram_pages() < RAM_MIN)
		boot_fail("not enough memory: %lu MiB, at least %lu MiB are needed",
			  memmap_ram_pages() >> 8, RAM_MIN >> 8);
	memcpy(unused, ram, sizeof(ram));
	nr_unused = ram_count;
	reserve_modules();
}

/* ---- the allocator used before the heap ------------------------------------------------------------- */

/* From the top of the highest range that has room below `limit`. */
static maddr_t __init take(u64 pages, u64 align, mfn_t limit)
{
	for (u32 i = nr_unused; i--;) {
		mfn_t end = MIN(unused[i].end, limit), start;

		if (end < pages)
			continue;
		start = ROUND_DOWN(end - pages, align);
		if (start < unused[i].start || start + pages > end)
			continue;
		range_remove(unused, &nr_unused, start, start + pages);
		return start << PAGE_SHIFT;
	}
	boot_fail("not enough memory: no %lu MiB in one piece are left", (pages >> 8) + 1);
}

maddr_t __init boot_alloc(u64 pages, u64 align)
{
	maddr_t ma = take(pages, align, EARLY_LIMIT);

	memset(maddr_to_hv(ma), 0, pages * PAGE_SIZE);
	return ma;
}

maddr_t __init boot_alloc_dirty(u64 pages, u64 align)
{
	return take(pages, align, ~0UL);
}

void __init memmap_to_heap(void)
{
	for (u32 i = 0; i < nr_unused; i++)
		heap_add(unused[i].start << PAGE_SHIFT, unused[i].end << PAGE_SHIFT);
	nr_unused = 0;
}

/* Only whole pages: the loader may have put something of its own beside a module. */
void __init memmap_free_modules(void)
{
	for (u32 i = 0; i < boot_info.nr_modules; i++) {
		u64 start = ROUND_UP(boot_info.module[i].start, PAGE_SIZE);
		u64 end = ROUND_DOWN(boot_info.module[i].end, PAGE_SIZE);

		if (start < end && PFN_DOWN(start) >= LOW_MEMORY)
			heap_add(start, end);
	}
}

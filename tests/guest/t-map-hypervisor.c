/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map-hypervisor - what the machine has and the initial domain must not touch
 *
 * Right: no frame of RAM that is not ours (the hypervisor's image, heap and tables among them) can be
 * mapped, written, pinned, made a root or descriptor table, given back, or copied to, by our own
 * name or those of the I/O domain and the hypervisor's; of interrupt controllers and the addresses
 * of messages to them no page can be written, and the local APIC not read either.  ABI:
 * mmu_update, mmuext_op in xen.h; XENMEM_machine_memory_map in memory.h.
 *
 * Boot: --hv-args loglvl=info --hv-args guest_loglvl=none
 */
#include "grant.h"

struct e820 {
	u64 addr, size;
	u32 type;
} __attribute__((packed));

static struct e820 map[64];
static u64 *window, own_grants;
static u32 frames, taken_ro, taken_rw, written, pinned, roots, gdts, given, cleared, copied, granted;

static long map_as(u64 mfn, u64 flags, u32 dom)
{
	return HC(update_va_mapping_otherdomain, .va = (u64)window, .val = PTE(mfn, flags), .domid = dom);
}

static void try_to_map(u64 mfn)
{
	mmu_update_t req = { maddr_of(entry_of((u64)window, 1)), PTE(mfn, PTE_DATA) };
	static const u16 who[] = { DOMID_SELF, DOMID_IO, DOMID_XEN };

	for (u32 i = 0; i < ARRAY_SIZE(who); i++) {
		/* The hypervisor may lend some to be read. */
		if (who[i] != DOMID_XEN)
			taken_ro += !map_as(mfn, PTE_RO, who[i]);
		taken_rw += !map_as(mfn, PTE_DATA, who[i]);
		taken_rw += !HC(mmu_update, .reqs = &req, .count = 1, .foreign = who[i]);
	}
}

static void try_to_use(u64 mfn)
{
	mmuext_op_t op = { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = mfn };
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };
	gnttab_copy_t c = { .flags = 0, .len = 8 };
	u64 list = mfn;

	written += !mmu_set(mfn << 12, 0);
	written += !mmu_set(mfn << 12 | 256 * 8, 0);
	for (u32 cmd = MMUEXT_PIN_L1_TABLE; cmd <= MMUEXT_UNPIN_TABLE; cmd++)
		pinned += !mmuext(cmd, mfn);
	roots += !set_root(mfn);
	roots += !mmuext(MMUEXT_NEW_USER_BASEPTR, mfn);
	gdts += !HC(set_gdt, .frames = &list, .entries = 512);
	cleared += !mmuext(MMUEXT_CLEAR_PAGE, mfn);
	op.arg2.src_mfn = root_mfn();
	copied += !HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
	op.arg1.mfn = mfn_of(window);
	op.arg2.src_mfn = mfn;
	copied += !HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
	r.extent_start.p = &list;
	given += HC(memory_op, .cmd = XENMEM_decrease_reservation, .arg = &r) != 0;
	c.source.domid = c.dest.domid = DOMID_SELF;
	c.source.u.gmfn = root_mfn();
	c.dest.u.gmfn = mfn;
	grant_op(GNTTABOP_copy, &c);
	granted += c.status == GNTST_okay;
}

static bool is_ours(u64 mfn)
{
	return mfn == start_info->shared_info >> 12 || mfn == own_grants ||
	       (M2P[mfn] < start_info->nr_pages &&
		((const u64 *)start_info->mfn_list)[M2P[mfn]] == mfn);
}

static void all_of_ram(u32 entries)
{
	for (u32 i = 0; i < entries; i++) {
		u64 first = (map[i].addr + 0xfff) >> 12, end = (map[i].addr + map[i].size) >> 12;

		if (map[i].type != 1)
			continue;
		for (u64 mfn = first < 256 ? 256 : first; mfn < end; mfn++) {
			if (is_ours(mfn))
				continue;
			frames++;
			try_to_map(mfn);
			try_to_use(mfn);
		}
	}
}

static void controllers(void)
{
	static const u64 pages[] = { 0xfec00, 0xfee00, 0xfee01, 0xfeeff };
	u32 rw = 0;

	for (u32 i = 0; i < ARRAY_SIZE(pages); i++) {
		rw += !map_as(pages[i], PTE_DATA | PTE_PCD, DOMID_SELF) &&
		      (*entry_of((u64)window, 1) & PTE_RW);
		rw += !map_as(pages[i], PTE_DATA | PTE_PCD, DOMID_IO) &&
		      (*entry_of((u64)window, 1) & PTE_RW);
	}
	check_eq(rw, 0, "no interrupt controller and no message address is mapped writable");
	check(map_as(0xfee00, PTE_RO | PTE_PCD, DOMID_IO), "nor the local APIC at all");
	check(map_as(1UL << 39, PTE_DATA, DOMID_IO), "nor what the CPU cannot address");
}

void test_main(void)
{
	xen_memory_map_t m = { .nr_entries = ARRAY_SIZE(map) };
	u64 grant_frame;
	gnttab_setup_table_t setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	window = page_alloc();
	m.buffer.p = map;
	check_eq(HC(memory_op, .cmd = XENMEM_machine_memory_map, .arg = &m), 0, "the machine's memory");
	setup.frame_list.p = &grant_frame;
	grant_op(GNTTABOP_setup_table, &setup);
	own_grants = grant_frame;
	all_of_ram(m.nr_entries);
	check(frames > 1000, "%u frames of RAM are not ours", frames);
	check_eq(taken_ro, 0, "none can be mapped");
	check_eq(taken_rw, 0, "nor mapped writable by any name");
	check_eq(written, 0, "nor written as a table");
	check_eq(pinned, 0, "nor pinned or unpinned");
	check_eq(roots, 0, "nor made a root");
	check_eq(gdts, 0, "nor a GDT");
	check_eq(cleared, 0, "nor cleared");
	check_eq(copied, 0, "nor copied to or from");
	check_eq(granted, 0, "nor copied to by a grant operation");
	check_eq(given, 0, "nor given back");
	controllers();
}

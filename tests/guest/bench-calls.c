/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench-calls - what single hypercalls cost a guest that does nothing else: bench/run shows it
 *
 * Each line is "bench NAME NANOSECONDS REPEATS", the median of five samples of so many repeats.  Under QEMU's
 * -icount shift=0 these are instructions, the guest's few own ones with them.
 */
#include "bench.h"
#include "grant.h"

enum { BATCH = 32, UPDATES = 128, TABLES = 8, SPARSE = 16, REF = 8, UNUSED_CALL = 63 };

static multicall_entry_t batch[BATCH];
static mmu_update_t updates[UPDATES];
static struct chain chain;

static void hypercalls(void)
{
	static char extra[16];

	for (u64 i = 0; i < BATCH; i++)
		batch[i].op = __HYPERVISOR_xen_version;
	BENCH("null_hypercall", 2000, HC(xen_version, .cmd = XENVER_version));
	BENCH("unknown_hypercall", 2000, hypercall_regs(UNUSED_CALL, (const uint64_t[6]){ 0 }));
	BENCH("hypercall_structure", 2000, HC(xen_version, .cmd = XENVER_extraversion, .arg = extra));
	BENCH("multicall_of_32", 200, HC(multicall, .calls = batch, .count = BATCH));
	BENCH("sched_op_yield", 500, HC(sched_op, .cmd = SCHEDOP_yield));
}

static void update(u64 count, bool present)
{
	for (u64 i = 0; i < count; i++) {
		updates[i].ptr = maddr_of(chain.tables[1]) + 8 * (i + 1);
		updates[i].val = present ? PTE(mfn_of(chain.page), PTE_DATA) : 0;
	}
	if (HC(mmu_update, .reqs = updates, .count = count, .foreign = DOMID_SELF))
		bail_out("mmu_update is refused");
}

/* In a table that is pinned but not loaded: an entry set, and taken back. */
static void page_table_entries(void)
{
	chain_make(&chain, CHAIN_VA);
	if (pin(1, mfn_of(chain.tables[1])))
		bail_out("a table cannot be pinned");
	BENCH("mmu_update_1_twice", 500, update(1, true); update(1, false));
	BENCH("mmu_update_128_twice", 50, update(UPDATES, true); update(UPDATES, false));
	BENCH("update_va_mapping", 500, pte_set((u64)chain.page, PTE(mfn_of(chain.page), PTE_DATA)));
	unpin(mfn_of(chain.tables[1]));
}

/* A root whose tables of level 1 have `used` entries each. */
static void pin_tree(const char *name, u64 used)
{
	u64 root;

	chain_make(&chain, CHAIN_VA);
	set_writable(chain.tables[2]);
	for (u64 t = 0; t < TABLES; t++) {
		u64 *table = page_alloc();

		for (u64 i = 0; i < used; i++)
			table[i * (512 / used)] = PTE(mfn_of(chain.page), PTE_DATA);
		set_readonly(table);
		chain.tables[2][t * 8] = PTE(mfn_of(table), PTE_TABLE);
	}
	set_readonly(chain.tables[2]);
	root = mfn_of(chain.tables[4]);
	if (pin(4, root) || unpin(root))
		bail_out("a root cannot be pinned");
	BENCH(name, 20, pin(4, root); unpin(root));
}

static void map_unmap(void *at)
{
	grant_handle_t handle;

	if (grant_map(REF, GNTMAP_host_map, (u64)at, &handle) || grant_unmap(handle, (u64)at))
		bail_out("a grant cannot be mapped or unmapped");
}

static void copy(const void *to)
{
	gnttab_copy_t c = { .flags = GNTCOPY_source_gref, .len = PAGE_SIZE };

	c.source.u.ref = REF;
	c.source.domid = c.dest.domid = DOMID_SELF;
	c.dest.u.gmfn = mfn_of(to);
	if (grant_op(GNTTABOP_copy, &c) || c.status)
		bail_out("a grant cannot be copied");
}

static void grant_calls(void)
{
	void *page = page_alloc(), *at = page_alloc();

	grant_init();
	grant_give(REF, start_info->flags & SIF_INITDOMAIN ? 0 : DOMID_SELF, mfn_of(page), 0);
	BENCH("grant_map_and_unmap", 500, map_unmap(at));
	BENCH("grant_copy_of_4K", 500, copy(at));
}

void child_main(void)
{
}

void test_main(void)
{
	hypercalls();
	page_table_entries();
	pin_tree("pin_unpin_tree_sparse", SPARSE);
	pin_tree("pin_unpin_tree_full", 512);
	grant_calls();
	check(true, "measured");
}

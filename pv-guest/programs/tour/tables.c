/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define RO (PTE_P | PTE_A | PTE_NX)
#define RW (RO | PTE_W | PTE_D)

static long update(const void *slot, pte_t val)
{
	mmu_update_t req = { .ptr = va_to_maddr(slot), .val = val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_SELF);
}

/* The tables on the way to a window, from the root down. */
static void walk(void *window, pte_t *tables[5])
{
	pte_t *table = kernel_space.root;
	int level;

	for (level = 4; level; level--) {
		pte_t e = table[((u64)window >> (12 + 9 * (level - 1))) & 511];

		tables[level] = table;
		say("level %d table at %lx, entry %016lx", level, (u64)table, e);
		if (level > 1)
			table = pfn_to_va(pte_pfn(e));
	}
}

static void map_and_change(void *window, u64 *page)
{
	pte_t *slot = window_slot(window);

	expect_code(update(slot, pte_make(va_to_pfn(page), RW)), 0,
		    "mmu_update: map a page of ours");
	*(volatile u64 *)window = 7;
	expect(*page == 7, "a write there reaches the page");
	expect_code(HC(update_va_mapping, .va = (u64)window, .val = 0, .flags = UVMF_INVLPG), 0,
		    "update_va_mapping: unmap it");
}

static void tables_are_not_writable(void *window, pte_t *tables[5])
{
	pte_t *slot = window_slot(window);
	int level;

	for (level = 1; level <= 4; level++) {
		pfn_t pfn = va_to_pfn(tables[level]);

		expect_refused(update(slot, pte_make(pfn, RW)),
			       "mmu_update: map a level %d table writable", level);
		expect_refused(HC(update_va_mapping, .va = (u64)window, .val = pte_make(pfn, RW)),
			       "update_va_mapping: the same");
		expect_code(update(slot, pte_make(pfn, RO)), 0, "mmu_update: map it read-only");
	}
	CHECK(!window_set(window, 0));
}

static void batch_stops_at_error(void *window, void *page, pte_t *l1)
{
	u64 slot = va_to_maddr(window_slot(window));
	mmu_update_t req[3] = {
		{ .ptr = slot, .val = pte_make(va_to_pfn(page), RO) },
		{ .ptr = slot, .val = pte_make(va_to_pfn(l1), RW) },
		{ .ptr = slot, .val = 0 },
	};
	u32 done = 99;
	long rc = HC(mmu_update, .reqs = req, .count = 3, .done = &done, .foreign = DOMID_SELF);

	expect_refused(rc, "mmu_update, 3 entries, the second one bad: %u done", done);
	expect(done == 1 && *window_slot(window) & PTE_P, "the first was made, the third was not");
	CHECK(!window_set(window, 0));
}

struct store {
	pte_t *slot;
	pte_t val;
};

static void store(void *arg)
{
	struct store *s = arg;

	*(volatile pte_t *)s->slot = s->val;
}

/* Linux relies on this for the odd store to a live table. */
static void direct_store(void *window, u64 *page, pte_t *l2)
{
	struct store s = { window_slot(window), pte_make(va_to_pfn(page), RO) };
	struct store in_l2 = { l2 + 500, 0 };
	struct trap_report r;

	*page = 8;
	say("before anything is asked, a plain store to a live table %s",
	    trap_try(&r, store, &s) ? "traps" : "is done for us");
	expect_code(
		HC(vm_assist, .cmd = VMASST_CMD_enable, .type = VMASST_TYPE_writable_pagetables), 0,
		"vm_assist: enable writable_pagetables");
	expect(!trap_try(&r, store, &s) && *(volatile u64 *)window == 8,
	       "now the store is emulated: checked, then made");
	cost(MEASURE(200, store(&s)), "an emulated store");
	expect_trap(TRAP_PF, store, &in_l2,
		    "a store to a level 2 table, for which this is not done");
	expect_code(
		HC(vm_assist, .cmd = VMASST_CMD_disable, .type = VMASST_TYPE_writable_pagetables),
		0, "vm_assist: disable it");
	CHECK(!window_set(window, 0));
}

static void pinning(void)
{
	pte_t *l1 = page_alloc_zeroed();
	mfn_t mfn = va_to_mfn(l1);

	l1[3] = pte_make(va_to_pfn(l1), RW);
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, mfn),
		       "pin a page as a table while we can write it");
	port_table_prepare(l1);
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, mfn),
		       "read-only, but with a writable entry for itself");
	port_table_release(l1);
	l1[3] = pte_make(va_to_pfn(l1), RO);
	port_table_prepare(l1);
	expect_code(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0,
		    "read-only, with a read-only entry for itself");
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, mfn), "pin it again");
	expect_refused(update(&l1[4], pte_make(va_to_pfn(l1), RW)),
		       "map it writable through itself");
	cost(MEASURE(50, mmuext(MMUEXT_UNPIN_TABLE, mfn); mmuext(MMUEXT_PIN_L1_TABLE, mfn)),
	     "unpin and pin a level 1 table");
	expect_code(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin it");
	expect_refused(mmuext(MMUEXT_UNPIN_TABLE, mfn), "unpin it again");
	port_table_release(l1);
	page_free(l1);
}

static void costs(void *window, void *page)
{
	pte_t pte = pte_make(va_to_pfn(page), RO), *slot = window_slot(window);
	mmu_update_t req[32];
	unsigned int i;

	cost(MEASURE(500, update(slot, pte); update(slot, 0)) / 2, "mmu_update of one entry");
	for (i = 0; i < 32; i++)
		req[i] = (mmu_update_t){ .ptr = va_to_maddr(slot), .val = i % 2 ? 0 : pte };
	cost(MEASURE(50, HC(mmu_update, .reqs = req, .count = 32, .foreign = DOMID_SELF)) / 32,
	     "... of one of 32 entries");
	cost(measure_map(), "map a page, touch it, unmap it");
	cost(MEASURE(500, mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0)), "flush this CPU's TLB");
}

void chapter_tables(void)
{
	void *window = window_reserve(1);
	u64 *page = page_alloc_zeroed();
	pte_t *tables[5];

	walk(window, tables);
	map_and_change(window, page);
	tables_are_not_writable(window, tables);
	batch_stops_at_error(window, page, tables[1]);
	direct_store(window, page, tables[2]);
	pinning();
	costs(window, page);
	page_free(page);
}

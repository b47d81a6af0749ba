/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * roots-smp - a slot of the root that another processor uses
 *
 * Right: vCPU 1 reads by one slot of the root all the time while vCPU 0 names another table there and flushes all TLBs:
 * then vCPU 1 reads only by the new one, and the old tables are plain memory that may be written. ABI: mmu_update,
 * MMUEXT_TLB_FLUSH_ALL in xen.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define ROUNDS 60
#define VA     0xffffa00123456000UL

static u64 seen, reads;
static u32 stop;

static void reader(void)
{
	while (!LIVE(stop)) {
		LIVE(seen) = LIVE(*(u64 *)VA);
		LIVE(reads)++;
	}
	LIVE(stop) = 2;
}

static bool reads_now(u64 want)
{
	u64 from = LIVE(reads), end = now() + 2000000000;

	while (LIVE(reads) < from + 2 && now() < end)
		;
	return LIVE(reads) >= from + 2 && LIVE(seen) == want;
}

static u64 *root;

static long put(const struct chain *c)
{
	long rc = entry_set(&root[table_index(VA, 4)], PTE(mfn_of(c->tables[3]), PTE_TABLE));

	return rc ? rc : mmuext(MMUEXT_TLB_FLUSH_ALL, 0);
}

/* Its tables are in use no more: written over, and made again. */
static int reuse(struct chain *c)
{
	u64 below = PTE(mfn_of(c->page), PTE_DATA);
	int refused = 0;

	for (int level = 3; level >= 1; level--) {
		refused += pte_set((u64)c->tables[level], PTE(mfn_of(c->tables[level]), PTE_DATA)) != 0;
		if (!refused)
			memset(c->tables[level], 0x5a, PAGE_SIZE);
	}
	for (int level = 1; level <= 3 && !refused; level++) {
		memset(c->tables[level], 0, PAGE_SIZE);
		c->tables[level][table_index(VA, level)] = below;
		below = PTE(mfn_of(c->tables[level]), PTE_TABLE);
		set_readonly(c->tables[level]);
	}
	return refused;
}

void test_main(void)
{
	struct chain c[2];
	int wrong = 0, refused = 0;
	u64 end;

	root = (u64 *)start_info->pt_base;
	for (u64 i = 0; i < 2; i++) {
		chain_make(&c[i], VA);
		*(u64 *)c[i].page = 1000 + i;
	}
	check_eq(put(&c[0]), 0, "a slot is set");
	check_eq(vcpu_start(1, reader), 0, "a second vCPU");
	check(reads_now(1000), "reads by it");
	for (int i = 1; i <= ROUNDS; i++) {
		wrong += put(&c[i & 1]) != 0;
		wrong += !reads_now(1000 + (i & 1));
		refused += reuse(&c[!(i & 1)]);
	}
	check_eq(wrong, 0, "%d times by the new one", ROUNDS);
	check_eq(refused, 0, "the old tables can be written each time");
	LIVE(stop) = 1;
	end = now() + 2000000000;
	while (LIVE(stop) != 2 && now() < end)
		;
	check(reads > ROUNDS * 2, "vCPU 1 took part: %lu reads", reads);
}

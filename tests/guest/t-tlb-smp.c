/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tlb-smp - flushes reach the other processors
 *
 * Right: vCPU 1 reads one address all the time while vCPU 0 puts one page after the other there;
 * when a call with a flush of all vCPUs has returned, vCPU 1 reads only the new page.  Each kind of
 * flush is tried.  ABI: UVMF_ALL, MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_MULTI in xen.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define ROUNDS 60

static u64 *window, *page[2];
static u64 seen, reads;
static u32 stop;

static void reader(void)
{
	while (!LIVE(stop)) {
		LIVE(seen) = LIVE(window[0]);
		LIVE(reads)++;
	}
	LIVE(stop) = 2;
}

/* Whatever vCPU 1 reads after two more rounds of its loop was read after the flush. */
static bool reads_now(u64 want)
{
	u64 from = LIVE(reads), end = now() + 2000000000;

	while (LIVE(reads) < from + 2 && now() < end)
		;
	return LIVE(seen) == want;
}

static void put(u64 *p, int how)
{
	u64 pte = PTE(mfn_of(p), PTE_DATA), mask = 3;
	mmuext_op_t op = { .arg1.linear_addr = (u64)window };

	if (how < 2) {
		HC(update_va_mapping, .va = (u64)window, .val = pte,
		   .flags = UVMF_ALL | (how ? UVMF_INVLPG : UVMF_TLB_FLUSH));
		return;
	}
	HC(update_va_mapping, .va = (u64)window, .val = pte, .flags = UVMF_NONE);
	op.cmd = how == 2   ? MMUEXT_TLB_FLUSH_ALL
		 : how == 3 ? MMUEXT_INVLPG_ALL
		 : how == 4 ? MMUEXT_TLB_FLUSH_MULTI
			    : MMUEXT_INVLPG_MULTI;
	if (how >= 4)
		op.arg2.vcpumask.p = &mask;
	HC(mmuext_op, .ops = &op, .count = 1, .foreign = DOMID_SELF);
}

void test_main(void)
{
	static const char *const names[] = { "update_va_mapping, TLB", "update_va_mapping, INVLPG",
					     "TLB_FLUSH_ALL",	       "INVLPG_ALL",
					     "TLB_FLUSH_MULTI",	       "INVLPG_MULTI" };
	unsigned int wrong;
	u64 end;

	window = page_alloc();
	for (u64 i = 0; i < 2; i++) {
		page[i] = page_alloc();
		page[i][0] = 1000 + i;
	}
	put(page[0], 0);
	check_eq(vcpu_start(1, reader), 0, "a second vCPU");
	for (int how = 0; how < 6; how++) {
		wrong = 0;
		for (int i = 0; i < ROUNDS; i++) {
			put(page[i & 1], how);
			wrong += !reads_now(1000 + (i & 1));
		}
		check_eq(wrong, 0, "%s: %d times the new page", names[how], ROUNDS);
	}
	LIVE(stop) = 1;
	end = now() + 2000000000;
	while (LIVE(stop) != 2 && now() < end)
		;
	check(reads > ROUNDS * 12, "vCPU 1 took part: %lu reads", reads);
}

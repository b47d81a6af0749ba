/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stale-tlb - a writable TLB entry of another processor, when the frame becomes a table
 *
 * Right: vCPU 1 writes to a page all the time. vCPU 0 makes the page read-only without a flush of
 * vCPU 1 and pins it as a table of level 2 (where no write is emulated): from then on the writes
 * fault, none of them is seen in the table.  ABI: mmu_update in xen.h; the hypervisor flushes
 * before a frame gets a new type.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define ROUNDS 200

static u64 *page;
static u32 go, writes, faults, seen;

/*
 * Counts up in the page by entries that are not present: any of them is good, but none may come
 * while pinned.
 */
static void writer(void)
{
	u64 n = 0;

	while (LIVE(go)) {
		if (TRY("movq %[v], (%[p])", NO_RESULT,
			GIVEN([p] "r"(&page[7]), [v] "r"(n += 2))) == NO_FAULT)
			LIVE(writes)++;
		else
			LIVE(faults)++;
	}
	LIVE(go) = 2;
}

void test_main(void)
{
	u64 end, mfn, value;
	u32 pins = 0, before;

	page = page_alloc();
	mfn = mfn_of(page);
	go = 1;
	check_eq(vcpu_start(1, writer), 0, "a second vCPU");
	for (int i = 0; i < ROUNDS; i++) {
		before = LIVE(writes);
		end = now() + 100000000;
		while (LIVE(writes) == before && now() < end)
			;
		HC(update_va_mapping, .va = (u64)page, .val = PTE(mfn, PTE_RO), .flags = UVMF_NONE);
		HC(mmuext_op, .ops = &(mmuext_op_t){ .cmd = MMUEXT_TLB_FLUSH_LOCAL }, .count = 1,
		   .foreign = DOMID_SELF);
		if (!pin(2, mfn)) {
			pins++;
			value = LIVE(page[7]);
			for (int k = 0; k < 2000; k++)
				seen += LIVE(page[7]) != value;
			unpin(mfn);
		}
		set_writable(page);
	}
	LIVE(go) = 0;
	end = now() + 3000000000;
	while (LIVE(go) != 2 && now() < end)
		;
	check(writes && faults, "%u writes and %u faults", writes, faults);
	check(pins == ROUNDS, "pinned %u times of %u", pins, ROUNDS);
	check_eq(seen, 0, "no write was seen in the table");
}

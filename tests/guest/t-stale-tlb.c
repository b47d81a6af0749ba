/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stale-tlb - a writable TLB entry of another processor, when the frame becomes a table
 *
 * Right: vCPU 1 writes to a page all the time. vCPU 0 makes the page read-only without any flush and pins it as a table: from
 * then on the writes fault (or are emulated after a check), none of them is seen in the table. ABI: mmu_update in xen.h; the hypervisor
 * flushes before a frame gets a new type.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define ROUNDS 200
#define BAD    PTE(0xfffffffff, PTE_DATA) /* no emulation lets this through */

static u64 *page;
static u32 go, writes, faults, seen;

static void writer(void)
{
	while (LIVE(go)) {
		if (TRY("movq %[v], (%[p])", NO_RESULT, GIVEN([p] "r"(&page[7]), [v] "r"(BAD))) == NO_FAULT)
			LIVE(writes)++;
		else
			LIVE(faults)++;
	}
	LIVE(go) = 2;
}

void test_main(void)
{
	u64 end, mfn;
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
		mmu_set(maddr_of(&page[7]), 0); /* a good table again, if it is only that */
		if (!pin(1, mfn)) {
			pins++;
			for (int k = 0; k < 1000; k++)
				seen += LIVE(page[7]) != 0;
			unpin(mfn);
		}
		set_writable(page);
	}
	LIVE(go) = 0;
	end = now() + 3000000000;
	while (LIVE(go) != 2 && now() < end)
		;
	check(writes && faults, "%u writes and %u faults", writes, faults);
	check(pins, "pinned %u times of %u", pins, ROUNDS);
	check_eq(seen, 0, "no write was seen in the table");
}

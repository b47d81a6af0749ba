/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race-types - two vCPUs on two processors change the type of the same frames
 *
 * Right: while one pins and unpins a frame as a table, the other maps it writable and writes, or
 * pins it at another level; at no time does a frame have both. A table that was pinned has what it
 * had when it was checked, in spite of stale writable TLB entries of the other processor. ABI:
 * page tables are read-only, mmu_update in xen.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define ROUNDS 3000

static u64 *frame, *window, mfn;
static u32 go, wrote, both, pinned, other_level, spoiled;

/* Maps the frame writable and writes; a fault or a refusal is what may come instead. */
static void other(void)
{
	while (LIVE(go)) {
		if (!pte_set((u64)window, PTE(mfn, PTE_DATA))) {
			if (TRY("movq %[v], (%[p])", NO_RESULT,
				GIVEN([p] "r"(&window[5]), [v] "r"(PTE(0xfffffffff, PTE_DATA)))) ==
			    NO_FAULT)
				__atomic_add_fetch(&wrote, 1, __ATOMIC_SEQ_CST);
			TRY("movq $0, (%[p])", NO_RESULT, GIVEN([p] "r"(&window[5])));
			/* taken away without a flush: the hypervisor has to see to that */
			HC(update_va_mapping, .va = (u64)window, .val = 0, .flags = UVMF_NONE);
		}
		if (!pin(2, mfn)) {
			other_level++;
			unpin(mfn);
		}
		for (u64 end = now() + 50000; now() < end;)
			;
	}
	LIVE(go) = 2;
}

void test_main(void)
{
	u64 end;

	frame = page_alloc();
	window = page_alloc();
	mfn = mfn_of(frame);
	pte_set((u64)window, 0);
	set_readonly(frame);
	go = 1;
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	end = now() + 8000000000;
	for (int i = 0; i < ROUNDS && now() < end; i++) {
		if (pin(1, mfn)) {
			HC(sched_op, .cmd = SCHEDOP_yield);
			continue;
		}
		pinned++;
		spoiled += LIVE(frame[5]) != 0;
		/* While pinned nobody has it writable. */
		both += (LIVE(*entry_of((u64)window, 1)) & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW);
		spoiled += LIVE(frame[5]) != 0;
		unpin(mfn);
	}
	LIVE(go) = 0;
	end = now() + 3000000000;
	while (LIVE(go) != 2 && now() < end)
		;
	check(pinned, "pinned %u times, written %u times, at level 2 %u times", pinned, wrote,
	      other_level);
	check_eq(both, 0, "never pinned and writable");
	check_eq(spoiled, 0, "never written while pinned");
	check_eq(pin(1, mfn), 0, "the frame is whole");
	check_eq(unpin(mfn), 0, "and free");
}

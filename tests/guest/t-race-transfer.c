/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race-transfer - a frame is given back while the hypervisor still fills it
 *
 * Right: while one vCPU gives frames to its own domain, whose grant entry does not wait for any, the
 * other gives back every frame that it can guess, also the one which the transfer has just got.  The
 * hypervisor survives, keeps its memory, and knows in the end whose each frame is.  ABI:
 * GNTTABOP_transfer in grant_table.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2 --hv-args loglvl=info --hv-args guest_loglvl=none
 */
#include "grant.h"

#define WINDOW 8

static u64 around;
static u32 go, given_back;

static void other(void)
{
	while (LIVE(go) == 1) {
		u64 first = LIVE(around);

		for (u64 mfn = first - WINDOW; first && mfn <= first + WINDOW; mfn++) {
			xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };

			r.extent_start.p = &mfn;
			given_back += HC(memory_op, .cmd = XENMEM_decrease_reservation, .arg = &r) == 1;
		}
	}
	LIVE(go) = 2;
}

static u64 new_frame(void)
{
	u64 mfn = ~0UL;
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };

	r.extent_start.p = &mfn;
	return HC(memory_op, .cmd = XENMEM_increase_reservation, .arg = &r) == 1 ? mfn : 0;
}

void test_main(void)
{
	u64 last_used[64], end;
	u32 transfers = 0;

	/* Frames of ours go back first, so that there is something to be given. */
	for (u32 i = 0; i < ARRAY_SIZE(last_used); i++) {
		void *page = page_alloc();
		xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };

		last_used[i] = mfn_of(page);
		r.extent_start.p = &last_used[i];
		pte_set((u64)page, 0);
		HC(memory_op, .cmd = XENMEM_decrease_reservation, .arg = &r);
	}
	grant_init();
	go = 1;
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	end = now() + 3000000000;
	while (transfers < 20000 && now() < end) {
		gnttab_transfer_t t = { .domid = 0, .ref = 20 };

		t.mfn = new_frame();
		if (!t.mfn)
			continue;
		LIVE(around) = t.mfn;
		if (!grant_op(GNTTABOP_transfer, &t))
			transfers++;
	}
	LIVE(go) = 0;
	end = now() + 3000000000;
	while (LIVE(go) != 2 && now() < end)
		;
	check(transfers && given_back, "%u transfers, %u frames given back by the other", transfers,
	      given_back);
	check_eq(LIVE(go), 2, "both are alive");
}

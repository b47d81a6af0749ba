/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shared-info - the page shared with the hypervisor, as found
 *
 * Right: the guest may map it writable by update_va_mapping; events are masked for every vCPU, no
 * event is pending; the wall clock and vCPU 0's time are filled in and consistent.  max_pfn is the
 * guest's own field.  ABI: struct shared_info and struct vcpu_time_info in xen.h.
 */
#include "guest.h"

void test_main(void)
{
	const shared_info_t *s = shared_info;
	const struct vcpu_time_info *t = &s->vcpu_info[0].time;
	unsigned int unmasked = 0;
	u64 pending = 0;

	for (int i = 0; i < 1; i++)
		unmasked += s->vcpu_info[i].evtchn_upcall_mask != 1;
	check_eq(unmasked, 0, "events are masked");
	for (int i = 0; i < 64; i++)
		pending |= s->evtchn_pending[i];
	check_eq(pending, 0, "no event is pending");
	check_eq(s->vcpu_info[0].evtchn_upcall_pending, 0, "no upcall is pending");
	check(!(s->wc_version & 1), "the wall clock is stable");
	check(s->wc_sec > 1600000000 || s->wc_sec_hi, "the wall clock is after 2020: %u",
	      s->wc_sec);
	check(s->wc_nsec < 1000000000, "nanoseconds are below a second");
	check(t->version && !(t->version & 1), "time has been written, version %u", t->version);
	check(t->tsc_to_system_mul >> 31, "the multiplier is normalised: 0x%x",
	      t->tsc_to_system_mul);
	check(t->tsc_timestamp <= rdtsc(), "the TSC stamp is in the past");
	check_eq(s->arch.max_pfn, 0, "max_pfn is for the guest to write");
	LIVE(shared_info->arch.max_pfn) = 77;
	check_eq(LIVE(shared_info->arch.max_pfn), 77, "and it can");
	LIVE(shared_info->arch.max_pfn) = 0;
	check_eq(start_info->shared_info, *entry_of((u64)shared_info, 1) & PTE_ADDR,
		 "the mapping is of the frame that start_info names");
}

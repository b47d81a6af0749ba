/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu-info - VCPUOP_register_vcpu_info
 *
 * Right: the structure moves to where the guest says, with what it held; from then on the
 * hypervisor uses the new place only: time, masks and page-fault addresses; once only; a place
 * that crosses a page, is not aligned or no frame of ours is refused.  ABI: struct
 * vcpu_register_vcpu_info in vcpu.h.
 */
#include "guest.h"

static long reg(u64 mfn, u32 offset)
{
	vcpu_register_vcpu_info_t op = { .mfn = mfn, .offset = offset };

	return HC(vcpu_op, .cmd = VCPUOP_register_vcpu_info, .vcpuid = 0, .arg = &op);
}

void test_main(void)
{
	char *page = page_alloc();
	vcpu_info_t *new = (vcpu_info_t *)(page + 128), *old = this_vcpu_info();
	u64 va = UNMAPPED + 0x123, v = 0, old_time;
	u32 ipi;

	event_init();
	ipi = bind_ipi(0);
	event_port_on(ipi);
	check_eq(reg(mfn_of(page), PAGE_SIZE - 32), -XEN_ENXIO, "across the end of the page");
	check_eq(reg(mfn_of(page), PAGE_SIZE), -XEN_ENXIO, "behind it");
	check_eq(reg(mfn_of(page), 129), -XEN_ENXIO, "not aligned");
	check_eq(reg(0xfffffffff, 0), -XEN_EINVAL, "no frame");
	check(reg(root_mfn(), 0) < 0, "a page table");
	LIVE(old->arch.pad) = 0x77;
	old_time = LIVE(old->time.system_time);
	check_eq(reg(mfn_of(page), 128), 0, "a good place");
	check_eq(new->evtchn_upcall_mask, 1, "has the mask that was");
	check_eq(LIVE(new->evtchn_upcall_pending), 1, "an upcall is made pending, to be safe");
	check(new->time.version &&new->time.system_time >= old_time, "has the time");
	LIVE(new->evtchn_upcall_pending) = 0;
	LIVE(new->evtchn_pending_sel) = 0;
	LIVE(old->evtchn_upcall_pending) = 0;
	send(ipi);
	check_eq(LIVE(new->evtchn_upcall_pending), 1, "events are told there");
	check_eq(LIVE(old->evtchn_upcall_pending), 0, "and not in the old place");
	TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(va)));
	check_eq(new->arch.cr2, va, "fault addresses too");
	check_eq(reg(mfn_of(page), 256), -XEN_EINVAL, "once only");
	check_eq(
		HC(vcpu_op, .cmd = VCPUOP_register_vcpu_info, .vcpuid = 0, .arg = (void *)UNMAPPED),
		-XEN_EFAULT, "an argument out of reach");
}

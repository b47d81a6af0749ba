/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nmi - VCPUOP_send_nmi
 *
 * Right: the NMI callback is entered, on the vCPU it was sent to, also while events are masked,
 * with events masked inside; a second one waits for the first's iret.  ABI: CALLBACKTYPE_nmi in
 * callback.h, VCPUOP_send_nmi in vcpu.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

static u32 count, on_cpu = 99, ready;
static u8 mask;

static bool on_nmi(struct regs *regs)
{
	(void)regs;
	count++;
	on_cpu = this_cpu()->id;
	mask = this_vcpu_info()->evtchn_upcall_mask;
	return true;
}

static void other(void)
{
	callback(CALLBACKTYPE_nmi, 0, entry_nmi);
	LIVE(ready) = 1;
	for (;;)
		barrier();
}

static long send_nmi(u32 id)
{
	return HC(vcpu_op, .cmd = VCPUOP_send_nmi, .vcpuid = id);
}

static bool soon(u32 *value, u32 want)
{
	u64 end = now() + 3000000000;

	while (LIVE(*value) != want && now() < end)
		HC(sched_op, .cmd = SCHEDOP_yield);
	return LIVE(*value) == want;
}

void test_main(void)
{
	trap_hooks[VEC_NMI] = on_nmi;
	check_eq(callback(CALLBACKTYPE_nmi, 0, entry_nmi), 0, "the callback");
	check_eq(send_nmi(0), 0, "to oneself");
	check(soon(&count, 1), "it came");
	check_eq(on_cpu, 0, "here");
	check_eq(mask, 1, "events are masked inside");
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	check(soon(&ready, 1), "runs");
	check_eq(send_nmi(1), 0, "to the other");
	check(soon(&count, 2), "it came");
	check_eq(on_cpu, 1, "there");
	check_eq(send_nmi(2), -XEN_ENOENT, "to a vCPU that is not");
}

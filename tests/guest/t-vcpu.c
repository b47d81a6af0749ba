/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu - bringing virtual CPUs up and down
 *
 * Right: is_up tells; initialise takes a context once (-EEXIST then), up starts it with the
 * context's registers and its own vcpu_info, events masked; down ends it until the next up; a vCPU
 * that is not initialised cannot go up; bad contexts and numbers are refused.  ABI: vcpu.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=4
 */
#include "guest.h"

static u32 started[MAX_CPUS], mask_at_start[MAX_CPUS], go_down;

static void other(void)
{
	u32 id = this_cpu()->id;

	mask_at_start[id] = this_vcpu_info()->evtchn_upcall_mask;
	__atomic_add_fetch(&started[id], 1, __ATOMIC_SEQ_CST);
	while (!LIVE(go_down))
		HC(sched_op, .cmd = SCHEDOP_yield);
	HC(vcpu_op, .cmd = VCPUOP_down, .vcpuid = id);
	__atomic_add_fetch(&started[id], 100, __ATOMIC_SEQ_CST);
	for (;;)
		HC(vcpu_op, .cmd = VCPUOP_down, .vcpuid = id);
}

static long op(u32 cmd, u32 id)
{
	return HC(vcpu_op, .cmd = cmd, .vcpuid = id);
}

static bool soon(u32 *value, u32 want)
{
	u64 end = now() + 3000000000;

	while (LIVE(*value) != want && now() < end)
		HC(sched_op, .cmd = SCHEDOP_yield);
	return LIVE(*value) == want;
}

static bool soon_down(u32 id)
{
	u64 end = now() + 3000000000;

	while (op(VCPUOP_is_up, id) && now() < end)
		HC(sched_op, .cmd = SCHEDOP_yield);
	return op(VCPUOP_is_up, id) == 0;
}

static void contexts(void)
{
	static vcpu_guest_context_t ctx;

	vcpu_context(&ctx, 3, other);
	ctx.ctrlreg[3] = xen_pfn_to_cr3(mfn_of(page_alloc()));
	check(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 3, .arg = &ctx) < 0,
	      "a root that is none");
	vcpu_context(&ctx, 3, other);
	ctx.gdt_ents = 512;
	ctx.gdt_frames[0] = mfn_of(page_alloc());
	check(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 3, .arg = &ctx) < 0,
	      "a GDT that is writable");
	vcpu_context(&ctx, 3, other);
	ctx.kernel_sp = NONCANONICAL;
	check_eq(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 3, .arg = &ctx), -XEN_EINVAL,
		 "a context whose kernel stack is nowhere");
	vcpu_context(&ctx, 3, other);
	ctx.ldt_ents = 10000;
	check(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 3, .arg = &ctx) < 0,
	      "an LDT too long");
	check_eq(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 3, .arg = (void *)UNMAPPED),
		 -XEN_EFAULT, "a context out of reach");
	check_eq(op(VCPUOP_up, 3), -XEN_EINVAL, "it cannot go up");
}

void test_main(void)
{
	static vcpu_guest_context_t ctx;

	check_eq(vcpu_count(), 4, "four vCPUs");
	check_eq(op(VCPUOP_is_up, 0), 1, "vCPU 0 is up");
	check_eq(op(VCPUOP_is_up, 1), 0, "vCPU 1 is not");
	check_eq(op(VCPUOP_up, 1), -XEN_EINVAL, "it cannot go up before it is initialised");
	check_eq(vcpu_start(1, other), 0, "initialise and up");
	check(soon(&started[1], 1), "it runs");
	check_eq(op(VCPUOP_is_up, 1), 1, "is up");
	check_eq(mask_at_start[1], 1, "began with events masked");
	vcpu_context(&ctx, 1, other);
	check_eq(HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = 1, .arg = &ctx), -XEN_EEXIST,
		 "initialise again");
	check_eq(vcpu_start(2, other), 0, "another one");
	check(soon(&started[2], 1), "it runs");
	go_down = 1;
	check(soon_down(1) && soon_down(2), "both go down");
	check_eq(started[1], 1, "and execute nothing more");
	check_eq(op(VCPUOP_up, 1), 0, "up again");
	check(soon(&started[1], 101), "it goes on behind its down");
	check_eq(op(VCPUOP_is_up, 4), -XEN_ENOENT, "vCPU 4");
	check_eq(op(VCPUOP_up, ~0U), -XEN_ENOENT, "the last vCPU");
	check_eq(op(99, 0), -XEN_ENOSYS, "command 99");
	contexts();
}

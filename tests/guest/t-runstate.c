/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runstate - where a vCPU's time goes
 *
 * Right: get_runstate_info says running, and times that add up to system time; a registered area
 * is written at once and kept current; blocked time grows while blocked; with the assist
 * runstate_update_flag bit 63 of state_entry_time is only set during an update. ABI:
 * vcpu_runstate_info in vcpu.h.
 */
#include "guest.h"

#define MS 1000000UL

static vcpu_runstate_info_t area;

static vcpu_runstate_info_t get(void)
{
	vcpu_runstate_info_t r = { .state = 99 };

	check_eq(HC(vcpu_op, .cmd = VCPUOP_get_runstate_info, .vcpuid = 0, .arg = &r), 0,
		 "get_runstate_info");
	return r;
}

static u64 sum(const vcpu_runstate_info_t *r)
{
	return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void sleep(u64 ns)
{
	sched_poll_t op = { .timeout = now() + ns };

	HC(sched_op, .cmd = SCHEDOP_poll, .arg = &op);
}

void test_main(void)
{
	vcpu_register_runstate_memory_area_t reg = { .addr.h.p = &area };
	vcpu_runstate_info_t a = get(), b;
	u64 before;

	check_eq(a.state, RUNSTATE_running, "state: running");
	check(a.state_entry_time <= now(), "since a time that was");
	spin(30 * MS);
	b = get();
	check(b.time[RUNSTATE_running] >= a.time[RUNSTATE_running] + 10 * MS, "running time grows");
	before = b.time[RUNSTATE_blocked];
	sleep(30 * MS);
	b = get();
	check(b.time[RUNSTATE_blocked] >= before + 20 * MS, "blocked time grows while blocked");
	check(sum(&b) >= sum(&a) + 55 * MS && sum(&b) <= now() + 5 * MS, "the times add up");
	memset(&area, 0x55, sizeof(area));
	check_eq(HC(vcpu_op, .cmd = VCPUOP_register_runstate_memory_area, .vcpuid = 0, .arg = &reg),
		 0, "register an area");
	check_eq(LIVE(area.state), RUNSTATE_running, "it is written at once");
	before = LIVE(area.time[RUNSTATE_blocked]);
	sleep(30 * MS);
	check(LIVE(area.time[RUNSTATE_blocked]) >= before + 20 * MS, "and kept current");
	HC(vm_assist, .cmd = VMASST_CMD_enable, .type = VMASST_TYPE_runstate_update_flag);
	sleep(5 * MS);
	check_eq(LIVE(area.state_entry_time) >> 63, 0, "the update flag is clear after an update");
	reg.addr.h.p = (void *)UNMAPPED;
	check_eq(HC(vcpu_op, .cmd = VCPUOP_register_runstate_memory_area, .vcpuid = 0, .arg = &reg),
		 0, "an area where nothing is, is nobody's loss");
	sleep(5 * MS);
	check(true, "the vCPU goes on");
	check_eq(HC(vcpu_op, .cmd = VCPUOP_get_runstate_info, .vcpuid = 0, .arg = (void *)UNMAPPED),
		 -XEN_EFAULT, "a buffer out of reach");
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/timer.h"
#include "programs/tour/pv.h"

static long ask(unsigned int cmd, unsigned int id, void *arg)
{
	return HC(vcpu_op, .cmd = cmd, .vcpuid = id, .arg = arg);
}

static void runstate(void)
{
	vcpu_runstate_info_t info;
	u64 sum = 0;
	int i;

	expect_code(ask(VCPUOP_get_runstate_info, 0, &info), 0, "get_runstate_info");
	for (i = 0; i < 4; i++)
		sum += info.time[i];
	expect(info.state == RUNSTATE_running && sum,
	       "we are running; so far: running %lu us, runnable %lu, blocked %lu, offline %lu",
	       info.time[0] / 1000, info.time[1] / 1000, info.time[2] / 1000, info.time[3] / 1000);
}

static u64 nothing(void *arg)
{
	return (u64)arg + 1;
}

/* Down is like being unplugged between two instructions; up goes on with the next. */
static void down_and_up(unsigned int id)
{
	expect_code(ask(VCPUOP_down, id, NULL), 0, "down %u", id);
	expect_code(ask(VCPUOP_is_up, id, NULL), 0, "is_up %u", id);
	expect_code(ask(VCPUOP_up, id, NULL), 0, "up %u", id);
	expect(cpu_call(id, nothing, (void *)41) == 42, "it answers a call again");
}

void chapter_vcpus(void)
{
	unsigned int id;

	for (id = 0; id < cpu_count; id++)
		expect_code(ask(VCPUOP_is_up, id, NULL), 1, "is_up %u", id);
	expect_code(ask(VCPUOP_up, 5000, NULL), -2, "up 5000");
	expect_refused(ask(VCPUOP_initialise, 0, NULL),
		       "initialise 0, which is running, from nowhere");
	runstate();
	cpus_common();
	if (cpu_count > 1)
		down_and_up(cpu_count - 1);
	cost(MEASURE(1000, ask(VCPUOP_is_up, 0, NULL)), "vcpu_op(is_up)");
}

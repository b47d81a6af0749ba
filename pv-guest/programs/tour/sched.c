/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/timer.h"
#include "programs/tour/pv.h"

/* Block turns events on; a timer set before ends it. */
static void block(void)
{
	u64 t = port_time_ns(), ticks = this_cpu()->ticks;

	irq_disable();
	port_timer_set(t + 3 * MSEC);
	while (this_cpu()->ticks == ticks) {
		irq_disable();
		expect_code(HC(sched_op, .cmd = SCHEDOP_block), 0, "block, with a timer in 3 ms");
		expect(irq_enabled(), "events are on when it returns");
	}
	t = port_time_ns() - t;
	irq_enable();
	expect(t >= 3 * MSEC, "it took %lu us", t / 1000);
}

void chapter_sched(void)
{
	expect_code(HC(sched_op, .cmd = SCHEDOP_yield), 0, "yield");
	block();
	expect_code(HC(sched_op, .cmd = 99), -38, "a command it does not know");
	threads_common();
	cost(MEASURE(500, HC(sched_op, .cmd = SCHEDOP_yield)), "yield with nobody else");
	cost(MEASURE(1000, port_set_kernel_stack(KERNEL_IMAGE)), "stack_switch");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shutdown-bad - reasons that are none
 *
 * Right: a reason out of reach is -EFAULT, shutdown_code only takes note and returns; the domain
 * goes on.  ABI: SCHEDOP_shutdown, shutdown_code in sched.h.
 */
#include "guest.h"

void test_main(void)
{
	sched_shutdown_t code = { .reason = SHUTDOWN_poweroff };

	check_eq(HC(sched_op, .cmd = SCHEDOP_shutdown, .arg = (void *)UNMAPPED), -XEN_EFAULT,
		 "shutdown with an argument out of reach");
	check_eq(HC(sched_op, .cmd = SCHEDOP_shutdown_code, .arg = (void *)UNMAPPED), -XEN_EFAULT,
		 "shutdown_code with one");
	check_eq(HC(sched_op, .cmd = SCHEDOP_shutdown_code, .arg = &code), 0, "shutdown_code");
	check(true, "the domain goes on");
}

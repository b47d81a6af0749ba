/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watchdog - SCHEDOP_watchdog
 *
 * Right: id 0 begins one and answers its id; it can be put off and taken away; two are the most;
 * one that is not put off in time ends the domain, and the hypervisor says that it was the
 * watchdog.  ABI: sched_watchdog in sched.h.
 *
 * Boot: --end watchdog
 */
#include "guest.h"

static long dog(u32 id, u32 seconds)
{
	sched_watchdog_t op = { .id = id, .timeout = seconds };

	return HC(sched_op, .cmd = SCHEDOP_watchdog, .arg = &op);
}

void test_main(void)
{
	u32 first, second;

	first = dog(0, 100);
	second = dog(0, 100);
	check(first >= 1 && second >= 1 && first != second, "two of them: %u and %u", first,
	      second);
	check_eq((int)dog(0, 100), -XEN_ENOSPC, "a third"); /* Xen answers it in 32 bits */
	check_eq(dog(99, 100), -XEN_EINVAL, "an id that is none");
	check_eq(dog(first, 100), 0, "put off");
	check_eq(dog(first, 0), 0, "taken away");
	check_eq(dog(first, 100), -XEN_EINVAL, "it is gone");
	check_eq(dog(second, 1), 0, "the other, in a second");
	plan_end();
	for (;;)
		barrier();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shutdown-suspend - SCHEDOP_shutdown with this reason
 *
 * Right: the initial domain ends, and the hypervisor says how.  ABI: SHUTDOWN_suspend in sched.h.
 *
 * Boot: --end suspend
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	guest_exit(SHUTDOWN_suspend);
}

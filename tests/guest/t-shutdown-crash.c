/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shutdown-crash - SCHEDOP_shutdown with this reason
 *
 * Right: the initial domain ends, and the hypervisor says how.  ABI: SHUTDOWN_crash in sched.h.
 *
 * Boot: --end crash
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	guest_exit(SHUTDOWN_crash);
}

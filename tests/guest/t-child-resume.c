/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-resume - a domain that its controller shut down before it had a vCPU
 *
 * Right: a vCPU that comes while the domain is shut down waits like the others, and runs when it is resumed, not before.
 * ABI: SCHEDOP_remote_shutdown in sched.h, XEN_DOMCTL_max_vcpus, resumedomain in domctl.h.
 *
 * Boot: --initrd ./child-resume.elf
 */
#include "child.h"

void child_main(void)
{
	mail.reply[0] = 1;
}

void test_main(void)
{
	sched_remote_shutdown_t s = { .reason = SHUTDOWN_suspend };
	struct xen_domctl op = { 0 };
	struct mail *m;
	struct child c;

	check_eq(child_create_bare(&c, 1), 0, "a domain without vCPUs");
	s.domain_id = c.id;
	check_eq(HC(sched_op, .cmd = SCHEDOP_remote_shutdown, .arg = &s), 0, "is shut down");
	check_eq(child_vcpus(&c, 1), 0, "and gets its vCPU");
	check_eq(child_populate(&c) | child_load(&c, "") | child_start_state(&c), 0, "and what it runs");
	m = child_map(&c, &mail);
	check_eq(child_unpause(&c), 0, "nobody pauses it");
	rest(SECOND / 20);
	check_eq(LIVE(m->reply[0]), 0, "it does not run yet");
	check_eq(domctl(XEN_DOMCTL_resumedomain, c.id, &op), 0, "it is resumed");
	check_eq(child_wait(&c, 5 * SECOND), SHUTDOWN_poweroff, "and runs to its end");
	check_eq(LIVE(m->reply[0]), 1, "all of it");
	child_unmap(m);
	s.domain_id = 0x7000;
	check_eq(HC(sched_op, .cmd = SCHEDOP_remote_shutdown, .arg = &s), -XEN_ESRCH, "no such domain");
	check_eq(child_destroy(&c), 0, "it goes");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-pause - a domain of two vCPUs that is paused, unpaused, pinned, and destroyed while it runs
 *
 * Right: a paused domain uses no time until the last pause is taken back; unpausing one that is not
 * paused is -EINVAL; affinities are kept and answered; a vCPU's figures are those of its work.
 * ABI: domctl.h.
 *
 * Boot: --initrd ./child-pause.elf --memory 256 --smp 2
 */
#include "child.h"

enum { COUNT0, COUNT1, STARTED };

static void count_up(void)
{
	u64 *n = &mail.reply[this_cpu()->id];

	for (;;)
		LIVE(*n) = *n + 1;
}

void child_main(void)
{
	mail.reply[STARTED] = 1 + !vcpu_start(1, count_up);
	count_up();
}

static bool moves(struct mail *box, u64 ns)
{
	u64 a = LIVE(box->reply[COUNT0]), b = LIVE(box->reply[COUNT1]), until = now() + ns;

	while (now() < until) {
		rest(1000000);
		if (LIVE(box->reply[COUNT0]) != a && LIVE(box->reply[COUNT1]) != b)
			return true;
	}
	return false;
}

static bool stands(struct mail *box)
{
	u64 a = LIVE(box->reply[COUNT0]), b = LIVE(box->reply[COUNT1]);

	rest(50000000);
	return LIVE(box->reply[COUNT0]) == a && LIVE(box->reply[COUNT1]) == b;
}

static void affinity_points(struct child *c)
{
	struct xen_domctl op = { .u.vcpuaffinity = { .vcpu = 1, .flags = XEN_VCPUAFFINITY_HARD } };
	u8 map = 2;

	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &map);
	check_eq(domctl(XEN_DOMCTL_setvcpuaffinity, c->id, &op), 0, "pin vCPU 1 to CPU 1");
	map = 0;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	check_eq(domctl(XEN_DOMCTL_getvcpuaffinity, c->id, &op), 0, "ask for it");
	check_eq(map, 2, "it is so");
	map = 0;
	check_eq(domctl(XEN_DOMCTL_setvcpuaffinity, c->id, &op), -XEN_EINVAL, "no CPU at all");
	op.u.vcpuaffinity.vcpu = 2;
	check_eq(domctl(XEN_DOMCTL_setvcpuaffinity, c->id, &op), -XEN_EINVAL, "no such vCPU");
}

static void vcpu_points(struct child *c)
{
	struct xen_domctl op = { .u.getvcpuinfo.vcpu = 1 };

	rest(100000000);
	check_eq(domctl(XEN_DOMCTL_getvcpuinfo, c->id, &op), 0, "getvcpuinfo");
	check_eq(op.u.getvcpuinfo.online, 1, "it is up");
	check_eq(op.u.getvcpuinfo.blocked, 0, "not blocked");
	check_eq(op.u.getvcpuinfo.cpu, 1, "where it was pinned");
	check(op.u.getvcpuinfo.cpu_time > 10000000, "it used time");
	op.u.getvcpuinfo.vcpu = 2;
	check_refused(domctl(XEN_DOMCTL_getvcpuinfo, c->id, &op), "no such vCPU");
}

void test_main(void)
{
	struct mail *box;
	struct child c;
	u64 before;

	/* The first domain of two vCPUs leaves a page in Xen's small allocations. */
	child_make(&c, 2, "");
	child_destroy(&c);
	child_is_gone(&c);
	before = free_pages_settled();

	child_make(&c, 2, "");
	box = child_map(&c, &mail);
	check(stands(box), "a new domain stands still");
	check_eq(child_unpause(&c), 0, "unpause");
	check(child_wait_word(&box->reply[STARTED], 2, 10 * SECOND), "both vCPUs are started");
	check(moves(box, 5 * SECOND), "both run");
	check_eq(child_unpause(&c), -XEN_EINVAL, "it is not paused");
	check_eq(child_pause(&c), 0, "pause");
	check(stands(box), "it stands");
	check_eq(child_pause(&c), 0, "pause once more");
	check_eq(child_unpause(&c), 0, "unpause once");
	check(stands(box), "it still stands");
	check_eq(child_unpause(&c), 0, "unpause again");
	check(moves(box, 5 * SECOND), "it runs");
	affinity_points(&c);
	check(moves(box, 5 * SECOND), "and goes on");
	vcpu_points(&c);
	child_unmap(box);
	check_eq(child_destroy(&c), 0, "destroy it while both run");
	check(child_is_gone(&c), "gone");
	check_free_pages(before);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-suspend - a domain that suspends stands still until it is resumed; one that is told to end, ends
 *
 * Right: once it is said to have shut down, none of its vCPUs runs.  Resumed, the call that suspended it answers
 * 0, or 1 when the controller has put that into RAX, as one that is not the old domain any more would be told.
 * With a port to tell by, the controller is told on that and not by VIRQ_DOM_EXC.  Who is shut down from
 * outside stands as well, with that reason, and so does one whose last vCPU goes down.  ABI: sched.h; domctl.h.
 *
 * Boot: --initrd ./child-suspend.elf --memory 256 --smp 2 --timeout 120
 */
#include "child.h"

enum { GO };
enum { PORT, RC, SUSPENDED, COUNT };
enum { SUSPEND, LAST_DOWN };

static struct child child;
static u32 exc;

static void second(void)
{
	for (;;)
		LIVE(mail.reply[COUNT])++;
}

void child_main(void)
{
	evtchn_alloc_unbound_t a = { .dom = DOMID_SELF, .remote_dom = 0 };
	sched_shutdown_t s = { .reason = SHUTDOWN_suspend };

	event_op(EVTCHNOP_alloc_unbound, &a);
	mail.reply[PORT] = a.port;
	vcpu_start(1, second);
	for (u64 n = 1;; n++) {
		while (LIVE(mail.word[GO]) >> 8 != n)
			;
		if ((LIVE(mail.word[GO]) & 0xff) == SUSPEND) {
			LIVE(mail.reply[RC]) = HC(sched_op, .cmd = SCHEDOP_shutdown, .arg = &s);
		} else {
			HC(vcpu_op, .cmd = VCPUOP_down, .vcpuid = 1);
			HC(vcpu_op, .cmd = VCPUOP_down, .vcpuid = 0);
		}
		LIVE(mail.reply[SUSPENDED]) = n;
	}
}

static void go(struct mail *box, u64 what)
{
	LIVE(box->word[GO]) = ((box->word[GO] >> 8) + 1) << 8 | what;
}

static bool stands(struct mail *box)
{
	u64 count = LIVE(box->reply[COUNT]);

	rest(5000000);
	return LIVE(box->reply[COUNT]) == count;
}

static bool told(u32 port)
{
	bool was = is_pending(port);

	__atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << port % 64), __ATOMIC_SEQ_CST);
	return was;
}

static void context(u32 cmd, vcpu_guest_context_t *ctx, const char *what)
{
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)ctx);
	check_eq(domctl(cmd, child.id, &op), 0, "%s", what);
}

static void suspended_points(struct mail *box, const char *name)
{
	u64 n = (box->word[GO] >> 8) + 1;

	box->reply[RC] = 99;
	go(box, SUSPEND);
	check_eq(child_wait(&child, 10 * SECOND), SHUTDOWN_suspend, "%s: suspended", name);
	check(stands(box), "%s: none of its vCPUs runs", name);
	check(LIVE(box->reply[SUSPENDED]) < n, "%s: nor is the call back", name);
}

static void resumed_points(struct mail *box, const char *name, u64 rc)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_domctl op = { 0 };
	int waited = 0;

	check_eq(domctl(XEN_DOMCTL_resumedomain, child.id, &op), 0, "%s: resumed", name);
	check(child_wait_word(&box->reply[SUSPENDED], box->word[GO] >> 8, 10 * SECOND), "%s: it goes on", name);
	check_eq(box->reply[RC], rc, "%s: the call's answer", name);
	/* Some time in ten seconds: the machine may have other things to do. */
	while (waited < 2000 && stands(box))
		waited++;
	check(waited < 2000, "%s: all its vCPUs go on", name);
	check(!child_info(&child, &info) && !(info.flags & XEN_DOMINF_shutdown), "%s: it has not shut down", name);
}

static void port_points(struct mail *box)
{
	evtchn_bind_interdomain_t bind = { .remote_dom = child.id, .remote_port = box->reply[PORT] };
	struct xen_domctl op = { .u.subscribe.port = box->reply[PORT] };
	static vcpu_guest_context_t ctx;

	check_eq(event_op(EVTCHNOP_bind_interdomain, &bind), 0, "a port to be told by");
	told(bind.local_port);
	check_eq(domctl(XEN_DOMCTL_subscribe, child.id, &op), 0, "subscribed");
	told(exc);
	suspended_points(box, "by port");
	check(told(bind.local_port), "told by the port");
	check(!told(exc), "and not by DOM_EXC");
	context(XEN_DOMCTL_getvcpucontext, &ctx, "its registers");
	ctx.user_regs.rax = 1;
	context(XEN_DOMCTL_setvcpucontext, &ctx, "changed");
	resumed_points(box, "by port", 1);
}

static void shut_down_points(struct mail *box)
{
	sched_remote_shutdown_t s = { .domain_id = child.id, .reason = SHUTDOWN_reboot };

	told(exc);
	check_eq(HC(sched_op, .cmd = SCHEDOP_remote_shutdown, .arg = &s), 0, "shut down from outside");
	check_eq(child_wait(&child, 10 * SECOND), SHUTDOWN_reboot, "it has, for that reason");
	check(stands(box), "and stands");
	check(told(exc), "we are told");
	s.domain_id = 0x7000;
	check_eq(HC(sched_op, .cmd = SCHEDOP_remote_shutdown, .arg = &s), -XEN_ESRCH, "nobody cannot be");
}

void test_main(void)
{
	evtchn_bind_virq_t bind = { .virq = VIRQ_DOM_EXC };
	struct mail *box;
	u64 before;

	event_init();
	child_make(&child, 2, "");
	child_destroy(&child);
	child_is_gone(&child);
	check_eq(event_op(EVTCHNOP_bind_virq, &bind), 0, "DOM_EXC");
	exc = bind.port;
	before = free_pages_settled();

	child_make(&child, 2, "");
	box = child_map(&child, &mail);
	child_unpause(&child);
	check(child_wait_word(&box->reply[COUNT], 1, 10 * SECOND), "both vCPUs run");
	told(exc);
	suspended_points(box, "once");
	check(told(exc), "told by DOM_EXC");
	resumed_points(box, "once", 0);
	port_points(box);
	suspended_points(box, "again");
	resumed_points(box, "again", 0);
	go(box, LAST_DOWN);
	check_eq(child_wait(&child, 10 * SECOND), SHUTDOWN_poweroff, "its last vCPU down, it is off");
	check_eq(child_destroy(&child), 0, "destroyed");
	child_unmap(box);
	check(child_is_gone(&child), "gone");

	child_make(&child, 2, "");
	box = child_map(&child, &mail);
	child_unpause(&child);
	check(child_wait_word(&box->reply[COUNT], 1, 10 * SECOND), "another runs");
	shut_down_points(box);
	child_unmap(box);
	check_eq(child_destroy(&child), 0, "destroyed");
	check(child_is_gone(&child), "gone");
	check_free_pages(before);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * old-calls - the forms of hypercalls from before interface 0x00030202
 *
 * Right: event_channel_op_compat and physdev_op_compat take one pointer, to a command and the structure behind it,
 * and do what the calls of today do; the former has the commands up to unmask, -ENOSYS for later ones. A pointer out
 * of reach is -EFAULT, also one whose command is in reach and whose structure is not. sched_op_compat yields, blocks
 * until an event comes, and shuts down for the reason in its second argument; it has no other command. By the last of
 * these the guest powers off.  NetBSD's kernels use all three.  ABI: event_channel.h, physdev.h, sched.h.
 */
#include "guest.h"

static long event(u32 cmd, evtchn_op_t *op)
{
	op->cmd = cmd;
	return HC(event_channel_op_compat, .op = op);
}

static void test_ports(void)
{
	evtchn_op_t op = { .u.alloc_unbound = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF } };
	u32 far, near;

	check_eq(event(EVTCHNOP_alloc_unbound, &op), 0, "a port, the old way");
	far = op.u.alloc_unbound.port;
	op.u.bind_interdomain = (evtchn_bind_interdomain_t){ .remote_dom = DOMID_SELF, .remote_port = far };
	check_eq(event(EVTCHNOP_bind_interdomain, &op), 0, "another that is bound to it");
	near = op.u.bind_interdomain.local_port;
	event_port_on(far);
	LIVE(shared_info->evtchn_pending[0]) = 0;
	op.u.send.port = near;
	check_eq(event(EVTCHNOP_send, &op), 0, "send");
	check(is_pending(far), "the event is at the far end");
	op.u.status = (evtchn_status_t){ .dom = DOMID_SELF, .port = far };
	check_eq(event(EVTCHNOP_status, &op), 0, "status");
	check_eq(op.u.status.status, EVTCHNSTAT_interdomain, "it is bound");
	check_eq(op.u.status.u.interdomain.port, near, "to the right port");
	op.u.close.port = near;
	check_eq(event(EVTCHNOP_close, &op), 0, "close");
	check_eq(event(EVTCHNOP_close, &op), -XEN_EINVAL, "it is closed");
	op.u.close.port = far;
	check_eq(event(EVTCHNOP_close, &op), 0, "and the other");
}

static void test_refused(void)
{
	evtchn_op_t op = { 0 }, *edge = (void *)((char *)pages_alloc(2) + PAGE_SIZE - 4);

	for (u32 cmd = EVTCHNOP_reset; cmd < 16; cmd++)
		check_eq(event(cmd, &op), -XEN_ENOSYS, "command %u is not among them", cmd);
	check_eq(event(~0u, &op), -XEN_ENOSYS, "nor is the last number");
	check_eq(HC(event_channel_op_compat, .op = (void *)UNMAPPED), -XEN_EFAULT, "out of reach");
	check_eq(HC(event_channel_op_compat, .op = (void *)HYPERVISOR_VA), -XEN_EFAULT, "in the hypervisor");
	check_eq(HC(event_channel_op_compat, .op = (void *)(~0UL - 3)), -XEN_EFAULT, "at the end of all addresses");
	check_eq(pte_set((u64)edge + 4, 0), 0, "a page goes");
	edge->cmd = EVTCHNOP_close;
	check_eq(HC(event_channel_op_compat, .op = edge), -XEN_EFAULT, "the command is there, the structure is not");
	check_eq(HC(physdev_op_compat, .op = (void *)UNMAPPED), -XEN_EFAULT, "physdev: out of reach");
	check_eq(HC(sched_op_compat, .cmd = 3), -XEN_ENOSYS, "sched: no poll");
	check_eq(HC(sched_op_compat, .cmd = ~0u), -XEN_ENOSYS, "sched: no last number");
}

static void test_iopl(void)
{
	physdev_op_t op = { .cmd = PHYSDEVOP_set_iopl, .u.set_iopl.iopl = 1 };

	check_eq(TRY("outb %%al, $0x80", NO_RESULT, GIVEN("a"(0))), X_GP, "no port for a kernel at first");
	check_eq(HC(physdev_op_compat, .op = &op), 0, "set_iopl 1");
	check_eq(TRY("outb %%al, $0x80", NO_RESULT, GIVEN("a"(0))), NO_FAULT, "now it has them");
	op.u.set_iopl.iopl = 4;
	check_eq(HC(physdev_op_compat, .op = &op), -XEN_EINVAL, "4 is no privilege");
	op.cmd = ~0u;
	check_eq(HC(physdev_op_compat, .op = &op), -XEN_ENOSYS, "no such command");
}

void test_main(void)
{
	long rc = 0;
	u32 port;

	event_init();
	test_ports();
	test_refused();
	test_iopl();
	check_eq(HC(sched_op_compat, .cmd = SCHEDOP_yield), 0, "yield");
	port = bind_virq(VIRQ_TIMER, 0);
	event_port_on(port);
	check_eq(HC(set_timer_op, .timeout = now() + 20000000), 0, "a timer");
	while (!rc && !LIVE(event_count[port])) /* what was raised before may end the first ones */
		rc = HC(sched_op_compat, .cmd = SCHEDOP_block);
	check_eq(rc, 0, "block, until it has come");
	plan_end();
	HC(sched_op_compat, .cmd = SCHEDOP_shutdown, .reason = SHUTDOWN_poweroff);
}

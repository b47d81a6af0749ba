/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-smp - events to other vCPUs
 *
 * Right: an IPI port bound to vCPU 1 wakes it from block and is delivered there; bind_vcpu moves
 * an interdomain port; an event for a vCPU on another processor comes while it spins; poll on
 * another vCPU ends by a send.  ABI: EVTCHNOP_bind_ipi, bind_vcpu in event_channel.h.
 *
 * Boot: --smp 2 --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

static u32 on_cpu[4096], mode, polled;
static u32 ipi, a, b;

static void where(u32 port)
{
	LIVE(on_cpu[port]) = this_cpu()->id + 1;
}

static void other(void)
{
	sched_poll_t op = { .ports.p = &a, .nr_ports = 1 };

	LIVE(mode) = 1;
	events_enable();
	while (LIVE(mode) == 1)
		HC(sched_op, .cmd = SCHEDOP_block);
	while (LIVE(mode) == 2)
		;
	events_disable();
	LIVE(polled) = 1;
	HC(sched_op, .cmd = SCHEDOP_poll, .arg = &op);
	LIVE(polled) = 2;
}

static bool soon(u32 *value, u32 want)
{
	u64 end = now() + 3000000000;

	while (LIVE(*value) != want && now() < end)
		;
	return LIVE(*value) == want;
}

void test_main(void)
{
	evtchn_bind_vcpu_t bv = { .vcpu = 1 };
	evtchn_status_t st = { .dom = DOMID_SELF };
	u64 end;

	event_init();
	event_hook = where;
	bind_pair(&a, &b);
	check_eq(vcpu_start(1, other), 0, "a second vCPU");
	check(soon(&mode, 1), "runs");
	ipi = bind_ipi(1);
	event_port_on(ipi);
	spin(20000000);
	send(ipi);
	check(soon(&on_cpu[ipi], 2), "an IPI wakes it from block");
	bv.port = b;
	check_eq(event_op(EVTCHNOP_bind_vcpu, &bv), 0, "bind_vcpu");
	st.port = b;
	event_op(EVTCHNOP_status, &st);
	check_eq(st.vcpu, 1, "the port has moved");
	event_port_on(b);
	on_cpu[b] = 0;
	send(a);
	check(soon(&on_cpu[b], 2), "its event wakes vCPU 1");
	LIVE(mode) = 2;
	send(ipi);
	spin(20000000);
	on_cpu[b] = 0;
	send(a);
	check(soon(&on_cpu[b], 2), "an event comes while vCPU 1 spins");
	bv.vcpu = 2;
	check_eq(event_op(EVTCHNOP_bind_vcpu, &bv), -XEN_ENOENT, "bind_vcpu to a vCPU that is not");
	LIVE(mode) = 3;
	check(soon(&polled, 1), "vCPU 1 polls");
	end = now() + 20000000;
	while (now() < end)
		;
	check_eq(LIVE(polled), 1, "nothing comes");
	event_port_off(a);
	send(b);
	check(soon(&polled, 2), "a send ends its poll");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-bad - ports, vCPUs and virqs out of range
 *
 * Right: each is refused with its error and changes nothing; port 0 is never given out; ports can
 * be had until the two-level table is full, then -ENOSPC, and all closed again. ABI:
 * event_channel.h.
 */
#include "guest.h"

static const u32 bad_ports[] = {
	0, 4000, 4096, 131071, 131072, 0x7fffffff, 0x80000000, 0xffffffff
};

static void ports(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_ports); i++) {
		u32 p = bad_ports[i];
		evtchn_close_t cl = { .port = p };
		evtchn_unmask_t un = { .port = p };
		evtchn_bind_vcpu_t bv = { .port = p };
		evtchn_set_priority_t pr = { .port = p };
		evtchn_bind_interdomain_t in = { .remote_dom = DOMID_SELF, .remote_port = p };
		evtchn_status_t st = { .dom = DOMID_SELF, .port = p };

		check_eq(send(p), -XEN_EINVAL, "port %u: send", p);
		check_eq(event_op(EVTCHNOP_close, &cl), -XEN_EINVAL, "close");
		if (p >= 4096) {
			check_eq(event_op(EVTCHNOP_unmask, &un), -XEN_EINVAL, "unmask");
			check_eq(event_op(EVTCHNOP_status, &st), -XEN_EINVAL, "status");
		}
		check(event_op(EVTCHNOP_bind_vcpu, &bv) < 0, "bind_vcpu");
		check(event_op(EVTCHNOP_set_priority, &pr) < 0, "set_priority");
		check_eq(event_op(EVTCHNOP_bind_interdomain, &in), -XEN_EINVAL, "bind_interdomain");
	}
}

static void vcpus(void)
{
	evtchn_bind_ipi_t ipi = { .vcpu = 1 };
	evtchn_bind_virq_t virq = { .virq = VIRQ_TIMER, .vcpu = 1 };
	evtchn_bind_vcpu_t bv = { .port = bind_ipi(0), .vcpu = 0 };

	check_eq(event_op(EVTCHNOP_bind_ipi, &ipi), -XEN_ENOENT, "bind_ipi to a vCPU that is not");
	check_eq(event_op(EVTCHNOP_bind_virq, &virq), -XEN_ENOENT, "bind_virq to it");
	check_eq(event_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL, "an IPI cannot be moved");
	virq.vcpu = 0;
	virq.virq = NR_VIRQS;
	check_eq(event_op(EVTCHNOP_bind_virq, &virq), -XEN_EINVAL, "virq %u", NR_VIRQS);
	virq.virq = ~0U;
	check_eq(event_op(EVTCHNOP_bind_virq, &virq), -XEN_EINVAL, "the last virq");
	virq.virq = VIRQ_TIMER;
	check_eq(event_op(EVTCHNOP_bind_virq, &virq), 0, "the timer");
	check_eq(event_op(EVTCHNOP_bind_virq, &virq), -XEN_EEXIST, "once");
	bv.port = virq.port;
	check_eq(event_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL, "it cannot be moved");
	ipi.vcpu = ~0U;
	check_eq(event_op(EVTCHNOP_bind_ipi, &ipi), -XEN_ENOENT, "bind_ipi to the last vCPU");
}

static void domains(void)
{
	evtchn_alloc_unbound_t un = { .dom = 0x1234, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t in = { .remote_dom = 0x1234, .remote_port = 1 };
	evtchn_status_t st = { .dom = 0x1234, .port = 1 };

	check_eq(event_op(EVTCHNOP_alloc_unbound, &un), -XEN_ESRCH,
		 "alloc_unbound for another domain");
	check_eq(event_op(EVTCHNOP_bind_interdomain, &in), -XEN_ESRCH, "bind_interdomain to it");
	check_eq(event_op(EVTCHNOP_status, &st), -XEN_ESRCH, "its status");
}

static void all_ports(void)
{
	evtchn_alloc_unbound_t un = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	unsigned int n = 0, highest = 0, zero = 0, wrong = 0;
	long rc;

	while (!(rc = event_op(EVTCHNOP_alloc_unbound, &un)) && n < 5000) {
		n++;
		zero += un.port == 0;
		highest = un.port > highest ? un.port : highest;
	}
	check_eq(rc, -XEN_ENOSPC, "after %u more ports there is none", n);
	check(n > 4000 && highest == 4095, "the last is %u", highest);
	check_eq(zero, 0, "0 was not among them");
	for (u32 p = highest - 100; p <= highest; p++)
		wrong += event_op(EVTCHNOP_close, &(evtchn_close_t){ .port = p }) != 0;
	check_eq(wrong, 0, "they close");
	check_eq(event_op(EVTCHNOP_alloc_unbound, &un), 0, "and can be had again");
	check_eq(un.port, highest - 100, "the lowest first");
}

void test_main(void)
{
	event_init();
	ports();
	vcpus();
	domains();
	all_ports();
	check_eq(event_op(99, &(evtchn_send_t){ 0 }), -XEN_ENOSYS, "command 99");
	check_eq(event_op(EVTCHNOP_send, (void *)UNMAPPED), -XEN_EFAULT,
		 "an argument out of reach");
}

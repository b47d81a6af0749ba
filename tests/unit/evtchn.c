/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: ports of every kind, both ways of delivery, and their end.
 */
#include "fake/fake.h"
#include "tap.h"

static struct domain *d, *far;

static void setup(void)
{
	fake_start(1);
	d = fake_domain(1, 3, false);
	far = fake_domain(2, 1, false);
	fake_run(0, d->vcpu[0]);
}

static long evtchn(u32 cmd, void *op)
{
	return fake_call(HC_event_channel_op, cmd, (u64)op, 0, 0);
}

static long close_port(u32 port)
{
	evtchn_close_t c = { .port = port };

	return evtchn(EVTCHNOP_close, &c);
}

static long send(u32 port)
{
	evtchn_send_t s = { .port = port };

	return evtchn(EVTCHNOP_send, &s);
}

static u32 status(u32 port)
{
	evtchn_status_t s = { .dom = DOMID_SELF, .port = port };

	return evtchn(EVTCHNOP_status, &s) ? 99 : s.status;
}

static bool pending(const struct domain *dom, u32 port)
{
	return dom->shared->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static u32 bind_ipi(u32 vcpu)
{
	evtchn_bind_ipi_t b = { .vcpu = vcpu };

	return evtchn(EVTCHNOP_bind_ipi, &b) ? 0 : b.port;
}

static void test_interdomain(void)
{
	evtchn_alloc_unbound_t a = { .dom = DOMID_SELF, .remote_dom = 2 };
	evtchn_bind_interdomain_t b = { .remote_dom = 1 };

	setup();
	is_int(evtchn(EVTCHNOP_alloc_unbound, &a), 0, "an unbound port");
	is_int(a.port, 1, "the lowest: 0 is nobody's");
	is_int(status(a.port), EVTCHNSTAT_unbound, "is so");
	is_int(send(a.port), 0, "sending to nobody is no error");
	b.remote_port = a.port;
	is_int(evtchn(EVTCHNOP_bind_interdomain, &b), -EINVAL, "not for us to bind");

	fake_run(0, far->vcpu[0]);
	is_int(evtchn(EVTCHNOP_bind_interdomain, &b), 0, "but for the other domain");
	ok(pending(far, b.local_port), "whose port is pending at once");
	is_int(evtchn(EVTCHNOP_bind_interdomain, &b), -EINVAL, "and only once");
	is_int(send(b.local_port), 0, "an event to the first");
	ok(pending(d, a.port), "arrives");
	ok(d->shared->vcpu_info[0].evtchn_upcall_pending, "and asks for an upcall");
	is_int(d->shared->vcpu_info[0].evtchn_pending_sel, 1, "with the word it is in");
	is_int(close_port(b.local_port), 0, "closed");

	fake_run(0, d->vcpu[0]);
	is_int(status(a.port), EVTCHNSTAT_unbound, "the other end is unbound again");
	is_int(close_port(a.port), 0, "and closed");
	is_int(close_port(a.port), -EINVAL, "once");
	is_int(status(a.port), EVTCHNSTAT_closed, "is so");
	a.dom = 2;
	is_int(evtchn(EVTCHNOP_alloc_unbound, &a), -EPERM, "not in another domain's table");
	a.dom = 77;
	is_int(evtchn(EVTCHNOP_alloc_unbound, &a), -ESRCH, "nor in nobody's");
}

/* The lock of the table would keep a domain's CPUs waiting for each other's interrupts to be sent. */
static void test_own_without_lock(void)
{
	evtchn_alloc_unbound_t a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t b = { 0 };
	u32 ipi;

	setup();
	ipi = bind_ipi(1);
	is_int(evtchn(EVTCHNOP_alloc_unbound, &a), 0, "a port for oneself");
	b.remote_dom = d->id;
	b.remote_port = a.port;
	is_int(evtchn(EVTCHNOP_bind_interdomain, &b), 0, "bound");
	spin_lock(&d->evtchn.lock);
	is_int(send(ipi), 0, "an IPI needs no lock");
	is_int(send(b.local_port), 0, "nor an event to oneself");
	spin_unlock(&d->evtchn.lock);
	ok(pending(d, ipi) && pending(d, a.port), "both arrive");
}

static void test_virq(void)
{
	evtchn_bind_virq_t b = { .virq = VIRQ_TIMER, .vcpu = 1 };
	evtchn_bind_vcpu_t move = { .vcpu = 2 };

	setup();
	is_int(evtchn(EVTCHNOP_bind_virq, &b), 0, "a timer on vCPU 1");
	is_int(evtchn(EVTCHNOP_bind_virq, &b), -EEXIST, "once");
	virq_raise(d->vcpu[0], VIRQ_TIMER);
	ok(!pending(d, b.port), "vCPU 0's is another");
	virq_raise(d->vcpu[1], VIRQ_TIMER);
	ok(pending(d, b.port), "its own arrives");
	ok(d->shared->vcpu_info[1].evtchn_upcall_pending, "there");
	move.port = b.port;
	is_int(evtchn(EVTCHNOP_bind_vcpu, &move), -EINVAL, "and stays there");
	b.virq = NR_VIRQS;
	is_int(evtchn(EVTCHNOP_bind_virq, &b), -EINVAL, "no such virq");
	b.virq = VIRQ_TIMER;
	b.vcpu = 3;
	is_int(evtchn(EVTCHNOP_bind_virq, &b), -ENOENT, "no such vCPU");
	b.vcpu = ~0u;
	is_int(evtchn(EVTCHNOP_bind_virq, &b), -ENOENT, "by far");
	b.virq = VIRQ_DOM_EXC;
	b.vcpu = 1;
	is_int(evtchn(EVTCHNOP_bind_virq, &b), -EINVAL, "a global one is vCPU 0's");
	b.vcpu = 0;
	is_int(evtchn(EVTCHNOP_bind_virq, &b), 0, "at first");
	move.port = b.port;
	is_int(evtchn(EVTCHNOP_bind_vcpu, &move), 0, "and may move");
	virq_raise_global(d, VIRQ_DOM_EXC);
	ok(d->shared->vcpu_info[2].evtchn_upcall_pending, "and arrives where it went");
	is_int(close_port(b.port), 0, "closed");
	virq_raise_global(d, VIRQ_DOM_EXC);
	is_int(evtchn(EVTCHNOP_bind_virq, &b), 0, "and free to bind again");
}

static void test_masks(void)
{
	evtchn_unmask_t u;
	u32 port;

	setup();
	port = bind_ipi(0);
	u.port = port;
	d->shared->evtchn_mask[0] = ~0UL;
	is_int(send(port), 0, "a masked port");
	ok(pending(d, port), "is pending");
	ok(!d->shared->vcpu_info[0].evtchn_upcall_pending, "and says nothing");
	is_int(evtchn(EVTCHNOP_unmask, &u), 0, "unmasked");
	ok(d->shared->vcpu_info[0].evtchn_upcall_pending, "it does");
	u.port = ~0u;
	is_int(evtchn(EVTCHNOP_unmask, &u), -EINVAL, "no such port");
	is_int(send(~0u), -EINVAL, "nor to send to");
	is_int(send(0), -EINVAL, "and not to port 0");
	is_int(close_port(0), -EINVAL, "which cannot be closed");
	is_int(send(port + 1), -EINVAL, "nor to one that is closed");
	ok(!bind_ipi(3), "no IPI to no vCPU");
}

static void test_table(void)
{
	u32 port, n = 0;

	setup();
	while ((port = bind_ipi(0)))
		n++;
	is_int(n, 4095, "as many ports as two levels have");
	is_int(close_port(2000), 0, "one is closed");
	is_int(bind_ipi(0), 2000, "and found again");
	is_int(send(4095), 0, "the last works");
	ok(pending(d, 4095), "like any other");
	while (evtchn_domain_destroy(d))
		;
	is_int(mm_audit(far), 0, "and all goes with the domain");
}

static void test_reset(void)
{
	evtchn_reset_t r = { .dom = DOMID_SELF };

	setup();
	for (u32 i = 0; i < 300; i++)
		bind_ipi(0);
	fake_preempt_asked = 0;
	fake_preempt_at = 2;
	is_int(evtchn(EVTCHNOP_reset, &r), 0, "a reset, preempted");
	ok(fake_restarts > 0, "really");
	is_int(status(299), EVTCHNSTAT_closed, "closes all");
	is_int(bind_ipi(0), 1, "from the first on");
	r.dom = 2;
	is_int(evtchn(EVTCHNOP_reset, &r), -EPERM, "but one's own only");
}

static void test_fifo(void)
{
	mfn_t control = frame_to_mfn((setup(), frame_alloc(d, 0, 0)));
	mfn_t array = frame_to_mfn(frame_alloc(d, 0, 0));
	evtchn_init_control_t init = { .control_gfn = control, .offset = 64, .vcpu = 0 };
	evtchn_expand_array_t expand = { .array_gfn = array };
	evtchn_set_priority_t prio = { .priority = 3 };
	evtchn_fifo_control_block_t *block = mfn_to_hv(control) + 64;
	event_word_t *words = mfn_to_hv(array);
	u32 a, b;

	a = bind_ipi(0);
	b = bind_ipi(0);
	prio.port = a;
	is_int(evtchn(EVTCHNOP_set_priority, &prio), -ENOSYS, "no priorities with two levels");
	is_int(send(a), 0, "pending already");
	init.offset = 4092;
	is_int(evtchn(EVTCHNOP_init_control, &init), -EINVAL, "a block beyond its page");
	init.offset = 4;
	is_int(evtchn(EVTCHNOP_init_control, &init), -EINVAL, "or not aligned");
	init.offset = 64;
	init.control_gfn = hv_to_mfn(hv_root);
	is_int(evtchn(EVTCHNOP_init_control, &init), -EINVAL, "or not one's own");
	init.control_gfn = control;
	is_int(evtchn(EVTCHNOP_init_control, &init), 0, "a control block");
	is_int(init.link_bits, EVTCHN_FIFO_LINK_BITS, "with links as wide as they are");
	is_int(evtchn(EVTCHNOP_init_control, &init), -EINVAL, "once a vCPU");
	is_int(evtchn(EVTCHNOP_expand_array, &expand), 0, "an array");
	ok(words[a] & 1u << EVTCHN_FIFO_PENDING, "takes over what was pending");
	is_int(block->head[7], a, "into its queue");
	is_int(send(b), 0, "one more");
	is_int(words[a] & EVTCHN_FIFO_LINK_MASK, b, "follows it");
	ok(block->ready & 1 << 7, "and the queue is ready");
	is_int(evtchn(EVTCHNOP_set_priority, &prio), 0, "a priority");
	prio.priority = 16;
	is_int(evtchn(EVTCHNOP_set_priority, &prio), -EINVAL, "no higher than there are");
	is_int(mm_audit(d), 0, "the frames are accounted for");
	spin_lock(&d->mm.lock);
	is_int(frame_get_both(mfn_to_frame(array), d, FT_L1, false), -EINVAL, "and are no tables");
	spin_unlock(&d->mm.lock);

	/* A guest that writes nonsense into its own array harms itself only. */
	for (u32 i = 0; i < 1024; i++)
		words[i] = ~0u;
	for (u32 i = 0; i < 16; i++)
		block->head[i] = ~0u;
	is_int(send(a), 0, "nonsense links");
	is_int(close_port(b), 0, "do no harm");
	while (evtchn_domain_destroy(d))
		;
	is_int(frame_refs(mfn_to_frame(array)), 1, "the end lets the frames go");
}

/* A controller may run vCPUs that have registered no place: each has its own mask, whatever the others do. */
static void test_no_vcpu_info(void)
{
	struct domain *many;

	setup();
	many = fake_domain(3, XEN_LEGACY_MAX_VCPUS + 2, false);
	ok(!vcpu_info_present(many->vcpu[XEN_LEGACY_MAX_VCPUS]), "beyond shared_info there is no vcpu_info");
	many->vcpu[XEN_LEGACY_MAX_VCPUS]->evtchn.info->evtchn_upcall_mask = 0;
	is_int(many->vcpu[XEN_LEGACY_MAX_VCPUS + 1]->evtchn.info->evtchn_upcall_mask, 1, "another one's mask stays");
}

static void test_vcpu_info(void)
{
	mfn_t mfn = frame_to_mfn((setup(), frame_alloc(d, 0, 0)));
	u32 port = bind_ipi(1);

	is_int(vcpu_info_map(d->vcpu[1], mfn, 128), -EINVAL, "not for another vCPU that is up");
	d->vcpu[1]->sched.pause_flags = VPF_DOWN;
	is_int(vcpu_info_map(d->vcpu[1], mfn, PAGE_SIZE - 8), -ENXIO, "beyond the page");
	is_int(vcpu_info_map(d->vcpu[1], FAKE_FRAMES + 5, 0), -EINVAL, "beyond memory");
	is_int(vcpu_info_map(d->vcpu[1], mfn, 128), 0, "a place of its own");
	is_int(vcpu_info_map(d->vcpu[1], mfn, 192), -EINVAL, "once");
	is_int(send(port), 0, "an event");
	ok(((struct vcpu_info *)(mfn_to_hv(mfn) + 128))->evtchn_upcall_pending, "arrives there");
	is_int(mm_audit(d), 0, "the frame is accounted for");
	vcpu_info_unmap(d->vcpu[1]);
	is_int(frame_refs(mfn_to_frame(mfn)), 1, "and let go");
}

int main(void)
{
	test_interdomain();
	test_own_without_lock();
	test_virq();
	test_masks();
	test_table();
	test_reset();
	test_fifo();
	test_no_vcpu_info();
	test_vcpu_info();
	return tap_done();
}

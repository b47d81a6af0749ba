/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-events - event channels between two domains
 *
 * Right: a port opened for another domain can be bound by that one only; both ends then raise each
 * other; when one end is closed or its domain dies, the other is unbound, and open for its old
 * partner again.  The initial domain may open ports in another's name; the other may not in its.
 * ABI: event_channel.h.
 *
 * Boot: --initrd ./child-events.elf --memory 256
 */
#include "child.h"

enum { PORT_OURS, PORT_MADE, ROUNDS };
enum { READY, BOUND_PORT, BIND_RC, FOREIGN_RC, COUNT, RESET_RC };

static u32 bound;

static void answer(u32 port)
{
	if (port == bound) {
		mail.reply[COUNT]++;
		send(bound);
	}
}

void child_main(void)
{
	evtchn_bind_interdomain_t bind = { .remote_dom = 0, .remote_port = mail.word[PORT_OURS] };
	evtchn_alloc_unbound_t alloc = { .dom = 0, .remote_dom = DOMID_SELF };
	evtchn_reset_t reset = { .dom = 0 };

	event_init();
	event_hook = answer;
	mail.reply[BIND_RC] = event_op(EVTCHNOP_bind_interdomain, &bind);
	bound = bind.local_port;
	mail.reply[BOUND_PORT] = bound;
	mail.reply[FOREIGN_RC] = event_op(EVTCHNOP_alloc_unbound, &alloc);
	mail.reply[RESET_RC] = event_op(EVTCHNOP_reset, &reset);
	event_port_on(bound);
	events_enable();
	LIVE(mail.reply[READY]) = 1;
	for (;;)
		HC(sched_op, .cmd = SCHEDOP_block);
}

static u32 status_of(domid_t dom, u32 port, evtchn_status_t *s)
{
	*s = (evtchn_status_t){ .dom = dom, .port = port };
	return event_op(EVTCHNOP_status, s) ? 99 : s->status;
}

static u32 open_for(domid_t owner, domid_t other, long *rc)
{
	evtchn_alloc_unbound_t a = { .dom = owner, .remote_dom = other };

	*rc = event_op(EVTCHNOP_alloc_unbound, &a);
	return a.port;
}

static void close_port(u32 port, const char *text)
{
	evtchn_close_t c = { .port = port };

	check_eq(event_op(EVTCHNOP_close, &c), 0, "%s", text);
}

void test_main(void)
{
	u64 before = free_pages();
	evtchn_status_t s;
	struct mail *box;
	struct child c;
	u32 ours, made, wrong;
	bool good = true;
	long rc;

	event_init();
	child_make(&c, 1, "");
	ours = open_for(DOMID_SELF, c.id, &rc);
	check_eq(rc, 0, "a port for the child");
	made = open_for(c.id, DOMID_SELF, &rc);
	check_eq(rc, 0, "a port of the child's, made by us");
	check_eq(status_of(c.id, made, &s), EVTCHNSTAT_unbound, "it is unbound");
	check_eq(s.u.unbound.dom, 0, "for us");
	wrong = open_for(0x1234, DOMID_SELF, &rc);
	check_eq(rc, -XEN_ESRCH, "a port of nobody's");
	(void)wrong;

	box = child_map(&c, &mail);
	box->word[PORT_OURS] = ours;
	child_unpause(&c);
	if (!child_wait_word(&box->reply[READY], 1, 10 * SECOND))
		bail_out("the child does not answer");
	check_eq(box->reply[BIND_RC], 0, "the child binds");
	check_eq((long)box->reply[FOREIGN_RC], -XEN_EPERM, "and opens no port of ours");
	check_eq((long)box->reply[RESET_RC], -XEN_EPERM, "nor resets us");
	check_eq(status_of(DOMID_SELF, ours, &s), EVTCHNSTAT_interdomain, "our port is bound");
	check_eq(s.u.interdomain.dom, c.id, "to the child");
	check_eq(s.u.interdomain.port, box->reply[BOUND_PORT], "at its port");
	check_eq(status_of(c.id, box->reply[BOUND_PORT], &s), EVTCHNSTAT_interdomain, "as the child's is");
	event_port_on(ours);
	event_count[ours] = 0;	/* binding raised it */
	for (u32 i = 0; i < 200 && good; i++) {
		u32 was = LIVE(event_count[ours]);

		send(ours);
		good = wait_event(ours, was + 1, 2 * SECOND);
	}
	check(good, "200 events there, 200 back");
	check(box->reply[COUNT] >= 200, "each was seen");

	close_port(ours, "close our end");
	check_eq(status_of(c.id, box->reply[BOUND_PORT], &s), EVTCHNSTAT_unbound, "the child's end is unbound");
	check_eq(s.u.unbound.dom, 0, "for us");

	/* Bind from here to the port made for us, then let the child die. */
	{
		evtchn_bind_interdomain_t b = { .remote_dom = c.id, .remote_port = made };

		check_eq(event_op(EVTCHNOP_bind_interdomain, &b), 0, "we bind to the child's port");
		check_eq(event_op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL, "not twice");
		ours = b.local_port;
	}
	child_unmap(box);
	check_eq(child_destroy(&c), 0, "destroy the child");
	check_eq(status_of(DOMID_SELF, ours, &s), EVTCHNSTAT_unbound, "our end is unbound");
	check_eq(send(ours), 0, "sending from it is no error");
	check(child_is_gone(&c), "the child is gone");
	close_port(ours, "and closes");
	check_free_pages(before);
}

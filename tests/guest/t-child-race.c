/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-race - domains destroyed at any moment of what they do
 *
 * Right: a domain whose two vCPUs pin and unpin tables, send events to us, map our grants and
 * balloon can be destroyed in the middle of any of it; nothing of it stays, and nothing of ours is harmed.
 * ABI: domctl.h.
 *
 * Boot: --initrd ./child-race.elf --memory 256 --smp 2 --timeout 120
 */
#include "child.h"
#include "grant.h"

#define ROUNDS 25

enum { PORT, REF };
enum { STARTED, TURNS0, TURNS1 };

static u32 port;
static u64 lent[512] __attribute__((aligned(4096)));

static void tables(void)
{
	struct chain c;

	chain_make(&c, 0x0000300000000000UL);
	for (;;) {
		pin(4, mfn_of(c.tables[4]));
		LIVE(mail.reply[TURNS1])++;
		unpin(mfn_of(c.tables[4]));
	}
}

static void others(void)
{
	xen_memory_reservation_t r = { .nr_extents = 1, .domid = DOMID_SELF };
	void *at = page_alloc();
	u64 mfn = mfn_of(page_alloc());

	set_xen_guest_handle(r.extent_start, &mfn);
	for (;;) {
		gnttab_map_grant_ref_t m = { .host_addr = (u64)at, .flags = GNTMAP_host_map,
					     .ref = mail.word[REF], .dom = 0 };

		send(port);
		if (!grant_op(GNTTABOP_map_grant_ref, &m) && m.status == GNTST_okay)
			grant_unmap(m.handle, (u64)at);
		if (memory_op(XENMEM_increase_reservation, &r) == 1)
			memory_op(XENMEM_decrease_reservation, &r);
		LIVE(mail.reply[TURNS0])++;
	}
}

void child_main(void)
{
	evtchn_bind_interdomain_t bind = { .remote_dom = 0, .remote_port = mail.word[PORT] };

	event_op(EVTCHNOP_bind_interdomain, &bind);
	port = bind.local_port;
	vcpu_start(1, tables);
	LIVE(mail.reply[STARTED]) = 1;
	others();
}

static bool one_round(u64 i)
{
	evtchn_alloc_unbound_t a = { .dom = DOMID_SELF };
	evtchn_close_t close;
	struct mail *box;
	struct child c;
	bool started, turned;

	child_make(&c, 2, "");
	a.remote_dom = c.id;
	event_op(EVTCHNOP_alloc_unbound, &a);
	grant_give(9, c.id, mfn_of(lent), 0);
	box = child_map(&c, &mail);
	box->word[PORT] = a.port;
	box->word[REF] = 9;
	child_unpause(&c);
	started = child_wait_word(&box->reply[STARTED], 1, 10 * SECOND);
	turned = child_wait_word(&box->reply[TURNS0], 1, 10 * SECOND) &&
		 child_wait_word(&box->reply[TURNS1], 1, 10 * SECOND);
	spin(i * 37000 % 1000000);
	child_unmap(box);
	if (child_destroy(&c) || !child_is_gone(&c))
		return false;
	close.port = a.port;
	event_op(EVTCHNOP_close, &close);
	grant_take(9);
	return started && turned;
}

void test_main(void)
{
	u64 before, good = 0;

	event_init();
	grant_init();
	one_round(0);
	before = free_pages_settled();
	for (u64 i = 0; i < ROUNDS; i++)
		good += one_round(i);
	check_eq(good, ROUNDS, "each was busy, and is gone");
	check_eq(grant_flags(9), 0, "nobody uses our page");
	check_free_pages(before);
}

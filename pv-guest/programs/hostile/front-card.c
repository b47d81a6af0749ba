/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile front end of network cards.
 */
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/hostile/hostile.h"

#include <xen/io/netif.h>

#define PATIENCE  (3 * SEC)
#define NO_GRANT  0xfffff0
#define SLOTS_MAX 64
#define RING	  256

union slot {
	netif_tx_request_t req;
	netif_extra_info_t extra;
};

struct card {
	struct wire w;
	netif_tx_sring_t *tx;
	netif_rx_sring_t *rx;
	long port;
	u32 produced;
	union slot slots[SLOTS_MAX];
	unsigned int count;
};

static union slot *add(struct card *c, u16 size, u16 flags)
{
	union slot *s = &c->slots[c->count++];

	s->req = (netif_tx_request_t){ .gref = c->w.ref, .flags = flags, .id = c->count, .size = size };
	return s;
}

static void add_extra(struct card *c, u8 type, u8 flags, u16 gso_size, u8 gso_type)
{
	c->slots[c->count++].extra = (netif_extra_info_t){ .type = type, .flags = flags,
							   .u.gso = { .size = gso_size, .type = gso_type } };
}

/* n entries of one frame, whose sum is right. */
static void add_chain(struct card *c, unsigned int n, bool endless)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		add(c, i ? 10 : 10 * n + 100, i + 1 < n || endless ? NETTXF_more_data : 0);
}

static void add_gso(struct card *c, u16 size, u8 type)
{
	add(c, 2000, NETTXF_csum_blank | NETTXF_extra_info);
	add_extra(c, XEN_NETIF_EXTRA_TYPE_GSO, 0, size, type);
}

/* want: the first entry's answer; CLOSED: the card is closed, which nothing heals */
#define CLOSED 99
#define CASES(CASE)                                                                                        \
	CASE("a good frame", 0, add(c, 100, 0))                                                            \
	CASE("a frame of 5 bytes", -1, add(c, 5, 0))                                                       \
	CASE("a frame of no bytes", -1, add(c, 0, 0))                                                      \
	CASE("a piece across its page", -1, add(c, 100, 0)->req.offset = 4090)                             \
	CASE("an offset outside of its page", -1, add(c, 100, 0)->req.offset = 65535)                      \
	CASE("a first piece longer than its page", -1, add(c, 65535, 0))                                   \
	CASE("pieces longer than the frame", -1, add(c, 100, NETTXF_more_data); add(c, 200, 0))            \
	CASE("no such grant", -1, add(c, 100, 0)->req.gref = NO_GRANT)                                     \
	CASE("no such grant in a later piece", -1, add(c, 300, NETTXF_more_data);                          \
	     add(c, 200, 0)->req.gref = ~0U)                                                               \
	CASE("segments of no bytes", -1, add_gso(c, 0, XEN_NETIF_GSO_TYPE_TCPV4))                          \
	CASE("segments of an unknown kind", -1, add_gso(c, 1448, 77))                                      \
	CASE("segments that are not TCP", 0, add_gso(c, 1, XEN_NETIF_GSO_TYPE_TCPV4))                      \
	CASE("19 pieces", -1, add_chain(c, 19, false))                                                     \
	CASE("a group that is none", -1, add(c, 0, NETTXF_extra_info);                                     \
	     add_extra(c, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0, 0))                                        \
	CASE("a group never asked for", 0, add(c, 0, NETTXF_extra_info);                                   \
	     add_extra(c, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, 0, 1, 0))                                        \
	CASE("a good frame after all", 0, add(c, 100, 0))                                                  \
	CASE("extra entries without end", CLOSED, add(c, 100, NETTXF_extra_info); do {                     \
		add_extra(c, XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1448, 1);                \
	} while (c->count < 20))                                                                           \
	CASE("an extra entry that is missing", CLOSED, add(c, 100, NETTXF_extra_info))                     \
	CASE("an extra entry of an unknown type", CLOSED, add(c, 100, NETTXF_extra_info);                  \
	     add_extra(c, 200, 0, 0, 0))                                                                   \
	CASE("a frame whose end is missing", CLOSED, add_chain(c, 3, true))                                \
	CASE("a frame of 60 pieces", CLOSED, add_chain(c, 60, false))

static void slots_of(struct card *c, unsigned int i)
{
	unsigned int n = 0;

	c->count = 0;
	CASES(CASE_RUN)
}

static const struct hostile_case cases[] = { CASES(CASE_ROW) };

static void produce(struct card *c, u32 index)
{
	xen_mb();
	WRITE_ONCE(c->tx->req_prod, index);
	xen_mb();
	evtchn_send(c->port);
}

static bool card_open(struct card *c, unsigned int n)
{
	*c = (struct card){ .port = 0 };
	if (!wire_open(&c->w, "vif", n) || !wire_reaches(&c->w, XenbusStateInitWait)) {
		judge("card", "a device to break", false, "is missing");
		return false;
	}
	c->tx = page_alloc_zeroed();
	c->rx = page_alloc_zeroed();
	SHARED_RING_INIT(c->tx);
	SHARED_RING_INIT(c->rx);
	c->port = wire_port(&c->w);
	wire_write(&c->w, "tx-ring-ref", grant_page(c->w.peer, c->tx, false));
	wire_write(&c->w, "rx-ring-ref", grant_page(c->w.peer, c->rx, false));
	wire_write(&c->w, "event-channel", c->port);
	wire_write(&c->w, "request-rx-copy", 1);
	wire_write(&c->w, "feature-sg", 1);
	return true;
}

static bool card_connect(struct card *c)
{
	wire_write(&c->w, "state", XenbusStateConnected);
	return wire_reaches(&c->w, XenbusStateConnected);
}

static void expect_close(struct card *c, const char *name)
{
	bool closed = wire_closes(&c->w);

	judge("card", name, closed, closed ? "closed" : "not closed");
}

/* All entries are answered, extra ones with NETIF_RSP_NULL, in the order of the ring. */
static void answered(struct card *c, unsigned int i)
{
	u64 end = port_time_ns() + PATIENCE;
	int status = c->tx->ring[(c->produced - c->count) % RING].rsp.status;
	char got[32] = "no answer";

	while (READ_ONCE(c->tx->rsp_prod) != c->produced && port_time_ns() < end)
		thread_sleep(MSEC);
	if (READ_ONCE(c->tx->rsp_prod) == c->produced) {
		status = c->tx->ring[(c->produced - c->count) % RING].rsp.status;
		format(got, sizeof(got), "answer %d", status);
	}
	judge("card", cases[i].name, READ_ONCE(c->tx->rsp_prod) == c->produced && status == cases[i].want, got);
}

static void one_case(struct card *c, unsigned int i)
{
	unsigned int k;

	slots_of(c, i);
	for (k = 0; k < c->count; k++)
		c->tx->ring[c->produced++ % RING].req = c->slots[k].req;
	produce(c, c->produced);
	if (cases[i].want == CLOSED)
		expect_close(c, cases[i].name);
	else
		answered(c, i);
}

/* Another card of ours sends to all; the one whose ring makes no sense must be the one that closes. */
static void receive_case(unsigned int n)
{
	struct card bad, sender;

	if (!card_open(&bad, n) || !card_open(&sender, n + 1))
		return;
	if (!card_connect(&bad) || !card_connect(&sender))
		return;
	WRITE_ONCE(bad.rx->req_prod, 100000);
	memset(sender.w.page, 0xff, 6);
	add(&sender, 100, 0);
	sender.tx->ring[0].req = sender.slots[0].req;
	produce(&sender, 1);
	expect_close(&bad, "a receiving index far ahead");
	judge("card", "a sender to it", wire_state(&sender.w) == XenbusStateConnected, "goes on");
}

/**
 * hostile_card - all a front end can do wrong
 */
void hostile_card(void)
{
	struct card c;
	unsigned int i, n = 0;

	if (!wire_open(&c.w, "vif", 0) || !card_open(&c, n++) || !card_connect(&c))
		return;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		one_case(&c, i);
		if (cases[i].want == CLOSED && (!card_open(&c, n++) || !card_connect(&c)))
			return;
	}
	produce(&c, c.produced + 257);
	expect_close(&c, "a sending index far ahead");
	receive_case(n);
	n += 2;
	if (!card_open(&c, n++))
		return;
	wire_write(&c.w, "tx-ring-ref", NO_GRANT);
	wire_write(&c.w, "state", XenbusStateConnected);
	expect_close(&c, "a ring not granted");
}

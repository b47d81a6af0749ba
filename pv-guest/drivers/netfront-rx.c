/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network front end: frames in.  The back end copies into our pages, in the order of the ring, so
 * entry i always offers page i.  A frame is copied out in one piece before anything in it is believed.
 */
#include "drivers/event.h"
#include "drivers/netfront.h"
#include "kernel/errno.h"

#define EXTRAS_MAX XEN_NETIF_EXTRA_TYPE_MAX /* of one frame: each kind once */

static void offer(struct net_queue *q, RING_IDX at)
{
	unsigned int i = at % NET_RING_SIZE;
	netif_rx_request_t req = { .id = i, .gref = q->rx_pages[i].ref };

	ring_put_request(&q->rx, &req);
}

int rx_open(struct net_queue *q)
{
	domid_t peer = q->nic->dev->peer;
	unsigned int i;
	int rc = net_page_give(&q->rx_ring, peer, false);

	if (rc)
		return rc;
	XEN_FRONT_RING_INIT(&q->rx, (netif_rx_sring_t *)q->rx_ring.page, PAGE_SIZE);
	for (i = 0; i < NET_RING_SIZE && !rc; i++)
		rc = net_page_give(&q->rx_pages[i], peer, false);
	for (i = 0; i < NET_RING_SIZE && !rc; i++)
		offer(q, i);
	RING_PUSH_REQUESTS(&q->rx);
	return rc;
}

/* What is known of a frame while its pieces are read. */
struct gather {
	u32 bytes;
	unsigned int taken; /* entries of the ring */
	bool more, failed;
	struct net_frame frame;
};

static void read_response(struct net_queue *q, RING_IDX at, netif_rx_response_t *rsp)
{
	*rsp = *(volatile netif_rx_response_t *)RING_GET_RESPONSE(&q->rx, at);
}

static bool piece(struct net_queue *q, struct gather *g, const netif_rx_response_t *rsp)
{
	unsigned int i = (q->rx.rsp_cons + g->taken) % NET_RING_SIZE;

	if (rsp->id != i) {
		nic_broken(q->nic, "a received piece with id", rsp->id);
		return false;
	}
	g->taken++;
	g->more = rsp->flags & NETRXF_more_data;
	if (rsp->status < 0) {
		g->failed = true;
		return true;
	}
	if (rsp->offset > PAGE_SIZE || (u16)rsp->status > PAGE_SIZE - rsp->offset ||
	    g->bytes + rsp->status > NET_FRAME_MAX) {
		nic_broken(q->nic, "a received piece of bytes", (u16)rsp->status);
		return false;
	}
	if (!g->bytes) {
		g->frame.csum_blank = rsp->flags & NETRXF_csum_blank;
		g->frame.data_valid = rsp->flags & (NETRXF_csum_blank | NETRXF_data_validated);
	}
	memcpy(q->rx_frame + g->bytes, q->rx_pages[i].page + rsp->offset, rsp->status);
	g->bytes += rsp->status;
	return true;
}

static bool extra(struct net_queue *q, struct gather *g, const netif_extra_info_t *e)
{
	g->taken++;
	if (e->type == XEN_NETIF_EXTRA_TYPE_GSO) {
		g->failed |= e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 || !e->u.gso.size;
		g->frame.gso_size = e->u.gso.size;
	} else if (e->type != XEN_NETIF_EXTRA_TYPE_HASH) {
		nic_broken(q->nic, "an extra entry of type", e->type);
		return false;
	}
	return true;
}

/* Extra entries stand behind the first piece. */
static bool extras(struct net_queue *q, struct gather *g, unsigned int ready)
{
	netif_extra_info_t e = { .flags = XEN_NETIF_EXTRA_FLAG_MORE };
	unsigned int n = 0;

	_Static_assert(sizeof(e) == sizeof(netif_rx_response_t), "an extra entry fills a response");
	while (e.flags & XEN_NETIF_EXTRA_FLAG_MORE) {
		if (n++ == EXTRAS_MAX) {
			nic_broken(q->nic, "extra entries in a row,", n);
			return false;
		}
		if (g->taken == ready)
			return false;
		read_response(q, q->rx.rsp_cons + g->taken, (netif_rx_response_t *)&e);
		if (!extra(q, g, &e))
			return false;
	}
	return true;
}

/*
 * Return: whether a whole frame was there.  Half a frame stays in the ring, as the other half may be
 * on its way, unless no frame can be that long.
 */
static bool gather(struct net_queue *q, struct gather *g, unsigned int ready)
{
	netif_rx_response_t rsp;

	*g = (struct gather){ .more = true };
	while (g->more) {
		bool first = !g->taken;

		if (g->taken == ready) {
			if (ready > 2 * NET_SLOTS_MAX)
				nic_broken(q->nic, "a frame without end, entries", ready);
			return false;
		}
		read_response(q, q->rx.rsp_cons + g->taken, &rsp);
		if (!piece(q, g, &rsp))
			return false;
		if (rsp.flags & NETRXF_extra_info && (!first || !extras(q, g, ready)))
			return false;
	}
	g->frame.data = q->rx_frame;
	g->frame.bytes = g->bytes;
	return true;
}

static void deliver(struct net_queue *q, const struct gather *g)
{
	struct net_device *net = &q->nic->net;

	if (g->failed || g->bytes < 14 || !net->receive) {
		net->rx_dropped++;
		return;
	}
	net->rx_frames++;
	net->rx_bytes += g->bytes;
	sem_down(&q->nic->user);
	net->receive(net, &g->frame);
	sem_up(&q->nic->user);
}

/* Take one frame, and offer its entries again.  Return: false: there is none */
static bool receive(struct net_queue *q)
{
	int ready = ring_responses(&q->rx);
	struct gather g;
	bool notify;

	if (ready == RING_BROKEN)
		nic_broken(q->nic, "its receiving index is", q->rx.sring->rsp_prod);
	if (ready <= 0 || !READ_ONCE(q->up) || !gather(q, &g, ready))
		return false;
	q->rx.rsp_cons += g.taken;
	while (g.taken--)
		offer(q, q->rx.req_prod_pvt);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->rx, notify);
	if (notify)
		evtchn_send(q->rx_port);
	deliver(q, &g);
	return true;
}

static void writable(struct net_queue *q)
{
	bool irqs = spin_lock(&q->lock), now = q->up && tx_reclaim(q);
	struct net_device *net = &q->nic->net;

	spin_unlock(&q->lock, irqs);
	if (!now || !net->writable)
		return;
	sem_down(&q->nic->user);
	net->writable(net);
	sem_up(&q->nic->user);
}

/**
 * rx_thread - serve one queue until it is told to stop
 * An event asked for and a look behind it: nothing is missed.  Half a frame is not looked at again
 * before the next event: it asks for one behind what is there.
 */
void rx_thread(void *arg)
{
	struct net_queue *q = arg;

	for (;;) {
		sem_down(&q->wake);
		if (READ_ONCE(q->thread_stop))
			return;
		writable(q);
		do {
			while (receive(q))
				;
			WRITE_ONCE(q->rx.sring->rsp_event, q->rx.sring->rsp_prod + 1);
			xen_mb();
		} while (READ_ONCE(q->up) && receive(q));
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network front end: frames out.  Answers are taken when entries are needed, so the back end has no
 * reason to wake us as long as the ring is not full.
 */
#include "drivers/event.h"
#include "drivers/netfront.h"
#include "kernel/errno.h"

int tx_open(struct net_queue *q)
{
	unsigned int i;
	int rc = net_page_give(&q->tx_ring, q->nic->dev->peer, false);

	if (rc)
		return rc;
	XEN_FRONT_RING_INIT(&q->tx, (netif_tx_sring_t *)q->tx_ring.page, PAGE_SIZE);
	for (i = 0; i < NET_RING_SIZE; i++) {
		q->tx_free[i] = NET_RING_SIZE - 1 - i;
		q->tx_in_ring[i] = false;
	}
	q->tx_free_count = NET_RING_SIZE;
	q->tx_extras = 0;
	q->tx_full = false;
	return 0;
}

/* Extra entries are answered, too, with nothing but that status. */
static void tx_response(struct net_queue *q, const netif_tx_response_t *rsp)
{
	if (rsp->status == NETIF_RSP_NULL) {
		if (!q->tx_extras)
			nic_broken(q->nic, "an answer to an extra entry, id", rsp->id);
		else
			q->tx_extras--;
		return;
	}
	if (rsp->id >= NET_RING_SIZE || !q->tx_in_ring[rsp->id]) {
		nic_broken(q->nic, "an answer to entry", rsp->id);
		return;
	}
	if (rsp->status != NETIF_RSP_OKAY)
		q->nic->net.tx_dropped++;
	q->tx_in_ring[rsp->id] = false;
	q->tx_free[q->tx_free_count++] = rsp->id;
}

/**
 * tx_reclaim - take the answers there are; q->lock is held
 * Return: whether some came after the ring was found full
 */
bool tx_reclaim(struct net_queue *q)
{
	netif_tx_response_t rsp;
	int n = ring_responses(&q->tx);
	bool writable = n > 0 && q->tx_full;

	if (n == RING_BROKEN)
		nic_broken(q->nic, "its sending index is", q->tx.sring->rsp_prod);
	for (; n > 0 && q->up; n--) {
		ring_take_response(&q->tx, &rsp);
		tx_response(q, &rsp);
	}
	if (writable)
		q->tx_full = false;
	return writable;
}

/* Enough entries, or an event when there are more. */
static bool tx_room(struct net_queue *q, unsigned int slots)
{
	if (slots <= RING_FREE_REQUESTS(&q->tx) && slots <= q->tx_free_count)
		return true;
	tx_reclaim(q);
	if (slots <= RING_FREE_REQUESTS(&q->tx) && slots <= q->tx_free_count)
		return true;
	q->tx_full = true;
	if (ring_sleep_responses(&q->tx) == 0)
		return false;
	tx_reclaim(q);
	return slots <= RING_FREE_REQUESTS(&q->tx) && slots <= q->tx_free_count;
}

static void put_gso(struct net_queue *q, u16 size)
{
	union {
		netif_extra_info_t extra;
		netif_tx_request_t req;
	} e = { .extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO,
			   .u.gso = { .size = size, .type = XEN_NETIF_GSO_TYPE_TCPV4 } } };

	ring_put_request(&q->tx, &e.req);
	q->tx_extras++;
}

/* The first entry carries the size of the whole frame, the others that of their piece. */
static void put_frame(struct net_queue *q, const struct net_frame *frame)
{
	u32 done, now;

	for (done = 0; done < frame->bytes; done += now) {
		u16 id = q->tx_free[--q->tx_free_count];
		netif_tx_request_t req = { .gref = q->tx_pages[id].ref, .id = id };

		now = MIN(frame->bytes - done, PAGE_SIZE);
		memcpy(q->tx_pages[id].page, frame->data + done, now);
		req.size = done ? now : frame->bytes;
		if (done + now < frame->bytes)
			req.flags |= NETTXF_more_data;
		if (!done && frame->csum_blank)
			req.flags |= NETTXF_csum_blank | NETTXF_data_validated;
		if (!done && frame->gso_size)
			req.flags |= NETTXF_extra_info;
		q->tx_in_ring[id] = true;
		ring_put_request(&q->tx, &req);
		if (!done && frame->gso_size)
			put_gso(q, frame->gso_size);
	}
}

/* Pages are made when a ring gets that full for the first time. */
static int pages_ready(struct net_queue *q, unsigned int n)
{
	int rc = 0;

	while (n && !rc) {
		struct net_page *p = &q->tx_pages[q->tx_free[q->tx_free_count - n--]];

		if (!p->page)
			rc = net_page_give(p, q->nic->dev->peer, true);
	}
	return rc;
}

static int send_on(struct net_queue *q, const struct net_frame *frame)
{
	unsigned int slots = ROUND_UP(frame->bytes, PAGE_SIZE) / PAGE_SIZE;
	bool notify;

	if (!q->up)
		return -ENODEV;
	if (!tx_room(q, slots + !!frame->gso_size))
		return q->up ? -EAGAIN : -ENODEV;
	if (pages_ready(q, slots))
		return -ENOMEM;
	put_frame(q, frame);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		evtchn_send(q->tx_port);
	q->nic->net.tx_frames++;
	q->nic->net.tx_bytes += frame->bytes;
	return 0;
}

/* What the other end would refuse, or close the device for. */
static bool sendable(const struct nic *nic, const struct net_frame *frame)
{
	if (frame->bytes < 14 || frame->bytes > 0xffff || (frame->bytes > PAGE_SIZE && !nic->sg))
		return false;
	if (frame->gso_size)
		return frame->bytes <= nic->net.gso_max && frame->csum_blank;
	return !frame->csum_blank || nic->net.can_csum;
}

int net_send(struct net_device *net, const struct net_frame *frame)
{
	struct nic *nic = net->driver;
	unsigned int queues = READ_ONCE(nic->queue_count);
	struct net_queue *q;
	bool irqs;
	int rc;

	if (!READ_ONCE(nic->up) || !queues)
		return -ENODEV;
	if (!sendable(nic, frame))
		return -EINVAL;
	q = nic->queues[this_cpu()->id % queues];
	irqs = spin_lock(&q->lock);
	rc = send_on(q, frame);
	spin_unlock(&q->lock, irqs);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network back end: frames to a guest, put into the pages it offers, in the order of its ring.  Whose
 * ring is full has a bounded number of frames kept; what comes then is lost, as on a wire.
 *
 * The lock is held from the first entry of a batch to its last answer in small steps only: the sender's
 * buffer must not change before vif_flush().
 */
#include "drivers/back/budget.h"
#include "drivers/back/netback.h"
#include "drivers/event.h"
#include "kernel/errno.h"
#include "kernel/pages.h"

/* --- with the lock held ---------------------------------------------------------------------------- */

/* An answer, as long as the grants let its data in. */
static void answer_one(struct vifq *q, struct rx_pending *p, const gnttab_copy_t *ops)
{
	unsigned int i;

	_Static_assert(sizeof(p->info) == sizeof(p->rsp), "an extra entry fills an answer");
	for (i = 0; i < p->ops; i++)
		if (ops[i].status != GNTST_okay)
			p->rsp.status = NETIF_RSP_ERROR;
	if (p->extra)
		memcpy(&p->rsp, &p->info, sizeof(p->info));
	ring_put_response(&q->rx, &p->rsp);
}

static void flush(struct vifq *q)
{
	unsigned int i, op = 0;
	bool notify;

	if (!q->pending_count)
		return;
	grant_copy(q->rx_ops, q->rx_op_count);
	for (i = 0; i < q->pending_count; i++) {
		answer_one(q, &q->pending[i], q->rx_ops + op);
		op += q->pending[i].ops;
	}
	q->pending_count = q->rx_op_count = 0;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
	if (notify)
		evtchn_send(q->rx_port);
}

static unsigned int slots_of(const struct net_frame *frame)
{
	return ROUND_UP(frame->bytes, PAGE_SIZE) / PAGE_SIZE + !!frame->gso_size;
}

/* Whether the guest offers that many entries; if not, an event comes when it offers more. */
static bool has_room(struct vifq *q, int slots)
{
	int n = ring_requests(&q->rx);

	if (n != RING_BROKEN && n < slots) {
		WRITE_ONCE(q->rx.sring->req_event, q->rx.req_cons + n + 1);
		xen_mb();
		n = ring_requests(&q->rx);
	}
	if (n == RING_BROKEN) {
		q->up = false;
		vif_broken(q, "its receiving index is", q->rx.sring->req_prod);
	}
	return n >= slots;
}

static struct rx_pending *pending_new(struct vifq *q, netif_rx_request_t *req)
{
	struct rx_pending *p = &q->pending[q->pending_count++];

	ring_take_request(&q->rx, req);
	*p = (struct rx_pending){ .rsp = { .id = req->id } };
	return p;
}

static void put_gso(struct vifq *q, u16 size)
{
	netif_rx_request_t unused;
	struct rx_pending *p = pending_new(q, &unused);

	p->extra = true;
	p->info = (netif_extra_info_t){ .type = XEN_NETIF_EXTRA_TYPE_GSO,
					.u.gso = { .size = size, .type = XEN_NETIF_GSO_TYPE_TCPV4 } };
}

static void put_piece(struct vifq *q, const u8 *from, u32 bytes, u16 flags)
{
	netif_rx_request_t req;
	struct rx_pending *p = pending_new(q, &req);
	u32 done, now;

	p->rsp.status = bytes;
	p->rsp.flags = flags;
	for (done = 0; done < bytes; done += now) {
		now = MIN(bytes - done, PAGE_SIZE - ((u64)(from + done) & ~PAGE_MASK));
		grant_copy_out(&q->rx_ops[q->rx_op_count++], q->vif->peer, req.gref, done, from + done, now);
		p->ops++;
	}
}

/* There is room for it in the ring. */
static void put(struct vifq *q, const struct net_frame *frame)
{
	u32 done, now;

	if (q->pending_count + slots_of(frame) > RX_BATCH)
		flush(q);
	for (done = 0; done < frame->bytes; done += now) {
		u16 flags = 0;

		now = MIN(frame->bytes - done, PAGE_SIZE);
		if (done + now < frame->bytes)
			flags |= NETRXF_more_data;
		if (!done && frame->csum_blank)
			flags |= NETRXF_csum_blank | NETRXF_data_validated;
		else if (!done && frame->data_valid)
			flags |= NETRXF_data_validated;
		if (!done && frame->gso_size)
			flags |= NETRXF_extra_info;
		put_piece(q, frame->data + done, now, flags);
		if (!done && frame->gso_size)
			put_gso(q, frame->gso_size);
	}
}

/* Return: false: it keeps enough already */
static bool keep(struct vifq *q, const struct net_frame *frame)
{
	unsigned int order = 0;
	struct kept *k;

	while (PAGE_SIZE << order < sizeof(*k) + frame->bytes)
		order++;
	if (q->kept_frames == RX_KEPT_FRAMES || q->kept_bytes + (PAGE_SIZE << order) > RX_KEPT_BYTES)
		return false;
	k = budget_pages(BUDGET_FRAMES, order);
	if (!k)
		return false;
	k->next = NULL;
	k->order = order;
	k->frame = *frame;
	k->frame.data = memcpy(k + 1, frame->data, frame->bytes);
	*q->kept_end = k;
	q->kept_end = &k->next;
	q->kept_frames++;
	q->kept_bytes += PAGE_SIZE << order;
	return true;
}

static void kept_drop(struct vifq *q)
{
	struct kept *k = q->kept;

	q->kept = k->next;
	if (!q->kept)
		q->kept_end = &q->kept;
	q->kept_frames--;
	q->kept_bytes -= PAGE_SIZE << k->order;
	budget_pages_free(BUDGET_FRAMES, k, k->order);
}

/* What the guest said it takes. */
static bool takes(const struct vif *vif, const struct net_frame *frame)
{
	return (vif->sg || frame->bytes <= PAGE_SIZE) && (vif->gso || !frame->gso_size) &&
	       (vif->csum || !frame->csum_blank);
}

static bool send_locked(struct vifq *q, const struct net_frame *frame)
{
	if (!q->up || !takes(q->vif, frame))
		return false;
	if (!q->kept && has_room(q, slots_of(frame))) {
		put(q, frame);
		return true;
	}
	return q->up && keep(q, frame);
}

/* --- for the bridge -------------------------------------------------------------------------------- */

static struct vifq *queue_of(struct vif *vif, unsigned int hint)
{
	return vif->queues[hint % vif->queue_count];
}

void vif_send(struct bridge_port *port, const struct net_frame *frame, unsigned int hint)
{
	struct vif *vif = (struct vif *)port;
	struct vifq *q = queue_of(vif, hint);
	bool irqs = spin_lock(&q->lock);

	if (!send_locked(q, frame))
		vif->rx_dropped++;
	spin_unlock(&q->lock, irqs);
}

void vif_flush(struct bridge_port *port, unsigned int hint)
{
	struct vifq *q = queue_of((struct vif *)port, hint);
	bool irqs = spin_lock(&q->lock);

	flush(q);
	spin_unlock(&q->lock, irqs);
}

/* --- for the queue's thread ------------------------------------------------------------------------ */

/**
 * rx_kept_send - the guest may have offered more entries: for frames that wait
 */
void rx_kept_send(struct vifq *q)
{
	bool irqs = spin_lock(&q->lock);

	while (q->up && q->kept && has_room(q, slots_of(&q->kept->frame))) {
		put(q, &q->kept->frame);
		flush(q);
		kept_drop(q);
	}
	spin_unlock(&q->lock, irqs);
}

/**
 * rx_kept_free - nobody will take them any more
 */
void rx_kept_free(struct vifq *q)
{
	while (q->kept)
		kept_drop(q);
}

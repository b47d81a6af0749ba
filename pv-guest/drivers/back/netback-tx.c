/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network back end: frames from a guest.  A batch of them is taken from the ring, checked, copied by one
 * call, answered, and then given to the bridge.
 */
#include "drivers/back/netback.h"
#include "drivers/event.h"
#include "kernel/cpu.h"
#include "kernel/pages.h"

#define ETH_HEADER 14
#define IP_HEADER  20
#define PROTO_TCP  6

/* --- taking ---------------------------------------------------------------------------------------- */

static struct tx_slot *slot_take(struct vifq *q)
{
	struct tx_slot *s = &q->slots[q->slot_count++];

	ring_take_request(&q->tx, &s->req);
	s->extra = false;
	return s;
}

/* What an extra entry says.  Return: false: it says nothing we know */
static bool extra_apply(struct vifq *q, struct tx_frame *f, const netif_extra_info_t *e)
{
	switch (e->type) {
	case XEN_NETIF_EXTRA_TYPE_GSO:
		f->bad |= e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 || !e->u.gso.size;
		f->frame.gso_size = e->u.gso.size;
		return true;
	case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
	case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
		f->group = true;
		f->bad |= !vif_group(q->vif, e->u.mcast.addr, e->type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD);
		return true;
	case XEN_NETIF_EXTRA_TYPE_HASH: return true;
	default: return false;
	}
}

/* The extra entries behind the first one.  Return: false: the ring makes no sense */
static bool extras_take(struct vifq *q, struct tx_frame *f, int *left)
{
	netif_extra_info_t e = { .flags = XEN_NETIF_EXTRA_FLAG_MORE };
	unsigned int n = 0;

	while (e.flags & XEN_NETIF_EXTRA_FLAG_MORE) {
		struct tx_slot *s;

		if (!*left || n++ == TX_EXTRAS_MAX) {
			vif_broken(q, "extra entries, in a row", n);
			return false;
		}
		s = slot_take(q);
		(*left)--;
		s->extra = true;
		memcpy(&e, &s->req, sizeof(e));
		if (!extra_apply(q, f, &e)) {
			vif_broken(q, "an extra entry of type", e.type);
			return false;
		}
	}
	return true;
}

/* One frame's entries, all of which must be there.  Return: false: the ring makes no sense */
static bool frame_take(struct vifq *q, int *left)
{
	struct tx_frame *f = &q->frames[q->frame_count];
	struct tx_slot *s;
	bool more;

	*f = (struct tx_frame){ .first = q->slot_count };
	s = slot_take(q);
	(*left)--;
	more = s->req.flags & NETTXF_more_data;
	f->frame.csum_blank = s->req.flags & NETTXF_csum_blank;
	f->frame.data_valid = s->req.flags & (NETTXF_csum_blank | NETTXF_data_validated);
	if (s->req.flags & NETTXF_extra_info && !extras_take(q, f, left))
		return false;
	while (more) {
		if (!*left || q->slot_count - f->first == TX_SLOTS_END) {
			vif_broken(q, "a frame without end, entries", q->slot_count - f->first);
			return false;
		}
		s = slot_take(q);
		(*left)--;
		more = s->req.flags & NETTXF_more_data;
	}
	f->slots = q->slot_count - f->first;
	q->frame_count++;
	return true;
}

/* --- checking -------------------------------------------------------------------------------------- */

/*
 * The first entry has the size of all; what the others have not is its own.
 * Return: false: sizes that cannot be
 */
static bool sizes_check(struct vifq *q, const struct tx_frame *f)
{
	struct tx_slot *first = &q->slots[f->first], *s;
	u32 total = first->req.size, others = 0, pieces = 1;

	for (s = first + 1; s < first + f->slots; s++)
		if (!s->extra) {
			others += s->req.size;
			pieces++;
		}
	if (total < ETH_HEADER || others >= total || pieces > TX_SLOTS_MAX)
		return false;
	first->req.size = total - others;
	for (s = first; s < first + f->slots; s++)
		if (!s->extra && s->req.offset + s->req.size > PAGE_SIZE)
			return false;
	return true;
}

/* Operations for one frame; they may not cross pages of ours. */
static void frame_ops(struct vifq *q, struct tx_frame *f)
{
	struct tx_slot *s = &q->slots[f->first], *end = s + f->slots;
	u8 *to = q->buffer + q->buffer_used;

	f->frame.data = to;
	f->op_first = q->op_count;
	for (; s < end; s++) {
		u32 done, now;

		for (done = 0; !s->extra && done < s->req.size; done += now) {
			now = MIN(s->req.size - done, PAGE_SIZE - ((u64)to & ~PAGE_MASK));
			grant_copy_in(&q->ops[q->op_count++], q->vif->peer, s->req.gref, s->req.offset + done, to, now);
			to += now;
		}
	}
	f->frame.bytes = to - f->frame.data;
	f->ops = q->op_count - f->op_first;
	q->buffer_used += ROUND_UP(f->frame.bytes, 64);
}

static void frame_check(struct vifq *q, struct tx_frame *f)
{
	u32 size = q->slots[f->first].req.size;

	if (f->group || f->bad)
		; /* nothing to copy, or nothing we want */
	else if (!sizes_check(q, f))
		f->bad = true;
	else
		frame_ops(q, f);
	if (f->bad && !f->group)
		vif_complain(q->vif, "a frame of bytes", size);
}

/* A segment that stands for many must be what we say it is to the next guest. */
static bool content_check(const struct net_frame *frame)
{
	const u8 *d = frame->data, *ip = d + ETH_HEADER;

	if (!frame->gso_size)
		return true;
	return frame->csum_blank && frame->bytes > ETH_HEADER + IP_HEADER + 20 && d[12] == 8 && d[13] == 0 &&
	       ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 && ip[9] == PROTO_TCP;
}

/* --- a batch --------------------------------------------------------------------------------------- */

static bool batch_has_room(const struct vifq *q)
{
	return q->frame_count < TX_BATCH_FRAMES &&
	       q->slot_count + TX_SLOTS_END + TX_EXTRAS_MAX <= TX_BATCH_SLOTS &&
	       q->buffer_used + 65536 <= PAGE_SIZE << TX_BUFFER_ORDER;
}

static void frame_answer(struct vifq *q, const struct tx_frame *f)
{
	unsigned int i;

	for (i = f->first; i < f->first + f->slots; i++) {
		const struct tx_slot *s = &q->slots[i];
		netif_tx_response_t rsp = {
			.id = s->req.id,
			.status = s->extra ? NETIF_RSP_NULL : f->bad ? NETIF_RSP_ERROR : NETIF_RSP_OKAY,
		};

		ring_put_response(&q->tx, &rsp);
	}
}

static void batch_answer(struct vifq *q)
{
	unsigned int i, k;
	bool notify;

	for (i = 0; i < q->frame_count; i++) {
		struct tx_frame *f = &q->frames[i];

		for (k = f->op_first; k < f->op_first + f->ops; k++)
			if (q->ops[k].status != GNTST_okay && !f->bad) {
				f->bad = true;
				vif_complain(q->vif, "a page that cannot be read, grant", q->ops[k].source.u.ref);
			}
		frame_answer(q, f);
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		evtchn_send(q->tx_port);
}

static void batch_forward(struct vifq *q)
{
	struct bridge_port *port = &q->vif->port;
	unsigned int i;

	for (i = 0; i < q->frame_count; i++) {
		struct tx_frame *f = &q->frames[i];

		if (f->bad || !content_check(&f->frame))
			q->vif->tx_dropped++;
		else if (!f->group)
			bridge_input(port, &f->frame, q->index);
	}
	bridge_flush(port, q->index);
}

/**
 * tx_batch - take the frames there are, as many as fit into the buffer
 * Return: whether there were any; if not, an event will come with the next one
 */
bool tx_batch(struct vifq *q)
{
	int left = ring_requests(&q->tx);

	if (!left)
		left = ring_sleep_requests(&q->tx);
	if (left == RING_BROKEN)
		vif_broken(q, "its sending index is", q->tx.sring->req_prod);
	if (left <= 0)
		return false;
	q->frame_count = q->slot_count = q->op_count = q->buffer_used = 0;
	while (left && batch_has_room(q)) {
		if (!frame_take(q, &left))
			return false;
		frame_check(q, &q->frames[q->frame_count - 1]);
	}
	grant_copy(q->ops, q->op_count);
	batch_answer(q);
	batch_forward(q);
	return true;
}

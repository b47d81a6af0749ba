/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections: bytes to messages and back, whatever the transport.
 */
#include "conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "request.h"
#include "txn.h"
#include "watch.h"

/* A privileged client that reads nothing may keep this much waiting. */
#define OUT_LIMIT	(64u << 20)
/* Above this, answers must be read before more requests are taken. */
#define OUT_BUSY	(256u << 10)

/**
 * conn_new - a client came
 * @d: the domain it speaks for
 *
 * Return: a connection, to be given to conn_free().
 */
struct conn *conn_new(struct store *s, struct domain *d, void *link)
{
	struct conn *c = xcalloc(sizeof(*c));

	c->store = s;
	c->dom = d;
	c->link = link;
	c->id = ++s->conn_clock;
	c->next_txn = 1;
	snprintf(c->home, sizeof(c->home), "/local/domain/%u", d->domid);
	DL_APPEND(s->conns, c);
	return c;
}

static void drop_out(struct conn *c)
{
	struct msg *m;

	HASH_CLEAR(hh, c->events);
	while ((m = c->out)) {
		c->out = m->next;
		free(m);
	}
	c->out_last = NULL;
	c->out_bytes = 0;
	c->replies = 0;
}

/**
 * conn_reset - start over: no watch, no transaction, nothing under way
 */
void conn_reset(struct conn *c)
{
	watches_drop(c);
	txns_drop(c);
	drop_out(c);
	free(c->in);
	c->in = NULL;
	c->in_head = c->in_tail = 0;
	c->ignored = false;
}

void conn_free(struct conn *c)
{
	conn_reset(c);
	DL_DELETE(c->store->conns, c);
	free(c);
}

/**
 * conn_ignore - a client broke the protocol
 * @error: XENSTORE_ERROR_*, for the ring's error field
 *
 * It may have a request in the works, or a watch about to fire: the transport
 * resets or frees the connection when nobody is looking at it.
 */
void conn_ignore(struct conn *c, u32 error)
{
	if (c->ignored)
		return;
	c->ignored = true;
	c->store->ops->shut(c->store->ctx, c, error);
}

bool conn_is_privileged(const struct conn *c)
{
	return c->dom->domid == 0 || c->dom->domid == c->store->priv;
}

static bool acts_for(const struct conn *c, unsigned int domid)
{
	return domid == c->dom->domid || (c->dom->target && domid == c->dom->target->domid);
}

/**
 * conn_perm - what a client may do where these permissions hold
 *
 * Return: a mask of XS_PERM_READ, XS_PERM_WRITE, XS_PERM_OWNER.
 */
unsigned int conn_perm(const struct conn *c, const struct perms *p)
{
	if (conn_is_privileged(c) || acts_for(c, perms_owner(p)))
		return PERM_ALL;
	for (u32 i = 1; i < p->count; i++)
		if (acts_for(c, p->p[i].domid))
			return p->p[i].bits;
	return p->p[0].bits;
}

/**
 * conn_room - where the next bytes received go
 * @len: how many fit; at least one whenever conn_wants_input()
 */
char *conn_room(struct conn *c, size_t *len)
{
	if (!c->in)
		c->in = xmalloc(CONN_IN_ROOM + 1);
	if (c->in_head) {
		memmove(c->in, c->in + c->in_head, c->in_tail - c->in_head);
		c->in_tail -= c->in_head;
		c->in_head = 0;
	}
	*len = CONN_IN_ROOM - c->in_tail;
	return c->in + c->in_tail;
}

void conn_received(struct conn *c, size_t len)
{
	c->in_tail += len;
}

/* A client that does not fetch its answers gets no more work done. */
static bool is_behind(const struct conn *c)
{
	if (c->out_bytes > OUT_BUSY)
		return true;
	return !conn_is_privileged(c) && c->replies >= quota_of(c->dom, QUOTA_OUTSTANDING);
}

bool conn_wants_input(const struct conn *c)
{
	return !c->ignored && !is_behind(c) && c->in_tail - c->in_head < MSG_MAX;
}

/* Return: whether there is a whole message, or what can only be nonsense. */
static bool has_message(const struct conn *c)
{
	size_t have = c->in_tail - c->in_head;
	struct xsd_sockmsg hdr;

	if (have < sizeof(hdr))
		return false;
	memcpy(&hdr, c->in + c->in_head, sizeof(hdr));
	return hdr.len > XENSTORE_PAYLOAD_MAX || have >= sizeof(hdr) + hdr.len;
}

/**
 * conn_can_step - would conn_step() do something
 */
bool conn_can_step(const struct conn *c)
{
	return !c->ignored && has_message(c) && !is_behind(c);
}

/**
 * conn_step - answer one request, if a whole one is there
 *
 * Return: false if there is none, or none may be answered now.
 */
bool conn_step(struct conn *c)
{
	struct xsd_sockmsg hdr;
	char *body, last;

	if (!conn_can_step(c))
		return false;
	memcpy(&hdr, c->in + c->in_head, sizeof(hdr));
	if (hdr.len > XENSTORE_PAYLOAD_MAX) {
		conn_ignore(c, XENSTORE_ERROR_PROTO);
		return false;
	}

	body = c->in + c->in_head + sizeof(hdr);
	c->in_head += sizeof(hdr) + hdr.len;
	/* A NUL behind the payload makes every reader of strings stop there. */
	last = body[hdr.len];
	body[hdr.len] = '\0';
	request_handle(c, &hdr, body);
	if (c->in) {		/* not reset meanwhile */
		body[hdr.len] = last;
		if (c->in_head == c->in_tail)
			c->in_head = c->in_tail = 0;
	}
	return true;
}

static void enqueue(struct conn *c, struct msg *m)
{
	m->next = NULL;
	if (c->out)
		c->out_last->next = m;
	else
		c->out = m;
	c->out_last = m;
	c->out_bytes += m->len - m->sent;
	if (!m->event)
		c->replies++;
}

static struct msg *msg_new(u32 type, u32 req_id, u32 tx_id, u32 len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = req_id, .tx_id = tx_id, .len = len };
	struct msg *m = xmalloc(sizeof(*m) + sizeof(hdr) + len);

	m->len = sizeof(hdr) + len;
	m->sent = 0;
	m->event = false;
	memcpy(m->bytes, &hdr, sizeof(hdr));
	return m;
}

/**
 * conn_send - queue a reply
 */
void conn_send(struct conn *c, u32 type, u32 req_id, u32 tx_id, const void *data, u32 len)
{
	struct msg *m;

	if (c->ignored)
		return;
	m = msg_new(type, req_id, tx_id, len);
	if (len)
		memcpy(m->bytes + sizeof(struct xsd_sockmsg), data, len);
	enqueue(c, m);
	c->store->ops->wake(c->store->ctx, c);
}

/* A client that never reads must not fill our memory. */
static bool has_room(struct conn *c, u32 len)
{
	if (conn_is_privileged(c) ? c->out_bytes + len <= OUT_LIMIT :
	    !quota_exceeds(c, QUOTA_MEMORY, c->out_bytes + c->dom->bytes + len))
		return true;
	store_log(c->store, "domain %u does not read its watch events, ignored from now on",
		  c->dom->domid);
	return false;
}

/**
 * conn_send_event - queue a watch event
 *
 * Nothing happens if the same event is still waiting to be sent.
 */
void conn_send_event(struct conn *c, const char *path, const char *token)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
	struct msg *m, *same;
	char *body;

	if (c->ignored)
		return;
	m = msg_new(XS_WATCH_EVENT, 0, 0, path_len + token_len);
	body = m->bytes + sizeof(struct xsd_sockmsg);
	memcpy(body, path, path_len);
	memcpy(body + path_len, token, token_len);

	HASH_FIND(hh, c->events, m->bytes, m->len, same);
	if (same) {
		free(m);
		return;
	}
	if (!has_room(c, m->len)) {
		free(m);
		conn_ignore(c, XENSTORE_ERROR_COMM);
		return;
	}
	m->event = true;
	m->queued_us = c->store->ops->now_us(c->store->ctx);
	HASH_ADD_KEYPTR(hh, c->events, m->bytes, m->len, m);
	enqueue(c, m);
	c->store->ops->wake(c->store->ctx, c);
}

/**
 * conn_requeue - put back a message that was on its way in another life
 */
void conn_requeue(struct conn *c, const void *bytes, u32 len, u32 sent, bool event)
{
	struct msg *m = xmalloc(sizeof(*m) + len);

	m->len = len;
	m->sent = sent;
	m->event = event;
	m->queued_us = c->store->ops->now_us(c->store->ctx);
	memcpy(m->bytes, bytes, len);
	if (event && !sent)
		HASH_ADD_KEYPTR(hh, c->events, m->bytes, m->len, m);
	enqueue(c, m);
}

/**
 * conn_output - what there is to send
 *
 * Return: how many elements of @iov are filled in, at most @max.
 */
unsigned int conn_output(const struct conn *c, struct iovec *iov, unsigned int max)
{
	unsigned int n = 0;

	for (struct msg *m = c->out; m && n < max; m = m->next)
		iov[n++] = (struct iovec){ m->bytes + m->sent, m->len - m->sent };
	return n;
}

/**
 * conn_sent - the transport took @len bytes
 */
void conn_sent(struct conn *c, size_t len)
{
	while (len) {
		struct msg *m = c->out;
		size_t part = m->len - m->sent;

		if (part > len)
			part = len;
		if (m->event && !m->sent)
			HASH_DEL(c->events, m);
		m->sent += part;
		len -= part;
		c->out_bytes -= part;
		if (m->sent < m->len)
			return;
		c->out = m->next;
		if (!m->event)
			c->replies--;
		free(m);
	}
}

static bool is_stuck(const struct conn *c, u64 now)
{
	const struct msg *m = c->out;

	if (!m || !m->event || conn_is_privileged(c) || !c->store->event_seconds)
		return false;
	return now - m->queued_us > c->store->event_seconds * 1000000ull;
}

/**
 * conns_check - give up on domains that let a watch event wait too long
 *
 * Return: how many connections still have something to send.
 */
u64 conns_check(struct store *s)
{
	u64 now = s->ops->now_us(s->ctx), waiting = 0;
	struct conn *c, *next;

	DL_FOREACH_SAFE(s->conns, c, next) {
		if (is_stuck(c, now)) {
			store_log(s, "domain %u let a watch event wait for %u seconds, ignored",
				  c->dom->domid, s->event_seconds);
			conn_ignore(c, XENSTORE_ERROR_COMM);
		} else {
			waiting += !!c->out;
		}
	}
	return waiting;
}

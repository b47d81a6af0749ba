/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's state: the reading.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "state.h"
#include "txn.h"
#include "watch.h"

/* Between records, by number; the nodes' own references to each other come on top. */
static struct node **nodes;
static u32 node_count, node_room;
static struct conn *conn;
static struct txn *txn;

static const char *get_string(struct reader *r)
{
	u32 len;
	const char *s = get_bytes(r, &len);

	if (!s || !len || s[len - 1]) {
		r->short_ = true;
		return "";
	}
	return s;
}

static struct perms *get_perms(struct store *s, struct reader *r)
{
	u32 len;
	const char *p = get_bytes(r, &len);

	struct perm list[XENSTORE_PAYLOAD_MAX / 2];

	if (!len || len % sizeof(*list) || len > sizeof(list))
		return NULL;
	memcpy(list, p, len);		/* which need not be aligned */
	return perms_intern(&s->perms_table, list, len / sizeof(*list));
}

static struct value *get_value(struct reader *r)
{
	u32 len;
	const char *p = get_bytes(r, &len);

	return value_new(p, len);
}

static struct node *get_node(struct reader *r)
{
	u32 nr = get_u32(r);

	if (nr > node_count)
		r->short_ = true;
	return nr && nr <= node_count ? node_get(nodes[nr - 1]) : NULL;
}

static int load_store(struct store *s, struct reader *r)
{
	struct perms *p;

	s->clock = get_u64(r);
	s->watch_clock = get_u64(r);
	s->conn_clock = get_u32(r);
	s->priv = get_u32(r);
	s->keep_orphans = get_u32(r);
	s->tracing = get_u32(r);
	s->soft_memory = get_u32(r);
	s->event_seconds = get_u32(r);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->special); i++) {
		p = get_perms(s, r);
		if (!p)
			return -EINVAL;
		perms_put(s->special[i]);
		s->special[i] = p;
	}
	return 0;
}

static int load_quota(struct store *s, struct reader *r)
{
	int q = quota_find(get_string(r));
	u32 value = get_u32(r), domid = get_u32(r);

	if (q < 0)
		return 0;	/* one that we do not have any more */
	if (domid == QUOTA_DEFAULT)
		s->quota[q] = value;
	else
		domain_get(s, domid)->quota[q] = value;
	return 0;
}

static int load_node(struct store *s, struct reader *r)
{
	struct node head;
	struct perms *perms;
	struct value *value;
	const char *name;
	struct node *n;
	u32 len;

	head.left = get_node(r);
	head.right = get_node(r);
	head.kids = get_node(r);
	head.prio = get_u32(r);
	head.seq = get_u64(r);
	head.kids_gen = get_u64(r);
	head.kids_count = get_u32(r);
	head.kids_len = get_u32(r);
	perms = get_perms(s, r);
	value = get_value(r);
	name = get_bytes(r, &len);
	if (!perms || !name)
		return -EINVAL;
	n = node_new(name, len, perms, head.seq, head.prio);
	n->left = head.left;
	n->right = head.right;
	n->kids = head.kids;
	n->kids_gen = head.kids_gen;
	n->kids_count = head.kids_count;
	n->kids_len = head.kids_len;
	n->value = value;
	node_pull(n);
	if (node_count == node_room) {
		node_room = node_room ? 2 * node_room : 1024;
		nodes = xrealloc(nodes, node_room * sizeof(*nodes));
	}
	nodes[node_count++] = n;
	return 0;
}

static int load_root(struct store *s, struct reader *r)
{
	struct node *root = get_node(r);

	if (!root)
		return -EINVAL;
	node_put(s->root);
	s->root = root;
	return 0;
}

static int load_domain(struct store *s, struct reader *r)
{
	struct domain *d = domain_get(s, get_u32(r));
	u32 target;

	d->introduced = get_u32(r);
	d->shutdown = get_u32(r);
	d->port = get_u32(r);
	d->gfn = get_u64(r);
	d->nodes = get_u64(r);
	d->bytes = get_u64(r);
	target = get_u32(r);
	if (target != QUOTA_DEFAULT) {
		d->target = domain_get(s, target);
		s->has_targets = true;
	}
	return 0;
}

static int load_conn(struct store *s, const struct state_link *link, struct reader *r)
{
	u32 clock = s->conn_clock, id = get_u32(r), len;
	struct domain *d = domain_get(s, get_u32(r));
	const char *in;
	size_t room;

	conn = conn_new(s, d, NULL);
	txn = NULL;
	conn->id = id;
	s->conn_clock = clock;
	conn->next_txn = get_u32(r);
	conn->ignored = get_u32(r);
	in = get_bytes(r, &len);
	if (!in || len > CONN_IN_ROOM)
		return -EINVAL;
	if (len) {
		memcpy(conn_room(conn, &room), in, len);
		conn_received(conn, len);
	}
	return link->load(link->ctx, conn, r);
}

static int load_msg(struct reader *r)
{
	u32 sent = get_u32(r), event = get_u32(r), len;
	const char *p = get_bytes(r, &len);

	if (!conn || !p || sent >= len)
		return -EINVAL;
	conn_requeue(conn, p, len, sent, event);
	return 0;
}

static int load_watch(struct store *s, struct reader *r)
{
	const char *path = get_string(r), *token = get_string(r);
	u32 rel_len = get_u32(r), depth = get_u32(r);
	u64 seq = get_u64(r), clock = s->watch_clock;
	struct watch *w;

	if (!conn || rel_len > strlen(path) || watch_add(conn, path, token, rel_len, depth, &w))
		return -EINVAL;
	w->seq = seq;
	s->watch_clock = clock;
	return 0;
}

static int load_txn(struct reader *r)
{
	u32 id = get_u32(r);

	if (!conn || txn_start(conn, &txn))
		return -EINVAL;
	txn->id = id;
	txn->expired = get_u32(r);
	node_put(txn->base);
	node_put(txn->root);
	txn->base = get_node(r);
	txn->root = get_node(r);
	txn->gone.bits = get_u64(r);
	txn->gone.lo = get_u32(r);
	txn->gone.hi = get_u32(r);
	return !txn->expired && (!txn->base || !txn->root) ? -EINVAL : 0;
}

static int load_access(struct reader *r)
{
	const char *path = get_string(r);
	struct access *a;

	if (!txn || txn->expired || !*path)
		return -EINVAL;
	a = txn_access(txn, path, strlen(path), get_u32(r));
	a->fire = get_u32(r);
	a->exact = get_u32(r);
	a->existed = get_u32(r);
	return 0;
}

static int load_change(struct store *s, struct reader *r)
{
	u32 kind = get_u32(r);
	struct perms *perms = get_perms(s, r);
	struct value *value = get_value(r);
	const char *path = get_string(r);

	if (txn && kind <= CHANGE_REMOVE && *path)
		txn_change(txn, kind, path, perms, value);
	if (perms)
		perms_put(perms);
	value_put(value);
	return txn ? 0 : -EINVAL;
}

static int load_delta(struct reader *r)
{
	u32 domid = get_u32(r);
	u64 n = get_u64(r), bytes = get_u64(r);

	if (!txn)
		return -EINVAL;
	txn_charge(txn, domid, n, bytes);
	return 0;
}

static int load_one(struct store *s, const struct state_link *link, u32 type, struct reader *r)
{
	switch (type) {
	case STATE_STORE:  return load_store(s, r);
	case STATE_QUOTA:  return load_quota(s, r);
	case STATE_NODE:   return load_node(s, r);
	case STATE_ROOT:   return load_root(s, r);
	case STATE_DOMAIN: return load_domain(s, r);
	case STATE_CONN:   return load_conn(s, link, r);
	case STATE_MSG:    return load_msg(r);
	case STATE_WATCH:  return load_watch(s, r);
	case STATE_TXN:    return load_txn(r);
	case STATE_ACCESS: return load_access(r);
	case STATE_CHANGE: return load_change(s, r);
	case STATE_DELTA:  return load_delta(r);
	default:	   return 0;
	}
}

/**
 * state_load - take one record into a store that was just made
 *
 * Return: 0; -EINVAL for what no saver wrote; or what link->load said.
 */
int state_load(struct store *s, const struct state_link *link, u32 type, struct reader *r)
{
	int rc = load_one(s, link, type, r);

	return !rc && r->short_ ? -EINVAL : rc;
}

/**
 * state_load_done - all records are read, or the first bad one
 */
void state_load_done(void)
{
	for (u32 i = 0; i < node_count; i++)
		node_put(nodes[i]);
	free(nodes);
	nodes = NULL;
	node_count = node_room = 0;
	conn = NULL;
	txn = NULL;
}

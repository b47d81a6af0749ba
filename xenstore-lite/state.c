/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's state: how bytes are read and written, and the writing.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "txn.h"
#include "watch.h"

void put_u32(struct buf *b, u32 v)
{
	buf_add(b, &v, sizeof(v));
}

void put_u64(struct buf *b, u64 v)
{
	buf_add(b, &v, sizeof(v));
}

void put_bytes(struct buf *b, const void *data, u32 len)
{
	put_u32(b, len);
	buf_add(b, data, len);
}

static void put_string(struct buf *b, const char *s)
{
	put_bytes(b, s, strlen(s) + 1);
}

size_t state_begin(struct buf *b, enum state_type type)
{
	put_u32(b, type);
	put_u32(b, 0);
	return b->len;
}

void state_end(struct buf *b, size_t at)
{
	u32 len = b->len - at;

	memcpy(b->data + at - sizeof(len), &len, sizeof(len));
}

static const char *take(struct reader *r, size_t len)
{
	const char *p = r->at;

	if ((size_t)(r->end - r->at) < len) {
		r->short_ = true;
		r->at = r->end;
		return NULL;
	}
	r->at += len;
	return p;
}

u32 get_u32(struct reader *r)
{
	const char *p = take(r, sizeof(u32));
	u32 v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

u64 get_u64(struct reader *r)
{
	const char *p = take(r, sizeof(u64));
	u64 v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

/**
 * get_bytes - Return: @len bytes in place; NULL if they are not there
 */
const char *get_bytes(struct reader *r, u32 *len)
{
	const char *p;

	*len = get_u32(r);
	p = take(r, *len);
	if (!p)
		*len = 0;
	return p;
}

/**
 * state_next - the next record
 *
 * Return: false at the end.
 */
bool state_next(struct reader *all, u32 *type, struct reader *rec)
{
	u32 len;

	*type = get_u32(all);
	rec->at = get_bytes(all, &len);
	rec->end = rec->at + len;
	rec->short_ = false;
	return rec->at && *type != STATE_END;
}

/* Nodes that several trees share are written once. */
struct numbered {
	const struct node *node;
	u32 nr;
	UT_hash_handle hh;
};

struct saver {
	struct buf *b;
	struct numbered *shared;
	u32 last;
};

static void put_perms(struct buf *b, const struct perms *p)
{
	put_bytes(b, p ? p->p : NULL, p ? p->count * sizeof(p->p[0]) : 0);
}

static void put_value(struct buf *b, const struct value *v)
{
	put_bytes(b, v ? v->data : NULL, v ? v->len : 0);
}

static u32 known(struct saver *sv, const struct node *n)
{
	struct numbered *e;

	HASH_FIND_PTR(sv->shared, &n, e);
	return e ? e->nr : 0;
}

static u32 number(struct saver *sv, const struct node *n)
{
	struct numbered *e;

	sv->last++;
	if (n->refs > 1) {
		e = xmalloc(sizeof(*e));
		e->node = n;
		e->nr = sv->last;
		HASH_ADD_PTR(sv->shared, node, e);
	}
	return sv->last;
}

/* Return: the number of the node; 0 for none. */
static u32 save_node(struct saver *sv, const struct node *n)
{
	u32 left, right, kids, nr;
	size_t at;

	if (!n)
		return 0;
	nr = n->refs > 1 ? known(sv, n) : 0;
	if (nr)
		return nr;
	left = save_node(sv, n->left);
	right = save_node(sv, n->right);
	kids = save_node(sv, n->kids);
	at = state_begin(sv->b, STATE_NODE);
	put_u32(sv->b, left);
	put_u32(sv->b, right);
	put_u32(sv->b, kids);
	put_u32(sv->b, n->prio);
	put_u64(sv->b, n->seq);
	put_u64(sv->b, n->kids_gen);
	put_u32(sv->b, n->kids_count);
	put_u32(sv->b, n->kids_len);
	put_perms(sv->b, n->perms);
	put_value(sv->b, n->value);
	put_bytes(sv->b, n->name, n->name_len);
	state_end(sv->b, at);
	return number(sv, n);
}

static void save_store(struct store *s, struct buf *b)
{
	size_t at = state_begin(b, STATE_STORE);

	put_u64(b, s->clock);
	put_u64(b, s->watch_clock);
	put_u32(b, s->conn_clock);
	put_u32(b, s->priv);
	put_u32(b, s->keep_orphans);
	put_u32(b, s->tracing);
	put_u32(b, s->soft_memory);
	put_u32(b, s->event_seconds);
	put_perms(b, s->special[0]);
	put_perms(b, s->special[1]);
	state_end(b, at);
}

/* @domid: QUOTA_DEFAULT: everybody's */
static void save_quota(struct buf *b, u32 domid, int q, u32 value)
{
	size_t at = state_begin(b, STATE_QUOTA);

	put_string(b, quota_name[q]);
	put_u32(b, value);
	put_u32(b, domid);
	state_end(b, at);
}

static void save_domain(const struct domain *d, struct buf *b)
{
	size_t at = state_begin(b, STATE_DOMAIN);

	put_u32(b, d->domid);
	put_u32(b, d->introduced);
	put_u32(b, d->shutdown);
	put_u32(b, d->port);
	put_u64(b, d->gfn);
	put_u64(b, d->nodes);
	put_u64(b, d->bytes);
	put_u32(b, d->target ? d->target->domid : QUOTA_DEFAULT);
	state_end(b, at);
	for (int q = 0; q < QUOTA_COUNT; q++)
		if (d->quota[q] != QUOTA_DEFAULT)
			save_quota(b, d->domid, q, d->quota[q]);
}

static void save_txn(struct saver *sv, const struct txn *t)
{
	u32 base = save_node(sv, t->base), root = save_node(sv, t->root);
	size_t at = state_begin(sv->b, STATE_TXN);
	struct change *ch;

	put_u32(sv->b, t->id);
	put_u32(sv->b, t->expired);
	put_u32(sv->b, base);
	put_u32(sv->b, root);
	put_u64(sv->b, t->gone.bits);
	put_u32(sv->b, t->gone.lo);
	put_u32(sv->b, t->gone.hi);
	state_end(sv->b, at);
	for (struct access *a = t->accesses; a; a = a->hh.next) {
		at = state_begin(sv->b, STATE_ACCESS);
		put_string(sv->b, a->path);
		put_u32(sv->b, a->aspects);
		put_u32(sv->b, a->fire);
		put_u32(sv->b, a->exact);
		put_u32(sv->b, a->existed);
		state_end(sv->b, at);
	}
	LL_FOREACH(t->changes, ch) {
		at = state_begin(sv->b, STATE_CHANGE);
		put_u32(sv->b, ch->kind);
		put_perms(sv->b, ch->perms);
		put_value(sv->b, ch->value);
		put_string(sv->b, ch->path);
		state_end(sv->b, at);
	}
	for (u32 i = 0; i < t->delta_count; i++) {
		at = state_begin(sv->b, STATE_DELTA);
		put_u32(sv->b, t->deltas[i].domid);
		put_u64(sv->b, t->deltas[i].nodes);
		put_u64(sv->b, t->deltas[i].bytes);
		state_end(sv->b, at);
	}
}

static void save_conn(struct saver *sv, const struct conn *c, const struct state_link *link)
{
	size_t at = state_begin(sv->b, STATE_CONN);
	struct watch *w;
	struct txn *t;

	put_u32(sv->b, c->id);
	put_u32(sv->b, c->dom->domid);
	put_u32(sv->b, c->next_txn);
	put_u32(sv->b, c->ignored);
	put_bytes(sv->b, c->in ? c->in + c->in_head : NULL, c->in_tail - c->in_head);
	link->save(link->ctx, c, sv->b);
	state_end(sv->b, at);
	for (struct msg *m = c->out; m; m = m->next) {
		at = state_begin(sv->b, STATE_MSG);
		put_u32(sv->b, m->sent);
		put_u32(sv->b, m->event);
		put_bytes(sv->b, m->bytes, m->len);
		state_end(sv->b, at);
	}
	DL_FOREACH(c->watches, w) {
		at = state_begin(sv->b, STATE_WATCH);
		put_string(sv->b, w->at->path);
		put_string(sv->b, w->token);
		put_u32(sv->b, w->rel_len);
		put_u32(sv->b, w->depth);
		put_u64(sv->b, w->seq);
		state_end(sv->b, at);
	}
	LL_FOREACH(c->txns, t)
		save_txn(sv, t);
}

/**
 * state_save - write all of a store, but the end record
 */
void state_save(struct store *s, const struct state_link *link, struct buf *b)
{
	struct saver sv = { .b = b };
	struct domain *d, *next;
	struct numbered *e, *more;
	struct conn *c;
	size_t at;
	u32 root;

	save_store(s, b);
	for (int q = 0; q < QUOTA_COUNT; q++)
		save_quota(b, QUOTA_DEFAULT, q, s->quota[q]);
	root = save_node(&sv, s->root);
	at = state_begin(b, STATE_ROOT);
	put_u32(b, root);
	state_end(b, at);
	HASH_ITER(hh, s->domains, d, next)
		save_domain(d, b);
	DL_FOREACH(s->conns, c)
		save_conn(&sv, c, link);
	HASH_ITER(hh, sv.shared, e, more) {
		HASH_DEL(sv.shared, e);
		free(e);
	}
}

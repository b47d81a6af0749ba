/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions.  A transaction works on its own copy-on-write tree and notes
 * what it relied on.  At the end, if all of that still holds in the store,
 * the result is the same as if it had run just now, so it succeeds; else it
 * has to be tried again (EAGAIN).  Changes of others elsewhere do not matter.
 */
#include "txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "tree.h"
#include "watch.h"

/**
 * txn_start - begin a transaction
 *
 * Return: 0; -ENOSPC if the domain has too many.
 */
int txn_start(struct conn *c, struct txn **res)
{
	struct store *s = c->store;
	struct txn *t;

	if (quota_exceeds(c, QUOTA_TRANSACTIONS, c->dom->txns + 1))
		return -ENOSPC;
	t = xcalloc(sizeof(*t));
	t->conn = c;
	do {
		t->id = c->next_txn++;
	} while (!t->id || txn_find(c, t->id));
	t->base = node_get(s->root);
	t->root = node_get(s->root);
	t->started_us = s->ops->now_us(s->ctx);
	LL_PREPEND(c->txns, t);
	c->txn_count++;
	c->dom->txns++;
	*res = t;
	return 0;
}

/**
 * txn_find - Return: a connection's transaction of that number, or NULL
 */
struct txn *txn_find(struct conn *c, u32 id)
{
	struct txn *t;

	LL_FOREACH(c->txns, t)
		if (t->id == id)
			return t;
	return NULL;
}

/* Give back what keeps old nodes alive. */
static void drop_content(struct txn *t)
{
	struct access *a, *next;
	struct change *ch;

	HASH_ITER(hh, t->accesses, a, next) {
		HASH_DEL(t->accesses, a);
		free(a);
	}
	while ((ch = t->changes)) {
		t->changes = ch->next;
		if (ch->perms)
			perms_put(ch->perms);
		value_put(ch->value);
		free(ch);
	}
	node_put(t->base);
	node_put(t->root);
	free(t->deltas);
	t->base = t->root = NULL;
	t->deltas = NULL;
	t->delta_count = 0;
}

static void txn_free(struct txn *t)
{
	drop_content(t);
	LL_DELETE(t->conn->txns, t);
	t->conn->txn_count--;
	t->conn->dom->txns--;
	free(t);
}

/**
 * txns_drop - end all transactions of a connection without success
 */
void txns_drop(struct conn *c)
{
	while (c->txns)
		txn_free(c->txns);
}

/**
 * txns_forget_domain - a domain is gone, its number may be used again
 */
void txns_forget_domain(struct store *s, unsigned int domid)
{
	struct conn *c;
	struct txn *t;

	DL_FOREACH(s->conns, c)
		LL_FOREACH(c->txns, t)
			domset_add(&t->gone, domid);
}

/**
 * txns_expire - take the snapshots from transactions that are too old
 *
 * A snapshot keeps every node alive that was replaced since.
 */
void txns_expire(struct store *s)
{
	u64 now = s->ops->now_us(s->ctx);
	struct conn *c;
	struct txn *t;

	DL_FOREACH(s->conns, c) {
		LL_FOREACH(c->txns, t) {
			u64 age = (now - t->started_us) / 1000000;

			if (t->expired || !quota_of(c->dom, QUOTA_TXN_SECONDS) ||
			    !quota_exceeds(c, QUOTA_TXN_SECONDS, age))
				continue;
			drop_content(t);
			t->expired = true;
		}
	}
}

/**
 * txn_access - note that a transaction relies on something
 * @len:     bytes of @path that count; 0: the root
 * @aspects: added to what was noted before
 */
struct access *txn_access(struct txn *t, const char *path, size_t len, u8 aspects)
{
	struct place at;
	struct access *a;

	if (!len)
		len = 1;
	HASH_FIND(hh, t->accesses, path, len, a);
	if (!a) {
		a = xcalloc(sizeof(*a) + len + 1);
		memcpy(a->path, path, len);
		node_find(t->root, a->path, &at);
		a->existed = at.node;
		HASH_ADD_KEYPTR(hh, t->accesses, a->path, len, a);
	}
	a->aspects |= aspects;
	return a;
}

/**
 * txn_event - a watch event is due at the end
 * @exact: only for watches on that very path; a wider event stays wide
 */
void txn_event(struct txn *t, const char *path, bool exact)
{
	struct access *a = txn_access(t, path, strlen(path), 0);

	a->exact = exact && (!a->fire || a->exact);
	a->fire = true;
}

/**
 * txn_change - note a change; takes references of its own
 */
void txn_change(struct txn *t, enum change_kind kind, const char *path, struct perms *perms,
		struct value *value)
{
	size_t len = strlen(path) + 1;
	struct change *ch = xmalloc(sizeof(*ch) + len);

	ch->next = NULL;
	ch->kind = kind;
	ch->perms = perms ? perms_get(perms) : NULL;
	ch->value = value_get(value);
	memcpy(ch->path, path, len);
	if (t->changes)
		t->last_change->next = ch;
	else
		t->changes = ch;
	t->last_change = ch;
}

/**
 * txn_delta - Return: a domain's part in this transaction; valid until the next call
 */
struct delta *txn_delta(struct txn *t, unsigned int domid)
{
	for (u32 i = 0; i < t->delta_count; i++)
		if (t->deltas[i].domid == domid)
			return &t->deltas[i];
	t->deltas = xrealloc(t->deltas, (t->delta_count + 1) * sizeof(*t->deltas));
	t->deltas[t->delta_count] = (struct delta){ .domid = domid };
	return &t->deltas[t->delta_count++];
}

void txn_charge(struct txn *t, unsigned int domid, int64_t nodes, int64_t bytes)
{
	struct delta *d = txn_delta(t, domid);

	d->nodes += nodes;
	d->bytes += bytes;
}

/* Does what was noted about a path still hold? */
static bool still_holds(const struct access *a, const struct node *then, const struct node *now)
{
	if (then == now)
		return true;
	if (!then || !now)
		return false;
	if (a->aspects & (ASPECT_PERMS | ASPECT_SUBTREE) && then->perms != now->perms)
		return false;
	if (a->aspects & (ASPECT_VALUE | ASPECT_SUBTREE) && !value_equal(then->value, now->value))
		return false;
	if (a->aspects & ASPECT_KIDS && then->kids_gen != now->kids_gen)
		return false;
	/* A change anywhere below makes another treap of children. */
	return !(a->aspects & ASPECT_SUBTREE) || then->kids == now->kids;
}

static bool names_gone(const struct txn *t, const struct perms *p)
{
	for (u32 i = 0; i < p->count; i++)
		if (domset_may_have(&t->gone, p->p[i].domid))
			return true;
	return false;
}

static bool has_conflict(const struct txn *t)
{
	struct node *root = t->conn->store->root;
	struct change *ch;
	struct place then, now;

	if (t->gone.hi)
		LL_FOREACH(t->changes, ch)
			if (ch->perms && names_gone(t, ch->perms))
				return true;
	if (root == t->base)
		return false;
	for (struct access *a = t->accesses; a; a = a->hh.next) {
		node_find(t->base, a->path, &then);
		node_find(root, a->path, &now);
		if (!still_holds(a, then.node, now.node))
			return true;
	}
	return false;
}

static int check_quota(struct txn *t)
{
	struct conn *c = t->conn;
	struct delta *d = txn_delta(t, c->dom->domid);

	if (d->nodes > 0 && quota_exceeds(c, QUOTA_NODES, c->dom->nodes + d->nodes))
		return -ENOSPC;
	if (d->bytes > 0 && quota_exceeds(c, QUOTA_MEMORY, c->dom->bytes + d->bytes))
		return -ENOMEM;
	return 0;
}

/* Make the store's tree what the transaction wants it to be. */
static void apply(struct txn *t)
{
	struct store *s = t->conn->store;
	struct change *ch;

	if (s->root != t->base) {
		LL_FOREACH(t->changes, ch)
			tree_apply(s, ch);
		return;
	}
	for (u32 i = 0; i < t->delta_count; i++)
		domain_charge(s, t->deltas[i].domid, t->deltas[i].nodes, t->deltas[i].bytes);
	node_put(s->root);
	s->root = node_get(t->root);
}

static void fire_events(struct txn *t, const struct node *before)
{
	struct store *s = t->conn->store;
	struct place then, now;

	for (struct access *a = t->accesses; a; a = a->hh.next) {
		if (!a->fire)
			continue;
		node_find(before, a->path, &then);
		node_find(s->root, a->path, &now);
		if (!a->existed && !now.node)
			continue;	/* came and went */
		watch_fire_change(s, a->path, a->exact, &then, &now);
	}
}

/**
 * txn_end - end a transaction; @t is gone afterwards
 *
 * Return: 0; -EAGAIN if it has to be tried again; -ENOSPC or -ENOMEM if quota
 * does not allow the result any more.  On error nothing has changed.
 */
int txn_end(struct txn *t, bool commit)
{
	struct store *s = t->conn->store;
	struct node *before;
	int rc = 0;

	if (commit && (t->expired || has_conflict(t))) {
		s->stat_conflicts++;
		rc = -EAGAIN;
	} else if (commit && t->changes) {
		rc = check_quota(t);
	}
	if (commit && !rc && t->changes) {
		before = node_get(s->root);
		apply(t);
		fire_events(t, before);
		node_put(before);
	}
	s->stat_commits += commit && !rc;
	txn_free(t);
	return rc;
}

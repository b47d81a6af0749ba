/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recount everything that is kept between requests, and compare.
 */
#include "audit.h"

#include <string.h>
#include <utlist.h>

#include "conn.h"
#include "domain.h"
#include "txn.h"
#include "watch.h"

struct count {
	struct store *store;
	struct buf *faults;
	u32 kids, kids_len;
};

/* One line a fault, only the first few: there may be as many as nodes. */
#define FAULT(k, ...) do {							\
		if ((k)->faults->len < 2048)					\
			buf_printf((k)->faults, __VA_ARGS__);			\
	} while (0)

static void check_treap(const struct node *t, struct count *k);

static bool misses(const struct domset *all, const struct domset *part)
{
	return part->hi && (part->bits & ~all->bits || part->lo < all->lo || part->hi > all->hi);
}

static void check_node(const struct node *n, struct count *k)
{
	struct count below = { .store = k->store, .faults = k->faults };
	struct domset doms = n->perms->doms;

	check_treap(n->kids, &below);
	if (below.kids != n->kids_count || below.kids_len != n->kids_len)
		FAULT(k, "node %.*s: children miscounted\n", n->name_len, n->name);
	if (n->kids)
		domset_join(&doms, &n->kids->doms);
	if (misses(&n->doms, &doms))
		FAULT(k, "node %.*s: a domain is not in the summary\n", n->name_len, n->name);
	if (!n->refs)
		FAULT(k, "node %.*s: no reference\n", n->name_len, n->name);
}

static void check_treap(const struct node *t, struct count *k)
{
	if (!t)
		return;
	check_treap(t->left, k);
	check_treap(t->right, k);
	if ((t->left && t->left->prio > t->prio) || (t->right && t->right->prio > t->prio))
		FAULT(k, "node %.*s: not a heap\n", t->name_len, t->name);
	if ((t->left && misses(&t->doms, &t->left->doms)) ||
	    (t->right && misses(&t->doms, &t->right->doms)))
		FAULT(k, "node %.*s: siblings not in the summary\n", t->name_len, t->name);
	k->kids++;
	k->kids_len += t->name_len + 1;
	check_node(t, k);
}

/* What each domain owns: recount into a copy of the table's numbers. */
static void owned(const struct node *t, unsigned int domid, u64 *nodes, u64 *bytes)
{
	if (!t)
		return;
	if (perms_owner(t->perms) == domid) {
		++*nodes;
		*bytes += node_bytes(t);
	}
	owned(t->left, domid, nodes, bytes);
	owned(t->right, domid, nodes, bytes);
	owned(t->kids, domid, nodes, bytes);
}

static void check_accounts(struct count *k)
{
	struct domain *d, *next;

	HASH_ITER(hh, k->store->domains, d, next) {
		u64 nodes = 0, bytes = 0;

		owned(k->store->root, d->domid, &nodes, &bytes);
		if (nodes != d->nodes || bytes != d->bytes)
			FAULT(k, "domain %u: charged %llu nodes, %llu bytes; has %llu, %llu\n",
			      d->domid, (unsigned long long)d->nodes, (unsigned long long)d->bytes,
			      (unsigned long long)nodes, (unsigned long long)bytes);
	}
}

static void check_watches(struct count *k)
{
	u32 by_conn = 0, by_path = 0;
	struct watch_path *at, *next;
	struct conn *c;
	struct watch *w;

	DL_FOREACH(k->store->conns, c)
		DL_FOREACH(c->watches, w)
			by_conn++;
	HASH_ITER(hh, k->store->watched, at, next)
		DL_FOREACH2(at->watches, w, path_next)
			by_path++;
	if (by_conn != k->store->watch_count || by_path != by_conn)
		FAULT(k, "watches: %u of connections, %u on paths, %u in all\n", by_conn, by_path,
		      k->store->watch_count);
}

static void check_conns(struct count *k)
{
	struct conn *c;

	DL_FOREACH(k->store->conns, c) {
		size_t bytes = 0;
		u32 replies = 0, events = 0, txns = 0;
		struct txn *t;

		for (struct msg *m = c->out; m; m = m->next) {
			bytes += m->len - m->sent;
			replies += !m->event;
			events += m->event && !m->sent;
		}
		LL_FOREACH(c->txns, t)
			txns++;
		if (bytes != c->out_bytes || replies != c->replies || txns != c->txn_count ||
		    events != HASH_COUNT(c->events))
			FAULT(k, "connection %u: miscounted\n", c->id);
	}
}

/**
 * audit - is everything as it should be
 * @faults: what is not, one line each
 *
 * Return: true if all is well.
 */
bool audit(struct store *s, struct buf *faults)
{
	struct count k = { .store = s, .faults = faults };

	check_node(s->root, &k);
	check_accounts(&k);
	check_watches(&k);
	check_conns(&k);
	return !faults->len;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "tree.h"
#include "txn.h"
#include "watch.h"

struct domain *domain_find(struct store *s, unsigned int domid)
{
	struct domain *d;

	HASH_FIND(hh, s->domains, &domid, sizeof(domid), d);
	return d;
}

/**
 * domain_get - the record of a domain, made if there is none
 */
struct domain *domain_get(struct store *s, unsigned int domid)
{
	struct domain *d = domain_find(s, domid);

	if (d)
		return d;
	d = xcalloc(sizeof(*d));
	d->store = s;
	d->domid = domid;
	for (int q = 0; q < QUOTA_COUNT; q++)
		d->quota[q] = QUOTA_DEFAULT;
	HASH_ADD(hh, s->domains, domid, sizeof(domid), d);
	return d;
}

/**
 * domain_drop - remove the record of a domain that has no connection
 */
void domain_drop(struct domain *d)
{
	HASH_DEL(d->store->domains, d);
	free(d);
}

static void note_soft_limit(struct domain *d)
{
	bool over = d->domid && d->store->soft_memory && d->bytes > d->store->soft_memory;

	if (over == d->over_soft)
		return;
	d->over_soft = over;
	store_log(d->store, "domain %u is %s the soft memory quota of %u bytes", d->domid,
		  over ? "above" : "below", d->store->soft_memory);
}

/**
 * domain_charge - a domain owns more, or less, than before
 */
void domain_charge(struct store *s, unsigned int domid, int64_t nodes, int64_t bytes)
{
	struct domain *d = domain_get(s, domid);

	d->nodes += nodes;
	d->bytes += bytes;
	note_soft_limit(d);
}

/**
 * domain_exists - may nodes name this domain
 */
bool domain_exists(struct store *s, unsigned int domid)
{
	enum dom_state st;

	if (domid >= DOMID_LIMIT)
		return false;
	if (domid == 0 || domid == s->priv)
		return true;
	st = s->ops->domain_state(s->ctx, domid);
	return st != DOM_NONE && st != DOM_DYING;
}

/**
 * domain_introduce - a domain has a ring now, or its ring another port
 *
 * Return: 0, or what the transport says: -ENOENT for a domain that is not
 * there, -EINVAL for one whose ring cannot be used.
 */
int domain_introduce(struct store *s, unsigned int domid, unsigned long gfn, u32 port)
{
	struct domain *d;
	bool again;
	int rc;

	if (!domain_exists(s, domid))
		return -ENOENT;
	d = domain_get(s, domid);
	again = d->introduced;
	d->gfn = gfn;
	rc = s->ops->introduce(s->ctx, d, gfn, port);
	if (rc)
		return rc;
	d->port = port;
	d->introduced = true;
	if (!again) {
		d->shutdown = false;
		watch_fire_special(s, "@introduceDomain");
	}
	return 0;
}

static void forget_target(struct store *s, const struct domain *gone)
{
	struct domain *d, *next;

	if (!s->has_targets)
		return;
	HASH_ITER(hh, s->domains, d, next)
		if (d->target == gone)
			d->target = NULL;
}

/**
 * domain_release - a domain is no more; @d is gone afterwards
 *
 * Its watches go first: it must not see its own end.
 */
void domain_release(struct domain *d)
{
	struct store *s = d->store;
	unsigned int domid = d->domid;

	s->ops->release(s->ctx, d);
	if (d->conn)
		conn_free(d->conn);
	d->conn = NULL;
	d->introduced = false;
	forget_target(s, d);
	txns_forget_domain(s, domid);
	tree_forget_domain(s, domid);
	domain_drop(d);
	watch_fire_special(s, "@releaseDomain");
}

/* Return: whether the domain stays, changed */
static bool check_one(struct domain *d)
{
	struct store *s = d->store;

	switch (s->ops->domain_state(s->ctx, d->domid)) {
	case DOM_NONE:
	case DOM_DYING:
		domain_release(d);	/* also one that only had nodes made for it */
		return false;
	case DOM_SHUTDOWN:
		if (!d->introduced || d->shutdown)
			return false;
		d->shutdown = true;
		return true;
	default:
		return false;
	}
}

/**
 * domains_check - the hypervisor says that some domain shut down or died
 */
void domains_check(struct store *s)
{
	struct domain *d, *next;
	bool changed = false;

	HASH_ITER(hh, s->domains, d, next)
		if (d->domid)
			changed |= check_one(d);
	if (changed)
		watch_fire_special(s, "@releaseDomain");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about the connection itself (watches, transactions) and about
 * domains.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "request.h"
#include "watch.h"

#define DOMID_SELF	0x7ff0u

/* A watch is on a node, there or not, or on a special event. */
static int watch_path_of(struct conn *c, const char *arg, char *path, size_t *rel_len)
{
	*rel_len = 0;
	if (path_is_special(arg)) {
		if (strlen(arg) > XENSTORE_REL_PATH_MAX)
			return -EINVAL;
		strcpy(path, arg);
		return 0;
	}
	if (arg[0] != '/')
		*rel_len = strlen(c->home) + 1;
	return request_path(c, arg, path);
}

static int parse_depth(const struct request *rq, int *depth)
{
	char *end;
	long n;

	*depth = -1;
	if (rq->argc < 3)
		return 0;
	n = strtol(rq->args[2], &end, 10);
	if (!*rq->args[2] || *end || n < 0 || n > XENSTORE_ABS_PATH_MAX)
		return -EINVAL;
	*depth = n;
	return 0;
}

int do_WATCH(struct conn *c, struct request *rq)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	struct watch *w;
	size_t rel_len;
	int rc, depth;

	rc = watch_path_of(c, rq->args[0], path, &rel_len);
	if (!rc)
		rc = parse_depth(rq, &depth);
	if (!rc)
		rc = watch_add(c, path, rq->args[1], rel_len, depth, &w);
	if (rc)
		return rc;
	reply_ok(c, rq);
	watch_announce(w);
	return 0;
}

int do_UNWATCH(struct conn *c, struct request *rq)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	size_t rel_len;
	int rc;

	rc = watch_path_of(c, rq->args[0], path, &rel_len);
	if (!rc)
		rc = watch_remove(c, path, rq->args[1]);
	return rc ? rc : reply_ok(c, rq);
}

int do_RESET_WATCHES(struct conn *c, struct request *rq)
{
	watches_drop(c);
	txns_drop(c);
	return reply_ok(c, rq);
}

int do_TRANSACTION_START(struct conn *c, struct request *rq)
{
	char id[16];
	struct txn *t;
	int rc;

	if (rq->txn)
		return -EBUSY;
	rc = txn_start(c, &t);
	if (rc)
		return rc;
	snprintf(id, sizeof(id), "%u", t->id);
	return reply_string(c, rq, id);
}

int do_TRANSACTION_END(struct conn *c, struct request *rq)
{
	bool commit = !strcmp(rq->args[0], "T");
	int rc;

	if (!commit && strcmp(rq->args[0], "F"))
		return -EINVAL;
	if (!rq->txn)
		return -ENOENT;
	rc = txn_end(rq->txn, commit);
	return rc ? rc : reply_ok(c, rq);
}

/* Numbers on the wire are read as the stock daemon reads them. */
static unsigned int domid_of(const struct request *rq, unsigned int arg)
{
	return atoi(rq->args[arg]);
}

/* A domain other than dom0 that was introduced */
static int find_domain(struct conn *c, unsigned int domid, struct domain **d)
{
	*d = domain_find(c->store, domid);
	return *d && (*d)->introduced ? 0 : -ENOENT;
}

static int find_guest(struct conn *c, unsigned int domid, struct domain **d)
{
	return domid ? find_domain(c, domid, d) : -EINVAL;
}

int do_INTRODUCE(struct conn *c, struct request *rq)
{
	unsigned long gfn = strtoul(rq->args[1], NULL, 0);
	int port = atoi(rq->args[2]), rc;

	if (port <= 0)
		return -EINVAL;
	rc = domain_introduce(c->store, domid_of(rq, 0), gfn, port);
	return rc ? rc : reply_ok(c, rq);
}

int do_RELEASE(struct conn *c, struct request *rq)
{
	struct domain *d;
	int rc;

	rc = find_guest(c, domid_of(rq, 0), &d);
	if (rc)
		return rc;
	if (d->conn == c)		/* the answer could not be sent */
		return -EINVAL;
	domain_release(d);
	return reply_ok(c, rq);
}

int do_RESUME(struct conn *c, struct request *rq)
{
	struct domain *d;
	int rc;

	rc = find_guest(c, domid_of(rq, 0), &d);
	if (rc)
		return rc;
	d->shutdown = false;
	return reply_ok(c, rq);
}

int do_SET_TARGET(struct conn *c, struct request *rq)
{
	struct domain *d, *target;
	int rc;

	rc = find_domain(c, domid_of(rq, 0), &d);
	if (!rc)
		rc = find_domain(c, domid_of(rq, 1), &target);
	if (rc)
		return rc;
	d->target = target;
	c->store->has_targets = true;
	return reply_ok(c, rq);
}

int do_GET_DOMAIN_PATH(struct conn *c, struct request *rq)
{
	char path[32];

	snprintf(path, sizeof(path), "/local/domain/%u", domid_of(rq, 0));
	return reply_string(c, rq, path);
}

int do_IS_DOMAIN_INTRODUCED(struct conn *c, struct request *rq)
{
	unsigned int domid = domid_of(rq, 0);
	struct domain *d;

	if (domid == DOMID_SELF)
		domid = c->dom->domid;
	return reply_string(c, rq, find_domain(c, domid, &d) ? "F" : "T");
}

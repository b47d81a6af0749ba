/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transport over domain rings.
 */
#include "ring-link.h"

#include <errno.h>
#include <stdlib.h>

#include "ring.h"

/**
 * struct ring_link - a domain's ring
 * @page:  shared with the domain
 * @port:  our end of its event channel
 * @moved: bytes went in or out since the far end was told
 */
struct ring_link {
	struct link link;
	struct xenstore_domain_interface *page;
	struct domain *dom;
	u32 port;
	bool moved;
	UT_hash_handle hh;
};

static const struct xen_ops *xen;
static struct ring_link *rings;		/* by port */

/**
 * rings_init - before anything else here; NULL: there is no hypervisor
 */
void rings_init(const struct xen_ops *ops)
{
	xen = ops;
}

static struct ring_link *of(struct link *l)
{
	return (struct ring_link *)l;
}

static ssize_t ring_link_read(struct link *l, void *buf, size_t len)
{
	ssize_t n = ring_read(of(l)->page, buf, len);

	if (n < 0) {
		link_shut(l, XENSTORE_ERROR_RINGIDX);
		return 0;
	}
	of(l)->moved |= n > 0;
	return n;
}

static ssize_t ring_link_write(struct link *l, const struct iovec *iov, unsigned int count)
{
	ssize_t n, sum = 0;

	for (unsigned int i = 0; i < count; i++) {
		n = ring_write(of(l)->page, iov[i].iov_base, iov[i].iov_len);
		if (n < 0) {
			link_shut(l, XENSTORE_ERROR_RINGIDX);
			break;
		}
		sum += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	of(l)->moved |= sum > 0;
	return sum;
}

static void kick(struct link *l)
{
	if (of(l)->moved)
		xen->notify(of(l)->port);
	of(l)->moved = false;
}

/* Only what came while there was no room for it is waiting unannounced. */
static bool listen(struct link *l, bool read, bool write)
{
	(void)write;
	return read && ring_has_input(of(l)->page);
}

static void shut(struct link *l, u32 error)
{
	__atomic_store_n(&of(l)->page->error, error, __ATOMIC_RELEASE);
	xen->notify(of(l)->port);
}

/* The domain stays, deaf and dumb, until it asks for a fresh start. */
static void bury(struct link *l)
{
	conn_reset(l->conn);
	l->conn->ignored = true;
}

const struct link_ops ring_link_ops = {
	.read = ring_link_read, .write = ring_link_write, .kick = kick,
	.listen = listen, .shut = shut, .bury = bury,
};

static void set_port(struct ring_link *r, u32 port)
{
	if (r->port)
		HASH_DEL(rings, r);
	r->port = port;
	HASH_ADD(hh, rings, port, sizeof(r->port), r);
}

static void fresh_start(struct ring_link *r)
{
	link_forget(&r->link);
	conn_reset(r->link.conn);
	ring_reset(r->page);
}

static struct ring_link *attach(struct domain *d, unsigned long gfn)
{
	struct ring_link *r;
	void *page = xen->map(d->domid, gfn);

	if (!page)
		return NULL;
	r = xcalloc(sizeof(*r));
	r->link.ops = &ring_link_ops;
	r->page = page;
	r->dom = d;
	return r;
}

/* A domain comes up with its ring as it is: it may have written into it already. */
static int introduce_first(struct domain *d, unsigned long gfn, u32 port)
{
	struct ring_link *r;
	int local;

	r = attach(d, gfn);
	if (!r)
		return -errno;
	local = xen->bind(d->domid, port);
	if (local < 0) {
		xen->unmap(d->domid, r->page);
		free(r);
		return local;
	}
	set_port(r, local);
	r->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION |
				   XENSTORE_SERVER_FEATURE_ERROR;
	d->conn = conn_new(d->store, d, &r->link);
	r->link.conn = d->conn;
	xen->notify(r->port);
	ring_event(r->port);
	return 0;
}

/**
 * ring_introduce - store_ops.introduce: begin to listen to a domain's ring
 *
 * A domain that has a ring gets the new port, and both start over.
 *
 * Return: 0, or -errno.
 */
int ring_introduce(struct domain *d, unsigned long gfn, u32 port)
{
	struct ring_link *r;
	int local;

	if (!xen)
		return 0;
	if (!d->conn)
		return introduce_first(d, gfn, port);
	r = d->conn->link;
	local = xen->bind(d->domid, port);
	if (local < 0)
		return local;
	if ((u32)local != r->port)
		xen->unbind(r->port);
	set_port(r, local);
	fresh_start(r);
	return 0;
}

/**
 * ring_restore - after a live update, get hold of a ring again
 * @local_port: still bound
 */
int ring_restore(struct conn *c, u32 local_port)
{
	struct ring_link *r = xen ? attach(c->dom, c->dom->gfn) : NULL;

	if (!r)
		return -errno;
	r->link.conn = c;
	c->link = &r->link;
	c->dom->conn = c;
	set_port(r, local_port);
	link_wake(&r->link);	/* whatever came meanwhile */
	return 0;
}

/**
 * ring_release - store_ops.release: give a domain's ring back
 */
void ring_release(struct domain *d)
{
	struct ring_link *r;

	if (!d->conn)
		return;
	r = d->conn->link;
	link_forget(&r->link);
	HASH_DEL(rings, r);
	xen->unbind(r->port);
	xen->unmap(d->domid, r->page);
	free(r);
}

/**
 * ring_event - a domain says that something is in its ring, or was read from it
 */
void ring_event(u32 local_port)
{
	struct ring_link *r;

	HASH_FIND(hh, rings, &local_port, sizeof(local_port), r);
	if (!r)
		return;
	if (ring_wants_reset(r->page)) {
		fresh_start(r);
		xen->notify(r->port);
	}
	if (!r->link.conn->ignored)
		link_run(&r->link);
}

u32 ring_local_port(const struct conn *c)
{
	return ((struct ring_link *)c->link)->port;
}

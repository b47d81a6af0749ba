/* SPDX-License-Identifier: GPL-2.0-only */
#include "ring.h"

#include <errno.h>
#include <string.h>

static u32 load(const XENSTORE_RING_IDX *idx)
{
	return __atomic_load_n(idx, __ATOMIC_ACQUIRE);
}

static void store(XENSTORE_RING_IDX *idx, u32 value)
{
	__atomic_store_n(idx, value, __ATOMIC_RELEASE);
}

/**
 * ring_read - take request bytes
 *
 * Return: how many, up to @len; 0 if there are none; -EINVAL if the indices
 * cannot be true.
 */
ssize_t ring_read(struct xenstore_domain_interface *page, void *to, size_t len)
{
	u32 prod = load(&page->req_prod), cons = load(&page->req_cons);
	u32 have = prod - cons, at = MASK_XENSTORE_IDX(cons), first;

	if (have > XENSTORE_RING_SIZE)
		return -EINVAL;
	if (len > have)
		len = have;
	first = XENSTORE_RING_SIZE - at;
	if (first > len)
		first = len;
	memcpy(to, page->req + at, first);
	memcpy((char *)to + first, page->req, len - first);
	store(&page->req_cons, cons + len);
	return len;
}

/**
 * ring_write - give reply bytes
 *
 * Return: how many fitted; 0 if the guest has to read first; -EINVAL if the
 * indices cannot be true.
 */
ssize_t ring_write(struct xenstore_domain_interface *page, const void *from, size_t len)
{
	u32 prod = load(&page->rsp_prod), cons = load(&page->rsp_cons);
	u32 room = XENSTORE_RING_SIZE - (prod - cons), at = MASK_XENSTORE_IDX(prod), first;

	if (prod - cons > XENSTORE_RING_SIZE)
		return -EINVAL;
	if (len > room)
		len = room;
	first = XENSTORE_RING_SIZE - at;
	if (first > len)
		first = len;
	memcpy(page->rsp + at, from, first);
	memcpy(page->rsp, (const char *)from + first, len - first);
	store(&page->rsp_prod, prod + len);
	return len;
}

bool ring_has_input(const struct xenstore_domain_interface *page)
{
	return load(&page->req_prod) != load(&page->req_cons);
}

/**
 * ring_wants_reset - did the guest ask for a fresh start (xs_wire.h: connection)
 */
bool ring_wants_reset(const struct xenstore_domain_interface *page)
{
	return load(&page->connection) == XENSTORE_RECONNECT;
}

/**
 * ring_reset - an empty ring without errors; the guest may use it from now on
 */
void ring_reset(struct xenstore_domain_interface *page)
{
	store(&page->req_cons, 0);
	store(&page->req_prod, 0);
	store(&page->rsp_cons, 0);
	store(&page->rsp_prod, 0);
	store(&page->server_features,
	      XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	store(&page->error, XENSTORE_ERROR_NONE);
	store(&page->connection, XENSTORE_CONNECTED);
}

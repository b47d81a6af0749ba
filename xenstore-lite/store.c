/* SPDX-License-Identifier: GPL-2.0-only */
#include "store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "conn.h"
#include "domain.h"
#include "txn.h"

/**
 * store_new - a store as it is before anybody wrote into it
 * @seed: something a guest cannot guess
 */
struct store *store_new(const struct store_ops *ops, void *ctx, u64 seed)
{
	static const struct perm dom0_only = { .domid = 0, .bits = XS_PERM_NONE };
	struct store *s = xcalloc(sizeof(*s));
	struct domain *dom0;

	s->ops = ops;
	s->ctx = ctx;
	s->random = seed | 1;
	s->event_seconds = 20;
	s->soft_memory = 2 << 20;
	quota_defaults(s->quota);
	s->root = node_new("", 0, perms_intern(&s->perms_table, &dom0_only, 1), 0, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->special); i++)
		s->special[i] = perms_get(s->root->perms);
	dom0 = domain_get(s, 0);
	dom0->introduced = true;
	domain_charge(s, 0, 1, node_bytes(s->root));
	return s;
}

/**
 * store_free - give everything back; also closes the connections
 */
void store_free(struct store *s)
{
	while (s->conns)
		conn_free(s->conns);
	node_put(s->root);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->special); i++)
		perms_put(s->special[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->dirs); i++)
		buf_free(&s->dirs[i].names);
	while (s->domains)
		domain_drop(s->domains);
	free(s);
}

/**
 * store_random - for the shape of trees; need not be good, only not guessable
 */
u32 store_random(struct store *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random >> 16;
}

void store_log(struct store *s, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->ops->log(s->ctx, line);
}

/**
 * store_tick - to be called about once a second while somebody is connected
 *
 * Return: how many connections have something to send.
 */
u64 store_tick(struct store *s)
{
	txns_expire(s);
	return conns_check(s);
}

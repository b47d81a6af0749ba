/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_DOMAIN_H
#define XSL_DOMAIN_H

#include "perms.h"
#include "quota.h"
#include "store.h"

/**
 * struct domain - what the store knows of a domain
 * @conn:       its ring's connection, or NULL
 * @introduced: asked for with INTRODUCE (dom0: always)
 * @port:       event channel of its ring, as INTRODUCE named it
 * @nodes:      nodes it owns, and @bytes their size
 * @quota:      limits of its own, or QUOTA_DEFAULT
 *
 * There is a record for every domain that was introduced, owns a node, or has
 * limits of its own.
 */
struct domain {
	struct store *store;
	unsigned int domid;
	bool introduced, shutdown, over_soft;
	u32 port;
	unsigned long gfn;
	struct domain *target;
	struct conn *conn;
	u64 nodes, bytes;
	u32 watches, txns;
	u32 quota[QUOTA_COUNT];
	u64 reported[QUOTA_COUNT];
	UT_hash_handle hh;
};

struct domain *domain_find(struct store *s, unsigned int domid);
struct domain *domain_get(struct store *s, unsigned int domid);
void domain_charge(struct store *s, unsigned int domid, int64_t nodes, int64_t bytes);
bool domain_exists(struct store *s, unsigned int domid);
int domain_introduce(struct store *s, unsigned int domid, unsigned long gfn, u32 port);
void domain_release(struct domain *d);
void domains_check(struct store *s);
void domain_drop(struct domain *d);

#endif

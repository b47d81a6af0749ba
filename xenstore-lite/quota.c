/* SPDX-License-Identifier: GPL-2.0-only */
#include "quota.h"

#include <string.h>

#include "conn.h"
#include "domain.h"
#include "store.h"

/* A domain that keeps running into the same wall is reported this often. */
#define REPORT_EVERY_US	(60 * 1000000ull)

const char *const quota_name[QUOTA_COUNT] = {
#define QUOTA(id, name, value, text)	[QUOTA_##id] = name,
#include "quotas.def"
#undef QUOTA
};

const char *const quota_text[QUOTA_COUNT] = {
#define QUOTA(id, name, value, text)	[QUOTA_##id] = text,
#include "quotas.def"
#undef QUOTA
};

/**
 * quota_defaults - fill in the limits of a new store
 */
void quota_defaults(u32 *quota)
{
	static const u32 value[QUOTA_COUNT] = {
#define QUOTA(id, name, value, text)	[QUOTA_##id] = value,
#include "quotas.def"
#undef QUOTA
	};

	memcpy(quota, value, sizeof(value));
}

/**
 * quota_find - Return: the quota of that name, or -1
 */
int quota_find(const char *name)
{
	for (int q = 0; q < QUOTA_COUNT; q++)
		if (!strcmp(name, quota_name[q]))
			return q;
	return -1;
}

/**
 * quota_of - the limit that holds for a domain
 */
u32 quota_of(const struct domain *d, enum quota q)
{
	return d->quota[q] == QUOTA_DEFAULT ? d->store->quota[q] : d->quota[q];
}

static void report(struct domain *d, enum quota q, u64 wanted)
{
	u64 now = d->store->ops->now_us(d->store->ctx);

	if (d->reported[q] && now - d->reported[q] < REPORT_EVERY_US)
		return;
	d->reported[q] = now;
	store_log(d->store, "domain %u refused: quota %s (%s) is %u, %llu wanted; raise it with: "
		  "xenstore-control quota set %s <number> %u", d->domid, quota_name[q],
		  quota_text[q], quota_of(d, q), (unsigned long long)wanted, quota_name[q],
		  d->domid);
}

/**
 * quota_exceeds - would this be more than a connection's domain may have
 * @wanted: what it would have then
 *
 * Privileged connections have no limits.  A refusal is logged, once a minute
 * for each domain and quota.
 */
bool quota_exceeds(struct conn *c, enum quota q, u64 wanted)
{
	if (c->store->unlimited || conn_is_privileged(c) || wanted <= quota_of(c->dom, q))
		return false;
	report(c->dom, q, wanted);
	return true;
}

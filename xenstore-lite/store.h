/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_STORE_H
#define XSL_STORE_H

#include "node.h"
#include "quota.h"
#include "util.h"

struct conn;
struct domain;
struct request;
struct store;
struct watch_path;

/* What is known of a domain outside the store */
enum dom_state {
	DOM_UNKNOWN,		/* there is no hypervisor to ask */
	DOM_NONE,
	DOM_ALIVE,
	DOM_SHUTDOWN,
	DOM_DYING,
};

/**
 * struct store_ops - all that the store asks of its surroundings
 * @log:          one line, without newline, for the administrator
 * @now_us:       a clock that never goes back
 * @domain_state: ask the hypervisor
 * @introduce:    map the ring of a domain and open its connection; or, for one
 *                that has a ring, bind the new port and start over
 *                (0 or -errno)
 * @release:      drop ring and connection of a domain
 * @wake:         a connection has something new to send
 * @shut:         a connection broke the protocol (XENSTORE_ERROR_*): never listen to
 *                it again; later, not from here, conn_reset() or conn_free() it
 * @live_update:  a command of "control live-update"; *reply is a string that stays,
 *                or NULL if the reply comes later
 * @log_file:     trace to this file from now on (0 or -errno)
 * @trace:        a request was answered; only called while store->tracing
 *
 * The store itself never does I/O.
 */
struct store_ops {
	void (*log)(void *ctx, const char *line);
	u64 (*now_us)(void *ctx);
	enum dom_state (*domain_state)(void *ctx, unsigned int domid);
	int (*introduce)(void *ctx, struct domain *d, unsigned long gfn, u32 port);
	void (*release)(void *ctx, struct domain *d);
	void (*wake)(void *ctx, struct conn *c);
	void (*shut)(void *ctx, struct conn *c, u32 error);
	int (*live_update)(void *ctx, struct conn *c, const struct request *rq,
			   const char **reply);
	int (*log_file)(void *ctx, const char *path);
	void (*trace)(void *ctx, const struct conn *c, const struct request *rq, int rc,
		      u64 usec);
};

/* The flattened children of a large directory, while a client reads it in parts */
struct dir_cache {
	u64 gen;
	struct buf names;
};

/**
 * struct store - one store: a tree, and those who use it
 * @root:      the tree as it is now
 * @clock:     last number given out for node.seq and node.kids_gen
 * @special:   who may see @introduceDomain [0] and @releaseDomain [1]
 * @priv:      a second privileged domain, or 0
 * @has_targets: some domain acts, or acted, for another
 * @unlimited: quotas do not hold while a state is loaded that obeyed others
 */
struct store {
	const struct store_ops *ops;
	void *ctx;

	struct node *root;
	struct perms *perms_table;
	u64 clock, random;
	struct dir_cache dirs[4];
	unsigned int next_dir;

	struct conn *conns;
	struct domain *domains;
	struct watch_path *watched;
	u64 watch_clock;
	u32 watch_count, conn_clock;
	struct perms *special[2];

	u32 quota[QUOTA_COUNT];
	u32 soft_memory;
	u32 event_seconds;
	unsigned int priv;
	bool keep_orphans, tracing, verbose, unlimited, has_targets;
	u64 stat_requests, stat_conflicts, stat_commits;
};

struct store *store_new(const struct store_ops *ops, void *ctx, u64 seed);
void store_free(struct store *s);
u64 store_tick(struct store *s);
u32 store_random(struct store *s);
void store_log(struct store *s, const char *fmt, ...) __printf(2, 3);

#endif

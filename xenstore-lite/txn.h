/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_TXN_H
#define XSL_TXN_H

#include <uthash.h>

#include "conn.h"
#include "node.h"

/* What a transaction relied on about a path; there or not is always part of it */
enum aspect {
	ASPECT_VALUE	= 1 << 0,
	ASPECT_PERMS	= 1 << 1,
	ASPECT_KIDS	= 1 << 2,	/* names of the children */
	ASPECT_SUBTREE	= 1 << 3,	/* everything at and below */
};

/**
 * struct access - a path that a transaction touched
 * @aspects: what must still hold at the end (enum aspect)
 * @fire:    a watch event is due when the transaction succeeds
 * @exact:   ... for watches on this very path only
 * @existed: the path named a node when it was first touched
 */
struct access {
	UT_hash_handle hh;
	u8 aspects;
	bool fire, exact, existed;
	char path[];
};

enum change_kind { CHANGE_CREATE, CHANGE_VALUE, CHANGE_PERMS, CHANGE_REMOVE };

/**
 * struct change - one thing a transaction did, to be done again at its end
 */
struct change {
	struct change *next;
	enum change_kind kind;
	struct perms *perms;
	struct value *value;
	char path[];
};

/* What a transaction adds to a domain's account */
struct delta {
	unsigned int domid;
	int64_t nodes, bytes;
};

/**
 * struct txn - one transaction
 * @base:    the tree as it was at the start
 * @root:    the tree as the client sees it
 * @accesses: in order of first touch
 * @changes: in order
 * @gone:    domains released meanwhile; their names must not
 *           come back with this transaction
 * @expired: too old: its snapshots are given up, all it can do is end
 */
struct txn {
	struct txn *next;
	struct conn *conn;
	u32 id;
	bool expired;
	struct node *base, *root;
	struct access *accesses;
	struct change *changes, *last_change;
	struct delta *deltas;
	u32 delta_count;
	struct domset gone;
	u64 started_us;
};

int txn_start(struct conn *c, struct txn **res);
struct txn *txn_find(struct conn *c, u32 id);
int txn_end(struct txn *t, bool commit);
void txns_drop(struct conn *c);
void txns_forget_domain(struct store *s, unsigned int domid);
void txns_expire(struct store *s);

struct access *txn_access(struct txn *t, const char *path, size_t len, u8 aspects);
void txn_event(struct txn *t, const char *path, bool exact);
void txn_change(struct txn *t, enum change_kind kind, const char *path, struct perms *perms,
		struct value *value);
void txn_charge(struct txn *t, unsigned int domid, int64_t nodes, int64_t bytes);
struct delta *txn_delta(struct txn *t, unsigned int domid);

#endif

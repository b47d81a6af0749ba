/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_NODE_H
#define XSL_NODE_H

#include "perms.h"
#include "util.h"

/**
 * struct value - a node's data; immutable and shared
 */
struct value {
	u32 refs;
	u32 len;
	char data[];
};

/**
 * struct node - one node of the store, and its place among its siblings
 *
 * A node belongs to everybody who holds a reference, and may be changed only
 * while there is exactly one (node_own()).  So whoever takes a reference to a
 * root holds a snapshot of all below, for the price of one counter.
 *
 * Siblings form a treap: a search tree by name and a heap by @prio, whose
 * expected depth is logarithmic whatever the names are.  Siblings are listed
 * in the order of their creation, @seq.
 */
struct node {
	u32 refs;
	u32 prio;		/* random, fixed */
	struct node *left, *right;	/* siblings */
	struct node *kids;	/* root of the children's treap */
	struct perms *perms;
	struct value *value;	/* NULL: empty */
	u64 seq;
	u64 kids_gen;		/* new number whenever a child comes or goes; 0: never had one */
	struct domset doms;	/* named in @left, @right, @kids and here */
	u32 kids_count;
	u32 kids_len;		/* the children's names with their NULs */
	u16 name_len;
	char name[];		/* without NUL */
};

/**
 * struct place - what there is at a path
 * @node:    the node, or NULL
 * @parent:  its parent; NULL if the node is the root or missing
 * @anc:     nearest node that exists, going up from the path itself
 * @anc_len: bytes of the path that name @anc; 0 for the root
 */
struct place {
	const struct node *node, *parent, *anc;
	size_t anc_len;
};

struct value *value_new(const void *data, u32 len);
struct value *value_get(struct value *v);
void value_put(struct value *v);
bool value_equal(const struct value *a, const struct value *b);

struct node *node_new(const char *name, size_t len, struct perms *perms, u64 seq, u32 prio);
struct node *node_get(struct node *n);
void node_put(struct node *n);
void node_pull(struct node *n);
size_t node_bytes(const struct node *n);
const struct node *node_child(const struct node *n, const char *name, size_t len);
void node_find(const struct node *root, const char *path, struct place *at);

struct node *node_own(struct node *n);
struct node *node_own_path(struct node **root, const char *path, size_t len,
			   const struct domset *doms);
void node_add_child(struct node *parent, struct node *child, u64 gen);
void node_remove_child(struct node *parent, const char *name, size_t len, u64 gen);

/* Called by node_each_child() and node_walk(); false stops. */
typedef bool node_fn(const struct node *n, void *ctx);
bool node_each_child(const struct node *n, node_fn *fn, void *ctx);
void node_list(const struct node *n, struct buf *out);

#endif

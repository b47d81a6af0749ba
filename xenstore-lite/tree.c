/* SPDX-License-Identifier: GPL-2.0-only */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "watch.h"

/* Without permissions, quota and accounting: what transactions replay. */

static struct node *make_node(struct store *s, const char *name, size_t len, struct perms *perms)
{
	return node_new(name, len, perms_get(perms), ++s->clock, store_random(s));
}

/* Create @path, and what is missing between it and its ancestor @path[0..anc_len). */
static void create(struct store *s, struct node **root, const char *path, size_t anc_len,
		   struct perms *perms, struct value *value)
{
	struct node *parent = node_own_path(root, path, anc_len, &perms->doms);
	struct node *top = NULL, *leaf = NULL;
	const char *p = path + anc_len + 1;

	if (!anc_len)
		p = path + 1;
	for (;;) {
		size_t len = strchrnul(p, '/') - p;
		struct node *n = make_node(s, p, len, perms);

		if (leaf)
			node_add_child(leaf, n, ++s->clock);
		else
			top = n;
		leaf = n;
		if (!p[len])
			break;
		p += len + 1;
	}
	leaf->value = value_get(value);
	node_add_child(parent, top, ++s->clock);
}

static void set_value(struct node **root, const char *path, struct value *value)
{
	struct node *n = node_own_path(root, path, strlen(path), NULL);
	struct value *old = n->value;

	n->value = value_get(value);
	value_put(old);
}

static void set_perms(struct node **root, const char *path, struct perms *perms)
{
	struct node *n = node_own_path(root, path, strlen(path), &perms->doms);
	struct perms *old = n->perms;

	n->perms = perms_get(perms);
	perms_put(old);
}

static void remove_node(struct store *s, struct node **root, const char *path)
{
	size_t len = strlen(path), up = path_parent_len(path, len);
	struct node *parent = node_own_path(root, path, up, NULL);

	node_remove_child(parent, path + up + 1, len - up - 1, ++s->clock);
}

static int64_t value_bytes(const struct value *v)
{
	return v ? (int64_t)(sizeof(*v) + v->len) : 0;
}

static u32 count_elements(const char *p)
{
	u32 n = 0;

	for (; *p; p++)
		n += *p == '/';
	return n;
}

/* What it costs to create path @tail, relative to a node that is there */
static int64_t create_bytes(const char *tail, u32 nodes, const struct value *value)
{
	return nodes * sizeof(struct node) + strlen(tail) - nodes + value_bytes(value);
}

static bool uncharge_below(const struct node *n, void *ctx)
{
	domain_charge(ctx, perms_owner(n->perms), -1, -(int64_t)node_bytes(n));
	return node_each_child(n, uncharge_below, ctx);
}

/* A change costs what it does now: others may have changed the same node elsewhere. */
static void charge_change(struct store *s, const struct change *ch, const struct place *at)
{
	const char *tail = ch->path + at->anc_len;
	u32 nodes;

	switch (ch->kind) {
	case CHANGE_CREATE:
		nodes = count_elements(tail);
		domain_charge(s, perms_owner(ch->perms), nodes,
			      create_bytes(tail, nodes, ch->value));
		break;
	case CHANGE_VALUE:
		domain_charge(s, perms_owner(at->node->perms), 0,
			      value_bytes(ch->value) - value_bytes(at->node->value));
		break;
	case CHANGE_PERMS:
		domain_charge(s, perms_owner(at->node->perms), -1, -(int64_t)node_bytes(at->node));
		domain_charge(s, perms_owner(ch->perms), 1, node_bytes(at->node));
		break;
	case CHANGE_REMOVE:
		uncharge_below(at->node, s);
		break;
	}
}

/**
 * tree_apply - do in the store what a transaction did, and charge for it
 */
void tree_apply(struct store *s, const struct change *ch)
{
	struct place at;

	node_find(s->root, ch->path, &at);
	charge_change(s, ch, &at);
	switch (ch->kind) {
	case CHANGE_CREATE:
		create(s, &s->root, ch->path, at.anc_len, ch->perms, ch->value);
		break;
	case CHANGE_VALUE:
		set_value(&s->root, ch->path, ch->value);
		break;
	case CHANGE_PERMS:
		set_perms(&s->root, ch->path, ch->perms);
		break;
	case CHANGE_REMOVE:
		remove_node(s, &s->root, ch->path);
		break;
	}
}

/* With all of that. */

static struct node **root_of(struct conn *c, struct txn *t)
{
	return t ? &t->root : &c->store->root;
}

static void charge(struct conn *c, struct txn *t, unsigned int domid, int64_t nodes, int64_t bytes)
{
	if (t)
		txn_charge(t, domid, nodes, bytes);
	else
		domain_charge(c->store, domid, nodes, bytes);
}

/* What the client's domain owns, as seen from inside the transaction */
static struct delta usage(struct conn *c, struct txn *t)
{
	struct delta u = { .nodes = c->dom->nodes, .bytes = c->dom->bytes };

	if (t) {
		struct delta *d = txn_delta(t, c->dom->domid);

		u.nodes += d->nodes;
		u.bytes += d->bytes;
	}
	return u;
}

static int check_access_quota(struct conn *c, struct txn *t, u32 more)
{
	if (t && quota_exceeds(c, QUOTA_TXN_NODES, HASH_COUNT(t->accesses) + more))
		return -ENOSPC;
	return 0;
}

/**
 * tree_find - look a path up on behalf of a client
 * @need:    permissions the client must have on the node, or, when there is
 *           none, on the nearest one above, to be told so
 * @aspects: what the client relies on
 *
 * Return: 0, with at->node set; -ENOENT; -EACCES; -ENOSPC.
 */
int tree_find(struct conn *c, struct txn *t, const char *path, unsigned int need, u8 aspects,
	      struct place *at)
{
	unsigned int may;

	node_find(*root_of(c, t), path, at);
	if (t) {
		if (check_access_quota(c, t, 2))
			return -ENOSPC;
		txn_access(t, path, strlen(path), aspects);
		if (!conn_is_privileged(c))
			txn_access(t, path, at->anc_len, ASPECT_PERMS);
	}
	may = conn_perm(c, at->anc->perms);
	if (at->node)
		return (may & need) == need ? 0 : -EACCES;
	return may & need ? -ENOENT : -EACCES;
}

static int check_new_quota(struct conn *c, struct txn *t, u32 nodes, int64_t bytes, size_t size)
{
	struct delta u;

	if (quota_exceeds(c, QUOTA_NODE_SIZE, size))
		return -ENOSPC;
	if (conn_is_privileged(c))
		return 0;
	u = usage(c, t);
	/* Below 0: the transaction removed what others removed meanwhile, too. */
	if (nodes && u.nodes + nodes > 0 && quota_exceeds(c, QUOTA_NODES, u.nodes + nodes))
		return -ENOSPC;
	if (bytes > 0 && u.bytes + bytes > 0 && quota_exceeds(c, QUOTA_MEMORY, u.bytes + bytes))
		return -ENOMEM;
	return check_access_quota(c, t, nodes + 1);
}

/* A transaction relies on each new node not to be there, and on what it inherits from. */
static void note_create(struct txn *t, const char *path, size_t anc_len)
{
	const char *p = path + anc_len;

	txn_access(t, path, anc_len, ASPECT_PERMS);
	do {
		p = strchrnul(p + 1, '/');
		txn_access(t, path, p - path, 0);
	} while (*p);
}

static void fire(struct conn *c, struct txn *t, const char *path, const struct perms *old)
{
	struct place at;

	if (t) {
		txn_event(t, path, false);
		return;
	}
	if (!c->store->watch_count)
		return;
	node_find(c->store->root, path, &at);
	watch_fire(c->store, path, false, (const struct perms *[]){
			   at.node->perms, at.parent ? at.parent->perms : NULL, old }, 3);
}

/* @at is what tree_find() said when it found no node. */
static int tree_create(struct conn *c, struct txn *t, const char *path, const struct place *at,
		       const void *data, u32 len)
{
	struct perms *perms = at->anc->perms;
	u32 nodes = count_elements(path + at->anc_len);
	int64_t bytes = create_bytes(path + at->anc_len, nodes, NULL);
	struct value *value;
	int rc;

	if (len)
		bytes += sizeof(*value) + len;
	rc = check_new_quota(c, t, nodes, bytes, len);
	if (rc)
		return rc;

	/* Children have their parent's permissions, but guests own what they create. */
	if (conn_is_privileged(c))
		perms_get(perms);
	else
		perms = perms_with_owner(perms, c->dom->domid);
	value = value_new(data, len);
	if (t) {
		note_create(t, path, at->anc_len);
		txn_change(t, CHANGE_CREATE, path, perms, value);
	}
	create(c->store, root_of(c, t), path, at->anc_len, perms, value);
	charge(c, t, perms_owner(perms), nodes, bytes);
	value_put(value);
	perms_put(perms);
	fire(c, t, path, NULL);
	return 0;
}

/**
 * tree_write - set a node's value, and create the node if need be
 */
int tree_write(struct conn *c, struct txn *t, const char *path, const void *data, u32 len)
{
	struct value *value;
	struct place at;
	int64_t more;
	int rc;

	rc = tree_find(c, t, path, XS_PERM_WRITE, ASPECT_VALUE, &at);
	if (rc == -ENOENT)
		return tree_create(c, t, path, &at, data, len);
	if (rc)
		return rc;
	more = (len ? (int64_t)(sizeof(*value) + len) : 0) - value_bytes(at.node->value);
	rc = check_new_quota(c, t, 0, perms_owner(at.node->perms) == c->dom->domid ? more : 0,
			     len + at.node->kids_len);
	if (rc)
		return rc;

	charge(c, t, perms_owner(at.node->perms), 0, more);
	value = value_new(data, len);
	if (t)
		txn_change(t, CHANGE_VALUE, path, NULL, value);
	set_value(root_of(c, t), path, value);
	value_put(value);
	fire(c, t, path, NULL);
	return 0;
}

/**
 * tree_mkdir - create an empty node, unless there is one
 */
int tree_mkdir(struct conn *c, struct txn *t, const char *path)
{
	struct place at;
	int rc;

	rc = tree_find(c, t, path, XS_PERM_WRITE, 0, &at);
	return rc == -ENOENT ? tree_create(c, t, path, &at, NULL, 0) : rc;
}

/* The walk over a subtree that is about to go */
struct removal {
	struct conn *conn;	/* NULL: the store itself removes */
	struct store *store;
	struct txn *txn;
	const struct node *parent;
	struct buf path;	/* with a NUL */
	bool top;
};

static bool remove_below(const struct node *n, void *ctx);

/* Children first: their watchers hear of them before the parent's do. */
static void remove_one(const struct node *n, const struct node *parent, struct removal *r)
{
	bool top = r->top;

	r->top = false;
	r->parent = n;
	node_each_child(n, remove_below, r);
	r->top = top;
	if (r->txn) {
		txn_event(r->txn, r->path.data, !top);
		txn_charge(r->txn, perms_owner(n->perms), -1, -(int64_t)node_bytes(n));
	} else {
		watch_fire(r->store, r->path.data, !top,
			   (const struct perms *[]){ n->perms, parent->perms }, 2);
		domain_charge(r->store, perms_owner(n->perms), -1, -(int64_t)node_bytes(n));
	}
}

static bool remove_below(const struct node *n, void *ctx)
{
	struct removal *r = ctx;
	const struct node *parent = r->parent;
	size_t len = r->path.len;

	r->path.len = len - 1;
	buf_add(&r->path, "/", 1);
	buf_add(&r->path, n->name, n->name_len);
	buf_add(&r->path, "", 1);
	remove_one(n, parent, r);
	r->parent = parent;
	r->path.len = len;
	r->path.data[len - 1] = '\0';
	return true;
}

/* Tell everybody, settle the accounts, then cut. */
static void remove_tree(struct store *s, struct txn *t, struct node **root, const char *path,
			const struct place *at)
{
	struct removal r = { .store = s, .txn = t, .top = true };

	buf_add(&r.path, path, strlen(path) + 1);
	remove_one(at->node, at->parent, &r);
	buf_free(&r.path);
	remove_node(s, root, path);
}

static bool count_below(const struct node *n, void *ctx)
{
	++*(u32 *)ctx;
	return node_each_child(n, count_below, ctx);
}

/**
 * tree_remove - remove a node and all below
 *
 * That the node is missing is no error if its parent is there.
 *
 * Return: as above, and -EINVAL for the root.
 */
int tree_remove(struct conn *c, struct txn *t, const char *path)
{
	size_t up = path_parent_len(path, strlen(path));
	struct place at;
	u32 count = 0;
	int rc;

	rc = tree_find(c, t, path, XS_PERM_WRITE, ASPECT_SUBTREE, &at);
	if (rc == -ENOENT && at.anc_len == up) {
		if (t)
			txn_access(t, path, up, 0);
		return 0;
	}
	if (rc)
		return rc;
	if (!at.parent)
		return -EINVAL;
	if (t && !conn_is_privileged(c)) {
		count_below(at.node, &count);
		if (check_access_quota(c, t, count))
			return -ENOSPC;
	}
	if (t)
		txn_change(t, CHANGE_REMOVE, path, NULL, NULL);
	remove_tree(c->store, t, root_of(c, t), path, &at);
	return 0;
}

/**
 * tree_set_perms - set a node's permissions
 *
 * Return: as above, and -EPERM for an unprivileged client that would give the
 * node away.
 */
int tree_set_perms(struct conn *c, struct txn *t, const char *path, struct perms *perms)
{
	struct place at;
	struct perms *old;
	int64_t bytes;
	int rc;

	rc = tree_find(c, t, path, XS_PERM_WRITE | XS_PERM_OWNER, ASPECT_PERMS, &at);
	if (rc)
		return rc;
	if (!conn_is_privileged(c) && perms_owner(perms) != perms_owner(at.node->perms))
		return -EPERM;

	old = perms_get(at.node->perms);
	bytes = node_bytes(at.node);
	charge(c, t, perms_owner(old), -1, -bytes);
	charge(c, t, perms_owner(perms), 1, bytes);
	if (t)
		txn_change(t, CHANGE_PERMS, path, perms, NULL);
	set_perms(root_of(c, t), path, perms);
	fire(c, t, path, old);
	perms_put(old);
	return 0;
}

/* Where a domain that is gone is still named */
struct leftovers {
	unsigned int domid;
	bool keep;
	struct buf remove, reown;	/* paths with their NULs */
	char path[XENSTORE_ABS_PATH_MAX + 1];
};

static void find_leftovers(const struct node *t, struct leftovers *l, size_t len);

static void leftovers_at(const struct node *n, struct leftovers *l, size_t len)
{
	size_t end = len;

	if (n->name_len) {
		l->path[end++] = '/';
		memcpy(l->path + end, n->name, n->name_len);
		end += n->name_len;
	}
	l->path[end] = '\0';
	if (perms_owner(n->perms) == l->domid && end && !l->keep) {
		buf_add(&l->remove, l->path, end + 1);
		return;
	}
	if (perms_name_domain(n->perms, l->domid))
		buf_add(&l->reown, end ? l->path : "/", end ? end + 1 : 2);
	find_leftovers(n->kids, l, end);
}

/* Whole subtrees in which the domain is not named are passed by. */
static void find_leftovers(const struct node *t, struct leftovers *l, size_t len)
{
	if (!t || !domset_may_have(&t->doms, l->domid))
		return;
	find_leftovers(t->left, l, len);
	leftovers_at(t, l, len);
	find_leftovers(t->right, l, len);
}

static void reown(struct store *s, const char *path, unsigned int domid)
{
	struct perms *perms;
	struct place at;

	node_find(s->root, path, &at);
	if (perms_owner(at.node->perms) == domid) {
		domain_charge(s, domid, -1, -(int64_t)node_bytes(at.node));
		domain_charge(s, 0, 1, node_bytes(at.node));
	}
	perms = perms_without(at.node->perms, domid, 0);
	set_perms(&s->root, path, perms);
	perms_put(perms);
}

/**
 * tree_forget_domain - a domain is gone: so are its nodes, and its name elsewhere
 *
 * Its nodes go with all below, unless the store keeps orphans: then dom0 has
 * them.  The next domain of that number must not find any right of its own.
 */
void tree_forget_domain(struct store *s, unsigned int domid)
{
	struct leftovers *l = xcalloc(sizeof(*l));
	struct place at;
	char *p;

	l->domid = domid;
	l->keep = s->keep_orphans;
	if (domset_may_have(&s->root->doms, domid))
		leftovers_at(s->root, l, 0);
	for (p = l->reown.data; p && p < l->reown.data + l->reown.len; p += strlen(p) + 1)
		reown(s, p, domid);
	for (p = l->remove.data; p && p < l->remove.data + l->remove.len; p += strlen(p) + 1) {
		node_find(s->root, p, &at);
		remove_tree(s, NULL, &s->root, p, &at);
	}
	buf_free(&l->remove);
	buf_free(&l->reown);
	free(l);
}

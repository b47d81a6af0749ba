/* SPDX-License-Identifier: GPL-2.0-only */
#include "node.h"

#include <stdlib.h>
#include <string.h>

struct value *value_new(const void *data, u32 len)
{
	struct value *v;

	if (!len)
		return NULL;
	v = xmalloc(sizeof(*v) + len);
	v->refs = 1;
	v->len = len;
	memcpy(v->data, data, len);
	return v;
}

struct value *value_get(struct value *v)
{
	if (v)
		v->refs++;
	return v;
}

void value_put(struct value *v)
{
	if (v && !--v->refs)
		free(v);
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	return a && b && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/**
 * node_new - a node without value or children
 * @perms: its reference passes to the node
 */
struct node *node_new(const char *name, size_t len, struct perms *perms, u64 seq, u32 prio)
{
	struct node *n = xmalloc(sizeof(*n) + len);

	*n = (struct node){
		.refs = 1,
		.prio = prio,
		.perms = perms,
		.seq = seq,
		.doms = perms->doms,
		.name_len = len,
	};
	memcpy(n->name, name, len);
	return n;
}

struct node *node_get(struct node *n)
{
	if (n)
		n->refs++;
	return n;
}

/**
 * node_put - drop a reference; the last one frees the node and all below
 */
void node_put(struct node *n)
{
	while (n && !--n->refs) {
		struct node *right = n->right;

		node_put(n->left);
		node_put(n->kids);
		perms_put(n->perms);
		value_put(n->value);
		free(n);
		n = right;
	}
}

/**
 * node_pull - renew what a node knows about those it points at
 */
void node_pull(struct node *n)
{
	n->doms = n->perms->doms;
	if (n->left)
		domset_join(&n->doms, &n->left->doms);
	if (n->right)
		domset_join(&n->doms, &n->right->doms);
	if (n->kids)
		domset_join(&n->doms, &n->kids->doms);
}

/**
 * node_bytes - what a node costs, as its owner is charged
 */
size_t node_bytes(const struct node *n)
{
	size_t bytes = sizeof(*n) + n->name_len;

	if (n->value)
		bytes += sizeof(*n->value) + n->value->len;
	return bytes;
}

/* Shorter names first: most comparisons then need no look at the bytes. */
static int name_cmp(const char *a, size_t a_len, const struct node *b)
{
	if (a_len != b->name_len)
		return a_len < b->name_len ? -1 : 1;
	return memcmp(a, b->name, a_len);
}

const struct node *node_child(const struct node *n, const char *name, size_t len)
{
	const struct node *t = n->kids;

	while (t) {
		int cmp = name_cmp(name, len, t);

		if (!cmp)
			break;
		t = cmp < 0 ? t->left : t->right;
	}
	return t;
}

/* The element of a path that begins at @p, behind a slash */
static size_t element_len(const char *p)
{
	return strchrnul(p, '/') - p;
}

/**
 * node_find - walk an absolute path from the root
 * @path: valid, "/" or "/a/b"
 */
void node_find(const struct node *root, const char *path, struct place *at)
{
	const struct node *n = root;
	const char *p = path + 1;

	*at = (struct place){ .node = root, .anc = root };
	while (*p) {
		size_t len = element_len(p);
		const struct node *kid = node_child(n, p, len);

		if (!kid) {
			at->node = at->parent = NULL;
			return;
		}
		*at = (struct place){
			.node = kid, .parent = n, .anc = kid,
			.anc_len = p + len - path,
		};
		n = kid;
		p += len + (p[len] == '/');
	}
}

/**
 * node_own - make a node one that may be changed
 * @n: a reference, which passes to the result
 *
 * Return: @n if nobody else holds it, or a copy.  What the copy points at now
 * has one more holder, so a change further down copies there too.
 */
struct node *node_own(struct node *n)
{
	struct node *copy;

	if (n->refs == 1)
		return n;
	copy = xmalloc(sizeof(*n) + n->name_len);
	memcpy(copy, n, sizeof(*n) + n->name_len);
	copy->refs = 1;
	node_get(copy->left);
	node_get(copy->right);
	node_get(copy->kids);
	perms_get(copy->perms);
	value_get(copy->value);
	n->refs--;
	return copy;
}

/**
 * node_own_path - make the node at a path one that may be changed
 * @len:  bytes of @path to follow; the node must exist
 * @doms: domains about to be named at or below that node; may be NULL
 */
struct node *node_own_path(struct node **root, const char *path, size_t len,
			   const struct domset *doms)
{
	const char *p = path + 1, *end = path + len;
	struct node **slot = root;
	struct node *n;

	n = *slot = node_own(*slot);
	if (doms)
		domset_join(&n->doms, doms);
	while (p < end) {
		size_t elen = element_len(p);
		int cmp;

		slot = &n->kids;
		for (;;) {
			n = *slot = node_own(*slot);
			if (doms)
				domset_join(&n->doms, doms);
			cmp = name_cmp(p, elen, n);
			if (!cmp)
				break;
			slot = cmp < 0 ? &n->left : &n->right;
		}
		p += elen + 1;
	}
	return n;
}

/* Part a treap into names below and above that of @key. */
static void treap_split(struct node *t, const struct node *key, struct node **below,
			struct node **above)
{
	if (!t) {
		*below = *above = NULL;
		return;
	}
	t = node_own(t);
	if (name_cmp(key->name, key->name_len, t) < 0) {
		treap_split(t->left, key, below, &t->left);
		*above = t;
	} else {
		treap_split(t->right, key, &t->right, above);
		*below = t;
	}
	node_pull(t);
}

static struct node *treap_insert(struct node *t, struct node *n)
{
	if (!t)
		return n;
	if (n->prio > t->prio) {
		treap_split(t, n, &n->left, &n->right);
		node_pull(n);
		return n;
	}
	t = node_own(t);
	if (name_cmp(n->name, n->name_len, t) < 0)
		t->left = treap_insert(t->left, n);
	else
		t->right = treap_insert(t->right, n);
	node_pull(t);
	return t;
}

/* All names in @a are below those in @b. */
static struct node *treap_merge(struct node *a, struct node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->prio > b->prio) {
		a = node_own(a);
		a->right = treap_merge(a->right, b);
		node_pull(a);
		return a;
	}
	b = node_own(b);
	b->left = treap_merge(a, b->left);
	node_pull(b);
	return b;
}

static struct node *treap_remove(struct node *t, const char *name, size_t len)
{
	struct node *left, *right;
	int cmp = name_cmp(name, len, t);

	if (!cmp) {
		left = node_get(t->left);
		right = node_get(t->right);
		node_put(t);
		return treap_merge(left, right);
	}
	t = node_own(t);
	if (cmp < 0)
		t->left = treap_remove(t->left, name, len);
	else
		t->right = treap_remove(t->right, name, len);
	node_pull(t);
	return t;
}

/**
 * node_add_child - put a new node among the children
 * @parent: owned (node_own_path())
 * @child:  of a name that is not there yet; its reference passes
 * @gen:    never used before
 */
void node_add_child(struct node *parent, struct node *child, u64 gen)
{
	u32 bytes = child->name_len + 1;

	parent->kids = treap_insert(parent->kids, child);
	parent->kids_count++;
	parent->kids_len += bytes;
	parent->kids_gen = gen;
	domset_join(&parent->doms, &parent->kids->doms);
}

/**
 * node_remove_child - take a child that is there, with all below it, away
 * @parent: owned (node_own_path())
 * @gen:    never used before
 */
void node_remove_child(struct node *parent, const char *name, size_t len, u64 gen)
{
	parent->kids = treap_remove(parent->kids, name, len);
	parent->kids_count--;
	parent->kids_len -= len + 1;
	parent->kids_gen = gen;
}

struct listing {
	const struct node **at;
	u32 count;
};

static void gather(const struct node *t, struct listing *l)
{
	while (t) {
		gather(t->left, l);
		l->at[l->count++] = t;
		t = t->right;
	}
}

static int by_seq(const void *a, const void *b)
{
	const struct node *x = *(const struct node **)a, *y = *(const struct node **)b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/**
 * node_each_child - call @fn for the children, oldest first
 *
 * Return: false if @fn stopped it.
 */
bool node_each_child(const struct node *n, node_fn *fn, void *ctx)
{
	const struct node *few[64];
	struct listing l = { .at = few };
	bool go = true;

	if (!n->kids)
		return true;
	if (n->kids_count > ARRAY_SIZE(few))
		l.at = xmalloc(n->kids_count * sizeof(*l.at));
	gather(n->kids, &l);
	qsort(l.at, l.count, sizeof(*l.at), by_seq);
	for (u32 i = 0; i < l.count && go; i++)
		go = fn(l.at[i], ctx);
	if (l.at != few)
		free(l.at);
	return go;
}

static bool list_one(const struct node *n, void *ctx)
{
	buf_add(ctx, n->name, n->name_len);
	buf_add(ctx, "", 1);
	return true;
}

/**
 * node_list - the children's names with their NULs, oldest first
 */
void node_list(const struct node *n, struct buf *out)
{
	node_each_child(n, list_one, out);
}

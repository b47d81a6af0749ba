/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches.  They are found by path, in a hash table: an event looks its own
 * path up and each one above it, however many watches there are elsewhere.
 */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "path.h"

static struct watch_path *path_find(struct store *s, const char *path, size_t len)
{
	struct watch_path *at;

	HASH_FIND(hh, s->watched, path, len, at);
	return at;
}

static struct watch_path *path_get(struct store *s, const char *path)
{
	size_t len = strlen(path);
	struct watch_path *at = path_find(s, path, len);

	if (!at) {
		at = xcalloc(sizeof(*at) + len + 1);
		memcpy(at->path, path, len + 1);
		HASH_ADD_KEYPTR(hh, s->watched, at->path, len, at);
	}
	return at;
}

static struct watch *find(struct conn *c, const char *path, const char *token)
{
	struct watch_path *at = path_find(c->store, path, strlen(path));
	struct watch *w;

	if (!at)
		return NULL;
	DL_FOREACH2(at->watches, w, path_next)
		if (w->conn == c && !strcmp(w->token, token))
			return w;
	return NULL;
}

/**
 * watch_add - begin to watch a path
 * @rel_len: bytes of @path before the client's own relative one, or 0
 * @depth:   levels below @path to watch; -1: all
 *
 * Return: 0; -EEXIST for a second one of that path and token; -E2BIG if the
 * domain has too many.
 */
int watch_add(struct conn *c, const char *path, const char *token, size_t rel_len, int depth,
	      struct watch **res)
{
	struct store *s = c->store;
	struct watch *w;

	if (find(c, path, token))
		return -EEXIST;
	if (quota_exceeds(c, QUOTA_WATCHES, c->dom->watches + 1))
		return -E2BIG;
	w = xcalloc(sizeof(*w) + strlen(token) + 1);
	w->conn = c;
	w->at = path_get(s, path);
	w->rel_len = rel_len;
	w->depth = depth;
	w->seq = ++s->watch_clock;
	strcpy(w->token, token);
	DL_APPEND(c->watches, w);
	DL_APPEND2(w->at->watches, w, path_prev, path_next);
	c->dom->watches++;
	s->watch_count++;
	*res = w;
	return 0;
}

static void drop(struct watch *w)
{
	struct store *s = w->conn->store;

	DL_DELETE(w->conn->watches, w);
	DL_DELETE2(w->at->watches, w, path_prev, path_next);
	if (!w->at->watches) {
		HASH_DEL(s->watched, w->at);
		free(w->at);
	}
	w->conn->dom->watches--;
	s->watch_count--;
	free(w);
}

/**
 * watch_remove - Return: 0; -ENOENT if there is no such watch
 */
int watch_remove(struct conn *c, const char *path, const char *token)
{
	struct watch *w = find(c, path, token);

	if (!w)
		return -ENOENT;
	drop(w);
	return 0;
}

void watches_drop(struct conn *c)
{
	while (c->watches)
		drop(c->watches);
}

static void send(struct watch *w, const char *path)
{
	conn_send_event(w->conn, path + w->rel_len, w->token);
}

/**
 * watch_announce - the event that every new watch begins with
 */
void watch_announce(struct watch *w)
{
	send(w, w->at->path);
}

/* Watches that an event has met; a few fit without a heap. */
struct matches {
	struct watch **w, *few[32];
	unsigned int count, room;
};

static void add_match(struct matches *m, struct watch *w)
{
	if (m->count == m->room) {
		struct watch **more = xmalloc(2 * m->room * sizeof(*more));

		memcpy(more, m->w, m->count * sizeof(*more));
		if (m->w != m->few)
			free(m->w);
		m->w = more;
		m->room *= 2;
	}
	m->w[m->count++] = w;
}

/* Only who could read the node before or after may know that it changed. */
static bool may_see(const struct conn *c, const struct perms *const *perms, unsigned int count)
{
	if (conn_is_privileged(c))
		return true;
	for (unsigned int i = 0; i < count; i++)
		if (perms[i] && conn_perm(c, perms[i]) & XS_PERM_READ)
			return true;
	return false;
}

/* @levels: how far below @at the change was */
static void match(struct matches *m, const struct watch_path *at, int levels,
		  const struct perms *const *perms, unsigned int count)
{
	struct watch *w;

	if (!at)
		return;
	DL_FOREACH2(at->watches, w, path_next)
		if ((w->depth < 0 || levels <= w->depth) && may_see(w->conn, perms, count))
			add_match(m, w);
}

static int by_seq(const void *a, const void *b)
{
	const struct watch *x = *(struct watch *const *)a, *y = *(struct watch *const *)b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/**
 * watch_fire - a node changed
 * @exact: only watches on this very path hear of it
 * @perms: some may be NULL; a client hears of it if any lets it read
 */
void watch_fire(struct store *s, const char *path, bool exact, const struct perms *const *perms,
		unsigned int count)
{
	struct matches m = { .w = m.few, .room = ARRAY_SIZE(m.few) };
	size_t len = strlen(path);
	int levels = 0;

	if (!s->watch_count)
		return;
	match(&m, path_find(s, path, len), 0, perms, count);
	while (!exact && len > 1) {
		len = path_parent_len(path, len);
		match(&m, path_find(s, path, len ? len : 1), ++levels, perms, count);
	}
	if (m.count > 1)
		qsort(m.w, m.count, sizeof(*m.w), by_seq);
	for (unsigned int i = 0; i < m.count; i++)
		send(m.w[i], path);
	if (m.w != m.few)
		free(m.w);
}

/**
 * watch_fire_change - a node changed with a transaction
 * @then, @now: what there was and is at @path
 */
void watch_fire_change(struct store *s, const char *path, bool exact, const struct place *then,
		       const struct place *now)
{
	const struct place *at[] = { then, now };
	const struct perms *perms[4];
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		if (at[i]->node)
			perms[n++] = at[i]->node->perms;
		if (at[i]->parent)
			perms[n++] = at[i]->parent->perms;
	}
	watch_fire(s, path, exact, perms, n);
}

/**
 * watch_special_perms - who may see a special event
 * @name: "@introduceDomain" or "@releaseDomain"
 *
 * Return: where that is kept, or NULL for another name.
 */
const struct perms **watch_special_perms(struct store *s, const char *name)
{
	if (!strcmp(name, "@introduceDomain"))
		return (const struct perms **)&s->special[0];
	if (!strcmp(name, "@releaseDomain"))
		return (const struct perms **)&s->special[1];
	return NULL;
}

/**
 * watch_fire_special - a domain came or went
 */
void watch_fire_special(struct store *s, const char *name)
{
	watch_fire(s, name, true, watch_special_perms(s, name), 1);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mtree mtree;
struct mtxn mtxns[DOMS][TXNS];
struct mwatch mwatches[DOMS][WATCHES];
int mquota_nodes = 12;

static uint64_t clock_;

/* Path p has the children p * NAMES + 1 .. p * NAMES + NAMES. */
int model_parent(int path)
{
	return (path - 1) / NAMES;
}

void model_path(int path, char *buf)
{
	char up[16];

	if (!path) {
		strcpy(buf, "/");
		return;
	}
	model_path(model_parent(path), up);
	sprintf(buf, "%s/%c", model_parent(path) ? up : "", 'a' + (path - 1) % NAMES);
}

static bool is_below(int path, int top)
{
	while (path > top)
		path = model_parent(path);
	return path == top;
}

static int level(int path)
{
	int n = 0;

	for (; path; path = model_parent(path))
		n++;
	return n;
}

void model_init(void)
{
	memset(&mtree, 0, sizeof(mtree));
	memset(mtxns, 0, sizeof(mtxns));
	memset(mwatches, 0, sizeof(mwatches));
	mtree.n[0].exists = true;
	mtree.n[0].nperms = 1;
}

static int may(int c, const struct mnode *n)
{
	if (c == 0 || n->perms[0].dom == c)
		return MAY_READ | MAY_WRITE | MAY_OWN;
	for (int i = 1; i < n->nperms; i++)
		if (n->perms[i].dom == c)
			return n->perms[i].bits;
	return n->perms[0].bits;
}

static struct mtree *view(struct mtxn *t)
{
	return t ? &t->now : &mtree;
}

static struct mtouch *touch(struct mtxn *t, int path)
{
	if (!t->touch[path].seen) {
		t->touch[path].seen = true;
		t->touch[path].existed = t->now.n[path].exists;
	}
	return &t->touch[path];
}

static int nearest(const struct mtree *m, int path)
{
	while (!m->n[path].exists)
		path = model_parent(path);
	return path;
}

static const char *find(int c, struct mtxn *t, int path, int need)
{
	struct mtree *m = view(t);
	int anc = nearest(m, path), has = may(c, &m->n[anc]);

	if (t)
		touch(t, path);
	if (t && c)
		touch(t, anc)->perms = true;
	if (m->n[path].exists)
		return (has & need) == need ? NULL : "EACCES";
	return has & need ? "ENOENT" : "EACCES";
}

int model_owned(int dom)
{
	int n = 0;

	for (int i = 0; i < PATHS; i++)
		n += mtree.n[i].exists && mtree.n[i].perms[0].dom == dom;
	return n;
}

/* Whoever could read one of these nodes hears of it. */
static void fire(struct mresult *r, int path, bool exact, const struct mnode **see, int nsee)
{
	for (int c = 0; c < DOMS; c++) {
		bool sees = false;

		for (int i = 0; i < nsee; i++)
			sees |= see[i] && see[i]->exists && may(c, see[i]) & MAY_READ;
		for (int w = 0; w < WATCHES && sees; w++) {
			struct mwatch *mw = &mwatches[c][w];
			bool hit = mw->set && (exact ? mw->path == path :
					       is_below(path, mw->path));
			int *n = &r->nevents[c];

			if (hit && mw->depth >= 0 && level(path) - level(mw->path) > mw->depth)
				hit = false;
			for (int k = 0; k < *n; k++)
				if (r->events[c][k].path == path &&
				    r->events[c][k].token == mw->token)
					hit = false;
			if (!hit)
				continue;
			r->events[c][*n].path = path;
			r->events[c][(*n)++].token = mw->token;
		}
	}
}

static void fire_now(struct mresult *r, int path, bool exact, const struct mnode *old)
{
	const struct mnode *see[] = {
		&mtree.n[path], path ? &mtree.n[model_parent(path)] : NULL, old,
	};

	fire(r, path, exact, see, 3);
}

static void changed(struct mtree *m, int path)
{
	while (path) {
		path = model_parent(path);
		m->n[path].below_ver = ++clock_;
	}
}

static void apply(struct mtree *m, const struct mop *op)
{
	struct mnode *n = &m->n[op->path];
	int chain[4], k = 0;

	switch (op->kind) {
	case M_CREATE:
		for (int p = op->path; !m->n[p].exists; p = model_parent(p))
			chain[k++] = p;
		while (k--) {
			n = &m->n[chain[k]];
			memset(n, 0, sizeof(*n));
			n->exists = true;
			n->born = ++clock_;
			n->nperms = op->nperms;
			memcpy(n->perms, op->perms, sizeof(n->perms));
			m->n[model_parent(chain[k])].kids_ver = ++clock_;
		}
		n->value = op->value;
		break;
	case M_VALUE:
		n->value = op->value;
		break;
	case M_PERMS:
		n->nperms = op->nperms;
		memcpy(n->perms, op->perms, sizeof(n->perms));
		break;
	case M_REMOVE:
		for (int p = op->path; p < PATHS; p++)
			if (is_below(p, op->path))
				memset(&m->n[p], 0, sizeof(m->n[p]));
		m->n[model_parent(op->path)].kids_ver = ++clock_;
		break;
	}
	changed(m, op->path);
}

static int mask(const struct mperm *p, int n)
{
	int m = 0;

	for (int i = 0; i < n; i++)
		m |= p[i].dom ? 1 << p[i].dom : 0;
	return m;
}

static void do_op(struct mtxn *t, const struct mop *op)
{
	if (t) {
		if (t->ops == LOG)
			abort();
		t->log[t->ops++] = *op;
		if (op->kind == M_CREATE || op->kind == M_PERMS)
			t->named |= mask(op->perms, op->nperms);
	}
	apply(view(t), op);
}

void model_read(int c, struct mtxn *t, int path, struct mresult *r)
{
	r->error = find(c, t, path, MAY_READ);
	if (t)
		touch(t, path)->value = true;
	r->value = view(t)->n[path].value;
}

void model_directory(int c, struct mtxn *t, int path, struct mresult *r, char *list, int *len)
{
	struct mtree *m = view(t);
	uint64_t last = 0;

	*len = 0;
	r->error = find(c, t, path, MAY_READ);
	if (t)
		touch(t, path)->kids = true;
	for (;;) {
		int best = 0;

		for (int k = path * NAMES + 1; k <= path * NAMES + NAMES && k < PATHS; k++)
			if (m->n[k].exists && m->n[k].born > last &&
			    (!best || m->n[k].born < m->n[best].born))
				best = k;
		if (!best)
			return;
		last = m->n[best].born;
		list[(*len)++] = 'a' + (best - 1) % NAMES;
		list[(*len)++] = '\0';
	}
}

void model_get_perms(int c, struct mtxn *t, int path, struct mresult *r, char *text, int *len)
{
	struct mnode *n = &view(t)->n[path];

	*len = 0;
	r->error = find(c, t, path, MAY_READ);
	if (t)
		touch(t, path)->perms = true;
	for (int i = 0; i < n->nperms; i++)
		*len += sprintf(text + *len, "%c%d", "nrwb"[n->perms[i].bits], n->perms[i].dom) + 1;
}

static void create(int c, struct mtxn *t, int path, int value, struct mresult *r)
{
	struct mtree *m = view(t);
	int anc = nearest(m, path), more = level(path) - level(anc);
	struct mop op = { .kind = M_CREATE, .path = path, .value = value };

	if (c && model_owned(c) + (t ? t->delta[c] : 0) + more > mquota_nodes) {
		r->error = "ENOSPC";
		return;
	}
	op.nperms = m->n[anc].nperms;
	memcpy(op.perms, m->n[anc].perms, sizeof(op.perms));
	if (c)
		op.perms[0].dom = c;
	if (t) {
		touch(t, anc)->perms = true;
		for (int p = path; p != anc; p = model_parent(p))
			touch(t, p);
		t->delta[op.perms[0].dom] += more;
		touch(t, path)->fire = true;
		touch(t, path)->exact = false;
	}
	do_op(t, &op);
	r->error = NULL;
	if (!t)
		fire_now(r, path, false, NULL);
}

void model_write(int c, struct mtxn *t, int path, int value, bool mkdir, struct mresult *r)
{
	struct mop op = { .kind = M_VALUE, .path = path, .value = value };

	r->error = find(c, t, path, MAY_WRITE);
	if (t && !mkdir)
		touch(t, path)->value = true;
	if (r->error && !strcmp(r->error, "ENOENT")) {
		create(c, t, path, mkdir ? 0 : value, r);
		return;
	}
	if (r->error || mkdir)
		return;
	do_op(t, &op);
	if (t) {
		touch(t, path)->fire = true;
		touch(t, path)->exact = false;
	} else {
		fire_now(r, path, false, NULL);
	}
}

void model_rm(int c, struct mtxn *t, int path, struct mresult *r)
{
	struct mop op = { .kind = M_REMOVE, .path = path };
	struct mtree *m = view(t);

	r->error = find(c, t, path, MAY_WRITE);
	if (t)
		touch(t, path)->subtree = true;
	if (r->error && !strcmp(r->error, "ENOENT") && m->n[model_parent(path)].exists) {
		r->error = NULL;
		if (t)
			touch(t, model_parent(path));
		return;
	}
	if (!r->error && !path)
		r->error = "EINVAL";
	if (r->error)
		return;
	for (int p = PATHS - 1; p >= path; p--) {
		if (!m->n[p].exists || !is_below(p, path))
			continue;
		if (t) {
			struct mtouch *h = touch(t, p);

			h->exact = p != path && (!h->fire || h->exact);
			h->fire = true;
			t->delta[m->n[p].perms[0].dom]--;
		} else {
			fire_now(r, p, p != path, NULL);
		}
	}
	do_op(t, &op);
}

void model_set_perms(int c, struct mtxn *t, int path, const struct mperm *p, int n,
		     struct mresult *r)
{
	struct mop op = { .kind = M_PERMS, .path = path, .nperms = n };
	struct mnode old = view(t)->n[path];

	r->error = find(c, t, path, MAY_WRITE | MAY_OWN);
	if (t)
		touch(t, path)->perms = true;
	if (!r->error && c && p[0].dom != old.perms[0].dom)
		r->error = "EPERM";
	if (r->error)
		return;
	memcpy(op.perms, p, n * sizeof(*p));
	do_op(t, &op);
	if (t) {
		t->delta[old.perms[0].dom]--;
		t->delta[p[0].dom]++;
		touch(t, path)->fire = true;
		touch(t, path)->exact = false;
	} else {
		fire_now(r, path, false, &old);
	}
}

void model_start(int c, struct mtxn *t, uint32_t id)
{
	(void)c;
	memset(t, 0, sizeof(*t));
	t->open = true;
	t->id = id;
	t->base = t->now = mtree;
}

static bool same_perms(const struct mnode *a, const struct mnode *b)
{
	return a->nperms == b->nperms && !memcmp(a->perms, b->perms, a->nperms * sizeof(a->perms[0]));
}

static bool has_kids(const struct mtree *m, int path)
{
	for (int k = path * NAMES + 1; k <= path * NAMES + NAMES && k < PATHS; k++)
		if (m->n[k].exists)
			return true;
	return false;
}

static bool conflicts(const struct mtxn *t, int path)
{
	const struct mnode *a = &t->base.n[path], *b = &mtree.n[path];
	const struct mtouch *h = &t->touch[path];

	if (!h->seen)
		return false;
	if (a->exists != b->exists)
		return true;
	if (!a->exists)
		return false;
	if ((h->value || h->subtree) && a->value != b->value)
		return true;
	if ((h->perms || h->subtree) && !same_perms(a, b))
		return true;
	if (h->kids && a->kids_ver != b->kids_ver)
		return true;
	return h->subtree && (has_kids(&t->base, path) || has_kids(&mtree, path)) &&
	       a->below_ver != b->below_ver;
}

static const char *check_end(int c, const struct mtxn *t)
{
	if (t->named & t->gone)
		return "EAGAIN";
	for (int p = 0; p < PATHS; p++)
		if (conflicts(t, p))
			return "EAGAIN";
	if (t->ops && c && t->delta[c] > 0 && model_owned(c) + t->delta[c] > mquota_nodes)
		return "ENOSPC";
	return NULL;
}

void model_end(int c, struct mtxn *t, bool commit, struct mresult *r)
{
	static struct mtree before;

	t->open = false;
	r->error = commit ? check_end(c, t) : NULL;
	if (r->error || !commit || !t->ops)
		return;
	before = mtree;
	if (!memcmp(&mtree, &t->base, sizeof(mtree)))
		mtree = t->now;
	else
		for (int i = 0; i < t->ops; i++)
			apply(&mtree, &t->log[i]);
	for (int p = 0; p < PATHS; p++) {
		const struct mnode *see[] = {
			&before.n[p], &mtree.n[p],
			before.n[p].exists && p ? &before.n[model_parent(p)] : NULL,
			mtree.n[p].exists && p ? &mtree.n[model_parent(p)] : NULL,
		};

		if (t->touch[p].fire && (t->touch[p].existed || mtree.n[p].exists))
			fire(r, p, t->touch[p].exact, see, 4);
	}
}

void model_release(int dom, struct mresult *r)
{
	struct mresult each;

	memset(mwatches[dom], 0, sizeof(mwatches[dom]));
	for (int i = 0; i < TXNS; i++)
		mtxns[dom][i].open = false;
	for (int c = 0; c < DOMS; c++)
		for (int i = 0; i < TXNS; i++)
			mtxns[c][i].gone |= 1 << dom;
	/* First its name goes from the nodes that stay, then its own nodes go. */
	for (int p = 0; p < PATHS; p++) {
		struct mop op = { .kind = M_PERMS, .path = p };
		struct mnode *n = &mtree.n[p];
		bool own = false, named = false;

		for (int q = p; ; q = model_parent(q)) {
			own |= q && mtree.n[q].exists && mtree.n[q].perms[0].dom == dom;
			if (!q)
				break;
		}
		for (int i = 0; i < n->nperms; i++)
			named |= n->perms[i].dom == dom;
		if (!n->exists || own || !named)
			continue;
		for (int i = 0; i < n->nperms; i++) {
			if (i && n->perms[i].dom == dom)
				continue;
			op.perms[op.nperms] = n->perms[i];
			if (!i && n->perms[i].dom == dom)
				op.perms[0].dom = 0;
			op.nperms++;
		}
		apply(&mtree, &op);
	}
	for (int p = 1; p < PATHS; p++) {
		if (!mtree.n[p].exists || mtree.n[p].perms[0].dom != dom)
			continue;
		memset(&each, 0, sizeof(each));
		model_rm(0, NULL, p, &each);
		for (int c = 0; c < DOMS; c++)
			for (int k = 0; k < each.nevents[c]; k++)
				r->events[c][r->nevents[c]++] = each.events[c][k];
	}
}

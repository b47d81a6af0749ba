/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about nodes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "request.h"
#include "tree.h"
#include "watch.h"

typedef char path_buf[XENSTORE_ABS_PATH_MAX + 1];

/* Look the first argument up, for reading. */
static int find(struct conn *c, struct request *rq, u8 aspects, struct place *at)
{
	path_buf path;
	int rc;

	rc = request_path(c, rq->args[0], path);
	return rc ? rc : tree_find(c, rq->txn, path, XS_PERM_READ, aspects, at);
}

int do_READ(struct conn *c, struct request *rq)
{
	struct place at;
	int rc;

	rc = find(c, rq, ASPECT_VALUE, &at);
	if (rc)
		return rc;
	if (!at.node->value)
		return reply(c, rq, NULL, 0);
	return reply(c, rq, at.node->value->data, at.node->value->len);
}

int do_DIRECTORY(struct conn *c, struct request *rq)
{
	struct buf names = { 0 };
	struct place at;
	int rc;

	rc = find(c, rq, ASPECT_KIDS, &at);
	if (rc)
		return rc;
	if (at.node->kids_len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	node_list(at.node, &names);
	rc = reply(c, rq, names.data, names.len);
	buf_free(&names);
	return rc;
}

/* The names of a directory, made once for all its parts */
static const struct buf *listing(struct store *s, const struct node *n)
{
	struct dir_cache *dir;

	for (unsigned int i = 0; i < ARRAY_SIZE(s->dirs); i++)
		if (s->dirs[i].gen == n->kids_gen)
			return &s->dirs[i].names;
	dir = &s->dirs[s->next_dir++ % ARRAY_SIZE(s->dirs)];
	buf_free(&dir->names);
	dir->gen = n->kids_gen;
	node_list(n, &dir->names);
	return &dir->names;
}

/*
 * The reply is the generation, by which the client sees that the directory
 * changed between two parts, names from the offset on, and an empty name
 * after the last.
 */
int do_DIRECTORY_PART(struct conn *c, struct request *rq)
{
	char part[XENSTORE_PAYLOAD_MAX];
	const struct buf *names;
	struct place at;
	size_t off, len, fit;
	int rc;

	rc = find(c, rq, ASPECT_KIDS, &at);
	if (rc)
		return rc;
	names = listing(c->store, at.node);
	len = snprintf(part, sizeof(part), "%llu", (unsigned long long)at.node->kids_gen) + 1;
	off = strtoul(rq->args[1], NULL, 10);

	if (off < names->len) {
		fit = names->len - off;
		if (fit > sizeof(part) - len - 1) {
			fit = sizeof(part) - len - 1;
			while (fit && names->data[off + fit - 1])
				fit--;
		}
		memcpy(part + len, names->data + off, fit);
		len += fit;
		off += fit;
	}
	if (off >= names->len)
		part[len++] = '\0';
	return reply(c, rq, part, len);
}

int do_WRITE(struct conn *c, struct request *rq)
{
	path_buf path;
	int rc;

	rc = request_path(c, rq->args[0], path);
	if (!rc)
		rc = tree_write(c, rq->txn, path, rq->data, rq->data_len);
	return rc ? rc : reply_ok(c, rq);
}

int do_MKDIR(struct conn *c, struct request *rq)
{
	path_buf path;
	int rc;

	rc = request_path(c, rq->args[0], path);
	if (!rc)
		rc = tree_mkdir(c, rq->txn, path);
	return rc ? rc : reply_ok(c, rq);
}

int do_RM(struct conn *c, struct request *rq)
{
	path_buf path;
	int rc;

	rc = request_path(c, rq->args[0], path);
	if (!rc)
		rc = tree_remove(c, rq->txn, path);
	return rc ? rc : reply_ok(c, rq);
}

int do_GET_PERMS(struct conn *c, struct request *rq)
{
	struct buf text = { 0 };
	struct place at;
	int rc;

	rc = find(c, rq, ASPECT_PERMS, &at);
	if (rc)
		return rc;
	perms_print(at.node->perms, &text);
	rc = reply(c, rq, text.data, text.len);
	buf_free(&text);
	return rc;
}

/*
 * Domains that do not exist get no permissions: one that comes later with
 * that number would find them.
 */
static int parse_perms(struct conn *c, struct request *rq, struct perms **res)
{
	u32 n = 0, count = rq->argc - 1;
	struct perm list[count];

	for (u32 i = 0; i < count; i++) {
		long domid;
		u16 bits;

		if (perm_parse(rq->args[1 + i], &domid, &bits))
			return -EINVAL;
		if (domid < 0 || domid >= DOMID_LIMIT || !domain_exists(c->store, domid)) {
			if (!i)
				return -ENOENT;
			continue;
		}
		domain_get(c->store, domid);
		list[n++] = (struct perm){ .domid = domid, .bits = bits };
	}
	*res = perms_intern(&c->store->perms_table, list, n);
	return 0;
}

static int set_special(struct conn *c, const char *name, struct perms *perms)
{
	struct perms **at = (struct perms **)watch_special_perms(c->store, name);

	if (!at)
		return -EINVAL;
	if (!(conn_perm(c, *at) & XS_PERM_OWNER))
		return -EACCES;
	if (!conn_is_privileged(c) && perms_owner(perms) != perms_owner(*at))
		return -EPERM;
	perms_put(*at);
	*at = perms_get(perms);
	return 0;
}

int do_SET_PERMS(struct conn *c, struct request *rq)
{
	struct perms *perms;
	path_buf path;
	int rc;

	if (quota_exceeds(c, QUOTA_PERMS, rq->argc - 1))
		return -ENOSPC;
	rc = parse_perms(c, rq, &perms);
	if (rc)
		return rc;
	if (path_is_special(rq->args[0])) {
		rc = set_special(c, rq->args[0], perms);
	} else {
		rc = request_path(c, rq->args[0], path);
		if (!rc)
			rc = tree_set_perms(c, rq->txn, path, perms);
	}
	perms_put(perms);
	return rc ? rc : reply_ok(c, rq);
}

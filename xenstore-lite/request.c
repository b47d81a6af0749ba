/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a message to its handler, and back.
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

#define ARGS_ANY	(XENSTORE_PAYLOAD_MAX + 1)

enum {
	PRIV	= 1 << 0,
	NOTID	= 1 << 1,
	DATA	= 1 << 2,
	LOOSE	= 1 << 3,
};

static const struct request_type {
	const char *name;
	request_fn *fn;
	u16 min, max;
	u8 flags;
} types[XS_TYPE_COUNT] = {
#define REQUEST(name_, min_, max_, flags_)					\
	[XS_##name_] = { #name_, do_##name_, min_, max_, flags_ },
#include "requests.def"
#undef REQUEST
};

/**
 * request_name - Return: the word for a message type, or "?"
 */
const char *request_name(u32 type)
{
	return type < XS_TYPE_COUNT && types[type].name ? types[type].name : "?";
}

/**
 * request_error - the word on the wire for an error
 */
const char *request_error(int rc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(xsd_errors); i++)
		if (xsd_errors[i].errnum == -rc)
			return xsd_errors[i].errstring;
	return "EINVAL";
}

int reply(struct conn *c, const struct request *rq, const void *data, u32 len)
{
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	conn_send(c, rq->hdr.type, rq->hdr.req_id, rq->hdr.tx_id, data, len);
	return 0;
}

int reply_string(struct conn *c, const struct request *rq, const char *s)
{
	return reply(c, rq, s, strlen(s) + 1);
}

int reply_ok(struct conn *c, const struct request *rq)
{
	return reply(c, rq, "OK", 3);
}

/**
 * request_path - make a client's path absolute, and check it
 * @path: room for XENSTORE_ABS_PATH_MAX + 1 bytes
 *
 * Return: 0, or -EINVAL.
 */
int request_path(struct conn *c, const char *arg, char *path)
{
	size_t len = strlen(arg), home = 0;
	bool own = conn_is_privileged(c);

	if (arg[0] != '/') {
		home = strlen(c->home);
		memcpy(path, c->home, home);
		path[home++] = '/';
	}
	if (home + len > XENSTORE_ABS_PATH_MAX)
		return -EINVAL;
	memcpy(path + home, arg, len + 1);
	if (path_is_special(arg))
		return -EINVAL;
	if (!path_is_valid(path, quota_of(c->dom, QUOTA_PATH_MAX),
			   own ? 0 : quota_of(c->dom, QUOTA_PATH_DEPTH)))
		return -EINVAL;
	return 0;
}

static u32 count_strings(const char *body, u32 len)
{
	u32 n = 0;

	for (u32 i = 0; i < len; i++)
		n += !body[i];
	return n;
}

/* Take the payload apart into strings and data. */
static int parse(struct request *rq, const struct request_type *type, char **few)
{
	u32 n = count_strings(rq->body, rq->hdr.len), used = 0;

	if (type->flags & LOOSE)
		return 0;
	if (type->flags & DATA && n > type->max)
		n = type->max;
	if (n < type->min || n > type->max)
		return -EINVAL;
	rq->args = n <= ARGS_FEW ? few : xmalloc(n * sizeof(*rq->args));
	while (rq->argc < n) {
		rq->args[rq->argc++] = rq->body + used;
		used += strlen(rq->body + used) + 1;
	}
	rq->data = rq->body + used;
	rq->data_len = rq->hdr.len - used;
	return rq->data_len && !(type->flags & DATA) ? -EINVAL : 0;
}

static int find_txn(struct conn *c, struct request *rq, const struct request_type *type)
{
	if (!rq->hdr.tx_id || type->flags & NOTID)
		return 0;
	rq->txn = txn_find(c, rq->hdr.tx_id);
	if (!rq->txn)
		return -ENOENT;
	return rq->txn->expired && rq->hdr.type != XS_TRANSACTION_END ? -EAGAIN : 0;
}

static int dispatch(struct conn *c, struct request *rq, char **few)
{
	const struct request_type *type;
	int rc;

	if (rq->hdr.type >= XS_TYPE_COUNT || !types[rq->hdr.type].fn)
		return -ENOSYS;
	type = &types[rq->hdr.type];
	if (type->flags & PRIV && !conn_is_privileged(c))
		return -EACCES;
	rc = find_txn(c, rq, type);
	if (!rc)
		rc = parse(rq, type, few);
	return rc ? rc : type->fn(c, rq);
}

static void send_error(struct conn *c, const struct request *rq, int rc)
{
	const char *word = request_error(rc);

	conn_send(c, XS_ERROR, rq->hdr.req_id, rq->hdr.tx_id, word, strlen(word) + 1);
}

/**
 * request_handle - answer one request
 * @body: hdr->len bytes and a NUL; may be changed
 */
void request_handle(struct conn *c, const struct xsd_sockmsg *hdr, char *body)
{
	struct store *s = c->store;
	struct request rq = { .hdr = *hdr, .body = body };
	bool traced = s->tracing;
	u64 start = traced ? s->ops->now_us(s->ctx) : 0;
	char *few[ARGS_FEW];
	int rc;

	s->stat_requests++;
	rc = dispatch(c, &rq, few);
	if (rc)
		send_error(c, &rq, rc);
	if (traced)
		s->ops->trace(s->ctx, c, &rq, rc, s->ops->now_us(s->ctx) - start);
	if (rq.args != few)
		free(rq.args);
}

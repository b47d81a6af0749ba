/* SPDX-License-Identifier: GPL-2.0-only */
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 test_now;
enum dom_state test_state = DOM_ALIVE;
unsigned int test_logged, test_shut;
char test_last_log[512];
struct buf test_events;

static void on_log(void *ctx, const char *line)
{
	(void)ctx;
	test_logged++;
	snprintf(test_last_log, sizeof(test_last_log), "%s", line);
}

static u64 now_us(void *ctx)
{
	(void)ctx;
	return test_now;
}

static enum dom_state state(void *ctx, unsigned int domid)
{
	(void)ctx;
	return domid ? test_state : DOM_ALIVE;
}

static int introduce(void *ctx, struct domain *d, unsigned long gfn, u32 port)
{
	(void)ctx;
	(void)gfn;
	(void)port;
	if (!d->conn)
		d->conn = conn_new(d->store, d, NULL);
	else
		conn_reset(d->conn);
	return 0;
}

static void release(void *ctx, struct domain *d)
{
	(void)ctx;
	(void)d;
}

static void wake(void *ctx, struct conn *c)
{
	(void)ctx;
	(void)c;
}

static void shut(void *ctx, struct conn *c, u32 error)
{
	(void)ctx;
	(void)c;
	(void)error;
	test_shut++;
}

static int live_update(void *ctx, struct conn *c, const struct request *rq, const char **reply)
{
	(void)ctx;
	(void)c;
	(void)rq;
	*reply = "OK";
	return 0;
}

static int log_file(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	return 0;
}

static void trace(void *ctx, const struct conn *c, const struct request *rq, int rc, u64 usec)
{
	(void)ctx;
	(void)c;
	(void)rq;
	(void)rc;
	(void)usec;
}

const struct store_ops test_ops = {
	.log = on_log, .now_us = now_us, .domain_state = state, .introduce = introduce,
	.release = release, .wake = wake, .shut = shut, .live_update = live_update,
	.log_file = log_file, .trace = trace,
};

static void put(struct conn *c, const void *data, size_t len)
{
	size_t room;
	char *to = conn_room(c, &room);

	if (room < len)
		abort();
	memcpy(to, data, len);
	conn_received(c, len);
}

/**
 * drain - take everything that waits for a client
 * @a: the last reply among it; type XS_INVALID if there was none
 *
 * Events are appended to test_events, path and token with their NULs.
 */
void drain(struct conn *c, struct answer *a)
{
	struct xsd_sockmsg hdr;
	struct iovec iov;

	a->type = XS_INVALID;
	while (conn_output(c, &iov, 1)) {
		char *body = (char *)iov.iov_base + sizeof(hdr);

		memcpy(&hdr, iov.iov_base, sizeof(hdr));
		if (hdr.type == XS_WATCH_EVENT) {
			buf_add(&test_events, body, hdr.len);
		} else {
			a->type = hdr.type;
			a->len = hdr.len;
			memcpy(a->body, body, hdr.len);
			a->body[hdr.len] = '\0';
		}
		conn_sent(c, iov.iov_len);
	}
}

void ask(struct conn *c, struct answer *a, u32 type, u32 tx, const void *body, u32 len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = 7, .tx_id = tx, .len = len };

	put(c, &hdr, sizeof(hdr));
	put(c, body, len);
	while (conn_step(c))
		;
	drain(c, a);
}

bool said(const struct answer *a, const char *error)
{
	return a->type == XS_ERROR && !strcmp(a->body, error);
}

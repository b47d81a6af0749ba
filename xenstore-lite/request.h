/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_REQUEST_H
#define XSL_REQUEST_H

#include "conn.h"
#include "txn.h"

#define ARGS_FEW	4		/* enough for all but SET_PERMS and CONTROL */

/**
 * struct request - one request, taken apart
 * @body: its payload; followed by a NUL that is not part of it
 * @args: the strings in it
 * @data: what follows the strings (DATA in requests.def)
 * @txn:  the transaction it is part of, or NULL
 */
struct request {
	struct xsd_sockmsg hdr;
	char *body;
	u32 argc;
	char **args;
	const char *data;
	u32 data_len;
	struct txn *txn;
};

/* A handler replies, or returns -errno, which is then the reply. */
typedef int request_fn(struct conn *c, struct request *rq);

#define REQUEST(name, min, max, flags)	request_fn do_##name;
#include "requests.def"
#undef REQUEST

void request_handle(struct conn *c, const struct xsd_sockmsg *hdr, char *body);
const char *request_name(u32 type);
const char *request_error(int rc);
int request_path(struct conn *c, const char *arg, char *path);

int reply(struct conn *c, const struct request *rq, const void *data, u32 len);
int reply_string(struct conn *c, const struct request *rq, const char *s);
int reply_ok(struct conn *c, const struct request *rq);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_CONN_H
#define XSL_CONN_H

#include <sys/types.h>
#include <sys/uio.h>
#include <uthash.h>
#include <xenstore_lib.h>

#include "domain.h"
#include "store.h"
#include "util.h"

struct txn;
struct watch;

#define MSG_MAX		(sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
#define CONN_IN_ROOM	(2 * MSG_MAX)

/**
 * struct msg - one message on its way to a client
 * @sent:  bytes that the transport took
 * @event: a watch event; unless @sent, it is found by its bytes in conn.events,
 *         so that the same event need not wait twice
 */
struct msg {
	struct msg *next;
	u32 len, sent;
	bool event;
	u64 queued_us;
	UT_hash_handle hh;
	char bytes[];
};

/**
 * struct conn - one client: a socket, or the ring of a domain
 * @dom:     whose requests these are; dom0 for sockets
 * @home:    what relative paths begin with, "/local/domain/N"
 * @in:      bytes received, from @in_head to @in_tail
 * @out:     messages not yet wholly sent, oldest first
 * @replies: how many of @out are no events
 * @ignored: broke the protocol; nothing more is read or sent
 * @link:    the transport's
 */
struct conn {
	struct store *store;
	struct conn *prev, *next;
	struct domain *dom;
	u32 id;
	char home[32];

	char *in;
	size_t in_head, in_tail;
	struct msg *out, *out_last, *events;
	size_t out_bytes;
	u32 replies;

	struct watch *watches;
	struct txn *txns;
	u32 txn_count, next_txn;
	bool ignored;
	void *link;
};

struct conn *conn_new(struct store *s, struct domain *d, void *link);
void conn_free(struct conn *c);
void conn_reset(struct conn *c);
void conn_ignore(struct conn *c, u32 error);
bool conn_is_privileged(const struct conn *c);
unsigned int conn_perm(const struct conn *c, const struct perms *p);

/* Input: the transport puts bytes into the room and says how many. */
char *conn_room(struct conn *c, size_t *len);
void conn_received(struct conn *c, size_t len);
bool conn_can_step(const struct conn *c);
bool conn_step(struct conn *c);
bool conn_wants_input(const struct conn *c);

/* Output: the transport takes bytes and says how many. */
unsigned int conn_output(const struct conn *c, struct iovec *iov, unsigned int max);
void conn_sent(struct conn *c, size_t len);

void conn_send(struct conn *c, u32 type, u32 req_id, u32 tx_id, const void *data, u32 len);
void conn_send_event(struct conn *c, const char *path, const char *token);
void conn_requeue(struct conn *c, const void *bytes, u32 len, u32 sent, bool event);
u64 conns_check(struct store *s);

#endif

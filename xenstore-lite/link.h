/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_LINK_H
#define XSL_LINK_H

#include "conn.h"

struct link;

/**
 * struct link_ops - a transport
 * @read:   receive bytes: how many; 0: none now; -errno: the client is gone
 * @write:  send bytes: how many; 0: none now; -errno: the client is gone
 * @kick:   all reading and writing of this turn is done
 * @listen: which kind of readiness is of interest; true if there is some already
 * @shut:   the client broke the protocol (XENSTORE_ERROR_*)
 * @bury:   what to do about it once the store is not busy with the connection;
 *          frees the link, unless the client may come back
 */
struct link_ops {
	ssize_t (*read)(struct link *l, void *buf, size_t len);
	ssize_t (*write)(struct link *l, const struct iovec *iov, unsigned int count);
	void (*kick)(struct link *l);
	bool (*listen)(struct link *l, bool read, bool write);
	void (*shut)(struct link *l, u32 error);
	void (*bury)(struct link *l);
};

/**
 * struct link - a connection and the way to its client
 * @busy:  it is this link's turn
 * @queue: which of the lists below it is in
 */
struct link {
	const struct link_ops *ops;
	struct conn *conn;
	struct link *prev, *next;
	enum { LINK_IDLE, LINK_READY, LINK_FLUSH, LINK_DEAD } queue;
	bool busy;
};

void link_run(struct link *l);
void link_wake(struct link *l);
void link_shut(struct link *l, u32 error);
void link_forget(struct link *l);
bool links_ready(void);
void links_turn(void);
void links_flush(void);

#endif

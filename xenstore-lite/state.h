/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_STATE_H
#define XSL_STATE_H

#include "conn.h"
#include "store.h"

/*
 * The whole store as bytes, for the process that takes over in a live update:
 * a sequence of records (type, length, content), little endian, strings and
 * bytes with their length before them.  A reader passes by types that it does not know,
 * and what follows in a record behind the fields that it knows; so fields are only ever
 * added at the end.
 */
#define STATE_MAGIC	0x3165746c73785f5full

enum state_type {
	STATE_END,
	STATE_STORE,		/* clocks, flags, special permissions */
	STATE_QUOTA,		/* name, limit, and whose (or nobody's own) */
	STATE_NODE,		/* children and siblings come first; numbered from 1 */
	STATE_ROOT,
	STATE_DOMAIN,
	STATE_CONN,
	STATE_MSG,		/* of the last connection */
	STATE_WATCH,		/* likewise */
	STATE_TXN,		/* likewise */
	STATE_ACCESS,		/* of the last transaction */
	STATE_CHANGE,		/* likewise */
	STATE_DELTA,		/* likewise */
	STATE_DAEMON,		/* descriptors of the process */
	STATE_REPLY,		/* the live update's own, still to be sent */
};

/* Records are written between begin and end. */
size_t state_begin(struct buf *b, enum state_type type);
void state_end(struct buf *b, size_t at);
void put_u32(struct buf *b, u32 v);
void put_u64(struct buf *b, u64 v);
void put_bytes(struct buf *b, const void *data, u32 len);

/* A record being read: behind its end all is 0, and @short_ says so. */
struct reader {
	const char *at, *end;
	bool short_;
};

u32 get_u32(struct reader *r);
u64 get_u64(struct reader *r);
const char *get_bytes(struct reader *r, u32 *len);
bool state_next(struct reader *all, u32 *type, struct reader *rec);

/**
 * struct state_link - how connections find their clients again
 * @save: write what the transport must know into the record of a connection
 * @load: read that, and attach the client (0 or -errno)
 */
struct state_link {
	void *ctx;
	void (*save)(void *ctx, const struct conn *c, struct buf *b);
	int (*load)(void *ctx, struct conn *c, struct reader *r);
};

void state_save(struct store *s, const struct state_link *link, struct buf *b);
int state_load(struct store *s, const struct state_link *link, u32 type, struct reader *r);
void state_load_done(void);

#endif

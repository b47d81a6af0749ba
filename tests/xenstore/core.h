/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_CORE_H
#define TEST_CORE_H

/* A store in this very process, whose surroundings the test plays. */

#include "audit.h"
#include "conn.h"
#include "request.h"
#include "store.h"

/* The clock stands still unless a test moves it. */
extern u64 test_now;
/* What domain_state() says of every guest */
extern enum dom_state test_state;
/* Lines logged, and connections shut, so far; the last line */
extern unsigned int test_logged, test_shut;
extern char test_last_log[512];

/* ops without rings: INTRODUCE makes a connection without a link. */
extern const struct store_ops test_ops;

/* Send one request, run it, and take the last reply; events go to test_events. */
struct answer {
	u32 type, len;
	char body[XENSTORE_PAYLOAD_MAX + 1];
};
extern struct buf test_events;

void ask(struct conn *c, struct answer *a, u32 type, u32 tx, const void *body, u32 len);
void drain(struct conn *c, struct answer *a);
bool said(const struct answer *a, const char *error);

#endif

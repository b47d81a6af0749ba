/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BURST_H
#define BURST_H

#include "bonsai.h"

struct request {
	size_t at;		/* where it begins in the bytes */
	int rc;			/* 0, or -errno */
	char *answer;		/* with a zero byte behind it */
	size_t size;		/* without that */
};

struct burst {
	char *bytes;		/* as they are sent */
	size_t size;
	struct request *requests;
	unsigned int count;
};

/** burst_connect - a connection with the store's daemon; -1 and errno */
int burst_connect(void);

/** burst_add - one more request (XS_* of xs_wire.h): @path and its zero byte if not NULL, then @data */
void burst_add(struct burst *b, uint32_t type, uint32_t transaction, const char *path, const void *data, size_t size);

/** burst_run - send them all and take all answers; -errno if the store is not there. A request's own failure is in rc */
int burst_run(struct ctl *ctl, struct burst *b);

/** burst_path - what a request was about */
const char *burst_path(const struct burst *b, unsigned int i);

void burst_clear(struct burst *b);

/** ctl_socket - the connection for bursts, or -1 and a reason (ctl.c) */
int ctl_socket(struct ctl *ctl);

#endif

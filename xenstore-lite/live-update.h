/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_LIVE_UPDATE_H
#define XSL_LIVE_UPDATE_H

#include "daemon.h"

int live_update_command(void *ctx, struct conn *c, const struct request *rq, const char **reply);
int live_update_load(struct daemon *d, int fd, bool check);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#include "live-update.h"
#include <errno.h>
int live_update_command(void *ctx, struct conn *c, const struct request *rq, const char **reply)
{ (void)ctx;(void)c;(void)rq;(void)reply; return -ENOSYS; }
int live_update_load(struct daemon *d, int fd, bool check) {(void)d;(void)fd;(void)check; return -ENOSYS;}

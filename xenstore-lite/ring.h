/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_RING_H
#define XSL_RING_H

#include <sys/types.h>
#include <xenstore_lib.h>

#include "util.h"

/*
 * One page shared with a guest that may write anything into it at any time:
 * every index is read once, checked, and then used from a copy.
 */
ssize_t ring_read(struct xenstore_domain_interface *page, void *to, size_t len);
ssize_t ring_write(struct xenstore_domain_interface *page, const void *from, size_t len);
bool ring_has_input(const struct xenstore_domain_interface *page);
bool ring_wants_reset(const struct xenstore_domain_interface *page);
void ring_reset(struct xenstore_domain_interface *page);

#endif

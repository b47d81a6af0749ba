/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_RING_LINK_H
#define XSL_RING_LINK_H

#include "domain.h"
#include "link.h"
#include "xen.h"

extern const struct link_ops ring_link_ops;

void rings_init(const struct xen_ops *ops);
int ring_introduce(struct domain *d, unsigned long gfn, u32 port);
int ring_restore(struct conn *c, u32 local_port);
void ring_release(struct domain *d);
void ring_event(u32 local_port);
u32 ring_local_port(const struct conn *c);

#endif

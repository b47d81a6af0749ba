/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_XEN_H
#define XSL_XEN_H

#include <xenstore_lib.h>

#include "store.h"
#include "util.h"

/**
 * struct xen_ops - what rings need of a hypervisor
 * @map:    the ring page of a domain; NULL with errno
 * @unmap:  give it back
 * @bind:   connect to a domain's port: the local port, or -errno
 * @unbind: disconnect
 * @notify: raise the event at the far end
 * @state:  what became of a domain
 */
struct xen_ops {
	void *(*map)(unsigned int domid, unsigned long gfn);
	void (*unmap)(unsigned int domid, void *page);
	int (*bind)(unsigned int domid, u32 port);
	void (*unbind)(u32 port);
	void (*notify)(u32 port);
	enum dom_state (*state)(unsigned int domid);
};

const struct xen_ops *xen_open(int event_fd, const char **why);
int xen_event_fd(void);
int xen_event_next(bool *is_exception);
int xen_exception_port(void);
void xen_set_exception_port(int port);
int xen_dom0_port(void);

#endif

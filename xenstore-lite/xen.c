/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor, through the stable libraries.
 */
#include "xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/xen.h>

#define PAGE		4096
#define PROC_PORT	"/proc/xen/xsd_port"
#define PROC_KVA	"/proc/xen/xsd_kva"

/* One hypervisor, one set of handles; all opened by xen_open() or none. */
static xenevtchn_handle *events;
static xengnttab_handle *grants;
static xenforeignmemory_handle *foreign;
static xencall_handle *calls;
static xenevtchn_port_or_error_t exception_port = -1;

/* A page is unmapped the way it was mapped. */
static unsigned char foreign_page[DOMID_FIRST_RESERVED / 8 + 1];

static void mark_foreign(unsigned int domid, bool on)
{
	if (on)
		foreign_page[domid / 8] |= 1 << domid % 8;
	else
		foreign_page[domid / 8] &= ~(1 << domid % 8);
}

static void *map_own(void)
{
	int fd = open(PROC_KVA, O_RDWR | O_CLOEXEC), err;
	void *page;

	if (fd < 0)
		return NULL;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	err = errno;
	close(fd);
	errno = err;
	return page == MAP_FAILED ? NULL : page;
}

/* A domain grants its ring under a reserved number; an old tool stack only names the frame. */
static void *map(unsigned int domid, unsigned long gfn)
{
	xen_pfn_t frame = gfn;
	void *page;

	if (!domid)
		return map_own();
	page = xengnttab_map_grant_ref(grants, domid, GNTTAB_RESERVED_XENSTORE,
				       PROT_READ | PROT_WRITE);
	if (page || !foreign)
		return page;
	page = xenforeignmemory_map(foreign, domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
	if (page)
		mark_foreign(domid, true);
	return page;
}

static void unmap(unsigned int domid, void *page)
{
	if (!domid) {
		munmap(page, PAGE);
	} else if (foreign_page[domid / 8] & 1 << domid % 8) {
		mark_foreign(domid, false);
		xenforeignmemory_unmap(foreign, page, 1);
	} else {
		xengnttab_unmap(grants, page, 1);
	}
}

static int bind_port(unsigned int domid, u32 port)
{
	xenevtchn_port_or_error_t local = xenevtchn_bind_interdomain(events, domid, port);

	return local < 0 ? -errno : local;
}

static void unbind_port(u32 port)
{
	xenevtchn_unbind(events, port);
}

static void notify(u32 port)
{
	xenevtchn_notify(events, port);
}

static enum dom_state state(unsigned int domid)
{
	struct xen_domctl *op = xencall_alloc_buffer(calls, sizeof(*op));
	enum dom_state st = DOM_NONE;
	u32 flags;

	if (!op)
		return DOM_UNKNOWN;
	memset(op, 0, sizeof(*op));
	op->cmd = XEN_DOMCTL_getdomaininfo;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	/* The answer may be about the next domain that exists. */
	if (!xencall1(calls, __HYPERVISOR_domctl, (uintptr_t)op) && op->domain == domid) {
		flags = op->u.getdomaininfo.flags;
		st = flags & XEN_DOMINF_dying ? DOM_DYING :
		     flags & XEN_DOMINF_shutdown ? DOM_SHUTDOWN : DOM_ALIVE;
	}
	xencall_free_buffer(calls, op);
	return st;
}

static const struct xen_ops ops = {
	.map = map, .unmap = unmap, .bind = bind_port, .unbind = unbind_port,
	.notify = notify, .state = state,
};

/**
 * xen_open - get hold of the hypervisor
 * @event_fd: the event channel device, open with all its ports from before a
 *            live update; or -1
 * @why:      what is missing, if anything
 *
 * Return: its operations, or NULL.
 */
const struct xen_ops *xen_open(int event_fd, const char **why)
{
	*why = "event channels (/dev/xen/evtchn)";
	events = event_fd >= 0 ? xenevtchn_fdopen(NULL, event_fd, 0) :
		 xenevtchn_open(NULL, XENEVTCHN_NO_CLOEXEC);
	if (!events)
		return NULL;
	*why = "grants (/dev/xen/gntdev)";
	grants = xengnttab_open(NULL, 0);
	if (!grants)
		return NULL;
	*why = "hypercalls (/dev/xen/privcmd)";
	calls = xencall_open(NULL, 0);
	if (!calls)
		return NULL;
	foreign = xenforeignmemory_open(NULL, 0);
	xengnttab_set_max_grants(grants, DOMID_FIRST_RESERVED);
	if (event_fd < 0)
		exception_port = xenevtchn_bind_virq(events, VIRQ_DOM_EXC);
	return &ops;
}

int xen_event_fd(void)
{
	return xenevtchn_fd(events);
}

/**
 * xen_event_next - take one event; to be called when the descriptor is readable
 * @is_exception: it says that some domain shut down or died
 *
 * Return: its local port, ready to be raised again; or -errno.
 */
int xen_event_next(bool *is_exception)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(events);

	if (port < 0)
		return -errno;
	xenevtchn_unmask(events, port);
	*is_exception = port == exception_port;
	return port;
}

/**
 * xen_exception_port - the port of VIRQ_DOM_EXC, to be kept over a live update
 */
int xen_exception_port(void)
{
	return exception_port;
}

void xen_set_exception_port(int port)
{
	exception_port = port;
}

/**
 * xen_dom0_port - the port at which the own kernel expects the store
 *
 * Return: a port, or -1.
 */
int xen_dom0_port(void)
{
	FILE *f = fopen(PROC_PORT, "re");
	int port = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &port) != 1)
		port = -1;
	fclose(f);
	return port;
}
